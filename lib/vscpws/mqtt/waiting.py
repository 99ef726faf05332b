"""What waits for the connection's thread: events, and messages of other kinds.

The loop puts, the thread takes. Bounded: of events the oldest go and are counted. While the broker
is away there is no room for them at all unless the settings keep some; those that have become too
old meanwhile are dropped when it is back, for a late event is a wrong one. Messages that aren't
events are refused while it is away.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, List, NamedTuple, Sequence, Tuple

from ..model.event import Event

__all__ = ["Outgoing", "Waiting"]

_MOST_MESSAGES = 16384          # a house's retained states, all of them at once when it connects


class Outgoing(NamedTuple):
    """A message; ``ticket`` is handed back when the broker has taken it (of quality 1 alone)."""

    topic: str
    payload: bytes
    retain: bool = False
    qos: int = 0
    ticket: Any = None


class Waiting:
    """``size`` and ``keep`` are in events, ``age`` in seconds; ``wake()`` is called, in the loop's
    thread, when something was put. ``clock`` is in seconds and never goes back.

    ``dropped`` counts events by reason: ``away`` (no broker), ``full``, ``late``; and messages.
    """

    def __init__(self, size: int, keep: int, age: float, wake: Callable[[], None],
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.dropped: Dict[str, int] = {"away": 0, "full": 0, "late": 0, "messages": 0}
        self.is_open = False
        self._size, self._keep, self._age = size, keep, age
        self._wake = wake
        self._clock = clock
        self._lock = threading.Lock()       # held for a few steps at a time
        self._events: Deque[Tuple[float, Sequence[Event]]] = deque()
        self._count = 0
        self._messages: Deque[Outgoing] = deque()

    def __len__(self) -> int:
        """Events that wait."""
        return self._count

    # ---- in the loop -----------------------------------------------------------------------

    def put(self, events: Sequence[Event]) -> None:
        """Let events wait."""
        with self._lock:
            room = self._size if self.is_open else self._keep
            if not room:
                self.dropped["away"] += len(events)
                return
            self._events.append((self._clock(), events))
            self._count += len(events)
            self._shorten(room, "full" if self.is_open else "away")
            is_open = self.is_open
        if is_open:
            self._wake()

    def put_message(self, message: Outgoing) -> bool:
        """Let a message wait; False if it is lost."""
        with self._lock:
            if not self.is_open or len(self._messages) >= _MOST_MESSAGES:
                self.dropped["messages"] += 1
                return False
            self._messages.append(message)
        self._wake()
        return True

    # ---- in the thread ---------------------------------------------------------------------

    def open(self) -> None:
        """The broker is there."""
        with self._lock:
            limit = self._clock() - self._age
            while self._events and self._events[0][0] < limit:
                self._drop(len(self._events[0][1]), "late")
            self.is_open = True

    def shut(self) -> List[Outgoing]:
        """The broker is away; returns the messages that are lost by that."""
        with self._lock:
            self.is_open = False
            self._shorten(self._keep, "away")
            lost = list(self._messages)
            self._messages.clear()
            self.dropped["messages"] += len(lost)
            return lost

    def take_messages(self, most: int) -> List[Outgoing]:
        """The next messages, which go before events."""
        with self._lock:
            return [self._messages.popleft() for _ in range(min(most, len(self._messages)))]

    def take(self, most: int) -> Sequence[Event]:
        """The next events that came in together, at most so many."""
        with self._lock:
            if not self._events:
                return ()
            when, events = self._events.popleft()
            if len(events) > most:
                self._events.appendleft((when, events[most:]))
                events = events[:most]
            self._count -= len(events)
            return events

    def lose(self, count: int) -> None:
        """Events that were taken did not reach the broker."""
        with self._lock:
            self.dropped["away"] += count

    def _shorten(self, room: int, reason: str) -> None:
        while self._count > room:
            self._drop(self._count - room, reason)

    def _drop(self, most: int, reason: str) -> None:
        """Drop up to so many of the oldest that came together."""
        when, events = self._events.popleft()
        if len(events) > most:
            self._events.appendleft((when, events[most:]))
        count = min(most, len(events))
        self._count -= count
        self.dropped[reason] += count
