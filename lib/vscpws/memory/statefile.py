"""States in a file, so that a restart doesn't forget them: JSON, one state a line.

::

    {"time": 1795503611.5, "head": 96, "class": 20, "type": 3, "obid": 1,
     "datetime": 1795503611400000, "timestamp": 12345, "guid": "FF:…:01", "data": "000102"}

``time`` is when it was heard, in seconds since 1970, ``datetime`` in microseconds. Whatever is
wrong in a file costs the line that it is in.
"""

from __future__ import annotations

import json
from typing import Iterable, Iterator, List, NamedTuple

from ..model.event import END_OF_TIME, MAX_FD_DATA, Event, check
from ..model.guid import format_guid, parse_guid
from ..model.memory import State

__all__ = ["MAX_SIZE", "Restored", "read_states", "state_lines"]

#: Bytes of a file at most: 4096 states have about one megabyte.
MAX_SIZE = 4 << 20

_LONGEST_LINE = 4096            # bytes; 512 bytes of data are 1024 digits
_NUMBERS = ("head", "class", "type", "obid", "datetime", "timestamp")
_LAST_TIMESTAMP = 0xFFFFFFFF
_FRAME_VERSION = 0x0300         # of a head; no event that goes round has one


class Restored(NamedTuple):
    """What a file told: the states, and how many lines were wrong or too old."""

    states: List[State]
    wrong: int
    old: int


def state_lines(states: Iterable[State], now: float) -> Iterator[str]:
    """The lines of a file, of which nothing is left out but what it would be too large with.

    ``now`` is in seconds since 1970. Those that are given last come first.
    """
    size = 0
    for event, age, _ in reversed(list(states)):
        line = json.dumps({
            "time": round(now - age, 3), "head": event.head, "class": event.vscp_class,
            "type": event.vscp_type, "obid": event.obid, "datetime": event.datetime,
            "timestamp": event.timestamp, "guid": format_guid(event.guid),
            "data": event.data.hex()}, separators=(",", ":")) + "\n"
        size += len(line)
        if size > MAX_SIZE:
            return
        yield line


def read_states(content: bytes, now: float, max_age: float) -> Restored:
    """The states of a file's ``content`` that are not older than ``max_age`` (s)."""
    states: List[State] = []
    wrong = old = 0
    for line in content.split(b"\n"):
        if not line.strip():
            continue
        try:
            state = _state(line, now)
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            wrong += 1
            continue
        if state.age > max_age:
            old += 1
        else:
            states.append(state)
    return Restored(states, wrong, old)


def _state(line: bytes, now: float) -> State:
    if len(line) > _LONGEST_LINE:
        raise ValueError("a line of over %d bytes" % _LONGEST_LINE)
    entry = json.loads(line.decode("utf-8"))
    head, vscp_class, vscp_type, obid, moment, timestamp = (
        _whole(entry[name]) for name in _NUMBERS)
    event = Event(head, vscp_class, vscp_type, obid, moment, timestamp,
                  parse_guid(str(entry["guid"])), bytes.fromhex(entry["data"]))
    check(event, MAX_FD_DATA)
    if not 0 < moment < END_OF_TIME or not 0 <= timestamp <= _LAST_TIMESTAMP:
        raise ValueError("no moment, or no timestamp")
    if head & _FRAME_VERSION:
        raise ValueError("not completed as every event is")
    heard = entry["time"]
    if isinstance(heard, bool) or not isinstance(heard, (int, float)) or heard != heard:
        raise ValueError("no time")
    # A clock that was set back since must not make the future's events of it.
    return State(event, max(0.0, now - heard), True)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("no whole number")
    return value
