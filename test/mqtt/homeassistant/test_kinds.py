"""Every row of the tables: which event becomes which entity, with which state."""

import json
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hass import NODE_ID, Stage, check_all
from strategies import EVENTS
from vscpws.mqtt.homeassistant.hearing import Heard, hear, place_of
from vscpws.mqtt.homeassistant.kinds import FIRST, KINDS, kind_of
from vscpws.mqtt.homeassistant.measurements import DATA, MEASURED
from vscpws.mqtt.homeassistant.node import entity_of


def integer(value, unit=0, index=0):
    """Data of class 10: a signed integer."""
    return bytes((0x60 | unit << 3 | index,)) + value.to_bytes(4, "big", signed=True)


def heard(vscp_class, vscp_type, data=b""):
    return hear(Stage(connect=False).event(vscp_class, vscp_type, data))


# Type, unit code, value sent -> value, device class, unit, state class.
M, T = "measurement", "total"
MEASUREMENTS = [
    (1, 0, 7, 7, None, None, M),
    (2, 0, 7, 7, "distance", "m", M), (3, 0, 7, 7, "weight", "kg", M),
    (4, 0, 7, 7, "duration", "s", M), (4, 1, 7000, 7, "duration", "s", M),
    (5, 0, 7, 7, "current", "A", M),
    (6, 0, 300, 26.85, "temperature", "\u00b0C", M), (6, 1, 21, 21, "temperature", "\u00b0C", M),
    (6, 2, 212, 100, "temperature", "\u00b0C", M),
    (7, 0, 7, 7, None, "mol", M), (8, 0, 7, 7, None, "cd", M), (9, 0, 50, 50, "frequency", "Hz", M),
    (10, 0, 7, 7, None, "Bq", M), (10, 1, 1, 37000000000, None, "Bq", M),
    (11, 0, 7, 7, None, "N", M),
    (12, 0, 101325, 1013.25, "pressure", "hPa", M), (12, 1, 1, 1000, "pressure", "hPa", M),
    (12, 2, 1, 68.9475729317, "pressure", "hPa", M),
    (13, 0, 3600000, 1, "energy", "kWh", T), (13, 1, 7, 7, "energy", "kWh", T),
    (13, 2, 1500, 1.5, "energy", "kWh", T),
    (14, 0, 7, 7, "power", "W", M), (14, 1, 1, 735.49875, "power", "W", M),
    (14, 2, 1, 745.699871582, "power", "W", M),
    (15, 0, 7, 7, None, "C", M), (16, 0, 230, 230, "voltage", "V", M),
    (17, 0, 7, 7, None, "F", M), (18, 0, 7, 7, None, "\u03a9", M), (19, 0, 7, 7, None, "S", M),
    (20, 0, 7, 7, None, "A/m", M), (20, 1, 1, 79.5774715459, None, "A/m", M),
    (21, 0, 7, 7, None, "Wb", M), (22, 0, 7, 7, None, "T", M), (22, 1, 1, 0.0001, None, "T", M),
    (23, 0, 7, 7, None, "H", M), (24, 0, 7, 7, None, "lm", M),
    (25, 0, 7, 7, "illuminance", "lx", M), (26, 0, 7, 7, None, "Gy", M),
    (27, 0, 7, 7, None, "kat", M),
    (28, 0, 1, 1000, "volume_storage", "L", M), (28, 1, 7, 7, "volume_storage", "L", M),
    (28, 2, 1500, 1.5, "volume_storage", "L", M), (28, 3, 15, 1.5, "volume_storage", "L", M),
    (29, 0, 7, 7, None, "W/m\u00b2", M),
    (30, 0, 1, 57.2957795131, None, "\u00b0", M), (30, 1, 7, 7, None, "\u00b0", M),
    (30, 2, 60, 1, None, "\u00b0", M), (30, 3, 3600, 1, None, "\u00b0", M),
    (32, 0, 7, 7, "speed", "m/s", M), (32, 1, 36, 10, "speed", "m/s", M),
    (32, 2, 1, 0.44704, "speed", "m/s", M),
    (33, 0, 7, 7, None, "m/s\u00b2", M), (34, 0, 7, 7, None, "N/m", M),
    (35, 0, 45, 45, "humidity", "%", M),
    (36, 0, 1, 60000, "volume_flow_rate", "L/min", M),
    (36, 1, 1, 60, "volume_flow_rate", "L/min", M),
    *((number, 0, 7, 7, None, unit, M) for number, unit in (
        (37, "K/W"), (38, "dpt"), (39, "Pa\u00b7s"), (40, "Pa\u00b7s/m"),
        (41, "Pa\u00b7s/m\u00b3"), (42, "1/F"), (43, "lm\u00b7s"), (44, "cd/m\u00b2"))),
    (45, 0, 7, 7, None, "mol/m\u00b3", M), (45, 1, 400, 400, None, "ppm", M),
    (45, 2, 7, 7, None, "%", M), (46, 0, 7, 7, None, "kg/m\u00b3", M),
    (49, 0, 300, 26.85, "temperature", "\u00b0C", M), (49, 1, 7, 7, "temperature", "\u00b0C", M),
    (50, 0, 80, 80, None, "%", M),
    (51, 0, 7, 7, "distance", "m", M), (51, 1, 10, 3.048, "distance", "m", M),
    (51, 2, 100, 2.54, "distance", "m", M),
    (52, 0, 7, 7, None, "m\u00b2", M), (52, 1, 7, 700, None, "m\u00b2", M),
    (52, 2, 1, 10000, None, "m\u00b2", M), (52, 3, 1, 1000000, None, "m\u00b2", M),
    (53, 0, 7, 7, None, "W/sr", M), (54, 0, 7, 7, None, "W/(sr\u00b7m\u00b2)", M),
    (55, 0, 7, 7, "irradiance", "W/m\u00b2", M),
    (56, 0, 7, 7, None, "W/(sr\u00b7m\u00b2\u00b7nm)", M),
    (57, 0, 7, 7, None, "W/(m\u00b2\u00b7nm)", M),
    (58, 0, 7, 7, None, "Pa", M), (59, 0, 7, 7, None, "Pa", M),
    (60, 0, 60, 60, "sound_pressure", "dB", M), (61, 0, 7, 7, None, "Sv", M),
    (62, 0, 7, 7, None, "C/kg", M), (62, 1, 1, 0.000258, None, "C/kg", M),
    (63, 0, 1, 1, "power_factor", None, M), (64, 0, 7, 7, "reactive_power", "var", M),
    (65, 0, 7, 7, None, "kvarh", T)]


