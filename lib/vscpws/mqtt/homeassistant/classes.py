"""What Home Assistant allows beside a device class: units and state classes.

Checked against its tables ``DEVICE_CLASS_UNITS`` and ``DEVICE_CLASS_STATE_CLASSES`` of 2026.11. It
refuses a sensor of another combination.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, NamedTuple

__all__ = ["BINARY_CLASSES", "MEASUREMENT", "SENSOR_CLASSES", "SensorClass", "TOTAL",
           "TOTAL_INCREASING", "refusal"]

MEASUREMENT, TOTAL, TOTAL_INCREASING = "measurement", "total", "total_increasing"
ANGLE = "measurement_angle"


class SensorClass(NamedTuple):
    """``""`` among the units is no unit."""

    units: FrozenSet[str]
    states: FrozenSet[str]


def _class(units: str, *states: str) -> SensorClass:
    return SensorClass(frozenset(units.split("|")), frozenset(states))


_M, _ANY = (MEASUREMENT,), (MEASUREMENT, TOTAL, TOTAL_INCREASING)
_TOTALS = (TOTAL, TOTAL_INCREASING)
_PRESSURE = "mPa|Pa|hPa|kPa|mbar|cbar|bar|mmHg|inHg|inH₂O|psi|atm"
_VOLUME = "mL|L|m³|ft³|CCF|MCF|gal|fl. oz."
_SPEED = "m/s|m/min|km/h|ft/s|mph|kn|Beaufort"

#: The device classes of a sensor with a number; 2024.11 doesn't know ``area``,
#: ``reactive_energy`` and ``wind_direction``, which are a user's choice only.
SENSOR_CLASSES: Dict[str, SensorClass] = {
    "temperature": _class("°C|°F|K", *_M),
    "humidity": _class("%", *_M), "moisture": _class("%", *_M), "battery": _class("%", *_M),
    "pressure": _class(_PRESSURE, *_M), "atmospheric_pressure": _class(_PRESSURE, *_M),
    "illuminance": _class("lx", *_M),
    "irradiance": _class("W/m²|BTU/(h⋅ft²)", *_M),
    "voltage": _class("μV|mV|V|kV|MV", *_M),
    "current": _class("μA|mA|A", *_M),
    "power": _class("mW|W|kW|MW|GW|TW", *_M),
    "apparent_power": _class("mVA|VA|kVA", *_M),
    "reactive_power": _class("mvar|var|kvar", *_M),
    "energy": _class("J|kJ|MJ|GJ|mWh|Wh|kWh|MWh|GWh|TWh|cal|kcal|Mcal|Gcal|thm", *_TOTALS),
    "reactive_energy": _class("varh|kvarh", *_TOTALS),
    "power_factor": _class("%|", *_M),
    "frequency": _class("mHz|Hz|kHz|MHz|GHz", *_M),
    "distance": _class("mm|cm|m|km|in|ft|yd|mi|nmi", *_ANY),
    "area": _class("mm²|cm²|m²|km²|ha|in²|ft²|yd²|ac|mi²", *_ANY),
    "duration": _class("μs|ms|s|min|h|d", *_ANY),
    "weight": _class("μg|mg|g|kg|oz|lb|st", *_ANY),
    "speed": _class("mm/h|mm/d|in/s|in/h|in/d|mm/s|" + _SPEED, *_M),
    "wind_speed": _class("in/s|mm/s|" + _SPEED, *_M),
    "wind_direction": _class("°", ANGLE),
    "volume": _class(_VOLUME, *_TOTALS),
    "volume_storage": _class(_VOLUME, *_M),
    "water": _class("L|m³|ft³|CCF|MCF|gal", *_TOTALS),
    "gas": _class("L|m³|ft³|CCF|MCF", *_TOTALS),
    "volume_flow_rate": _class(
        "mL/s|L/s|L/min|L/h|m³/s|m³/min|m³/h|ft³/min|gal/min|gal/h|gal/d", *_M),
    "sound_pressure": _class("dB|dBA", *_M), "signal_strength": _class("dB|dBm", *_M),
    "carbon_dioxide": _class("ppm", *_M),
    "volatile_organic_compounds_parts": _class("ppb|ppm", *_M),
}

#: Those of a binary sensor that all releases since 2024.11 know.
BINARY_CLASSES = frozenset(
    "battery battery_charging carbon_monoxide cold connectivity door garage_door gas heat light "
    "lock moisture motion moving occupancy opening plug power presence problem running safety "
    "smoke sound tamper update vibration window".split())

_STATES = frozenset((*_ANY, ANGLE))


def refusal(device_class: str, unit: str, state_class: str) -> str:
    """Why Home Assistant refuses a sensor with these; empty if it doesn't."""
    if state_class and state_class not in _STATES:
        return "there is no state class %r" % state_class
    if not device_class:
        return "" if state_class != ANGLE or unit == "°" else "%s needs °" % ANGLE
    known = SENSOR_CLASSES.get(device_class)
    if known is None:
        return "there is no device class %r of sensors" % device_class
    if unit not in known.units:
        return "%s is not in %s" % (device_class, unit or "no unit")
    if state_class and state_class not in known.states:
        return "%s is no %s" % (device_class, state_class)
    return ""
