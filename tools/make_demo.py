#!/usr/bin/env python3
"""Writes conf/demo.log: the CAN traffic of a small house, for trying things out without a bus.

::

    python tools/make_demo.py [FILE]        default: conf/demo.log

Its nodes and the curves of its day are those of the simulated house, ``vscpws.demo``. One day in 72
minutes (DAY seconds), from six in the morning to six in the morning, so that the end fits the
beginning and the log can be played in a loop. The format is candump's, one frame per
line: ``(seconds.micros) can0 0C0A0602#888100D7``.

A frame is a VSCP Level I event. Its 29-bit identifier, high bits first::

    priority (3 bits, 0 highest) | hard-coded (1) | class (9) | type (8) | nickname (8)

A measurement (class 10) has in data byte 0 its coding: format (3 bits), unit (2 bits, 0 is the
type's default), sensor index (3 bits); then comes the value, big endian. For temperatures the
default unit is Kelvin; Celsius is unit 1. Information (class 20) and control (class 30) have an
index or a value in byte 0, the zone in byte 1 and the subzone in byte 2.

The same script gives the same file, always and everywhere: no clock, a random generator with a
fixed seed, and curves made of straight lines.
"""

from __future__ import annotations

import pathlib
import random
import struct
import sys
from typing import Callable, Dict, Iterator, List, NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from vscpws.demo.day import (  # noqa: E402
    DAY,
    ENERGY,
    FIRST_HOUR,
    HOUSEHOLD_WATT,
    KILOWATT_HOUR,
    POWER,
    SENSORS,
    hour_of,
    value_at,
)
from vscpws.demo.house import (  # noqa: E402
    BEDROOM_CLIMATE,
    BOILER,
    DOOR,
    HALL_BUTTONS,
    KITCHEN_LAMP,
    LIVING_BUTTONS,
    LIVING_CLIMATE,
    LIVING_LAMP,
    METER,
    SMOKE_DETECTOR,
    WEATHER,
)
from vscpws.demo.words import Node  # noqa: E402
from vscpws.reading.measurement import INTEGER, NORMALIZED, SINGLE, TEXT  # noqa: E402

START = 1767247200              # 2026-01-01T06:00:00Z

# ------------------------------------------------------------------------------------------------
# The protocol

ALARM, MEASUREMENT, INFORMATION, CONTROL = 1, 10, 20, 30            # classes
ALARM_OCCURRED, ALARM_SOUND, ALARM_RESET = 2, 3, 13                 # types of class 1
BUTTON, ON, OFF, OPENED, CLOSED, HEARTBEAT = 1, 3, 4, 7, 8, 9       # of class 20
TURN_ON, TURN_OFF = 5, 6                                            # of class 30

URGENT, HIGH, NORMAL, LOW = 0, 2, 3, 6                              # priorities
RELEASED, PRESSED = 0, 1                                            # what a button says


def identifier(priority: int, vscp_class: int, vscp_type: int, nickname: int) -> int:
    return priority << 26 | vscp_class << 16 | vscp_type << 8 | nickname


def coding(form: int, unit: int, index: int) -> bytes:
    return bytes((form << 5 | unit << 3 | index,))


def as_text(value: float, unit: int = 0, index: int = 0) -> bytes:
    """A decimal number in ASCII, with one decimal."""
    return coding(TEXT, unit, index) + b"%.1f" % value


