"""Another process's daemon, reached through its PID file: asked, signalled, waited for.

What it says comes from outside: whoever prints it escapes it.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import inquiry, pidfile
from .errors import StartFailed, reason

__all__ = ["STATUS_CODES", "UNKNOWN", "find", "hang_up", "inquire", "running", "status_line",
           "stop"]

# LSB core specification, "init script actions": exit codes of status
STATUS_CODES = {pidfile.RUNNING: 0, pidfile.DEAD: 1, pidfile.STOPPED: 3}
UNKNOWN = 4

_PAUSE = 0.05       # s between two looks
_MARGIN = 5.0       # s beyond the time that the daemon gives its clients; and to die of a KILL
_RELOAD = 60.0      # s for a reload: many users on a slow machine

_Clock = Callable[[], float]


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
        return "not running, but process %s left its PID file %s" % (found.pid, path)
    return "not running"


def running(path: str) -> Optional[int]:
    """The number of the daemon that runs; None for none, or one that is only starting.

    Raises StartFailed where that can't be told.
    """
    found = find(path)
    return found.pid if found.condition == pidfile.RUNNING else None


def hang_up(path: str, sleep: Callable[[float], None] = time.sleep,
            now: _Clock = time.monotonic) -> Optional[List[str]]:
    """Sends SIGHUP and waits for what comes of it: the problems that made the daemon refuse; none
    if it has reloaded. None where no daemon runs.

    Raises StartFailed where the signal isn't allowed or the daemon doesn't tell.
    """
    pid = running(path)
    if not pid:
        return None
    before = _reloads(path)
    _send(path, pid, signal.SIGHUP)
    if before is None:
        raise StartFailed("process %d was told to reload, but can't be asked what came of it; its "
                          "log says so" % pid)
    deadline = now() + _RELOAD
    while now() < deadline:
        sleep(_PAUSE)
        after = _reloads(path)
        if after is not None and sum(after[:2]) > sum(before[:2]):
            return after[2] if after[1] > before[1] else []
        if find(path).condition != pidfile.RUNNING:
            raise StartFailed("process %d ended when it was told to reload" % pid)
    raise StartFailed("process %d has not reloaded within %.0f s" % (pid, _RELOAD))


def stop(path: str, drain_time: float, sleep: Callable[[float], None] = time.sleep,
         now: _Clock = time.monotonic, say: Callable[[str], None] = lambda text: None) -> bool:
    """Sends SIGTERM and waits for the end, after ``drain_time`` (s) and a margin SIGKILL, and
    ``say`` tells so. False where no daemon runs. What a dead one left is removed.

    Raises StartFailed where the signal isn't allowed or the daemon outlives even that.
    """
    first = found = find(path)
    deadline, told, killed = now() + drain_time + _MARGIN, None, False
    while found.condition == pidfile.RUNNING:
        if told is None and found.pid:
            _send(path, found.pid, signal.SIGTERM)
            told = found.pid
        elif told is not None and found.pid and found.pid != told:
            return True         # that one has ended, and somebody started another
        if now() >= deadline:
            if killed or told is None:
                raise StartFailed("process %s is still running %.0f s after it was %s"
                                  % (told or "?", drain_time + _MARGIN if told is None else _MARGIN,
                                     "killed" if killed else "looked for"))
            say("process %d did not end within %.0f s, and is killed" % (
                told, drain_time + _MARGIN))
            _send(path, told, signal.SIGKILL)
            killed, deadline = True, now() + _MARGIN
        sleep(_PAUSE)
        found = find(path)
    try:
        if pidfile.clear(path):
            inquiry.clear(path)
    except OSError as error:
        raise StartFailed("can't remove what the daemon left, %s: %s"
                          % (path, reason(error))) from None
    return first.condition == pidfile.RUNNING


def find(path: str) -> pidfile.State:
    """What the PID file tells. Raises StartFailed where that can't be told."""
    try:
        return pidfile.state(path)
    except OSError as error:
        raise StartFailed("can't tell whether it runs: %s: %s" % (path, reason(error))) from None


def _reloads(path: str) -> Optional[Tuple[int, int, List[str]]]:
    """How many reloads were done and refused, and why the last one was; None: no answer."""
    try:
        report = inquiry.ask(path) or {}
        counts = report["reloads"]
        return (int(counts["done"]), int(counts["refused"]),
                [str(text) for text in report.get("reload_problems", ())])
    except (inquiry.NoAnswer, LookupError, TypeError, ValueError):
        return None


def _send(path: str, pid: int, number: int) -> None:
    """Signals the process that the file is of: it is held while that is looked at."""
    handle = _hold(pid)
    try:
        if not pidfile.is_holder(path, pid):
            raise StartFailed("process %d, which %s names, is not the daemon: it was not signalled"
                              % (pid, path))
        if handle is None:
            os.kill(pid, number)
        else:
            signal.pidfd_send_signal(handle, number)
    except OSError as error:
        raise StartFailed("can't signal process %d: %s" % (pid, reason(error))) from None
    finally:
        if handle is not None:
            os.close(handle)


def _hold(pid: int) -> Optional[int]:
    """A descriptor of the process, whose number so can't come to mean another; None where there is
    no such thing (Python 3.8, Linux before 5.3)."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
