"""ws2: one message is one JSON object.

::

    client  {"type": "CMD", "command": NAME, "args": {…}}
            {"type": "EVENT", "event": {"vscpClass": …, "vscpType": …, …}}
    server  {"type":"+","command":NAME,"args":…}
            {"type":"-","command":NAME,"errcode":n,"errstr":"…"}
            {"type":"EVENT","event":{…}}

``ws2memory`` has what is asked of the memory. What is sent has one form: no blanks, keys in a fixed
order, ASCII only. What is read follows JSON's own rules: unknown keys are ignored, of equal keys
the last one counts, ``1.0`` is the number 1. ``doc/ws2.md`` lists every message and every decision.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union

from ..model.errors import BadSyntax, NotAuthorized, ParseError, UnknownType, VscpError
from ..model.event import Event, format_datetime
from ..model.filter import Filter, Pattern
from ..model.guid import format_guid
from ..model.memory import Answer, HistoryQuery, Query, State
from .jsonvalues import data as data_of
from .jsonvalues import guid, number
from .jsonvalues import moment as moment_of
from .request import (
    COPYRIGHT,
    EVENT,
    MAX_TIMESTAMP,
    Command,
    DecodeFault,
    LoggedIn,
    command_name,
    times_of,
    trimmed,
)
from .ws2memory import (
    histories_text,
    history_queries,
    history_query,
    history_text,
    state_query,
    state_text,
)

__all__ = ["Ws2Codec"]

_VERSION = "1.0.0-0"

_COMMAND_TYPES = ("C", "CMD", "COMMAND")
_EVENT_TYPES = ("E", "EVENT")

# Received name -> action; any other name is its own. Replies carry the received name.
_ACTIONS = {"SF": "SETFILTER", "CLRQ": "CLRQUEUE", "VER": "VERSION"}

# The setting event-keys -> the names of an event's keys, in the order they are sent.
_KEYS = {
    "vscp": ("vscpHead", "vscpObId", "vscpDateTime", "vscpTimeStamp", "vscpClass", "vscpType",
             "vscpGuid", "vscpData", "vscpNote"),
    "short": ("head", "obid", "datetime", "timestamp", "class", "type", "guid", "data", "note"),
}
# The names read, by what they are called here; of several in one event the first one counts.
_SPELLINGS = {
    "head": ("vscpHead", "head"),
    "class": ("vscpClass", "class"),
    "type": ("vscpType", "type"),
    "obid": ("vscpObId", "obid"),
    "datetime": ("vscpDateTime", "dateTime", "datetime"),
    "timestamp": ("vscpTimeStamp", "timestamp"),
    "timestamp_ns": ("timestamp_ns",),
    "guid": ("vscpGuid", "guid"),
    "data": ("vscpData", "data"),
}
_FILTER_PARTS = (("priority", 0x7), ("class", 0xFFFF), ("type", 0xFFFF))
_FILTER_KEYS = frozenset(side + part for side in ("filter_", "mask_")
                         for part in ("priority", "class", "type", "guid"))

# A stranger's longest message that is read as JSON: AUTH has 544 hex digits and some blanks.
_STRANGERS_TEXT = 1024          # characters
_GLANCE = 256                   # characters of a longer one that are looked at
_TYPE_SEEN = re.compile(r'"type"\s*:\s*"(\w{1,16})"')
_COMMAND_SEEN = re.compile(r'"command"\s*:\s*"(\w{1,64})"')

_DECIMAL = tuple(map(str, range(256)))
_LONGEST_NUMBER = 24            # characters; no field's number is longer
_OUT_OF_RANGE = -1              # stands for a longer one, which costs quadratic time to convert


class Ws2Codec:
    """The JSON protocol; see ``message`` for the methods. Without state, one serves all.

    ``event_keys`` names the keys of events that are sent: ``vscp`` (vscpHead …) or ``short``
    (head …).
    """

    name = "ws2"

    def __init__(self, event_keys: str = "vscp"):
        self._formatter = _event_formatter(_KEYS[event_keys])
        self._event_accepted = _positive(EVENT)     # one text for all clients

    def decode(self, text: str, stranger: bool = False) -> Union[Command, Event]:
        text = trimmed(text)
        if stranger and len(text) > _STRANGERS_TEXT:
            raise _unread(text[:_GLANCE])
        message = _parse(text)
        kind = message.get("type") if isinstance(message, dict) else None
        folded = command_name(kind) if isinstance(kind, str) else ""
        if folded in _COMMAND_TYPES:
            return _command(message)
        if folded in _EVENT_TYPES:
            if stranger:
                raise DecodeFault(NotAuthorized("an event before authentication"), EVENT)
            try:
                return _event(message.get("event"))
            except ValueError as error:
                raise DecodeFault(ParseError(str(error)), EVENT) from None
        raise DecodeFault(UnknownType("neither a command nor an event"))

    def recurring_event(self, text: str) -> Optional[Event]:
        return None         # its events have too many forms

    def auth_args(self, args: Any) -> Tuple[str, str]:
        iv, crypto = (args.get("iv"), args.get("crypto")) if isinstance(args, dict) else (0, 0)
        if not isinstance(iv, str) or not isinstance(crypto, str):
            raise BadSyntax("AUTH needs the arguments iv and crypto, both texts")
        return iv, crypto

    def filter_args(self, args: Any) -> Filter:
        if not isinstance(args, dict) or not _FILTER_KEYS.intersection(args):
            raise BadSyntax("a filter needs at least one of its arguments")
        try:
            return Filter(_pattern(args, "filter_"), _pattern(args, "mask_"))
        except ValueError as error:
            raise BadSyntax(str(error)) from None

    def greeting(self, sid: str) -> str:
        return '{"type":"+","args":["AUTH0","%s"]}' % sid

    def challenge(self, name: str, sid: str) -> str:
        return _positive(name, {"sid": sid})

    def positive(self, name: str) -> str:
        return _positive(name)

    def authenticated(self, name: str, user: LoggedIn) -> str:
        return _positive(name)

    def version(self, name: str) -> str:
        return _positive(name, {"version": _VERSION})

    def copyright(self, name: str) -> str:
        return _positive(name, {"copyright": COPYRIGHT})

    def event_accepted(self) -> str:
        return self._event_accepted

    def negative(self, name: str, error: VscpError) -> str:
        reply = {"type": "-", "command": name, "errcode": error.code, "errstr": error.text}
        return _compact(dict(reply, reason=error.detail) if error.told else reply)

    def event(self, event: Event) -> str:
        return self._formatter(event)

    def state_query(self, args: Any) -> Query:
        return state_query(args)

    def states(self, name: str, count: int, moment: int) -> str:
        return _positive(name, {"count": count, "time": format_datetime(moment)})

    def state(self, state: State) -> str:
        return state_text(state, self._formatter)

    def history_query(self, args: Any) -> HistoryQuery:
        return history_query(args)

    def history(self, name: str, answer: Answer) -> str:
        return history_text(name, answer)

    def history_queries(self, args: Any) -> Optional[List[HistoryQuery]]:
        return history_queries(args)

    def histories(self, name: str, answers: Iterable[Answer]) -> str:
        return histories_text(name, answers)

    def told(self, name: str, content: Any) -> str:
        return _positive(name, content)

    def names(self, name: str, table: str) -> str:
        return _positive(name)[:-len("null}")] + table + "}"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _positive(name: str, args: Any = None) -> str:
    return _compact({"type": "+", "command": name, "args": args})


def _event_formatter(keys: Tuple[str, ...]) -> Callable[[Event], str]:
    """A function that writes events with these keys.

    No value in an event needs JSON's escapes, so the text is put together from parts: several
    times faster than ``json.dumps`` and equal to it.
    """
    head_key, obid_key, datetime_key, timestamp_key, class_key, type_key, guid_key, data_key, \
        note_key = keys
    first = '{"type":"EVENT","event":{"%s":%%d,"%s":%%d,"%s":"%%s","%s":%%d,%%s%%s],"%s":""}}' % (
        head_key, obid_key, datetime_key, timestamp_key, note_key)

    @lru_cache(maxsize=4096)        # a house has few kinds of events and many of each
    def middle(vscp_class: int, vscp_type: int, guid: bytes) -> str:
        return '"%s":%d,"%s":%d,"%s":"%s","%s":[' % (
            class_key, vscp_class, type_key, vscp_type, guid_key, format_guid(guid), data_key)

    def formatter(event: Event) -> str:
        head, vscp_class, vscp_type, obid, moment, timestamp, guid, data = event
        return first % (
            head, obid, format_datetime(moment), timestamp, middle(vscp_class, vscp_type, guid),
            ",".join(map(_DECIMAL.__getitem__, data)))

    return formatter


def _unread(start: str) -> DecodeFault:
    """The fault of a stranger's long message: it is not for him, whatever it is.

    What stands at its ``start`` names the reply, where it does.
    """
    if not start.startswith("{"):
        return DecodeFault(ParseError("no JSON object"))
    kind, name = (pattern.search(start) for pattern in (_TYPE_SEEN, _COMMAND_SEEN))
    if kind and command_name(kind.group(1)) in _EVENT_TYPES:
        return DecodeFault(NotAuthorized("an event before authentication"), EVENT)
    return DecodeFault(NotAuthorized("a long message before authentication"),
                       command_name(name.group(1)) if name else "")


def _parse(text: str) -> Any:
    try:
        return _JSON.decode(text)
    except (ValueError, RecursionError) as error:       # the latter from many open brackets
        raise DecodeFault(ParseError("not JSON: %s" % type(error).__name__)) from None


def _integer(digits: str) -> int:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else _OUT_OF_RANGE


def _refuse_constant(name: str) -> None:
    raise ValueError("%s is no JSON" % name)        # NaN and the infinities


_JSON = json.JSONDecoder(parse_int=_integer, parse_constant=_refuse_constant)


def _command(message: Dict[str, Any]) -> Command:
    received = message.get("command")
    name = command_name(received) if isinstance(received, str) else ""
    if not name:
        raise DecodeFault(BadSyntax("no command name"))
    return Command(name, _ACTIONS.get(name, name), message.get("args"))


def _event(fields: Any) -> Event:
    """The event in a message's ``event``; ``ValueError`` with the reason for anything else."""
    if not isinstance(fields, dict):
        raise ValueError("no event in the message")
    moment, timestamp = _times(fields)
    return Event(
        _optional_number(fields, "head", 0xFFFF), number(_value(fields, "class"), 0xFFFF),
        number(_value(fields, "type"), 0xFFFF), _optional_number(fields, "obid", 0xFFFFFFFF),
        moment, timestamp, guid(_value(fields, "guid")), data_of(_value(fields, "data")))


