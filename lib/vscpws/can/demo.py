"""The simulated house of ``vscpws.demo`` as an interface: it speaks, and hears what is sent to it.

``demo:NAME`` has a house of its own for each name: the same nodes, and another course of events.
"""

from __future__ import annotations

import time
from collections import deque
from random import Random
from typing import Callable, Deque, List, Optional

from gevent.event import Event as Flag

from ..codec.canframe import EXTENDED, CanFrame, event_from_frame, frame_from_event
from ..demo.house import House
from ..loop.turns import take_turn
from ..model.guid import ZERO
from .source import BusMissing, Source

__all__ = ["DemoSource"]

_SENDS_A_TURN = 16              # frames the house hears before the others have a turn


class DemoSource(Source):
    """The house ``name``; ``now`` gives its frames' time in µs since 1970, ``clock`` (s) its own.

    What the house says is read as soon as it says it, and it says no more than its nodes' pauses
    allow, so nothing heaps up here.
    """

    fd = True                   # a house that isn't there takes everything

    def __init__(self, name: str, now: Callable[[], int],
                 clock: Callable[[], float] = time.monotonic):
        self._name = name
        self._now = now
        self._clock = clock
        self._house: Optional[House] = None
        self._said: Deque[CanFrame] = deque()   # at most what the house says at one moment
        self._heard = Flag()
        self._sends = 0

    def open(self) -> None:
        self._house = House(self._clock(), Random(self._name))

    def read(self, limit: int) -> List[CanFrame]:
        while not self._said:
            house = self._opened()
            self._heard.clear()
            moment = self._clock()
            if house.due <= moment:
                self._take(house, moment)
            else:
                self._heard.wait(house.due - moment)
        return [self._said.popleft() for _ in range(min(limit, len(self._said)))]

    def _take(self, house: House, moment: float) -> None:
        for event in house.act(moment):
            frame = frame_from_event(event)
            if frame is not None:
                self._said.append((frame[0] | EXTENDED, frame[1], self._now()))

    def send(self, can_id: int, data: bytes) -> None:
        self._opened().hear(event_from_frame(can_id, data, 0, ZERO, 0), self._clock())
        self._heard.set()
        self._sends += 1
        if self._sends % _SENDS_A_TURN == 0:
            take_turn(known=True)

    def _opened(self) -> House:
        if self._house is None:
            raise BusMissing("the house is closed")
        return self._house

    def close(self) -> None:
        self._house = None
        self._said.clear()
