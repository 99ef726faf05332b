"""The way in from native threads: things that any thread puts, and the event loop takes.

Theory: of a loop's objects only a watcher's ``send`` may be touched by another thread, and a
wake-up costs far more than what it brings. So what is put waits in a deque, and the loop takes all
that waits at one wake-up. Bounded: what finds no room is counted and gone.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Deque, Generic, List, TypeVar

import gevent

__all__ = ["Crossing"]

T = TypeVar("T")


class Crossing(Generic[T]):
    """To be made, and closed, in the loop's thread.

    ``take`` gets what was put, oldest first, in the loop, at most ``most`` things in one turn; it
    must not wait. ``dropped`` counts what found no room among ``most``.
    """

    def __init__(self, take: Callable[[List[T]], Any], most: int) -> None:
        self.dropped = 0
        self._take = take
        self._most = most
        self._things: Deque[T] = deque()
        self._wake = gevent.get_hub().loop.async_()
        self._wake.start(self._on_wake)
        self._closed = False

    def put(self, thing: T) -> bool:
        """From any thread; never waits. False if there was no room, or it is closed."""
        if self._closed or len(self._things) >= self._most:
            self.dropped += 1
            return False
        self._things.append(thing)
        self._wake.send()
        return True

    def _on_wake(self) -> None:
        count = len(self._things)
        if count:
            self._take([self._things.popleft() for _ in range(count)])

    def close(self) -> None:
        """Take what waits, and nothing from then on."""
        if not self._closed:
            self._closed = True
            self._on_wake()
            self._wake.stop()
            self._wake.close()
