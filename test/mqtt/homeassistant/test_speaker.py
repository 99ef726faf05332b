"""When Home Assistant is told of what, and what outlives a restart."""

import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hass import AT, CAN0, NODE, NODE_ID, VALUE, Broker, Stage, check_all
from vscpws.mqtt.homeassistant.memo import MOST_ENTITIES, MOST_NODES, Memo, memo_lines, read_memo
from vscpws.mqtt.homeassistant.topics import slug

WARM = "6815"                   # an integer in Celsius, of sensor 0: 21
DEVICE = "homeassistant/device/vscp_%s/config" % NODE_ID
DAEMON = "homeassistant/device/vscpwsd_house/config"
STATUS = "vscpwsd/house/state/%s/status" % NODE_ID
NAMES = {"nodes": [{"interface": "can0", "nickname": 9, "name": "Boiler", "area": "Cellar",
                    "sensors": [{"class": 10, "type": 6, "index": 0, "name": "Flow"}]}]}


def node(nickname):
    return CAN0[:15] + bytes((nickname,))


def lamps(stage, zones, nicknames):
    """So many lamps of each of these nodes are on."""
    for nickname in nicknames:
        for zone in range(zones):
            stage.hear(20, 3, bytes((0, zone, 1)), node(nickname))


def with_less(stage):
    """The next run, of a program that maps no more what this one takes for a temperature."""
    stage.speaker.stop()
    text = "".join(memo_lines(stage.memo)).replace('"10_6_0":{', '"77_6_0":{')
    return Stage(broker=stage.broker, memo=read_memo(text.encode()))


def restarted(stage, **how):
    """The next run, with what the last one left in its file."""
    stage.speaker.stop()
    memo = read_memo("".join(memo_lines(stage.memo)).encode("utf-8"))
    assert memo.wrong == 0
    how.setdefault("broker", stage.broker)
    how.setdefault("wall", stage.wall + 60)
    return Stage(memo=memo, **how)


# ---- states and discovery ------------------------------------------------------------------------


def test_a_state_is_retained_at_once_and_its_device_told_after_collecting():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    assert stage.broker.state("10_6_0") == {
        "value": 21, "unit": "\u00b0C", "at": "2026-11-24T07:00:11Z"}
    stage.wait(9)
    assert stage.broker.devices() == {}
    stage.hear(10, 35, "602D")
    stage.wait(2)
    assert len(stage.broker.sent(DEVICE)) == 1
    message = stage.messages()[DEVICE]
    assert message["device"] == {
        "identifiers": ["vscp_" + NODE_ID], "name": "Boiler", "model": "VSCP node",
        "serial_number": "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:09",
        "via_device": "vscpwsd_house", "suggested_area": "Cellar"}
    assert message["origin"] == {"name": "vscpwsd", "sw_version": "1.2"}
    assert message["availability"] == [{"topic": "vscpwsd/house/status"}, {"topic": STATUS}]
    assert message["components"]["10_6_0"] == {
        "platform": "sensor", "unique_id": "vscp_%s_10_6_0" % NODE_ID, "name": "Flow",
        "device_class": "temperature", "unit_of_measurement": "\u00b0C",
        "state_class": "measurement", "value_template": VALUE,
        "state_topic": "vscpwsd/house/state/%s/10_6_0" % NODE_ID,
        "json_attributes_topic": "vscpwsd/house/state/%s/10_6_0" % NODE_ID,
        "json_attributes_template": AT,
        "default_entity_id": "sensor.boiler_flow"}
    assert list(message["components"]) == ["10_6_0", "10_35_0"]
    assert (DEVICE, True, 1) in [(topic, retain, qos) for topic, _, retain, qos
                                 in stage.broker.messages]


def test_the_first_message_comes_when_ten_seconds_have_been_collected():
    stage = Stage()
    stage.wait(9)
    assert stage.broker.devices() == {}
    stage.wait(1)
    assert list(stage.broker.devices()) == [DAEMON]


@pytest.mark.parametrize("entities, told", [(93, 3), (94, 2)])
def test_in_a_second_as_many_devices_are_told_of_as_have_96_entities(entities, told):
    stage = Stage()
    for zone in range(entities):
        stage.hear(20, 3, bytes((0, zone, 1)))
    stage.hear(20, 3, "000201", node(3))
    stage.wait(10)
    assert len(stage.broker.devices()) == told      # the daemon's, and a node's counts as one more
    stage.wait(1)
    assert len(stage.broker.devices()) == 3


def test_in_a_second_96_things_are_told_of():
    stage = Stage({"things": [{"name": "Lamp", "kind": "light", "zone": zone, "subzone": 1}
                              for zone in range(130)]})
    stage.wait(10)
    assert len(stage.broker.devices()) == 96
    stage.wait(1)
    assert len(stage.broker.devices()) == 131


def test_a_node_s_first_minute_is_one_message_in_five_seconds():
    stage = Stage()
    stage.wait(12)
    for number in range(1, 31):
        stage.hear(10, number, "6007")
        stage.wait(1)
    assert 2 <= len(stage.broker.sent(DEVICE)) <= 7
    stage.wait(6)
    assert len(stage.components()) == 30


def test_a_node_s_next_message_comes_five_seconds_after_the_one_before():
    stage = Stage()
    stage.hear(10, 1, "6007")
    stage.settled()
    for number, seconds in ((2, 1), (3, 5), (4, 5)):
        stage.hear(10, number, "6007")
        count = len(stage.broker.sent(DEVICE))
        stage.wait(seconds - 1)
        assert len(stage.broker.sent(DEVICE)) == count
        stage.wait(1)
        assert len(stage.broker.sent(DEVICE)) == count + 1


def test_what_says_nothing_new_is_not_sent_again():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    stage.settled()
    count = len(stage.broker.sent(DEVICE))
    stage.names(NAMES)
    stage.wait(20)
    assert len(stage.broker.sent(DEVICE)) == count == 1


