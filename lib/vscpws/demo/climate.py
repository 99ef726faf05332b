"""A heated room: a thermostat that measures, is set, and tells the radiator's valve what to do.

::

    d temperature/dt = HEAT * opening - LOSS * (temperature - outside)

Both are some twenty times as fast as in a real house, as the day is.
"""

from __future__ import annotations

from random import Random
from typing import Callable, List, NamedTuple, Union

from ..model.event import Event
from ..reading.measurement import INTEGER, NORMALIZED, Measured, decode, encode
from .appliances import Valve
from .day import CELSIUS, HUMIDITY, OUTSIDE_CELSIUS, TEMPERATURE, Curve, hour_of, value_at
from .device import Device, Probe
from .words import CHANGE_LEVEL, CONTROL, MEASUREZONE, SETVALUEZONE, Command, Node, say

__all__ = ["Room", "Thermostat"]

_FULL = 100                     # % opening
_HEAT = 0.06                    # °C a second where the valve is open
_LOSS = 0.0012                  # a second, of the difference to the outside
_PERIOD = 5.0                   # s between two looks
_LONGEST = 60.0                 # s that one step may be
_NEEDED, _GAIN = 35.0, 60.0     # % opening where the temperature is right; more for each °C less
_WORTH = 5                      # % by which the opening must differ for the valve to be told
_COLDEST, _WARMEST = 5.0, 30.0  # °C that can be set
_KELVIN, _FAHRENHEIT = 0, 2     # units beside Celsius


class Room(NamedTuple):
    """What a thermostat begins with; periods in seconds, temperatures in °C."""

    wanted: float
    temperature: float
    temperature_period: float
    humidity: Curve
    humidity_period: float


class Thermostat(Device):
    """``seconds`` makes of the time the seconds since the house began."""

    def __init__(self, node: Node, now: float, chance: Random, room: Room, valve: Valve,
                 seconds: Callable[[float], float]):
        super().__init__(
            node, now, chance,
            Probe(TEMPERATURE, room.temperature_period, NORMALIZED, CELSIUS, 0,
                  lambda _: self.temperature + chance.uniform(-0.05, 0.05)),
            Probe(HUMIDITY, room.humidity_period, INTEGER, 0, 0,
                  lambda now: value_at(room.humidity, hour_of(seconds(now)))
                  + chance.uniform(-0.5, 0.5), 0))
        self.wanted = room.wanted
        self.temperature = room.temperature
        self._valve = valve
        self._seconds = seconds
        self._looked = now
        self._told = -_FULL         # the valve; % opening
        self._acts_at = now

    def obey(self, command: Command, now: float) -> bool:
        if command[:2] != (SETVALUEZONE, TEMPERATURE):
            return False
        measured = decode("zone-coded", command.data)
        if not isinstance(measured.value, (int, float)):
            return False
        celsius = _in_celsius(measured.value, measured.unit)
        self.wanted = round(max(_COLDEST, min(_WARMEST, celsius)), 1)
        self._acts_at = now
        return True

    def go_on(self, now: float) -> List[Event]:
        self._acts_at = now + _PERIOD
        self._warm(now)
        opening = round(max(0.0, min(_FULL, _NEEDED + _GAIN * (self.wanted - self.temperature))))
        if abs(opening - self._told) < _WORTH:
            return []
        self._told = opening
        return [say(self.node, CONTROL, CHANGE_LEVEL, bytes((opening,)) + self._valve.node.place)]

    def _warm(self, now: float) -> None:
        seconds = max(0.0, min(_LONGEST, now - self._looked))
        self._looked = now
        outside = value_at(OUTSIDE_CELSIUS, hour_of(self._seconds(now)))
        self.temperature += seconds * (_HEAT * self._valve.level / _FULL
                                       - _LOSS * (self.temperature - outside))

    def states(self) -> List[Event]:
        return [say(self.node, MEASUREZONE, TEMPERATURE, encode("zone-coded", Measured(
            self.wanted, CELSIUS, 0, self.node.zone, self.node.subzone), NORMALIZED))]


def _in_celsius(value: Union[int, float], unit: int) -> float:
    if unit == _KELVIN:
        return value - 273.15
    return (value - 32) / 1.8 if unit == _FAHRENHEIT else value
