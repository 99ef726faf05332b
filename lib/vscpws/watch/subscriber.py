"""ws2 as a client speaks it: log in, set a filter, open the channel, take events."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Optional

from ..access.credentials import encrypt, parse_iv
from ..codec.request import DecodeFault, EventMessage
from ..codec.ws2 import Ws2Codec
from ..model.errors import GeneralError, OutOfMemory, TransmitBufferFull
from ..model.event import Event
from ..model.filter import Filter
from ..model.guid import format_guid
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
        self._early: List[Event] = []   # that came before the reply that was waited for

    def log_in(self, key: bytes, user: str, password: str) -> None:
        """``key`` is what clients and server share, 16 bytes."""
        sid = self._greeting()
        crypto = encrypt(key, parse_iv(sid), user, password)
        refusal = self._ask("AUTH", {"iv": sid, "crypto": crypto.hex().upper()})
        if refusal is not None:
            raise Refused("login of %r refused: %s (user, password or key is wrong)" % (
                user, refusal))

    def set_filter(self, wanted: Filter) -> None:
        """Have only those events sent that pass ``wanted``."""
        args: Dict[str, object] = {}
        for side, pattern in (("filter_", wanted.filter), ("mask_", wanted.mask)):
            args[side + "priority"] = pattern.priority
            args[side + "class"] = pattern.vscp_class
            args[side + "type"] = pattern.vscp_type
            args[side + "guid"] = format_guid(pattern.guid)
        refusal = self._ask("SETFILTER", args)
        if refusal is not None:
            raise Refused("filter refused: %s" % refusal)

    def open(self) -> None:
        """Let events come."""
        refusal = self._ask("OPEN", None)
        if refusal is not None:
            raise Refused("no events for this user: %s" % refusal)

    def events(self) -> Iterator[List[Event]]:
        """The events, as many at a time as there are."""
        if self._early:
            yield self._early
            self._early = []
        for texts in self._batches:
            events = [event for event in map(self._event, texts) if event is not None]
            if events:
                yield events

    def _greeting(self) -> str:
        """The session id, 32 hex digits."""
        first = self._replies(next(self._batches))
        args = first[0].get("args") if first else None
        try:
            if isinstance(args, list) and args[0] == "AUTH0" and isinstance(args[1], str):
                parse_iv(args[1])
                return args[1]
        except (IndexError, ValueError):
            pass
        raise Refused("the server speaks no ws2")

    def _ask(self, command: str, args: Optional[Dict[str, object]]) -> Optional[str]:
        """Send a command and wait for its reply: None if it is positive, else the reason."""
        self._connection.send(json.dumps({"type": "CMD", "command": command, "args": args}))
        while True:
            for reply in self._replies(next(self._batches)):
                if reply.get("command") == command:
                    return None if reply["type"] == "+" else _refusal(command, reply)

    def _replies(self, texts: List[str]) -> List[Dict[str, Any]]:
        """The replies in some messages; events among them are kept."""
        replies = []
        for text in texts:
            event = self._event(text)
            if event is not None:
                self._early.append(event)
                continue
            try:
                message = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(message, dict) and message.get("type") in ("+", "-"):
                replies.append(message)
        return replies

    def _event(self, text: str) -> Optional[Event]:
        try:
            message = _codec.decode(text)
        except DecodeFault:
            return None
        return message.event if isinstance(message, EventMessage) else None


def _refusal(command: str, reply: Dict[str, Any]) -> str:
    """Why a command was refused; raises ``Lost`` where it may not be in a minute."""
    reason = printable(str(reply.get("errstr", "no reason given")))[:200]
    if reply.get("errcode") in _BUSY:
        raise Lost("the server has no time for %s: %s" % (command, reason), busy=True)
    return reason
