"""Another process's daemon, reached through its PID file: asked, signalled, waited for."""

from __future__ import annotations

import os
import signal
import time
from typing import Any, Callable, Dict, Optional, Tuple

from . import inquiry, pidfile
from .errors import StartFailed, reason

__all__ = ["STATUS_CODES", "UNKNOWN", "hang_up", "inquire", "status_line", "stop"]

# LSB core specification, "init script actions": exit codes of status
STATUS_CODES = {pidfile.RUNNING: 0, pidfile.DEAD: 1, pidfile.STOPPED: 3}
UNKNOWN = 4

_PAUSE = 0.05       # s between two looks
_MARGIN = 5.0       # s beyond the time that the daemon gives its clients


def inquire(found: pidfile.State, path: str) -> Tuple[Optional[bool], Dict[str, Any]]:
    """Whether the daemon answers, None where it can't be asked; and its report, or nothing."""
    if found.condition != pidfile.RUNNING or not found.pid:
        return None, {}
    try:
        report = inquiry.ask(path)
    except inquiry.NoAnswer:
        return False, {}
    return (None, {}) if report is None else (True, report)


def status_line(found: pidfile.State, path: str, answers: Optional[bool] = None) -> str:
    """What ``found`` means, for people; ``answers`` is False for a daemon that doesn't."""
    if found.condition == pidfile.RUNNING:
        line = "running as process %d" % found.pid if found.pid else "starting"
        return line + ", but it does not answer" if answers is False else line
    if found.condition == pidfile.DEAD:
        return "not running, but process %d left its PID file %s" % (found.pid, path)
    return "not running"


def hang_up(path: str) -> bool:
    """Sends SIGHUP; False where no daemon runs."""
    found = pidfile.state(path)
    if found.condition != pidfile.RUNNING or not found.pid:
        return False
    _send(found.pid, signal.SIGHUP)
    return True


def stop(path: str, drain_time: float, sleep: Callable[[float], None] = time.sleep,
         now: Callable[[], float] = time.monotonic) -> bool:
    """Sends SIGTERM and waits for the end; False where no daemon runs (what it left is removed).

    Raises StartFailed where the signal isn't allowed or the daemon outlives ``drain_time`` (s) by a
    margin.
    """
    first = found = pidfile.state(path)
    if found.condition != pidfile.RUNNING:
        if found.condition == pidfile.DEAD:
            os.unlink(path)
        return False
    deadline = now() + drain_time + _MARGIN
    told = None
    while found.condition == pidfile.RUNNING:
        if told is None and found.pid:
            _send(found.pid, signal.SIGTERM)
            told = found.pid
        elif told is not None and found.pid != told:
            break       # that one has ended, and somebody started another
        if now() >= deadline:
            raise StartFailed("process %s is still running %.0f s after it was told to stop"
                              % (told or first.pid or "?", drain_time + _MARGIN))
        sleep(_PAUSE)
        found = pidfile.state(path)
    return True


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError as error:
        raise StartFailed("can't signal process %d: %s" % (pid, reason(error))) from None
