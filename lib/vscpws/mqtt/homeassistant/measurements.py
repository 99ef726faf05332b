"""Measurements: which sensor each type becomes, and its one unit.

Statistics in Home Assistant break when a unit changes, and a node may change it from event to
event; so values are brought into the unit of this table. Where the units of a type don't measure
the same, the first that is heard of a sensor stays its unit. Home Assistant refuses a sensor of a
device class that it doesn't know, so those are left out that came after 2024.11: ``area`` and
``reactive_energy``.

The types are those of the classes 10 to 14, 60 to 74, 1040 and 1060.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional

from ...reading.catalog import load_catalog
from ...reading.units import convert
from .classes import MEASUREMENT, TOTAL

__all__ = ["DATA", "MEASURED", "SensorForm", "normalized", "unit_of"]

_FLOAT = 1060                   # its units of a type are all that there are


class SensorForm(NamedTuple):
    """``unit`` is Home Assistant's word, ``ours`` the catalog's where that is another.

    ``none`` is a unit of the type that is no sensor, and with ``unit_of_first`` each sensor keeps
    the unit that it was first heard in.
    """

    name: str
    device_class: str = ""
    unit: str = ""
    state_class: str = MEASUREMENT
    ours: str = ""
    none: str = ""
    unit_of_first: bool = False


_F = SensorForm

MEASURED: Dict[int, SensorForm] = {
    1: _F("Count"),
    2: _F("Distance", "distance", "m"),
    3: _F("Mass", "weight", "kg"),
    4: _F("Time", "duration", "s"),             # units beyond ms are texts of a clock
    5: _F("Current", "current", "A"),
    6: _F("Temperature", "temperature", "°C"),
    7: _F("Amount of substance", unit="mol"),
    8: _F("Luminous intensity", unit="cd"),
    9: _F("Frequency", "frequency", "Hz"),
    10: _F("Radioactivity", unit="Bq"),
    11: _F("Force", unit="N"),
    12: _F("Pressure", "pressure", "hPa"),
    13: _F("Energy", "energy", "kWh", TOTAL, none="eV"),
    14: _F("Power", "power", "W"),
    15: _F("Charge", unit="C"),
    16: _F("Voltage", "voltage", "V"),
    17: _F("Capacitance", unit="F"),
    18: _F("Resistance", unit="Ω"),
    19: _F("Conductance", unit="S"),
    20: _F("Magnetic field strength", unit="A/m"),
    21: _F("Magnetic flux", unit="Wb"),
    22: _F("Magnetic flux density", unit="T"),
    23: _F("Inductance", unit="H"),
    24: _F("Luminous flux", unit="lm"),
    25: _F("Illuminance", "illuminance", "lx"),
    26: _F("Absorbed dose", unit="Gy"),
    27: _F("Catalytic activity", unit="kat"),
    28: _F("Volume", "volume_storage", "L"),
    29: _F("Sound intensity", unit="W/m²"),
    30: _F("Angle", unit="°"),
    32: _F("Speed", "speed", "m/s"),
    33: _F("Acceleration", unit="m/s²"),
    34: _F("Tension", unit="N/m"),
    35: _F("Humidity", "humidity", "%"),
    36: _F("Flow", "volume_flow_rate", "L/min"),
    37: _F("Thermal resistance", unit="K/W"),
    38: _F("Refractive power", unit="dpt"),
    39: _F("Viscosity", unit="Pa·s"),
    40: _F("Sound impedance", unit="Pa·s/m"),
    41: _F("Sound resistance", unit="Pa·s/m³"),
    42: _F("Electric elastance", unit="1/F"),
    43: _F("Luminous energy", unit="lm·s"),
    44: _F("Luminance", unit="cd/m²"),
    45: _F("Concentration", unit="mol/m³", unit_of_first=True),
    46: _F("Mass concentration", unit="kg/m³"),
    49: _F("Dew point", "temperature", "°C"),
    50: _F("Relative level", unit="%"),
    51: _F("Altitude", "distance", "m"),
    52: _F("Area", "", "m²"),
    53: _F("Radiant intensity", unit="W/sr"),
    54: _F("Radiance", unit="W/(sr·m²)"),
    55: _F("Irradiance", "irradiance", "W/m²"),
    56: _F("Spectral radiance", unit="W/(sr·m²·nm)", unit_of_first=True),
    57: _F("Spectral irradiance", unit="W/(m²·nm)", unit_of_first=True),
    58: _F("Sound pressure", unit="Pa"),
    59: _F("Sound energy density", unit="Pa"),
    60: _F("Sound level", "sound_pressure", "dB"),
    61: _F("Equivalent dose", unit="Sv"),
    62: _F("Exposure", unit="C/kg"),
    63: _F("Power factor", "power_factor"),
    64: _F("Reactive power", "reactive_power", "var", ours="VAr"),
    65: _F("Reactive energy", "", "kvarh", TOTAL, ours="kVArh"),
}

#: The types of class 15.
DATA: Dict[int, SensorForm] = {
    1: _F("I/O value"), 2: _F("A/D value"), 3: _F("D/A value"),
    4: _F("Relative strength", unit="%"), 5: _F("Signal level"),
    6: _F("Signal quality", unit="%"),
}


def unit_of(vscp_type: int, number: int) -> Optional[str]:
    """The catalog's text of a unit of a type in ``MEASURED``; empty for a type without units,
    ``None`` for one too many."""
    known = load_catalog().find_type(_FLOAT, vscp_type)
    assert known is not None
    if not known.units:
        return ""
    return known.units[number] if number < len(known.units) else None


def normalized(form: SensorForm, value: float, unit: str) -> Optional[float]:
    """A value in the form's unit; ``None`` where ``unit`` is no measure of it.

    A unit that the first one decides stays as it is.
    """
    if unit and unit == form.none:
        return None
    if form.unit_of_first or not unit:
        return value
    return convert(value, unit, form.ours or form.unit)
