"""What is kept of a node and its entities, and what comes back of it."""

import json

import pytest

from hass import NODE, NODE_ID
from vscpws.mqtt.homeassistant.hearing import Place
from vscpws.mqtt.homeassistant.memo import EntityMemo, NodeMemo
from vscpws.mqtt.homeassistant.node import Node, entity_of, node_of, payload


@pytest.mark.parametrize("key, place, unit, pulses", [
    ("on_2-1", Place(None, 2, 1), "", False), ("10_6_3", Place(3), "\u00b0C", False),
    ("10_45_0", Place(0), None, False), ("20_40_2-1", Place(None, 2, 1), None, False),
    ("2_6_2-1-4", Place(4, 2, 1), "", True), ("20_88_0", Place(0), "", False)])
def test_an_entity_is_what_its_id_says_and_nothing_is_decided_yet(key, place, unit, pulses):
    entity = entity_of(key)
    assert (entity.id, entity.place, entity.unit, entity.pulses) == (key, place, unit, pulses)
    assert entity.stem == key.rpartition("_")[0]
    assert entity.memo() == EntityMemo(entity.kind.platform, "", unit, False)


@pytest.mark.parametrize("key", ["on", "on_", "on_2-1-3-4", "nothing_0", "10_31_0", "", "_0"])
def test_another_id_is_no_entity(key):
    assert entity_of(key) is None
    assert entity_of(key, EntityMemo("binary_sensor", "")) is None


@pytest.mark.parametrize("key, memo, unit", [
    ("10_45_0", EntityMemo("sensor", "sensor.air", "ppm", False), "ppm"),
    ("10_6_0", EntityMemo("sensor", "sensor.air", "K", False), "\u00b0C"),
    ("2_1_0", EntityMemo("binary_sensor", "binary_sensor.hall", "", True), "")])
def test_an_entity_is_as_it_is_remembered_but_for_a_unit_that_is_the_table_s(key, memo, unit):
    entity = entity_of(key, memo)
    assert entity.memo() == memo._replace(unit=unit)
    assert not entity.pulses


def test_what_was_of_another_platform_is_not_that_entity():
    assert entity_of("on_2-1", EntityMemo("sensor", "")) is None


def test_a_new_node_was_never_heard_and_nobody_was_told():
    node = Node(NODE_ID, NODE)
    assert node.memo() == NodeMemo(NODE_ID, NODE, 0.0, False, {})
    assert (node.heard, node.online, node.announced, node.told) == (None, None, None, 0.0)
    assert node.guids == set()


def test_a_node_comes_back_with_what_it_has_and_what_is_leaving_it():
    memo = NodeMemo("boiler", NODE, 1795503000.0, True, {
        "on_2-1": EntityMemo("binary_sensor", "binary_sensor.on", "", False),
        "77_6_0": EntityMemo("sensor", "sensor.gone", "W", True)})
    node = node_of(memo, "furnace")
    assert list(node.entities) == ["on_2-1"] and node.leaving == {"77_6_0": "sensor"}
    assert node.memo() == memo._replace(id="furnace", entities=dict(
        memo.entities, **{"77_6_0": EntityMemo("sensor", "", None, False)}))


def test_a_payload_has_the_parts_that_are_something_without_a_blank():
    told = payload(value=0, unit="\u00b0C", at="", code=None, online=False)
    assert told == '{"value":0,"unit":"\u00b0C","online":false}'.encode("utf-8")
    assert json.loads(payload().decode()) == {}
