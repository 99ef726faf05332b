"""Units that measure the same, and how one becomes the other.

A unit is known by its text in the catalog. Each line of the table is one quantity: of each unit the
factor to, and the offset in, the first one. Text of a clock (``Time`` in other units) is none.
"""

from __future__ import annotations

import math
from typing import Dict, Optional, Tuple

__all__ = ["convert"]

_QUANTITIES: Tuple[Dict[str, Tuple[float, float]], ...] = (
    {"s": (1, 0), "ms": (1e-3, 0), "min": (60, 0), "h": (3600, 0)},
    {"K": (1, 0), "°C": (1, 273.15), "°F": (5 / 9, 459.67 * 5 / 9)},
    {"Bq": (1, 0), "Ci": (3.7e10, 0)},
    {"Pa": (1, 0), "hPa": (100, 0), "kPa": (1000, 0), "bar": (1e5, 0), "psi": (6894.757293168, 0)},
    {"J": (1, 0), "Wh": (3600, 0), "kWh": (3.6e6, 0), "eV": (1.602176634e-19, 0)},
    {"W": (1, 0), "kW": (1000, 0), "PS": (735.49875, 0), "hp": (745.69987158227, 0)},
    {"A/m": (1, 0), "Oe": (1000 / (4 * math.pi), 0)},
    {"T": (1, 0), "G": (1e-4, 0)},
    {"m³": (1, 0), "L": (1e-3, 0), "dL": (1e-4, 0), "cL": (1e-5, 0), "mL": (1e-6, 0)},
    {"rad": (1, 0), "°": (math.pi / 180, 0), "′": (math.pi / 10800, 0), "″": (math.pi / 648000, 0)},
    {"m/s": (1, 0), "km/h": (1 / 3.6, 0), "mph": (0.44704, 0)},
    {"m³/s": (1, 0), "L/s": (1e-3, 0), "L/min": (1e-3 / 60, 0)},
    {"m": (1, 0), "ft": (0.3048, 0), "in": (0.0254, 0)},
    {"m²": (1, 0), "a": (100, 0), "ha": (1e4, 0), "km²": (1e6, 0)},
    {"C/kg": (1, 0), "R": (2.58e-4, 0)},
    {"%": (1, 0), "ppm": (1e-4, 0)},
)
_PLACE = {unit: number for number, units in enumerate(_QUANTITIES) for unit in units}


def convert(value: float, unit: str, wanted: str) -> Optional[float]:
    """``value`` in the unit ``wanted``; ``None`` where the two don't measure the same."""
    if unit == wanted:
        return value
    if unit not in _PLACE or _PLACE[unit] != _PLACE.get(wanted):
        return None
    units = _QUANTITIES[_PLACE[unit]]
    (factor, offset), (wanted_factor, wanted_offset) = units[unit], units[wanted]
    # Rounded where doubles end: 20 °C is 68 °F and not 67.99999999999994.
    return float("%.12g" % ((value * factor + offset - wanted_offset) / wanted_factor))