def test_no_class_is_one_that_came_after_2024_11():
    """Home Assistant would refuse the sensor."""
    later = {"area", "glass_break", "reactive_energy", "wind_direction"}
    assert not later & {form.device_class for form in (*MEASURED.values(), *KINDS.values())}


@pytest.mark.parametrize("number, code, sent, value, device_class, unit, state_class",
                         MEASUREMENTS)
def test_a_measurement_is_a_sensor_in_the_unit_of_its_type(
        number, code, sent, value, device_class, unit, state_class):
    stage = Stage()
    stage.hear(10, number, integer(sent, code))
    stage.settled()
    component = stage.components()["10_%d_0" % number]
    assert component["platform"] == "sensor"
    assert component["unique_id"] == "vscp_%s_10_%d_0" % (NODE_ID, number)
    assert component.get("device_class") == device_class
    assert component.get("unit_of_measurement") == unit
    assert component.get("state_class") == state_class
    state = stage.broker.state("10_%d_0" % number)
    assert state["value"] == pytest.approx(value) and state.get("unit") == unit
    assert state["at"] == "2026-11-24T07:00:11Z"


def test_all_rows_of_the_table_are_in_the_test():
    assert {row[0] for row in MEASUREMENTS} == set(MEASURED)


@pytest.mark.parametrize("vscp_class, data, entity", [
    (10, integer(7, index=3), "10_25_3"), (522, bytes(16) + integer(7, index=3), "10_25_3"),
    (11, integer(7), "11_25_0"), (14, integer(7), "14_25_0"),
    (60, struct.pack(">d", 7), "60_25_0"), (64, struct.pack(">d", 7), "64_25_0"),
    (70, struct.pack(">f", 7), "70_25_0"), (74, struct.pack(">f", 7), "74_25_0"),
    (65, bytes((0, 2, 1)) + integer(7)[:1] + b"\7", "65_25_2-1"),
    (69, bytes((5, 2, 1)) + integer(7)[:1] + b"\7", "69_25_2-1-5"),
    (1040, b"\0\2\1\0" + b"7.0", "1040_25_2-1"),
    (1060, b"\0\2\1\0" + struct.pack(">d", 7), "1060_25_2-1"),
    (1060, b"\4\2\1\0" + struct.pack(">d", 7), "1060_25_2-1-4")])
