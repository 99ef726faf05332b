"""Events on their way to the bus.

::

    put ── bounded queue ── run: age limit ── source.send ── interface

A house is switched by what people want now: a frame that waited too long, or waited while the bus
went down, is dropped and never sent late. A full queue of the interface is waited out in growing
pauses, shortly; then the frame is dropped and new events are refused until one gets through or
nothing waits any more (the next event is then the new try).
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Callable, Deque, Optional, Tuple

import gevent
from gevent.event import Event as Flag

from ..codec.canframe import EXTENDED, format_frame
from ..loop.backoff import Backoff
from ..model.errors import TransmitBufferFull
from .counters import Counters
from .load import Load
from .source import SendBusy, SendRefused, Source, SourceError

__all__ = ["Transmitter"]

log = logging.getLogger(__name__)

_FIRST_PAUSE = 0.0005                   # s; a frame needs 1 ms at 125 kbit/s, 0.1 ms at 1 Mbit/s
_LAST_PAUSE = 0.016
_BUSY_TIME = 0.1                        # s that a full queue of the interface is waited out


class Transmitter:
    """The queue of frames to the bus ``name``, and the loop that empties it.

    ``size`` frames wait at most, ``age`` seconds at most. ``now`` is in µs since 1970, ``clock`` in
    seconds, ``sleep`` cooperative.
    """

    def __init__(self, name: str, size: int, age: float, counters: Counters,
                 now: Callable[[], int], clock: Callable[[], float],
                 sleep: Callable[[float], None] = gevent.sleep, load: Optional[Load] = None):
        self._name = name
        self._size = size
        self._age = age
        self._counters = counters
        self._now = now
        self._clock = clock
        self._sleep = sleep
        self._load = load or Load(clock)
        self._queue: Deque[Tuple[float, int, bytes]] = deque()      # expiry, can_id, data
        self._pauses = Backoff(_FIRST_PAUSE, _LAST_PAUSE, jitter=0.0)
        self._filled = Flag()
        self._refusing = False          # an episode in which frames don't get through
        self._refused = 0               # frames dropped in it

    def __len__(self) -> int:
        return len(self._queue)

    def has_room(self) -> bool:
        """Whether ``put`` would take a frame."""
        return len(self._queue) < self._size and not self._refusing

    def put(self, can_id: int, data: bytes) -> None:
        """Queue an extended frame; raises ``TransmitBufferFull``."""
        queue = self._queue
        if not self.has_room():
            raise TransmitBufferFull("%s: %d frames wait" % (self._name, len(queue)))
        if not queue:
            self._filled.set()
        queue.append((self._clock() + self._age, can_id, data))

    def drop_all(self, reason: str) -> None:
        """Forget what waits; ``reason`` is one of the counters'."""
        if self._queue:
            log.warning("%s: %d events were not sent: %s", self._name, len(self._queue), reason)
        self._counters.dropped[reason] += len(self._queue)
        self._queue.clear()
        self._refusing, self._refused = False, 0

    def run(self, source: Source) -> None:
        """Send to ``source`` what comes; ends only by the ``SourceError`` of a failing source."""
        while True:
            self._wait_for_frames()
            expiry, can_id, data = self._queue.popleft()
            if self._clock() >= expiry:
                self._counters.dropped["aged"] += 1
            else:
                self._send(source, expiry, can_id, data)

    def _wait_for_frames(self) -> None:
        if not self._queue and self._refusing:
            self._end_episode("nothing waits any more")
        while not self._queue:
            self._filled.clear()
            self._filled.wait()

    def _send(self, source: Source, expiry: float, can_id: int, data: bytes) -> None:
        try:
            try:
                source.send(can_id, data)
            except SendBusy as busy:
                self._send_patiently(source, expiry, can_id, data, busy)
        except SourceError:
            self._counters.dropped["down"] += 1
            raise
        except SendRefused as error:
            self._refuse(str(error))
        except Exception:               # one frame's trouble must not end the loop
            log.exception("%s: sending a frame failed unexpectedly", self._name)
            self._refuse("unexpected error")
        else:
            self._counters.sent += 1
            self._load.add(1, len(data))
            if self._refusing:
                self._end_episode("frames get through again")
            if log.isEnabledFor(logging.DEBUG):
                log.debug("%s T", format_frame(self._name, can_id | EXTENDED, data, self._now()))

    def _send_patiently(self, source: Source, expiry: float, can_id: int, data: bytes,
                        busy: SendBusy) -> None:
        """After the first try, which said ``busy``; raises the last ``SendBusy`` if it stays so."""
        limit = min(expiry, self._clock() + _BUSY_TIME)
        self._pauses.reset()
        while True:
            pause = self._pauses.next()
            if self._clock() + pause > limit:
                raise busy
            self._sleep(pause)
            try:
                return source.send(can_id, data)
            except SendBusy as error:
                busy = error

    def _refuse(self, reason: str) -> None:
        self._counters.dropped["refused"] += 1
        self._refused += 1
        if not self._refusing:
            self._refusing = True
            log.warning("%s: the bus takes no frames (%s), events for it are dropped",
                        self._name, reason)

    def _end_episode(self, reason: str) -> None:
        log.info("%s: %s, %d frames were dropped", self._name, reason, self._refused)
        self._refusing, self._refused = False, 0
