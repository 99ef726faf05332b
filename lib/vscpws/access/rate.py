"""How many messages a client may send in a while: a bucket that fills at a steady rate."""

from __future__ import annotations

from typing import Callable

__all__ = ["Allowance"]


class Allowance:
    """At most ``rate`` messages a second, and as many at once after a quiet second.

    ``rate`` 0 allows everything. What is refused is counted; after as many refusals as messages
    are allowed in a second, without a quiet second between, the client is ``flooding``. ``now``
    is a clock in seconds that never goes back.
    """

    def __init__(self, rate: int, now: Callable[[], float]):
        self.refused = 0                # since the bucket was last full
        self._rate = rate
        self._now = now
        self._left = float(rate)
        self._seen = now()

    @property
    def flooding(self) -> bool:
        return bool(self._rate) and self.refused >= self._rate

    def take(self) -> bool:
        """Whether one more message is allowed now."""
        if not self._rate:
            return True
        if self._left < 1:
            self._fill()
            if self._left < 1:
                self.refused += 1
                return False
        self._left -= 1
        return True

    def _fill(self) -> None:
        # Only an empty bucket looks at the clock: most messages cost one comparison.
        now = self._now()
        self._left = min(self._rate, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left >= self._rate:
            self.refused = 0