def test_all_classes_of_measurements_share_the_types(vscp_class, data, entity):
    stage = Stage()
    stage.hear(vscp_class, 25, data)
    stage.settled()
    component = stage.components()[entity]
    assert (component["device_class"], component["unit_of_measurement"]) == ("illuminance", "lx")
    assert component["unique_id"] == "vscp_%s_%s" % (NODE_ID, entity)
    assert stage.broker.state(entity)["value"] == 7


@pytest.mark.parametrize("vscp_type, unit", [(1, None), (2, None), (3, None), (4, "%"), (5, None),
                                             (6, "%")])
def test_data_is_a_sensor_without_a_class(vscp_type, unit):
    stage = Stage()
    stage.hear(15, vscp_type, integer(7))
    stage.settled()
    component = stage.components()["15_%d_0" % vscp_type]
    assert component.get("unit_of_measurement") == unit and "device_class" not in component
    assert component["state_class"] == "measurement"


@pytest.mark.parametrize("vscp_class, vscp_type, data, reason", [
    (1040, 6, b"\0\1\1\1warm", "text"), (10, 6, b"\x40abc", "text"),
    (10, 6, b"", "short"), (10, 6, b"\x88", "short"), (65, 6, b"\0\1", "short"),
    (60, 6, b"\0\0", "short"), (60, 6, struct.pack(">d", float("nan")), "short"),
    (10, 4, integer(7, 2), "unit"), (10, 13, integer(7, 3), "unit"), (10, 6, integer(7, 3), "unit"),
    (20, 40, b"", "short"), (20, 42, b"\1\1\1", "short"), (20, 51, b"\1\1\1", "short"),
    (90, 52, b"\1\1\1", "short"), (20, 1, b"\3\1\1", "short"), (20, 1, b"", "short")])
def test_what_can_t_be_told_is_counted_and_no_state(vscp_class, vscp_type, data, reason):
    stage = Stage()
    stage.hear(vscp_class, vscp_type, data)
    assert stage.speaker.status()["complaints"] == {reason: 1}
    assert stage.speaker.status()["entities"] == 0


def test_the_unit_of_a_sensor_stays_though_the_node_s_changes():
    stage = Stage()
    stage.hear(10, 6, integer(300, 0))
    stage.hear(10, 6, integer(25, 1))
    stage.hear(10, 6, integer(77, 2))
    values = [json.loads(payload.decode()) for payload in stage.broker.sent(
        "vscpwsd/house/state/%s/10_6_0" % NODE_ID)]
    assert [(each["value"], each["unit"]) for each in values] == [
        (26.85, "\u00b0C"), (25, "\u00b0C"), (25, "\u00b0C")]


def test_where_units_don_t_measure_the_same_the_first_one_stays():
    stage = Stage()
    stage.hear(10, 45, integer(400, 1))
    stage.hear(10, 45, integer(1, 2))
    assert stage.broker.state("10_45_0")["value"] == 10000
    stage.hear(10, 45, integer(5, 0))               # mol/m3
    assert stage.broker.state("10_45_0")["value"] == 10000
    assert stage.speaker.status()["complaints"] == {"unit": 1}
    again = Stage(broker=stage.broker, memo=stage.speaker.memo())
    again.hear(10, 45, integer(5, 0))
    again.hear(10, 45, integer(6, 1))
    assert again.broker.state("10_45_0")["value"] == 6


