"""How much a client may say in a while: messages who is logged in, characters a stranger."""

from __future__ import annotations

from typing import Callable

__all__ = ["Allowance", "StrangersTalk"]

# Before the login nobody has much to say: two messages of some hundred characters. What goes on
# talking is read slowly, so that a crowd of strangers costs little; a message counts as so many
# characters more.
_STRANGERS_SHARE = 32768        # characters at once
_STRANGERS_RATE = 20480         # characters a second after that
_MESSAGE = 1024                 # characters
_LONGEST_HOLD = 2.0             # s


class Allowance:
    """A bucket that fills at a steady rate: at most ``rate`` messages a second, and as many at
    once after a quiet second.

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

    def grant(self, count: int) -> int:
        """How many of so many messages are allowed now; of them none counts as refused."""
        if not self._rate:
            return count
        if self._left < count:
            self._fill()
        granted = min(count, int(self._left))
        self._left -= granted
        return granted

    def give_back(self, count: int) -> None:
        """So many that were granted did not come."""
        self._left += count

    def _fill(self) -> None:
        # Only an empty bucket looks at the clock: most messages cost one comparison.
        now = self._now()
        self._left = min(self._rate, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left >= self._rate:
            self.refused = 0


class StrangersTalk:
    """What one client has said while it wasn't logged in."""

    __slots__ = ("_said",)

    def __init__(self) -> None:
        self._said = 0

    def say(self, size: int) -> float:
        """One more message, of so many characters; the seconds that it waits if more has been said
        than a login takes."""
        size += _MESSAGE
        self._said += size
        if self._said - size < _STRANGERS_SHARE:
            return 0.0
        return min(size / _STRANGERS_RATE, _LONGEST_HOLD)
