"""The hub's pace: how long it rests after a batch.

Theory: a batch costs a system call for each client, however many events it holds. So under load it
pays to let events gather, and a hub that is hardly busy would only make them wait. Therefore each
second of work owes some seconds of rest, which any waiting pays off. As long as more is owed than
a timer of the loop is fine enough for, batches begin ``longest`` apart; a hub that works longer
than that on a batch doesn't rest at all.
"""

from __future__ import annotations

__all__ = ["Pace"]

_OWED = 6                       # s for each s of work: up to a seventh of a core nothing remains
_TICK = 0.001                   # s; libev waits for no less


class Pace:
    """``longest`` is in seconds, from the beginning of a batch to that of the next; 0: no rest."""

    def __init__(self, longest: float):
        self.longest = longest
        self._owed = 0.0
        self._ended = 0.0       # when the last batch was done

    def rest(self, start: float, end: float) -> float:
        """Seconds to rest after a batch that took from ``start`` to ``end`` (s of one clock)."""
        work = end - start
        owed = max(0.0, self._owed - (start - self._ended)) + _OWED * work
        self._owed = min(owed, max(self.longest, _TICK))    # a short silence pays it all
        self._ended = end
        return max(0.0, self.longest - work) if self._owed >= _TICK else 0.0