def test_who_says_nothing_new_keeps_nobody_waiting():
    stage = Stage()
    for zone in range(100):
        stage.hear(20, 3, bytes((0, zone, 1)))
    stage.settled()
    stage.names({"things": [{"name": "Lamp", "kind": "light", "zone": 2, "subzone": 1}]})
    stage.hear(10, 6, WARM, node(3))
    stage.wait(12)
    assert len(stage.messages()) == 4 and len(stage.broker.sent(DEVICE)) == 1


def test_what_says_nothing_new_begins_no_pause():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    stage.settled()
    stage.names(NAMES)
    stage.wait(1)
    stage.hear(10, 35, "602D")
    stage.wait(1)
    assert len(stage.broker.sent(DEVICE)) == 2


def test_nodes_that_pause_take_no_room_of_others():
    stage = Stage()
    for vscp_type, seconds in ((3, 30), (7, 3), (32, 0)):
        for nickname in range(1, 101):
            stage.hear(20, vscp_type, "000201", node(nickname))
        stage.wait(seconds)
    stage.names({"things": [{"name": "Lamp", "kind": "light", "zone": 2, "subzone": 1}]})
    stage.wait(1)
    assert "homeassistant/device/vscpwsd_house_light_2-1_0/config" in stage.broker.devices()


def test_a_node_that_tells_nothing_is_no_device():
    stage = Stage()
    stage.hear(20, 59, "000201")
    stage.settled()
    assert stage.speaker.status()["nodes"] == 1 and stage.broker.sent(DEVICE) == []


def test_another_name_keeps_the_ids():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    before = stage.settled()[DEVICE]
    stage.names({"nodes": [{"interface": "can0", "nickname": 9, "name": "Furnace", "sensors": [
        {"class": 10, "type": 6, "name": "Outlet"}]}]})
    stage.wait(6)
    after = stage.messages()[DEVICE]
    assert after["device"]["name"] == "Furnace"
    assert after["components"]["10_6_0"]["name"] == "Outlet"
    for key in ("unique_id", "default_entity_id", "state_topic"):
        assert after["components"]["10_6_0"][key] == before["components"]["10_6_0"][key]
    assert after["device"]["identifiers"] == before["device"]["identifiers"]


def test_the_id_of_a_name_replaces_the_guid_and_the_old_device_is_cleared():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    stage.settled()
    stage.names({"nodes": [dict(NAMES["nodes"][0], id="boiler")]})
    stage.wait(8)
    stage.hear(10, 6, WARM)
    message = stage.messages()["homeassistant/device/vscp_boiler/config"]
    assert message["components"]["10_6_0"]["unique_id"] == "vscp_boiler_10_6_0"
    assert stage.broker.state("10_6_0", "boiler")["value"] == 21
    assert not [topic for topic in stage.broker.retained if NODE_ID in topic]


def test_the_id_stays_though_the_guid_changes():
    """The interface has another GUID: names.json keeps the old digits as the node's id."""
    other = b"\1" * 15 + b"\x09"
    stage = Stage({"nodes": [{"guid": ":".join("%02X" % byte for byte in other), "name": "Boiler",
                              "id": NODE_ID}]})
    stage.hear(10, 6, WARM, other)
    stage.settled()
    assert stage.components()["10_6_0"]["unique_id"] == "vscp_%s_10_6_0" % NODE_ID


@pytest.mark.parametrize("is_reload", [False, True])
def test_a_node_with_another_guid_and_the_old_id_goes_on_with_its_new_name(is_reload):
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    before = stage.settled()[DEVICE]
    other = b"\1" * 15 + b"\x09"
    table = {"nodes": [{"guid": ":".join("%02X" % byte for byte in other), "name": "Furnace",
                        "id": NODE_ID}]}
    if is_reload:
        stage.names(table)
    else:
        stage = restarted(stage, table=table)
    stage.wait(12)
    for _ in range(2):          # before the node has spoken, and then
        after = stage.messages()[DEVICE]
        assert after["device"]["name"] == "Furnace"
        assert after["device"]["serial_number"] == ":".join("%02X" % byte for byte in other)
        assert after["components"].keys() == before["components"].keys()
        assert len(stage.messages()) == 2
        stage.hear(10, 6, "6816", other)
        stage.wait(12)
    assert stage.broker.state("10_6_0")["value"] == 22
    assert stage.speaker.status()["nodes"] == 1


@pytest.mark.parametrize("device, sensor, zone, name", [
    ("Boiler", "Flow", None, "Flow"), ("Boiler", "Boiler flow", None, "flow"),
    ("Boiler", "Boiler", None, "Temperature"), ("Hall", None, None, "Temperature")])
def test_an_entity_s_name_doesn_t_repeat_the_device_s(device, sensor, zone, name):
    sensors = [{"class": 10, "type": 6, "name": sensor}] if sensor else []
    stage = Stage({"nodes": [{"interface": "can0", "nickname": 9, "name": device,
                              "sensors": sensors}]})
    stage.hear(10, 6, WARM)
    stage.settled()
    assert stage.components()["10_6_0"]["name"] == name


def test_names_in_a_device_differ():
    stage = Stage({"zones": [{"zone": 2, "name": "Hall"}]})
    stage.hear(10, 6, WARM)
    stage.hear(10, 6, "6915")
    stage.hear(60, 6, bytes(8))
    stage.hear(65, 6, bytes((0, 2, 1)) + b"\x68\x15")
    stage.hear(65, 6, bytes((0, 3, 1)) + b"\x68\x15")
    stage.hear(20, 3, "000201")
    stage.settled()
    assert [each["name"] for each in stage.components().values()] == [
        "Temperature", "Temperature 1", "Temperature (60_6_0)", "Hall Temperature",
        "Temperature 3-1", "Hall"]


