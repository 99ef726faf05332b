"""Loops that must go on: restarted when they die, given up when they die again and again.

A daemon that lives for years may see a bug now and then, and then had better go on; one that meets
it all the time had better end, so that whoever watches it sees that.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Callable, Deque

__all__ = ["DEATHS", "WINDOW", "keep_running"]

log = logging.getLogger(__name__)

DEATHS = 5                      # of one loop within the window; then it is given up
WINDOW = 600.0                  # s


def keep_running(name: str, loop: Callable[[], None], restarted: Callable[[], None],
                 give_up: Callable[[], None], now: Callable[[], float] = time.monotonic) -> None:
    """Run ``loop``, and again whenever it ends; it never should.

    ``restarted()`` is called before each new run, ``give_up()`` when there will be none.
    """
    deaths: Deque[float] = deque(maxlen=DEATHS)
    while True:
        try:
            loop()
        except Exception:
            log.exception("the %s loop died", name)
        deaths.append(now())
        if len(deaths) == DEATHS and deaths[-1] - deaths[0] < WINDOW:
            break
        log.error("the %s loop is restarted", name)
        restarted()
    log.critical("the %s loop died %d times within %g minutes, the daemon ends",
                 name, DEATHS, WINDOW / 60)
    give_up()
