"""A batch: the events of one turn of the hub, with all that clients can share of them.

Many clients want the same bytes: the same events (equal selections) in the same form (equal
encoders). Each is made when the first client asks and kept for the rest, so that the work per
event is done once per *kind* of client and not once per client.
"""

from __future__ import annotations

import logging
from itertools import compress
from operator import itemgetter
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..model.event import Event
from .verdicts import Marks, Selects, Sorted, Verdicts

__all__ = ["Batch", "Encoder", "Share"]

log = logging.getLogger(__name__)

_FEW = 64                       # events in a part of a share
_obid_of = itemgetter(3)

#: Makes the bytes on the wire of one event; equal encoders make equal bytes.
Encoder = Callable[[Event], bytes]


class Share(NamedTuple):
    """Some events' bytes: each by itself (shared objects), and all in one."""

    frames: Tuple[bytes, ...]
    wire: bytes

    def without(self, count: int) -> List[Share]:
        """What is left without its first ``count`` events, in shares of few: who takes away one
        event after the other takes it from a small one."""
        left = self.frames[count:]
        pieces = [left[start:start + _FEW] for start in range(0, len(left), _FEW)]
        return [Share(frames, b"".join(frames)) for frames in pieces]


_Made = Tuple[Optional[Share]]          # what there is to give, which may be nothing


class _Written:
    """The frames of one encoder: empty until a receiver wants them, and where that failed."""

    __slots__ = ("frames", "missing", "is_whole")

    def __init__(self, count: int) -> None:
        self.frames = [b""] * count
        self.missing: Sequence[int] = range(count)
        self.is_whole = True            # so far no event was unwritable


class Batch:
    """An immutable run of events, in the hub's order.

    ``verdicts`` is what selections said of earlier batches. ``origins`` are the obids of all its
    events.
    """

    def __init__(self, events: Sequence[Event], verdicts: Optional[Verdicts] = None):
        self.events = tuple(events)
        self.unwritable = 0             # events that an encoder failed at
        self._verdicts = Verdicts() if verdicts is None else verdicts
        self.origins = frozenset(map(_obid_of, self.events))
        self._sorted: Optional[Sorted] = None
        self._written: Dict[Encoder, _Written] = {}
        self._shares: Dict[Tuple[Encoder, Selects], _Made] = {}
        self._by_marks: Dict[Tuple[Encoder, Marks], _Made] = {}

    @property
    def by_kind(self) -> Sorted:
        """Its events by kinds."""
        if self._sorted is None:
            self._sorted = self._verdicts.sorted(self.events)
        return self._sorted

    def passing(self, selection: Selects, obid: int) -> Tuple[Event, ...]:
        """The events for the receiver ``obid``: all that ``selection`` passes but its own."""
        return tuple(compress(self.events, self._foreign(selection, obid)))

    def share(self, encoder: Encoder, selection: Selects, obid: int) -> Optional[Share]:
        """What the client ``obid`` gets: all that ``selection`` passes but its own events.

        None if nothing is left.
        """
        if obid in self.origins:
            return self._made(encoder, self._foreign(selection, obid))
        key = (encoder, selection)
        made = self._shares.get(key)
        if made is None:
            made = self._shares[key] = self._shared(encoder, self.by_kind.marks(selection))
        return made[0]

    def _foreign(self, selection: Selects, obid: int) -> Marks:
        """What passes and does not come from ``obid`` itself."""
        if self.origins == {obid}:
            return b""
        marks = self.by_kind.marks(selection)
        if obid not in self.origins:
            return marks
        return bytes(mark and event.obid != obid for mark, event in zip(marks, self.events))

    def _shared(self, encoder: Encoder, marks: Marks) -> _Made:
        """One for all selections that say the same of these events, however they are put."""
        key = (encoder, marks)
        made = self._by_marks.get(key)
        if made is None:
            made = self._by_marks[key] = (self._made(encoder, marks),)
        return made

    def _made(self, encoder: Encoder, marks: Marks) -> Optional[Share]:
        if 1 not in marks:
            return None
        written = self._written.get(encoder)
        if written is None:
            written = self._written[encoder] = _Written(len(self.events))
        if written.missing:
            self._write(encoder, written, marks)
        frames = tuple(compress(written.frames, marks))
        if not written.is_whole:
            frames = tuple(filter(None, frames))
        if not frames:
            return None
        return Share(frames, b"".join(frames) if len(frames) > 1 else frames[0])

    def _write(self, encoder: Encoder, written: _Written, marks: Marks) -> None:
        """What is marked and isn't written yet."""
        frames, missing, left = written.frames, written.missing, []
        for place in missing:
            if not marks[place]:
                left.append(place)
                continue
            try:
                frames[place] = encoder(self.events[place])
            except Exception:
                # One event that can't be written must not cost the others of its batch.
                log.exception("event left out: %r", self.events[place])
                self.unwritable += 1
                written.is_whole = False
        written.missing = left
