"""What a bus misses: events that the clients and other buses got while it could take nothing.

An episode begins with the first event missed and ends with the first one taken after a while
without another miss: a bus that takes one event in ten has one long episode. Each end is one line
in the log.
"""

from __future__ import annotations

import logging
from typing import Callable

from .counters import Counters

__all__ = ["Missed"]

log = logging.getLogger(__name__)

_QUIET = 5.0                    # s without a miss that end an episode


class Missed:
    """Counts for the bus ``name`` in ``counters.missed``; ``clock`` is in seconds."""

    def __init__(self, name: str, counters: Counters, clock: Callable[[], float]):
        self._name = name
        self._counters = counters
        self._clock = clock
        self.missing = False        # an episode that has not ended
        self._before = 0            # the count when this episode began
        self._last = 0.0            # when an event was missed last

    def count(self, reason: str) -> None:
        """One more event went on without the bus."""
        self._last = self._clock()
        if not self.missing:
            self.missing, self._before = True, self._counters.missed
            log.warning("%s: takes nothing (%s): events go on without it", self._name, reason)
        self._counters.missed += 1

    def taken(self) -> None:
        """The bus took an event."""
        if self.missing and self._clock() - self._last >= _QUIET:
            self.missing = False
            log.warning("%s: takes events again, it missed %d", self._name,
                        self._counters.missed - self._before)
