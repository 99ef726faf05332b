"""The PID file: a number for people and scripts, and a lock that tells the truth.

The daemon holds an exclusive ``flock`` on the file for its whole life. The kernel drops it however
the process ends, so whether the daemon runs is never guessed from a number that another process may
have by now:

    locked                  the daemon runs; the number is its own (none yet while it starts)
    not locked, a number    it died without tidying up
    not locked, empty       it ended, but had no right to remove the file from its folder

A lock belongs to the open file, so it is taken before the fork, where an error still reaches the
terminal, and lives on in the detached process.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from typing import Callable, NamedTuple, Optional

from .errors import StartFailed, reason

__all__ = ["DEAD", "RUNNING", "STOPPED", "PidFile", "State", "state"]

RUNNING, DEAD, STOPPED = "running", "dead", "stopped"

_TRIES, _PAUSE = 10, 0.02   # a status call holds a shared lock for some microseconds


class State(NamedTuple):
    """``condition`` is RUNNING, DEAD or STOPPED; ``pid`` may be missing."""

    condition: str
    pid: Optional[int] = None


class PidFile:
    """The daemon's side: ``acquire``, fork, ``write``, and at the very end ``release``.

    Never acquired, it does nothing.
    """

    def __init__(self, path: str, sleep: Callable[[float], None] = time.sleep):
        self.path = path
        self._sleep = sleep
        self._fd = -1

    def fileno(self) -> int:
        return self._fd

    def acquire(self) -> None:
        """Takes the lock; raises StartFailed where a daemon has it or the file can't be had."""
        try:
            self._acquire()
        except OSError as error:
            raise StartFailed("can't use the PID file %s: %s"
                              % (self.path, reason(error))) from None
        os.ftruncate(self._fd, 0)

    def write(self, pid: int) -> None:
        """Puts the number of the process that holds the lock into the file, in one step."""
        if self._fd < 0:
            return
        line = b"%d\n" % pid
        os.pwrite(self._fd, line, 0)
        os.ftruncate(self._fd, len(line))

    def release(self) -> None:
        """Removes the file, or empties it where the folder belongs to another user."""
        if self._fd < 0:
            return
        try:
            os.unlink(self.path)
        except OSError:
            os.ftruncate(self._fd, 0)
        os.close(self._fd)
        self._fd = -1

    def _acquire(self) -> None:
        for _ in range(_TRIES):
            fd = _open(self.path)
            if _lock(fd, fcntl.LOCK_EX):
                if _is_at(fd, self.path):
                    self._fd = fd
                    return
            os.close(fd)    # another was faster, or removed the file that was just opened
            self._sleep(_PAUSE)
        found = state(self.path)
        process = " as process %d" % found.pid if found.pid else ""
        raise StartFailed("already running%s (PID file %s)" % (process, self.path))


def state(path: str) -> State:
    """What the file says about the daemon; OSError where it can't be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return State(STOPPED)
    try:
        pid = _number(os.read(fd, 32))
        if not _lock(fd, fcntl.LOCK_SH):
            return State(RUNNING, pid)
        return State(DEAD, pid) if pid else State(STOPPED)
    finally:
        os.close(fd)


def _open(path: str) -> int:
    """Opens or makes the file; refuses links, devices and files of others (a trap in /tmp)."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "not a regular file")
        if os.geteuid() != 0 and found.st_uid != os.geteuid():
            raise OSError(0, "it belongs to another user")
        if found.st_nlink > 1:
            raise OSError(0, "it has more than one name")
        if found.st_uid == os.geteuid():
            os.fchmod(fd, 0o644)    # whatever the umask: everyone may ask for the status
    except OSError:
        os.close(fd)
        raise
    return fd


def _lock(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(fd: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False


def _number(text: bytes) -> Optional[int]:
    """The process number; None for nothing or anything that a signal must not be sent to."""
    text = text.strip()
    number = int(text) if text.isdigit() else 0
    return number if number > 1 else None
