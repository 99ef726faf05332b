"""What is refused: counted by kind, and said once for each kind and minute.

Whoever sends a thousand wrong messages a second must not fill the log, and none of them may bring
more into it than one short line that is fit to be read.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Callable, Dict

from ...model.escaping import escaped

__all__ = ["Refusals"]

_AGAIN = 60.0                   # s until a kind is said again
_MOST_KINDS = 100               # that are told apart; they are the program's own words
_WHERE, _REASON = 70, 100       # characters of a line


class Refusals:
    """``say(line)`` is given the lines, of at most 200 characters; ``clock`` is in seconds and
    never goes back. ``counts`` are all refusals by kind."""

    def __init__(self, say: Callable[[str], None],
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.counts: Dict[str, int] = Counter()
        self._say = say
        self._clock = clock
        self._said: Dict[str, float] = {}
        self._silent: Dict[str, int] = Counter()

    def count(self, kind: str) -> str:
        """Count one and say nothing; returns the kind that it was counted as."""
        if kind not in self.counts and len(self.counts) >= _MOST_KINDS:
            kind = "other"
        self.counts[kind] += 1
        return kind

    def refuse(self, kind: str, where: str, reason: str) -> None:
        """Count one, and say it unless its kind was said within the last minute. ``where`` is a
        topic, or what else shows which one it was; it may be empty."""
        kind = self.count(kind)
        now = self._clock()
        if kind in self._said and now - self._said[kind] < _AGAIN:
            self._silent[kind] += 1
            return
        self._said[kind] = now
        silent = self._silent.pop(kind, 0)
        self._say("%s%s%s" % (_short(where, _WHERE) + ": " if where else "",
                              _short(reason, _REASON), ", %d more" % silent if silent else ""))


def _short(text: str, most: int) -> str:
    """``text`` escaped, and cut to ``most`` characters."""
    text = escaped(text[:most + 1])
    return text if len(text) <= most else text[:most - 3] + "..."
