"""How long events wait for the hub, counted in buckets.

Theory: one look at the clock when the first event of a batch comes and one when all of the batch
has been handed on; so it costs the same for one event as for a thousand. All of a batch count with
the time of the oldest: none took longer than is said.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, Dict

__all__ = ["BOUNDS", "Latency"]

#: Upper ends of the buckets, in seconds; beyond the last there is one more.
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Latency:
    """From an event's coming until it has been put into every outbox that wants it."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def count(self, seconds: float, events: int) -> None:
        """So many events took at most so long."""
        self._counts[bisect_left(BOUNDS, seconds)] += events
        self._sum += seconds * events

    def as_dict(self) -> Dict[str, Any]:
        """``bounds``, the events in each bucket by itself, and the ``sum`` of seconds, for JSON."""
        return {"bounds": list(BOUNDS), "counts": list(self._counts), "sum": self._sum}
