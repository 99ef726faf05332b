"""The state of the connection to the broker, and what it tells the operator.

::

    closed ── start ──> connecting ──> up <──> away | refused | stepped-back ── stop ──> closed

Each change is one line in the log; while the broker refuses us, or another daemon has our name, it
is said again once a minute, for only people can mend that.
"""

from __future__ import annotations

import logging
import time
from typing import Callable

__all__ = ["LinkState"]

log = logging.getLogger(__name__)

_AGAIN = 60.0                   # s
_ADVICE = {"refused": "check user and password-file, and the broker's access rules",
           "stepped-back": "give this daemon another name in [mqtt]"}


class LinkState:
    """``broker`` is how the log names it, ``clock`` is in seconds and never goes back."""

    def __init__(self, broker: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.state = "closed"
        self.reason = ""
        self.connects = 0
        self._broker = broker
        self._clock = clock
        self._since = self._said = clock()

    @property
    def is_up(self) -> bool:
        return self.state == "up"

    @property
    def seconds(self) -> float:
        """How long it has lasted."""
        return self._clock() - self._since

    def change(self, state: str, reason: str) -> None:
        """It is so now, for this reason."""
        self.connects += state == "up"
        if (state, reason) == (self.state, self.reason):
            return
        if state != self.state:
            self._since = self._clock()
        self.state, self.reason = state, reason
        self._say()

    def remind(self) -> None:
        """To be called now and then."""
        if self.state in _ADVICE and self._clock() - self._said >= _AGAIN:
            self._say()

    def _say(self) -> None:
        self._said = self._clock()
        advice = _ADVICE.get(self.state, "")
        log.log(logging.WARNING if self.state in (*_ADVICE, "away") else logging.INFO,
                "mqtt: %s is %s%s%s", self._broker, self.state,
                " (%s)" % self.reason if self.reason else "", ": " + advice if advice else "")
