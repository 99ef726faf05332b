"""Takes our own frames out of what an interface gives back.

Multicast is heard by its sender. A received frame that is equal to one sent shortly before is taken
for it; a foreign frame that happens to be equal and comes first is taken in its place, and what
is left is the same. A frame that does not come back in time is forgotten.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Callable, Deque, Dict, List, Tuple

from ..codec.canframe import EXTENDED, CanFrame

__all__ = ["ECHO_TIME", "Echoes"]

ECHO_TIME = 1.0                         # s in which a sent frame comes back, if it does

_Key = Tuple[int, bytes]                # can_id with flags, data


class Echoes:
    """The frames sent in the last ``ECHO_TIME`` seconds of ``clock`` that have not come back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._expected: Dict[_Key, Deque[float]] = {}   # when each is forgotten, oldest first
        self._order: Deque[Tuple[float, _Key]] = deque()

    def expect(self, can_id: int, data: bytes) -> None:
        """An extended frame (29-bit ``can_id``) goes out."""
        key = (can_id | EXTENDED, data)
        forgotten = self._clock() + ECHO_TIME
        self._expected.setdefault(key, deque()).append(forgotten)
        self._order.append((forgotten, key))

    def remove(self, frames: List[CanFrame]) -> List[CanFrame]:
        """The frames that are not our own."""
        self._forget_old()
        if not self._expected:
            return frames
        return [frame for frame in frames if not self._is_echo(frame[:2])]

    def _is_echo(self, key: _Key) -> bool:
        if key not in self._expected:
            return False
        self._take_first(key)
        return True

    def _forget_old(self) -> None:
        now = self._clock()
        while self._order and self._order[0][0] <= now:
            forgotten, key = self._order.popleft()
            if key in self._expected and self._expected[key][0] <= forgotten:
                self._take_first(key)

    def _take_first(self, key: _Key) -> None:
        self._expected[key].popleft()
        if not self._expected[key]:
            del self._expected[key]
