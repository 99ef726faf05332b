"""Turns: how work that never has to wait shares the event loop with all the rest.

Theory: a greenlet gives way only where it waits, and who sends at full speed and reads at full
speed never lets it wait. ``gevent.sleep(0)`` isn't enough, for the loop runs fifty of those that
slept before it looks at its sockets again. So whoever has a piece of work to do for somebody
outside queues for it here, before the piece and not after, and the loop lets a round of them in
once each time it turns: until the round's time is over, and then it sees to its sockets, the hub
and the signals. However many there are and whatever they send, the others wait for one round.

There are two queues, so that those who are not known can't keep those who are waiting: a round
begins with the known ones, and then at least one of the others has a turn. A piece of work is so
small that one of them doesn't matter: a request, some messages, some kilobytes.

Queueing costs more than a small piece of work. So who is known may do without (``may_go_on``) as
long as all that was done that way since the loop last saw to its sockets is less than a round.

Who queues is a greenlet that waits (``wait``), or a call that is made in its turn (``ask``): so
nobody needs a greenlet only to queue with it.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Callable, Deque
from weakref import WeakKeyDictionary

from gevent import get_hub
from gevent.hub import Hub, Waiter

__all__ = ["Turns", "may_go_on", "take_turn", "turns_of_this_loop"]

_ROUND = 0.001                  # s; then no further piece of work is begun in this round
_UNKNOWN = -1                   # which turn of the loop this is

_turns: WeakKeyDictionary[Hub, Turns] = WeakKeyDictionary()     # of each event loop


def take_turn(known: bool = False) -> None:
    """Wait for one's turn for the next piece of work; ``known`` is who is logged in."""
    turns_of_this_loop().wait(known)


def may_go_on() -> bool:
    """Whether who is known may do the next piece of work without waiting for a turn."""
    return turns_of_this_loop().may_go_on()


def turns_of_this_loop() -> Turns:
    """What the two above go by, for who asks often."""
    hub = get_hub()
    turns = _turns.get(hub)
    if turns is None:
        turns = _turns[hub] = Turns(hub.loop)
    return turns


class Turns:
    """The queues of one event loop; ``now`` is a clock in seconds that never goes back."""

    def __init__(self, loop: Any, now: Callable[[], float] = time.monotonic):
        self._known: Deque[Callable[[None], object]] = deque()
        self._others: Deque[Callable[[None], object]] = deque()
        self._now = now
        self._round = loop.check()      # after the sockets were looked at
        self._awake = loop.idle()       # as long as it's there the loop doesn't wait for them
        self._running = False
        self._loop = loop
        self._iteration = _UNKNOWN      # of the loop, in which things are done without waiting,
        self._until = 0.0               # and when there is no more of that in it

    def may_go_on(self) -> bool:
        iteration = self._loop.iteration
        if iteration == _UNKNOWN:       # libuv's loop doesn't tell
            return False
        if iteration != self._iteration:
            self._iteration, self._until = iteration, self._now() + _ROUND
            return True
        return self._now() < self._until

    def wait(self, known: bool) -> None:
        waiter: Waiter[None] = Waiter()
        self.ask(waiter.switch, known)
        waiter.get()

    def ask(self, turn: Callable[[None], object], known: bool) -> None:
        """Call ``turn(None)`` when it's its turn, in the event loop's greenlet: it must not wait
        there."""
        (self._known if known else self._others).append(turn)
        if not self._running:
            self._running = True
            self._round.start(self._let_in)
            self._awake.start(_nothing)

    def _let_in(self) -> None:
        end = self._now() + _ROUND
        for queue in (self._known, self._others):
            for _ in range(len(queue)):     # who queues again in this round waits for the next
                queue.popleft()(None)
                if self._now() >= end:
                    break
        if not self._known and not self._others:
            self._running = False
            self._round.stop()
            self._awake.stop()


def _nothing() -> None:
    pass
