"""A crew: few greenlets that work for many, each of them for one at a time.

Theory: a greenlet costs about ten kilobytes whether it does something or not. So who has nothing to
do has none: when there is work for him, one of the crew does it, and as long as that work waits for
something, only this one waits with it. The next work finds another one that is free, or has one
made: there are as many as there is work under way at a time. Who is free beyond a few ends.
"""

from __future__ import annotations

import logging
from typing import Callable, List, Optional

from gevent import get_hub
from greenlet import getcurrent, greenlet

__all__ = ["Crew"]

log = logging.getLogger(__name__)

_FREE = 8                       # that stay, so that one needn't be made for each work

Job = Callable[[], None]


class Crew:
    """To be made in the thread of the event loop that it works in."""

    def __init__(self) -> None:
        self._hub = get_hub()
        self._free: List[greenlet] = []
        self._most_free = _FREE

    def work(self, job: Job) -> None:
        """Begin ``job()`` now; returns when it ends or first waits. To be called in the event
        loop's own greenlet, as its watchers' callbacks are."""
        hand = self._free.pop() if self._free else self._hire()
        hand.switch(job)

    def _hire(self) -> greenlet:
        hand = greenlet(self._serve, self._hub)
        hand.switch()           # with a job it would keep that as long as it lives
        return hand

    def dismiss(self) -> None:
        """End those that are free, and the others when they have done their work."""
        self._most_free = 0
        for hand in self._free:
            self._hub.loop.run_callback(hand.switch, None)
        self._free.clear()

    def _serve(self) -> None:
        while True:
            job: Optional[Job] = self._hub.switch()
            if job is None:
                return
            try:
                job()
            except Exception:
                log.exception("work failed")
            if len(self._free) >= self._most_free:
                return
            del job             # what it was for may go
            self._free.append(getcurrent())
