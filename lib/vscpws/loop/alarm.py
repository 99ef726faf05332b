"""Sleeping for less than a millisecond.

The loop's own timers go by whole milliseconds, for its poll waits by such. The kernel's timers on a
descriptor (Linux's timerfd) are exact to some microseconds, and the loop sees that one went off as
it sees that a socket can be read. Where there are none, an alarm sleeps as the loop does.

Source: timerfd_create(2).
"""

from __future__ import annotations

import ctypes
import os
from typing import Any, Optional

import gevent

__all__ = ["Alarm"]

_CLOCK_MONOTONIC = 1
_TFD_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC
_COUNT = 8                      # bytes that a timer that went off gives


class _Itimerspec(ctypes.Structure):
    """struct itimerspec: the interval, and the first time; seconds and nanoseconds of each."""

    _fields_ = [(name, ctypes.c_long) for name in (
        "interval_seconds", "interval_nanoseconds", "seconds", "nanoseconds")]


class Alarm:
    """For one greenlet at a time, in the loop's thread that it is made in."""

    def __init__(self) -> None:
        self._descriptor = _create()
        self._watcher: Any = None
        if self._descriptor is not None:
            self._watcher = gevent.get_hub().loop.io(self._descriptor, 1)

    def sleep(self, seconds: float) -> None:
        """Let the others run for so long, and at least once."""
        if seconds <= 0 or self._descriptor is None:
            gevent.sleep(max(0.0, seconds))
            return
        whole = int(seconds)
        spec = _Itimerspec(0, 0, whole, max(1, int((seconds - whole) * 1e9)))
        _libc.timerfd_settime(self._descriptor, 0, ctypes.byref(spec), None)
        gevent.get_hub().wait(self._watcher)
        os.read(self._descriptor, _COUNT)

    def close(self) -> None:
        """It sleeps as the loop does from now on."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            self._watcher.stop()
            self._watcher.close()
            os.close(descriptor)


def _create() -> Optional[int]:
    try:
        descriptor = _libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_FLAGS)
    except AttributeError:
        return None             # not Linux
    return descriptor if descriptor >= 0 else None


_libc = ctypes.CDLL(None)
