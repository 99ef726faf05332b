"""The hub greenlet: takes events from every source and hands them to every outbox.

Theory: sources put lists of events into one gevent queue. The hub takes **all** that waits there
as one batch, so that batches are single events at low rates and grow by themselves under load. It
never waits for a client or for a bus: outboxes and bus queues are bounded and refuse or drop.

Between two batches it rests as ``Pace`` says, so that under load a batch is worth its system
calls; a hub that isn't busy passes an event on at once.

Whether the loop still turns, and how long things wait for it, is found out with a token that goes
through the same queue: ``probe``.
"""

from __future__ import annotations

import logging
import time
from typing import Callable, Dict, List, Optional, Sequence, Set

import gevent
from gevent.event import Event as Flag
from gevent.queue import Queue

from ..model.errors import ParseError, TransmitBufferFull
from ..model.event import LEVEL2_CLASS, MAX_FD_DATA, MAX_LEVEL1_DATA, OVER_LEVEL2_CLASS, Event
from ..model.guid import format_guid
from .batch import Batch
from .latency import Latency
from .pace import Pace

__all__ = ["Hub"]

log = logging.getLogger(__name__)


class Hub:
    """Sources call ``deliver`` (a bus) or ``submit`` (a client); ``run`` is the greenlet's body.

    ``sinks`` (the buses) have ``name``, ``guid``, ``fd`` (it is CAN FD), ``carries(event)``,
    ``has_room()``, ``put(event)``, and ``miss(event)`` for an event that goes on without it.
    """

    def __init__(self, queue_size: int, pause: float,
                 now: Callable[[], float] = time.monotonic,
                 sleep: Callable[[float], None] = gevent.sleep):
        self.sinks: List = []
        self.counters: Dict[str, int] = {
            "from_buses": 0, "from_clients": 0, "batches": 0, "delivered": 0, "overrun": 0,
            "unwritable": 0}
        self.latency = Latency()
        self.turns = 0                  # of the loop, each with all its work done
        self.waiting = 0                # events in the queue
        self._first = 0.0               # when the oldest of them came
        self._queue: Queue = Queue()
        self._queue_size = queue_size
        self._probed: Optional[float] = None    # when the token was put that is under way
        self._lag = 0.0
        self._pace = Pace(pause)
        self._now = now
        self._sleep = sleep
        self._outboxes: Set = set()
        self._idle = Flag()
        self._idle.set()

    @property
    def level1_data(self) -> int:
        """How many data bytes a Level I event may have: 8, or 64 where a bus has CAN FD."""
        return MAX_FD_DATA if any(sink.fd for sink in self.sinks) else MAX_LEVEL1_DATA

    @property
    def lag(self) -> float:
        """Seconds that the last token waited for the loop; of one that still does, so far."""
        return self._lag if self._probed is None else max(self._lag, self._now() - self._probed)

    def probe(self) -> None:
        """Send a token through the queue; there is one at a time."""
        if self._probed is None:
            self._probed = self._now()
            self._queue.put(())

    def attach(self, outbox) -> None:
        self._outboxes.add(outbox)

    def detach(self, outbox) -> None:
        self._outboxes.discard(outbox)

    def set_pause(self, pause: float) -> None:
        self._pace.longest = pause

    def deliver(self, events: Sequence[Event]) -> None:
        """Events from a bus, in order. What the full queue can't hold is counted as overrun."""
        room = self._queue_size - self.waiting
        if len(events) > room:
            self.counters["overrun"] += len(events) - room
            events = events[:room]
        self.counters["from_buses"] += len(events)
        self._put(events)

    def submit(self, event: Event) -> None:
        """An event from a client, for the other clients and for every bus that carries it.

        It is accepted if one of those buses takes it, or if none carries it; a bus that can't is
        told what it missed. Otherwise nothing was sent anywhere. Raises ``ParseError`` if it is
        addressed to an interface that isn't ours or that it doesn't fit on, ``TransmitBufferFull``
        if no bus that carries it takes it, or the hub can't.
        """
        carriers = self._carriers_of(event)
        if self.waiting >= self._queue_size:
            raise TransmitBufferFull("the hub's queue is full")
        takers = [sink for sink in carriers if sink.has_room()]
        if carriers and not takers:
            raise TransmitBufferFull("%s: nothing is taken" % ", ".join(
                sink.name for sink in carriers))
        for sink in takers:
            sink.put(event)
        if len(takers) < len(carriers):
            for sink in carriers:
                if sink not in takers:
                    sink.miss(event)
        self.counters["from_clients"] += 1
        self._put((event,))

    def _carriers_of(self, event: Event) -> List:
        if OVER_LEVEL2_CLASS <= event.vscp_class < LEVEL2_CLASS:
            return self._addressed_by(event)
        return [sink for sink in self.sinks if sink.carries(event)]

    def _addressed_by(self, event: Event) -> List:
        """The bus that a Level I event over Level II names, and never another.

        Byte 15 is the node's. Several buses only where their driver blocks have the same GUID.
        """
        named = [sink for sink in self.sinks if sink.guid[:15] == event.data[:15]]
        if not named:
            raise ParseError("no interface has the GUID %s" % format_guid(event.data[:16]))
        carriers = [sink for sink in named if sink.carries(event)]
        if not carriers:
            raise ParseError("class %d with %d data bytes doesn't go to %s" % (
                event.vscp_class, len(event.data), named[0].name))
        return carriers

    def _put(self, events: Sequence[Event]) -> None:
        if events:
            if not self.waiting:
                self._first = self._now()
            self.waiting += len(events)
            self._idle.clear()
            self._queue.put(events)

    def wait_idle(self, timeout: float) -> bool:
        """Wait until the hub has nothing left to do; False if it still had after ``timeout`` s."""
        return self._idle.wait(timeout)

    def run(self) -> None:
        """Fan events out for ever; the greenlet is ended by killing it."""
        while True:
            events = self._take_all()
            start, first = self._now(), self._first
            if self._probed is not None:
                self._lag, self._probed = start - self._probed, None
            if events:
                self._fan_out(Batch(events))
            end = self._now()
            if events:
                self.latency.count(end - first, len(events))
            if self._queue.empty():
                self._idle.set()
            self.turns += 1
            # Always a switch: sources and writers get their turn after each batch. A token alone is
            # no batch to rest after.
            self._sleep(self._pace.rest(start, end) if events else 0)

    def _take_all(self) -> List[Event]:
        events = list(self._queue.get())
        while not self._queue.empty():
            events.extend(self._queue.get())
        self.waiting -= len(events)
        return events

    def _fan_out(self, batch: Batch) -> None:
        delivered = 0
        for outbox in tuple(self._outboxes):
            try:
                delivered += outbox.take(batch)
            except Exception:
                log.exception("%s: failed to take a batch", outbox.label)
                outbox.fail("internal error")
        self.counters["batches"] += 1
        self.counters["delivered"] += delivered
        self.counters["unwritable"] += batch.unwritable
