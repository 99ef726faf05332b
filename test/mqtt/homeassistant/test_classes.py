"""What Home Assistant allows: the program's table says what the checker's does."""

import pytest

from hass import CLASSES, UNITS
from vscpws.mqtt.homeassistant.classes import BINARY_CLASSES, SENSOR_CLASSES, refusal
from vscpws.mqtt.homeassistant.kinds import BINARY, KINDS, kind_of
from vscpws.mqtt.homeassistant.measurements import MEASURED


def test_the_table_is_the_checker_s():
    for name, (units, states) in UNITS.items():
        found = SENSOR_CLASSES[name]
        assert {unit or "none" for unit in found.units} - {"fl. oz."} == set(units.split()), name
        assert found.states == states, name
    assert set(SENSOR_CLASSES) == set(UNITS)
    assert BINARY_CLASSES == CLASSES["binary_sensor"]


def test_every_kind_is_taken():
    kinds = [*KINDS.values(), *(kind_of("10_%d" % number) for number in MEASURED),
             *(kind_of("15_%d" % number) for number in range(1, 7))]
    for kind in kinds:
        if kind.platform == BINARY:
            assert kind.device_class in BINARY_CLASSES | {""}
        elif kind.platform == "sensor" and kind.device_class not in ("enum", "timestamp"):
            assert refusal(kind.device_class, kind.unit, kind.state_class) == ""


@pytest.mark.parametrize("device_class, unit, state_class", [
    ("temperature", "%", "measurement"), ("temperature", "\u00b0C", "total"),
    ("energy", "kWh", "measurement"), ("power_factor", "W", "measurement"),
    ("wind_direction", "\u00b0", "measurement"), ("nonsense", "", ""), ("", "", "nonsense"),
    ("", "m", "measurement_angle"), ("irradiance", "W/m2", "measurement"),
    ("reactive_power", "VAr", "measurement"), ("volume", "L", "measurement")])
def test_what_is_refused(device_class, unit, state_class):
    assert refusal(device_class, unit, state_class)


@pytest.mark.parametrize("device_class, unit, state_class, reason", [
    ("energy", "kWh", "measurement", "energy is no measurement"),
    ("humidity", "", "", "humidity is not in no unit"),
    ("humidity", "\u00b0C", "measurement", "humidity is not in \u00b0C"),
    ("nonsense", "", "measurement", "there is no device class 'nonsense' of sensors"),
    ("humidity", "%", "nonsense", "there is no state class 'nonsense'"),
    ("", "m", "measurement_angle", "measurement_angle needs \u00b0")])
def test_why_it_is_refused(device_class, unit, state_class, reason):
    assert refusal(device_class, unit, state_class) == reason


@pytest.mark.parametrize("device_class, unit, state_class", [
    ("temperature", "\u00b0C", ""), ("energy", "kWh", "total_increasing"),
    ("power_factor", "", "measurement"), ("wind_direction", "\u00b0", "measurement_angle"),
    ("", "\u00b0", "measurement_angle"), ("", "", ""), ("water", "L", "total_increasing"),
    ("carbon_dioxide", "ppm", "measurement")])
def test_what_is_taken(device_class, unit, state_class):
    assert refusal(device_class, unit, state_class) == ""
