"""What becomes an entity, and which: all but the measurements.

An entity is one *kind* at one *place* of a node. Its id is the kind's stem and the place,
``on_2-1``: never a name, for names change. Where two types of event replace each other (On and Off)
the stem is the pair's name, else class and type. Classes are those of Level I, whatever carries
them.

``PAIRS`` and ``SINGLES`` say what an event tells, ``KINDS`` what Home Assistant is told of it. Byte
0 of the data is the place only of types where it is an index; zone and subzone are in bytes 1
and 2.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Tuple, Union

from .measurements import DATA, MEASURED, SensorForm

__all__ = [
    "BINARY", "CONTACTS", "EVENT", "FIRST", "FIXED", "HEARTBEAT", "KINDS", "Kind", "LEVEL",
    "PAIRS", "PRESSED", "PULSES", "Pair", "SENSOR", "SINGLES", "Single", "kind_of",
]

SENSOR, BINARY, EVENT = "sensor", "binary_sensor", "event"
FIXED, FIRST = "fixed", "first"         # unit: the table's, or the first one that was heard

#: Stems of which more is said elsewhere.
HEARTBEAT, LEVEL, MOTION = "heartbeat", "20_40", "2_1"
CONTACTS = ("2_9", "2_10")              # a door's and a window's, which "closed" of the pair ends
PRESSED = "button"


class Kind(NamedTuple):
    """What Home Assistant is told of an entity, whatever its place.

    ``off_delay`` is in seconds: an event without an end is over then. ``diagnostic`` ones are not
    enabled until somebody wants them.
    """

    platform: str
    name: str
    device_class: str = ""
    unit: str = ""
    state_class: str = ""
    options: Tuple[str, ...] = ()       # of a sensor, what it may say; of an event, its types
    off_delay: int = 0
    diagnostic: bool = False
    unit_rule: str = FIXED


class Pair(NamedTuple):
    """One of the types that replace each other."""

    stem: str
    value: str
    indexed: bool = False               # byte 0 is an index


class Single(NamedTuple):
    """A type that is alone: how its value lies in the data."""

    stem: str
    start: int                          # of the value
    length: int = 1
    indexed: bool = False
    switch: bool = False                # 0 is off, all else on


ON, OFF = "ON", "OFF"

PAIRS: Dict[Tuple[int, int], Pair] = {
    (20, 3): Pair("on", ON, True), (20, 4): Pair("on", OFF, True),
    (20, 7): Pair("open", ON), (20, 8): Pair("open", OFF),
    (20, 32): Pair("active", ON), (20, 33): Pair("active", OFF),
    (20, 34): Pair("busy", ON), (20, 35): Pair("busy", OFF),
    (20, 75): Pair("lock", OFF), (20, 76): Pair("lock", ON),    # on is unlocked
    (20, 81): Pair("connection", ON), (20, 82): Pair("connection", OFF),
    (20, 10): Pair("limit", "below"), (20, 11): Pair("limit", "above"),
    (20, 84): Pair("presence", ON), (20, 85): Pair("presence", OFF),
    (1, 2): Pair("alarm", ON), (1, 13): Pair("alarm", OFF),
    (1, 10): Pair("armed", "armed"), (1, 11): Pair("armed", "disarmed"),
    (2, 35): Pair("motion", ON), (2, 36): Pair("motion", OFF),
}

SINGLES: Dict[Tuple[int, int], Single] = {
    (20, 40): Single(LEVEL, 0), (20, 42): Single("20_42", 4),
    (20, 48): Single("20_48", 3, indexed=True), (20, 51): Single("20_51", 3, 5, indexed=True),
    (1, 3): Single("1_3", 0, switch=True), (1, 4): Single("1_4", 0, switch=True),
    (1, 5): Single("1_5", 0, switch=True), (90, 52): Single("90_52", 3, indexed=True),
}

_PULSE, _LONG_PULSE = 60, 300           # s


def _pulse(name: str, device_class: str, off_delay: int = _LONG_PULSE) -> Kind:
    return Kind(BINARY, name, device_class, off_delay=off_delay)


def _event(name: str, *types: str, device_class: str = "", diagnostic: bool = False) -> Kind:
    return Kind(EVENT, name, device_class, options=types, diagnostic=diagnostic)


#: By the stem; for glass "sound", since releases before 2026.11 don't know ``glass_break``.
KINDS: Dict[str, Kind] = {
    "on": Kind(BINARY, "On"),
    "open": Kind(BINARY, "Open", "opening"),
    "active": Kind(BINARY, "Active", "running"),
    "busy": Kind(BINARY, "Busy", "running", diagnostic=True),
    "lock": Kind(BINARY, "Lock", "lock"),
    "connection": Kind(BINARY, "Connection", "connectivity", diagnostic=True),
    "limit": Kind(SENSOR, "Limit", "enum", options=("below", "above")),
    "presence": Kind(BINARY, "Presence", "presence"),
    "alarm": Kind(BINARY, "Alarm", "problem"),
    "armed": Kind(SENSOR, "Armed", "enum", options=("armed", "disarmed")),
    "motion": Kind(BINARY, "In motion", "moving"),
    PRESSED: _event("Button", "press", "release", "long", "single", "double",
                    device_class="button"),
    HEARTBEAT: Kind(SENSOR, "Heartbeat", "timestamp", diagnostic=True),
    LEVEL: Kind(SENSOR, "Level", unit_rule=FIRST),     # "%" until it is over 100
    "20_42": Kind(SENSOR, "State", diagnostic=True),
    "20_48": Kind(SENSOR, "Preset", diagnostic=True),
    "20_51": Kind(SENSOR, "Level"),
    "20_88": _event("Proximity", "proximity", device_class="motion"),
    "20_49": _event("Detected", "detect", device_class="motion"),
    "20_13": _event("Error", "error", diagnostic=True),
    "20_41": _event("Warning", "warning", diagnostic=True),
    "1_3": Kind(BINARY, "Alarm sound", "sound"),
    "1_4": Kind(BINARY, "Alarm light", "light"),
    "1_5": Kind(BINARY, "Power", "power"),
    MOTION: _pulse("Motion", "motion", _PULSE),
    "2_2": _pulse("Glass break", "sound"),
    "2_3": _event("Beam break", "beam_break"),
    "2_4": _pulse("Sensor tamper", "tamper"),
    "2_5": _event("Shock", "shock"),
    "2_6": _pulse("Smoke", "smoke"),
    "2_7": _pulse("Heat", "heat"),
    "2_8": _event("Panic switch", "panic"),
    "2_9": _pulse("Door", "door", _PULSE),
    "2_10": _pulse("Window", "window", _PULSE),
    "2_11": _pulse("Carbon monoxide", "carbon_monoxide"),
    "2_12": _pulse("Frost", "cold"),
    "2_13": _pulse("Flame", "heat"),
    "2_14": _pulse("Oxygen low", "safety"),
    "2_15": _event("Weight", "weight"),
    "2_16": _pulse("Water", "moisture"),
    "2_17": _pulse("Condensation", "moisture"),
    "2_18": _pulse("Noise", "sound"),
    "2_19": _pulse("Harmful noise", "sound"),
    "2_20": _pulse("Tamper", "tamper"),
    "2_34": _pulse("Gas", "gas"),
    "2_37": _pulse("Vibration", "vibration"),
    "90_52": Kind(SENSOR, "UV index", "", "UV index", "measurement"),
}

#: Types that tell of a moment, by class and type: what an event entity's type is called then. Of a
#: binary sensor it is on.
PULSES: Dict[Tuple[int, int], Tuple[str, str]] = {
    (int(vscp_class), int(vscp_type)): (stem, kind.options[0] if kind.options else ON)
    for stem, kind in KINDS.items()
    for vscp_class, _, vscp_type in [stem.partition("_")]
    if vscp_type and (kind.platform == EVENT or kind.off_delay)}
PULSES.update({(20, 69): (PRESSED, "long"), (20, 70): (PRESSED, "single"),
               (20, 71): (PRESSED, "double")})

_TROUBLE = {506: Kind(EVENT, "Diagnostic", options=("diagnostic",), diagnostic=True),
            508: Kind(EVENT, "Error", options=("error",), diagnostic=True)}


def kind_of(stem: str) -> Union[Kind, None]:
    """What an entity with this stem is; ``None`` for what becomes none (any more)."""
    if stem in KINDS:
        return KINDS[stem]
    vscp_class, _, vscp_type = stem.partition("_")
    if not (vscp_class.isdecimal() and vscp_type.isdecimal()):
        return None
    number, kind = int(vscp_class), int(vscp_type)
    if "%d_%d" % (number, kind) != stem:
        return None
    if number in _TROUBLE:
        return _TROUBLE[number] if kind < 256 else None
    form = (DATA if number == 15 else MEASURED if number in MEASURING else {}).get(kind)
    return None if form is None else _sensor(form)


#: The classes whose types are those of the table of measurements.
MEASURING = frozenset((*range(10, 15), *range(60, 75), 1040, 1060))


def _sensor(form: SensorForm) -> Kind:
    return Kind(SENSOR, form.name, form.device_class, form.unit, form.state_class,
                unit_rule=FIRST if form.unit_of_first else FIXED)
