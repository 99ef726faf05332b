"""The PID file: a number for people and scripts, and a lock that tells the truth.

The daemon holds an exclusive ``flock`` on the file for its whole life. The kernel drops it however
the process ends, so whether the daemon runs is never guessed from a number that another process may
have by now:

    locked                  the daemon runs; the number is its own (none yet while it starts)
    not locked, a number    it died without tidying up
    not locked, empty       it ended, but had no right to remove the file from its folder

A lock belongs to the open file, so it is taken before the fork, where an error still reaches the
terminal, and lives on in the detached process.

Only a file in a folder that others can't write is made or believed (see ``trust``), and the number
in it only if that process has the file open: a signal goes to the daemon or to nobody.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from typing import Callable, NamedTuple, Optional, Set

from . import trust
from .errors import StartFailed, reason

__all__ = ["DEAD", "RUNNING", "STOPPED", "PidFile", "State", "clear", "is_holder", "state"]

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
        """Takes the lock.

        Raises StartFailed where a daemon has it or the file can't be had, and ``trust.Untrusted``
        where others may write its folder.
        """
        try:
            self._acquire()
        except trust.Untrusted:
            raise
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
            with trust.believed(os.path.dirname(self.path)) as folder:
                if _is_at(self._fd, folder, os.path.basename(self.path)):
                    folder.unlink(os.path.basename(self.path))
        except OSError:
            os.ftruncate(self._fd, 0)
        os.close(self._fd)
        self._fd = -1

    def _acquire(self) -> None:
        name = os.path.basename(self.path)
        with trust.believed(os.path.dirname(self.path)) as folder:
            for _ in range(_TRIES):
                fd = _open(folder, name)
                if _lock(fd, fcntl.LOCK_EX):
                    if _is_at(fd, folder, name):
                        self._fd = fd
                        return
                os.close(fd)    # another was faster, or removed the file that was just opened
                self._sleep(_PAUSE)
        found = state(self.path)
        process = " as process %d" % found.pid if found.pid else ""
        raise StartFailed("already running%s (PID file %s; a second daemon needs a --pidfile of "
                          "its own)" % (process, self.path))


def state(path: str) -> State:
    """What the file says about the daemon.

    OSError where it can't be read; ``trust.Untrusted``, which is one, where others may have made
    it.
    """
    try:
        os.lstat(path)
        with trust.believed(os.path.dirname(path)) as folder:
            fd = _open_to_read(folder, os.path.basename(path))
    except FileNotFoundError:
        return State(STOPPED)
    try:
        pid = _number(os.read(fd, 32))
        if not _lock(fd, fcntl.LOCK_SH):
            return State(RUNNING, pid)
        return State(DEAD, pid) if pid else State(STOPPED)
    finally:
        os.close(fd)


def is_holder(path: str, pid: int) -> bool:
    """Whether process ``pid`` is the one whose PID file this is; OSError as ``state``.

    It has the file open, and is no other user's than the file's, unless that is root's or ours. A
    process that doesn't exist (any more) can't be told from one.
    """
    with trust.believed(os.path.dirname(path)) as folder:
        found = folder.stat(os.path.basename(path))
    users = _users(pid)
    if users and found.st_uid not in (0, os.geteuid()) and users != {found.st_uid}:
        return False
    try:
        return any(_is_open_at(found, "/proc/%d/fd/%s" % (pid, number))
                   for number in os.listdir("/proc/%d/fd" % pid))
    except FileNotFoundError:
        return True
    except PermissionError:     # a process that gave up root hides this; the kernel looks at users
        return True


def clear(path: str) -> bool:
    """Removes what a dead daemon left; False, with all as it was, where one runs."""
    if not os.path.lexists(path):
        return True             # nothing to believe or not
    name = os.path.basename(path)
    try:
        with trust.believed(os.path.dirname(path)) as folder:
            fd = _open_to_read(folder, name)
            try:
                if not _lock(fd, fcntl.LOCK_EX):
                    return False
                if _is_at(fd, folder, name):
                    folder.unlink(name)
            finally:
                os.close(fd)
    except FileNotFoundError:
        pass
    return True


def _open(folder: trust.Folder, name: str) -> int:
    """Opens or makes the file; refuses links, devices and files of others."""
    fd = folder.open(name, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        found = _check(fd, folder)
        if os.geteuid() != 0 and found.st_uid != os.geteuid():
            raise OSError(0, "it belongs to another user")
        if found.st_uid == os.geteuid():
            os.fchmod(fd, 0o644)    # whatever the umask: everyone may ask for the status
    except OSError:
        os.close(fd)
        raise
    return fd


def _open_to_read(folder: trust.Folder, name: str) -> int:
    fd = folder.open(name, os.O_RDONLY)
    try:
        _check(fd, folder)
    except OSError:
        os.close(fd)
        raise
    return fd


def _check(fd: int, folder: trust.Folder) -> os.stat_result:
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "not a regular file")
    if found.st_uid not in folder.owners:
        raise OSError(0, "it belongs to another user")
    if found.st_nlink > 1:
        raise OSError(0, "it has more than one name")
    return found


def _lock(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(fd: int, folder: trust.Folder, name: str) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), folder.stat(name))
    except FileNotFoundError:
        return False


def _is_open_at(found: os.stat_result, path: str) -> bool:
    try:
        return os.path.samestat(found, os.stat(path))
    except OSError:
        return False


def _users(pid: int) -> Set[int]:
    """The real, effective, saved and file system user of a process; none of one that isn't there.

    The owner of its files in /proc tells less: they are root's where it was root.
    """
    try:
        with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as lines:
            return {int(number) for line in lines if line.startswith("Uid:")
                    for number in line.split()[1:]}
    except OSError:
        return set()


def _number(text: bytes) -> Optional[int]:
    """The process number; None for nothing or anything that a signal must not be sent to."""
    text = text.strip()
    number = int(text) if text.isdigit() else 0
    return number if number > 1 else None
