"""A batch: the events of one turn of the hub, with all that clients can share of them.

Many clients want the same bytes: the same events (equal selections) in the same form (equal
encoders). Each is made when the first client asks and kept for the rest, so that the work per
event is done once per *kind* of client and not once per client.
"""

from __future__ import annotations

import logging
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..model.event import Event
from .verdicts import Kind, Selects, Verdicts, kinds_of

__all__ = ["Batch", "Encoder", "Share"]

log = logging.getLogger(__name__)

#: Makes the bytes on the wire of one event; equal encoders make equal bytes.
Encoder = Callable[[Event], bytes]


class Share(NamedTuple):
    """Some events' bytes: each by itself (shared objects), and all in one."""

    frames: Tuple[bytes, ...]
    wire: bytes

    def without(self, count: int) -> Share:
        """The share less its first ``count`` events."""
        frames = self.frames[count:]
        return Share(frames, b"".join(frames))


class Batch:
    """An immutable run of events, in the hub's order.

    ``verdicts`` is what selections said of earlier batches.
    """

    def __init__(self, events: Sequence[Event], verdicts: Optional[Verdicts] = None):
        self.events = tuple(events)
        self.unwritable = 0             # events that an encoder failed at
        self._verdicts = Verdicts() if verdicts is None else verdicts
        self._origins = frozenset(event.obid for event in self.events)
        self._kinds: List[Kind] = []
        self._passing: Dict[Selects, Tuple[int, ...]] = {}
        self._frames: Dict[Encoder, List[Optional[bytes]]] = {}
        self._shares: Dict[Tuple[Encoder, Selects], Optional[Share]] = {}

    def passing(self, selection: Selects, obid: int) -> Tuple[Event, ...]:
        """The events for the receiver ``obid``: all that ``selection`` passes but its own."""
        return tuple(self.events[place] for place in self._picked(selection)
                     if self.events[place].obid != obid)

    def share(self, encoder: Encoder, selection: Selects, obid: int) -> Optional[Share]:
        """What the client ``obid`` gets: all that ``selection`` passes but its own events.

        None if nothing is left.
        """
        if obid in self._origins:
            return self._made(encoder, [place for place in self._picked(selection)
                                        if self.events[place].obid != obid])
        key = (encoder, selection)
        if key not in self._shares:
            self._shares[key] = self._made(encoder, self._picked(selection))
        return self._shares[key]

    def _picked(self, selection: Selects) -> Tuple[int, ...]:
        picked = self._passing.get(selection)
        if picked is None:
            self._kinds = self._kinds or kinds_of(self.events)
            picked = self._passing[selection] = self._verdicts.places(selection, self._kinds)
        return picked

    def _made(self, encoder: Encoder, places: Sequence[int]) -> Optional[Share]:
        if not places:
            return None
        made = self._frames.get(encoder)
        if made is None:
            made = self._frames[encoder] = [None] * len(self.events)
        frames = tuple(filter(None, map(made.__getitem__, places)))
        if len(frames) < len(places):
            for place in places:
                if made[place] is None:
                    made[place] = self._encoded(encoder, self.events[place])
            frames = tuple(filter(None, map(made.__getitem__, places)))
        if not frames:
            return None
        return Share(frames, b"".join(frames) if len(frames) > 1 else frames[0])

    def _encoded(self, encoder: Encoder, event: Event) -> bytes:
        try:
            return encoder(event)
        except Exception:
            # One event that can't be written must not cost the others of its batch.
            log.exception("event left out: %r", event)
            self.unwritable += 1
            return b""