# Type and data of on, and of off; the entity, its device class, whether it is diagnostic.
ZONE = "000201"
PAIRS = [
    (20, 3, 4, "on", None, False), (20, 7, 8, "open", "opening", False),
    (20, 32, 33, "active", "running", False), (20, 34, 35, "busy", "running", True),
    (20, 76, 75, "lock", "lock", False), (20, 81, 82, "connection", "connectivity", True),
    (20, 84, 85, "presence", "presence", False), (1, 2, 13, "alarm", "problem", False),
    (2, 35, 36, "motion", "moving", False)]


@pytest.mark.parametrize("vscp_class, on, off, stem, device_class, diagnostic", PAIRS)
@pytest.mark.parametrize("over", [False, True])
def test_a_pair_is_one_binary_sensor(vscp_class, on, off, stem, device_class, diagnostic, over):
    stage = Stage()
    shift, front = (512, "00" * 16) if over else (0, "")
    stage.hear(vscp_class + shift, on, front + ZONE)
    assert stage.broker.state(stem + "_2-1")["value"] == "ON"
    stage.hear(vscp_class + shift, off, front + ZONE)
    assert stage.broker.state(stem + "_2-1")["value"] == "OFF"
    stage.settled()
    component, = stage.components().values()
    assert component["platform"] == "binary_sensor"
    assert component["unique_id"] == "vscp_%s_%s_2-1" % (NODE_ID, stem)
    assert component.get("device_class") == device_class
    assert (component.get("enabled_by_default") is False) == diagnostic
    assert (component.get("entity_category") == "diagnostic") == diagnostic
    assert "off_delay" not in component


@pytest.mark.parametrize("vscp_class, types, options", [
    (20, (10, 11), ["below", "above"]), (1, (10, 11), ["armed", "disarmed"])])
def test_a_pair_of_words_is_an_enum(vscp_class, types, options):
    stage = Stage()
    for vscp_type, value in zip(types, options):
        stage.hear(vscp_class, vscp_type, ZONE)
        (entity,) = [topic for topic in stage.broker.retained if topic.endswith("_2-1")]
        assert json.loads(stage.broker.retained[entity].decode())["value"] == value
    stage.settled()
    component, = stage.components().values()
    assert component["device_class"] == "enum" and component["options"] == options


@pytest.mark.parametrize("vscp_class, vscp_type, data, entity", [
    (20, 3, "", "on_0"), (20, 3, "05", "on_5"), (20, 4, "05", "on_5"), (20, 3, "0502", "on_5"),
    (20, 3, "050201", "on_2-1"), (20, 7, "05", "open_0"), (20, 49, "05", "20_49_5"),
    (2, 6, "05", "2_6_0")])
def test_byte_0_is_the_place_only_where_it_is_an_index(vscp_class, vscp_type, data, entity):
    found = heard(vscp_class, vscp_type, data)
    assert found.entity == entity


@pytest.mark.parametrize("vscp_class, vscp_type", [(20, 3), (20, 40), (20, 1), (2, 1), (2, 6),
                                                   (20, 48), (508, 1)])
@pytest.mark.parametrize("place", ["00FFFF", "0001FF", "00FF01"])
def test_all_zones_are_no_entity(vscp_class, vscp_type, place):
    assert heard(vscp_class, vscp_type, place + "01") == "all-zones"


@pytest.mark.parametrize("vscp_class, vscp_type, data, entity, value, unit", [
    (20, 40, "320201", "20_40_2-1", 50, "%"), (20, 40, "32", "20_40_0", 50, "%"),
    (20, 40, "C80201", "20_40_2-1", 200, None),
    (20, 51, "000201FFFFFFFFFE", "20_51_2-1", -2, None), (20, 51, "00020105", "20_51_2-1", 5, None),
    (20, 51, "03020105", "20_51_2-1-3", 5, None),
    (20, 42, "0002010304", "20_42_2-1", 4, None), (20, 48, "00020107", "20_48_2-1", 7, None),
    (90, 52, "00020107", "90_52_2-1", 7, "UV index")])
