"""The simulated house: each reaction, what it reports by itself, and that it never floods."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vscpws.demo as demo
from vscpws.demo.house import NODES, House
from vscpws.model.event import MAX_LEVEL1_DATA, Event, check
from vscpws.model.guid import ZERO
from vscpws.reading.measurement import INTEGER, NORMALIZED, Measured, decode, encode
from vscpws.reading.states import state_key

CONF = Path(__file__).resolve().parents[2] / "conf"
CLIENT = bytes(15) + b"\xfe"
MOST_ANSWERS = 12           # of a node to one command: a blind's whole way
BIG = 1e6

ON, OFF, LEVEL, BEAT = (20, 3), (20, 4), (20, 40), (20, 9)
UP, DOWN, TOP, BOTTOM = (20, 59), (20, 60), (20, 63), (20, 64)
ALARM, SOUND, RESET = (1, 2), (1, 3), (1, 13)
LAMP, BLIND, VALVE, DETECTOR, LOCK, BURGLAR = 0x04, 0x0D, 0x0F, 0x08, 0x12, 0x13
LIVING_CLIMATE, METER, MOTION = 0x03, 0x0A, 0x11


class Stay:
    """A house in which time passes when it is told to."""

    def __init__(self, seed=1, settle=15.0):
        self.now = BIG
        self.house = House(self.now, Random(seed))
        self.heard = []                 # (s since the start, kind, nickname, data)
        self.wait(settle)

    def wait(self, seconds):
        """What is said meanwhile."""
        before, end = len(self.heard), self.now + seconds
        while self.house.due <= end:
            self.now = max(self.now, self.house.due)
            for event in self.house.act(self.now):
                check(event)
                self.heard.append((self.now - BIG, event[1:3], event.guid[15], event.data))
        self.now = end
        return self.heard[before:]

    def send(self, vscp_class, vscp_type, *data):
        self.house.hear(Event(0, vscp_class, vscp_type, 0, 0, 0, CLIENT, bytes(data)), self.now)

    def answers(self, nickname, *command, seconds=0.1):
        """What the node says to a command in so many seconds, but for its measuring."""
        self.send(*command)
        return [(kind, data) for _, kind, node, data in self.wait(seconds)
                if node == nickname and kind != BEAT and kind[0] != 10]


def place(nickname):
    node = next(node for node in NODES if node.nickname == nickname)
    return (node.zone, node.subzone)


@pytest.fixture
def stay():
    return Stay()


# ---- lamps -------------------------------------------------------------------------------------


@pytest.mark.parametrize("nickname", [0x04, 0x07, 0x0C])
def test_each_lamp_answers_on_and_off_also_if_it_is_so_already(stay, nickname):
    where = place(nickname)
    for vscp_type, kind in ((6, OFF), (6, OFF), (5, ON), (5, ON), (6, OFF)):
        said = stay.answers(nickname, 30, vscp_type, 0, *where)
        assert [each[0] for each in said] == [kind, LEVEL]
        assert said[0][1] == bytes((0, *where))
        assert (said[1][1][0] > 0) is (kind == ON) and said[1][1][1:] == bytes(where)


@pytest.mark.parametrize("vscp_type, value, level", [
    (20, 0, 0), (20, 40, 40), (20, 100, 100), (20, 120, 100), (20, 255, 90), (20, 254, 70),
    (22, 33, 33), (22, 200, 100), (23, 15, 95), (23, 256 - 30, 50), (23, 128, 0),
    (5, 7, 80), (6, 0, 0), (29, 0, 0), (2, 0, 0), (2, 1, 80), (40, 0, 80), (41, 0, 0), (17, 0, 0),
    (18, 0, 80), (19, 0, 0), (19, 1, 80)])
def test_a_lamp_at_80_percent_is_dimmed_and_switched(stay, vscp_type, value, level):
    said = dict(stay.answers(LAMP, 30, vscp_type, value, 2, 1))
    assert said[LEVEL] == bytes((level, 2, 1))
    assert (ON if level else OFF) in said and len(said) == 2


def test_a_lamp_that_is_turned_on_again_is_as_bright_as_it_was(stay):
    stay.answers(LAMP, 30, 20, 35, 2, 1)
    stay.answers(LAMP, 30, 6, 0, 2, 1)
    assert dict(stay.answers(LAMP, 30, 5, 0, 2, 1))[LEVEL][0] == 35


@pytest.mark.parametrize("zone, subzone, nodes", [
    (255, 255, {0x04, 0x07, 0x0C}), (2, 255, {0x04}), (255, 1, {0x04, 0x07, 0x0C}),
    (2, 1, {0x04}), (2, 0, set()), (9, 9, set()), (3, 255, {0x0C})])
def test_zone_and_subzone_say_who_is_meant(stay, zone, subzone, nodes):
    stay.send(30, 6, 0, zone, subzone)
    assert {node for _, kind, node, _ in stay.wait(0.1) if kind in (ON, OFF)} == nodes


@pytest.mark.parametrize("data", [(), (0,), (0, 2)])
def test_a_command_without_a_place_is_for_nobody(stay, data):
    stay.send(30, 6, *data)
    assert not [kind for _, kind, _, _ in stay.wait(0.1) if kind in (ON, OFF)]


def test_power_follows_the_lamps():
    def watts(level):
        stay = Stay(settle=0)           # the same hour, so that nothing but the lamps differs
        stay.send(30, 20, level, 255, 1)
        power = [int.from_bytes(data[1:], "big", signed=True)
                 for _, kind, _, data in stay.wait(20) if kind == (10, 14)]
        return sum(power) / len(power)

    assert watts(100) - watts(0) == pytest.approx(60 + 36 + 20, abs=10)


# ---- blinds ------------------------------------------------------------------------------------


def test_a_blind_goes_down_over_seconds_and_tells_its_way_and_its_end(stay):
    assert stay.answers(BLIND, 30, 35, 0, 2, 3) == [(DOWN, bytes((0, 2, 3)))]
    way = [(kind, data) for _, kind, node, data in stay.wait(15) if node == BLIND and kind != BEAT]
    assert way[-1] == (BOTTOM, bytes((0, 2, 3)))
    positions = [data[0] for kind, data in way if kind == LEVEL]
    assert positions == sorted(positions, reverse=True) and positions[-1] == 0
    assert 4 <= len(positions) <= 7
    assert stay.answers(BLIND, 30, 34, 0, 2, 3) == [(UP, bytes((0, 2, 3)))]
    assert [kind for _, kind, node, _ in stay.wait(15) if node == BLIND][-1] == TOP


def test_a_blind_stops_where_it_is_and_says_where(stay):
    stay.answers(BLIND, 30, 35, 0, 2, 3, seconds=4.0)
    said = stay.answers(BLIND, 30, 8, 0, 2, 3)
    assert said == [(LEVEL, bytes((60, 2, 3)))]
    assert not [kind for _, kind, node, _ in stay.wait(20) if node == BLIND and kind != BEAT]
    assert stay.answers(BLIND, 30, 8, 0, 2, 3) == said          # it is answered again


@pytest.mark.parametrize("command, end", [
    ((30, 22, 25, 2, 3), 25), ((30, 22, 0, 2, 3), 0), ((30, 22, 255, 2, 3), 100),
    ((30, 38, 0, 2, 3), 50), ((30, 4, 0, 2, 3), 0), ((30, 22, 99, 2, 3), 99)])
def test_a_blind_goes_to_a_position(stay, command, end):
    said = stay.answers(BLIND, *command, seconds=15)
    assert said[0][0] == (LEVEL if end == 100 else DOWN)
    assert [data[0] for kind, data in said if kind == LEVEL][-1] == end


def test_a_blind_that_is_there_already_says_so(stay):
    assert stay.answers(BLIND, 30, 34, 0, 2, 3) == [
        (LEVEL, bytes((100, 2, 3))), (TOP, bytes((0, 2, 3)))]


def test_a_blind_turns_round_on_its_way(stay):
    stay.answers(BLIND, 30, 35, 0, 2, 3, seconds=5.0)
    assert stay.answers(BLIND, 30, 34, 0, 2, 3)[0][0] == UP
    assert [kind for _, kind, node, _ in stay.wait(10) if node == BLIND and kind != BEAT][-1] == TOP


# ---- climate -----------------------------------------------------------------------------------


def set_value(stay, celsius, unit=1, form=NORMALIZED, zone=2, subzone=0):
    data = encode("zone-coded", Measured(celsius, unit, 0, zone, subzone), form)
    return stay.answers(LIVING_CLIMATE, 85, 6, *data)


def celsius(stay, seconds, nickname=LIVING_CLIMATE):
    return [decode("coded", data).value for _, kind, node, data in stay.wait(seconds)
            if kind == (10, 6) and node == nickname]


@pytest.mark.parametrize("value, unit, form, becomes", [
    (24, 1, INTEGER, 24), (21.5, 1, NORMALIZED, 21.5), (71.6, 2, NORMALIZED, 22),
    (293.15, 0, NORMALIZED, 20), (99, 1, INTEGER, 30), (-40, 1, INTEGER, 5)])
def test_a_set_value_is_taken_in_any_unit_and_reported(stay, value, unit, form, becomes):
    said = set_value(stay, value, unit, form)
    reported, = [data for kind, data in said if kind == (65, 6)]
    assert decode("zone-coded", reported) == Measured(becomes, 1, 0, 2, 0)


@pytest.mark.parametrize("data", [(0, 2, 0), (0, 2, 0, 0x68), (0, 2, 0, 0xA8, 127, 192, 0, 0)])
def test_a_set_value_that_is_no_number_is_left_alone(stay, data):
    assert stay.answers(LIVING_CLIMATE, 85, 6, *data) == []


@pytest.mark.parametrize("wanted", [17, 25])
def test_the_temperature_drifts_to_what_is_set_and_the_valve_follows(stay, wanted):
    before = celsius(stay, 10)[-1]
    set_value(stay, wanted)
    valve = [data[0] for _, kind, node, data in stay.heard if kind == LEVEL and node == VALVE]
    assert valve[-1] == (0 if wanted < before else 100)
    assert abs(celsius(stay, 20)[-1] - before) < 1              # it takes its time
    assert celsius(stay, 600)[-1] == pytest.approx(wanted, abs=0.6)


def test_the_thermostat_commands_the_valve_and_the_valve_answers(stay):
    stay.wait(1)
    assert ((30, 22), bytes((100, 2, 4))) in set_value(stay, 28)
    assert stay.heard[-1][1:] == (LEVEL, VALVE, bytes((100, 2, 4)))


def test_rooms_are_apart(stay):
    set_value(stay, 28)
    assert celsius(stay, 300)[-1] > 24
    assert celsius(stay, 30, nickname=0x06)[-1] < 20


# ---- lock, alarms, motion ----------------------------------------------------------------------


def test_the_lock_locks_and_the_door_stays_shut_then(stay):
    assert stay.answers(LOCK, 30, 42, 0, 1, 3) == [((20, 75), bytes((0, 1, 3)))]
    stay.wait(20)
    assert not [kind for _, kind, _, _ in stay.wait(1800) if kind == (20, 7)]
    assert stay.answers(LOCK, 30, 43, 0, 1, 3) == [((20, 76), bytes((0, 1, 3)))]
    doors = [kind for _, kind, node, _ in stay.wait(1800) if node == 0x01 and kind != BEAT]
    assert (20, 7) in doors and all(one != other for one, other in zip(doors, doors[1:]))


@pytest.mark.parametrize("nickname", [DETECTOR, BURGLAR])
@pytest.mark.parametrize("set_off, end", [
    ((1, 2), (1, 13)), ((30, 15), (30, 9)), ((30, 15), (30, 16))])
def test_an_alarm_is_set_off_and_reset(stay, nickname, set_off, end):
    where = place(nickname)
    for command, kind, sound in ((set_off, ALARM, 1), (end, RESET, 0)):
        said = stay.answers(nickname, *command, 0, *where)
        assert (kind, bytes((0, *where))) in said and (SOUND, bytes((sound, *where))) in said
        assert stay.answers(nickname, *command, 0, *where) == said


def test_an_alarm_has_the_highest_priority(stay):
    stay.send(1, 2, 0, 4, 2)
    stay.now += 0.1
    heads = [event.head >> 5 for event in stay.house.act(stay.now) if event.vscp_class == 1]
    assert heads == [0, 0]


def test_motion_raises_the_burglar_alarm_only_while_it_is_armed(stay):
    assert [kind for _, kind, _, _ in stay.wait(600) if kind == ALARM] == []
    assert stay.answers(BURGLAR, 1, 10, 0, 1, 4)[0][0] == (1, 10)
    said = [(at, kind, node) for at, kind, node, _ in stay.wait(300)]
    motion = [at for at, kind, node in said if kind == (2, 1) and node == MOTION]
    alarm = [at for at, kind, node in said if kind == ALARM and node == BURGLAR]
    assert len(alarm) == 1 and 0 <= alarm[0] - motion[0] < 0.1
    assert [kind for kind, _ in stay.answers(BURGLAR, 1, 11, 0, 1, 4)] == [(1, 11), RESET, SOUND]


def test_somebody_moves_now_and_then_and_then_nobody(stay):
    said = [kind for _, kind, node, _ in stay.wait(1800) if node == MOTION and kind != BEAT]
    assert 8 <= said.count((2, 1)) == said.count((2, 35)) <= 30
    states = [kind for kind in said if kind != (2, 1)]
    assert all(one != other for one, other in zip(states, states[1:]))


def test_a_button_switches_a_lamp_and_the_lamp_answers(stay):
    said = stay.wait(1800)
    orders = [each for each in said if each[1] in ((30, 5), (30, 6))]
    assert len(orders) >= 4
    for at, kind, node, data in orders:
        assert node in (0x02, 0x05) and data[1:] == bytes((4, 1))
        answer = next(each for each in said if each[0] >= at and each[1] in (ON, OFF)
                      and each[2] == 0x07)
        assert answer[0] - at < 0.1 and answer[1] == (ON if kind == (30, 5) else OFF)
        presses = [each[3][0] for each in said if each[1] == (20, 1) and each[2] == node
                   and abs(each[0] - at) < 1]
        assert presses == [1, 0]


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
