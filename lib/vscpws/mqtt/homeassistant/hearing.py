"""An event, heard: which entity of its node it tells of, and what.

::

    hear(event) -> Heard("10_6", "0", 21.4, "°C")       an entity's stem, place, value and unit
                -> "text"                               it would tell something, but can't
                -> ""                                   it tells of no entity

A place is ``index``, ``zone-subzone``, or ``zone-subzone-index`` where a sensor in a zone has an
index other than 0. "All zones" (255) is no place of a state.

Data comes from anybody: nothing here raises.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Callable, NamedTuple, Optional, Tuple, Union

from ...model.event import Event, format_datetime, own_data
from ...reading.catalog import load_catalog, plain_class
from ...reading.measurement import decode
from .kinds import HEARTBEAT, LEVEL, MEASURING, MOTION, OFF, ON, PAIRS, PRESSED, PULSES, SINGLES
from .measurements import DATA, MEASURED, SensorForm, normalized, unit_of

__all__ = ["ALIVE", "BEAT", "Heard", "Place", "TERMINATED", "hear", "is_command", "place_of",
           "sign_of"]

Value = Union[int, float, str]

#: What is wrong with an event that can't tell what it should.
ALL_ZONES, SHORT, TEXT, UNIT = "all-zones", "short", "text", "unit"

#: Signs of life: a heartbeat, another one, and the last.
BEAT, ALIVE, TERMINATED = "beat", "alive", "terminated"

_SIGNS = {(20, 9): BEAT, (20, 5): ALIVE, (20, 6): TERMINATED}
_COMMANDS = frozenset((0, 30, 40, 50, *range(85, 90), *range(100, 111), 1024, 1028))
_ALL = 255
_KINDS = 4096                   # kinds of event of which the way to hear them is kept
_NOWHERE = "0"
_BUTTON_CODE = 5                # data up to the button's code
_BUTTON = {0: "release", 1: "press", 2: "press"}    # 2: a key, that is pressed and released


class Heard(NamedTuple):
    """``unit`` is the value's; ``has_end`` says that its end will be told of, too.

    ``code`` is the number of a button.
    """

    stem: str
    place: str
    value: Value
    unit: str = ""
    has_end: bool = False
    code: Optional[int] = None

    @property
    def entity(self) -> str:
        return "%s_%s" % (self.stem, self.place)


class Place(NamedTuple):
    index: Optional[int] = None         # type: ignore[assignment]  # tuple.index is hidden
    zone: Optional[int] = None
    subzone: Optional[int] = None


def hear(event: Event) -> Union[Heard, str]:
    """What the event tells of which entity, or why it can't; empty where it has nothing to."""
    if sign_of(event) in (BEAT, ALIVE):
        return Heard(HEARTBEAT, _NOWHERE, format_datetime(event.datetime))
    hearer = _hearer(event.vscp_class, event.vscp_type)
    if hearer is None:
        return ""
    return hearer(plain_class(event.vscp_class), event.vscp_type, own_data(event))


def sign_of(event: Event) -> str:
    """Which sign of life the event is; empty for all others, which are one, too."""
    return _SIGNS.get((plain_class(event.vscp_class), event.vscp_type), "")


def is_command(event: Event) -> bool:
    """Whether it is meant for nodes, and tells nothing of who sent it."""
    return plain_class(event.vscp_class) in _COMMANDS


def place_of(text: str) -> Optional[Place]:
    """The place that ``text`` says; ``None`` if it is no place."""
    parts = text.split("-")
    if len(parts) > 3 or not all(part.isdecimal() and int(part) <= _ALL
                                 and str(int(part)) == part for part in parts):
        return None
    numbers = [int(part) for part in parts]
    if len(numbers) == 1:
        return Place(numbers[0])
    return Place(numbers[2] if len(numbers) == 3 else None, *numbers[:2])


# ---- by kind -----------------------------------------------------------------------------------


_Hearer = Callable[[int, int, bytes], Union[Heard, str]]


@lru_cache(maxsize=_KINDS)
def _hearer(vscp_class: int, vscp_type: int) -> Optional[_Hearer]:
    plain = plain_class(vscp_class)
    which = plain, vscp_type
    if plain in MEASURING:
        return _measurement if vscp_type in MEASURED else None
    if plain == 15:
        return _measurement if vscp_type in DATA else None
    if which in PAIRS:
        return _pair
    if which in SINGLES:
        return _single
    if which == (20, 1):
        return _button
    if which in PULSES:
        return _motion if PULSES[which][0] == MOTION else _pulse
    return _trouble if plain in (506, 508) and vscp_type < 256 else None


