"""What a client can say, whichever protocol it speaks; and what both codecs need to read it.

A codec turns a text into a ``Command`` or an ``Event`` and raises ``DecodeFault`` for the rest. It
has one face for both protocols, ``Codec``.

Decoding is work that anybody can ask for. So nothing is read field by field before their number is
known to be one that a message can have, and what a ``stranger`` sends, who isn't logged in, gets a
look that costs the same however long it is: his events are refused unread.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Protocol, Tuple, Union

from ..model.errors import VscpError
from ..model.event import Event
from ..model.filter import Filter
from ..model.memory import Query, State

__all__ = [
    "COPYRIGHT", "Codec", "Command", "DecodeFault", "EVENT", "LoggedIn", "MAX_TIMESTAMP",
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


class DecodeFault(Exception):
    """A text that is no message: the error for the client, and the name the reply gives it.

    The name is empty where the text can't be tied to a command or an event.
    """

    def __init__(self, error: VscpError, name: str = ""):
        super().__init__(str(error))
        self.error = error
        self.name = name


class Codec(Protocol):
    """One protocol's words. All replies are texts; ``name`` in them is a ``Command.name``, ``sid``
    the 32 hex digits that are sent, ``args`` a ``Command.args``.

    ws2 has more, which only its own commands ask for: ``history_query``, ``history``, both
    for several sensors, ``names``, ``told`` (the reply with contents that are fit for JSON).
    """

    @property
    def name(self) -> str:
        """``ws1`` or ``ws2``."""

    def decode(self, text: str, stranger: bool = False) -> Union[Command, Event]:
        """A command or an event; in that 0 and an all-zero GUID stand for what is still to be
        filled in. Raises ``DecodeFault`` for what is neither."""

    def recurring_event(self, text: str) -> Optional[Event]:
        """What ``decode`` makes of it, where that can be told with little work; else None."""

    def auth_args(self, args: Any) -> Tuple[str, str]:
        """iv and crypto; raises ``BadSyntax``, as the next does."""

    def filter_args(self, args: Any) -> Filter: ...

    def greeting(self, sid: str) -> str:
        """The first message of a connection."""

    def challenge(self, name: str, sid: str) -> str: ...

    def positive(self, name: str) -> str:
        """A reply without contents."""

    def authenticated(self, name: str, user: LoggedIn) -> str: ...

    def version(self, name: str) -> str: ...

    def copyright(self, name: str) -> str: ...

    def event_accepted(self) -> str: ...

    def negative(self, name: str, error: VscpError) -> str:
        """The reply to anything refused."""

    def event(self, event: Event) -> str:
        """An event for the client."""

    def state_query(self, args: Any) -> Query:
        """Raises ``BadSyntax``."""

    def states(self, name: str, count: int, moment: int) -> str:
        """The reply to STATE at a moment (microseconds since 1970), before so many states."""

    def state(self, state: State) -> str: ...


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
