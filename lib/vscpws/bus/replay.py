"""A recorded log, played in a loop with its own timing and fresh time stamps.

Any format that python-can reads (candump's .log, .asc, .blf, .csv, .db, .trc, …, also .gz), chosen
by the file's ending. A log holds its own clock: only the distances between its frames are kept;
a frame that is older than the one before it comes at once, and a gap of more than a day is the
start of another recording. Between two rounds is a short pause, so that a log of one frame is no
flood. What is sent to a replayed bus is taken and goes nowhere.
"""

from __future__ import annotations

import time
from typing import Callable, Iterator, List, Optional

import can
import gevent

from ..codec.canframe import CanFrame
from .message import data_of, frame_from_message
from .source import BusMissing, Source

__all__ = ["ReplaySource"]

_PAUSE = 1.0                            # s between two rounds
_LONGEST_GAP = 86400.0                  # s; more is another recording in the same file


class ReplaySource(Source):
    """Frames of the log ``path``; ``now`` gives their fresh time in µs since 1970.

    ``clock`` (seconds) and ``sleep`` (cooperative) do the timing.
    """

    fd = True                           # a log takes everything

    def __init__(self, path: str, now: Callable[[], int],
                 clock: Callable[[], float] = time.monotonic,
                 sleep: Callable[[float], None] = gevent.sleep):
        self._path = path
        self._now = now
        self._clock = clock
        self._sleep = sleep
        self._reader: Optional[can.io.generic.MessageReader] = None
        self._messages: Iterator[can.Message] = iter(())
        self._next: Optional[can.Message] = None
        self._played = 0                # frames of this round
        self._due = 0.0                 # on our clock, of the next frame
        self._failure: Optional[BusMissing] = None

    def open(self) -> None:
        self._rewind(self._clock())

    def _rewind(self, start: float) -> None:
        """Open the log again; its first frame is due at ``start``."""
        self._close_log()
        try:
            self._reader = can.LogReader(self._path)
            self._messages = iter(self._reader)
        except Exception as error:      # each format's library has errors of its own
            raise BusMissing("can't open the log: %s" % _describe(error)) from None
        self._played = 0
        self._failure = None
        self._next = self._fetch()
        self._due = start
        if self._next is None:
            raise BusMissing("the log holds no frames")

    def _fetch(self) -> Optional[can.Message]:
        try:
            message = next(self._messages, None)
            if message is not None:
                data_of(message)
        except Exception as error:      # each format's library has errors of its own
            raise BusMissing("frame %d of the log can't be read: %s" % (
                self._played + 1, _describe(error))) from None
        self._played += 1
        return message

    def read(self, limit: int) -> List[CanFrame]:
        frames: List[CanFrame] = []
        while not frames:
            if self._failure is not None:
                raise self._failure
            wait = self._due - self._clock()
            if wait > 0:
                self._sleep(wait)
            self._take_due(frames, limit)
        return frames

    def _take_due(self, frames: List[CanFrame], limit: int) -> None:
        while self._failure is None and len(frames) < limit and self._due <= self._clock():
            frames.append(frame_from_message(self._next, self._now()))
            try:
                self._advance()
            except BusMissing as error:
                self._failure = error       # told when the frames before it are taken

    def _advance(self) -> None:
        before = self._next.timestamp
        self._next = self._fetch()
        if self._next is None:
            self._rewind(self._clock() + _PAUSE)
            return
        gap = self._next.timestamp - before
        self._due += 0.0 if not gap > 0 else gap if gap <= _LONGEST_GAP else _PAUSE

    def send(self, can_id: int, data: bytes) -> None:
        """Take the frame and forget it."""

    def close(self) -> None:
        self._close_log()

    def _close_log(self) -> None:
        self._messages, reader, self._reader = iter(()), self._reader, None
        if reader is not None:
            reader.stop()


def _describe(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "%s: %s" % (type(error).__name__, error)
