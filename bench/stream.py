"""What all clients of one kind must receive: one stream of bytes, and its check.

Theory: a server sends the same events to all clients with the same filter, so the bytes must be
the same as well. The load client compares what each of them receives with one common stream, byte
for byte, in one ``memcmp`` per read; whoever is ahead lengthens the stream. When the run is over
the stream itself is taken apart and checked event by event, so every client's every byte is
verified, at the price of one client. A client that differs is ``broken``: something was lost,
changed or came in another order. (Comparing costs a tenth of a nanosecond per byte; looking at
each frame of each client in Python would cost a thousand times that.)
"""

from __future__ import annotations

from typing import List, Optional

from events import Filter, Schedule, fields_of
from protocols import frames

__all__ = ["Heard", "Stream"]

_LOOKED_AT = 101                # of so many events one is compared in all its fields


class Heard:
    """What clients hear of each other, compared as in a ``Stream``."""

    def __init__(self, data: bytearray):
        self.data = data


class Stream:
    """The stream of a schedule's events that pass a filter. ``data`` grows by what arrives."""

    def __init__(self, plan: Schedule, chosen: Optional[Filter], dialect: str):
        self.data = bytearray()
        self.numbers = plan.passing(chosen)
        self._plan = plan
        self._protocol = "ws2" if dialect == "ws2" else "ws1"
        self._endings = plan.endings(self.numbers, self._protocol)
        self._ends: Optional[List[int]] = None
        self._last = next(iter(plan.endings(self.numbers[-1:], self._protocol)), b"")

    @property
    def complete(self) -> bool:
        """Whether its last event is there."""
        return self.data.endswith(self._last)

    def ends(self) -> List[int]:
        """Where each event ends. Raises ``ValueError`` if it isn't exactly what was sent."""
        if self._ends is None:
            self._ends = self._checked()
        return self._ends

    def _checked(self) -> List[int]:
        data, numbers = self.data, self.numbers
        ends = []
        for number, ending, (_, start, end) in zip(numbers, self._endings, frames(data)):
            if not data.startswith(ending, end - len(ending)):
                raise ValueError("instead of event %d came %r" % (number, bytes(data[start:end])))
            if number % _LOOKED_AT == 0:
                self._look(number, bytes(data[start:end]))
            ends.append(end)
        if len(ends) < len(numbers):
            raise ValueError("%d of %d events came" % (len(ends), len(numbers)))
        if ends and ends[-1] != len(data):
            raise ValueError("%d bytes too many" % (len(data) - ends[-1]))
        return ends

    def _look(self, number: int, payload: bytes) -> None:
        start = b'{"type"' if self._protocol == "ws2" else b"E;"
        text = payload[payload.index(start):]           # MQTT has its topic before it
        if fields_of(text, self._protocol) != self._plan.fields(number):
            raise ValueError("event %d came as %r" % (number, text))
