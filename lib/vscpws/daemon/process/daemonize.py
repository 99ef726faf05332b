"""Becoming a daemon, with an honest answer for whoever started it.

::

    started process ── fork ── waits on a pipe ── prints the error, if any; exits with its code
                        └─ python-daemon forks twice ── daemon: works, reports, goes on

The start script so gets the exit code of a start that really happened. The event loop may only be
made after the forks: a loop made before them dies with its descriptors, and silently. So nothing
of gevent may be imported yet, and ``background`` refuses to fork if something is.
"""

from __future__ import annotations

import os
import resource
import sys
from typing import Any, Callable, Iterable, List, Tuple

from .errors import StartFailed, ToldToEnd, reason
from .failures import complain

__all__ = ["StartReport", "TerminalReport", "background", "open_standard_streams"]

_UMASK = 0o027
_MOST_FILES = 65536
_LONGEST = 1 << 16      # bytes of a report


class StartReport:
    """The daemon's end of the pipe: one answer, ``ready`` or ``failed``; later ones are dropped."""

    def __init__(self, fd: int):
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def ready(self) -> None:
        self._answer(0, "")

    def failed(self, code: int, text: str) -> None:
        """``text`` is for the terminal of whoever waits."""
        self._answer(code, text)

    def _answer(self, code: int, text: str) -> None:
        if self._fd < 0:
            return
        try:
            os.write(self._fd, ("%d\n%s" % (code, text)).encode("utf-8", "replace")[:_LONGEST])
        except OSError:
            pass    # whoever started us has stopped waiting
        os.close(self._fd)
        self._fd = -1


class TerminalReport(StartReport):
    """The same of a start in the foreground: nobody waits, failures are read where it runs."""

    def __init__(self) -> None:
        super().__init__(-1)

    def failed(self, code: int, text: str) -> None:
        complain(text)


def background(work: Callable[[StartReport], int], keep: Iterable[Any]) -> Tuple[int, str]:
    """Runs ``work`` in a daemon; returns the exit code and error text for the waiting process.

    In the daemon this never returns: it ends with SystemExit and ``work``'s exit code. ``keep`` are
    open files (with ``fileno``) to take along. Raises StartFailed where no process can be made.
    """
    loaded = sorted(name for name in sys.modules if name.split(".")[0] == "gevent")
    if loaded:
        raise RuntimeError("can't fork: %s is imported already" % loaded[0])
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        child = os.fork()
    except OSError as error:
        raise StartFailed("can't start a process: %s" % reason(error)) from None
    if child:
        os.close(writing)
        try:
            os.waitpid(child, 0)    # only the first of three; it ends as soon as it has forked
            return _answer(reading)
        except ToldToEnd as told:
            return 1, "%s: no longer waiting for the daemon, which goes on with its start" % told
    os.close(reading)
    report = StartReport(writing)
    _detach([*keep, report], report)
    raise SystemExit(work(report))


def open_standard_streams() -> None:
    """Opens /dev/null for each of descriptors 0, 1 and 2 that the caller left closed.

    Otherwise the listener would get one of these numbers, and errors be written to a client.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)      # gets the lowest free number: this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))


def _detach(keep: List[Any], report: StartReport) -> None:
    _limit_files()
    try:
        import daemon  # late: it looks at the limit of open files when it is imported

        daemon.DaemonContext(
            detach_process=True, working_directory="/", umask=_UMASK, signal_map={},
            files_preserve=keep).open()
    except Exception as error:
        report.failed(1, "can't detach: %s" % error)
        os._exit(1)


def _limit_files() -> None:
    """python-daemon closes every possible descriptor; containers may allow a milliard of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard > _MOST_FILES:
        soft = _MOST_FILES if soft == resource.RLIM_INFINITY else min(soft, _MOST_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, _MOST_FILES))


def _answer(reading: int) -> Tuple[int, str]:
    """Waits for the daemon's report; its end without one is a failure too."""
    with open(reading, "rb") as pipe:
        code, _, text = pipe.read(_LONGEST).decode("utf-8", "replace").partition("\n")
    if not code.isdigit():
        return 1, "the daemon ended while it was starting"
    return int(code), text
