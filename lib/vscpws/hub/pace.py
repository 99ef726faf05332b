"""The hub's pace: how long it rests after a batch.

Theory: a batch costs a system call for each client, however many events it holds. So it pays to let
events gather, and nobody should wait for what doesn't pay. Therefore batches begin ``_SHARE`` times
their work apart, but no less than ``_LEAST`` and no more than ``longest``: that keeps the hub's
share of a core at a fifth where ``longest`` allows, and what an event waits grows with what it
costs. Where too few events would come in a rest, there is none.
"""

from __future__ import annotations

__all__ = ["Pace"]

_SHARE = 5                      # from batch to batch, times the work of one
_GATHERED = 1.5                 # events that must be expected from a batch to the next
_LEAST = 0.0005                 # s from batch to batch: more pays better than it costs
_SHORTEST = 0.0001              # s; less is not worth the sleep
_SMOOTHING = 0.125              # the weight of one event's gap


class Pace:
    """``longest`` is in seconds, from the beginning of a batch to that of the next; 0: no rest."""

    def __init__(self, longest: float):
        self.longest = longest
        self._started = 0.0     # the last batch
        self._gap = longest     # s from event to event, of late; as good as any longer one

    def rest(self, start: float, end: float, count: int) -> float:
        """Seconds to rest after a batch of ``count`` events, worked at from ``start`` to ``end``.

        Both are s of one clock that never goes back.
        """
        gap, self._started = min(self.longest, (start - self._started) / count), start
        if gap < self._gap:         # a silence counts at once, a few events that come fast don't
            gap = self._gap + min(1.0, count * _SMOOTHING) * (gap - self._gap)
        self._gap = gap
        work = end - start
        apart = min(self.longest, max(_LEAST, _SHARE * work))
        rest = apart - work
        return rest if rest >= _SHORTEST and apart >= _GATHERED * self._gap else 0.0
