"""A client's conversation with a session, behind which the daemon is played.

An input is text: the first line says who the client is (``@admin``, ``@reader`` or nobody), every
other line is one message; ``%SID%`` is the present session id, ``%LOGIN:name%`` a correct crypto
text for it, U+240A a line feed within a message. After every message an event comes from the hub.

Allowed is one reply to each message, in the protocol's form, with a code of the specification that
doesn't stand for a failure of the server (4 and 10); behind that to STATE there are as many states
as it says, of what the user may hear. Beside that: only who has logged in sends or gets events, a
positive reply to an event means that it went out once, and what went out is well-formed.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from contextlib import contextmanager
from functools import lru_cache
from typing import List, Optional

from vscpws.access.attempts import Attempts
from vscpws.access.authority import Authority
from vscpws.access.credentials import encrypt
from vscpws.access.rate import Allowance
from vscpws.access.rights import ADMIN, RECEIVE_EVENTS, SET_FILTER, WEBSOCKETS
from vscpws.access.rules import EventRules
from vscpws.access.selection import NOTHING, Selection
from vscpws.access.users import User, Users
from vscpws.memory.history import History
from vscpws.memory.store import StateStore
from vscpws.model.errors import BadSyntax, TransmitBufferFull
from vscpws.model.event import Event
from vscpws.model.filter import Filter, Pattern
from vscpws.questions import Questions
from vscpws.reading.names import Names, parse_names
from vscpws.session import Session

from ..target import Target, require
from .events import check_event

__all__ = ["ConversationTarget", "LINE_FEED", "NAMES"]

KEY = bytes(range(16))
NOW = 1767323045678901                  # 2026-01-02T03:04:05Z
INTERFACE = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020000")
OBID = 7
LINE_FEED = "\u240a"
NAMES = ("admin", "reader", "sender")
EVENT = Event(96, 20, 3, 1, NOW, 5, bytes(15) + b"\1", b"\1")
TEMPERATURE = Event(96, 10, 6, 1, NOW, 5, bytes(15) + b"\1", b"\x88\x81\0\xd7")

_STORED = "0" * 32                      # the port below knows who may come in
_PASSWORD = "secret"
_USERS = Users([
    User(0, "admin", _STORED, rights=ADMIN, note="\u20ac"),
    User(1, "reader", _STORED, rights=WEBSOCKETS | RECEIVE_EVENTS | SET_FILTER,
         filter=Filter(Pattern(0, 20), Pattern(0, 0xFFFF))),
    User(2, "sender", _STORED, rights=ADMIN & ~RECEIVE_EVENTS,
         rules=EventRules.parse("TX;10;*;3,20:3,BOTH;*;6;-1")),
])
_TEMPLATE = re.compile("%SID%|%LOGIN:([a-z]*)%|" + LINE_FEED)


class ConversationTarget(Target):
    """What ws1 and ws2 share; they give the codec, the messages and the form of a reply."""

    codec = None
    longest = 12000

    def compose(self, rng: random.Random) -> str:
        who = rng.choice(("@admin", "@admin", "@admin", "@reader", "@sender", "@nobody"))
        return "\n".join([who] + [self.message(rng) for _ in range(rng.choice((1, 1, 2, 2, 3, 6)))])

    def message(self, rng: random.Random) -> str:
        """One message, on one line."""
        raise NotImplementedError

    def login(self, name: str) -> str:
        """The message by which a user logs in."""
        raise NotImplementedError

    def is_positive(self, reply: str) -> bool:
        """Whether a reply is positive; raises ``Broken`` if it is no reply of the protocol."""
        raise NotImplementedError

    def states_after(self, reply: str) -> int:
        """How many states come after this reply."""
        raise NotImplementedError

    def event_of(self, state: str) -> Event:
        """The event in a state's message."""
        raise NotImplementedError

    def check(self, data: bytes) -> None:
        who, *messages = data.decode("utf-8", "replace").split("\n")
        port = _Port(self.codec)
        memory, clock = _Memory(), itertools.count()
        session = Session(self.codec, _authority(), port, "192.0.2.7", OBID, INTERFACE,
                          lambda: NOW, 1 << 30, Allowance(0, lambda: 0.0),
                          questions=Questions(self.codec, port, memory, _NamesFile(), lambda: NOW,
                                              lambda: next(clock)))
        session.greet()
        if who[1:] in NAMES:
            self._exchange(session, port, self.login(who[1:]))
            require(session.authenticated, "%s could not log in: %r", who, port.replies)
        for message in messages:
            self._exchange(session, port, message)

    def _exchange(self, session: Session, port: _Port, message: str) -> None:
        message = _TEMPLATE.sub(lambda found: _filled(found, session.sid), message)
        before = session.user
        port.turn()
        # As a client's reader does it; what goes the short way goes the long one at other times.
        if not len(message) % 2 or not session.receive_events([message]):
            session.receive(message)
        port.deliver(EVENT)
        require(port.replies, "no reply to %.300r", message)
        reply, *states = port.replies
        reply.encode("utf-8")
        positive = self.is_positive(reply)
        require(len(states) == self.states_after(reply), "%d replies to %.300r: %.300r",
                len(port.replies), message, port.replies)
        for state in states:
            event = self.event_of(state)
            require(Selection.of(session.user).passes(event), "%s was told %r", session, event)
        self._check_published(session, port, before, message, positive)
        if port.events:
            require(session.user and session.user.rights & RECEIVE_EVENTS and session.channel_open,
                    "an event for %s, open: %s", session, session.channel_open)

    def _check_published(self, session, port, before: Optional[User], message: str,
                         positive: bool) -> None:
        if not port.published:
            require(not positive or not self._is_event(message), "accepted, not sent: %r", message)
            return
        require(before is not None and len(port.published) == 1 and positive != port.full,
                "sent %r on %.300r", port.published, message)
        event, = port.published
        require(event.obid == OBID, "obid of %r", event)
        check_event(event)

    def _is_event(self, message: str) -> bool:
        return isinstance(self.codec.decode(message), Event)


