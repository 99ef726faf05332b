"""Frames from the bus on their way to the hub, a batch at a time."""

from __future__ import annotations

import logging
import time
from functools import lru_cache
from typing import Callable, List, Optional

from ..codec.canframe import (
    ERROR,
    EXTENDED,
    REMOTE,
    CanFrame,
    event_from_frame,
    format_frame,
    is_event,
)
from ..loop.turns import take_turn
from ..model.event import Event
from ..settings import Interface
from .counters import Counters
from .load import Load
from .source import BusOff, Source
from .state import BUS_OFF, BusState

__all__ = ["Receiver"]

log = logging.getLogger(__name__)

_BATCH = 256                            # frames read in one turn
_KNOWN_IDENTIFIERS = 4096
_WARNING_PAUSE = 10.0                   # s between two warnings about lost frames


class Receiver:
    """Makes events of frames and hands them to ``deliver`` in lists, oldest first.

    ``rest()`` waits while the hub does: what comes meanwhile gathers in the source and is read in
    one go.

    The interface's filter acts here. All that it compares is in a frame's identifier, so the
    verdict on an identifier is kept.
    """

    def __init__(self, interface: Interface, obid: int, state: BusState, counters: Counters,
                 deliver: Callable[[List[Event]], None], rest: Callable[[], None],
                 clock: Callable[[], float] = time.monotonic, load: Optional[Load] = None):
        self._name = interface.name
        self._guid = interface.guid
        self._filter = interface.filter
        self._obid = obid
        self._state = state
        self._counters = counters
        self._deliver = deliver
        self._rest = rest
        self._clock = clock
        self._load = load or Load(clock)
        self._next_warning = self._next_skip_warning = clock()
        self._next_skip = 1
        self._passes = lru_cache(maxsize=_KNOWN_IDENTIFIERS)(self._look)

    def _look(self, can_id: int) -> bool:
        return self._filter.matches(event_from_frame(can_id, b"", 0, self._guid, self._obid))

    def run(self, source: Source) -> None:
        """Take what ``source`` gives; ends only by its ``SourceError``."""
        while True:
            frames = source.read(_BATCH)
            self._count_drops(source.drops)
            self._count_skipped(source)
            if frames:
                self.take(frames)
            take_turn(known=True)   # a source that always has frames never waits
            if len(frames) < _BATCH:
                self._rest()

    def _count_drops(self, drops: int) -> None:
        if drops == self._counters.receive_drops:
            return
        self._counters.receive_drops = drops
        now = self._clock()
        if now >= self._next_warning:
            self._next_warning = now + _WARNING_PAUSE
            log.warning("%s: frames come faster than they are read, %d were lost since the start",
                        self._name, drops)

    def _count_skipped(self, source: Source) -> None:
        """What is no frame is told when it begins and when it has doubled: some lines send it all
        day."""
        skipped = source.skipped
        if skipped == self._counters.skipped:
            return
        self._counters.skipped = skipped
        now = self._clock()
        if source.skip_reason and skipped >= self._next_skip and now >= self._next_skip_warning:
            self._next_skip = 2 * skipped
            self._next_skip_warning = now + _WARNING_PAUSE
            log.warning("%s: what is no frame is skipped, %d since the start: %s",
                        self._name, skipped, source.skip_reason)

    def take(self, frames: List[CanFrame]) -> None:
        """Deliver the events among ``frames``; raises ``BusOff`` if one says so."""
        guid, obid = self._guid, self._obid
        if log.isEnabledFor(logging.DEBUG):
            for frame in frames:
                log.debug("%s R", format_frame(self._name, *frame))
        self._counters.received += len(frames)
        self._load.add(len(frames), sum([len(frame[1]) for frame in frames]))
        if not all(is_event(frame[0]) for frame in frames):
            frames = self._sort_out(frames)
        count = len(frames)
        if not self._filter.passes_all():
            passes = self._passes
            frames = [frame for frame in frames if passes(frame[0])]
            self._counters.filtered += count - len(frames)
        if frames:
            self._hand_on([event_from_frame(can_id, data, moment, guid, obid)
                           for can_id, data, moment in frames])
        if self._state.state == BUS_OFF:
            raise BusOff(self._state.reason)

    def _sort_out(self, frames: List[CanFrame]) -> List[CanFrame]:
        """Count what is no event, follow the error frames, and return the rest."""
        counters = self._counters
        events = []
        for frame in frames:
            can_id = frame[0]
            if is_event(can_id):
                events.append(frame)
            elif can_id & ERROR:
                counters.error_frames += 1
                self._state.take_error(can_id, frame[1])
            elif can_id & REMOTE:
                counters.remote += 1
            elif not can_id & EXTENDED:
                counters.standard += 1
        return events

    def _hand_on(self, events: List[Event]) -> None:
        try:
            self._deliver(events)
        except Exception:               # one batch's trouble must not end the loop
            log.exception("%s: %d events could not be handed on", self._name, len(events))
            self._counters.lost += len(events)
        else:
            self._counters.events += len(events)
            self._counters.last_event = events[-1].datetime // 1000000