@pytest.mark.parametrize("choice, wanted", [
    ({"device_class": "water", "state_class": "total_increasing"},
     ("water", "total_increasing")),
    ({"device_class": "water"}, ("volume_storage", "measurement")),
    ({"device_class": "humidity"}, ("volume_storage", "measurement")),
    ({"device_class": "nonsense"}, ("volume_storage", "measurement")),
    ({"state_class": "nonsense"}, ("volume_storage", "measurement"))])
def test_a_class_may_be_chosen_where_home_assistant_takes_it(choice, wanted, caplog):
    stage = Stage({"nodes": [{"interface": "can0", "nickname": 9, "name": "Meter", "sensors": [
        dict({"class": 10, "type": 28, "name": "Water", "expire": 900}, **choice)]}]})
    stage.hear(10, 28, "6807")
    stage.settled()
    component = stage.components()["10_28_0"]
    assert (component["device_class"], component["state_class"]) == wanted
    assert component["expire_after"] == 900
    assert ("what is chosen for a sensor is left out" in caplog.text) == (wanted[0] != "water")


def test_a_pair_may_be_given_a_class():
    stage = Stage({"nodes": [{"interface": "can0", "nickname": 9, "name": "Door", "sensors": [
        {"class": 20, "type": 7, "name": "Leaf", "device_class": "garage_door"}]}]})
    stage.hear(20, 8, "000201")
    stage.settled()
    component = stage.components()["open_2-1"]
    assert (component["device_class"], component["name"]) == ("garage_door", "Leaf")


def test_nothing_expires_unless_it_is_said():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    stage.settled()
    assert "expire_after" not in stage.components()["10_6_0"]


# ---- who is there --------------------------------------------------------------------------------


def test_a_node_with_a_heartbeat_is_offline_150_s_after_its_last_sign_of_life():
    stage = Stage()
    stage.hear(20, 9, "000000")
    assert stage.broker.retained[STATUS] == b"online"
    stage.wait(100)
    stage.hear(10, 6, WARM)         # any event is one
    stage.wait(149)
    assert stage.broker.retained[STATUS] == b"online"
    stage.wait(2)
    assert stage.broker.retained[STATUS] == b"offline"
    stage.hear(10, 6, WARM)
    assert stage.broker.retained[STATUS] == b"online"


def test_a_node_without_a_heartbeat_is_never_called_offline():
    stage = Stage()
    stage.hear(20, 3, "000201")
    stage.hear(20, 5, "000201")     # alive, but nothing that is due each minute
    stage.wait(60, 3600)
    stage.wait(30, 86400)
    assert stage.broker.sent(STATUS) == [b"online"]


def test_a_node_that_says_goodbye_is_offline_until_it_speaks():
    stage = Stage()
    stage.hear(20, 3, "000201")
    stage.hear(20, 6, "000000")
    assert stage.broker.retained[STATUS] == b"offline"
    stage.hear(20, 3, "000201")
    assert stage.broker.retained[STATUS] == b"online"


def test_a_jump_of_the_clock_calls_nobody_offline_and_tells_the_time_anew():
    stage = Stage()
    stage.hear(20, 9, "000000")
    stage.wall += 86400
    stage.wait(100)
    stage.wall -= 10 * 86400
    stage.wait(40)
    assert stage.broker.retained[STATUS] == b"online"
    stage.hear(20, 9, "000000")
    stage.wait(2)
    told = json.loads(stage.broker.retained["vscpwsd/house/nodes/" + NODE_ID].decode())
    assert told["last"].startswith("2026-11-15")


def test_the_list_of_nodes():
    stage = Stage(NAMES)
    stage.hear(20, 3, "000201")
    told = json.loads(stage.broker.retained["vscpwsd/house/nodes/" + NODE_ID].decode())
    assert told == {
        "guid": "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:09", "nickname": 9, "bus": "can0",
        "name": "Boiler", "last": "2026-11-24T07:00:11Z", "online": True}


def test_a_command_makes_no_node_of_who_sends_it():
    stage = Stage()
    stage.hear(30, 5, "000201")
    stage.hear(85, 6, "0002016815")
    stage.hear(20, 3, "000201", bytes(16))
    assert stage.speaker.status()["nodes"] == 0


# ---- the daemon itself ---------------------------------------------------------------------------


def test_the_daemon_is_a_device_with_its_buses():
    stage = Stage()
    stage.broker.buses = [("can0", True), ("slcan:/dev/ttyUSB0", False)]
    stage.settled()
    message = stage.messages()[DAEMON]
    assert message["device"]["identifiers"] == ["vscpwsd_house"]
    assert message["device"]["sw_version"] == "1.2" and "via_device" not in message["device"]
    assert set(message["components"]) == {"bus_can0", "bus_slcan_dev_ttyusb0", "clients", "events",
                                          "version"}
    assert message["components"]["bus_can0"]["device_class"] == "connectivity"
    assert stage.broker.state("bus_can0", "daemon")["value"] == "ON"
    assert stage.broker.state("bus_slcan_dev_ttyusb0", "daemon")["value"] == "OFF"
    assert stage.broker.state("clients", "daemon")["value"] == 3
    assert stage.broker.state("version", "daemon")["value"] == "1.2"
    stage.broker.buses = [("can0", False)]
    stage.broker.came = 600
    stage.wait(70)
    assert stage.broker.state("bus_can0", "daemon")["value"] == "OFF"
    assert stage.broker.state("events", "daemon")["value"] == pytest.approx(10, abs=1)


def test_a_bus_that_is_no_more_is_cleared_by_the_next_run():
    stage = Stage()
    stage.broker.buses = [("can0", True), ("can1", True)]
    stage.settled()
    stage.broker.buses = [("can0", True)]
    again = restarted(stage)
    again.wait(12)
    removed = json.loads(again.broker.sent(DAEMON)[1].decode())["cmps"]["bus_can1"]
    assert removed == {"p": "binary_sensor"}
    again.wait(10)
    assert "bus_can1" not in again.components("vscpwsd_house")
    assert again.broker.state("bus_can1", "daemon") is None


