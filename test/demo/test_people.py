"""What the people of the simulated house do by themselves."""

from __future__ import annotations

import pytest

from demohouse import BEAT, OFF, ON, Chance
from vscpws.demo.people import Buttons, Door
from vscpws.demo.words import Command, Node
from vscpws.model.event import make_head

NODE = Node(0x21, 4, 2, "toy")
LAMP = Node(0x22, 3, 1, "lamp")
START = 1000.0
OPENED, CLOSED, LOCKED, UNLOCKED = (20, 7), (20, 8), (20, 75), (20, 76)
BUTTON, TURN_ON, TURN_OFF = (20, 1), (30, 5), (30, 6)


def words(vscp_class, vscp_type, zone, subzone):
    return Command(vscp_class, vscp_type, 0, zone, subzone, bytes((0, zone, subzone)))


def said(device, now):
    return [event[1:3] for event in device.act(now) if event[1:3] != BEAT]


def a_door(is_most=False):
    door = Door(NODE, START, Chance(is_most))
    assert said(door, START + 10) == [CLOSED]
    return door


@pytest.mark.parametrize("is_most, comes, stays", [(False, 90, 3), (True, 300, 9)])
def test_a_door_is_opened_now_and_then_for_some_seconds(is_most, comes, stays):
    door, now = a_door(is_most), START
    for _ in range(2):
        assert said(door, now + comes - 0.01) == []
        now += comes
        assert said(door, now) == [OPENED] and door.is_open
        assert said(door, now + stays - 0.01) == []
        now += stays
        assert said(door, now) == [CLOSED] and not door.is_open


def test_a_door_that_was_asked_when_it_moves_tells_so_once():
    door = a_door()
    door.hear(words(30, 24, 4, 2), START + 90)
    assert said(door, START + 90) == [OPENED]
    assert said(door, START + 91) == []


def test_a_locked_door_stays_shut_until_it_is_unlocked():
    door = a_door()
    door.hear(words(*LOCKED, 4, 3), START + 11)         # its zone's lock
    assert said(door, START + 90) == [] and not door.is_open
    for other in (words(*UNLOCKED, 5, 3), words(*OPENED, 4, 3), words(30, 76, 4, 3)):
        door.hear(other, START + 91)
    assert said(door, START + 180) == []
    door.hear(words(*UNLOCKED, 4, 3), START + 181)
    assert said(door, START + 269) == []
    assert said(door, START + 270) == [OPENED]


def test_another_zone_s_lock_does_not_hold_it():
    door = a_door()
    door.hear(words(*LOCKED, 5, 3), START + 11)
    assert said(door, START + 90) == [OPENED]


def test_a_door_that_is_locked_while_it_is_open_can_be_closed():
    door = a_door()
    door.act(START + 90)
    door.hear(words(*LOCKED, 4, 3), START + 91)
    assert said(door, START + 93) == [CLOSED]
    assert said(door, START + 183) == []


def buttons(is_most=False):
    found = Buttons(NODE, START, Chance(is_most), 0x102, LAMP)
    assert said(found, START + 10) == []                # it has no state
    return found


@pytest.mark.parametrize("is_most, comes", [(False, 180), (True, 480)])
def test_a_button_is_pressed_now_and_then_for_a_quarter_of_a_second(is_most, comes):
    pressing, now = buttons(is_most), START
    for _ in range(2):
        assert said(pressing, now + comes - 0.01) == []
        now += comes
        assert said(pressing, now) == [BUTTON, TURN_ON]
        assert said(pressing, now + 0.23) == []
        now += 0.24
        assert said(pressing, now) == [BUTTON]


def test_a_button_says_which_it_is_and_whether_it_is_pressed_and_orders_the_lamp():
    pressing = buttons()
    pressed, order = [event for event in pressing.act(START + 180) if event[1:3] != BEAT]
    released, = [event for event in pressing.act(START + 181) if event[1:3] != BEAT]
    assert pressed.data == bytes((1, 4, 2, 1, 2)) and released.data == bytes((0, 4, 2, 1, 2))
    assert order.data == bytes((0, 3, 1))
    assert [event.head for event in (pressed, order, released)] == [
        make_head(3), make_head(2), make_head(3)]


@pytest.mark.parametrize("heard, order", [
    ([(*ON, 3, 1)], TURN_OFF), ([(*ON, 3, 1), (*OFF, 3, 1)], TURN_ON),
    ([(*ON, 3, 2)], TURN_ON), ([(*ON, 3, 1), (*OFF, 2, 1)], TURN_OFF),
    ([(30, 3, 3, 1)], TURN_ON), ([(*ON, 3, 1), (20, 9, 3, 1)], TURN_OFF),
    ([(*ON, 3, 1), (30, 4, 3, 1)], TURN_OFF)])
def test_a_button_turns_the_lamp_off_if_it_was_heard_to_be_on(heard, order):
    pressing = buttons()
    for each in heard:
        pressing.hear(words(*each), START + 11)
    assert said(pressing, START + 180) == [BUTTON, order]
