"""Signals, as greenlets of the running event loop.

``TERM``, ``INT``, ``QUIT`` and whatever else would end a process stop the daemon in order, a second
one at once; ``HUP`` reloads, ``USR1`` opens the log file again, ``USR2`` writes the daemon's state
to the log. Before the loop exists the last three are ignored, so that one sent too early doesn't
end a starting daemon, and the others end the start with ``ToldToEnd``, which tidies up.

``HUP`` is also what a closed terminal sends: in the foreground, with the terminal gone that was
there at the start, it ends the daemon.
"""

from __future__ import annotations

import logging
import os
import signal
from typing import Any, Callable, List, Protocol

from . import logs
from .errors import ToldToEnd
from .notify import notify, reloading

__all__ = ["Terminal", "ignore_early", "install", "let_through"]

log = logging.getLogger(__name__)

# Not those of faults (ABRT, SEGV ...), of which a core file tells more than a tidy end.
_ENDING = ("SIGTERM", "SIGINT", "SIGQUIT", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGPOLL", "SIGPWR",
           "SIGXCPU")


class Signalled(Protocol):
    """What signals are for."""

    def stop(self) -> None:
        """End; returns at once."""

    def reload(self) -> None:
        """Read all files again."""

    def describe(self) -> None:
        """Write the state to the log."""


class Terminal:
    """The terminal that a process was started from; to be made before ``ignore_early``.

    ``is_closed`` is never true of none, nor where the starter (nohup) wanted it not to matter.
    """

    def __init__(self) -> None:
        self._was_there = signal.getsignal(signal.SIGHUP) != signal.SIG_IGN and _has_terminal()

    def is_closed(self) -> bool:
        return self._was_there and not _has_terminal()


def ignore_early() -> None:
    """For the time until ``install``; to be called in the main thread."""
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    for name in _ENDING:
        signal.signal(getattr(signal, name), _end)
    let_through()


def let_through() -> None:
    """What came while the program was loaded, and was held back, takes effect."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())


def install(app: Signalled, at_once: Callable[[], None], leave: Callable[[int], None] = os._exit,
            is_hung_up: Callable[[], bool] = lambda: False) -> None:
    """Ties the signals to ``app``; to be called in the event loop.

    ``at_once`` tidies up what must not stay behind when a second signal cuts the end short;
    ``is_hung_up`` says whether a SIGHUP comes from a closed terminal.
    """
    import gevent

    stopping: List[str] = []

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

    def hang_up() -> None:
        if stopping:
            return
        if is_hung_up():
            log.warning("SIGHUP, and the terminal was closed: a daemon in the foreground ends")
            stop("SIGHUP")
            return
        log.info("SIGHUP: reloading")
        with reloading():
            app.reload()

    def reopen() -> None:
        logs.reopen()
        log.info("SIGUSR1: the log file was opened again")

    for name in _ENDING:
        gevent.signal_handler(getattr(signal, name), stop, name)
    for name in _told[:1]:      # and somebody's callback has swallowed it
        gevent.spawn(stop, name)
    gevent.signal_handler(signal.SIGHUP, hang_up)
    gevent.signal_handler(signal.SIGUSR1, reopen)
    gevent.signal_handler(signal.SIGUSR2, app.describe)


_told: List[str] = []           # the signals that have ended the start


def _end(number: int, _frame: Any) -> None:
    _told.append(signal.Signals(number).name)
    raise ToldToEnd(_told[-1])


def _has_terminal() -> bool:
    """Whether there is a controlling terminal that is not gone (tty(4))."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
