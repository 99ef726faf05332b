"""ws2 as a client speaks it: log in, set a filter, take events, ask for names and states."""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Deque, Dict, Iterator, List, Optional

from ..access.credentials import encrypt, parse_iv
from ..codec.request import DecodeFault
from ..codec.ws2 import Ws2Codec
from ..model.errors import GeneralError, OutOfMemory, TransmitBufferFull
from ..model.event import Event
from ..model.filter import Filter
from ..model.guid import format_guid
from ..model.memory import State
from ..reading.names import Names, parse_names
from .connection import Connection, Lost, Refused, printable

__all__ = ["Subscriber"]

# An event from the server is read as one from a client is: the keys are the same.
_codec = Ws2Codec()

# What a server is short of now it may have in a minute.
_BUSY = (TransmitBufferFull.code, OutOfMemory.code, GeneralError.code)


class Subscriber:
    """One session on a connection; everything raises ``Lost`` and ``Refused`` as that does."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._batches = connection.texts()
        self._texts: Deque[str] = deque()       # that came and were not looked at yet
        self._early: List[Event] = []   # that came before the reply that was waited for

    def log_in(self, key: bytes, user: str, password: str) -> None:
        """``key`` is what clients and server share, 16 bytes."""
        sid = self._greeting()
        crypto = encrypt(key, parse_iv(sid), user, password)
        try:
            self._ask("AUTH", {"iv": sid, "crypto": crypto.hex().upper()})
        except _Negative as error:
            raise Refused("login of %r refused: %s (user, password or key is wrong)" % (
                user, error)) from None

    def set_filter(self, wanted: Filter) -> None:
        """Have only those events sent that pass ``wanted``."""
        args: Dict[str, object] = {}
        for side, pattern in (("filter_", wanted.filter), ("mask_", wanted.mask)):
            args[side + "priority"] = pattern.priority
            args[side + "class"] = pattern.vscp_class
            args[side + "type"] = pattern.vscp_type
            args[side + "guid"] = format_guid(pattern.guid)
        try:
            self._ask("SETFILTER", args)
        except _Negative as error:
            raise Refused("filter refused: %s" % error) from None

    def open(self) -> None:
        """Let events come."""
        try:
            self._ask("OPEN", None)
        except _Negative as error:
            raise Refused("no events for this user: %s" % error) from None

    def names(self) -> Names:
        """What people call nodes, sensors and zones; none where the server doesn't know NAMES."""
        try:
            return parse_names(self._ask("NAMES", None), {})[0]
        except _Negative:
            return Names()

    def states(self, wanted: Optional[Filter] = None) -> List[State]:
        """What is on now, of the class and type that ``wanted`` has."""
        args: Dict[str, object] = {}
        if wanted is not None:
            args["class"] = wanted.filter.vscp_class
            if wanted.mask.vscp_type:
                args["type"] = wanted.filter.vscp_type
        try:
            reply = self._ask("STATE", args)
            count = int(reply["count"])
        except _Negative as error:
            raise Refused("no states: %s" % error) from None
        except (LookupError, TypeError, ValueError):
            raise Refused("the server answers STATE with something else") from None
        states: List[State] = []
        while count > 0:
            message = self._message()
            if message.get("type") == "STATE":
                count -= 1
                states += self._state(message)
        return states

    def events(self) -> Iterator[List[Event]]:
        """The events, as many at a time as there are."""
        while self._texts:
            self._keep(self._texts.popleft())
        if self._early:
            yield self._early
            self._early = []
        for texts in self._batches:
            events = [event for event in map(self._event, texts) if event is not None]
            if events:
                yield events

    def _greeting(self) -> str:
        """The session id, 32 hex digits."""
        self._texts.extend(next(self._batches))
        first = self._parsed(self._texts.popleft())
        args = first.get("args") if first else None
        try:
            if isinstance(args, list) and args[0] == "AUTH0" and isinstance(args[1], str):
                parse_iv(args[1])
                return args[1]
        except (IndexError, ValueError):
            pass
        raise Refused("the server speaks no ws2")

    def _ask(self, command: str, args: Optional[Dict[str, object]]) -> Any:
        """Send a command and wait for its reply: its arguments, or ``_Negative``."""
        self._connection.send(json.dumps({"type": "CMD", "command": command, "args": args}))
        while True:
            reply = self._message()
            if reply.get("command") == command and reply.get("type") == "+":
                return reply.get("args")
            if reply.get("command") == command and reply.get("type") == "-":
                raise _Negative(_refusal(command, reply))

    def _message(self) -> Dict[str, Any]:
        """The next message that is no event; events before it are kept."""
        while True:
            while not self._texts:
                self._texts.extend(next(self._batches))
            message = self._keep(self._texts.popleft())
            if message is not None:
                return message

    def _keep(self, text: str) -> Optional[Dict[str, Any]]:
        """Keep an event; or what else the text says, if it says anything."""
        event = self._event(text)
        if event is not None:
            self._early.append(event)
            return None
        return self._parsed(text)

    @staticmethod
    def _parsed(text: str) -> Optional[Dict[str, Any]]:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return message if isinstance(message, dict) else None

    def _state(self, message: Dict[str, Any]) -> List[State]:
        """The state in a message; none if it can't be read."""
        event = self._event(json.dumps({"type": "EVENT", "event": message.get("event")}))
        age = message.get("age")
        if event is None or isinstance(age, bool) or not isinstance(age, (int, float)):
            return []
        return [State(event, float(age), message.get("restored") is True)]

    def _event(self, text: str) -> Optional[Event]:
        try:
            message = _codec.decode(text)
        except DecodeFault:
            return None
        return message if isinstance(message, Event) else None


class _Negative(Exception):
    """A negative reply; the reason, fit for a terminal."""


def _refusal(command: str, reply: Dict[str, Any]) -> str:
    """Why a command was refused; raises ``Lost`` where it may not be in a minute."""
    reason = printable(str(reply.get("errstr", "no reason given")))[:200]
    if reply.get("errcode") in _BUSY:
        raise Lost("the server has no time for %s: %s" % (command, reason), busy=True)
    return reason
