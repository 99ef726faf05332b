"""Slow functions, off the loop: in native threads that give way to it.

A password check is a hundredth of a second of work. In a thread it stops nobody, but on a machine
with one core it still takes turns with the loop; so the threads of the pool lower their priority,
which Linux keeps per thread.

Reading files has a thread of its own: where a disk or a file system of the network doesn't answer,
it waits for ever, and must not take with it those that check passwords.
"""

from __future__ import annotations

import os
import threading

import gevent
from gevent.threadpool import ThreadPool

__all__ = ["FileThread", "NoAnswer", "run_aside"]

_NICE = 10

_thread = threading.local()


def run_aside(function, *args):
    """The result of ``function(*args)``, or its exception; only the calling greenlet waits."""
    return gevent.get_hub().threadpool.apply(_modestly, (function, args))


class NoAnswer(Exception):
    """A file was waited for too long."""


class FileThread:
    """One native thread for what reads files; to be made in the loop."""

    def __init__(self) -> None:
        self._pool = ThreadPool(1)

    def run(self, seconds: float, function, *args):
        """The result of ``function(*args)``, or its exception; only the calling greenlet waits.

        Raises ``NoAnswer`` after ``seconds``, and so do the next calls until it has ended.
        """
        with gevent.Timeout(seconds, NoAnswer()):
            return self._pool.apply(_modestly, (function, args))


def _modestly(function, args):
    if not getattr(_thread, "is_modest", False):
        _thread.is_modest = True
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        except OSError:
            pass            # as good as before
    return function(*args)