def test_its_buses_are_looked_at_at_once_and_then_each_five_seconds():
    stage = Stage()
    stage.wait(1)
    assert stage.broker.state("bus_can0", "daemon")["value"] == "ON"
    for value, other in (("ON", "OFF"), ("OFF", "ON")):
        stage.broker.buses = [("can0", other == "ON")]
        stage.wait(4)
        assert stage.broker.state("bus_can0", "daemon")["value"] == value
        stage.wait(1)
        assert stage.broker.state("bus_can0", "daemon")["value"] == other


def test_a_bus_that_comes_later_is_told_of():
    stage = Stage()
    stage.settled()
    stage.broker.buses.append(("can1", True))
    stage.wait(6)
    assert "bus_can1" in stage.components("vscpwsd_house")
    count = len(stage.broker.sent(DAEMON))
    stage.wait(60)
    assert len(stage.broker.sent(DAEMON)) == count


def test_ids_of_the_daemon_have_no_character_that_ids_may_not_have():
    stage = Stage(name="my.house")
    stage.settled()
    assert list(stage.broker.devices()) == ["homeassistant/device/vscpwsd_my_house/config"]


# ---- broker and Home Assistant come and go -------------------------------------------------------


def test_what_was_heard_without_a_broker_is_told_when_it_comes():
    stage = Stage(NAMES, connect=False)
    stage.hear(10, 6, WARM)
    stage.hear(20, 1, "010201")
    stage.wait(20)
    assert stage.broker.messages == []
    stage.speaker.connected()
    stage.wait(3)
    assert stage.broker.state("10_6_0")["value"] == 21 and DEVICE in stage.messages()
    assert stage.broker.sent("vscpwsd/house/state/%s/button_2-1" % NODE_ID) == []
    assert stage.speaker.counters["lost"] == 1          # a button's press would come too late


def test_a_broker_that_has_forgotten_all_is_told_all():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    stage.settled()
    before = dict(stage.broker.retained)
    stage.speaker.lost()
    stage.broker.retained.clear()
    stage.wait(5)
    assert not stage.broker.retained
    stage.speaker.connected()
    stage.wait(8)
    assert stage.broker.retained == before


def test_to_a_broker_that_is_lost_nothing_is_sent():
    stage = Stage()
    stage.settled()
    stage.speaker.lost()
    stage.broker.messages.clear()
    stage.hear(10, 6, WARM)
    stage.hear(20, 1, "010201")
    stage.wait(20)
    assert stage.broker.messages == [] and stage.speaker.counters == {
        "thinned": 0, "lost": 1, "commands": 0, "births": 0}


def test_a_state_that_the_queue_has_no_room_for_is_told_later():
    stage = Stage()
    stage.hear(10, 6, WARM)
    stage.settled()
    stage.broker.is_full = True
    stage.hear(10, 6, "6816")
    stage.hear(10, 35, "602D")
    stage.wait(10)
    stage.broker.is_full = False
    stage.wait(2)
    assert stage.broker.state("10_6_0")["value"] == 22
    assert "10_35_0" in stage.components()


def test_what_had_no_room_is_told_at_the_end():
    stage = Stage()
    stage.broker.is_full = True
    stage.hear(10, 6, WARM)
    stage.broker.is_full = False
    stage.speaker.stop()
    assert stage.broker.state("10_6_0")["value"] == 21


def test_a_birth_is_answered_with_devices_then_availability_then_states():
    stage = Stage(NAMES, chance=lambda least, most: (least + most) / 2)
    stage.hear(10, 6, WARM)
    stage.settled()
    stage.broker.messages.clear()
    stage.speaker.message("homeassistant/status", b"online", False)
    stage.wait(5)
    assert stage.broker.messages == []
    stage.wait(4)
    topics = [topic for topic, _, _, _ in stage.broker.messages]
    assert {DAEMON, DEVICE} == set(topics[:2])
    state = "vscpwsd/house/state/%s/10_6_0" % NODE_ID
    assert topics.index(DEVICE) < topics.index(STATUS) < topics.index(state)
    assert all(retain for _, _, retain, _ in stage.broker.messages)
    assert len(topics) == len(set(topics))


def test_states_are_told_again_when_the_last_device_has_been():
    stage = Stage()
    lamps(stage, 60, range(1, 4))
    stage.settled()
    assert stage.speaker.status()["announced"] == 4
    stage.broker.messages.clear()
    stage.speaker.message("homeassistant/status", b"online", False)
    stage.wait(1)
    topics = [topic for topic, *_ in stage.broker.messages]
    assert len(topics) == 3 and all(topic.endswith("/config") for topic in topics)
    stage.wait(8)
    topics = [topic for topic, *_ in stage.broker.messages if "/daemon/" not in topic]
    assert all(topic.endswith("/config") == (place < 4) for place, topic in enumerate(topics))
    assert len(topics) == len(set(topics)) == 4 + 3 * 62


def test_a_device_that_goes_before_it_was_told_again_keeps_no_state_back():
    stage = Stage({"things": [{"name": "Lamp", "kind": "light", "zone": 2, "subzone": 1}]})
    stage.hear(20, 3, "000201")
    stage.settled()
    stage.speaker.message("homeassistant/status", b"online", False)
    stage.broker.is_full = True
    stage.wait(2)
    stage.names({})
    stage.broker.is_full = False
    stage.broker.messages.clear()
    stage.wait(8)
    assert stage.broker.sent("vscpwsd/house/state/%s/on_2-1" % NODE_ID)


def test_a_storm_of_births_is_answered_once_in_30_s():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    stage.settled()
    stage.broker.messages.clear()
    for _ in range(100):
        stage.speaker.message("homeassistant/status", b"online", False)
        stage.wait(1)
    assert 2 <= len(stage.broker.sent(DEVICE)) <= 4
    stage.wait(40)
    assert len(stage.broker.sent(DEVICE)) <= 5          # and the last one is answered, too


