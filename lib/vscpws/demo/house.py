"""The house: its nodes on one bus, where each hears what the others say."""

from __future__ import annotations

from random import Random
from typing import List

from ..model.event import Event
from ..reading.measurement import INTEGER, SINGLE
from .appliances import Blind, Lamp, Lock, Valve
from .climate import Room, Thermostat
from .day import (
    BEDROOM_HUMIDITY,
    DAY,
    ENERGY,
    HOUSEHOLD_WATT,
    KILOWATT_HOUR,
    LIVING_HUMIDITY,
    POWER,
    SENSORS,
    Sensor,
    hour_of,
    value_at,
)
from .device import Device, Probe
from .people import Buttons, Door
from .watch import Alarm, BurglarAlarm, MotionDetector
from .words import Node, command_of

__all__ = ["House", "NODES"]

HALL, LIVING, BEDROOM, KITCHEN, CELLAR, OUTSIDE = 1, 2, 3, 4, 5, 6      # zones

DOOR = Node(0x01, HALL, 0, "front door contact")
HALL_BUTTONS = Node(0x02, HALL, 1, "buttons in the hall")
LIVING_CLIMATE = Node(0x03, LIVING, 0, "living room climate")
LIVING_LAMP = Node(0x04, LIVING, 1, "living room lamp")
LIVING_BUTTONS = Node(0x05, LIVING, 2, "buttons in the living room")
BEDROOM_CLIMATE = Node(0x06, BEDROOM, 0, "bedroom climate")
KITCHEN_LAMP = Node(0x07, KITCHEN, 1, "kitchen lamp")
SMOKE_DETECTOR = Node(0x08, KITCHEN, 2, "smoke detector in the kitchen")
BOILER = Node(0x09, CELLAR, 0, "boiler")
METER = Node(0x0A, CELLAR, 1, "electricity meter")
WEATHER = Node(0x0B, OUTSIDE, 0, "weather station")
BEDROOM_LAMP = Node(0x0C, BEDROOM, 1, "bedroom lamp")
LIVING_BLIND = Node(0x0D, LIVING, 3, "living room blind")
BEDROOM_BLIND = Node(0x0E, BEDROOM, 3, "bedroom blind")
LIVING_RADIATOR = Node(0x0F, LIVING, 4, "living room radiator")
BEDROOM_RADIATOR = Node(0x10, BEDROOM, 4, "bedroom radiator")
MOTION_DETECTOR = Node(0x11, HALL, 2, "motion detector in the hall")
LOCK = Node(0x12, HALL, 3, "front door lock")
BURGLAR_ALARM = Node(0x13, HALL, 4, "burglar alarm")

NODES = (DOOR, HALL_BUTTONS, LIVING_CLIMATE, LIVING_LAMP, LIVING_BUTTONS, BEDROOM_CLIMATE,
         KITCHEN_LAMP, SMOKE_DETECTOR, BOILER, METER, WEATHER, BEDROOM_LAMP, LIVING_BLIND,
         BEDROOM_BLIND, LIVING_RADIATOR, BEDROOM_RADIATOR, MOTION_DETECTOR, LOCK, BURGLAR_ALARM)

_POWER_PERIOD, _ENERGY_PERIOD = 1.0, 15.0       # s; the meter's power is the house's pulse
_LONGEST_GAP = 60.0                             # s between two looks at the power


class House:
    """Begins at ``now`` (s, of a clock that never goes back); ``chance`` decides what happens."""

    def __init__(self, now: float, chance: Random):
        self._start = now
        self._chance = chance
        self._energy = 0.0          # kWh of the day
        self._watt = 0.0
        self._metered = now
        self.lamps = [Lamp(LIVING_LAMP, now, chance, 60, 80), Lamp(BEDROOM_LAMP, now, chance, 20),
                      Lamp(KITCHEN_LAMP, now, chance, 36)]
        living, bedroom = Valve(LIVING_RADIATOR, now, chance), Valve(BEDROOM_RADIATOR, now, chance)
        self.devices: List[Device] = [
            *self.lamps, living, bedroom,
            Thermostat(LIVING_CLIMATE, now, chance, Room(21.0, 19.8, 9, LIVING_HUMIDITY, 23),
                       living, self._seconds),
            Thermostat(BEDROOM_CLIMATE, now, chance, Room(18.0, 17.2, 11, BEDROOM_HUMIDITY, 29),
                       bedroom, self._seconds),
            Blind(LIVING_BLIND, now, chance, 100), Blind(BEDROOM_BLIND, now, chance, 0),
            Door(DOOR, now, chance), Lock(LOCK, now, chance),
            Buttons(HALL_BUTTONS, now, chance, 1, KITCHEN_LAMP),
            Buttons(LIVING_BUTTONS, now, chance, 2, KITCHEN_LAMP),
            MotionDetector(MOTION_DETECTOR, now, chance), Alarm(SMOKE_DETECTOR, now, chance),
            BurglarAlarm(BURGLAR_ALARM, now, chance),
            Device(METER, now, chance, *self._probes(METER),
                   Probe(POWER, _POWER_PERIOD, INTEGER, 0, 0, self._power, 0),
                   Probe(ENERGY, _ENERGY_PERIOD, SINGLE, KILOWATT_HOUR, 0,
                         lambda now: self._energy, 3)),
            Device(BOILER, now, chance, *self._probes(BOILER)),
            Device(WEATHER, now, chance, *self._probes(WEATHER))]

    @property
    def due(self) -> float:
        """When something will happen by itself, or is due to be reported."""
        return min(device.due for device in self.devices)

    def hear(self, event: Event, now: float) -> None:
        """Somebody outside the house has said a Level I event."""
        command = command_of(event)
        for device in self.devices:
            device.hear(command, now)

    def act(self, now: float) -> List[Event]:
        """What the house says now; without their times."""
        said: List[Event] = []
        for device in self.devices:
            if device.due > now:
                continue
            for event in device.act(now):
                said.append(event)
                command = command_of(event)
                for other in self.devices:
                    if other is not device:
                        other.hear(command, now)
        return said

    # ---- what is measured ------------------------------------------------------------------

    def _seconds(self, now: float) -> float:
        return now - self._start

    def _probes(self, node: Node) -> List[Probe]:
        return [self._probe(sensor) for sensor in SENSORS if sensor.nickname == node.nickname]

    def _probe(self, sensor: Sensor) -> Probe:
        return Probe(
            sensor.vscp_type, sensor.period, sensor.form, sensor.unit, sensor.sensor,
            lambda now: value_at(sensor.curve, hour_of(self._seconds(now)))
            + self._chance.uniform(-sensor.jitter, sensor.jitter),
            0 if sensor.form == INTEGER else 1)

    def _power(self, now: float) -> float:
        """What the household takes and the lamps; the energy of the day is its sum."""
        hours = [hour_of(self._seconds(moment)) for moment in (self._metered, now)]
        if hours[0] // 24 != hours[1] // 24:
            self._energy = 0.0
        past = min(_LONGEST_GAP, now - self._metered)
        self._energy += self._watt / 1000 * past * 24 / DAY
        self._metered = now
        self._watt = value_at(HOUSEHOLD_WATT, hours[1]) * self._chance.uniform(0.97, 1.03) + sum(
            lamp.watt for lamp in self.lamps)
        return self._watt
