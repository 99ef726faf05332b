"""The nodes that were heard: what is kept of them, and what the broker has of each."""

import json

import pytest

from hass import CAN0, NODE, NODE_ID, Broker
from vscpws.model.event import Event
from vscpws.model.guid import format_guid
from vscpws.mqtt.forms.refusals import Refusals
from vscpws.mqtt.homeassistant import nodes as module
from vscpws.mqtt.homeassistant.board import Board
from vscpws.mqtt.homeassistant.memo import EntityMemo, NodeMemo
from vscpws.mqtt.homeassistant.nodes import Nodes
from vscpws.mqtt.homeassistant.topics import Topics
from vscpws.reading.names import Names, parse_names

OTHER = CAN0[:15] + b"\x05"
OTHER_ID = OTHER.hex().upper()
HERE = "\x00\x02\x01".encode()          # index 0, zone 2, subzone 1
BEAT, ON, OFF, MOTION, COMMAND = (20, 9), (20, 3), (20, 4), (2, 1), (30, 5)
DOOR, CLOSED, LEVEL, BUTTON, CONCENTRATION = (2, 9), (20, 8), (20, 40), (20, 1), (10, 45)
NOTHING = (20, 59)                      # of which no entity is made


def named(*entries):
    names, problems = parse_names({"nodes": list(entries)}, {"can0": CAN0})
    assert problems == []
    return names


def entry(guid, **more):
    return dict({"guid": format_guid(guid), "name": "Boiler"}, **more)


def a_memo(guid=NODE, *entities, identity=None, beats=False):
    return NodeMemo(identity or guid.hex().upper(), guid, 1795503000.0, beats, {
        key: EntityMemo(platform, "") for key, platform in entities})


class Stage:
    def __init__(self, names=None):
        self.now, self.wall = 1000.0, 1795503611.0
        self.broker, self.said = Broker(), []
        self.board = Board(self.broker.publish)
        self.board.connected = True
        self.refusals = Refusals(self.said.append, lambda: self.now)
        self.nodes = Nodes(
            Topics("house"), names or Names(), self.board,
            lambda topic, content: self.broker.publish(topic, content), self.refusals,
            {"can0": CAN0}, lambda: self.now, lambda: self.wall)

    def hear(self, which, guid=NODE, data=HERE):
        self.nodes.hear(Event(0x60, *which, 1, int(self.wall * 1000000), 0, guid, data))

    def wait(self, seconds):
        self.now += seconds
        self.wall += seconds
        self.nodes.tick()

    def state(self, entity, node=NODE_ID):
        return (self.broker.state(entity, node) or {}).get("value")

    def online(self, node=NODE_ID):
        return self.broker.retained.get("vscpwsd/house/state/%s/status" % node)

    def told(self, node=NODE_ID):
        return json.loads(self.broker.retained["vscpwsd/house/nodes/" + node].decode())


@pytest.fixture
def stage():
    return Stage()


# ---- who is there --------------------------------------------------------------------------------


def test_a_command_of_a_node_that_is_known_is_a_sign_of_life(stage):
    stage.hear(BEAT)
    stage.wait(100)
    stage.hear(COMMAND)
    stage.wait(149)
    assert stage.online() == b"online"


def test_who_is_there_is_said_with_quality_1(stage):
    stage.hear(BEAT)
    assert stage.broker.messages[0] == (
        "vscpwsd/house/state/%s/status" % NODE_ID, b"online", True, 1)


def test_a_node_is_offline_when_more_than_150_s_have_gone(stage):
    stage.hear(BEAT)
    stage.wait(150)
    assert stage.online() == b"online" and stage.told()["online"]
    stage.wait(0.5)
    assert stage.online() == b"offline" and not stage.told()["online"]


def test_a_node_that_is_remembered_has_as_long_from_the_start_as_from_its_last_word(stage):
    stage.nodes.restore([a_memo(beats=True)])
    stage.wait(150)
    assert stage.online() is None
    stage.wait(0.5)
    assert stage.online() == b"offline"


def test_the_topics_of_who_is_there_are_those_of_all_nodes(stage):
    stage.hear(ON)
    stage.hear(ON, OTHER)
    assert stage.nodes.availability() == [
        "vscpwsd/house/state/%s/status" % identity for identity in (NODE_ID, OTHER_ID)]


def test_a_node_is_told_with_the_bus_that_its_guid_is_of(stage):
    strange = bytes((1,)) * 16
    stage.hear(ON)
    stage.hear(ON, strange)
    assert stage.told()["bus"] == "can0"
    assert "bus" not in stage.told(strange.hex().upper())


