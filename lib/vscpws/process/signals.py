"""Signals, as greenlets of the running event loop.

``TERM`` and ``INT`` stop the daemon in order, a second one at once; ``HUP`` reloads, ``USR1`` opens
the log file again, ``USR2`` writes the daemon's state to the log. Before the loop exists the last
three are ignored, so that one sent too early doesn't end a starting daemon.
"""

from __future__ import annotations

import logging
import os
import signal
from typing import Callable

from . import logs
from .notify import notify, reloading

__all__ = ["ignore_early", "install"]

log = logging.getLogger(__name__)


def ignore_early() -> None:
    """For the time until ``install``."""
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)


def install(app, at_once: Callable[[], None], leave: Callable[[int], None] = os._exit) -> None:
    """Ties the signals to ``app``'s ``stop()``, ``reload()`` and ``describe()``; to be called in
    the event loop.

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
        with reloading():
            app.reload()

    def reopen() -> None:
        logs.reopen()
        log.info("SIGUSR1: the log file was opened again")

    gevent.signal_handler(signal.SIGTERM, stop, "SIGTERM")
    gevent.signal_handler(signal.SIGINT, stop, "SIGINT")
    gevent.signal_handler(signal.SIGHUP, reload)
    gevent.signal_handler(signal.SIGUSR1, reopen)
    gevent.signal_handler(signal.SIGUSR2, app.describe)
