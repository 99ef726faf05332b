"""What is slow, off the loop: in native threads that give way to it.

A password check is a hundredth of a second of work. In a thread it stops nobody, but on a machine
with one core it still takes turns with the loop; so the threads of the pool lower their priority,
which Linux keeps per thread.

A disk that is slow stops everybody, too, so files that are sent are opened and read here. They, and
what reads the configuration, have threads of their own: where a disk or a file system of the
network doesn't answer they wait for ever, and must not take with them those that check passwords.
To read a piece is no work, so those threads keep their priority: else a busy machine would hold a
file up for seconds.

There are few threads, and so a call may have to wait for one. It needn't wait for nobody.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Callable, Generic, List, Optional, Tuple, TypeVar, cast

import gevent
from gevent.event import Event as Flag
from gevent.threadpool import ThreadPool

__all__ = ["Abandoned", "FileThread", "NoAnswer", "read_aside", "run_aside"]

_NICER = 10                     # than the loop is, by so much; Linux ends at 19
_READERS = 4                    # threads for files that are sent; one disk has no use for more

_R = TypeVar("_R")

_thread = threading.local()


class Abandoned(BaseException):
    """Nobody waits for the result any more; nothing has been begun. No error: it passes all that
    catches those."""


def run_aside(function: Callable[..., _R], *args: Any, unwanted: Optional[Flag] = None) -> _R:
    """The result of ``function(*args)``, or its exception; only the calling greenlet waits.

    Raises ``Abandoned`` if ``unwanted`` is set before a thread has begun with it.
    """
    if unwanted is None:
        outcome: _Outcome[_R] = gevent.get_hub().threadpool.apply(_modestly, (function, args))
        return _result(outcome)
    begun: List[bool] = []
    abandoned: List[bool] = []

    def work() -> _Outcome[_R]:
        if abandoned:           # it was in the threads' queue already
            return _Outcome(None)
        begun.append(True)
        return _modestly(function, args)

    waiting = gevent.spawn(lambda: gevent.get_hub().threadpool.apply(work))
    either: List[Any] = [waiting, unwanted]
    gevent.wait(either, count=1)
    if not begun and not waiting.ready():
        abandoned.append(True)
        waiting.kill()
        raise Abandoned()
    return _result(waiting.get())


def read_aside(function: Callable[..., _R], *args: Any) -> _R:
    """The same for what reads a file that is sent."""
    if not hasattr(_thread, "readers"):     # of the event loop, which has a thread to itself
        _thread.readers = ThreadPool(_READERS)
    outcome: _Outcome[_R] = _thread.readers.apply(_outcome, (function, args))
    return _result(outcome)


class NoAnswer(Exception):
    """A file was waited for too long."""


class FileThread:
    """One native thread for what reads files; to be made in the loop."""

    def __init__(self) -> None:
        self._pool = ThreadPool(1)

    def run(self, seconds: float, function: Callable[..., _R], *args: Any) -> _R:
        """The result of ``function(*args)``, or its exception; only the calling greenlet waits.

        Raises ``NoAnswer`` after ``seconds``, and so do the next calls until it has ended.
        """
        with gevent.Timeout(seconds, NoAnswer()):
            outcome: _Outcome[_R] = self._pool.apply(_modestly, (function, args))
        return _result(outcome)


class _Outcome(Generic[_R]):
    """Brought home as a value: an exception that leaves a thread is reported as uncaught, too."""

    def __init__(self, result: Optional[_R], error: Optional[Exception] = None):
        self.result = result
        self.error = error


def _result(outcome: _Outcome[_R]) -> _R:
    if outcome.error is not None:
        raise outcome.error
    return cast(_R, outcome.result)


def _modestly(function: Callable[..., _R], args: Tuple[Any, ...]) -> _Outcome[_R]:
    if not getattr(_thread, "is_modest", False):
        _thread.is_modest = True
        try:
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread,
                           os.getpriority(os.PRIO_PROCESS, thread) + _NICER)
        except OSError:
            pass            # as good as before
    return _outcome(function, args)


def _outcome(function: Callable[..., _R], args: Tuple[Any, ...]) -> _Outcome[_R]:
    """Result and exception; one that left the thread would be reported as if nobody had expected
    it."""
    try:
        return _Outcome(function(*args))
    except Exception as error:
        return _Outcome(None, error)