def test_when_a_node_was_last_heard_is_told_after_more_than_ten_minutes(stage):
    stage.hear(ON)
    for seconds, last in ((600, "07:00:11"), (1, "07:10:12")):
        stage.wait(seconds)
        stage.hear(ON)
        stage.wait(0)
        assert stage.told()["last"] == "2026-11-24T%sZ" % last


# ---- what is heard -------------------------------------------------------------------------------


def test_an_event_of_a_moment_is_told_and_nothing_is_kept(stage):
    stage.hear(BUTTON, data=b"\x01" + HERE[1:] + b"\0\x07")
    topic = "vscpwsd/house/state/%s/button_2-1" % NODE_ID
    content, = stage.broker.sent(topic)
    assert json.loads(content.decode()) == {
        "event_type": "press", "code": 7, "at": "2026-11-24T07:00:11Z"}
    assert topic not in stage.broker.retained


def test_what_can_t_be_told_is_counted_and_what_has_nothing_to_tell_is_not(stage):
    stage.hear(ON, data=b"\0\xff\xff")
    stage.hear(NOTHING)
    assert stage.refusals.counts == {"all-zones": 1} and stage.said == []


def test_the_first_unit_of_a_sensor_stays_where_its_type_has_several(stage):
    for data, value in ((b"\x68\x02", 2), (b"\x68\x03", 3),     # ppm
                        (b"\x70\x01", 10000), (b"\x60\x05", 10000)):     # %, mol/m3
        stage.hear(CONCENTRATION, data=data)
        assert stage.broker.state("10_45_0")["unit"] == "ppm"
        assert stage.state("10_45_0") == value
    assert stage.refusals.counts == {"unit": 1} and stage.said == []


def test_a_level_is_a_percentage_until_it_is_over_100_and_announced_as_what_it_is(stage):
    for level, unit, is_marked in ((50, "%", True), (100, "%", False), (200, None, True),
                                   (50, None, False)):
        stage.nodes.dirty.clear()
        stage.hear(LEVEL, data=bytes((level,)) + HERE[1:])
        state = stage.broker.state("20_40_2-1")
        assert (state["value"], state.get("unit")) == (level, unit)
        assert (NODE_ID in stage.nodes.dirty) == is_marked


# ---- moments that are over -----------------------------------------------------------------------


def test_motion_is_over_after_its_minute_and_said_to_be_so_once(stage):
    stage.hear(MOTION)
    stage.hear(ON, OTHER)
    stage.wait(59)
    assert stage.state("2_1_2-1") == "ON"
    stage.wait(1)
    assert stage.broker.state("2_1_2-1") == {"value": "OFF", "at": "2026-11-24T07:01:11Z"}
    count = len(stage.broker.messages)
    stage.wait(1)
    assert len(stage.broker.messages) == count and stage.state("2_1_2-1", OTHER_ID) is None


def test_a_clock_that_is_before_1970_says_1970(stage):
    stage.wall = 0.0
    stage.hear(MOTION)
    stage.wall = -100.0
    stage.wait(60)
    assert stage.broker.state("2_1_2-1") == {"value": "OFF", "at": "1970-01-01T00:00:00Z"}


def test_motion_whose_end_is_told_is_not_over_by_itself_and_announced_so_once(stage):
    stage.hear(MOTION)
    for data, is_marked in ((HERE + b"\x01", True), (HERE + b"\x01", False), (HERE, False)):
        stage.nodes.dirty.clear()
        stage.hear(MOTION, data=data)
        stage.wait(100)
        assert stage.state("2_1_2-1") == "ON"
        assert (NODE_ID in stage.nodes.dirty) == is_marked


def test_a_door_that_has_been_closed_is_open_until_it_is_closed_again(stage):
    stage.hear(DOOR)
    stage.hear(CLOSED)
    stage.hear(DOOR)
    stage.wait(100)
    assert stage.state("2_9_2-1") == "ON"


@pytest.mark.parametrize("which, state", [(CLOSED, "OFF"), ((20, 7), "ON"), (OFF, "ON")])
def test_only_closed_ends_what_a_contact_has_told(stage, which, state):
    stage.hear(DOOR)
    stage.hear(which)
    assert stage.state("2_9_2-1") == state


def test_of_a_node_that_was_forgotten_nothing_is_over(stage):
    stage.hear(MOTION)
    stage.nodes.remove(stage.nodes.get(NODE_ID))
    stage.wait(100)
    stage.board.flush(100)
    assert stage.broker.retained == {}
    assert not stage.nodes.dirty and stage.nodes.entities == 0


def test_a_node_that_was_forgotten_and_speaks_is_a_new_one(stage):
    stage.hear(ON)
    stage.nodes.remove(stage.nodes.get(NODE_ID))
    assert len(stage.nodes) == 0
    stage.hear(ON)
    assert [node.id for node in stage.nodes] == [NODE_ID] and stage.nodes.entities == 1


