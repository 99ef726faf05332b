"""What others send wrong: counted by kind, and said once a kind and minute."""

from __future__ import annotations

import logging
from typing import Callable, Dict

from ...model.escaping import escaped

__all__ = ["Complaints"]

log = logging.getLogger(__name__)

_PAUSE = 60.0                   # s between two lines of a kind
_LONGEST = 200                  # characters of what somebody else wrote


class Complaints:
    """``counters`` by kind; ``clock`` is in seconds that never go back."""

    def __init__(self, clock: Callable[[], float], *kinds: str) -> None:
        self.counters: Dict[str, int] = dict.fromkeys(kinds, 0)
        self._clock = clock
        self._said: Dict[str, float] = {}       # kinds are ours, so there are few

    def count(self, kind: str) -> None:
        self.counters[kind] = self.counters.get(kind, 0) + 1

    def say(self, kind: str, text: str, quoted: str = "") -> None:
        """Count it, and log ``text`` with what was ``quoted``, if it is time."""
        self.count(kind)
        now = self._clock()
        if now - self._said.get(kind, -_PAUSE) < _PAUSE:
            return
        self._said[kind] = now
        log.warning("mqtt: %s", escaped(text) + (
            ": " + escaped(quoted[:_LONGEST])[:_LONGEST] if quoted else ""))
