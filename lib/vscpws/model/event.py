"""The VSCP event and its head.

The head's bits: 15 dumb node; 14-12 GUID type; 9-8 frame version (always 0 here); 7-5 priority
(0 highest); 4 hard-coded; 3 no CRC; 2-0 rolling index.

Classes 0-511 are Level I (8 data bytes at most), 512-1023 are "Level I over Level II" (the same
class + 512, the GUID of the interface it is meant for before the data), 1024 and up are Level II.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple, Tuple

from .guid import ZERO, interface_guid

__all__ = [
    "END_OF_TIME", "Event", "LEVEL2_CLASS", "MAX_DATA", "MAX_FD_DATA", "MAX_LEVEL1_DATA",
    "OVER_LEVEL2_CLASS", "check", "complete", "data_sizes", "format_datetime", "is_over_level2",
    "make_head", "own_data", "parse_datetime", "priority_of", "with_priority",
]

MAX_DATA = 512                  # bytes of data of any event
MAX_LEVEL1_DATA = 8             # of a Level I event; 16 more over Level II
MAX_FD_DATA = 64                # of a Level I event where a bus has CAN FD
OVER_LEVEL2_CLASS = 512         # first class of Level I over Level II
LEVEL2_CLASS = 1024             # first class of Level II

_HARD_CODED = 0x0010
_FRAME_VERSION = 0x0300
_PRIORITY = 0x00E0

_new = tuple.__new__
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST_DATETIME = 40          # characters
_DATETIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?"
    r"(?:([Zz])|([+-])(\d\d):?(\d\d)?)?\Z", re.ASCII)


class Event(NamedTuple):
    """One VSCP event; immutable, so that it can be shared by every client.

    ``datetime`` is in microseconds since 1970-01-01T00:00:00Z, ``timestamp`` in microseconds modulo
    2**32 (relative), ``guid`` is 16 bytes, ``obid`` the id of the channel the event came in on.
    In an event that a client sent and nothing has completed yet, 0 means "to be filled in".
    """

    head: int
    vscp_class: int
    vscp_type: int
    obid: int
    datetime: int
    timestamp: int
    guid: bytes
    data: bytes


def is_over_level2(vscp_class: int) -> bool:
    """Whether this is a class of Level I over Level II."""
    return OVER_LEVEL2_CLASS <= vscp_class < LEVEL2_CLASS


def own_data(event: Event) -> bytes:
    """The data that its class tells of: of Level I over Level II what stands behind the interface's
    GUID."""
    return event.data[len(ZERO):] if is_over_level2(event.vscp_class) else event.data


def make_head(priority: int, hard_coded: bool = False) -> int:
    """A head from a priority (0-7, 0 highest) and the hard-coded bit."""
    return priority << 5 | (_HARD_CODED if hard_coded else 0)


def priority_of(head: int) -> int:
    """The priority in a head, 0 (highest) to 7."""
    return head >> 5 & 7


def with_priority(event: Event, priority: int) -> Event:
    """The same event at another priority."""
    return event._replace(head=event.head & ~_PRIORITY | priority << 5)


def check(event: Event, level1_data: int = MAX_LEVEL1_DATA) -> None:
    """Raise ``ValueError`` with the reason if a field is out of its range.

    ``level1_data`` is how many data bytes a Level I event may have: 8, or 64 on a CAN FD bus.
    """
    if event.head >> 16 or event.vscp_class >> 16 or event.vscp_type >> 16 or event.obid >> 32:
        raise ValueError(_out_of_range(event))
    level1 = event.vscp_class < LEVEL2_CLASS
    if level1 and event.vscp_type > 0xFF:
        raise ValueError("type %d of a Level I event is not in 0-255" % event.vscp_type)
    if len(event.data) > MAX_DATA:
        raise ValueError("%d data bytes, at most %d" % (len(event.data), MAX_DATA))
    least, most = data_sizes(event.vscp_class, level1_data)
    if len(event.data) < least:
        raise ValueError("class %d needs the interface's GUID in its first %d data bytes"
                         % (event.vscp_class, least))
    if len(event.data) > most:
        raise ValueError("%d data bytes, class %d has at most %d" % (
            len(event.data), event.vscp_class, most))


def data_sizes(vscp_class: int, level1_data: int = MAX_LEVEL1_DATA) -> Tuple[int, int]:
    """How many data bytes an event of this class has, at least and at most."""
    if vscp_class >= LEVEL2_CLASS:
        return 0, MAX_DATA
    interface = len(ZERO) if vscp_class >= OVER_LEVEL2_CLASS else 0
    return interface, interface + level1_data


def _out_of_range(event: Event) -> str:
    return next("%s %d is not in 0-%d" % (name, value, 2 ** bits - 1) for name, value, bits in (
        ("head", event.head, 16), ("class", event.vscp_class, 16), ("type", event.vscp_type, 16),
        ("obid", event.obid, 32)) if value >> bits)


def complete(event: Event, obid: int, now: int, interface: bytes) -> Event:
    """What the first interface fills in: the obid always, the rest where it is missing.

    ``now`` is the time in microseconds since 1970, ``interface`` the interface's GUID.
    """
    head, vscp_class, vscp_type, _, moment, timestamp, guid, data = event
    # As Event(...) does it, in half its time: this is done for every event that comes in.
    return _new(Event, (
        head & ~_FRAME_VERSION, vscp_class, vscp_type, obid, moment or now,
        (timestamp or now) & 0xFFFFFFFF,
        interface_guid(interface) if guid == ZERO else guid, data))


@lru_cache(maxsize=64)
def _format_second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_datetime(moment: int) -> str:
    """``YYYY-MM-DDTHH:MM:SSZ`` of a time in microseconds since 1970."""
    return _format_second(moment // 1000000)


def parse_datetime(text: str) -> int:
    """Microseconds since 1970 of an ISO 8601 date and time.

    Seconds may have a fraction; the zone may be ``Z``, an offset (``+02:00``) or missing (UTC).
    Raises ``ValueError`` for anything else and for times before 1970 or after 9999.
    """
    text = text.strip()
    if len(text) > _LONGEST_DATETIME:
        raise ValueError("not an ISO 8601 date and time: too long")
    return _parse_datetime(text)


@lru_cache(maxsize=64)          # many events have the same
def _parse_datetime(text: str) -> int:
    found = _DATETIME.match(text)
    if not found:
        raise ValueError("not an ISO 8601 date and time: %r" % text[:40])
    year, month, day, hour, minute, second, fraction, _, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if hours and (int(hours) > 23 or int(minutes or 0) > 59):
        raise ValueError("offset from UTC out of range: %r" % text[:40])
    # A leap second is the second before it: the protocol's texts have no 61st second.
    moment = datetime(int(year), int(month), int(day), int(hour), int(minute),
                      min(int(second), 59) if second == "60" else int(second),
                      tzinfo=timezone.utc)
    since_epoch = (moment - _EPOCH) // _MICROSECOND
    since_epoch -= (offset if sign == "+" else -offset) // _MICROSECOND
    since_epoch += int((fraction or "0").ljust(6, "0")[:6])
    if not 0 <= since_epoch < END_OF_TIME:
        raise ValueError("date out of range: %r" % text[:40])
    return since_epoch


#: Microseconds since 1970: where the times end that can be written.
END_OF_TIME = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc) - _EPOCH) // _MICROSECOND
