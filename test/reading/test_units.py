"""Units: published equivalents, and the way there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.reading.catalog import load_catalog
from vscpws.reading.units import _QUANTITIES, convert


@pytest.mark.parametrize("value, unit, wanted, expected", [
    (0, "°C", "K", 273.15), (20, "°C", "°F", 68), (212, "°F", "°C", 100), (32, "°F", "K", 273.15),
    (1, "bar", "Pa", 100000), (1, "psi", "Pa", 6894.75729317), (1013.25, "hPa", "bar", 1.01325),
    (1, "kWh", "J", 3600000), (1500, "Wh", "kWh", 1.5), (1, "PS", "W", 735.49875),
    (1, "hp", "W", 745.699871582), (1, "G", "T", 1e-4), (1, "L", "mL", 1000), (180, "°", "rad",
    3.14159265359), (36, "km/h", "m/s", 10), (1, "mph", "m/s", 0.44704), (12, "in", "ft", 1),
    (1, "ha", "a", 100), (5, "m³/s", "L/s", 5000), (1, "Ci", "Bq", 3.7e10), (1500, "ms", "s", 1.5),
    (1, "Oe", "A/m", 79.5774715459), (1, "%", "ppm", 10000)])
def test_equivalents(value, unit, wanted, expected):
    assert convert(value, unit, wanted) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("unit, wanted", [("°C", "Pa"), ("", "°C"), ("°C", ""), ("furlong", "m")])
def test_what_does_not_measure_the_same_is_not_converted(unit, wanted):
    assert convert(1, unit, wanted) is None


def test_the_same_unit_is_no_conversion_even_if_it_is_unknown():
    assert convert(21.5, "furlong", "furlong") == 21.5


@given(st.floats(-1e6, 1e6), st.sampled_from([(one, other) for units in _QUANTITIES
                                              for one in units for other in units]))
def test_there_and_back(value, units):
    unit, wanted = units
    size = max(abs(value), 1.0)
    assert convert(convert(value, unit, wanted), wanted, unit) == pytest.approx(
        value, rel=1e-8, abs=1e-8 * size + 1e-6)


def test_the_catalog_s_units_of_one_type_convert_where_physics_allows():
    apart = {"Position WGS 84", "Chemical (molar) concentration", "Spectral radiance",
             "Spectral irradiance"}
    for kind in load_catalog().find_class(10).types.values():
        for unit in kind.units[1:]:
            assert (convert(1.0, unit, kind.units[0]) is None) == (kind.name in apart), kind.name
