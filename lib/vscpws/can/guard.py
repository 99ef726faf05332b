"""Reads a python-can bus and takes nothing for granted: one rule for all drivers.

Some drivers don't notice that their device is gone and return at once, for ever; some raise for a
single message that they can't read; some make a message of what can't be one. Here::

    a message                    a frame, or skipped and counted if there can be no such frame
    an exception                 the device is gone, or one message is skipped; many in a row: gone
    nothing, after the wait      well; a network adapter's sockets are looked at
    nothing, at once             once is nothing; again and again means that the device is gone
"""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

import can

from ..codec.canframe import CanFrame
from .canmessage import frame_from_message, moment_of
from .driver import chain_of, error_line, is_timeout, tells_the_end
from .source import BusMissing
from .tunnel import Tunnel

__all__ = ["Guard"]

_POLL = 0.2                             # s that a driver is asked to wait for a message
_MOST_FAILURES = 50                     # in a row, without a message or an ordinary wait
_WINDOW = 1.0                           # s over which what returns at once is counted
_MOST_AT_ONCE = 100                     # in a window without a message; an idle driver has 5
_ANSWERS = 2                            # returns without a message that a sent frame may cause
_LOOK = 1.0                             # s between two looks at a network adapter's way


class Guard:
    """One bus, read by one thread. ``now`` is in µs since 1970, ``clock`` in seconds.

    ``skipped`` counts what was no frame, ``reason`` says why the last one was none.
    """

    def __init__(self, bus: Any, tunnel: Tunnel, now: Callable[[], int],
                 clock: Callable[[], float] = time.monotonic):
        self.skipped = 0
        self.reason = ""
        self.sent = 0                   # frames sent: some drivers return for each answer to one
        self._bus = bus
        self._receive = _reader_of(bus)
        self._tunnel = tunnel
        self._now = now
        self._clock = clock
        self._failures = 0              # in a row
        self._next_look = 0.0
        self._begin_window(clock())

    def receive(self) -> Optional[CanFrame]:
        """Wait for a frame up to ``_POLL`` seconds; raises ``SourceError`` when the bus is gone."""
        start = self._clock()
        try:
            message = self._receive(_POLL)
            frame = message if message is None else frame_from_message(
                message, moment_of(message.timestamp, self._now()))
        except Exception as error:      # whatever a driver raises, or its message can't do
            self._take_error(error, start)
            return None
        if frame is None:
            self._take_nothing(start)
        else:
            self._failures = 0
            self._begin_window(start)
        return frame

    def _begin_window(self, now: float, owed: int = 0) -> None:
        """``owed`` is what may yet come for frames sent before: a busy machine reads late."""
        self._window_end = now + _WINDOW
        self._at_once = 0
        self._owed = owed
        self._sent_before = self.sent

    def _take_error(self, error: Exception, start: float) -> None:
        if is_timeout(error):
            return self._take_nothing(start)
        if tells_the_end(error):
            raise BusMissing(error_line(error)) from None
        self._look_for_the_end()
        _take_out(self._bus, error)
        self.skipped += 1
        self.reason = error_line(error.__cause__ or error)
        self._failures += 1
        if self._failures >= _MOST_FAILURES and not self._tunnel.is_datagram:
            raise BusMissing("%d messages in a row can't be read: %s"
                             % (self._failures, self.reason)) from None

    def _take_nothing(self, start: float) -> None:
        now = self._clock()
        if now >= self._next_look:
            self._next_look = now + _LOOK
            self._tunnel.check_way()
        self._look_for_the_end()
        if now - start >= _POLL / 2:
            self._failures = 0
            return self._begin_window(now)
        self._at_once += 1
        if now >= self._window_end:
            answers = _ANSWERS * (self.sent - self._sent_before)
            left = self._owed + answers - self._at_once
            if left < -_MOST_AT_ONCE:
                raise BusMissing("its driver returns at once and without a message: the device is "
                                 "gone, or set to another speed")
            self._begin_window(now, max(0, min(left, answers)))

    def _look_for_the_end(self) -> None:
        if self._tunnel.has_ended():
            raise BusMissing("the other side has closed the connection") from None


def _take_out(bus: Any, error: Exception) -> None:
    """Bytes that a driver could not decode may still be in its buffer, and would make it raise for
    ever: they are taken out, and what follows them stays."""
    bad = next((each.object for each in chain_of(error)
                if isinstance(each, UnicodeDecodeError)), b"")
    for value in list(getattr(bus, "__dict__", {}).values()) if bad else ():
        if isinstance(value, bytearray) and value.startswith(bad):
            del value[:len(bad)]


def _reader_of(bus: Any) -> Callable[[float], Optional[can.Message]]:
    """``BusABC.recv`` asks again and again until the time is over, and so hides what returns at
    once: a driver that has no ``recv`` of its own is asked directly."""
    if getattr(type(bus), "recv", None) is not can.BusABC.recv:
        whole: Callable[[float], Optional[can.Message]] = bus.recv
        return whole
    receive = bus._recv_internal
    return lambda seconds: receive(seconds)[0]