@lru_cache(maxsize=None)
def _authority() -> Authority:
    return Authority(_USERS, KEY, "sid", Attempts(0, 600, now=lambda: 1000.0))


def _filled(found, sid: str) -> str:
    text = found.group()
    if text == LINE_FEED:
        return "\n"
    if text == "%SID%":
        return sid
    return encrypt(KEY, bytes.fromhex(sid), found.group(1), _PASSWORD).hex()


class _Memory:
    """One switch and one sensor."""

    def __init__(self) -> None:
        self.history = History(9, 24, lambda: NOW / 1e6)
        self.store = StateStore(9, 9, self.history.hear, lambda: 0.0)
        self.store.hear([EVENT, TEMPERATURE])
        self.states = self.store.capture
        self.past = self.history.prepared


class _NamesFile:
    text = json.dumps(Names().served())

    def write(self, table, who: str) -> None:
        names, problems = parse_names(table, {"can0": INTERFACE})
        if problems:
            raise BadSyntax(problems[0][1], told=True)
        self.text = json.dumps(names.served())


class _Port:
    """The daemon behind a session. One kind of event finds the buses full."""

    level1_data = 8

    def __init__(self, codec):
        self._codec = codec
        self._selection = NOTHING
        self._open = False
        self._waiting: List[Event] = []
        self.turn()

    def turn(self) -> None:
        """Forget what was seen, for the next message."""
        self.replies: List[str] = []
        self.events: List[str] = []
        self.published: List[Event] = []
        self.full = False

    def deliver(self, event: Event) -> None:
        if self._selection.passes(event):
            self._waiting.append(event)
            self._flush()

    def send(self, text: str, count: int = 1) -> None:
        require(count > 0, "%d times %r", count, text)
        self.replies += [text] * count

    def open(self) -> None:
        self._open = True
        self._flush()

    def close_channel(self) -> None:
        self._open = False

    def clear(self) -> None:
        self._waiting.clear()

    def select(self, selection: Selection) -> None:
        hash(selection)
        self._selection = selection

    def publish(self, event: Event) -> None:
        self.published.append(event)
        self.full = event.vscp_type == 13
        if self.full:
            raise TransmitBufferFull("full")

    def run(self, function, stored, name, password) -> bool:
        # In place of a slow function that is the same for all: its verdict on these users.
        return name in NAMES and password == _PASSWORD

    @contextmanager
    def block(self):
        yield

    def rest(self) -> None:
        pass

    def aside(self, function):
        return function()

    def pause(self, seconds: float) -> None:
        require(0 <= seconds <= 60, "pause of %r s", seconds)

    def wait(self, register) -> None:
        require(False, "waits, though no other session is there")

    def disconnect(self, code: int, reason: str) -> None:
        require(False, "disconnected: %d %s", code, reason)

    def _flush(self) -> None:
        if self._open:
            self.events += map(self._codec.event, self._waiting)
            self._waiting.clear()
