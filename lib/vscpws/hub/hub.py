"""The hub greenlet: takes events from every channel and hands them to every receiver.

Theory: channels put events into one queue. The hub takes **all** that waits there as one batch, so
that batches are single events at low rates and grow by themselves under load. It knows events
only, and never waits for whom it hands them to: receivers take or drop, carriers take or refuse
(``ports``). To put an event is no more than an append; the first one wakes the hub.

Between two batches it rests as ``Pace`` says, so that under load a batch is worth its system
calls; a hub that isn't busy passes an event on at once. A reader may rest with it
(``Channel.rest``): then what comes meanwhile gathers in the kernel, is read in one go when the rest
is over, and is in the batch that follows at once.

Who is attached ``beside`` the clients hears in that rest, so that these don't wait. But by then the
events have left the processor's caches: a batch of many, to which a wait of microseconds is
nothing, it hears first, and for a sixth less.

Whether the loop still turns, and how long things wait for it, is found out with a token that wakes
it as an event does: ``probe``.
"""

from __future__ import annotations

import itertools
import logging
import time
from typing import Callable, Dict, List, Optional, Sequence, Set

import gevent
from gevent.event import Event as Flag

from ..model.errors import ParseError, TransmitBufferFull
from ..model.event import MAX_LEVEL1_DATA, Event, is_over_level2
from ..model.guid import ZERO, format_guid
from .batch import Batch
from .channel import Channel
from .latency import Latency
from .pace import Pace
from .ports import Carrier, Receiver
from .verdicts import Verdicts

__all__ = ["Hub"]

log = logging.getLogger(__name__)

_MANY = 64                      # events in a batch


