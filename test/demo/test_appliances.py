"""Lamps, blinds, valves and the lock of the simulated house."""

from __future__ import annotations

import pytest

from demohouse import BEAT, BOTTOM, DOWN, LEVEL, OFF, ON, TOP, UP, Chance
from vscpws.demo.appliances import Blind, Lamp, Lock, Valve
from vscpws.demo.words import Command, Node

NODE = Node(0x21, 4, 2, "toy")
PLACE = b"\4\2"
START = 1000.0
NOW = START + 11                # all that is said at first is said
LOCKED, UNLOCKED = (20, 75), (20, 76)


def order(device, vscp_type, value=0, now=NOW, vscp_class=30):
    data = bytes((value,)) + PLACE
    device.hear(Command(vscp_class, vscp_type, value, 4, 2, data), now)


def said(device, now):
    """Kind and first byte of what it says."""
    events = [event for event in device.act(now) if event[1:3] != BEAT]
    assert all(event.data[1:] == PLACE for event in events)
    return [(event[1:3], event.data[0]) for event in events]


def settled(device):
    device.act(START + 10)
    return device


def a_lamp(level=0, watt=60):
    return settled(Lamp(NODE, START, Chance(False), watt, level))


def a_blind(position):
    return settled(Blind(NODE, START, Chance(False), position))


@pytest.mark.parametrize("level, bright", [(0, 100), (1, 1), (80, 80)])
def test_a_lamp_begins_as_bright_as_it_will_be(level, bright):
    lamp = a_lamp(level)
    assert lamp.level == level
    order(lamp, 6)
    order(lamp, 5)
    assert lamp.level == bright


def test_a_lamp_is_off_at_first_and_turned_on_again_as_bright_as_it_was():
    lamp = settled(Lamp(NODE, START, Chance(False), 60))
    assert lamp.level == 0
    for vscp_type, value, level in ((20, 35, 35), (6, 0, 0), (5, 0, 35), (29, 0, 0), (29, 0, 35)):
        order(lamp, vscp_type, value)
        assert lamp.level == level


def test_a_lamp_takes_what_its_level_needs():
    lamp = a_lamp(50, watt=60)
    assert lamp.watt == 30
    order(lamp, 6)
    assert lamp.watt == 0


@pytest.mark.parametrize("vscp_type, value, level", [
    (20, 253, 100), (20, 254, 40), (20, 255, 60), (23, 1, 51), (23, 127, 100), (23, 255, 49),
    (23, 128, 0), (22, 254, 100), (22, 1, 1), (29, 0, 0), (19, 2, 50), (19, 0, 0),
    (2, 2, 50), (2, 0, 0)])
def test_a_lamp_at_50_percent_does_what_it_is_told(vscp_type, value, level):
    lamp = a_lamp(50)
    order(lamp, vscp_type, value)
    assert said(lamp, NOW) == [(ON if level else OFF, 0), (LEVEL, level)]


@pytest.mark.parametrize("kind", [(30, 0), (30, 1), (30, 21), (30, 254), (20, 5), (1, 6)])
def test_a_lamp_does_not_answer_what_it_does_not_know(kind):
    lamp = a_lamp(50)
    order(lamp, kind[1], 1, vscp_class=kind[0])
    assert lamp.level == 50 and said(lamp, NOW) == []


def test_a_valve_opens_as_far_as_it_is_told():
    valve = Valve(NODE, START, Chance(False))
    assert said(valve, START) == [(LEVEL, 0)]
    for value, level in ((33, 33), (101, 100), (0, 0)):
        order(valve, 22, value)
        assert valve.level == level
    assert said(valve, NOW) == [(LEVEL, 0)]
    for kind in ((30, 20), (20, 22)):
        order(valve, kind[1], 50, vscp_class=kind[0], now=NOW + 1)
    assert valve.level == 0 and said(valve, NOW + 1) == []


def test_a_blind_tells_its_way_each_two_seconds():
    blind = a_blind(100)
    order(blind, 35)
    assert said(blind, NOW) == [(DOWN, 0)]
    for seconds, position in ((2, 80), (4, 60), (6, 40), (8, 20)):
        assert blind.due == NOW + seconds
        assert said(blind, blind.due) == [(LEVEL, position)]
    assert blind.due == pytest.approx(NOW + 10, abs=0.01) and blind.due >= NOW + 10
    assert said(blind, NOW + 10.002) == [(LEVEL, 0), (BOTTOM, 0)]
    assert blind.due == START + 40                      # its next heartbeat


@pytest.mark.parametrize("position, vscp_type, value, seconds, end", [
    (95, 34, 0, 0.5, [(LEVEL, 100), (TOP, 0)]), (95, 3, 0, 0.5, [(LEVEL, 100), (TOP, 0)]),
    (5, 4, 0, 0.5, [(LEVEL, 0), (BOTTOM, 0)]), (45, 38, 0, 0.5, [(LEVEL, 50)]),
    (45, 22, 40, 0.5, [(LEVEL, 40)]), (99, 22, 255, 0.1, [(LEVEL, 100), (TOP, 0)])])
def test_a_blind_that_has_not_far_to_go_is_there_soon(position, vscp_type, value, seconds, end):
    blind = a_blind(position)
    order(blind, vscp_type, value)
    assert said(blind, NOW) == [(DOWN if end[0][1] < position else UP, 0)]
    assert NOW + seconds < blind.due < NOW + seconds + 0.01
    assert said(blind, blind.due) == end


def test_a_blind_that_is_there_answers_and_stays():
    blind = a_blind(50)
    order(blind, 38)
    assert said(blind, NOW) == [(LEVEL, 50)]
    assert blind.due == START + 40


def test_a_blind_stops_at_a_whole_percent_of_its_way():
    blind = a_blind(0)
    order(blind, 34)
    blind.act(NOW)
    order(blind, 8, now=NOW + 1.27)
    assert said(blind, NOW + 1.27) == [(LEVEL, 13)]
    assert blind.position == 13 and blind.due == START + 40


def test_a_blind_turns_round_where_it_is():
    blind = a_blind(0)
    order(blind, 34)
    blind.act(NOW)
    order(blind, 35, now=NOW + 1)
    assert said(blind, NOW + 1) == [(DOWN, 0)] and blind.position == 10
    order(blind, 34, now=NOW)           # the clock went back: it moved no further
    assert blind.position == 10


def test_a_blind_moves_less_than_a_percent_in_its_direction():
    blind = a_blind(0)
    order(blind, 22, 1)
    order(blind, 22, 0, now=NOW + 0.0625)
    assert blind.position == 0.625


@pytest.mark.parametrize("kind", [(30, 5), (30, 20), (20, 34), (1, 35)])
def test_a_blind_does_not_answer_what_it_does_not_know(kind):
    blind = a_blind(50)
    order(blind, kind[1], 1, vscp_class=kind[0])
    assert said(blind, NOW) == [] and blind.due == START + 40


def test_the_lock_is_open_at_first_and_says_what_it_was_made():
    lock = Lock(NODE, START, Chance(False))
    assert said(lock, START) == [(UNLOCKED, 0)]
    for now, vscp_type, state in ((11, 42, LOCKED), (12, 42, LOCKED), (13, 43, UNLOCKED)):
        order(lock, vscp_type, now=START + now)
        assert said(lock, START + now) == [(state, 0)]
    for kind in ((30, 41), (30, 44), (20, 42)):
        order(lock, kind[1], vscp_class=kind[0], now=START + 14)
    assert said(lock, START + 14) == [] and not lock.is_locked
