"""Whether a lost server is tried again, and when: what was happening decides.

::

    refused, also by the login after a loss     no: it would be refused again (``Refused``)
    lost after it was watched once              yes, in growing pauses
    too busy for a first login                  yes, a few times
    not there at the first try                  no: somebody waits for the answer
"""

from __future__ import annotations

from typing import Callable, Optional

from ..loop.backoff import Backoff
from .connection import Lost

__all__ = ["Retry"]

_HELD = 10.0                    # s that a connection must hold before pauses are short again
_MOST_UNANSWERED = 5            # first logins that a server was too busy for


class Retry:
    """``clock`` is in seconds."""

    def __init__(self, pauses: Backoff, clock: Callable[[], float]):
        self._pauses = pauses
        self._clock = clock
        self._was_open = False
        self._opened: Optional[float] = None    # since when the present connection is watched
        self._unanswered = 0

    def open(self) -> bool:
        """Events come now; whether they did already, before a loss."""
        before, self._was_open = self._was_open, True
        self._opened = self._clock()
        return before

    def pause_after(self, lost: Lost) -> Optional[float]:
        """Seconds until the next try; None if there is to be none.

        Who was too slow, or came to a full house, waits longer each time.
        """
        opened, self._opened = self._opened, None
        if not self._was_open:
            self._unanswered += 1
            if not lost.busy or self._unanswered >= _MOST_UNANSWERED:
                return None
        if opened is not None and self._clock() - opened >= _HELD and not lost.busy:
            self._pauses.reset()
        return self._pauses.next()
