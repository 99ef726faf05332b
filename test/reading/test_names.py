"""Names of nodes, sensors, zones and things; and entries that are wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.reading.names import Names, Thing, parse_names

CAN0 = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020000")
LIVING = CAN0[:15] + b"\3"
INTERFACES = {"can0": CAN0}
HOUSE = {
    "nodes": [
        {"guid": "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:03", "name": "Living room",
         "area": "Ground floor", "id": "living",
         "sensors": [{"class": 10, "type": 6, "index": 0, "name": "Air"},
                     {"class": "Measurement", "type": "temperature", "name": "Somewhere"}]},
        {"interface": "can0", "nickname": 4, "name": "Hall"}],
    "zones": [{"zone": 2, "subzone": 1, "name": "Ceiling lamp"}, {"zone": 2, "name": "Upstairs"}],
    "things": [{"name": "Ceiling", "kind": "light", "zone": 2, "subzone": 1}]}


def names(**table):
    return parse_names(table, INTERFACES)


@pytest.fixture
def house():
    found, problems = parse_names(HOUSE, INTERFACES)
    assert problems == []
    return found


def test_a_node_is_named_by_its_guid_or_by_interface_and_nickname(house):
    assert house.node(LIVING) == "Living room"
    assert house.node(CAN0[:15] + b"\4") == "Hall"
    assert house.node(CAN0) == ""
    assert (house.nodes[LIVING].area, house.nodes[LIVING].id) == ("Ground floor", "living")


def test_a_sensor_s_narrowest_name_counts(house):
    assert house.sensor(LIVING, 10, 6, 0) == "Air"
    assert house.sensor(LIVING, 10, 6, 1) == "Somewhere"
    assert house.sensor(LIVING, 522, 6, 0) == "Air"
    assert house.sensor(LIVING, 10, 7, 0) == ""
    assert house.sensor(CAN0, 10, 6, 0) == ""


def test_a_zone_s_name_stands_for_its_subzones_without_one(house):
    assert house.zone(2, 1) == "Ceiling lamp"
    assert house.zone(2, 9) == house.zone(2) == "Upstairs"
    assert house.zone(3, 1) == house.zone(None) == ""


def test_things_that_obey(house):
    assert house.things == (Thing("Ceiling", "light", 2, 1),)
    found, problems = names(things=[{"name": "Warmth", "kind": "setpoint", "type": "temperature",
                                     "zone": 1, "subzone": 0, "node": "::03"}])
    assert problems == []
    assert found.things[0].vscp_type == 6 and found.things[0].node == b"\xff" * 15 + b"\3"


def test_the_table_is_the_file_s_form(house):
    assert house.table == HOUSE


@pytest.mark.parametrize("table", [{}, {"nodes": []}, {"nodes": None, "zones": None}])
def test_no_names_are_no_fault(table):
    assert parse_names(table, INTERFACES) == (Names(), [])


@pytest.mark.parametrize("table", [[], "names", 5, None])
def test_what_is_no_object_is_one_problem(table):
    found, problems = parse_names(table, INTERFACES)
    assert found == Names() and len(problems) == 1


@pytest.mark.parametrize("key", ["\ud800", "a\nb", "\x1b[2J", "\u202e", "x" * 1000])
def test_a_key_that_is_not_known_is_shown_in_one_line(key):
    (place, reason), = parse_names({key: 1}, INTERFACES)[1]
    assert place.isprintable() and len(place) <= 64 and reason.startswith("unknown key")
    place.encode("utf-8")


@pytest.mark.parametrize("node, reason", [
    ("x", "not an object"), ({"name": "A"}, "has no interface"),
    ({"guid": "FF", "name": "A"}, "not a GUID"), ({"guid": "::05"}, "has no name"),
    ({"guid": "::05", "name": " "}, "name is empty"),
    ({"guid": "::05", "name": "A" * 65}, "no text of up to 64"),
    ({"guid": "::05", "name": "A\x1b[2J"}, "no text"), ({"guid": "::05", "name": 5}, "no text"),
    ({"guid": "::05", "name": "A", "nickname": 5}, "but not both"),
    ({"interface": "can1", "nickname": 4, "name": "A"}, "there are: can0"),
    ({"interface": "can0", "nickname": 256, "name": "A"}, "0-255"),
    ({"interface": "can0", "nickname": True, "name": "A"}, "0-255"),
    ({"guid": "::05", "name": "A", "nmae": "B"}, "unknown key 'nmae'"),
    ({"guid": "::05", "name": "A", "area": []}, "area is no text")])
def test_a_wrong_node_is_left_out_with_its_place_and_the_reason(node, reason):
    found, problems = names(nodes=[{"guid": "::01", "name": "First"}, node,
                                   {"guid": "::02", "name": "Last"}])
    (place, text), = problems
    assert place == "nodes[1]" and reason in text and text.endswith("left out")
    assert [each.name for each in found.nodes.values()] == ["First", "Last"]
    assert len(found.table["nodes"]) == 2


@pytest.mark.parametrize("sensor, reason", [
    ({"type": 6, "name": "A"}, "has no class"), ({"class": 10, "name": "A"}, "has no type"),
    ({"class": "mesurement", "type": 6, "name": "A"}, "no class is called"),
    ({"class": 10, "type": 6, "name": "A", "index": 300}, "index is no whole number"),
    ({"class": 10, "type": 6}, "has no name")])
def test_a_wrong_sensor_costs_itself_and_not_its_node(sensor, reason):
    found, problems = names(nodes=[{"guid": "::01", "name": "First", "sensors": [
        sensor, {"class": 10, "type": 7, "name": "Good"}]}])
    (place, text), = problems
    assert place == "nodes[0].sensors[0]" and reason in text
    node, = found.nodes.values()
    assert [each.name for each in node.sensors] == ["Good"]


@pytest.mark.parametrize("thing, reason", [
    ({"name": "A", "kind": "lamp", "zone": 1, "subzone": 1}, "none of switch, light"),
    ({"name": "A", "kind": "light", "zone": 1}, "subzone is no whole number"),
    ({"name": "A", "kind": "light", "zone": 1, "subzone": 1, "type": 6}, "only a setpoint"),
    ({"name": "A", "kind": "setpoint", "zone": 1, "subzone": 1}, "has no type")])
def test_a_wrong_thing_is_left_out(thing, reason):
    found, problems = names(things=[thing])
    assert found.things == () and reason in problems[0][1] and problems[0][0] == "things[0]"


def test_one_name_for_one_node_and_one_zone():
    found, problems = names(
        nodes=[{"guid": "::03", "name": "A"}, {"guid": "::FF:03", "name": "B"}],
        zones=[{"zone": 1, "name": "A"}, {"zone": 1, "name": "B"}])
    assert [place for place, _ in problems] == ["nodes[1]", "zones[1]"]
    assert found.zone(1) == "A"


def test_lists_have_an_end():
    found, problems = names(zones=[{"zone": n % 256, "subzone": n // 256 % 256, "name": "A"}
                                   for n in range(5000)])
    assert len(found.zones) == 4096 and problems == [("zones", "5000 entries, at most 4096")]


def test_an_unknown_key_is_said_and_the_rest_holds():
    found, problems = names(zonse=[], zones=[{"zone": 1, "name": "A"}])
    assert problems[0][0] == "zonse" and found.zone(1) == "A"


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
                        st.sampled_from(["nodes", "zones", "things", "guid", "name", "zone",
                                         "class", "type", "sensors", "kind"]), inner, max_size=5),
                    max_leaves=20)


@given(JSON)
def test_any_json_will_do(table):
    found, _ = parse_names(table, INTERFACES)
    json.dumps(found.table)


def test_what_a_sensor_is_to_home_assistant_may_be_chosen():
    found, problems = names(nodes=[{"guid": "::01", "name": "A", "sensors": [
        {"class": 10, "type": 28, "name": "Water", "device_class": "water",
         "state_class": "total_increasing", "expire": 900}]}])
    assert problems == []
    sensor = found.entry(b"\xff" * 15 + b"\1", 522, 28, 3)
    assert (sensor.device_class, sensor.state_class, sensor.expire) == (
        "water", "total_increasing", 900)
    assert found.entry(b"\xff" * 15 + b"\1", 10, 29) is None


@pytest.mark.parametrize("choice, reason", [
    ({"expire": -1}, "expire is no whole number"), ({"expire": "900"}, "expire is no whole number"),
    ({"device_class": "a b"}, "letters, digits"), ({"state_class": "{{"}, "letters, digits")])
def test_a_wrong_choice_costs_its_sensor(choice, reason):
    found, problems = names(nodes=[{"guid": "::01", "name": "A", "sensors": [
        dict({"class": 10, "type": 6, "name": "B"}, **choice)]}])
    (_, text), = problems
    assert reason in text and found.nodes[b"\xff" * 15 + b"\1"].sensors == ()


@pytest.mark.parametrize("identity, reason", [
    ("a b", "letters, digits"), ("a/b", "letters, digits"), ("+", "letters, digits"),
    ("k\u00fcche", "letters, digits"), ("daemon", "is taken"), ("things", "is taken"),
    ("one", "'one' is taken")])
def test_a_node_s_id_is_fit_for_a_topic_and_its_own(identity, reason):
    found, problems = names(nodes=[{"guid": "::01", "name": "First", "id": "one"},
                                   {"guid": "::02", "name": "Second", "id": identity}])
    (place, text), = problems
    assert place == "nodes[1]" and reason in text
    assert [node.name for node in found.nodes.values()] == ["First"]