def test_a_birth_is_answered_when_it_is_time_and_the_next_one_half_a_minute_after_the_answer():
    stage = Stage()
    stage.settled()
    for seconds in (1, 30):         # chance says 1 s
        stage.broker.messages.clear()
        stage.speaker.message("homeassistant/status", b"online", False)
        stage.wait(seconds - 1)
        assert stage.broker.sent(DAEMON) == []
        stage.wait(1)
        assert len(stage.broker.sent(DAEMON)) == 1
    assert stage.speaker.counters["births"] == 2


def test_a_birth_that_is_over_before_its_answer_is_not_answered():
    stage = Stage()
    stage.settled()
    stage.broker.messages.clear()
    stage.speaker.message("homeassistant/status", b"online", False)
    stage.speaker.message("homeassistant/status", b"offline", False)
    stage.wait(20)
    assert stage.broker.sent(DAEMON) == [] and stage.speaker.counters["births"] == 0


def test_after_a_birth_all_that_is_retained_is_told_again():
    stage = Stage({"things": [{"name": "Lamp", "kind": "light", "zone": 2, "subzone": 1}]})
    stage.hear(20, 3, "000201")
    stage.hear(10, 6, WARM)
    stage.settled()
    stage.broker.messages.clear()
    stage.speaker.message("homeassistant/status", b"online", False)
    stage.wait(8)
    assert {topic for topic, *_ in stage.broker.messages} == set(stage.broker.retained)


def test_a_moment_is_told_once_with_quality_0_and_not_retained():
    stage = Stage()
    stage.hear(20, 1, "010201")
    topic, payload, retain, qos = stage.broker.messages[-1]
    assert (topic, retain, qos) == ("vscpwsd/house/state/%s/button_2-1" % NODE_ID, False, 0)
    assert json.loads(payload)["event_type"] == "press"


def test_the_time_to_answer_is_by_chance_between_1_and_10_s():
    asked = []
    stage = Stage(chance=lambda least, most: asked.append((least, most)) or most)
    stage.speaker.message("homeassistant/status", b"online", False)
    assert asked == [(1.0, 10.0)]


@pytest.mark.parametrize("payload, retained", [(b"offline", False), (b"online", True), (b"", False),
                                               (b"x" * 60000, False)])
def test_no_birth(payload, retained):
    stage = Stage(NAMES)
    stage.settled()
    stage.broker.messages.clear()
    stage.speaker.message("homeassistant/status", payload, retained)
    stage.wait(20)
    assert stage.broker.sent(DAEMON) == []


def test_another_prefix():
    stage = Stage(NAMES, prefix="ha")
    assert stage.speaker.subscriptions() == ["vscpwsd/house/set/+/+", "ha/status",
                                             "homeassistant/status"]
    stage.hear(10, 6, WARM)
    stage.wait(12)
    assert "ha/device/vscp_%s/config" % NODE_ID in stage.messages("ha")


def test_without_discovery_there_are_states_all_the_same():
    stage = Stage(NAMES, prefix="")
    stage.hear(10, 6, WARM)
    stage.wait(30)
    assert stage.broker.state("10_6_0")["value"] == 21
    assert not [topic for topic in stage.broker.retained if "config" in topic]
    assert stage.speaker.subscriptions() == ["vscpwsd/house/set/+/+"]


# ---- what outlives a restart ---------------------------------------------------------------------


def test_after_a_restart_all_is_the_same_and_nothing_twice():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    stage.hear(20, 3, "000201")
    stage.hear(20, 9, "000000")
    stage.hear(2, 6, "000201", node(3))
    before = stage.settled()
    again = restarted(stage, table=NAMES)
    again.wait(12)          # nobody has spoken yet
    assert again.messages() == before
    again.hear(20, 3, "000201")
    again.hear(10, 6, WARM)
    again.wait(10)
    assert again.messages() == before


def test_a_node_that_has_another_id_after_a_restart_leaves_nothing_of_the_first():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    stage.settled()
    again = restarted(stage, table={"nodes": [dict(NAMES["nodes"][0], id="boiler")]})
    again.wait(12)
    assert "homeassistant/device/vscp_boiler/config" in again.messages()
    assert not [topic for topic in again.broker.retained if NODE_ID in topic]


def test_what_was_forgotten_is_not_remembered_for_a_second():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    stage.settled()
    stage.hear(10, 35, "602D")
    stage.wait(1)
    stage.speaker.forget("Boiler")
    stage.wait(1)
    assert stage.memo.nodes == ()


def test_after_a_restart_a_silent_node_with_a_heartbeat_is_given_its_time():
    stage = Stage()
    stage.hear(20, 9, "000000")
    stage.settled()
    again = restarted(stage)
    again.wait(149)
    assert again.broker.retained[STATUS] == b"online"
    again.wait(2)
    assert again.broker.retained[STATUS] == b"offline"


def test_a_node_unheard_for_30_days_stays_until_it_is_forgotten():
    stage = Stage()
    stage.hear(20, 9, "000000")
    stage.settled()
    stage.wait(31, 86400)
    again = restarted(stage)
    again.wait(200)
    assert again.broker.retained[STATUS] == b"offline" and DEVICE in again.messages()


def test_a_moment_that_was_on_at_the_end_is_over_after_a_restart():
    stage = Stage()
    stage.hear(2, 6, "000201")
    stage.settled()
    assert stage.broker.state("2_6_2-1")["value"] == "ON"
    again = restarted(stage)
    again.wait(1)
    assert again.broker.state("2_6_2-1")["value"] == "OFF"


