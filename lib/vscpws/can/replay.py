"""A recorded log, played in a loop with its own timing and fresh time stamps.

A log (``recording``) holds its own clock: only the distances between its frames are kept; a frame
that is older than the one before it comes at once, and a gap of more than a day is the start of
another recording. Between two rounds is a short pause, so that a log of one frame is no flood. What
is sent to a replayed bus is taken and goes nowhere.
"""

from __future__ import annotations

import logging
import time
from typing import Callable, List, Optional, Tuple

import gevent

from ..codec.canframe import CanFrame
from ..loop.turns import take_turn
from .recording import Recording
from .source import BusMissing, Source

__all__ = ["ReplaySource"]

log = logging.getLogger(__name__)

_PAUSE = 1.0                            # s between two rounds
_LONGEST_GAP = 86400.0                  # s; more is another recording in the same file


class ReplaySource(Source):
    """Frames of the log ``channel``; ``now`` gives their fresh time in µs since 1970.

    ``clock`` (seconds) and ``sleep`` (cooperative) do the timing.
    """

    fd = True                           # a log takes everything

    def __init__(self, channel: str, now: Callable[[], int],
                 clock: Callable[[], float] = time.monotonic,
                 sleep: Callable[[float], None] = gevent.sleep):
        self._channel = channel
        self._now = now
        self._clock = clock
        self._sleep = sleep
        self._recording: Optional[Recording] = None
        self._next: Optional[Tuple[float, CanFrame]] = None     # seconds in the log, frame
        self._due = 0.0                 # on our clock, of the next frame
        self._failure: Optional[BusMissing] = None
        self._skipped_before = 0        # by rounds before this one
        self._told = ""                 # what was skipped in the round before

    def open(self) -> None:
        self._failure = None
        self._rewind(self._clock())

    def _rewind(self, start: float) -> None:
        """Open the log again; its first frame is due at ``start``."""
        self._close_log()
        self._recording = Recording(self._channel, lambda: take_turn(known=True))
        self._next = self._recording.next()
        self._due = start
        if self._next is None:
            raise BusMissing(self._recording.complaint())

    def _tell_skipped(self) -> None:
        """A round is over. What it has skipped is the same each time, and told once."""
        summary = self._recording.summary() if self._recording is not None else ""
        if summary and summary != self._told:
            log.warning("%s", summary)
        self._told = summary

    def read(self, limit: int) -> List[CanFrame]:
        frames: List[CanFrame] = []
        while not frames:
            if self._failure is not None:
                raise self._failure
            wait = self._due - self._clock()
            if wait > 0:
                self._sleep(wait)
            self._take_due(frames, limit)
        self.skipped = self._skipped_before + (
            self._recording.skipped if self._recording is not None else 0)
        return frames

    def _take_due(self, frames: List[CanFrame], limit: int) -> None:
        while self._failure is None and len(frames) < limit and self._due <= self._clock():
            if self._recording is None or self._next is None:
                raise BusMissing("the log is closed")
            seconds, (can_id, data, _) = self._next
            frames.append((can_id, data, self._now()))
            try:
                self._advance(self._recording, seconds)
            except BusMissing as error:
                self._failure = error       # told when the frames before it are taken

    def _advance(self, recording: Recording, before: float) -> None:
        """To the next frame; the one that was taken was at ``before`` seconds."""
        self._next = recording.next()
        if self._next is None:
            self._tell_skipped()
            self._rewind(self._clock() + _PAUSE)
            return
        gap = self._next[0] - before
        self._due += 0.0 if not gap > 0 else gap if gap <= _LONGEST_GAP else _PAUSE

    def send(self, can_id: int, data: bytes) -> None:
        """Take the frame and forget it."""

    def close(self) -> None:
        self._close_log()

    def _close_log(self) -> None:
        recording, self._recording = self._recording, None
        if recording is not None:
            self._skipped_before += recording.skipped
            recording.close()
