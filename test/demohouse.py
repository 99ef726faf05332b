"""A stay in the simulated house, in which time passes when it is told to."""

from __future__ import annotations

from random import Random

from vscpws.demo.house import NODES, House
from vscpws.model.event import Event, check

__all__ = [
    "ALARM", "BEAT", "BLIND", "BOTTOM", "BURGLAR", "Chance", "DETECTOR", "DOWN", "LAMP", "LEVEL",
    "LIVING_CLIMATE", "LOCK", "METER", "MOTION", "OFF", "ON", "RESET", "SOUND", "Stay", "TOP", "UP",
    "VALVE", "place",
]

_CLIENT = bytes(15) + b"\xfe"
_START = 1e6

ON, OFF, LEVEL, BEAT = (20, 3), (20, 4), (20, 40), (20, 9)
UP, DOWN, TOP, BOTTOM = (20, 59), (20, 60), (20, 63), (20, 64)
ALARM, SOUND, RESET = (1, 2), (1, 3), (1, 13)
LAMP, BLIND, VALVE, DETECTOR, LOCK, BURGLAR = 0x04, 0x0D, 0x0F, 0x08, 0x12, 0x13
LIVING_CLIMATE, METER, MOTION = 0x03, 0x0A, 0x11


class Chance:
    """Has no choice: always the least, or always the most."""

    def __init__(self, is_most):
        self.is_most = is_most

    def uniform(self, least, most):
        return most if self.is_most else least


class Stay:
    """``heard`` is all that was said: s since the start, (class, type), nickname, data."""

    def __init__(self, seed=1, settle=15.0):
        self.now = _START
        self.house = House(self.now, Random(seed))
        self.heard = []
        self.wait(settle)

    def wait(self, seconds):
        """What is said meanwhile."""
        before, end = len(self.heard), self.now + seconds
        while self.house.due <= end:
            self.now = max(self.now, self.house.due)
            for event in self.house.act(self.now):
                check(event)
                self.heard.append((self.now - _START, event[1:3], event.guid[15], event.data))
        self.now = end
        return self.heard[before:]

    def send(self, vscp_class, vscp_type, *data):
        self.house.hear(Event(0, vscp_class, vscp_type, 0, 0, 0, _CLIENT, bytes(data)), self.now)

    def answers(self, nickname, *command, seconds=0.1):
        """What the node says to a command in so many seconds, but for its measuring."""
        self.send(*command)
        return [(kind, data) for _, kind, node, data in self.wait(seconds)
                if node == nickname and kind != BEAT and kind[0] != 10]


def place(nickname):
    node = next(node for node in NODES if node.nickname == nickname)
    return (node.zone, node.subzone)
