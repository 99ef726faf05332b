"""Things that obey: commands become events, and answers become states."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hass import BRIGHTNESS, CAN0, NODE, NODE_ID, REFUSED, VALUE, Stage
from vscpws.model.event import Event
from vscpws.mqtt.homeassistant.measurements import MEASURED
from vscpws.mqtt.homeassistant.things import (
    WrongCommand,
    command_event,
    is_stop,
    known_things,
    said_of,
)
from vscpws.mqtt.homeassistant.things import component as discovered
from vscpws.mqtt.homeassistant.topics import Topics
from vscpws.reading.measurement import Measured, decode
from vscpws.reading.names import parse_names

ZONE = {"zone": 2, "subzone": 1}
HOUSE = {"things": [
    dict(ZONE, name="Socket", kind="switch"), dict(ZONE, name="Lamp", kind="light", index=3),
    dict(ZONE, name="Spot", kind="dimmer"), dict(ZONE, name="Blind", kind="cover"),
    dict(ZONE, name="Door", kind="lock"), dict(ZONE, name="Evening", kind="scene", index=7),
    dict(ZONE, name="Warmth", kind="setpoint", type="temperature")]}


@pytest.fixture
def stage():
    return Stage(HOUSE)


def command(stage, thing, payload, what="command", retained=False):
    stage.speaker.message("vscpwsd/house/set/%s/%s" % (thing, what),
                          payload.encode() if isinstance(payload, str) else payload, retained)


def component(stage, device):
    component, = stage.components("vscpwsd_house_" + device).values()
    return component


# Thing, command -> class, type, data.
COMMANDS = [
    ("socket", "command", "ON", 30, 5, "000201"), ("socket", "command", "OFF", 30, 6, "000201"),
    ("lamp", "command", "ON", 30, 5, "030201"), ("lamp", "command", "off", 30, 6, "030201"),
    ("spot", "command", "ON", 30, 5, "000201"), ("spot", "command", "OFF", 30, 6, "000201"),
    ("spot", "brightness", "0", 30, 20, "000201"), ("spot", "brightness", "100", 30, 20, "640201"),
    ("spot", "brightness", "50.0", 30, 20, "320201"),
    ("blind", "command", "OPEN", 30, 34, "000201"), ("blind", "command", "CLOSE", 30, 35, "000201"),
    ("blind", "command", "STOP", 30, 8, "000201"),
    ("door", "command", "LOCK", 30, 42, "000201"), ("door", "command", "UNLOCK", 30, 43, "000201"),
    ("evening", "command", "ON", 30, 28, "070201"),
    ("warmth", "command", "21.5", 85, 6, "0002018881" + "00D7")]


@pytest.mark.parametrize("thing, what, payload, vscp_class, vscp_type, data", COMMANDS)
def test_a_command_becomes_an_event_for_its_place(stage, thing, what, payload, vscp_class,
                                                  vscp_type, data):
    before = dict(stage.broker.retained)
    command(stage, thing, payload, what)
    assert stage.broker.submitted == [(vscp_class, vscp_type, bytes.fromhex(data))]
    assert stage.broker.retained == before          # the state waits for the answer
    assert stage.speaker.counters["commands"] == 1


# Thing's id, type and data of the answer -> state.
ANSWERS = [
    ("switch_2-1_0", 20, 3, "000201", {"value": "ON"}),
    ("switch_2-1_0", 20, 4, "000201", {"value": "OFF"}),
    ("light_2-1_3", 20, 3, "050201", {"value": "ON"}),
    ("light_2-1_0", 20, 3, "000201", {"value": "ON"}),
    ("light_2-1_0", 20, 40, "320201", {"value": "ON", "brightness": 50}),
    ("light_2-1_0", 20, 40, "000201", {"value": "OFF", "brightness": 0}),
    ("cover_2-1_0", 20, 59, "000201", {"value": "opening"}),
    ("cover_2-1_0", 20, 60, "000201", {"value": "closing"}),
    ("cover_2-1_0", 20, 63, "000201", {"value": "open"}),
    ("cover_2-1_0", 20, 64, "000201", {"value": "closed"}),
    ("cover_2-1_0", 20, 66, "000201", {"value": "stopped"}),
    ("lock_2-1_0", 20, 75, "000201", {"value": "LOCKED"}),
    ("lock_2-1_0", 20, 76, "000201", {"value": "UNLOCKED"}),
    ("scene_2-1_7", 20, 48, "00020107", {"value": "ON"}),
    ("scene_2-1_7", 20, 48, "00020108", {"value": "OFF"}),
    ("number_2-1_0_6", 65, 6, "0002016815", {"value": 21, "unit": "\u00b0C"}),
    ("number_2-1_0_6", 65, 6, "000201600129", {"value": 23.85, "unit": "\u00b0C"})]


@pytest.mark.parametrize("over", [0, 512])
@pytest.mark.parametrize("key, vscp_class, vscp_type, data, state", ANSWERS)
def test_an_answer_becomes_the_state(stage, key, vscp_class, vscp_type, data, state, over):
    stage.hear(vscp_class + over, vscp_type, ("00" * 16 if over else "") + data)
    told = stage.broker.state(key, "things")
    assert told.pop("at") == "2026-11-24T07:00:11Z" and told == state


@pytest.mark.parametrize("vscp_class, vscp_type, data", [
    (20, 3, "000202"), (20, 3, "000101"), (20, 3, "00FFFF"), (20, 3, ""), (20, 3, "0002"),
    (30, 5, "000201"), (65, 7, "0002016815"), (85, 6, "0002016815"), (65, 6, "000201"),
    (20, 48, "000201"), (20, 88, "000201")])
def test_what_is_no_answer_changes_nothing(stage, vscp_class, vscp_type, data):
    stage.hear(vscp_class, vscp_type, data)
    assert not [topic for topic in stage.broker.retained if "/things/" in topic]


def test_a_lamp_that_goes_on_keeps_the_brightness_it_told(stage):
    stage.hear(20, 40, "320201")
    stage.hear(20, 3, "000201")
    assert stage.broker.state("light_2-1_0", "things")["brightness"] == 50
    stage.hear(20, 4, "000201")
    assert "brightness" not in stage.broker.state("light_2-1_0", "things")


def test_the_level_of_a_lamp_that_is_off_is_none_of_one_that_is_on(stage):
    stage.hear(20, 40, "000201")
    assert stage.broker.state("light_2-1_0", "things")["brightness"] == 0
    stage.hear(20, 3, "000201")
    told = stage.broker.state("light_2-1_0", "things")
    assert told["value"] == "ON" and "brightness" not in told


def blind(stage):
    return stage.broker.state("cover_2-1_0", "things")["value"]


def test_a_blind_on_its_way_has_stopped_with_its_first_level_after_a_stop(stage):
    stage.hear(20, 60, "000201")
    stage.hear(20, 40, "500201")
    assert blind(stage) == "closing"
    stage.hear(30, 8, "000202", CAN0)       # the neighbour's
    stage.hear(20, 40, "4B0201")
    assert blind(stage) == "closing"
    stage.hear(30, 8, "000201", CAN0)
    assert blind(stage) == "closing"        # until it answers
    stage.hear(20, 40, "460201")
    assert blind(stage) == "stopped"


@pytest.mark.parametrize("answer, state", [(59, "opening"), (63, "open"), (65, "stopped")])
def test_a_blind_that_was_told_to_stop_and_says_more_is_not_waited_for(stage, answer, state):
    stage.hear(20, 60, "000201")
    stage.hear(30, 8, "000201", CAN0)
    stage.hear(20, answer, "000201")
    stage.hear(20, 40, "460201")
    assert blind(stage) == state


@pytest.mark.parametrize("vscp_type, data, value", [
    (35, "000201800064", 100), (35, "000201800065", None), (35, "0002018000ff", None),
    (9, "00020180030d3ea0", 868000000), (9, "00020180060f4240", 10 ** 12),
    (9, "00020180061e8480", None)])
def test_a_value_that_nobody_could_set_is_no_state(vscp_type, data, value):
    stage = Stage({"things": [dict(ZONE, name="Set", kind="setpoint", type=vscp_type)]})
    stage.settled()
    found = component(stage, "number_2-1_0_%d" % vscp_type)
    stage.hear(65, vscp_type, data)
    told = stage.broker.state("number_2-1_0_%d" % vscp_type, "things")
    assert (told and told["value"]) == value
    assert value is None or found["min"] <= value <= found["max"]


def test_where_a_node_is_named_only_its_answer_counts():
    stage = Stage({"things": [dict(ZONE, name="Lamp", kind="light",
                                   node="FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:09")]})
    stage.hear(20, 3, "000201", CAN0[:15] + b"\5")
    assert stage.broker.state("light_2-1_0", "things") is None
    stage.hear(20, 3, "000201", NODE)
    assert stage.broker.state("light_2-1_0", "things")["value"] == "ON"
    stage.settled()
    message = stage.messages()["homeassistant/device/vscpwsd_house_light_2-1_0/config"]
    assert message["device"]["via_device"] == "vscp_" + NODE_ID
    assert message["device"]["serial_number"] == "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:09"
    assert [each["topic"] for each in message["availability"]] == [
        "vscpwsd/house/status", "vscpwsd/house/state/%s/status" % NODE_ID]


@pytest.mark.parametrize("place", [(255, 255), (2, 255), (255, 1)])
def test_all_zones_may_be_commanded_and_have_no_state(place):
    zone, subzone = place
    stage = Stage({"things": [{"name": "All", "kind": "dimmer", "zone": zone,
                               "subzone": subzone}]})
    command(stage, "all", "OFF")
    assert stage.broker.submitted == [(30, 6, bytes((0, zone, subzone)))]
    stage.hear(20, 3, bytes((0, zone, subzone)))
    stage.settled()
    found = component(stage, "light_%d-%d_0" % place)
    assert not [key for key in found if "state" in key]
    assert not [topic for topic in stage.broker.retained if "/things/" in topic]


def test_a_thing_whose_node_is_not_known_yet_is_reached_by_the_daemon():
    stage = Stage({"things": [dict(ZONE, name="Lamp", kind="light",
                                   node="FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:09")]})
    stage.settled()
    topic = "homeassistant/device/vscpwsd_house_light_2-1_0/config"
    assert stage.messages()[topic]["device"]["via_device"] == "vscpwsd_house"
    stage.hear(20, 3, "000201", NODE)
    stage.settled()
    assert stage.messages()[topic]["device"]["via_device"] == "vscp_" + NODE_ID
    told = [topic for topic, *_ in stage.broker.messages if topic.endswith("/config")]
    assert told == ["homeassistant/device/vscpwsd_house/config", topic,
                    "homeassistant/device/vscp_%s/config" % NODE_ID, topic]


# ---- discovery -----------------------------------------------------------------------------------


@pytest.mark.parametrize("device, platform, more", [
    ("switch_2-1_0", "switch", {"value_template": VALUE, "optimistic": False}),
    ("light_2-1_3", "light", {"state_value_template": VALUE, "optimistic": False}),
    ("light_2-1_0", "light", {
        "brightness_scale": 100, "on_command_type": "brightness", "optimistic": False,
        "brightness_command_topic": "vscpwsd/house/set/spot/brightness",
        "brightness_state_topic": "vscpwsd/house/state/things/light_2-1_0",
        "brightness_value_template": BRIGHTNESS}),
    ("cover_2-1_0", "cover", {"device_class": "shutter", "optimistic": False}),
    ("lock_2-1_0", "lock", {"optimistic": False}), ("scene_2-1_7", "scene", {"payload_on": "ON"}),
    ("number_2-1_0_6", "number", {"unit_of_measurement": "\u00b0C", "mode": "box",
                                  "device_class": "temperature", "optimistic": False})])
def test_each_kind_is_an_entity_that_is_never_optimistic(stage, device, platform, more):
    stage.settled()
    found = component(stage, device)
    assert found["platform"] == platform
    assert found["unique_id"] == "vscpwsd_house_" + device and found["name"] is None
    assert found["command_topic"].endswith("/command")
    assert {key: found.get(key) for key in more} == more
    if platform != "scene":
        assert found["state_topic"] == "vscpwsd/house/state/things/" + device


def test_a_thing_s_area_and_name_are_its_device_s():
    stage = Stage({"things": [dict(ZONE, name="K\u00fcche, oben", kind="light", area="Upstairs")]})
    stage.settled()
    message = stage.messages()["homeassistant/device/vscpwsd_house_light_2-1_0/config"]
    assert message["device"]["name"] == "K\u00fcche, oben"
    assert message["device"]["suggested_area"] == "Upstairs"
    assert message["device"]["via_device"] == "vscpwsd_house"
    assert component(stage, "light_2-1_0")["command_topic"] == (
        "vscpwsd/house/set/kuche_oben/command")


def test_a_thing_that_is_called_otherwise_keeps_its_ids(stage):
    stage.settled()
    before = component(stage, "switch_2-1_0")
    stage.names({"things": [dict(ZONE, name="Coffee", kind="switch")]})
    stage.wait(8)
    after = component(stage, "switch_2-1_0")
    assert after["command_topic"] == "vscpwsd/house/set/coffee/command"
    for key in ("unique_id", "default_entity_id", "state_topic"):
        assert after[key] == before[key]
    assert len(stage.messages()) == 2               # the others were cleared


def test_a_thing_that_was_removed_is_cleared_by_a_reload_or_the_next_start(stage):
    stage.hear(20, 3, "000201")
    stage.settled()
    stage.speaker.stop()
    again = Stage({"things": HOUSE["things"][:1]}, broker=stage.broker, memo=stage.memo)
    again.hear(20, 3, "000201")
    again.settled()
    assert {topic.split("/")[2] for topic in again.messages()} == {
        "vscpwsd_house", "vscpwsd_house_switch_2-1_0", "vscp_" + NODE_ID}
    again.names({})
    again.wait(8)
    assert not [topic for topic in again.broker.retained
                if "/things/" in topic or "switch" in topic]


@pytest.mark.parametrize("told, entity_id", [(True, "switch.socket"), (False, "switch.coffee")])
def test_a_thing_keeps_over_a_restart_what_it_was_first_told_to_be_called(told, entity_id):
    stage = Stage({"things": [dict(ZONE, name="Socket", kind="switch")]})
    stage.wait(12 if told else 1)
    stage.speaker.stop()
    again = Stage({"things": [dict(ZONE, name="Coffee", kind="switch")]}, stage.broker,
                  stage.memo)
    again.settled()
    assert component(again, "switch_2-1_0")["default_entity_id"] == entity_id


def test_a_thing_that_was_removed_is_heard_no_more(stage):
    stage.names({})
    stage.hear(20, 3, "000201")
    stage.wait(2)
    assert not [topic for topic in stage.broker.retained if "/things/" in topic]


def test_of_a_thing_that_was_removed_and_comes_back_nothing_is_left(stage):
    stage.hear(20, 40, "320201")
    stage.hear(30, 8, "000201", CAN0)
    stage.settled()
    stage.names({})
    stage.wait(8)
    stage.names({"things": [dict(each, name="My " + each["name"]) for each in HOUSE["things"]]})
    stage.wait(8)
    assert component(stage, "switch_2-1_0")["default_entity_id"] == "switch.my_socket"
    stage.hear(20, 3, "000201")
    assert "brightness" not in stage.broker.state("light_2-1_0", "things")
    stage.hear(20, 60, "000201")
    stage.hear(20, 40, "460201")
    assert blind(stage) == "closing"


def test_a_blind_that_was_told_to_stop_comes_back_without_that(stage):
    stage.hear(30, 8, "000201", CAN0)
    stage.names({})
    stage.names(HOUSE)
    stage.hear(20, 40, "460201")
    assert stage.broker.state("cover_2-1_0", "things") is None


def test_two_things_with_a_name_have_topics_of_their_own():
    known, against = known_things(parse_names({"things": [
        dict(ZONE, name="Lamp", kind="light"), dict(ZONE, name="Lamp", kind="switch"),
        {"name": "Lamp", "kind": "light", "zone": 3, "subzone": 1}]}, {})[0].things)
    assert not against
    assert [each.topic for each in known] == ["lamp", "lamp_switch_2-1_0", "lamp_light_3-1_0"]


@pytest.mark.parametrize("things, reason", [
    ([dict(ZONE, name="A", kind="light"), dict(ZONE, name="B", kind="dimmer")],
     "B is the same as A"),
    ([dict(ZONE, name="A", kind="setpoint", type=31)], "has no value to set")])
def test_what_is_no_thing_of_its_own_is_left_out_and_said(things, reason, caplog):
    stage = Stage({"things": things})
    assert reason in caplog.text
    assert stage.speaker.status()["things"] == len(things) - 1


def test_without_a_user_for_commands_things_are_left_out_and_it_is_said(caplog):
    stage = Stage(HOUSE, obeys=False)
    assert "accept-as" in caplog.text
    stage.settled()
    assert list(stage.broker.devices()) == ["homeassistant/device/vscpwsd_house/config"]


# ---- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize("thing, payload, what", [
    ("socket", "TOGGLE", "command"), ("socket", "ON", "brightness"), ("socket", "1", "command"),
    ("spot", "254", "brightness"), ("spot", "-1", "brightness"), ("spot", "nan", "brightness"),
    ("spot", "1e2", "brightness"), ("spot", b"\xff\xfe", "brightness"), ("blind", "50", "position"),
    ("warmth", "warm", "command"), ("warmth", "inf", "command"), ("warmth", "9" * 40, "command"),
    ("warmth", "\u0662\u0661", "command"), ("lamp", b"\0" * 60000, "command"),
    ("lamp", '{"state": "ON"}', "command"), ("evening", "OFF", "command")])
def test_a_wrong_command_is_counted_and_said_once_a_minute(stage, caplog, thing, payload, what):
    for _ in range(50):
        command(stage, thing, payload, what)
    assert stage.broker.submitted == []
    assert stage.speaker.status()["complaints"] == {"wrong-command": 50}
    line, = caplog.messages
    assert "vscpwsd/house/set/%s/%s" % (thing, what) in line and len(line) <= 200
    stage.wait(61)
    command(stage, thing, payload, what)
    assert len(caplog.messages) == 2


def test_a_retained_command_is_refused(stage, caplog):
    command(stage, "socket", "ON", retained=True)
    assert stage.broker.submitted == []
    assert stage.speaker.status()["complaints"] == {"retained": 1}
    assert "retained command is refused" in caplog.text
    command(stage, "socket", "ON")
    assert len(stage.broker.submitted) == 1


def test_a_refused_command_is_counted_and_the_state_stays(stage, caplog):
    stage.hear(20, 4, "000201")
    stage.broker.refusal = REFUSED
    command(stage, "socket", "ON")
    assert stage.speaker.status()["complaints"] == {"refused": 1}
    assert "no right to send events of class 30" in caplog.text
    assert stage.broker.state("switch_2-1_0", "things")["value"] == "OFF"


@pytest.mark.parametrize("topic", [
    "vscpwsd/house/set/nobody/command", "vscpwsd/house/set//command", "vscpwsd/house/set/a b/x"])
def test_a_command_for_nothing_is_counted(stage, topic):
    stage.speaker.message(topic, b"ON", False)
    assert stage.speaker.status()["complaints"] == {"unknown-thing": 1}


@pytest.mark.parametrize("topic", ["vscpwsd/house/set", "vscpwsd/house/set/a/b/c", "", "x/y",
                                   "vscpwsd/other/set/socket/command"])
def test_another_topic_is_none_of_its_business(stage, topic):
    stage.speaker.message(topic, b"ON", False)
    assert stage.broker.submitted == [] and stage.speaker.status()["complaints"] == {}


def test_clearing_a_retained_command_is_none(stage):
    command(stage, "socket", b"")
    assert stage.speaker.status()["complaints"] == {}


def test_a_flood_of_commands_is_stopped(stage, caplog):
    for _ in range(5000):
        command(stage, "socket", "ON")
    assert len(stage.broker.submitted) == 100
    assert stage.speaker.status()["complaints"] == {"flood": 4900} and len(caplog.messages) == 1
    stage.wait(1)
    command(stage, "socket", "OFF")
    assert stage.broker.submitted[-1] == (30, 6, bytes.fromhex("000201"))


KNOWN = known_things(parse_names(HOUSE, {})[0].things)[0]


@given(st.sampled_from(KNOWN), st.sampled_from(["command", "brightness", "x"]),
       st.one_of(st.binary(max_size=50), st.floats().map(lambda number: str(number).encode()),
                 st.decimals().map(lambda number: str(number).encode())))
def test_any_command_is_an_event_that_fits_a_bus_or_wrong(known, what, payload):
    try:
        event = command_event(known, what, payload)
    except WrongCommand:
        return
    assert len(event.data) <= 8 and event.data[1:3] == bytes((2, 1))
    json.dumps(event.vscp_type)


# ---- each alone ----------------------------------------------------------------------------------


def known(kind="light", **more):
    """One thing at zone 2, subzone 1."""
    one, = known_things(parse_names({"things": [dict(ZONE, name="It", kind=kind, **more)]},
                                    {})[0].things)[0]
    return one


def said(vscp_class, vscp_type, data, guid=NODE):
    return Event(0x60, vscp_class, vscp_type, 1, 0, 0, guid, bytes.fromhex(data))


def test_a_command_s_event_has_priority_3_and_leaves_who_and_when_to_who_sends_it():
    assert command_event(known(), "command", b"ON") == Event(
        3 << 5, 30, 5, 0, 0, 0, bytes(16), b"\0\2\1")


def test_a_command_has_32_bytes_at_most():
    assert command_event(known(), "command", b"ON".ljust(32)).vscp_type == 5
    with pytest.raises(WrongCommand):
        command_event(known(), "command", b"ON".ljust(33))


@pytest.mark.parametrize("level, data", [
    (b"0", 0), (b"0.4", 0), (b"99.6", 100), (b"100", 100), (b"100.5", None), (b"101", None),
    (b"-0.5", None)])
def test_a_brightness_is_0_to_100(level, data):
    if data is None:
        with pytest.raises(WrongCommand, match="a brightness is 0 to 100"):
            command_event(known("dimmer"), "brightness", level)
    else:
        assert command_event(known("dimmer"), "brightness", level).data == bytes((data, 2, 1))


@pytest.mark.parametrize("kind, what, payload, reason", [
    ("cover", "command", b"ON", "cover takes OPEN, CLOSE, STOP"),
    ("switch", "brightness", b"50", "switch takes ON, OFF"),
    ("dimmer", "position", b"ON", "dimmer takes ON, OFF"),
    ("dimmer", "brightness", b"ON", "not a number")])
def test_why_a_command_is_wrong_is_said(kind, what, payload, reason):
    with pytest.raises(WrongCommand, match="^%s$" % reason):
        command_event(known(kind), what, payload)


def test_a_setpoint_takes_a_number_as_its_command_alone():
    with pytest.raises(WrongCommand, match="^setpoint takes a number$"):
        command_event(known("setpoint", type="temperature"), "brightness", b"21")


@pytest.mark.parametrize("vscp_type, payload, unit, value", [
    (6, b"21.5", 1, 21.5), (12, b"1013.25", 0, 101325), (36, b"6", 0, 0.0001), (13, b"2", 1, 2),
    (1, b"7", 0, 7), (50, b"80", 0, 80), (64, b"-7", 0, -7)])
def test_a_value_is_set_in_a_unit_of_its_type(vscp_type, payload, unit, value):
    event = command_event(known("setpoint", type=vscp_type, index=4), "command", payload)
    assert (event.vscp_class, event.vscp_type) == (85, vscp_type)
    assert decode("zone-coded", event.data) == Measured(value, unit, 4, 2, 1)


@pytest.mark.parametrize("vscp_type", sorted(MEASURED))
def test_whatever_number_a_value_is_it_can_be_set_and_comes_back(vscp_type):
    one = known("setpoint", type=vscp_type)
    for text in ("-999999999999999.999999999999999", "-0", "0.000000000000001", "12.5",
                 "999999999999999.999999999999999"):
        event = command_event(one, "command", text.encode())
        assert len(event.data) <= 8
        told = said_of(one, event._replace(vscp_class=65), False)
        assert told is None if "999" in text else told["value"] == pytest.approx(
            float(text), rel=1e-6)


@pytest.mark.parametrize("kind, vscp_type, state", [
    *((kind, vscp_type, state) for kind in ("switch", "light", "dimmer")
      for vscp_type, state in ((3, "ON"), (4, "OFF"), (5, None))),
    ("cover", 59, "opening"), ("cover", 60, "closing"), ("cover", 61, None), ("cover", 62, None),
    ("cover", 63, "open"), ("cover", 64, "closed"), ("cover", 65, "stopped"),
    ("cover", 66, "stopped"), ("cover", 67, "stopped"), ("cover", 68, "stopped"),
    ("cover", 69, None), ("lock", 75, "LOCKED"), ("lock", 76, "UNLOCKED"), ("lock", 77, None)])
def test_what_each_answer_says(kind, vscp_type, state):
    told = said_of(known(kind), said(20, vscp_type, "000201"), False)
    assert told == (None if state is None else {"value": state})


@pytest.mark.parametrize("level, brightness", [("00", 0), ("01", 1), ("64", 100), ("65", 100),
                                               ("FF", 100)])
def test_the_brightness_of_a_level_is_100_at_most(level, brightness):
    told = said_of(known("dimmer"), said(20, 40, level + "0201"), False)
    assert told == {"value": "ON" if brightness else "OFF", "brightness": brightness}


@pytest.mark.parametrize("kind", ["switch", "light", "lock", "scene"])
def test_a_level_says_nothing_of_what_has_none(kind):
    for is_stopping in (False, True):
        assert said_of(known(kind), said(20, 40, "320201"), is_stopping) is None


@pytest.mark.parametrize("vscp_type, data, state", [
    (48, "00020107", "ON"), (48, "0002010700", "ON"), (48, "00020108", "OFF"), (48, "000201", None),
    (40, "00020107", None)])
def test_a_scene_is_on_when_its_preset_is_told(vscp_type, data, state):
    told = said_of(known("scene", index=7), said(20, vscp_type, data), False)
    assert told == (None if state is None else {"value": state})


@pytest.mark.parametrize("kind, vscp_class, vscp_type, data, is_one", [
    ("cover", 30, 8, "000201", True), ("cover", 542, 8, "00" * 16 + "000201", True),
    ("cover", 30, 8, "000202", False), ("cover", 30, 9, "000201", False),
    ("cover", 20, 8, "000201", False), ("switch", 30, 8, "000201", False)])
def test_only_a_cover_of_the_place_is_told_to_stop(kind, vscp_class, vscp_type, data, is_one):
    assert is_stop(known(kind), said(vscp_class, vscp_type, data)) == is_one


@pytest.mark.parametrize("vscp_type, data, value", [
    (35, "0002016000", 0), (35, "0002016064", 100), (35, "00020160FF", None),
    (35, "0002016065", None), (9, "00020180060f4240", 10 ** 12), (9, "0002018006f0bdc0", -10 ** 12),
    (9, "0002018006f0bdbf", None), (35, "000201", None), (35, "000201400161", None)])
def test_what_could_be_set_is_a_state(vscp_type, data, value):
    told = said_of(known("setpoint", type=vscp_type), said(65, vscp_type, data), False)
    assert (told and told["value"]) == value


@pytest.mark.parametrize("vscp_type, wanted", [
    (35, {"min": 0, "max": 100, "step": 1, "unit_of_meas": "%", "dev_cla": "humidity"}),
    (9, {"min": -10 ** 12, "max": 10 ** 12, "step": 0.1, "unit_of_meas": "Hz",
         "dev_cla": "frequency"}),
    (1, {"min": -10 ** 12, "max": 10 ** 12, "step": 0.1}),
    (7, {"min": -10 ** 12, "max": 10 ** 12, "step": 0.1, "unit_of_meas": "mol"})])
def test_a_setpoint_s_number_has_the_range_of_its_unit(vscp_type, wanted):
    one = known("setpoint", type=vscp_type)
    found = discovered(one, Topics("house"), "device", one.entity_id)
    assert {key: found[key] for key in ("min", "max", "step", "unit_of_meas", "dev_cla")
            if key in found} == wanted


def test_what_is_left_out_leaves_out_nothing_behind_it():
    things, against = known_things(parse_names({"things": [
        dict(ZONE, name="A", kind="setpoint", type=31), dict(ZONE, name="B", kind="light"),
        dict(ZONE, name="C", kind="light"), dict(ZONE, name="D", kind="switch")]}, {})[0].things)
    assert [each.thing.name for each in things] == ["B", "D"] and len(against) == 2


@pytest.mark.parametrize("name, topic, entity_id", [
    ("Hall lamp", "hall_lamp", "light.hall_lamp"),
    ("\u706f", "light_2-1_0", "light.light_2_1_0")])
def test_a_thing_without_a_letter_that_ids_have_is_called_after_its_place(name, topic, entity_id):
    one, = known_things(parse_names({"things": [dict(ZONE, name=name, kind="light")]},
                                    {})[0].things)[0]
    assert (one.topic, one.entity_id) == (topic, entity_id)