def test_levels_states_and_presets_are_sensors(vscp_class, vscp_type, data, entity, value, unit):
    stage = Stage()
    stage.hear(vscp_class, vscp_type, data)
    stage.settled()
    state, component = stage.broker.state(entity), stage.components()[entity]
    assert (state["value"], state.get("unit")) == (value, unit)
    assert component.get("unit_of_measurement") == unit and "device_class" not in component
    assert component.get("state_class") == ("measurement" if vscp_class == 90 else None)
    diagnostic = (vscp_class, vscp_type) in ((20, 42), (20, 48))
    assert (component.get("enabled_by_default") is False) == diagnostic


def test_a_level_that_was_over_100_is_no_percentage_any_more():
    stage = Stage()
    stage.hear(20, 40, "320201")
    stage.settled()
    assert stage.components()["20_40_2-1"]["unit_of_measurement"] == "%"
    stage.hear(20, 40, "FE0201")
    stage.hear(20, 40, "320201")
    assert stage.broker.state("20_40_2-1") == {"value": 50, "at": "2026-11-24T07:00:41Z"}
    stage.wait(6)
    assert "unit_of_measurement" not in stage.components()["20_40_2-1"]


@pytest.mark.parametrize("vscp_type, device_class", [(3, "sound"), (4, "light"), (5, "power")])
def test_alarm_sound_light_and_power_are_on_as_byte_0_says(vscp_type, device_class):
    stage = Stage()
    entity = "1_%d_2-1" % vscp_type
    for data, value in (("010201", "ON"), ("000201", "OFF"), ("FF0201", "ON")):
        stage.hear(1, vscp_type, data)
        assert stage.broker.state(entity)["value"] == value
    stage.settled()
    assert stage.components()[entity]["device_class"] == device_class


@pytest.mark.parametrize("vscp_class, vscp_type, data, entity, device_class, event_type", [
    (20, 88, ZONE, "20_88_2-1", "motion", "proximity"),
    (20, 49, ZONE, "20_49_2-1", "motion", "detect"),
    (20, 1, "010201", "button_2-1", "button", "press"),
    (20, 1, "000201", "button_2-1", "button", "release"),
    (20, 1, "0A0201", "button_2-1", "button", "press"),
    (20, 69, ZONE, "button_2-1", "button", "long"),
    (20, 70, ZONE, "button_2-1", "button", "single"),
    (20, 71, ZONE, "button_2-1", "button", "double"),
    (20, 13, ZONE, "20_13_2-1", None, "error"), (20, 41, ZONE, "20_41_2-1", None, "warning"),
    (508, 7, ZONE, "508_7_2-1", None, "error"), (506, 7, ZONE, "506_7_2-1", None, "diagnostic"),
    (2, 3, ZONE, "2_3_2-1", None, "beam_break"), (2, 5, ZONE, "2_5_2-1", None, "shock"),
    (2, 8, ZONE, "2_8_2-1", None, "panic"), (2, 15, ZONE, "2_15_2-1", None, "weight")])
def test_a_moment_is_an_event_and_is_never_retained(vscp_class, vscp_type, data, entity,
                                                     device_class, event_type):
    stage = Stage()
    stage.hear(vscp_class, vscp_type, data)
    topic = "vscpwsd/house/state/%s/%s" % (NODE_ID, entity)
    (_, payload, retain, _), = [each for each in stage.broker.messages if each[0] == topic]
    assert not retain and json.loads(payload.decode()) == {
        "event_type": event_type, "at": "2026-11-24T07:00:11Z"}
    stage.settled()
    component, = stage.components().values()
    assert component["platform"] == "event" and component.get("device_class") == device_class
    assert event_type in component["event_types"]
    diagnostic = vscp_class in (506, 508) or (vscp_class, vscp_type) in ((20, 13), (20, 41))
    assert (component.get("enabled_by_default") is False) == diagnostic
    assert topic not in stage.broker.retained


def test_a_button_s_code_comes_with_its_event():
    stage = Stage()
    stage.hear(20, 1, "01020100050000")
    payload, = stage.broker.sent("vscpwsd/house/state/%s/button_2-1" % NODE_ID)
    assert json.loads(payload.decode())["code"] == 5


