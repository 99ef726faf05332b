"""The host on the hub: a VSCP program that has loaded the library, with all that is behind it.

It is an end like a CAN bus: what it writes has happened and goes to all receivers, and what a
client sends counts when the queue to the host has taken it. Its GUID is that of a gateway, for any
interface may be behind it.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any, Callable, Optional

import gevent

from ..hub.channel import Channel
from ..hub.hub import Hub
from ..model.event import MAX_LEVEL1_DATA, Event
from ..model.guid import ZERO, interface_guid
from ..model.status import EndStatus
from ..settings import HostSettings, Interface
from .edge import Edge

__all__ = ["Host", "KIND", "join_host"]

log = logging.getLogger(__name__)

KIND = "host"

_TURN = 256                     # events taken in one turn of the loop
_AHEAD = 2048                   # that may wait for the hub; more wait in the host's queue
_REST = 0.001                   # s until the next look, while the hub has so many


def join_host(edge: Edge, number: int, settings: HostSettings, interface: Interface
              ) -> Callable[[Hub], Host]:
    """Makes the end of a handle, whose queues it prepares."""
    def join(hub: Hub) -> Host:
        host = Host(edge, number, settings, interface, hub.channel(KIND))
        hub.add(host)
        return host
    return join


class Host:
    """``interface`` has the GUID for events without one, and the filter on what is taken."""

    kind = KIND
    guid = ZERO
    level1_data = MAX_LEVEL1_DATA

    def __init__(self, edge: Edge, number: int, settings: HostSettings, interface: Interface,
                 channel: Channel) -> None:
        self.name = interface.name
        self.counters = Counter(received=0, filtered=0, sent=0, missed=0, no_room=0, too_long=0)
        self._edge = edge
        self._number = number
        self._most_data = settings.host_data_size
        self._filter = interface.filter
        self._guid = interface_guid(interface.guid)
        self._channel = channel
        self.must_wait: Callable[[], bool] = lambda: False     # nothing is taken while it says so
        self._refused = 0               # of which the log has been told
        self._watcher: Optional[Any] = None
        self._descriptor = edge.prepare(number, settings.layout, settings.host_queue_size,
                                        settings.host_queue_size)
        self._layout = settings.layout

    # ---- from the host ---------------------------------------------------------------------

    def start(self) -> None:
        """Begin to take events."""
        loop = gevent.get_hub().loop
        self._timer = loop.timer(_REST, _REST)
        self._watcher = loop.io(self._descriptor, 1)
        self._watcher.start(self._take)

    def stop(self) -> None:
        """Take nothing more."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.close()
            self._timer.close()

    def drain(self) -> None:
        """Take all that the host has written before it closed."""
        self.must_wait = lambda: False          # who can't take them now never will
        while self._watcher is not None and self._edge.counts(self._number)[0]:
            self._take()
            gevent.sleep(_REST)

    def _take(self) -> None:
        if self._channel.waiting >= _AHEAD or self.must_wait():
            if self._watcher is not None:
                self._watcher.stop()
                self._timer.again(self._go_on)      # a second start would fire at once
            return
        events = self._edge.take(self._number, _TURN, Event, self._channel.obid, self._guid)
        self.counters["received"] += len(events)
        if not self._filter.passes_all():
            passed = [event for event in events if self._filter.matches(event)]
            self.counters["filtered"] += len(events) - len(passed)
            events = passed
        if events:
            self._channel.deliver(events)
        self._tell_refused()

    def _go_on(self) -> None:
        self._timer.stop()
        if self._watcher is not None:
            self._watcher.start(self._take)

    def _tell_refused(self) -> None:
        refused, why = self._edge.counts(self._number)[2:4]
        if refused != self._refused:
            self._refused = refused
            log.error("%s: an event was refused, for it has %s; events are read as those of "
                      "event-layout %d, is that the host's?", self.name, why, self._layout)

    # ---- to the host -----------------------------------------------------------------------

    def carries(self, event: Event) -> bool:
        """Whether the host may have it: one that is too long goes to the clients alone."""
        if len(event.data) <= self._most_data:
            return True
        self.counters["too_long"] += 1
        log.warning("%s: not given an event of class %d, type %d with %d data bytes: see "
                    "host-data-size", self.name, event.vscp_class, event.vscp_type,
                    len(event.data))
        return False

    def has_room(self) -> bool:
        """Whether its queue would take an event."""
        if self._edge.room(self._number):
            return True
        self.counters["no_room"] += 1
        return False

    def put(self, event: Event) -> None:
        """Queue an event for it, without waiting."""
        self.counters["sent" if self._edge.put(self._number, event) else "missed"] += 1

    def miss(self, event: Event) -> None:
        """Count an event that another carrier took."""
        self.counters["missed"] += 1

    def status(self) -> EndStatus:
        """Whether the host reads what it is sent, and all counters."""
        inward, outward, refused, _, full = self._edge.counts(self._number)
        is_full = not self._edge.room(self._number)
        return EndStatus(
            self.kind, self.name, "full" if is_full else "up",
            "the host reads no events" if is_full else "", usable=not is_full,
            details={"receive_queue": inward, "transmit_queue": outward, "refused": refused,
                     "late": full, **self.counters})
