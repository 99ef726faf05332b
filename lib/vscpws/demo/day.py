"""A winter's day of the house, as curves: the recorded log and the simulation have it in common."""

from __future__ import annotations

from typing import NamedTuple, Tuple

from ..reading.measurement import INTEGER, NORMALIZED, SINGLE, TEXT

__all__ = [
    "BEDROOM_CELSIUS", "BEDROOM_HUMIDITY", "CELSIUS", "Curve", "DAY", "DAYLIGHT", "ENERGY",
    "FIRST_HOUR", "HOUSEHOLD_WATT", "HUMIDITY", "ILLUMINANCE", "KILOWATT_HOUR", "LIVING_CELSIUS",
    "LIVING_HUMIDITY", "OUTSIDE_CELSIUS", "POWER", "SENSORS", "Sensor", "TEMPERATURE", "VOLTAGE",
    "hour_of", "value_at",
]

DAY = 4320                      # s for the 24 hours of the house
FIRST_HOUR = 6.0                # hour of the house at the beginning

TEMPERATURE, ENERGY, POWER, VOLTAGE, ILLUMINANCE, HUMIDITY = 6, 13, 14, 16, 25, 35  # of class 10
CELSIUS, KILOWATT_HOUR = 1, 1                                       # optional units

Curve = Tuple[Tuple[float, float], ...]     # (hour of the house, value) from 0 to 24, lines between

OUTSIDE_CELSIUS: Curve = (
    (0, 1.5), (4, -2.5), (7, -3.0), (10, 3.0), (14, 8.5), (17, 6.0), (24, 1.5))
OUTSIDE_HUMIDITY: Curve = ((0, 88), (6, 94), (14, 61), (19, 74), (24, 88))
DAYLIGHT: Curve = ((0, 0), (6.5, 0), (9, 4200), (13, 21000), (16, 6500), (18.5, 0), (24, 0))
LIVING_CELSIUS: Curve = (
    (0, 19.4), (6, 18.1), (8, 20.4), (16, 21.3), (20, 22.4), (22, 21.8), (24, 19.4))
LIVING_HUMIDITY: Curve = ((0, 46), (8, 43), (13, 41), (20, 52), (24, 46))
BEDROOM_CELSIUS: Curve = ((0, 17.2), (6, 17.9), (7, 16.2), (12, 16.8), (21, 18.6), (24, 17.2))
BEDROOM_HUMIDITY: Curve = ((0, 51), (6, 59), (8, 47), (21, 46), (24, 51))
BOILER_FLOW: Curve = (
    (0, 38), (5.5, 36), (7, 61.5), (9, 52), (16, 48), (18, 63), (22, 44), (24, 38))
BOILER_RETURN: Curve = (
    (0, 33), (5.5, 32), (7, 44.5), (9, 41), (16, 38.5), (18, 46), (22, 36), (24, 33))
HOUSEHOLD_WATT: Curve = (
    (0, 140), (6, 150), (7, 1900), (8, 420), (11.5, 380), (12, 2600), (13, 450), (17, 500),
    (18.5, 2900), (20, 720), (23, 260), (24, 140))
VOLT: Curve = ((0, 233), (7, 229), (12, 230.5), (18.5, 227.5), (24, 233))


class Sensor(NamedTuple):
    """One that follows a curve; ``form`` is how its value is coded, see ``reading.measurement``."""

    nickname: int
    vscp_type: int
    period: float               # s between two values
    curve: Curve
    jitter: float               # the value trembles by up to so much
    form: int
    unit: int = 0
    sensor: int = 0             # index among the node's


_LIVING, _BEDROOM, _BOILER, _METER, _WEATHER = 0x03, 0x06, 0x09, 0x0A, 0x0B     # nicknames

SENSORS = (
    Sensor(_LIVING, TEMPERATURE, 9, LIVING_CELSIUS, 0.1, NORMALIZED, CELSIUS),
    Sensor(_LIVING, HUMIDITY, 23, LIVING_HUMIDITY, 0.5, INTEGER),
    Sensor(_BEDROOM, TEMPERATURE, 11, BEDROOM_CELSIUS, 0.1, NORMALIZED, CELSIUS),
    Sensor(_BEDROOM, HUMIDITY, 29, BEDROOM_HUMIDITY, 0.5, INTEGER),
    Sensor(_BOILER, TEMPERATURE, 7, BOILER_FLOW, 0.4, TEXT, CELSIUS, 0),
    Sensor(_BOILER, TEMPERATURE, 7, BOILER_RETURN, 0.3, TEXT, CELSIUS, 1),
    Sensor(_METER, VOLTAGE, 19, VOLT, 0.6, NORMALIZED),
    Sensor(_WEATHER, TEMPERATURE, 13, OUTSIDE_CELSIUS, 0.1, SINGLE, CELSIUS),
    Sensor(_WEATHER, HUMIDITY, 31, OUTSIDE_HUMIDITY, 0.8, INTEGER),
    Sensor(_WEATHER, ILLUMINANCE, 17, DAYLIGHT, 0, INTEGER),
)


def hour_of(second: float) -> float:
    """The hour of the house, from ``FIRST_HOUR`` on, at a second since the beginning."""
    return FIRST_HOUR + second * 24 / DAY


def value_at(curve: Curve, hour: float) -> float:
    """The curve's value at an hour of any day."""
    hour %= 24
    return next(low + (high - low) * (hour - left) / (right - left)
                for (left, low), (right, high) in zip(curve, curve[1:]) if hour <= right)