PULSES = [
    (2, "sound", 300), (6, "smoke", 300), (7, "heat", 300), (11, "carbon_monoxide", 300),
    (16, "moisture", 300), (34, "gas", 300), (37, "vibration", 300), (4, "tamper", 300),
    (20, "tamper", 300), (12, "cold", 300), (13, "heat", 300), (14, "safety", 300),
    (17, "moisture", 300), (18, "sound", 300), (19, "sound", 300), (1, "motion", 60),
    (9, "door", 60), (10, "window", 60)]


@pytest.mark.parametrize("vscp_type, device_class, off_delay", PULSES)
def test_a_security_event_is_on_for_its_time(vscp_type, device_class, off_delay):
    stage, entity = Stage(), "2_%d_2-1" % vscp_type
    stage.hear(2, vscp_type, ZONE)
    assert stage.broker.state(entity)["value"] == "ON"
    stage.settled()
    component = stage.components()[entity]
    assert component["platform"] == "binary_sensor"
    assert (component["device_class"], component["off_delay"]) == (device_class, off_delay)
    stage.wait(off_delay - 31)
    assert stage.broker.state(entity)["value"] == "ON"
    stage.wait(2)
    assert stage.broker.state(entity)["value"] == "OFF"


def test_another_event_begins_the_time_anew():
    stage = Stage()
    stage.hear(2, 6, ZONE)
    stage.wait(200)
    stage.hear(2, 6, ZONE)
    stage.wait(200)
    assert stage.broker.state("2_6_2-1")["value"] == "ON"
    stage.wait(101)
    assert stage.broker.state("2_6_2-1")["value"] == "OFF"


def test_motion_that_tells_its_end_has_no_delay():
    stage = Stage()
    stage.hear(2, 1, ZONE)
    stage.settled()
    assert stage.components()["2_1_2-1"]["off_delay"] == 60
    stage.hear(2, 1, ZONE + "01")
    stage.wait(200)
    assert stage.broker.state("2_1_2-1")["value"] == "ON"
    assert "off_delay" not in stage.components()["2_1_2-1"]
    stage.hear(2, 1, ZONE + "02")
    assert stage.broker.state("2_1_2-1")["value"] == "OFF"


@pytest.mark.parametrize("vscp_type", [9, 10])
def test_closed_ends_a_contact_of_its_zone(vscp_type):
    stage, entity = Stage(), "2_%d_2-1" % vscp_type
    stage.hear(2, vscp_type, ZONE)
    stage.hear(20, 8, "000202")
    assert stage.broker.state(entity)["value"] == "ON"
    stage.hear(20, 8, ZONE)
    assert stage.broker.state(entity)["value"] == "OFF"
    stage.hear(2, vscp_type, ZONE)
    stage.wait(100)
    assert stage.broker.state(entity)["value"] == "ON"
    assert "off_delay" not in stage.components()[entity]


@pytest.mark.parametrize("vscp_type", [5, 9])
def test_a_heartbeat_is_a_time_that_nobody_sees_until_he_wants_to(vscp_type):
    stage = Stage()
    stage.hear(20, vscp_type, "000000")
    stage.settled()
    component = stage.components()["heartbeat_0"]
    assert component["device_class"] == "timestamp" and component["enabled_by_default"] is False
    assert stage.broker.state("heartbeat_0")["value"] == "2026-11-24T07:00:11Z"


@pytest.mark.parametrize("vscp_class, vscp_type", [
    (30, 5), (30, 20), (0, 1), (512, 1), (542, 5), (40, 1), (50, 1), (100, 1), (102, 1), (110, 1),
    (85, 6), (89, 6), (597, 6), (10, 0), (10, 31), (10, 47), (10, 48), (10, 200), (15, 0), (15, 7),
    (1060, 6 + 256), (20, 12), (20, 59), (20, 63), (20, 2), (20, 36), (20, 72), (2, 21), (1, 6),
    (90, 1), (95, 52), (1028, 1), (9999, 1), (506, 256), (508, 300)])
def test_what_nobody_mapped_is_no_entity(vscp_class, vscp_type):
    stage = Stage()
    stage.hear(vscp_class, vscp_type, "0001010203040506")
    stage.settled()
    assert stage.speaker.status()["entities"] == 0
    assert list(stage.broker.devices()) == ["homeassistant/device/vscpwsd_house/config"]