def _measurement(vscp_class: int, vscp_type: int, data: bytes) -> Union[Heard, str]:
    known = load_catalog().find_class(vscp_class)
    assert known is not None
    measured = decode(known.shape, data)
    if measured.value is None:
        return SHORT
    if isinstance(measured.value, str):
        return TEXT
    form, unit = _form_and_unit(vscp_class, vscp_type, measured.unit)
    if unit is None:
        return UNIT
    value = normalized(form, measured.value, unit)
    if value is None or not math.isfinite(value):
        return UNIT
    if not form.unit_of_first:
        unit = form.unit
    place = _full_place(measured.index, measured.zone, measured.subzone)
    return Heard("%d_%d" % (vscp_class, vscp_type), place, _plain_number(value), unit)


def _form_and_unit(vscp_class: int, vscp_type: int, number: int
                   ) -> Tuple[SensorForm, Optional[str]]:
    if vscp_class == 15:
        return DATA[vscp_type], ""
    return MEASURED[vscp_type], unit_of(vscp_type, number)


def _plain_number(value: Value) -> Value:
    """A whole number as such, and of the others no digit that is only rounding."""
    if isinstance(value, float):
        value = float("%.12g" % value)
        if value.is_integer() and abs(value) < 1e15:
            return int(value)
    return value


def _pair(vscp_class: int, vscp_type: int, data: bytes) -> Union[Heard, str]:
    pair = PAIRS[vscp_class, vscp_type]
    place = _zone_place(data, pair.indexed)
    return Heard(pair.stem, place, pair.value) if place else ALL_ZONES


def _single(vscp_class: int, vscp_type: int, data: bytes) -> Union[Heard, str]:
    single = SINGLES[vscp_class, vscp_type]
    place = _zone_place(data, single.indexed)
    if not place:
        return ALL_ZONES
    part = data[single.start:single.start + single.length]
    if not part:
        return SHORT
    if single.indexed:          # its value is behind the place
        place = _full_place(*data[:3])
    if single.switch:
        return Heard(single.stem, place, ON if part[0] else OFF)
    number = int.from_bytes(part, "big", signed=single.length > 1)
    unit = "%" if single.stem == LEVEL and number <= 100 else (
        "UV index" if single.stem == "90_52" else "")
    return Heard(single.stem, place, number, unit)


def _pulse(vscp_class: int, vscp_type: int, data: bytes) -> Union[Heard, str]:
    stem, value = PULSES[vscp_class, vscp_type]
    place = _zone_place(data, (vscp_class, vscp_type) == (20, 49))
    return Heard(stem, place, value) if place else ALL_ZONES


def _motion(vscp_class: int, vscp_type: int, data: bytes) -> Union[Heard, str]:
    place = _zone_place(data, False)
    if not place:
        return ALL_ZONES
    told = data[3] if len(data) > 3 else 0
    return Heard(MOTION, place, OFF if told == 2 else ON, has_end=told in (1, 2))


def _button(vscp_class: int, vscp_type: int, data: bytes) -> Union[Heard, str]:
    place = _zone_place(data, False)
    if not place:
        return ALL_ZONES
    value = _BUTTON.get(data[0] & 7) if data else None
    if value is None:
        return SHORT
    code = int.from_bytes(data[3:5], "big") if len(data) >= _BUTTON_CODE else None
    return Heard(PRESSED, place, value, code=code)


def _trouble(vscp_class: int, vscp_type: int, data: bytes) -> Union[Heard, str]:
    place = _zone_place(data, False)
    value = "error" if vscp_class == 508 else "diagnostic"
    return Heard("%d_%d" % (vscp_class, vscp_type), place, value) if place else ALL_ZONES


# ---- places ------------------------------------------------------------------------------------


def _zone_place(data: bytes, indexed: bool) -> str:
    """Zone and subzone, or the index where the data ends before them; empty for all zones."""
    if len(data) > 2:
        return "" if _ALL in data[1:3] else "%d-%d" % (data[1], data[2])
    return "%d" % data[0] if indexed and data else _NOWHERE


def _full_place(index: Optional[int], zone: Optional[int], subzone: Optional[int]) -> str:
    """What tells a node's sensors apart."""
    if zone is None or subzone is None:
        return "%d" % (index or 0)
    return ("%d-%d-%d" % (zone, subzone, index)) if index else "%d-%d" % (zone, subzone)
