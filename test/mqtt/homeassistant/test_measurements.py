"""Which sensor each type becomes: the table against the catalog, and values in its units."""

import pytest

from vscpws.mqtt.homeassistant.measurements import DATA, MEASURED, normalized, unit_of
from vscpws.reading.catalog import load_catalog

FLOAT = 1060                    # the class whose types have all units


def test_the_table_has_the_catalog_s_types_but_those_without_a_number():
    known = {number for number in range(256) if load_catalog().find_type(FLOAT, number)}
    assert known - set(MEASURED) == {0, 31, 47, 48} and set(MEASURED) <= known
    assert set(DATA) == set(range(1, 7))


@pytest.mark.parametrize("vscp_type, units", [
    (1, ("", "", "")), (6, ("K", "\u00b0C", "\u00b0F", None)),
    (28, ("m\u00b3", "L", "mL", "dL", "cL", None)), (50, ("", ""))])
def test_a_unit_is_the_catalog_s_and_a_type_without_any_has_none(vscp_type, units):
    assert tuple(unit_of(vscp_type, number) for number in range(len(units))) == units


def test_each_unit_of_a_type_is_brought_into_one_or_is_no_measure_of_it():
    """Or stays, where the first that is heard decides."""
    none, firsts = set(), set()
    for number, form in MEASURED.items():
        for unit in load_catalog().find_type(FLOAT, number).units:
            if normalized(form, 1.0, unit) is None:
                none.add((number, unit))
            elif form.unit_of_first:
                assert normalized(form, 7.5, unit) == 7.5
                firsts.add(number)
    assert none == {(13, "eV")} and firsts == {45, 56, 57}


@pytest.mark.parametrize("vscp_type, value, unit, told", [
    (6, 300, "K", 26.85), (6, 7.0, "\u00b0C", 7.0), (13, 1500, "Wh", 1.5), (13, 1.0, "eV", None),
    (64, 7.0, "VAr", 7.0), (64, 7.0, "var", None), (1, 7.0, "", 7.0), (50, 80, "", 80),
    (6, 7.0, "Pa", None)])
def test_a_value_is_told_in_the_unit_of_its_sensor(vscp_type, value, unit, told):
    assert normalized(MEASURED[vscp_type], value, unit) == told


@pytest.mark.parametrize("vscp_type, state_class", [(13, "total"), (65, "total"),
                                                    (28, "measurement"), (1, "measurement")])
def test_only_energy_is_a_total(vscp_type, state_class):
    assert MEASURED[vscp_type].state_class == state_class
