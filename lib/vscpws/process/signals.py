"""Signals, as greenlets of the running event loop.

``TERM`` and ``INT`` stop the daemon in order, a second one at once; ``HUP`` reloads. Before the
loop exists ``HUP`` is ignored, so that a reload sent too early doesn't end a starting daemon.
"""

from __future__ import annotations

import logging
import os
import signal
from typing import Callable

from .notify import notify

__all__ = ["ignore_hangup", "install"]

log = logging.getLogger(__name__)


def ignore_hangup() -> None:
    """For the time until ``install``."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def install(app, at_once: Callable[[], None], leave: Callable[[int], None] = os._exit) -> None:
    """Ties the signals to ``app.stop()`` and ``app.reload()``; to be called in the event loop.

    ``at_once`` tidies up what must not stay behind when a second signal cuts the end short.
    """
    import gevent

    stopping = []

    def stop(name: str) -> None:
        if stopping:
            log.warning("%s again: ending at once", name)
            at_once()
            leave(1)
            return
        stopping.append(name)
        log.info("%s: stopping", name)
        notify("STOPPING=1")
        app.stop()

    def reload() -> None:
        if stopping:
            return
        log.info("SIGHUP: reloading")
        app.reload()

    gevent.signal_handler(signal.SIGTERM, stop, "SIGTERM")
    gevent.signal_handler(signal.SIGINT, stop, "SIGINT")
    gevent.signal_handler(signal.SIGHUP, reload)