def _value(fields: Dict[str, Any], name: str) -> Any:
    """The value under the first known spelling of ``name``; ``None`` where there is none."""
    for key in _SPELLINGS[name]:
        value = fields.get(key)
        if value is not None:
            return value
    return None


def _optional_number(fields: Dict[str, Any], name: str, limit: int) -> int:
    value = _value(fields, name)
    return 0 if value is None or value == "" else number(value, limit)


def _times(fields: Dict[str, Any]) -> Tuple[int, int]:
    """Datetime and timestamp; what is given by itself wins over ``timestamp_ns``."""
    moment, timestamp = times_of(moment_of(_value(fields, "datetime")),
                                 _optional_number(fields, "timestamp", MAX_TIMESTAMP))
    nanoseconds = _optional_number(fields, "timestamp_ns", MAX_TIMESTAMP)
    microseconds = nanoseconds // 1000
    return moment or microseconds, timestamp or microseconds & 0xFFFFFFFF


def _pattern(args: Dict[str, Any], side: str) -> Pattern:
    priority, vscp_class, vscp_type = (
        _pattern_number(args.get(side + part), limit) for part, limit in _FILTER_PARTS)
    return Pattern(priority, vscp_class, vscp_type, guid(args.get(side + "guid")))


def _pattern_number(value: Any, limit: int) -> int:
    return 0 if value is None or value == "" else number(value, limit)
