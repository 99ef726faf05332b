"""What is remembered: each word of the file up to its limit, and no line costs another."""

import json

import pytest

from hass import NODE
from vscpws.model.guid import format_guid
from vscpws.mqtt.homeassistant.memo import (
    MAX_SIZE,
    EntityMemo,
    Memo,
    NodeMemo,
    ThingMemo,
    memo_lines,
    read_memo,
)

ENTITY = {"platform": "sensor", "entity_id": "sensor.flow", "unit": None, "has_end": False}
HEAD = {"memo": 1, "name": "house", "prefix": "homeassistant", "buses": []}
NODE_LINE = {"node": "A", "guid": format_guid(NODE), "last": 5, "beats": True, "entities": {}}


def read(*entries):
    return read_memo("\n".join(json.dumps(entry) for entry in entries).encode("utf-8"))


def test_there_and_back():
    memo = Memo("house", "", (NodeMemo("A", NODE, 5.0, True, {
        "10_6_0": EntityMemo("sensor", "sensor.flow", "\u00b0C", True)}),
        NodeMemo("B", NODE, 0.0, False, {"on_0": EntityMemo("binary_sensor", "")})),
        (ThingMemo("light_2-1_0", "light.hall"), ThingMemo("x", "")), ("a/b", "c"), ("bus_can0",))
    lines = list(memo_lines(memo))
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines)
    assert read_memo("".join(lines).encode("utf-8")) == memo
    assert "\u00b0C" in lines[1] and lines[0].startswith('{"memo":1,')


def test_a_file_may_have_what_the_most_nodes_with_twenty_entities_have():
    entity = dict(ENTITY, entity_id="sensor." + "n" * 40)
    line = dict(NODE_LINE, node="F" * 32, entities={"1060_%d_0" % number: entity
                                                    for number in range(20)})
    assert 2 << 20 < 1024 * len(json.dumps(line)) < MAX_SIZE == 8 << 20


@pytest.mark.parametrize("most, entry, kept", [
    (1024, lambda number: dict(NODE_LINE, node="%d" % number), lambda memo: memo.nodes),
    (1024, lambda number: {"thing": "%d" % number, "entity_id": ""}, lambda memo: memo.things),
    (16384, lambda number: {"gone": "%d" % number}, lambda memo: memo.gone)])
def test_of_each_as_many_are_read_as_there_may_be(most, entry, kept):
    for count in (most, most + 1):
        memo = read(*map(entry, range(count)))
        assert len(kept(memo)) == most and memo.wrong == 0


def test_64_buses_and_128_entities_are_read():
    assert len(read(dict(HEAD, buses=["b%d" % number for number in range(65)])).buses) == 64
    for count, wrong in ((128, 0), (129, 1)):
        entities = {"e%d" % number: ENTITY for number in range(count)}
        assert read(dict(NODE_LINE, entities=entities)).wrong == wrong


@pytest.mark.parametrize("entry", [
    dict(HEAD, name="x" * 256), dict(HEAD, prefix=""), dict(NODE_LINE, last=0),
    dict(NODE_LINE, last=253402300799), dict(NODE_LINE, last=0.5), dict(NODE_LINE, node="x" * 64),
    dict(NODE_LINE, entities={"e": dict(ENTITY, unit="")}),
    dict(NODE_LINE, entities={"e": dict(ENTITY, entity_id="")}),
    {"thing": "a-b_C", "entity_id": "light.a_1"}, {"gone": "a/b"}])
def test_what_is_right_is_read(entry):
    assert read(entry).wrong == 0


@pytest.mark.parametrize("entry", [
    dict(HEAD, name=""), dict(HEAD, name="x" * 257), dict(HEAD, name=5), dict(HEAD, buses=["a/b"]),
    dict(HEAD, name="a\nb"), dict(NODE_LINE, last=-1), dict(NODE_LINE, last=253402300800),
    dict(NODE_LINE, last=True), dict(NODE_LINE, last="5"), dict(NODE_LINE, node="x" * 65),
    dict(NODE_LINE, node=""), dict(NODE_LINE, guid=""), dict(NODE_LINE, guid="x"),
    dict(NODE_LINE, entities={"e": dict(ENTITY, unit=5)}),
    dict(NODE_LINE, entities={"e": dict(ENTITY, entity_id="Sensor.x")}),
    dict(NODE_LINE, entities={"a/b": ENTITY}), dict(NODE_LINE, entities=[]),
    {"thing": "a/b", "entity_id": ""}, {"thing": "a", "entity_id": None},
    {"gone": ""}, {"gone": "a/+"}, {"gone": "a/#"}, {"other": 1}])
def test_a_wrong_line_costs_itself(entry):
    memo = read(HEAD, NODE_LINE, entry, {"thing": "t", "entity_id": ""}, {"gone": "g"})
    assert memo == Memo("house", "homeassistant", (NodeMemo("A", NODE, 5.0, True, {}),),
                        (ThingMemo("t", ""),), ("g",), (), 1)


def test_only_yes_is_yes():
    memo = read(dict(NODE_LINE, beats=1, entities={"e": dict(ENTITY, has_end=1)}))
    assert not memo.nodes[0].beats and not memo.nodes[0].entities["e"].has_end


def test_of_what_is_told_twice_the_first_one_counts_and_an_empty_line_is_none():
    other = dict(NODE_LINE, last=6)
    memo = read_memo(b"\n \n".join(json.dumps(entry).encode() for entry in (
        NODE_LINE, other, {"thing": "t", "entity_id": "light.a"},
        {"thing": "t", "entity_id": "light.b"})))
    assert (memo.nodes[0].last, memo.things[0].entity_id, memo.wrong) == (5.0, "light.a", 0)
    assert (len(memo.nodes), len(memo.things)) == (1, 1)
