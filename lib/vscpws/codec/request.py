"""What a client can say, whichever protocol it speaks; and what both codecs need to read it.

A codec turns a text into a ``Command`` or an ``EventMessage`` and raises ``DecodeFault`` for the
rest. It has one face for both protocols::

    name                            'ws1' or 'ws2'
    decode(text, stranger=False)    Command or EventMessage; raises DecodeFault
    auth_args(args)                 (iv, crypto) as texts; raises BadSyntax
    filter_args(args)               Filter; raises BadSyntax
    greeting(sid)                   the first message of a connection
    challenge(name, sid)            the reply to CHALLENGE
    positive(name)                  the reply without contents
    authenticated(name, user)       the reply to AUTH
    version(name), copyright(name)  the replies with contents
    event_accepted()                the reply to an event
    negative(name, error)           the reply to anything refused
    event(event)                    an event for the client

``sid`` is the 32 hex digits that are sent, ``name`` is ``Command.name``. All replies are texts.

Decoding is work that anybody can ask for. So nothing is read field by field before their number is
known to be one that a message can have, and what a ``stranger`` sends, who isn't logged in, gets a
look that costs the same however long it is: his events are refused unread.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, Tuple

from ..model.errors import VscpError
from ..model.event import Event
from ..model.filter import Filter

__all__ = [
    "COPYRIGHT", "Command", "DecodeFault", "EVENT", "EventMessage", "LoggedIn", "MAX_TIMESTAMP",
    "command_name", "trimmed", "times_of",
]

EVENT = "EVENT"                         # what replies to an event are called
COPYRIGHT = "Copyright 2026 the vscpwsd authors, MIT license"
MAX_TIMESTAMP = 0xFFFFFFFFFFFFFFFF      # nanoseconds since 1970, until the year 2554

_LONGEST_NAME = 64                      # of a command's name that is sent back
_PADDING = "\0 \t\r\n"                  # what C programs send behind a text


class LoggedIn(Protocol):
    """What of a user the reply to AUTH may tell him; ``remotes`` and ``rules`` as texts."""

    @property
    def userid(self) -> int: ...

    @property
    def fullname(self) -> str: ...

    @property
    def rights(self) -> int: ...

    @property
    def remotes(self) -> object: ...

    @property
    def rules(self) -> object: ...

    @property
    def filter(self) -> Filter: ...

    @property
    def note(self) -> str: ...


class Command(NamedTuple):
    """A command: what the reply calls it, what to do, and its arguments as the codec reads them."""

    name: str
    action: str
    args: Any


class EventMessage(NamedTuple):
    """An event from a client; 0 and an all-zero GUID stand for what is still to be filled in."""

    event: Event

    @property
    def name(self) -> str:
        """What the reply calls it."""
        return EVENT


class DecodeFault(Exception):
    """A text that is no message: the error for the client, and the name the reply gives it.

    The name is empty where the text can't be tied to a command or an event.
    """

    def __init__(self, error: VscpError, name: str = ""):
        super().__init__(str(error))
        self.error = error
        self.name = name


def trimmed(text: str) -> str:
    """A message without the blanks around it and the NULs behind it."""
    return text.rstrip(_PADDING).strip()


def command_name(text: str) -> str:
    """A received name in the form it is compared and sent back in.

    Only ASCII letters are folded: some others have an ASCII capital (a long s, a dotless i), and
    a name is matched whole. A NUL inside is a blank: it makes no known name, nor a reply that a C
    program would take for a shorter one.
    """
    name = trimmed(text)[:_LONGEST_NAME].replace("\0", " ")
    return name.upper() if name.isascii() else name


def times_of(moment: int, timestamp: int) -> Tuple[int, int]:
    """Datetime and timestamp, both in microseconds, from what a client gave; 0 is not given.

    Without a datetime a timestamp over 32 bit is nanoseconds since 1970 and gives both. Raises
    ``ValueError`` for a longer timestamp beside a datetime.
    """
    if timestamp <= 0xFFFFFFFF:
        return moment, timestamp
    if moment:
        raise ValueError("timestamp %d is not in 0-4294967295" % timestamp)
    moment = timestamp // 1000
    return moment, moment & 0xFFFFFFFF
