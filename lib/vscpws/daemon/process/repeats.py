"""Repeats: of one kind of line only so many in a while; the rest is counted.

Whoever connects and leaves a thousand times a second makes two thousand lines a second, and the
disk is full by the evening. The first lines of a kind tell all there is to know, and the number of
the others.

One that comes back each second makes too few lines for that and, in a day, twenty megabytes. So of
the lines that say of which host they tell (a record's ``host``), there are fewer of each host in a
longer while.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Hashable, List, Tuple

__all__ = ["MOST", "MOST_OF_HOST", "Repeats", "WINDOW", "WINDOW_OF_HOST"]

MOST = 500                      # lines of a kind in a window: a full house that comes back
WINDOW = 10.0                   # s
MOST_OF_HOST = 10               # lines of a kind about one host in its window
WINDOW_OF_HOST = 600.0          # s
_MOST_KINDS = 2000              # that are remembered; a crowd of hosts has the limit of all lines


class _Window:
    def __init__(self, start: float):
        self.start = start
        self.count = 0
        self.last: Any = None   # the last one that was held back


class Repeats:
    """Counts lines by kind, of which there are only so many: a place in the program each.

    ``now`` is a monotonic clock in seconds.
    """

    def __init__(self, most: int = MOST, window: float = WINDOW,
                 now: Callable[[], float] = time.monotonic):
        self._most = most
        self._length = window
        self._now = now
        self._windows: Dict[Hashable, _Window] = {}
        self._holding = False

    def admit(self, kind: Hashable, line: Any) -> bool:
        """Whether this line may pass; one that may not is counted and remembered as the last."""
        now = self._now()
        window = self._windows.get(kind)
        if window is None and len(self._windows) >= _MOST_KINDS:
            self._forget(now)
            if len(self._windows) >= _MOST_KINDS:
                return True
        if window is None or now - window.start >= self._length and window.last is None:
            window = self._windows[kind] = _Window(now)
        window.count += 1
        if window.count <= self._most:
            return True
        window.last = line
        self._holding = True
        return False

    def _forget(self, now: float) -> None:
        """Windows that have ended and held nothing back."""
        for kind in [kind for kind, window in self._windows.items()
                     if window.last is None and now - window.start >= self._length]:
            del self._windows[kind]

    def over(self, all_of_them: bool = False) -> List[Tuple[int, Any]]:
        """How many lines were held back in windows that have ended, and the last of each; told
        once. ``all_of_them``: those of windows that have not ended, too."""
        if not self._holding:
            return []
        oldest = self._now() - self._length
        ended = [kind for kind, window in self._windows.items()
                 if window.last is not None and (all_of_them or window.start <= oldest)]
        windows = [self._windows.pop(kind) for kind in ended]
        self._holding = any(window.last is not None for window in self._windows.values())
        return [(window.count - self._most, window.last) for window in windows]