# ---- limits --------------------------------------------------------------------------------------


def test_a_node_too_many_is_left_out_and_said(stage, monkeypatch):
    monkeypatch.setattr(module, "MOST_NODES", 2)
    for nickname in range(1, 4):
        stage.hear(ON, CAN0[:15] + bytes((nickname,)))
    assert [node.guid[15] for node in stage.nodes] == [1, 2]
    line, = stage.said
    assert line.startswith("%s: over 2 nodes" % format_guid(CAN0[:15] + b"\x03"))


def test_an_entity_too_many_of_a_node_is_left_out_and_said(stage, monkeypatch):
    monkeypatch.setattr(module, "MOST_ENTITIES", 2)
    for zone in range(1, 4):
        stage.hear(ON, data=bytes((0, zone, 1)))
    node, = stage.nodes
    assert list(node.entities) == ["on_1-1", "on_2-1"]
    line, = stage.said
    assert line.startswith("%s on_3-1: a node has over 2 things to tell" % format_guid(NODE))


def test_all_nodes_have_16384_entities_at_most(stage):
    stage.board.connected = False
    for number in range(16385):
        stage.hear(ON, CAN0[:13] + (number // 100).to_bytes(3, "big"),
                   bytes((0, number % 100, 1)))
    assert stage.nodes.entities == 16384 and len(stage.said) == 1
    assert "or all have over 16384: this one is left out" in stage.said[0]


def test_of_what_is_remembered_is_taken_over_what_there_is_room_for(stage, monkeypatch):
    monkeypatch.setattr(module, "_MOST_ALL", 3)
    two = ("on_2-1", "binary_sensor"), ("on_2-2", "binary_sensor")
    memos = [a_memo(CAN0[:15] + bytes((number,)), *two[:count])
             for number, count in ((1, 2), (2, 2), (3, 1), (4, 1))]
    stage.nodes.restore(memos)
    assert [node.guid[15] for node in stage.nodes] == [1, 3] and stage.nodes.entities == 3
    stage.hear(ON)
    assert stage.nodes.entities == 3


# ---- what is remembered --------------------------------------------------------------------------


def test_whatever_is_to_be_remembered_at_once_makes_a_version_that_was_not_there_before(stage):
    versions = [stage.nodes.version]
    for step in (
            lambda: stage.hear(NOTHING), lambda: stage.hear(ON), lambda: stage.hear(ON, OTHER),
            lambda: stage.hear(BEAT), lambda: stage.nodes.remove(stage.nodes.get(NODE_ID)),
            lambda: stage.hear(MOTION, OTHER)):
        step()
        versions.append(stage.nodes.version)
    assert len(set(versions)) == len(versions)


def test_what_was_remembered_already_makes_no_version(stage):
    stage.hear(BEAT)
    stage.hear(ON)
    version = stage.nodes.version
    stage.hear(BEAT)
    stage.hear(OFF)
    assert stage.nodes.version == version


def test_a_node_with_something_new_to_tell_is_to_be_announced(stage):
    stage.hear(NOTHING)
    assert not stage.nodes.dirty
    stage.hear(ON)
    assert list(stage.nodes.dirty) == [NODE_ID]


def test_a_moment_that_is_remembered_is_over_and_what_has_an_end_is_left_as_it_is(stage):
    stage.nodes.restore([a_memo(NODE, ("2_1_2-1", "binary_sensor"), ("on_2-1", "binary_sensor"))])
    assert (stage.state("2_1_2-1"), stage.state("on_2-1")) == ("OFF", None)


def test_the_state_of_what_is_no_entity_any_more_is_cleared(stage):
    topic = "vscpwsd/house/state/%s/on_2-1" % NODE_ID
    stage.broker.retained[topic] = b"{}"
    stage.nodes.restore([a_memo(NODE, ("on_2-1", "sensor"))])
    stage.board.flush(100)
    assert topic not in stage.broker.retained


def test_a_node_that_is_remembered_is_to_be_announced_and_there_if_it_has_no_heartbeat(stage):
    assert stage.nodes.restore([a_memo(), a_memo(OTHER, beats=True)]) == []
    assert list(stage.nodes.dirty) == [NODE_ID, OTHER_ID]
    assert (stage.online(), stage.online(OTHER_ID)) == (b"online", None)
    stage.hear(COMMAND, OTHER)
    assert stage.online(OTHER_ID) == b"online"


def test_what_comes_back_in_another_form_is_not_remembered_as_leaving(stage):
    stage.nodes.restore([a_memo(NODE, ("on_2-1", "sensor"))])
    memo = stage.nodes.get(NODE_ID).memo()
    assert memo.entities["on_2-1"].platform == "sensor"         # until it is told to go
    stage.hear(ON)
    memo = stage.nodes.get(NODE_ID).memo()
    assert memo.entities["on_2-1"].platform == "binary_sensor"


def test_of_two_memories_of_a_node_the_first_one_counts(stage):
    memos = [a_memo(NODE, ("on_2-1", "binary_sensor")),
             a_memo(NODE, ("on_2-2", "binary_sensor"), identity="old")]
    assert stage.nodes.restore(memos) == memos[1:]
    node, = stage.nodes
    assert list(node.entities) == ["on_2-1"] and stage.nodes.entities == 1


def test_who_is_called_otherwise_now_is_told_and_leaves_nothing_behind():
    stage = Stage(named(entry(NODE, id="boiler")))
    memo = a_memo(NODE, ("on_2-1", "binary_sensor"), ("on_2-2", "sensor"))
    assert stage.nodes.restore([memo]) == [memo]
    node, = stage.nodes
    assert node.id == "boiler" and list(node.memo().entities) == ["on_2-1"]


# ---- other names ---------------------------------------------------------------------------------


def test_with_another_id_a_node_is_as_long_there_as_with_the_first():
    stage = Stage()
    stage.wait(100)
    stage.hear(BEAT)
    stage.wait(100)
    memo, = stage.nodes.replace(named(entry(NODE, id="boiler")))
    assert memo.id == NODE_ID and stage.online("boiler") == b"online"
    assert stage.told("boiler")["last"] == "2026-11-24T07:01:51Z"
    stage.wait(50)
    assert stage.online("boiler") == b"online"
    stage.wait(1)
    assert stage.online("boiler") == b"offline"


def test_with_another_id_a_node_leaves_nothing_of_the_first():
    stage = Stage()
    stage.hear(ON)
    stage.nodes.replace(named(entry(NODE, id="boiler")))
    stage.board.flush(100)
    assert not [topic for topic in stage.broker.retained if NODE_ID in topic]
    assert [node.id for node in stage.nodes] == ["boiler"] and stage.nodes.entities == 1


def test_a_node_whose_id_another_guid_has_now_is_told_with_that_one(stage):
    stage.hear(ON)
    stage.nodes.replace(named(entry(OTHER, id=NODE_ID)))
    assert stage.told()["guid"] == format_guid(OTHER)


def test_with_another_id_a_node_that_was_not_heard_is_not_called_offline():
    stage = Stage()
    stage.nodes.restore([a_memo(beats=True)])
    stage.nodes.replace(named(entry(NODE, id="boiler")))
    assert stage.online("boiler") is None


def test_with_another_id_a_node_that_said_goodbye_stays_offline():
    stage = Stage()
    stage.hear((20, 6))
    stage.nodes.replace(named(entry(NODE, id="boiler")))
    assert stage.online("boiler") == b"offline"


def test_another_name_is_told_at_once_and_to_be_announced(stage):
    stage.hear(ON)
    stage.nodes.dirty.clear()
    stage.nodes.replace(named(entry(NODE)))
    assert stage.told()["name"] == "Boiler" and list(stage.nodes.dirty) == [NODE_ID]


def test_a_guid_that_is_no_more_a_node_s_is_a_node_of_its_own():
    stage = Stage(named(entry(OTHER, id=NODE_ID)))
    stage.hear(ON)
    stage.hear(ON, OTHER)
    assert len(stage.nodes) == 1
    stage.nodes.replace(Names())
    stage.hear(COMMAND, OTHER)          # tells nothing of who isn't known
    assert len(stage.nodes) == 1
    stage.hear(ON, OTHER)
    assert [node.id for node in stage.nodes] == [NODE_ID, OTHER_ID]


def test_a_node_that_is_forgotten_takes_no_guid_with_it_that_was_its_own_once():
    stage = Stage(named(entry(OTHER, id=NODE_ID)))
    stage.hear(ON)
    stage.hear(ON, OTHER)
    stage.nodes.replace(Names())
    stage.hear(BEAT, OTHER)
    stage.nodes.remove(stage.nodes.get(NODE_ID))
    stage.wait(100)
    stage.hear(COMMAND, OTHER)
    stage.wait(149)
    assert stage.online(OTHER_ID) == b"online"


def test_other_names_leave_known_who_is_known(stage):
    stage.hear(BEAT)
    stage.nodes.replace(named(entry(OTHER)))
    stage.wait(100)
    stage.hear(COMMAND)
    stage.wait(149)
    assert stage.online() == b"online"
