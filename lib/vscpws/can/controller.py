"""What the kernel tells about the controller of a CAN interface: bit rate, error counters, totals.

Asked by one rtnetlink message; virtual interfaces have nothing to tell. Sources: rtnetlink(7), the
kernel's <linux/can/netlink.h> and <linux/if_link.h>.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Any, Dict, Iterator, NamedTuple, Optional, Tuple

__all__ = ["Controller", "ask_controller", "parse_link"]

_GETLINK, _NEWLINK = 18, 16
_REQUEST = 1                            # NLM_F_REQUEST
_HEADER = struct.Struct("=IHHII")       # nlmsghdr: length, type, flags, sequence, port
_INFO = struct.Struct("=BxHiII")        # ifinfomsg: family, type, index, flags, change
_ATTRIBUTE = struct.Struct("=HH")       # length with this header, type
_TYPE = 0x3FFF                          # without the flags in it
_LINKINFO, _IFNAME = 18, 3
_INFO_DATA, _INFO_XSTATS = 2, 3
_CAN_BITTIMING, _CAN_BERR_COUNTER = 1, 8
_COUNTER = struct.Struct("=HH")         # can_berr_counter: transmit, receive
_BITRATE = struct.Struct("=I")          # the first field of can_bittiming
# can_device_stats, in its order.
_TOTALS = ("bus_errors", "warnings", "passive", "bus_offs", "lost_arbitrations", "restarts")
_STATS = struct.Struct("=IIIIII")
_LONGEST = 32768                        # bytes of an answer
_WAIT = 0.2                             # s; the kernel answers within the call


class Controller(NamedTuple):
    """``bitrate`` in bit/s, 0 for unknown; the counters as ISO 11898-1 has them, ``None`` where the
    driver doesn't tell; ``totals`` since the interface was made, by name."""

    bitrate: int = 0
    transmit_errors: Optional[int] = None
    receive_errors: Optional[int] = None
    totals: Tuple[Tuple[str, int], ...] = ()

    def as_dict(self) -> Dict[str, Any]:
        """What is known of the counters, fit for JSON."""
        known = {"transmit_errors": self.transmit_errors, "receive_errors": self.receive_errors}
        return {**{name: count for name, count in known.items() if count is not None},
                **dict(self.totals)}


def ask_controller(name: str) -> Controller:
    """What the kernel knows of the interface; nothing where it can't be asked."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC,
                           socket.NETLINK_ROUTE) as asking:
            asking.settimeout(_WAIT)
            asking.sendto(_question(name), (0, 0))
            return parse_link(asking.recv(_LONGEST))
    except (OSError, ValueError):
        return Controller()


def _question(name: str) -> bytes:
    text = os.fsencode(name) + b"\0"
    attribute = _ATTRIBUTE.pack(_ATTRIBUTE.size + len(text), _IFNAME) + text
    body = _INFO.pack(0, 0, 0, 0, 0) + attribute + bytes(-len(attribute) % 4)
    return _HEADER.pack(_HEADER.size + len(body), _GETLINK, _REQUEST, 1, 0) + body


def parse_link(message: bytes) -> Controller:
    """What an answer says; of one that is no such, or cut short, as much as is whole."""
    if len(message) < _HEADER.size + _INFO.size:
        return Controller()
    length, kind = _HEADER.unpack_from(message)[:2]
    if kind != _NEWLINK:
        return Controller()
    found = dict(_attributes(message[_HEADER.size + _INFO.size:length]))
    info = dict(_attributes(found.get(_LINKINFO, b"")))
    data = dict(_attributes(info.get(_INFO_DATA, b"")))
    totals = _unpacked(_STATS, info.get(_INFO_XSTATS, b""))
    bitrate, = _unpacked(_BITRATE, data.get(_CAN_BITTIMING, b"")) or (0,)
    transmit, receive = _unpacked(_COUNTER, data.get(_CAN_BERR_COUNTER, b"")) or (None, None)
    return Controller(bitrate, transmit, receive, tuple(zip(_TOTALS, totals)) if bitrate else ())


def _attributes(content: bytes) -> Iterator[Tuple[int, bytes]]:
    at = 0
    while at + _ATTRIBUTE.size <= len(content):
        length, kind = _ATTRIBUTE.unpack_from(content, at)
        if length < _ATTRIBUTE.size or at + length > len(content):
            return
        yield kind & _TYPE, content[at + _ATTRIBUTE.size:at + length]
        at += (length + 3) & ~3


def _unpacked(form: struct.Struct, content: bytes) -> Tuple[Any, ...]:
    return form.unpack_from(content) if len(content) >= form.size else ()
