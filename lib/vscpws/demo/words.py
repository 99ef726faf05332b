"""What the nodes of the house say and understand: classes, types, places."""

from __future__ import annotations

from typing import NamedTuple

from ..model.event import Event, make_head
from ..model.guid import ZERO

__all__ = ["Command", "Node", "command_of", "say"]     # and the numbers of the protocol

ALARM, SECURITY, MEASUREMENT, INFORMATION = 1, 2, 10, 20            # classes
CONTROL, MEASUREZONE, SETVALUEZONE = 30, 65, 85
ALARM_OCCURRED, ALARM_SOUND, ARM, DISARM, ALARM_RESET = 2, 3, 10, 11, 13        # of class 1
MOTION, IN_MOTION, NOT_IN_MOTION = 1, 35, 36                                    # of class 2
BUTTON, ON, OFF, OPENED, CLOSED, HEARTBEAT, LEVEL_CHANGED = 1, 3, 4, 7, 8, 9, 40    # of class 20
SHUTTER_UP, SHUTTER_DOWN, SHUTTER_TOP, SHUTTER_BOTTOM = 59, 60, 63, 64
LOCKED, UNLOCKED = 75, 76
LAMPS, OPEN, CLOSE, TURN_ON, TURN_OFF, STOP, RESET = 2, 3, 4, 5, 6, 8, 9            # of class 30
ACTIVATE, DEACTIVATE, ALL_OFF, ALL_ON, ALL_AS = 15, 16, 17, 18, 19
DIM, CHANGE_LEVEL, RELATIVE_LEVEL, REQUEST, TOGGLE = 20, 22, 23, 24, 29
MOVE_UP, MOVE_DOWN, MOVE_MIDDLE, LAMPS_ON, LAMPS_OFF, LOCK, UNLOCK = 34, 35, 38, 40, 41, 42, 43
URGENT, HIGH, NORMAL, LOW = 0, 2, 3, 6                                          # priorities

_EVERYWHERE = 255               # as zone or subzone


class Node(NamedTuple):
    nickname: int
    zone: int
    subzone: int
    name: str

    @property
    def place(self) -> bytes:
        return bytes((self.zone, self.subzone))


class Command(NamedTuple):
    """An event as a node hears it; ``value`` is its first data byte, whatever that means."""

    vscp_class: int
    vscp_type: int
    value: int
    zone: int
    subzone: int
    data: bytes

    def is_for(self, node: Node) -> bool:
        """Whether the node is in the zone and subzone that are meant."""
        return self.zone in (node.zone, _EVERYWHERE) and self.subzone in (
            node.subzone, _EVERYWHERE)


def command_of(event: Event) -> Command:
    """What a Level I event means; one with too few data for a place is for nobody."""
    value, zone, subzone = (*event.data, -1, -1, -1)[:3]
    return Command(event.vscp_class, event.vscp_type, value, zone, subzone, event.data)


def say(node: Node, vscp_class: int, vscp_type: int, data: bytes, priority: int = NORMAL) -> Event:
    """An event of the node; its GUID has the nickname alone, and it has no time yet."""
    return Event(make_head(priority), vscp_class, vscp_type, 0, 0, 0,
                 ZERO[:15] + bytes((node.nickname,)), data)
