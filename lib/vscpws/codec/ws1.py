"""ws1: one message is one text, its fields separated by ``;``.

::

    client  C;NAME[;argument…]                          server  +;NAME[;…]  or  -;NAME;code;text
            E;head,class,type,obid,datetime,timestamp,GUID[,data…]      (both directions)

What is sent has one form: numbers in decimal, data as ``0x`` and two capital digits. What is read
may have decimal or ``0x`` numbers, small letters and blanks around fields. ``doc/ws1.md`` lists
every message and every decision.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import List, Optional, Tuple, Union

from ..model.errors import BadSyntax, NotAuthorized, ParseError, UnknownType, VscpError
from ..model.event import Event, format_datetime
from ..model.filter import Filter, parse_number, parse_pattern
from ..model.guid import format_guid
from ..model.memory import Query, State
from .request import (
    COPYRIGHT,
    EVENT,
    Command,
    DecodeFault,
    LoggedIn,
    command_name,
    trimmed,
)
from .ws1event import read_event, recurring_event, remember_lead

__all__ = ["Ws1Codec"]

_VERSION = "1.0.0.0"
_EVENT_ACCEPTED = "+;" + EVENT          # one text for all clients

# Received name -> name in replies and action; any other name is its own.
_NAMES = {
    "SF": ("SF", "SETFILTER"),
    "SETFILTER": ("SF", "SETFILTER"),
    "CLRQ": ("CLRQ", "CLRQUEUE"),
    "CLRQUEUE": ("CLRQ", "CLRQUEUE"),
    # Actions that there are in ws2 only.
    "HISTORY": ("HISTORY", ""),
    "NAMES": ("NAMES", ""),
    "SETNAMES": ("SETNAMES", ""),
    "WHOAMI": ("WHOAMI", ""),
    "BUSES": ("BUSES", ""),
}
_MOST_ARGUMENTS = 16            # split off a command; two are the most that one needs
_DATA = tuple(",0x%02X" % byte for byte in range(256))


class Ws1Codec:
    """The text protocol; see ``message`` for the methods. Without state, one serves all."""

    name = "ws1"

    def decode(self, text: str, stranger: bool = False) -> Union[Command, Event]:
        event = None if stranger else recurring_event(text)
        if event is not None:
            return event
        text = trimmed(text)
        kind, _, rest = text.partition(";")
        kind = kind.strip()
        if kind in ("C", "c"):
            return _command(rest)
        if kind in ("E", "e"):
            if stranger:
                raise DecodeFault(NotAuthorized("an event before authentication"), EVENT)
            try:
                event = read_event(rest)
            except ValueError as error:
                raise DecodeFault(ParseError(str(error)), EVENT) from None
            remember_lead(text, event)
            return event
        if not kind and not rest:
            raise DecodeFault(BadSyntax("empty message"))
        raise DecodeFault(UnknownType("neither a command nor an event: %r" % kind[:40]))

    def recurring_event(self, text: str) -> Optional[Event]:
        return recurring_event(text)

    def auth_args(self, args: List[str]) -> Tuple[str, str]:
        if len(args) != 2:
            raise BadSyntax("AUTH has %d arguments, not iv and crypto" % len(args))
        return args[0], args[1]

    def filter_args(self, args: List[str]) -> Filter:
        if len(args) != 2 or not all(args):
            raise BadSyntax("a filter needs both filter and mask")
        try:
            return Filter(parse_pattern(args[0]), parse_pattern(args[1]))
        except ValueError as error:
            raise BadSyntax(str(error)) from None

    def greeting(self, sid: str) -> str:
        return "+;AUTH0;" + sid

    def challenge(self, name: str, sid: str) -> str:
        return self.greeting(sid)

    def positive(self, name: str) -> str:
        return "+;" + name

    def authenticated(self, name: str, user: LoggedIn) -> str:
        """``+;AUTH1;userid;;fullname;filter;mask;rights;remotes;events;note``, note in base64.

        The empty field is the password's.
        """
        return "+;AUTH1;%d;;%s;%s;%s;%d;%s;%s;%s" % (
            user.userid, _field(user.fullname), user.filter.filter, user.filter.mask, user.rights,
            user.remotes, user.rules, base64.b64encode(user.note.encode("utf-8")).decode("ascii"))

    def version(self, name: str) -> str:
        return "+;%s;%s" % (name, _VERSION)

    def copyright(self, name: str) -> str:
        return "+;%s;%s" % (name, COPYRIGHT)

    def event_accepted(self) -> str:
        return _EVENT_ACCEPTED

    def negative(self, name: str, error: VscpError) -> str:
        return "-;%s;%d;%s" % (name, error.code, error.text)

    def event(self, event: Event) -> str:
        head, vscp_class, vscp_type, obid, moment, timestamp, guid, data = event
        return "%s%d,%s,%d,%s%s" % (
            _leading_fields(head, vscp_class, vscp_type), obid, format_datetime(moment), timestamp,
            format_guid(guid), "".join(map(_DATA.__getitem__, data)))

    def state_query(self, args: List[str]) -> Query:
        if len(args) > 2:
            raise BadSyntax("STATE has %d arguments, at most class and type" % len(args))
        try:
            vscp_class, vscp_type = (
                parse_number(text, 0xFFFF) if text else None for text in [*args, "", ""][:2])
            return Query(vscp_class, vscp_type)
        except ValueError as error:
            raise BadSyntax(str(error)) from None

    def states(self, name: str, count: int, moment: int) -> str:
        return "+;%s;%d" % (name, count)

    def state(self, state: State) -> str:
        """``S;age;restored;`` and what stands behind ``E;`` in an event."""
        return "S;%.1f;%d;%s" % (state.age, state.restored, self.event(state.event)[2:])


@lru_cache(maxsize=4096)
def _leading_fields(head: int, vscp_class: int, vscp_type: int) -> str:
    """``E;head,class,type,``. Cached: a house has few kinds of events and many of each."""
    return "E;%d,%d,%d," % (head, vscp_class, vscp_type)


def _command(text: str) -> Command:
    text = text.rstrip("; \t\0")            # a separator at the end starts no field
    name, *args = [trimmed(field) for field in text.split(";", _MOST_ARGUMENTS)]
    name = command_name(name)
    if not name:
        raise DecodeFault(BadSyntax("no command name"))
    reply_name, action = _NAMES.get(name, (name, name))
    return Command(reply_name, action, args)


def _field(text: str) -> str:
    """A text as one field: no separator, nothing that ends a line."""
    return "".join(char if char.isprintable() else " " for char in text.replace(";", ","))
