"""CAN frames and events: the mapping of CAN4VSCP.

The 29-bit identifier of an extended frame::

    28-26 priority | 25 hard-coded | 24-16 class (9 bits) | 15-8 type | 7-0 nickname

A frame is a plain tuple ``(can_id, data, moment)``, because one is made for every frame on the
bus: ``can_id`` is the identifier with the flags that SocketCAN keeps in its upper three bits
(``EXTENDED``, ``REMOTE``, ``ERROR``), ``data`` the 0-8 (CAN FD: 0-64) bytes, ``moment`` the time it
was received, in microseconds since 1970.

Only extended data frames are events (``is_event``). A bus has few nodes that send few kinds of
events, so what an identifier says is worked out once and kept.

Source: VSCP specification, "VSCP over CAN (CAN4VSCP)"; <linux/can.h> for the flags.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Optional, Tuple

from ..model.event import (
    LEVEL2_CLASS,
    MAX_LEVEL1_DATA,
    OVER_LEVEL2_CLASS,
    Event,
    make_head,
)

__all__ = [
    "CanFrame", "ERROR", "EXTENDED", "FD_LENGTHS", "MAX_FD_DATA", "REMOTE", "event_from_frame",
    "format_frame", "frame_from_event", "is_event",
]

CanFrame = Tuple[int, bytes, int]       # can_id with flags, data, moment

EXTENDED = 0x80000000                   # flag: 29-bit identifier
REMOTE = 0x40000000                     # flag: remote request
ERROR = 0x20000000                      # flag: the controller reports an error, no traffic

MAX_FD_DATA = 64
FD_LENGTHS = (12, 16, 20, 24, 32, 48, 64)       # bytes of data above 8 that a CAN FD frame can have
_new = tuple.__new__
_FLAGS = EXTENDED | REMOTE | ERROR
_IDENTIFIER = 0x1FFFFFFF
_GUID_BYTES = 16                        # before the data of Level I over Level II
_SENT_HEAD = 0x00F0                     # of the head: priority and the hard-coded bit
_KNOWN_IDENTIFIERS = 4096               # a house has some hundreds; a hostile bus can't grow it


def is_event(can_id: int) -> bool:
    """Whether a frame is an event: an extended data frame."""
    return can_id & _FLAGS == EXTENDED


@lru_cache(maxsize=_KNOWN_IDENTIFIERS)
def _parts(can_id: int, guid: bytes) -> Tuple[int, int, int, bytes]:
    """Head, class, type and the node's GUID that an identifier stands for."""
    head = make_head(can_id >> 26 & 7, bool(can_id >> 25 & 1))
    return head, can_id >> 16 & 0x1FF, can_id >> 8 & 0xFF, guid[:15] + bytes((can_id & 0xFF,))


def event_from_frame(can_id: int, data: bytes, moment: int, guid: bytes, obid: int) -> Event:
    """The event that an extended data frame carries; flags in ``can_id`` are ignored.

    ``moment`` is the frame's own time in microseconds since 1970, ``guid`` the interface's.
    """
    head, vscp_class, vscp_type, node = _parts(can_id, guid)
    # By its own constructor an event costs half as much again, and each one on a bus is made here.
    return _new(Event, (
        head, vscp_class, vscp_type, obid, moment, moment & 0xFFFFFFFF, node, data))


def frame_from_event(event: Event, fd: bool = False) -> Optional[Tuple[int, bytes]]:
    """The 29-bit identifier and data that carry an event, or ``None`` if it never goes to the bus.

    Classes 512-1023 lose the interface's GUID before their data and go out as class - 512. With
    ``fd`` there may be 64 bytes of data; CAN FD knows only some lengths above 8, so the data are
    filled up with zeros to the next one.
    """
    head, vscp_class, vscp_type, _, _, _, guid, data = event
    if vscp_class >= OVER_LEVEL2_CLASS:
        if vscp_class >= LEVEL2_CLASS or len(data) < _GUID_BYTES:
            return None
        vscp_class -= OVER_LEVEL2_CLASS
        data = data[_GUID_BYTES:]
    if vscp_type > 0xFF:
        return None
    if len(data) > MAX_LEVEL1_DATA:
        if not fd or len(data) > MAX_FD_DATA:
            return None
        data = data.ljust(next(size for size in FD_LENGTHS if size >= len(data)), b"\0")
    return (head & _SENT_HEAD) << 21 | vscp_class << 16 | vscp_type << 8 | guid[15], data


def format_frame(channel: str, can_id: int, data: bytes, moment: int) -> str:
    """One line as ``candump -L`` writes it: ``(1700000000.000123) can0 0C0A0601#0102``."""
    if can_id & ERROR:
        identifier = "%08X" % (can_id & (ERROR | _IDENTIFIER))
    else:
        identifier = ("%08X" if can_id & EXTENDED else "%03X") % (can_id & _IDENTIFIER)
    mark = "##0" if len(data) > MAX_LEVEL1_DATA else "#"
    body = "R" if can_id & REMOTE else data.hex().upper()
    return "(%d.%06d) %s %s%s%s" % (*divmod(moment, 1000000), channel, identifier, mark, body)
