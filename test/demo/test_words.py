"""What the nodes of the simulated house say and understand."""

from __future__ import annotations

import pytest

from vscpws.demo.words import Command, Node, command_of, say
from vscpws.model.event import Event, make_head

NODE = Node(0x21, 4, 2, "toy")


@pytest.mark.parametrize("data, value, zone, subzone", [
    (b"", -1, -1, -1), (b"\7", 7, -1, -1), (b"\7\4", 7, 4, -1), (b"\7\4\2", 7, 4, 2),
    (b"\7\4\2\1\5", 7, 4, 2)])
def test_an_event_s_first_bytes_are_a_value_and_a_place(data, value, zone, subzone):
    event = Event(0, 30, 5, 0, 0, 0, bytes(16), data)
    assert command_of(event) == Command(30, 5, value, zone, subzone, data)


@pytest.mark.parametrize("zone, subzone, is_meant", [
    (4, 2, True), (255, 2, True), (4, 255, True), (255, 255, True),
    (4, 1, False), (3, 2, False), (254, 2, False), (4, 0, False), (-1, -1, False), (4, -1, False)])
def test_a_node_is_meant_by_its_place_or_by_all(zone, subzone, is_meant):
    assert Command(30, 5, 0, zone, subzone, b"").is_for(NODE) is is_meant


def test_a_node_says_things_with_its_nickname_and_no_time():
    said = Event(make_head(3), 20, 3, 0, 0, 0, bytes(15) + b"\x21", b"\0" + NODE.place)
    assert say(NODE, 20, 3, b"\0\4\2") == said
    assert say(NODE, 20, 3, b"\0\4\2", 0).head == make_head(0)
