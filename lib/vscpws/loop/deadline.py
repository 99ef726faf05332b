"""A deadline for somebody outside, who doesn't pay for our own absence.

Theory: a process that was stopped, a machine that slept or was short of time finds its timers over,
and what the others have sent meanwhile waits in the kernel. So a deadline isn't one long time but
some short ones in a row, and one that ends late doesn't count: whoever was as fast as he had to be
has at least one of them in which we listen. A loop that is always late ends it all the same, after
some more of them.
"""

from __future__ import annotations

import time
from typing import Any, Callable

from gevent import get_hub, getcurrent

__all__ = ["Deadline"]

_PARTS = 8
_LATE = 0.25                    # s after its end, or a whole part: then we were away
_MOST = 4 * _PARTS              # with those that end late
_AFTER_SOCKETS = -1             # of a watcher: in its turn of the loop it comes last


class Deadline:
    """Raises ``error`` where it was begun, ``seconds`` later; it's begun by ``with``, or by
    ``begin`` until ``end``. ``now`` is a clock in seconds that never goes back."""

    __slots__ = ("_due", "_error", "_left", "_now", "_over", "_part", "_timer")

    def __init__(self, seconds: float, error: BaseException,
                 now: Callable[[], float] = time.monotonic):
        self._error = error
        self._now = now
        self._left, self._over = _PARTS, 0
        self._part = seconds / _PARTS
        self._timer: Any = get_hub().loop.timer(self._part, self._part, priority=_AFTER_SOCKETS)

    def begin(self) -> Deadline:
        self._due = self._now() + self._part
        self._timer.start(self._part_over, getcurrent(), update=True)
        return self

    def end(self) -> None:
        """It isn't raised any more; also of one that has ended."""
        self._timer.close()

    def __enter__(self) -> Deadline:
        return self.begin()

    def __exit__(self, *_: object) -> None:
        self.end()

    def _part_over(self, greenlet: Any) -> None:
        now = self._now()
        if now - self._due < max(_LATE, self._part):
            self._left -= 1
        self._over += 1
        self._due = now + self._part
        if not self._left or self._over == _MOST:
            self.end()
            greenlet.throw(self._error)