def test_what_the_program_maps_no_more_is_cleared():
    stage = Stage()
    stage.hear(10, 6, WARM)
    stage.settled()
    stage.broker.retained["vscpwsd/house/state/%s/77_6_0" % NODE_ID] = b"{}"
    again = with_less(stage)
    again.hear(20, 3, "000201")
    again.wait(12)
    assert json.loads(again.broker.sent(DEVICE)[1].decode())["cmps"]["77_6_0"] == {"p": "sensor"}
    again.wait(10)
    assert set(again.components()) == {"on_2-1"}
    assert again.broker.state("77_6_0") is None


def test_what_has_been_told_to_go_is_not_remembered_any_more():
    stage = Stage()
    stage.hear(20, 3, "000201")
    stage.hear(10, 6, WARM)
    stage.settled()
    again = with_less(stage)
    again.wait(20)
    assert set(again.memo.nodes[0].entities) == {"on_2-1"}


def test_a_node_that_has_nothing_left_to_tell_is_cleared():
    stage = Stage()
    stage.hear(10, 6, WARM)
    stage.settled()
    again = with_less(stage)
    again.wait(11)
    assert json.loads(again.broker.retained[DEVICE].decode())["cmps"] == {"77_6_0": {"p": "sensor"}}
    again.wait(10)
    assert DEVICE not in again.broker.retained


def test_what_an_entity_was_first_called_is_remembered_soon():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    for key, entity_id in (("10_6_0", "sensor.boiler_flow"), ("10_35_0", "sensor.boiler_humidity")):
        stage.settled()
        assert stage.memo.nodes[0].entities[key].entity_id == entity_id
        stage.hear(10, 35, "602D")


def test_a_thing_in_the_place_of_another_is_remembered_soon():
    def lamp(zone):
        return {"things": [{"name": "Lamp", "kind": "light", "zone": zone, "subzone": 1}]}

    stage = Stage(lamp(2))
    stage.hear(20, 5, "000201")
    stage.settled()
    stage.hear(20, 9, "000201")
    stage.wait(1)                   # is remembered with this tick
    assert stage.memo.nodes[0].beats
    stage.names(lamp(3))
    stage.wait(5)
    assert [tuple(each) for each in stage.memo.things] == [("light_3-1_0", "light.lamp")]


@pytest.mark.parametrize("how", [{"name": "other"}, {"prefix": "ha"}, {"prefix": ""}])
def test_what_was_sent_under_another_name_or_prefix_is_cleared(how):
    things = {"things": [{"name": "Lamp", "kind": "light", "zone": 2, "subzone": 1}]}
    stage = Stage(dict(NAMES, **things))
    stage.hear(10, 6, WARM)
    stage.hear(20, 3, "000201")
    stage.settled()
    old = set(stage.broker.retained)
    again = restarted(stage, table=NAMES, **how)
    again.wait(30)
    again.hear(10, 6, WARM)
    prefix = how.get("prefix", "homeassistant")
    left = set(again.broker.retained)
    if prefix:
        check_all(again.broker.devices(prefix), prefix)
    if "name" in how:
        assert not [topic for topic in left if topic.startswith("vscpwsd/house/")]
        assert DAEMON not in left
    else:
        assert not [topic for topic in left if topic.startswith("homeassistant/")]
        assert {topic for topic in old if "/state/%s" % NODE_ID in topic} <= left


def test_a_node_is_forgotten_by_id_guid_or_name():
    for called in (NODE_ID, NODE_ID.lower(), "Boiler",
                   "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:09"):
        stage = Stage(NAMES)
        stage.hear(10, 6, WARM)
        stage.hear(10, 6, WARM, node(3))
        stage.settled()
        assert stage.speaker.forget(called) == NODE_ID
        stage.wait(2)
        assert not [topic for topic in stage.broker.retained if NODE_ID in topic]
        assert len(stage.messages()) == 2
        cleared = [topic for topic, payload, *_ in stage.broker.messages if not payload]
        assert cleared[0] == DEVICE         # else its entities would read what has become empty
        assert NODE_ID not in "".join(memo_lines(stage.speaker.memo()))
    assert stage.speaker.forget("Nobody") is None


def test_a_forgotten_node_that_speaks_appears_again():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    before = stage.settled()
    stage.speaker.forget("Boiler")
    stage.hear(10, 6, WARM)
    stage.wait(8)
    assert stage.messages() == before
    assert stage.speaker.memo().gone == ()


def test_a_node_that_speaks_again_is_not_cleared_behind_others():
    stage = Stage()
    lamps(stage, 100, range(1, 6))
    stage.settled()
    stage.speaker.lost()
    for nickname in range(1, 6):
        stage.speaker.forget(node(nickname).hex().upper())
    stage.hear(20, 3, "000001", node(5))
    stage.wait(10)
    stage.speaker.connected()
    stage.wait(10)
    assert {topic.split("/")[2] for topic in stage.messages()} == {
        "vscpwsd_house", "vscp_" + node(5).hex().upper()}


def test_what_is_to_be_cleared_while_the_broker_is_away_is_cleared_later():
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    stage.settled()
    stage.speaker.lost()
    stage.speaker.forget("Boiler")
    again = restarted(stage, table=NAMES)
    again.wait(2)
    assert not [topic for topic in again.broker.retained if NODE_ID in topic]


def test_the_memo_is_written_when_something_is_new_but_not_all_the_time():
    stage = Stage()
    written = []
    stage.speaker._remember = written.append
    stage.wait(60)
    count = len(written)
    for number in range(1, 31):
        stage.hear(10, number, "6007")
        stage.wait(1)
    assert count + 2 <= len(written) <= count + 8
    stage.wait(20)
    assert len(written[-1].nodes[0].entities) == 30


def test_what_is_new_is_remembered_after_five_seconds_and_the_time_after_ten_minutes():
    def waited():
        stage.memo, seconds = None, 0
        while stage.memo is None:
            stage.wait(1)
            seconds += 1
        return seconds

    stage = Stage()
    assert waited() == 1
    stage.hear(10, 6, WARM)
    assert waited() == 5 and len(stage.memo.nodes) == 1
    stage.settled()
    waited()
    assert waited() == 600


