"""Outboxes whose replies leave together, when the loop has seen to all that were ready.

Theory: to send wakes whoever waits for it, and that is the dearest part of it. Where many clients
are served in one turn of the loop, and behind a few processes (a proxy, a browser, a gateway), the
first reply wakes one of those, and what follows at once finds it awake.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Deque

from gevent import get_hub

from .outbox import Outbox

__all__ = ["Together"]

log = logging.getLogger(__name__)


class Together:
    """To be made in the thread of the event loop."""

    def __init__(self) -> None:
        self._loop = get_hub().loop
        self._waiting: Deque[Outbox] = deque()

    def flush(self, outbox: Outbox) -> None:
        """Flush it before the loop looks at its sockets again."""
        if not self._waiting:
            self._loop.run_callback(self._flush)
        self._waiting.append(outbox)

    def _flush(self) -> None:
        while self._waiting:
            outbox = self._waiting.popleft()
            try:
                outbox.flush()
            except Exception:
                log.exception("%s: failed to send", outbox.label)
                outbox.fail("internal error")
