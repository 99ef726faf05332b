"""Slots: who may be in the house, and who goes when it is full.

Theory: whoever is not logged in has no claim to his slot. A newcomer gets in by sending away one
that is not known, those first that do the least: an idle HTTP connection, then a websocket whose
client hasn't logged in; of the host that has most of them, the one that has been so longest. So a
host that fills the house only sends its own away. Who is logged in stays, and so does who waits for
the check of a password. Who waits for a response stays, too, unless his host has more connections
than the newcomer's, or he has been here for long: else whoever reads slowly what he has asked for,
or asks without end, would hold his slots as long as he likes. Of the websockets' slots some are
only for those who are logged in.

A host is an IPv4 address or an IPv6 /64, of which a client has as many addresses as it likes.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import Callable, Dict, Optional, Sequence

from ..access.hosts import host_of
from ..settings import ClientLimits

__all__ = ["BUSY", "CHECKED", "Guest", "IDLE", "KNOWN", "STRANGER", "Slots"]

log = logging.getLogger(__name__)

#: What a connection is: HTTP with no request to answer, or with one; a websocket that is not logged
#: in, one whose password is being checked, one that is logged in.
IDLE, BUSY, STRANGER, CHECKED, KNOWN = "idle", "busy", "stranger", "checked", "known"

# Why somebody is not let in.
_REFUSALS = ("connections", "connections of an address", "clients", "clients of an address",
             "descriptors", "origin", "handshake", "shutting down")

_HTTP = (IDLE, BUSY)
_WEBSOCKETS = (STRANGER, CHECKED, KNOWN)


class Guest:
    """One connection. ``cut(reason)`` ends it at once, and never waits."""

    __slots__ = ("host", "cut", "entered", "state")

    def __init__(self, address: str, cut: Callable[[str], None], entered: float):
        self.host = host_of(address)
        self.cut = cut
        self.entered = entered              # s
        self.state: Optional[str] = None    # None: it has left


class Slots:
    """The connections of all listeners; ``limits`` may be replaced.

    ``refused`` counts by reason those that were not let in, ``evicted`` by state those who had to
    go. ``now`` is a clock in seconds that never goes back.
    """

    def __init__(self, limits: ClientLimits, now: Callable[[], float] = time.monotonic):
        self.limits = limits
        self._now = now
        self.refused: Counter[str] = Counter(dict.fromkeys(_REFUSALS, 0))
        self.evicted: Counter[str] = Counter({IDLE: 0, BUSY: 0, STRANGER: 0})
        # Of each state the guests, those first that have been in it longest, and how many of them
        # each host has.
        states = _HTTP + _WEBSOCKETS
        self._guests: Dict[str, Dict[Guest, None]] = {state: {} for state in states}
        self._hosts: Dict[str, Dict[str, int]] = {state: {} for state in states}
        self._full = False

    def __len__(self) -> int:
        return sum(len(guests) for guests in self._guests.values())

    def enter(self, address: str, cut: Callable[[str], None]) -> Optional[Guest]:
        """Take a new connection as an idle one; None if there is no room for it."""
        guest = Guest(address, cut, self._now())
        host, limits = guest.host, self.limits
        if self._count(_HTTP, host) >= limits.max_http_connections_per_address and not (
                self._evict(IDLE, host) or self._evict_lasting(host)):
            self.turn_away("connections of an address", address)
            return None
        if self._count(_HTTP) >= limits.max_http_connections and not (
                self._evict(IDLE) or self._evict_greedy(host) or self._evict_lasting()):
            self.turn_away("connections", address)
            return None
        self._full = False
        self._put(guest, IDLE)
        return guest

    def upgrade(self, guest: Guest) -> Optional[str]:
        """Make a websocket of a guest; the reason if there is no room for one."""
        limits = self.limits
        most = limits.max_clients_per_address
        if most and self._count(_WEBSOCKETS, guest.host) >= most and (
                not self._evict(STRANGER, guest.host)):
            self.refused["clients of an address"] += 1
            return "full: %d clients from %s" % (most, guest.host)
        if self._is_full_of_clients() and not self._evict(STRANGER):
            self.refused["clients"] += 1
            return "full: %d clients" % self._count(_WEBSOCKETS)
        self.move(guest, STRANGER)
        return None

    def move(self, guest: Guest, state: str) -> None:
        """The guest is something else now; nothing if it has left."""
        if guest.state not in (None, state):
            self.leave(guest)
            self._put(guest, state)

    def leave(self, guest: Guest) -> None:
        """Free the guest's slot; nothing if it is free."""
        state, guest.state = guest.state, None
        if state is not None:
            del self._guests[state][guest]
            hosts = self._hosts[state]
            hosts[guest.host] -= 1
            if not hosts[guest.host]:
                del hosts[guest.host]

    def make_room(self) -> bool:
        """Send away who has the least claim to be here; False if there is nobody."""
        return self._evict(IDLE) or self._evict(STRANGER) or self._evict_lasting()

    def _is_full_of_clients(self) -> bool:
        most = self.limits.max_clients
        if not most:
            return False
        # Half of a small house at most.
        for_strangers = most - min(self.limits.reserved_clients, most // 2)
        return (self._count(_WEBSOCKETS) >= most
                or self._count([STRANGER]) >= for_strangers)

    def _count(self, states: Sequence[str], host: Optional[str] = None) -> int:
        if host is None:
            return sum(len(self._guests[state]) for state in states)
        return sum(self._hosts[state].get(host, 0) for state in states)

    def _put(self, guest: Guest, state: str) -> None:
        guest.state = state
        self._guests[state][guest] = None
        hosts = self._hosts[state]
        hosts[guest.host] = hosts.get(guest.host, 0) + 1

    def _evict(self, state: str, host: Optional[str] = None) -> bool:
        """Send the first one with this state away, of ``host`` or of the host that has most."""
        hosts = self._hosts[state]
        most = max(hosts.values(), default=0)
        for guest in self._guests[state]:
            if guest.host == host or host is None and hosts[guest.host] == most:
                return self._send_away(guest)
        return False

    def _evict_greedy(self, newcomer: str) -> bool:
        """One that is answered, of the host that has most of them, if the newcomer's has fewer."""
        if max(self._hosts[BUSY].values(), default=0) <= self._count(_HTTP, newcomer):
            return False
        return self._evict(BUSY)

    def _evict_lasting(self, host: Optional[str] = None) -> bool:
        """Of those that are answered the one that came first, if that is long ago; a connection
        that asks and asks is in the queue as if it were new."""
        first = min((guest for guest in self._guests[BUSY] if host in (None, guest.host)),
                    key=lambda guest: guest.entered, default=None)
        if first is None or self._now() - first.entered <= self.limits.request_time:
            return False
        return self._send_away(first)

    def _send_away(self, guest: Guest) -> bool:
        if guest.state is not None:
            self.evicted[guest.state] += 1
        self.leave(guest)
        guest.cut("the house is full")
        return True

    def turn_away(self, reason: str, address: str) -> None:
        """Count a connection that found no room, and say so once per episode."""
        self.refused[reason] += 1
        if not self._full:
            log.warning("%d connections that are no websockets, %d of them from %s: more are "
                        "turned away", self._count(_HTTP), self._count(_HTTP, host_of(address)),
                        address, extra={"host": host_of(address)})
        self._full = True
