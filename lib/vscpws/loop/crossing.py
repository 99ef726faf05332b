"""The way in from native threads: things that any thread puts, and the event loop takes.

Theory: of a loop's objects only a watcher's ``send`` may be touched by another thread, and a
wake-up costs far more than what it brings. So what is put waits in a deque, there is one wake-up
for all that was put since the last one, and it brings many things. The loop takes them in one of
two ways::

    pushed    ``take`` is called with them, a turn's worth at a time
    pulled    without ``take``: one greenlet waits (``wait``) and takes what it likes (``pull``)

Bounded: what finds no room is counted and gone. Either side may close it, at any moment: what has
been put is taken yet, and what comes later is refused and counted. So a thread may outlive the
loop, and a loop its threads.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Any, Callable, Deque, Generic, List, Optional, TypeVar

import gevent
from gevent.event import Event as Flag
from gevent.monkey import get_original

__all__ = ["Crossing"]

log = logging.getLogger(__name__)

T = TypeVar("T")

_TURN = 1024                    # small things pushed in a row, then the loop turns

# Of native threads, also in a program whose threads gevent has replaced.
_new_lock = get_original("_thread", "allocate_lock")
_this_thread = get_original("_thread", "get_ident")


class Crossing(Generic[T]):
    """To be made in the loop's thread. At most ``most`` things wait.

    ``take`` gets what was put, oldest first, in the loop; it must not wait. Of things that are much
    work each ``turn`` says how many may be taken in a row. ``dropped`` counts what found no room,
    or came too late.
    """

    def __init__(self, take: Optional[Callable[[List[T]], Any]], most: int,
                 turn: int = _TURN) -> None:
        self.dropped = 0
        self.closed = False
        self._take = take
        self._most = most
        self._turn = turn
        self._things: Deque[T] = deque()
        self._lock: Any = _new_lock()       # held for an instant: by who puts, and by the end
        self._woken = False                 # a wake-up is under way
        self._news = Flag()
        self._home = _this_thread()
        self._wake = gevent.get_hub().loop.async_()
        self._wake.start(self._on_wake)

    @property
    def waiting(self) -> int:
        """How many things wait."""
        return len(self._things)

    # ---- from any thread -------------------------------------------------------------------

    def put(self, thing: T) -> bool:
        """Never waits. False if there was no room, or it is closed."""
        with self._lock:
            if self.closed or len(self._things) >= self._most:
                self.dropped += 1
                return False
            self._things.append(thing)      # first: the loop may look at once
            if self._woken or self._send():
                return True
            self._things.pop()
            self.dropped += 1
            return False

    def wake(self) -> None:
        """Let whoever waits look about, though nothing was put: at a counter, or a failure."""
        with self._lock:
            if not (self._woken or self.closed):
                self._send()

    def close(self) -> None:
        """Nothing can be put from now on; what waits is taken yet. Again: nothing happens.

        In the loop's thread that is done when this returns, or else in the loop's next turn. What
        waits to be pulled may still be.
        """
        with self._lock:
            if not self.closed:
                self.closed = True
                self._send()
        if _this_thread() == self._home:
            self._end()

    def _send(self) -> bool:
        """False where the loop was destroyed, and nobody takes anything any more."""
        self._woken = True      # first: the loop may be at it before this returns
        try:
            self._wake.send()
        except ValueError:
            self.closed = True
        return not self.closed

    # ---- in the loop -----------------------------------------------------------------------

    def wait(self) -> None:
        """Until something waits, it is closed, or it was woken since the last time."""
        if not (self._things or self.closed):
            self._news.wait()
        self._news.clear()

    def pull(self, most: int) -> List[T]:
        """What waits, oldest first, up to ``most`` things; at once, and perhaps nothing."""
        things = self._things
        return [things.popleft() for _ in range(min(most, len(things)))]

    def _on_wake(self) -> None:
        if self.closed:
            self._end()
            return
        self._woken = False     # first: what is put from here on sends again
        self._news.set()
        if self._take is not None:
            self._push()
            if self._things:
                self.wake()

    def _push(self) -> None:
        things = self.pull(self._turn)
        if things and self._take is not None:
            try:
                self._take(things)
            except Exception:
                log.exception("%d things that came from a thread were not taken", len(things))

    def _end(self) -> None:
        self._news.set()
        while self._things and self._take is not None:
            self._push()
        self._wake.stop()
        self._wake.close()
