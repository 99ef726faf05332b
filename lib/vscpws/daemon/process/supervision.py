"""What a service manager is told: readiness, a line of status, and that the daemon lives.

The watchdog's ping comes from where the work is done: a token goes through the hub's own queue, and
only a hub that has turned since the last ping earns the next one. A timer beside it would go on
ticking in a daemon that passes no events on.
"""

from __future__ import annotations

import logging
import time
from typing import Callable, Protocol

from . import logs
from .notify import notify, watchdog_time

__all__ = ["Supervision", "Watched"]

log = logging.getLogger(__name__)

_BEAT = 1.0                     # s between two looks; so often at most the status line changes


class Watched(Protocol):
    """What is looked at."""

    def summary(self) -> str:
        """Its state, in a line."""

    def turns(self) -> int:
        """How often the hub has turned."""

    def probe(self) -> None:
        """Sends a token through the hub."""


class Supervision:
    """Tells of ``app``; ``tell`` sends to the service manager, ``now`` is in seconds."""

    def __init__(self, app: Watched, tell: Callable[[str], None] = notify,
                 now: Callable[[], float] = time.monotonic):
        self._app = app
        self._tell = tell
        self._now = now
        self._watchdog = watchdog_time()
        self._pinged = now()
        self._turns = 0
        self._status = ""

    @property
    def pause(self) -> float:
        """Seconds between two beats."""
        return min(_BEAT, self._watchdog / 4) if self._watchdog else _BEAT

    def ready(self) -> None:
        """The daemon listens."""
        self._status = self._app.summary()
        self._tell("READY=1\nSTATUS=%s" % self._status)

    def run(self) -> None:
        """Beats for ever, in a greenlet."""
        import gevent

        while True:
            try:
                self.beat()
            except Exception:
                log.exception("telling the service manager failed")
            gevent.sleep(self.pause)

    def beat(self) -> None:
        """One look: tell what has changed, and ping if the hub has turned and it is time."""
        logs.settle()
        status = self._app.summary()
        if status != self._status:
            self._status = status
            self._tell("STATUS=%s" % status)
        if self._watchdog:
            self._watch()

    def _watch(self) -> None:
        turns = self._app.turns()
        now = self._now()
        if turns != self._turns and now - self._pinged >= self._watchdog / 2:
            self._turns, self._pinged = turns, now
            self._tell("WATCHDOG=1")
        self._app.probe()
