"""The simulated house: what it does by itself, and that it never floods, whatever it is sent."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vscpws.demo as demo
from demohouse import (
    BEAT,
    BLIND,
    BURGLAR,
    DETECTOR,
    LAMP,
    LEVEL,
    LIVING_CLIMATE,
    LOCK,
    METER,
    MOTION,
    OFF,
    ON,
    RESET,
    Stay,
    place,
)
from vscpws.demo.house import NODES
from vscpws.model.event import MAX_LEVEL1_DATA, Event
from vscpws.model.guid import ZERO
from vscpws.reading.measurement import decode
from vscpws.reading.states import state_key

CONF = Path(__file__).resolve().parents[2] / "conf"
MOST_ANSWERS = 12           # of a node to one command: a blind's whole way


@pytest.fixture
def stay():
    return Stay()


# ---- by itself ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_every_state_is_reported_within_a_minute_of_the_start(seed):
    stay = Stay(seed, settle=60)
    kinds = {}
    for _, kind, node, _ in stay.heard:
        kinds.setdefault(node, set()).add(kind)
    assert {node.nickname for node in NODES} == set(kinds)
    assert all(BEAT in said for said in kinds.values())
    for nodes, said in (((0x04, 0x07, 0x0C), {LEVEL}), ((0x0D, 0x0E), {LEVEL}),
                        ((0x0F, 0x10), {LEVEL}), ((0x03, 0x06), {(65, 6), (10, 6), (10, 35)}),
                        ((LOCK,), {(20, 76)}), ((DETECTOR, BURGLAR), {RESET}), ((0x01,), {(20, 8)}),
                        ((BURGLAR,), {(1, 11)}), ((METER,), {(10, 13), (10, 14), (10, 16)}),
                        ((0x09,), {(10, 6)}), ((0x0B,), {(10, 6), (10, 35), (10, 25)}),
                        ((MOTION,), {(2, 36)})):
        for node in nodes:
            assert said <= kinds[node], node
    assert all(kinds[node] & {ON, OFF} for node in (0x04, 0x07, 0x0C))


def test_a_request_makes_a_node_say_all_it_knows(stay):
    stay.send(30, 24, 0, 2, 0)
    assert {kind for _, kind, node, _ in stay.wait(0.1) if node == LIVING_CLIMATE} >= {
        (65, 6), (10, 6), (10, 35)}
    stay.send(30, 24, 0, 255, 255)
    assert {node for _, _, node, _ in stay.wait(0.1)} >= {
        node.nickname for node in NODES} - {0x02, 0x05}


def test_the_measurements_of_an_hour_move_plausibly():
    stay = Stay(settle=0)
    series = {}
    for _, kind, node, data in stay.wait(4320):
        if kind[0] == 10:
            measured = decode("coded", data)
            assert isinstance(measured.value, (int, float))
            series.setdefault((kind, node, measured.unit, measured.index), []).append(
                measured.value)
    ranges = {((10, 6), 0x03, 1, 0): (18, 24), ((10, 6), 0x06, 1, 0): (15, 21),
              ((10, 6), 0x09, 1, 0): (30, 75), ((10, 6), 0x09, 1, 1): (25, 60),
              ((10, 6), 0x0B, 1, 0): (-10, 15), ((10, 35), 0x03, 0, 0): (30, 65),
              ((10, 35), 0x06, 0, 0): (30, 65), ((10, 35), 0x0B, 0, 0): (50, 100),
              ((10, 14), METER, 0, 0): (100, 4000), ((10, 13), METER, 1, 0): (0, 30),
              ((10, 16), METER, 0, 0): (220, 240), ((10, 25), 0x0B, 0, 0): (0, 30000)}
    assert set(series) == set(ranges)
    for key, values in series.items():
        low, high = ranges[key]
        assert low <= min(values) and max(values) <= high, key
        assert len(values) > 100 and max(values) > min(values)


def test_energy_grows_through_the_day_and_begins_anew_at_midnight():
    stay = Stay(settle=0)
    energy = [(at, struct.unpack(">f", data[1:])[0]) for at, kind, _, data in stay.wait(4320)
              if kind == (10, 13)]
    falls = [at for (at, value), (_, after) in zip(energy, energy[1:]) if after < value]
    assert len(falls) == 1 and falls[0] == pytest.approx(3240, abs=20)      # 18 h after six


def test_the_house_says_about_two_events_a_second_by_itself():
    assert 0.5 < len(Stay(settle=0).wait(600)) / 600 < 5


def test_another_name_is_another_course_and_the_same_name_the_same():
    one, same, other = (Stay(seed, 300).heard for seed in ("1", "1", "2"))
    assert one == same != other


# ---- whatever comes ----------------------------------------------------------------------------

BYTES = st.one_of(st.integers(0, 255), st.sampled_from([0, 1, 2, 3, 4, 100, 254, 255]))
PLACED = st.tuples(
    st.sampled_from([1, 2, 10, 20, 30, 65, 85]), st.integers(0, 64), BYTES,
    st.sampled_from([1, 2, 3, 4, 5, 6, 255]), st.sampled_from([0, 1, 2, 3, 4, 255])).map(
        lambda each: each[:2] + (bytes(each[2:]),))
ANYTHING = st.tuples(st.integers(0, 1023), st.integers(0, 255), st.binary(max_size=64))
COMMANDS = st.lists(st.tuples(st.one_of(PLACED, PLACED, ANYTHING),
                              st.floats(0, 30, allow_nan=False)), max_size=40)


@given(COMMANDS, st.integers(0, 9))
def test_whatever_is_sent_the_house_goes_on_and_says_what_can_be(commands, seed):
    stay = Stay(seed, settle=0)
    for (vscp_class, vscp_type, data), pause in commands:
        stay.send(vscp_class, vscp_type, *data)
        before = len(stay.heard)
        stay.wait(pause)
        # What it says by itself in that time, and the answers of those that were meant.
        assert len(stay.heard) - before <= 60 + 6 * pause + MOST_ANSWERS * len(NODES)
    stay.wait(30)
    for _, kind, _, data in stay.heard:
        assert len(data) <= MAX_LEVEL1_DATA
        if kind == LEVEL:
            assert data[0] <= 100
        if kind == (65, 6):
            assert 5 <= decode("zone-coded", data).value <= 30


@given(st.lists(st.tuples(st.sampled_from([5, 6, 20, 22, 23, 29]), BYTES,
                          st.sampled_from([0.0, 0.001, 0.03, 1.0])), max_size=30))
def test_a_lamp_reports_only_what_it_was_and_in_the_end_what_it_is(commands):
    stay = Stay()
    lamp, were = stay.house.lamps[0], set()
    for vscp_type, value, pause in commands:
        stay.send(30, vscp_type, value, 2, 1)
        were.add(lamp.level)
        before = len(stay.heard)
        stay.wait(pause)
        said = [data[0] for _, kind, node, data in stay.heard[before:]
                if kind == LEVEL and node == LAMP]
        assert set(said) <= were
    said = [data[0] for _, kind, node, data in stay.wait(0.1) if kind == LEVEL and node == LAMP]
    assert not commands or not said or said[-1] == lamp.level


@given(st.lists(st.sampled_from([34, 35, 8, 38, 22]), min_size=1, max_size=20),
       st.lists(st.floats(0, 5, allow_nan=False), min_size=20, max_size=20))
def test_a_blind_is_always_where_it_says_and_arrives(moves, pauses):
    stay = Stay()
    for vscp_type, pause in zip(moves, pauses):
        assert len(stay.answers(BLIND, 30, vscp_type, 30, 2, 3, seconds=pause)) <= MOST_ANSWERS
    stay.wait(15)
    blind = next(each for each in stay.house.devices if each.node.nickname == BLIND)
    last = [data[0] for _, kind, node, data in stay.heard if kind == LEVEL and node == BLIND][-1]
    assert last == round(blind.position) and blind.position == int(blind.position)


def test_a_thousand_commands_a_second_are_answered_with_few_reports_and_the_last_state(stay):
    before = len(stay.heard)
    for number in range(5000):
        stay.send(30, 20, number % 101, 255, 255)
        stay.wait(0.001)
    said = [each for each in stay.heard[before:] if each[1] in (ON, OFF, LEVEL)]
    assert len(said) / 5 < 3 * 2 * 51           # three lamps, two events, each 20 ms
    stay.wait(0.1)
    last = {node: data[0] for _, kind, node, data in stay.heard if kind == LEVEL}
    assert [last[node] for node in (0x04, 0x07, 0x0C)] == [4999 % 101] * 3


def test_a_clock_that_jumps_makes_no_flood(stay):
    before = len(stay.heard)
    stay.now += 86400
    stay.wait(1)
    assert len(stay.heard) - before < 100


# ---- names -------------------------------------------------------------------------------------


def test_every_node_zone_and_sensor_of_the_house_has_a_name():
    table = json.loads((CONF / "names.json").read_text("utf-8"))
    nodes = {int(entry["guid"].rpartition(":")[2], 16): entry for entry in table["nodes"]}
    zones = {(entry["zone"], entry.get("subzone")) for entry in table["zones"]}
    assert set(nodes) == {node.nickname for node in NODES}
    for node in NODES:
        assert (node.zone, None) in zones and (node.zone, node.subzone) in zones
    sensors = {(number, entry["class"], entry["type"], entry.get("index", 0))
               for number, node in nodes.items() for entry in node.get("sensors", ())}
    stay = Stay(settle=60)
    measured = {(node, *kind, decode("coded", data).index if kind[0] == 10 else 0)
                for _, kind, node, data in stay.heard if kind[0] in (10, 65) or kind == LEVEL}
    assert measured == sensors


def test_what_obeys_is_in_the_map_of_things():
    table = json.loads((CONF / "names.json").read_text("utf-8"))
    things = {(thing["zone"], thing["subzone"]) for thing in table["things"]}
    obeying = {place(number) for number in (0x04, 0x07, 0x0C, 0x0D, 0x0E, LOCK, 0x03, 0x06)}
    assert things == obeying


def test_the_table_in_the_docstring_is_the_house():
    text = demo.__doc__
    for node in NODES:
        row = "0x%02X  %d     %d    " % (node.nickname, node.zone, node.subzone)
        assert "\n" + row in text, row


def test_what_can_be_a_state_has_a_key(stay):
    for _, kind, node, data in stay.heard:
        if kind in (ON, OFF, LEVEL, (65, 6)):
            event = Event(0, *kind, 0, 0, 0, ZERO[:15] + bytes((node,)), data)
            assert state_key(event) is not None
