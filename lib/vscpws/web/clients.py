"""All websocket clients: admission, numbering, the common tick, and the end of them all."""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import Callable, Dict, Iterable, Iterator, List, Optional

import gevent

from ..codec.wsframe import (
    BAD_TEXT,
    GOING_AWAY,
    INTERNAL,
    NO_STATUS,
    NORMAL,
    POLICY,
    PROTOCOL_FAULT,
    TOO_BIG,
    TRY_AGAIN,
    UNSUPPORTED,
)
from ..hub.hub import Hub
from ..loop.crew import Crew
from ..settings import ClientLimits
from .client import STATES, Client, House, MakeSession
from .connection import Connection
from .departures import Departures
from .slots import Guest, Slots
from .together import Together
from .vscpprotocol import VscpProtocol

__all__ = ["Clients"]

log = logging.getLogger(__name__)

_COUNTED = ("sent", "dropped", "cleared")   # of every outbox, also after its client has left
_TICK = 1.0                     # s; deadlines of clients are counted in these
_LATE = 0.5                     # s after its time
_LAST_TURN = 1.0                # s for those that are cut to see it
_LOOK = 0.02                    # s between two looks whether they have left

# Counted one by one; what else a client may send is "other", for it could send thousands.
_CLOSE_CODES = (NORMAL, GOING_AWAY, PROTOCOL_FAULT, UNSUPPORTED, NO_STATUS, BAD_TEXT, POLICY,
                TOO_BIG, INTERNAL, TRY_AGAIN)
_NO_CLOSE_FRAME = "1006"        # RFC 6455, section 7.4.1


class Clients:
    """The clients of all listeners.

    ``make_session(codec, port, address, obid)`` makes a client's session.
    """

    def __init__(self, hub: Hub, limits: ClientLimits, make_session: MakeSession) -> None:
        self.slots = Slots(limits)
        self.counters: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()    # clients that have left, by close code
        self.dismissed: Counter[str] = Counter()    # of those who were closed with 1008, by reason
        self.answers: Counter[str] = Counter()   # HTTP responses by status
        self._hub = hub
        self._crew = Crew()
        self._house = House(hub, self.slots, self._crew, Departures(), Together(), make_session,
                            self._forget)
        self._clients: Dict[int, Client] = {}
        self._closing = False

    def __len__(self) -> int:
        return len(self._clients)

    def __iter__(self) -> Iterator[Client]:
        return iter(list(self._clients.values()))

    @property
    def limits(self) -> ClientLimits:
        return self.slots.limits

    @limits.setter
    def limits(self, limits: ClientLimits) -> None:
        self.slots.limits = limits

    @property
    def connections(self) -> int:
        """All of them: websockets, HTTP, and TLS handshakes."""
        return len(self.slots)

    def refusal(self, guest: Guest) -> Optional[str]:
        """Make a websocket of a guest; why none can be made now otherwise."""
        if self._closing:
            self.slots.refused["shutting down"] += 1
            return "shutting down"
        return self.slots.upgrade(guest)

    def admit(self, protocol: VscpProtocol, connection: Connection, address: str,
              guest: Guest) -> None:
        """Serve a connection from now on, until it ends; doesn't wait."""
        self.counters["accepted"] += 1
        client = Client(self.counters["accepted"], protocol, address, connection, guest,
                        self._house)
        guest.cut = client.evict
        self._clients[client.number] = client
        client.begin()

    def _forget(self, client: Client) -> None:
        """Free the client's place, once; its last turn may come later."""
        if self._clients.pop(client.number, None):
            self.slots.leave(client.guest)
            client.outbox.clear()
            self.counters.update({name: getattr(client.outbox, name) for name in _COUNTED})
            self.closed[_code_text(client.close_code)] += 1
            if client.close_code == POLICY and client.close_reason:
                self.dismissed[client.close_reason] += 1

    def run(self, now: Callable[[], float] = time.monotonic,
            sleep: Callable[[float], None] = gevent.sleep) -> None:
        """The tick of all clients, for ever; the greenlet is ended by killing it.

        One that comes late is left out: what they said while we were away is read first. The next
        one counts, so that a loop that is always late has deadlines, too.
        """
        was_away = False
        while True:
            due = now() + _TICK
            sleep(_TICK)
            self._hub.probe()
            was_away = not was_away and now() - due > _LATE
            if not was_away:
                self._tick()

    def _tick(self) -> None:
        for client in self:
            try:
                client.tick()
            except Exception:
                log.exception("%s: tick failed, cut", client.label)
                client.cut("internal error")

    def shut_down(self, drain_time: float) -> None:
        """Close every websocket with 1001 behind what is queued; cut them after the time."""
        self._closing = True
        for client in self:
            client.going_away()
        self._wait_for_last(drain_time)
        for client in self:
            log.warning("%s: not drained in %g s, cut", client.label, drain_time)
            client.cut("drain time over")
        self._wait_for_last(_LAST_TURN)
        self._crew.dismiss()

    def _wait_for_last(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._clients and time.monotonic() < deadline:
            gevent.sleep(_LOOK)

    def present(self, protocols: Iterable[str]) -> Dict[str, Dict[str, int]]:
        """How many there are, by protocol and state."""
        present = {name: dict.fromkeys(STATES, 0) for name in protocols}
        for client in self:
            present[client.protocol.name][client.state] += 1
        return present

    def fullest(self, most: int) -> List[Client]:
        """So many of the clients, those first for whom most waits or was dropped."""
        return sorted(self, key=lambda client: (-client.outbox.waiting, -client.outbox.dropped,
                                                client.number))[:most]

    def totals(self) -> Dict[str, int]:
        """Clients present, authenticated and accepted; of events those sent, dropped because an
        outbox was full, cleared by command or by the client's leaving, and waiting: in all, in the
        fullest outbox, and in bytes."""
        present: List[Client] = list(self)
        totals = {
            "clients": len(present),
            "authenticated": sum(client.session.authenticated for client in present),
            "accepted": self.counters["accepted"],
            "waiting": sum(client.outbox.waiting for client in present),
            "waiting_most": max((client.outbox.waiting for client in present), default=0),
            "waiting_bytes": sum(client.outbox.waiting_bytes for client in present),
        }
        for name in _COUNTED:
            totals[name] = self.counters[name] + sum(
                getattr(client.outbox, name) for client in present)
        return totals


def _code_text(code: Optional[int]) -> str:
    if code is None:
        return _NO_CLOSE_FRAME
    return str(code) if code in _CLOSE_CODES else "other"
