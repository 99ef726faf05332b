"""How long to wait before the next try: doubling, capped, with jitter."""

from __future__ import annotations

import random
from typing import Callable

__all__ = ["Backoff"]

_JITTER = 0.25                  # a wait is shortened by up to this share, so that many don't march


class Backoff:
    """Delays in seconds from ``first``, doubling up to ``last``.

    Each is shortened by a share of it that ``uniform(low, high)`` draws, ``jitter`` at most; 0 for
    what has nobody to march with.
    """

    def __init__(self, first: float, last: float, jitter: float = _JITTER,
                 uniform: Callable[[float, float], float] = random.uniform):
        self._first = first
        self._last = last
        self._jitter = jitter
        self._uniform = uniform
        self._delay = first

    def next(self) -> float:
        """The wait before the next try."""
        delay, self._delay = self._delay, min(self._delay * 2, self._last)
        return delay * self._uniform(1 - self._jitter, 1)

    def reset(self) -> None:
        """Start over with the first delay."""
        self._delay = self._first
