#!/usr/bin/env python3
"""Writes conf/demo.log: the CAN traffic of a small house, for trying things out without a bus.

::

    python tools/make_demo.py [FILE]        default: conf/demo.log

One day in 72 minutes (DAY seconds), from six in the morning to six in the morning, so that the
end fits the beginning and the log can be played in a loop. The format is candump's, one frame per
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
from typing import Callable, Iterator, List, NamedTuple, Tuple

DAY = 4320                      # s of log for the 24 hours of the house
FIRST_HOUR = 6.0                # hour of the house at the beginning of the log
START = 1767247200              # 2026-01-01T06:00:00Z

# ------------------------------------------------------------------------------------------------
# The protocol

ALARM, MEASUREMENT, INFORMATION, CONTROL = 1, 10, 20, 30            # classes
ALARM_OCCURRED, ALARM_SOUND, ALARM_RESET = 2, 3, 13                 # types of class 1
TEMPERATURE, ENERGY, POWER, VOLTAGE, ILLUMINANCE, HUMIDITY = 6, 13, 14, 16, 25, 35      # of 10
BUTTON, ON, OFF, OPENED, CLOSED, HEARTBEAT = 1, 3, 4, 7, 8, 9       # of class 20
TURN_ON, TURN_OFF = 5, 6                                            # of class 30

CELSIUS, KILOWATT_HOUR = 1, 1                                       # optional units
URGENT, HIGH, NORMAL, LOW = 0, 2, 3, 6                              # priorities
_TEXT, _INTEGER, _NORMALIZED, _SINGLE = 2, 3, 4, 5             # formats of a measurement
RELEASED, PRESSED = 0, 1                                            # what a button says


def identifier(priority: int, vscp_class: int, vscp_type: int, nickname: int) -> int:
    return priority << 26 | vscp_class << 16 | vscp_type << 8 | nickname


def coding(form: int, unit: int, index: int) -> bytes:
    return bytes((form << 5 | unit << 3 | index,))


def as_text(value: float, unit: int = 0, index: int = 0) -> bytes:
    """A decimal number in ASCII, with one decimal."""
    return coding(_TEXT, unit, index) + b"%.1f" % value


def as_integer(value: float, unit: int = 0, index: int = 0) -> bytes:
    """A signed integer in as few bytes as it needs."""
    number = round(value)
    return coding(_INTEGER, unit, index) + number.to_bytes(
        number.bit_length() // 8 + 1, "big", signed=True)


def as_tenths(value: float, unit: int = 0, index: int = 0) -> bytes:
    """A normalized integer: the point goes one place to the left in the two bytes that follow."""
    return coding(_NORMALIZED, unit, index) + struct.pack(">Bh", 0x80 | 1, round(value * 10))


def as_single(value: float, unit: int = 0, index: int = 0) -> bytes:
    """An IEEE 754 single."""
    return coding(_SINGLE, unit, index) + struct.pack(">f", value)


# ------------------------------------------------------------------------------------------------
# The house

class Node(NamedTuple):
    nickname: int
    zone: int
    subzone: int
    name: str


HALL, LIVING, BEDROOM, KITCHEN, CELLAR, OUTSIDE = 1, 2, 3, 4, 5, 6      # zones

DOOR = Node(0x01, HALL, 0, "front door contact")
HALL_BUTTONS = Node(0x02, HALL, 1, "buttons in the hall")
LIVING_SENSOR = Node(0x03, LIVING, 0, "living room climate")
LIVING_LAMP = Node(0x04, LIVING, 1, "living room lamp")
LIVING_BUTTONS = Node(0x05, LIVING, 2, "buttons in the living room")
BEDROOM_SENSOR = Node(0x06, BEDROOM, 0, "bedroom climate")
KITCHEN_LAMP = Node(0x07, KITCHEN, 1, "kitchen lamp")
SMOKE_DETECTOR = Node(0x08, KITCHEN, 2, "smoke detector in the kitchen")
BOILER = Node(0x09, CELLAR, 0, "boiler")
METER = Node(0x0A, CELLAR, 1, "electricity meter")
WEATHER = Node(0x0B, OUTSIDE, 0, "weather station")

NODES = (DOOR, HALL_BUTTONS, LIVING_SENSOR, LIVING_LAMP, LIVING_BUTTONS, BEDROOM_SENSOR,
         KITCHEN_LAMP, SMOKE_DETECTOR, BOILER, METER, WEATHER)
HEARTBEAT_PERIOD = 30           # s of log

Curve = Tuple[Tuple[float, float], ...]     # (hour of the house, value) from 0 to 24, lines between

OUTSIDE_CELSIUS = ((0, 1.5), (4, -2.5), (7, -3.0), (10, 3.0), (14, 8.5), (17, 6.0), (24, 1.5))
OUTSIDE_HUMIDITY = ((0, 88), (6, 94), (14, 61), (19, 74), (24, 88))
DAYLIGHT = ((0, 0), (6.5, 0), (9, 4200), (13, 21000), (16, 6500), (18.5, 0), (24, 0))
LIVING_CELSIUS = ((0, 19.4), (6, 18.1), (8, 20.4), (16, 21.3), (20, 22.4), (22, 21.8), (24, 19.4))
LIVING_HUMIDITY = ((0, 46), (8, 43), (13, 41), (20, 52), (24, 46))
BEDROOM_CELSIUS = ((0, 17.2), (6, 17.9), (7, 16.2), (12, 16.8), (21, 18.6), (24, 17.2))
BEDROOM_HUMIDITY = ((0, 51), (6, 59), (8, 47), (21, 46), (24, 51))
BOILER_FLOW = ((0, 38), (5.5, 36), (7, 61.5), (9, 52), (16, 48), (18, 63), (22, 44), (24, 38))
BOILER_RETURN = ((0, 33), (5.5, 32), (7, 44.5), (9, 41), (16, 38.5), (18, 46), (22, 36), (24, 33))
HOUSEHOLD_WATT = ((0, 140), (6, 150), (7, 1900), (8, 420), (11.5, 380), (12, 2600), (13, 450),
                  (17, 500), (18.5, 2900), (20, 720), (23, 260), (24, 140))
VOLT = ((0, 233), (7, 229), (12, 230.5), (18.5, 227.5), (24, 233))


class Sensor(NamedTuple):
    node: Node
    vscp_type: int
    period: float               # s of log
    curve: Curve
    jitter: float               # the value trembles by up to so much
    encode: Callable[..., bytes]
    unit: int = 0
    index: int = 0


SENSORS = (
    Sensor(LIVING_SENSOR, TEMPERATURE, 9, LIVING_CELSIUS, 0.1, as_tenths, CELSIUS),
    Sensor(LIVING_SENSOR, HUMIDITY, 23, LIVING_HUMIDITY, 0.5, as_integer),
    Sensor(BEDROOM_SENSOR, TEMPERATURE, 11, BEDROOM_CELSIUS, 0.1, as_tenths, CELSIUS),
    Sensor(BEDROOM_SENSOR, HUMIDITY, 29, BEDROOM_HUMIDITY, 0.5, as_integer),
    Sensor(BOILER, TEMPERATURE, 7, BOILER_FLOW, 0.4, as_text, CELSIUS, 0),
    Sensor(BOILER, TEMPERATURE, 7, BOILER_RETURN, 0.3, as_text, CELSIUS, 1),
    Sensor(METER, VOLTAGE, 19, VOLT, 0.6, as_tenths),
    Sensor(WEATHER, TEMPERATURE, 13, OUTSIDE_CELSIUS, 0.1, as_single, CELSIUS),
    Sensor(WEATHER, HUMIDITY, 31, OUTSIDE_HUMIDITY, 0.8, as_integer),
    Sensor(WEATHER, ILLUMINANCE, 17, DAYLIGHT, 0, as_integer),
)
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
            yield event(second, NORMAL, MEASUREMENT, sensor.vscp_type, sensor.node,
                        sensor.encode(value, sensor.unit, sensor.index))
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


def hour_of(second: float) -> float:
    """The hour of the house, 6 to 30, at a second of the log."""
    return FIRST_HOUR + second * 24 / DAY


def second_of(hour: float) -> float:
    return (hour - FIRST_HOUR) * DAY / 24


def value_at(curve: Curve, hour: float) -> float:
    hour %= 24
    for (left, low), (right, high) in zip(curve, curve[1:]):
        if hour <= right:
            return low + (high - low) * (hour - left) / (right - left)
    return curve[-1][1]


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