class Hub:
    """Events come in by channels; ``run`` is the greenlet's body.

    ``queue_size`` is in events, ``pause`` in seconds. ``came`` counts the events that came in, by
    the kind of end, ``counters`` what became of them.
    """

    def __init__(self, queue_size: int, pause: float,
                 now: Callable[[], float] = time.monotonic,
                 sleep: Callable[[float], None] = gevent.sleep) -> None:
        self.came: Dict[str, int] = {}
        self.counters: Dict[str, int] = {
            "batches": 0, "delivered": 0, "overrun": 0, "unwritable": 0}
        self.latency = Latency()
        self.turns = 0                  # of the loop, each with all its work done
        self._queue: List[Event] = []
        self._queue_size = queue_size
        self._first = 0.0               # when the oldest event in it came
        self._filled = Flag()           # there are events in it, or a token came
        self._probed: Optional[float] = None    # when the token was put that is under way
        self._lag = 0.0
        self._pace = Pace(pause)
        self._verdicts = Verdicts()
        self._now = now
        self._sleep = sleep
        self._obids = itertools.count(1)
        self._receivers: Set[Receiver] = set()
        self._beside: Set[Receiver] = set()
        self._carriers: List[Carrier] = []
        self._idle = Flag()
        self._idle.set()
        self._rested = Flag()           # it doesn't rest now
        self._rested.set()

    @property
    def waiting(self) -> int:
        """Events in the queue."""
        return len(self._queue)

    @property
    def level1_data(self) -> int:
        """How many data bytes a Level I event may have at most: what the best carrier takes."""
        return max((carrier.level1_data for carrier in self._carriers), default=MAX_LEVEL1_DATA)

    @property
    def lag(self) -> float:
        """Seconds that the last token waited for the loop; of one that still does, so far."""
        return self._lag if self._probed is None else max(self._lag, self._now() - self._probed)

    def probe(self) -> None:
        """Send a token through the loop; there is one at a time."""
        if self._probed is None:
            self._probed = self._now()
            self._filled.set()

    # ---- joining ---------------------------------------------------------------------------

    def channel(self, kind: str) -> Channel:
        """A way in for an end of this kind."""
        self.came.setdefault(kind, 0)
        return Channel(self, kind, next(self._obids))

    def attach(self, receiver: Receiver, beside: bool = False) -> None:
        """From the next batch on it hears everything; ``beside`` is who need not hear it as soon as
        the clients."""
        (self._beside if beside else self._receivers).add(receiver)

    def detach(self, receiver: Receiver) -> None:
        """It hears nothing any more; nothing if it is not there."""
        self._receivers.discard(receiver)
        self._beside.discard(receiver)

    def add(self, carrier: Carrier) -> None:
        """From now on it must accept what it carries."""
        self._carriers.append(carrier)

    def remove(self, carrier: Carrier) -> None:
        """It carries nothing any more; nothing if it is not there."""
        if carrier in self._carriers:
            self._carriers.remove(carrier)

    def others_carry(self, carrier: Carrier, event: Event) -> bool:
        """Whether a carrier besides this one has a bus for such events."""
        over = is_over_level2(event.vscp_class)
        return any(other is not carrier and (
            other.guid[:15] == event.data[:15] if over else other.carries(event))
            for other in self._carriers)

    def set_pause(self, pause: float) -> None:
        self._pace.longest = pause

    # ---- events in (by channels) -----------------------------------------------------------

    def deliver(self, kind: str, events: Sequence[Event]) -> None:
        """As ``Channel.deliver``."""
        room = self._queue_size - len(self._queue)
        if len(events) > room:
            self.counters["overrun"] += len(events) - room
            events = events[:room]
        self.came[kind] += len(events)
        if events:
            self._put(events)

    def submit(self, kind: str, event: Event) -> None:
        """As ``Channel.submit``."""
        addressed = is_over_level2(event.vscp_class)
        asked = self._addressed_by(event) if addressed else self._carriers
        takers: List[Carrier] = []
        full: List[Carrier] = []
        for carrier in asked:
            if carrier.carries(event):
                (takers if carrier.has_room() else full).append(carrier)
        if addressed and not takers and not full:
            raise ParseError("class %d with %d data bytes doesn't go to %s" % (
                event.vscp_class, len(event.data), asked[0].name))
        if len(self._queue) >= self._queue_size:
            raise TransmitBufferFull("the hub's queue is full")
        taken = False
        refusal: Optional[Exception] = None
        for carrier in takers:
            try:
                carrier.put(event)
                taken = True
            except Exception as error:      # what the others take is on its way all the same
                if not isinstance(error, TransmitBufferFull):
                    log.exception("%s: failed to take an event", carrier.name)
                full.append(carrier)
                refusal = error
        if full and not taken:
            raise refusal or TransmitBufferFull("%s: nothing is taken" % ", ".join(
                carrier.name for carrier in full))
        for carrier in full:
            try:
                carrier.miss(event)
            except Exception:
                log.exception("%s: failed to note what it missed", carrier.name)
        self.came[kind] += 1
        self._put((event,))

    def _addressed_by(self, event: Event) -> List[Carrier]:
        """The carrier that a Level I event over Level II names, and never another.

        Byte 15 is the node's. Several only where their interfaces have the same GUID. What nobody
        is named by is a gateway's.
        """
        named = ([carrier for carrier in self._carriers if carrier.guid[:15] == event.data[:15]]
                 or [carrier for carrier in self._carriers if carrier.guid == ZERO])
        if not named:
            raise ParseError("no interface has the GUID %s" % format_guid(event.data[:16]))
        return named

    def _put(self, events: Sequence[Event]) -> None:
        if not self._queue:             # the first ones wake the hub
            self._first = self._now()
            self._idle.clear()
            self._filled.set()
        self._queue += events

    # ---- the loop --------------------------------------------------------------------------

    def wait_idle(self, timeout: float) -> bool:
        """Wait until the hub has nothing left to do; False if it still had after ``timeout`` s."""
        return self._idle.wait(timeout)

    def wait_rested(self) -> None:
        """As ``Channel.rest``."""
        self._rested.wait()

    def run(self) -> None:
        """Fan events out for ever; the greenlet is ended by killing it."""
        while True:
            events = self._wait_for_events()
            start, first = self._now(), self._first
            if self._probed is not None:
                self._lag, self._probed = start - self._probed, None
            end = self._share_out(events, first) if events else start
            if not self._queue:
                self._idle.set()
            self.turns += 1
            # A token alone is no batch to rest after.
            rest = self._pace.rest(start, end, len(events)) if events else 0.0
            self._rest(rest and end + rest - self._now())

    def _rest(self, seconds: float) -> None:
        if seconds > 0:
            self._rested.clear()
            try:
                self._sleep(seconds)
            finally:
                self._rested.set()      # whoever waits for it has the next turn
        # Always a switch: sources and writers get their turn after each batch.
        self._sleep(0)

    def _wait_for_events(self) -> List[Event]:
        """All that are there; none if it was a token that came."""
        self._filled.wait()
        self._filled.clear()
        events, self._queue = self._queue, []
        return events

    def _share_out(self, events: Sequence[Event], first: float) -> float:
        """Everybody hears them; returns when all clients have."""
        batch = Batch(events, self._verdicts)
        many = len(events) >= _MANY
        if many:
            self._hand_to(self._beside, batch)
        self._fan_out(batch)
        end = self._now()
        self.latency.count(end - first, len(events))
        if not many:
            self._hand_to(self._beside, batch)
        return end

    def _fan_out(self, batch: Batch) -> None:
        self._hand_to(self._receivers, batch)
        self.counters["batches"] += 1
        self.counters["unwritable"] += batch.unwritable

    def _hand_to(self, receivers: Set[Receiver], batch: Batch) -> None:
        delivered = 0
        for receiver in tuple(receivers):
            try:
                delivered += receiver.take(batch)
            except Exception:
                log.exception("%s: failed to take a batch", receiver.label)
                receiver.fail("internal error")
        self.counters["delivered"] += delivered