def test_it_is_remembered_before_it_is_told():
    stage = Stage()
    stage.wait(12)
    stage.hear(10, 6, WARM, node(3))
    stage.wait(1)               # is remembered with this tick, and the other one later
    stage.hear(10, 6, WARM)
    for _ in range(20):
        told = DEVICE in stage.broker.devices()
        assert not told or NODE_ID in "".join(memo_lines(stage.memo))
        stage.wait(1)


# ---- limits --------------------------------------------------------------------------------------


def test_invented_nodes_have_a_limit_that_is_said_once_a_minute(caplog):
    stage = Stage()
    for number in range(MOST_NODES + 20):
        stage.hear(20, 3, "000201", number.to_bytes(16, "big"))
        if not number % 500:
            stage.wait(1)
    assert stage.speaker.status()["nodes"] == MOST_NODES
    assert stage.speaker.status()["complaints"]["nodes"] == 19      # the all-zero GUID is none
    assert len([line for line in caplog.messages if "over %d nodes" % MOST_NODES in line]) == 1
    stage.wait(60)
    assert len(stage.messages()) == MOST_NODES + 1


def test_entities_of_a_node_have_a_limit_and_its_message_fits():
    stage = Stage({"zones": [{"zone": zone, "name": "N" * 60 + "%d" % zone}
                             for zone in range(200)]})
    for zone in range(200):
        stage.hear(20, 3, bytes((0, zone, 1)))
    stage.settled()
    assert stage.speaker.status()["entities"] == MOST_ENTITIES
    assert stage.speaker.status()["complaints"]["entities"] == 200 - MOST_ENTITIES
    assert len(stage.components()) <= MOST_ENTITIES


def test_what_does_not_fit_a_message_is_left_out_and_counted():
    stage = Stage({"zones": [{"zone": 1, "subzone": number, "name": "%03d" % number + "\u00fc" * 61}
                             for number in range(128)]})
    for number in range(128):
        stage.hear(20, 7, bytes((0, 1, number)))
    stage.settled()
    sizes = [len(json.dumps({key: component}, ensure_ascii=False).encode("utf-8"))
             for key, component in json.loads(stage.broker.retained[DEVICE])["cmps"].items()]
    assert len(sizes) < 128 and (62 << 10) - max(sizes) < sum(sizes) <= 62 << 10
    assert stage.speaker.status()["complaints"] == {"large": 1}


def test_a_flood_is_thinned_and_the_last_state_counts():
    stage = Stage()
    stage.wait(1)
    events = [stage.event(20, 3 + number % 2, "000201") for number in range(20000)]
    stage.speaker.take(events)
    assert len(stage.broker.sent("vscpwsd/house/state/%s/on_2-1" % NODE_ID)) <= 1000
    stage.wait(2)
    assert stage.broker.state("on_2-1")["value"] == "OFF"
    assert stage.speaker.counters["thinned"] > 0
    for number in range(6000):
        stage.speaker.take([stage.event(20, 3, "000201", number.to_bytes(16, "big"))])
    assert stage.speaker.status()["waiting"] <= 4096


