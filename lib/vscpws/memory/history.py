"""The history of values: a series for each state that is a number.

The store of states hands it what is a value, with the key that says of which sensor; what number it
is says ``reading.reading``. Values are kept in the unit that the sensor sent last: one that changes
its unit is converted, and where that can't be done its series begins anew.

Bounded by the number of sensors; the one silent for longest goes for a new one. But where more
sensors speak than there is room for, each would push out the next before it has any history: so one
that was heard within the hour goes only once in ten minutes, and others are left out meanwhile.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from functools import lru_cache
from typing import Callable, Iterable, List, Optional, Tuple

from ..model.event import Event
from ..model.memory import Answer, HistoryQuery, Points, Sensor
from ..reading.catalog import load_catalog, plain_class
from ..reading.measurement import decode
from ..reading.reading import read
from ..reading.states import state_key
from ..reading.units import convert
from .database import Past, Row
from .series import Series

__all__ = ["Answer", "History", "MAX_POINTS", "Sensor"]

#: Steps of one answer: a week of minutes.
MAX_POINTS = 7 * 24 * 60

_SILENT = 3600.0                # s; then a sensor may be gone for good
_PATIENCE = 600.0               # s from one that was not silent, and went, to the next


class _Kept:
    __slots__ = ("sensor", "event", "series")

    def __init__(self, sensor: Sensor, event: Event, series: Series) -> None:
        self.sensor = sensor
        self.event = event              # the last one: rights and filters are judged by it
        self.series = series


class History:
    """``size`` is in sensors, ``hours`` how far back minutes are kept; 0 of either keeps nothing.

    ``now`` is the time in seconds since 1970. ``evicted`` counts sensors that had to go for others,
    ``left_out`` values of those that there was no room for, ``anew`` series that began anew for a
    unit that can't be converted.
    """

    def __init__(self, size: int, hours: int, now: Callable[[], float] = time.time) -> None:
        self.evicted = 0
        self.left_out = 0
        self.anew = 0
        self._size = size
        self._hours = hours
        self._now = now
        self._pushed_out = -math.inf    # when one went that was not silent
        self._kept: "OrderedDict[bytes, _Kept]" = OrderedDict()     # heard last comes last

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def hours(self) -> int:
        return self._hours

    def resize(self, size: int) -> None:
        """So many sensors from now on; what is too much goes."""
        self._size = size
        while len(self._kept) > size:
            self._evict()

    # ---- hearing ---------------------------------------------------------------------------

    def hear(self, values: Iterable[Tuple[bytes, Event]], moment: Optional[float] = None) -> int:
        """Keep values, given as pairs of key (see ``reading.states``) and event.

        ``moment`` is when they came, in seconds since 1970, and now if it isn't said. Returns how
        many of them were numbers.
        """
        if not self._size or not self._hours:
            return 0
        now, count, kept = self._now() if moment is None else moment, 0, self._kept
        has_room = self._has_room(now)
        for key, event in values:
            is_new = key not in kept
            if is_new and not has_room:
                self.left_out += 1
                continue
            value, unit = _value(event)
            if value is not None:
                self._add(key, event, now, value, unit)
                count += 1
                has_room = self._has_room(now) if is_new else has_room
        return count

    def _add(self, key: bytes, event: Event, now: float, value: float, unit: str) -> None:
        kept = self._kept.get(key)
        if kept is None:
            kept = self._begin(key, event, now, unit)
        self._kept.move_to_end(key)
        kept.event = event
        if unit != kept.series.unit:
            self._change_unit(kept, unit)
        kept.series.add(now, value)

    def _has_room(self, now: float) -> bool:
        return (len(self._kept) < self._size or self._is_silent(now)
                or abs(now - self._pushed_out) >= _PATIENCE)

    def _is_silent(self, now: float) -> bool:
        """Whether the one that was heard longest ago may be gone."""
        oldest = next(iter(self._kept.values()))
        return abs(now - oldest.series.newest) >= _SILENT

    def _begin(self, key: bytes, event: Event, now: float, unit: str) -> _Kept:
        if len(self._kept) >= self._size:
            if not self._is_silent(now):
                self._pushed_out = now
            self._evict()
        kept = _Kept(_sensor(event), event, Series(self._hours * 60 + 1, unit))
        self._kept[key] = kept
        return kept

    def _evict(self) -> None:
        self._kept.popitem(last=False)
        self.evicted += 1

    def _change_unit(self, kept: _Kept, unit: str) -> None:
        before = kept.series.unit
        if convert(0.0, before, unit) is None:
            kept.series = Series(self._hours * 60 + 1, unit)
            self.anew += 1
        else:
            kept.series.change(unit, lambda value: convert(value, before, unit) or 0.0)

    # ---- asking ----------------------------------------------------------------------------

    def answer(self, wanted: Sensor, hours: float, step: int,
               passes: Callable[[Event], bool] = lambda event: True) -> Answer:
        """As ``prepared``, at once."""
        return self.prepared(HistoryQuery(wanted, hours, step), passes)()

    def prepared(self, query: HistoryQuery,
                 passes: Callable[[Event], bool] = lambda event: True) -> Callable[[], Answer]:
        """What makes the answer: work for another thread, with a copy of what it needs.

        The last hours of a sensor in steps, the running one included. More hours than are kept are
        as many as are. A sensor that is not known, or that ``passes`` doesn't let through, has
        three empty lists. Raises ``ValueError`` for more than ``MAX_POINTS`` steps.
        """
        now, step = self._now(), query.step
        hours = min(query.hours, float(self._hours))
        start = math.floor((now - hours * 3600) / step) * step
        count = math.floor(now / step) - start // step + 1
        if count > MAX_POINTS:
            raise ValueError("%d steps, at most %d" % (count, MAX_POINTS))
        kept = next((kept for kept in reversed(self._kept.values())
                     if _is(kept.sensor, query.sensor) and passes(kept.event)), None)
        if kept is None:
            return lambda: Answer(start, step, "", Points([], [], []))
        series = kept.series.copy()
        return lambda: Answer(start, step, series.unit, series.points(start, step, count))

    # ---- for a file ------------------------------------------------------------------------

    def rows(self, first: int, last: int) -> List[Row]:
        """The minutes ``first`` to ``last`` (numbers since 1970) of all sensors."""
        return [Row(key, kept.event, kept.series.unit, number, *found)
                for key, kept in self._kept.items()
                for number in range(first, last + 1)
                for found in [kept.series.minute(number)] if found is not None]

    def adopt(self, past: Past) -> bool:
        """A sensor's past from a file. What was heard since goes on from it.

        False where there is no room for it, or it is no value or of another unit.
        """
        key = state_key(past.event)
        if key is None or not self._size:
            return False
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= self._size:
                return False
            self._kept[key] = _Kept(_sensor(past.event), past.event, past.series)
            self._kept.move_to_end(key, last=False)
            return True
        return kept.series.merge(past.series)


def _value(event: Event) -> Tuple[Optional[float], str]:
    """The number that an event tells, and its unit; ``None`` where it is no number."""
    measured_by = _measured_by(event.vscp_class, event.vscp_type)
    if measured_by is not None:             # what is read most often, at half the cost
        shape, units = measured_by
        measured = decode(shape, event.data)
        if isinstance(measured.value, (int, float)):
            return ((float(measured.value), units(measured.unit))
                    if math.isfinite(measured.value) else (None, ""))
    reading = read(event)
    value = reading.value
    if value is None and reading.fields:
        # Levels and states stand among the fields, the last of which is what they have become.
        value = list(reading.fields.values())[-1 if "to" in reading.fields else 0]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None, ""         # so is text: where it is a number, it has been read as one
    return float(value), reading.unit


@lru_cache(maxsize=1024)
def _measured_by(vscp_class: int, vscp_type: int
                 ) -> Optional[Tuple[str, Callable[[int], str]]]:
    """Shape and units of a measurement whose data is all its own; ``None`` for anything else."""
    catalog = load_catalog()
    known, of_type = catalog.find_class(vscp_class), catalog.find_type(vscp_class, vscp_type)
    if known is None or of_type is None or not known.shape or vscp_class != plain_class(vscp_class):
        return None
    return known.shape, of_type.unit


def _sensor(event: Event) -> Sensor:
    reading = read(event)
    return Sensor(event.guid, plain_class(event.vscp_class), event.vscp_type, reading.index,
                  reading.zone, reading.subzone)


def _is(sensor: Sensor, wanted: Sensor) -> bool:
    """Whether a sensor is the one that is asked for; what isn't said of its place may be any."""
    return (sensor.guid == wanted.guid and sensor.vscp_type == wanted.vscp_type
            and sensor.vscp_class == plain_class(wanted.vscp_class)
            and all(asked is None or has is None or has == asked
                    for has, asked in zip(sensor[3:], wanted[3:])))
