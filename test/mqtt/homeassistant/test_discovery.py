"""What a device and its entities are called and told to be."""

import json

import pytest

from hass import CAN0, NODE, NODE_ID, Stage
from vscpws.mqtt.forms.refusals import Refusals
from vscpws.mqtt.homeassistant.discovery import node_components, node_name
from vscpws.mqtt.homeassistant.node import Node, entity_of
from vscpws.mqtt.homeassistant.topics import Topics
from vscpws.reading.names import Names, parse_names


def named(*sensors, name="Boiler", **more):
    table = dict({"nodes": [{"interface": "can0", "nickname": 9, "name": name,
                             "sensors": list(sensors)}]}, **more)
    names, problems = parse_names(table, {"can0": CAN0})
    assert problems == []
    return names


def node_with(*keys):
    node = Node(NODE_ID, NODE)
    node.entities.update((key, entity_of(key)) for key in keys)
    return node


def told(node, names=None, room=60000, said=None):
    return node_components(node, names or Names(), Topics("house"),
                           Refusals([].append if said is None else said.append), room)


def called(key, names):
    return told(node_with(key), names)[key]["name"]


# ---- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("end, name", [("0009", "Node 9"), ("0209", "Node 2-9")])
def test_a_node_without_a_name_has_its_nickname_and_the_number_of_its_interface(end, name):
    guid = NODE[:14] + bytes.fromhex(end)
    assert node_name(Node(guid.hex().upper(), guid), Names()) == name


@pytest.mark.parametrize("place, name", [
    ("0", "Temperature"), ("3", "Temperature 3"), ("0-0", "Temperature"),
    ("0-1", "Temperature 0-1"), ("2-0", "Temperature 2-0"), ("2-1-3", "Temperature 2-1 3")])
def test_what_has_no_name_is_called_after_its_place(place, name):
    assert called("65_6_" + place, Names()) == name


@pytest.mark.parametrize("key, vscp_class, vscp_type", [
    ("button_2-1", 20, 1), ("button_2-1", 20, 69), ("button_2-1", 20, 70), ("button_2-1", 20, 71),
    ("on_2-1", 20, 3), ("on_2-1", 20, 4), ("armed_2-1", 1, 11), ("20_40_2-1", 20, 40),
    ("2_6_2-1", 2, 6), ("508_7_2-1", 508, 7), ("heartbeat_0", 20, 9), ("heartbeat_0", 20, 5)])
def test_each_type_that_an_entity_tells_of_names_it(key, vscp_class, vscp_type):
    sensor = {"class": vscp_class, "type": vscp_type, "name": "Flow"}
    assert called(key, named(sensor)) == "Flow"
    assert called(key, named(dict(sensor, type=vscp_type + 100))) != "Flow"


@pytest.mark.parametrize("key, vscp_class, vscp_type, index, fits", [
    ("65_6_2-1", 65, 6, 0, True), ("65_6_2-1", 65, 6, 1, False), ("65_6_2-1-1", 65, 6, 1, True),
    ("65_6_2-1-1", 65, 6, 0, False), ("20_48_2-1", 20, 48, 0, True), ("10_6_0", 10, 6, 0, True),
    ("on_2-1", 20, 3, 0, False), ("on_5", 20, 3, 5, True), ("on_0", 20, 3, 0, True)])
def test_the_index_of_what_is_alone_in_its_place_is_0_but_a_pair_in_a_zone_has_none(
        key, vscp_class, vscp_type, index, fits):
    sensor = {"class": vscp_class, "type": vscp_type, "index": index, "name": "Flow"}
    assert (called(key, named(sensor)) == "Flow") == fits


@pytest.mark.parametrize("device, sensor, name", [
    ("Stra\u00dfe", "STRASSE 5", "STRASSE 5"), ("Stra\u00dfe", "STRA\u00dfE 5", "5"),
    ("Hall", "HALL: lamp", "lamp")])
def test_of_a_name_that_begins_as_the_device_s_the_rest_is_whole(device, sensor, name):
    names = named({"class": 10, "type": 6, "name": sensor}, name=device)
    assert called("10_6_0", names) == name


# ---- ids -----------------------------------------------------------------------------------------


def test_an_entity_s_own_id_has_160_characters_at_most():
    names = named({"class": 10, "type": 6, "name": "\u00df" * 63 + "\u00e4"}, name="\u00df" * 64)
    component = told(node_with("10_6_0"), names)["10_6_0"]
    assert component["default_entity_id"] == "sensor." + "s" * 128 + "_" + "s" * 31


def test_an_entity_s_own_id_never_ends_with_a_line():
    names = named({"class": 10, "type": 6, "name": "\u00df" * 15 + " b"}, name="\u00df" * 64)
    component = told(node_with("10_6_0"), names)["10_6_0"]
    assert component["default_entity_id"] == "sensor." + "s" * 128 + "_" + "s" * 30


# ---- room ----------------------------------------------------------------------------------------


def test_what_fits_to_the_last_byte_is_told():
    node, names, said = node_with("on_2-1", "on_2-2"), named(name="K\u00fcche"), []
    whole = told(node, names)
    room = sum(len(json.dumps({key: each}, ensure_ascii=False).encode("utf-8"))
               for key, each in whole.items())
    assert told(node, names, room, said) == whole and said == []
    assert list(told(node, names, room - 1, said)) == ["on_2-1"] and len(said) == 1


# ---- classes -------------------------------------------------------------------------------------


def chosen(event, **choice):
    """The component of a sensor with such a choice."""
    vscp_class, vscp_type, data = event
    stage = Stage({"nodes": [{"interface": "can0", "nickname": 9, "name": "Node", "sensors": [
        dict({"class": vscp_class, "type": vscp_type, "name": "Flow"}, **choice)]}]})
    stage.hear(vscp_class, vscp_type, data)
    stage.settled()
    component, = stage.components().values()
    return component, stage.speaker.status()["complaints"].get("choice", 0)


DISTANCE, OPEN, LIMIT = (10, 2, "6007"), (20, 7, "000201"), (20, 10, "000201")
DETECTED, BEAT = (20, 49, "000201"), (20, 9, "000000")


def test_a_state_class_may_be_chosen_without_a_device_class():
    component, refused = chosen(DISTANCE, state_class="total")
    assert (component["device_class"], component["state_class"]) == ("distance", "total")
    assert refused == 0


@pytest.mark.parametrize("event, choice, kept", [
    (OPEN, {"device_class": "water"}, "opening"),
    (OPEN, {"device_class": "garage_door", "state_class": "total"}, "opening"),
    (OPEN, {"state_class": "total"}, "opening"),
    (LIMIT, {"device_class": "power_factor"}, "enum"),
    (DETECTED, {"device_class": "power_factor"}, "motion"),
    (BEAT, {"device_class": "power_factor"}, "timestamp")])
def test_a_choice_that_is_none_of_its_kind_is_left_out_and_said(event, choice, kept, caplog):
    component, refused = chosen(event, **choice)
    assert (component["device_class"], component.get("state_class"), refused) == (kept, None, 1)
    line, = caplog.messages
    assert "names.json: Flow: " in line