def test_a_thousand_events_are_heard_in_a_second_and_the_others_in_the_next_ones():
    stage = Stage()
    events = [stage.event(20, 3, "000201", number.to_bytes(16, "big")) for number in range(1, 3002)]
    events = [event._replace(guid=node(1), data=bytes((0, number // 60, number % 60)))
              for number, event in enumerate(events)]
    heard = [event._replace(vscp_class=10, vscp_type=6, data=b"\x68" + bytes((number % 100,)))
             for number, event in enumerate(events[:1000])]
    stage.speaker.take(heard)           # of one sensor, each is heard
    assert len(stage.broker.sent("vscpwsd/house/state/%s/10_6_0" % node(1).hex().upper())) == 1000
    stage.speaker.take(events)          # of so many places, none in this second
    assert (stage.speaker.status()["waiting"], stage.speaker.status()["entities"]) == (3001, 1)
    for waiting in (2001, 1001, 1, 0):
        stage.wait(1)
        assert stage.speaker.status()["waiting"] == waiting
    assert stage.speaker.counters["thinned"] == 0
    assert stage.speaker.status()["entities"] == MOST_ENTITIES
    assert stage.broker.state("on_0-1", node(1).hex().upper())["value"] == "ON"


def test_of_4096_that_wait_the_oldest_go_and_of_one_place_the_last_counts():
    stage = Stage()
    stage.speaker.take([stage.event(20, 3, "000201")] * 1000)
    for number in range(1, 4097):
        stage.speaker.take([stage.event(10, 6, WARM, number.to_bytes(16, "big"))])
    stage.speaker.take([stage.event(10, 6, "6816", (4096).to_bytes(16, "big"))])
    assert (stage.speaker.status()["waiting"], stage.speaker.counters["thinned"]) == (4096, 1)
    stage.speaker.take([stage.event(10, 6, WARM, (4097).to_bytes(16, "big"))])
    assert (stage.speaker.status()["waiting"], stage.speaker.counters["thinned"]) == (4096, 2)
    stage.wait(1)
    assert stage.broker.state("10_6_0", "%032X" % 1) is None
    assert stage.broker.state("10_6_0", "%032X" % 2)["value"] == 21


@pytest.mark.parametrize("first, second, thinned", [
    ((20, 3, "000201"), (20, 3, "000202"), 0), ((20, 3, "000201"), (20, 3, "0002010203"), 1),
    ((20, 3, "000201"), (20, 4, "000201"), 0), ((10, 6, "6815"), (10, 6, "6816"), 1),
    ((10, 6, "6815"), (10, 6, "6915"), 0), ((20, 3, "010201"), (20, 3, "000201"), 0),
    ((532, 3, "00" * 16 + "000201"), (532, 3, "00" * 16 + "000201FF"), 1),
    ((532, 3, "00" * 16 + "000201"), (532, 3, "00" * 16 + "000202"), 0),
    ((522, 6, "00" * 16 + "6815"), (522, 6, "00" * 16 + "6815"), 1),
    ((1040, 6, "00000000" + "31"), (1040, 6, "00000001" + "32"), 1)])
def test_what_waits_gives_way_to_the_next_of_its_kind_and_place(first, second, thinned):
    stage = Stage()
    stage.speaker.take([stage.event(2, 6, "000201")] * 1000)
    stage.hear(*first)
    stage.hear(*second)
    assert (stage.speaker.counters["thinned"], stage.speaker.status()["waiting"]) == (
        thinned, 2 - thinned)


def test_thousands_of_states_are_repeated_a_number_at_a_time():
    stage = Stage()
    for number in range(1, 500):
        stage.hear(20, 3, "000201", number.to_bytes(16, "big"))
    stage.wait(60)
    stage.broker.messages.clear()
    stage.speaker.connected()
    stage.wait(1)
    assert len(stage.broker.messages) <= 256 + 96
    assert len([topic for topic, *_ in stage.broker.messages
                if "/" + "0" * 20 in topic]) == 256
    stage.wait(60)
    assert len({topic for topic, *_ in stage.broker.messages}) > 1900


# ---- the memo's file -----------------------------------------------------------------------------


@pytest.mark.parametrize("content", [
    b"", b"\0" * 100, b"{}", b"[]", b'{"memo": 1}', b'"node"', b"{" * 5000, b'{"node": "a/b"}',
    b'{"gone": "#"}',
    b'{"node": "x", "guid": "::01", "last": 1e999, "beats": true, "entities": {}}',
    b'{"node": "x", "guid": "::01", "last": 0, "beats": 1, "entities": {"a": {}}}', b"\xff\xfe"])
def test_a_broken_file_costs_what_is_broken(content):
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    stage.settled()
    stage.speaker.stop()
    good = "".join(memo_lines(stage.memo)).encode("utf-8")
    memo = read_memo(content + b"\n" + good + content)
    assert [each.id for each in memo.nodes] == [NODE_ID] and memo.name == "house"
    assert Stage(NAMES, memo=read_memo(content)).settled()


def test_a_file_that_was_cut_keeps_its_whole_lines():
    stage = Stage()
    for number in range(1, 6):
        stage.hear(10, 6, WARM, node(number))
    stage.speaker.stop()
    good = "".join(memo_lines(stage.memo)).encode("utf-8")
    for end in range(0, len(good), 7):
        memo = read_memo(good[:end])
        assert memo.wrong <= 1
    assert read_memo(good) == stage.memo._replace(nodes=tuple(
        each._replace(last=round(each.last)) for each in stage.memo.nodes))


@given(st.binary(max_size=300))
def test_any_file_is_read(content):
    memo = read_memo(content)
    Stage(memo=memo).wait(12)


@given(st.text(max_size=40))
def test_a_name_becomes_a_part_of_an_id(text):
    assert set(slug(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")


_CALLS = st.one_of(
    st.tuples(st.just("hear"), st.sampled_from([(20, 3), (20, 4), (20, 9), (20, 6), (10, 6),
                                                (2, 6), (20, 1), (20, 8), (2, 9), (20, 40)]),
              st.integers(1, 3), st.binary(min_size=3, max_size=5)),
    st.tuples(st.just("wait"), st.integers(1, 40)),
    st.sampled_from([("connected",), ("lost",), ("birth",), ("forget",), ("restart",), ("named",),
                     ("nameless",), ("full",)]))


def _play(stage, tables, name, *args):
    """One of the calls above; returns the stage that goes on."""
    if name == "hear":
        (vscp_class, vscp_type), number, data = args
        stage.hear(vscp_class, vscp_type, data, node(number))
    elif name == "wait":
        stage.wait(args[0])
    elif name == "birth":
        stage.speaker.message("homeassistant/status", b"online", False)
    elif name == "forget":
        stage.speaker.forget(node(1).hex().upper())
    elif name == "restart":
        return restarted(stage, table=tables[-1])
    elif name in ("named", "nameless"):
        tables.append(NAMES if name == "nameless" else {"nodes": [
            dict(NAMES["nodes"][0], nickname=1, id="first")]})
        stage.names(tables[-1])
    elif name == "full":
        stage.broker.is_full = not stage.broker.is_full
    else:
        getattr(stage.speaker, name)()
    return stage


@settings(deadline=None, max_examples=60)
@given(st.lists(_CALLS, max_size=40))
def test_whatever_happens_the_broker_ends_up_with_what_is_true(calls):
    """Every retained topic belongs to a node that is known, and every message is taken."""
    stage, tables = Stage(NAMES), [NAMES]
    for name, *args in calls:
        stage = _play(stage, tables, name, *args)
    stage.broker.is_full = False
    stage.speaker.connected()
    stage.wait(60)
    known = {each.id: each for each in stage.speaker.memo().nodes}
    announced = {topic.split("/")[2] for topic in stage.messages()}
    assert announced - {"vscpwsd_house"} == {
        "vscp_" + each.id for each in known.values() if each.entities}
    for topic in stage.broker.retained:
        parts = topic.split("/")
        if parts[:3] == ["vscpwsd", "house", "state"] and parts[3] != "daemon":
            assert parts[3] in known, topic
            assert parts[4] == "status" or parts[4] in known[parts[3]].entities, topic


def test_nothing_is_logged_of_an_ordinary_day(caplog):
    caplog.set_level(logging.INFO)
    stage = Stage(NAMES)
    stage.hear(10, 6, WARM)
    stage.settled()
    restarted(stage, table=NAMES).settled()
    assert caplog.messages == []


def test_an_empty_memo_is_a_first_start():
    assert Stage(broker=Broker(), memo=Memo()).settled()
    assert NODE[:15] == CAN0[:15]
