"""Forwarding: a carrier for what no bus here carries, to the daemon that has the bus.

An event counts as accepted when the broker has taken it (quality 1). The client that sends it waits
for that, and nobody else does. While the broker or that daemon is away nothing is accepted, and
nothing is sent late. Events that came in from the broker themselves are never forwarded: two
daemons that forward to each other would go on for ever.
"""

from __future__ import annotations

from collections import Counter
from typing import Callable, Dict, FrozenSet, Optional

from gevent.event import AsyncResult

from ..hub.hub import Hub
from ..model.errors import TransmitBufferFull
from ..model.event import Event
from ..model.guid import ZERO
from ..model.status import EndStatus
from .forms.outgoing import event_json
from .forms.topics import own_topic
from .recent import Recent
from .waiting import Outgoing

__all__ = ["Forward"]

_TIME = 5.0                     # s for the broker's answer, and for a client to wait for it
_MOST = 256                     # events that wait for it; one client has one


class Forward:
    """``target`` is the daemon's name, ``own`` ours. ``obids`` are those of events that came from
    the broker. ``ready()`` says why nothing can be forwarded, if so, ``level1_data()`` how many
    data bytes a Level I event may have there, ``publish(message)`` whether it goes out. ``recent``
    is told what goes."""

    guid = ZERO                     # a gateway: to whichever interface nobody here has

    def __init__(self, target: str, own: str, hub: Hub, obids: FrozenSet[int],
                 ready: Callable[[], str], level1_data: Callable[[], int],
                 publish: Callable[[Outgoing], bool], recent: Recent) -> None:
        self.name = "mqtt to %s" % target
        self.counts: Dict[str, int] = Counter(forwarded=0, unanswered=0, refused=0)
        self._topic = own_topic(target, "send")
        self._own = own
        self._hub = hub
        self._obids = obids
        self._ready = ready
        self._level1_data = level1_data
        self._publish = publish
        self._recent = recent
        self.waiting = 0
        self._ours: "Counter[Event]" = Counter()    # on their way through the hub

    @property
    def level1_data(self) -> int:
        """As that daemon says of its buses."""
        return self._level1_data()

    # ---- a carrier -------------------------------------------------------------------------

    def carries(self, event: Event) -> bool:
        """Whether no other carrier does."""
        return event.obid not in self._obids and not self._hub.others_carry(self, event)

    def has_room(self) -> bool:
        return self.waiting < _MOST and not self._ready()

    def put(self, event: Event) -> None:
        """Send it, and wait for the broker; raises ``TransmitBufferFull`` if that fails."""
        answer: AsyncResult[bool] = AsyncResult()
        self._recent.add(event)     # before it can come back
        self._ours[event] += 1
        self.waiting += 1
        taken: Optional[bool] = False
        try:
            payload = event_json(event, **{"from": self._own})
            if self._publish(Outgoing(self._topic, payload, False, 1, answer)):
                taken = answer.wait(_TIME)
        finally:
            self.waiting -= 1
            if not taken:
                self._recent.forget(event)
                self.is_ours(event)
        if not taken:
            self.counts["unanswered"] += 1
            raise TransmitBufferFull("%s: the broker did not take it" % self.name)
        self.counts["forwarded"] += 1

    def miss(self, event: Event) -> None:
        """Never alone: what it carries nobody else does."""

    def status(self) -> EndStatus:
        reason = self._ready()
        return EndStatus("forward", self.name, "down" if reason else "up", reason,
                         usable=not reason, required=False, details=dict(self.counts))

    # ---- for the bridge --------------------------------------------------------------------

    def is_ours(self, event: Event) -> bool:
        """Whether this event, which the hub passes on, was forwarded; told once for each."""
        if event not in self._ours:
            return False
        self._ours[event] -= 1
        if not self._ours[event]:
            del self._ours[event]
        return True
