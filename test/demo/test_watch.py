"""Those that watch the simulated house: what is said of them and by them."""

from __future__ import annotations

import pytest

from demohouse import ALARM, BEAT, RESET, SOUND, Chance
from vscpws.demo.watch import Alarm, BurglarAlarm, MotionDetector
from vscpws.demo.words import Command, Node
from vscpws.model.event import make_head

NODE = Node(0x21, 4, 2, "toy")
START = 1000.0
ARM, DISARM = (1, 10), (1, 11)
MOVES, THERE, NOBODY = (2, 1), (2, 35), (2, 36)


def command(vscp_class, vscp_type, zone=4):
    return Command(vscp_class, vscp_type, 0, zone, 2, bytes((0, zone, 2)))


def settled(kind, is_most=False):
    """A device whose first reports are made."""
    device = kind(NODE, START, Chance(is_most))
    device.act(START + 10)
    return device


def said(device, now):
    return [event[1:3] for event in device.act(now) if event[1:3] != BEAT]


@pytest.mark.parametrize("is_most, comes, stays", [(False, 60, 5), (True, 180, 15)])
def test_somebody_moves_for_a_while_now_and_then(is_most, comes, stays):
    detector = settled(MotionDetector, is_most)
    now = START
    for _ in range(2):
        assert said(detector, now + comes - 0.01) == []
        now += comes
        assert said(detector, now) == [MOVES, THERE] and detector.sees_motion
        assert said(detector, now + stays - 0.01) == []
        now += stays
        assert said(detector, now) == [NOBODY] and not detector.sees_motion


def test_nobody_is_there_at_first():
    detector = MotionDetector(NODE, START, Chance(False))
    event = next(event for event in detector.act(START) if event[1:3] != BEAT)
    assert event[1:3] == NOBODY and event.data == bytes((0, 4, 2))


def test_what_is_seen_is_told_once_though_it_was_asked_for():
    detector = settled(MotionDetector)
    detector.hear(command(30, 24), START + 60)
    assert said(detector, START + 60) == [MOVES, THERE]
    assert said(detector, START + 61) == []


@pytest.mark.parametrize("order", [(1, 1), (30, 2), (2, 2), (30, 13), (1, 9), (20, 16)])
def test_an_alarm_obeys_nothing_else(order):
    alarm = settled(Alarm)
    alarm.hear(command(*order), START + 11)
    assert said(alarm, START + 11) == [] and not alarm.is_raised


def test_what_an_alarm_says_is_urgent_and_has_its_state():
    alarm = settled(Alarm)
    alarm.hear(command(1, 2), START + 11)
    raised, sounds = alarm.act(START + 11)
    alarm.hear(command(30, 9), START + 12)
    reset, silent = alarm.act(START + 12)
    assert [event[1:3] for event in (raised, sounds, reset, silent)] == [
        ALARM, SOUND, RESET, SOUND]
    assert [event.data[0] for event in (raised, sounds, reset, silent)] == [0, 1, 0, 0]
    assert {event.head for event in (raised, sounds, reset, silent)} == {make_head(0)}


def armed():
    alarm = settled(BurglarAlarm)
    alarm.hear(command(*ARM), START + 11)
    event, *_ = alarm.act(START + 11)
    assert event[1:3] == ARM and event.head == make_head(0)
    return alarm


def test_an_armed_alarm_is_raised_by_motion_and_told_once():
    alarm = armed()
    for seen in ((2, 35), (20, 1)):         # no motion that begins
        alarm.hear(command(*seen, zone=1), START + 12)
        assert said(alarm, START + 12) == []
    alarm.hear(command(*MOVES, zone=1), START + 12)
    assert said(alarm, START + 12) == [ARM, ALARM, SOUND]
    alarm.hear(command(*MOVES, zone=1), START + 13)
    assert said(alarm, START + 13) == []


def test_an_alarm_that_is_not_armed_is_not_raised_by_motion():
    alarm = settled(BurglarAlarm)
    alarm.hear(command(*MOVES, zone=1), START + 12)
    assert said(alarm, START + 12) == [] and not alarm.is_raised


@pytest.mark.parametrize("raised", [True, False])
def test_arming_again_leaves_an_alarm_as_it_is_and_disarming_ends_it(raised):
    alarm = armed()
    if raised:
        alarm.hear(command(1, 2), START + 12)
    alarm.act(START + 12)
    alarm.hear(command(*ARM), START + 13)
    assert said(alarm, START + 13) == [ARM, ALARM if raised else RESET, SOUND]
    alarm.hear(command(*DISARM), START + 14)
    assert said(alarm, START + 14) == [DISARM, RESET, SOUND] and not alarm.is_armed