def as_integer(value: float, unit: int = 0, index: int = 0) -> bytes:
    """A signed integer in as few bytes as it needs."""
    number = round(value)
    return coding(INTEGER, unit, index) + number.to_bytes(
        number.bit_length() // 8 + 1, "big", signed=True)


def as_tenths(value: float, unit: int = 0, index: int = 0) -> bytes:
    """A normalized integer: the point goes one place to the left in the two bytes that follow."""
    return coding(NORMALIZED, unit, index) + struct.pack(">Bh", 0x80 | 1, round(value * 10))


def as_single(value: float, unit: int = 0, index: int = 0) -> bytes:
    """An IEEE 754 single."""
    return coding(SINGLE, unit, index) + struct.pack(">f", value)


# ------------------------------------------------------------------------------------------------
# The house

NODES = (DOOR, HALL_BUTTONS, LIVING_CLIMATE, LIVING_LAMP, LIVING_BUTTONS, BEDROOM_CLIMATE,
         KITCHEN_LAMP, SMOKE_DETECTOR, BOILER, METER, WEATHER)
NODE_OF = {node.nickname: node for node in NODES}
HEARTBEAT_PERIOD = 30           # s of log

ENCODERS: Dict[int, Callable[..., bytes]] = {
    TEXT: as_text, INTEGER: as_integer, NORMALIZED: as_tenths, SINGLE: as_single}
POWER_PERIOD, ENERGY_PERIOD = 1, 15     # s of log; the meter's power is the log's pulse

LAMP_WATT = {LIVING_LAMP: 60, KITCHEN_LAMP: 36}


class Switching(NamedTuple):
    """Somebody presses a button, which turns a lamp on or off."""

    hour: float
    buttons: Node
    button: int
    lamp: Node
    on: bool


SWITCHINGS = (
    Switching(6.2, HALL_BUTTONS, 1, KITCHEN_LAMP, True),
    Switching(6.6, LIVING_BUTTONS, 1, LIVING_LAMP, True),
    Switching(7.1, LIVING_BUTTONS, 1, LIVING_LAMP, False),
    Switching(7.4, LIVING_BUTTONS, 1, LIVING_LAMP, True),
    Switching(7.9, HALL_BUTTONS, 2, LIVING_LAMP, False),
    Switching(8.0, HALL_BUTTONS, 1, KITCHEN_LAMP, False),
    Switching(11.6, HALL_BUTTONS, 1, KITCHEN_LAMP, True),
    Switching(12.9, HALL_BUTTONS, 1, KITCHEN_LAMP, False),
    Switching(16.4, LIVING_BUTTONS, 1, LIVING_LAMP, True),
    Switching(17.0, LIVING_BUTTONS, 2, KITCHEN_LAMP, True),
    Switching(17.6, LIVING_BUTTONS, 1, LIVING_LAMP, False),
    Switching(17.8, LIVING_BUTTONS, 2, KITCHEN_LAMP, False),
    Switching(18.1, HALL_BUTTONS, 1, KITCHEN_LAMP, True),
    Switching(18.9, LIVING_BUTTONS, 1, LIVING_LAMP, True),
    Switching(19.5, LIVING_BUTTONS, 2, KITCHEN_LAMP, False),
    Switching(20.3, LIVING_BUTTONS, 2, KITCHEN_LAMP, True),
    Switching(20.5, LIVING_BUTTONS, 2, KITCHEN_LAMP, False),
    Switching(21.2, LIVING_BUTTONS, 1, LIVING_LAMP, False),
    Switching(21.3, LIVING_BUTTONS, 1, LIVING_LAMP, True),
    Switching(22.8, HALL_BUTTONS, 2, LIVING_LAMP, False),
    Switching(26.2, HALL_BUTTONS, 1, KITCHEN_LAMP, True),       # two in the morning, hungry
    Switching(26.5, HALL_BUTTONS, 1, KITCHEN_LAMP, False),
)
DOOR_OPENINGS = ((6.4, 0.05), (8.05, 0.1), (11.4, 0.08), (13.2, 0.06), (16.3, 0.1), (17.7, 0.05),
                 (19.0, 0.04), (22.5, 0.06))                    # (hour, how long in hours)
BURNT_LUNCH, AIRED = 12.25, 12.45                               # hours of the one alarm

# ------------------------------------------------------------------------------------------------
# The traffic


class Frame(NamedTuple):
    second: float               # since the beginning of the log
    identifier: int
    data: bytes


def frames() -> List[Frame]:
    """The day's frames in the order of time."""
    chance = random.Random(20260101)
    day = [*heartbeats(), *measurements(chance), *electricity(chance), *switchings(), *door(),
           *alarm()]
    return sorted(frame for frame in day if 0 <= frame.second < DAY)


def event(second: float, priority: int, vscp_class: int, vscp_type: int, node: Node,
          data: bytes) -> Frame:
    return Frame(second, identifier(priority, vscp_class, vscp_type, node.nickname), data)


def heartbeats() -> Iterator[Frame]:
    for place, node in enumerate(NODES):
        phase = HEARTBEAT_PERIOD * (place + 0.5) / len(NODES)
        for turn in range(DAY // HEARTBEAT_PERIOD):
            yield event(phase + turn * HEARTBEAT_PERIOD, LOW, INFORMATION, HEARTBEAT, node,
                        bytes((0, node.zone, node.subzone)))


def measurements(chance: random.Random) -> Iterator[Frame]:
    for sensor in SENSORS:
        second = sensor.period * chance.random()
        while second < DAY:
            value = value_at(sensor.curve, hour_of(second)) + tremble(chance, sensor.jitter)
            yield event(second, NORMAL, MEASUREMENT, sensor.vscp_type,
                        NODE_OF[sensor.nickname],
                        ENCODERS[sensor.form](value, sensor.unit, sensor.sensor))
            second += sensor.period * (1 + tremble(chance, 0.02))


def electricity(chance: random.Random) -> Iterator[Frame]:
    """Power, with the lamps that are on, and the day's energy, which is its sum."""
    energy = 0.0                # kWh
    for second in range(0, DAY, POWER_PERIOD):
        watt = value_at(HOUSEHOLD_WATT, hour_of(second)) * (1 + tremble(chance, 0.03))
        watt += sum(LAMP_WATT[lamp] for lamp in lamps_on(hour_of(second)))
        energy += watt / 1000 * POWER_PERIOD * 24 / DAY
        yield event(second + 0.41, NORMAL, MEASUREMENT, POWER, METER, as_integer(watt))
        if second % ENERGY_PERIOD == 0:
            yield event(second + 0.43, NORMAL, MEASUREMENT, ENERGY, METER,
                        as_single(energy, KILOWATT_HOUR))


def switchings() -> Iterator[Frame]:
    """Button pressed, control event, the lamp's answer, button released."""
    for switching in SWITCHINGS:
        second, buttons, lamp = second_of(switching.hour), switching.buttons, switching.lamp
        for delay, state in ((0, PRESSED), (0.24, RELEASED)):
            yield event(second + delay, NORMAL, INFORMATION, BUTTON, buttons, struct.pack(
                ">BBBH", state, buttons.zone, buttons.subzone, switching.button))
        yield event(second + 0.012, HIGH, CONTROL, TURN_ON if switching.on else TURN_OFF, buttons,
                    bytes((0, lamp.zone, lamp.subzone)))
        yield event(second + 0.037, NORMAL, INFORMATION, ON if switching.on else OFF, lamp,
                    bytes((0, lamp.zone, lamp.subzone)))


def door() -> Iterator[Frame]:
    place = bytes((0, DOOR.zone, DOOR.subzone))
    for hour, length in DOOR_OPENINGS:
        yield event(second_of(hour), NORMAL, INFORMATION, OPENED, DOOR, place)
        yield event(second_of(hour + length), NORMAL, INFORMATION, CLOSED, DOOR, place)


def alarm() -> Iterator[Frame]:
    node = SMOKE_DETECTOR
    for hour, delay, vscp_type, value in (
            (BURNT_LUNCH, 0, ALARM_OCCURRED, 1), (BURNT_LUNCH, 0.05, ALARM_SOUND, 1),
            (AIRED, 0, ALARM_SOUND, 0), (AIRED, 0.05, ALARM_RESET, 1)):
        yield event(second_of(hour) + delay, URGENT, ALARM, vscp_type, node,
                    bytes((value, node.zone, node.subzone)))


def second_of(hour: float) -> float:
    return (hour - FIRST_HOUR) * DAY / 24


def tremble(chance: random.Random, width: float) -> float:
    return (chance.random() * 2 - 1) * width


def lamps_on(hour: float) -> List[Node]:
    state = {switching.lamp: switching.on for switching in SWITCHINGS if switching.hour <= hour}
    return [lamp for lamp, on in state.items() if on]


# ------------------------------------------------------------------------------------------------
# The file


def log_text() -> str:
    """The whole log as candump -L writes it."""
    return "".join("(%.6f) can0 %08X#%s\n" % (
        START + frame.second, frame.identifier, frame.data.hex().upper()) for frame in frames())


def main(arguments: List[str]) -> None:
    default = pathlib.Path(__file__).resolve().parent.parent / "conf" / "demo.log"
    file = pathlib.Path(arguments[0]) if arguments else default
    file.write_bytes(log_text().encode("ascii"))


if __name__ == "__main__":
    main(sys.argv[1:])