def test_a_synthetic_node_with_every_kind_is_taken_whole():
    stage = Stage()
    for number, code, sent, *_ in MEASUREMENTS:
        stage.hear(10, number, integer(sent, code))
    stage.settled()
    node = bytes(15) + b"\1"
    for vscp_class, on, *_ in PAIRS:
        stage.hear(vscp_class, on, ZONE, node)
    for vscp_type, *_ in PULSES:
        stage.hear(2, vscp_type, ZONE, node)
    for vscp_class, vscp_type in [(20, 10), (1, 10), (20, 88), (20, 49), (20, 1), (20, 69),
                                  (20, 13), (20, 41), (508, 1), (506, 2), (2, 3), (2, 5), (2, 8),
                                  (2, 15), (20, 9), (1, 3), (1, 4), (1, 5), (20, 40), (20, 42),
                                  (20, 48), (20, 51), (90, 52)]:
        stage.hear(vscp_class, vscp_type, "0102010304050607", node)
    stage.settled()
    messages = check_all(stage.broker.devices())
    found = {key.rpartition("_")[0] for message in messages.values()
             for key in message["components"]}
    assert set(KINDS) <= found and {"10_%d" % number for number in MEASURED} <= found


@given(EVENTS)
def test_any_event_is_heard_or_not_and_never_breaks(event):
    found = hear(event)
    if isinstance(found, Heard):
        assert entity_of(found.entity) is not None
        assert isinstance(found.value, (int, float, str))
        json.dumps(found.value, allow_nan=False)


@given(st.sampled_from([10, 15, 60, 65, 70, 1040, 1060, 1, 2, 20, 90, 506, 508]),
       st.integers(0, 255), st.binary(max_size=64))
def test_any_data_of_the_classes_that_are_mapped(vscp_class, vscp_type, data):
    found = heard(vscp_class, vscp_type, data)
    if isinstance(found, Heard):
        entity = entity_of(found.entity)
        assert entity is not None and entity.id == found.entity
        if entity.kind.options:
            assert found.value in entity.kind.options


@given(st.text("0123456789-_ab\u00b2", max_size=12))
def test_a_place_is_read_as_it_is_written_or_not_at_all(text):
    found = place_of(text)
    if found is not None:
        index, zone, subzone = found
        parts = [index] if zone is None else [zone, subzone] + [index] * (index is not None)
        assert "-".join(map(str, parts)) == text


@given(st.one_of(st.text("0123456789_\u00b2\u0662", max_size=8),
                 st.builds("{}_{}".format, st.integers(0, 1100), st.integers(0, 300))))
@example("\u00b2_1")
@example("10_\u00b2")
@example("10_06")
@example("15_\u0662")
def test_a_stem_is_a_kind_only_as_it_is_written(stem):
    kind = kind_of(stem)
    if kind is not None and stem not in KINDS:
        assert "%d_%d" % tuple(map(int, stem.split("_"))) == stem


@pytest.mark.parametrize("vscp_class", [*range(0, 110), 505, 506, 507, 508, 509, 1023, 1024, 1039,
                                        1040, 1041, 1059, 1060, 1061])
def test_the_classes_with_the_types_of_measurements_and_troubles(vscp_class):
    measuring = {*range(10, 15), *range(60, 75), 1040, 1060}
    types = set(MEASURED) if vscp_class in measuring else set(DATA) if vscp_class == 15 else set(
        range(256)) if vscp_class in (506, 508) else set()
    found = {number: kind_of("%d_%d" % (vscp_class, number)) for number in range(260)}
    assert {number for number, kind in found.items()
            if kind is not None and "%d_%d" % (vscp_class, number) not in KINDS} == types
    if types == set(MEASURED):
        for number, form in MEASURED.items():
            kind = found[number]
            assert (kind.platform, kind.name, kind.device_class, kind.unit, kind.state_class) == (
                "sensor", *form[:4])
            assert (kind.unit_rule == FIRST) == form.unit_of_first
