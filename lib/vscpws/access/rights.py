"""The rights: a mask, its names, and what an event's class needs besides.

A right is written as a name, a number (decimal or ``0x…``) or several of both, which add up. Some
names are whole sets, as the user files in the field mean them: ``websockets`` is a user of the
websockets, who may send and receive, and ``ws`` is the bit alone. Numbers have up to 64 bits, the
upper 32 for what other programs know.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, Iterator, List

from ..model.filter import parse_number

__all__ = [
    "ADMIN", "DRIVER", "HLO_EVENTS", "INTERFACE", "L1CTRL_EVENTS", "L2CTRL_EVENTS", "MQTT",
    "MULTICAST", "RECEIVE_EVENTS", "REST", "RESTART", "SEND_EVENTS", "SET_FILTER", "SET_GUID",
    "SHUTDOWN", "TCPIP", "TEST", "UDP", "USER", "WEB", "WEBSOCKETS", "class_right", "parse_rights",
    "right_names",
]

TCPIP = 1 << 0
WEBSOCKETS = 1 << 1
WEB = 1 << 2
REST = 1 << 3
UDP = 1 << 4
MQTT = 1 << 5
MULTICAST = 1 << 6
SEND_EVENTS = 1 << 16
L1CTRL_EVENTS = 1 << 17
L2CTRL_EVENTS = 1 << 18
HLO_EVENTS = 1 << 19
RECEIVE_EVENTS = 1 << 20
SET_FILTER = 1 << 26
SET_GUID = 1 << 27
TEST = 1 << 28
INTERFACE = 1 << 29
RESTART = 1 << 30
SHUTDOWN = 1 << 31

ADMIN = 0xFFFFFFFF
DRIVER = SEND_EVENTS | L1CTRL_EVENTS | L2CTRL_EVENTS | RECEIVE_EVENTS
USER = TCPIP | WEBSOCKETS | WEB | REST | UDP | MQTT | MULTICAST | DRIVER

_BITS = {                       # each bit by the name that it has in the protocol
    "tcpip": TCPIP, "websockets": WEBSOCKETS, "web": WEB, "rest": REST, "udp": UDP, "mqtt": MQTT,
    "multicast": MULTICAST, "send-events": SEND_EVENTS, "l1ctrl-events": L1CTRL_EVENTS,
    "l2ctrl-events": L2CTRL_EVENTS, "hlo-events": HLO_EVENTS, "receive-events": RECEIVE_EVENTS,
    "set-filter": SET_FILTER, "set-guid": SET_GUID, "test": TEST, "interface": INTERFACE,
    "restart": RESTART, "shutdown": SHUTDOWN,
}
_NAMES = {
    **_BITS,
    "ws": WEBSOCKETS, "ws1": WEBSOCKETS, "ws2": WEBSOCKETS,
    "admin": ADMIN, "user": USER, "driver": DRIVER,
    "tcp": TCPIP | DRIVER, "websockets": WEBSOCKETS | DRIVER, "web": WEB | DRIVER,
    "rest": REST | DRIVER, "udp": UDP | DRIVER, "mqtt": MQTT | DRIVER,
}
_HIGHEST = (1 << 64) - 1
_MOST = 64                      # names and numbers of one user: as many as there are bits

_CLASS_RIGHTS = {0: L1CTRL_EVENTS, 512: L1CTRL_EVENTS, 1024: L2CTRL_EVENTS, 1028: HLO_EVENTS}


def class_right(vscp_class: int) -> int:
    """The right that sending an event of this class needs besides ``SEND_EVENTS``; 0 for none."""
    return _CLASS_RIGHTS.get(vscp_class, 0)


def parse_rights(value: Any) -> int:
    """The mask for what a user file says: a text, a number, or a list of both.

    In a text ``/`` or ``,`` separates; names in any case, ``_`` is as good as ``-``. Nothing at
    all (``None``, an empty text or list) means the rights of ``user``; no right at all is written
    ``0``. Raises ``ValueError`` with a reason.
    """
    masks = list(islice(_masks(value), _MOST + 1))
    if len(masks) > _MOST:
        raise ValueError("more than %d names and numbers" % _MOST)
    rights = 0 if masks else USER
    for mask in masks:
        rights |= mask
    return rights


def right_names(rights: int) -> List[str]:
    """The bits of a mask by their names in the protocol, lowest first; bits without one are left
    out."""
    return [name for name, bit in _BITS.items() if rights & bit]


def _masks(value: Any) -> Iterator[int]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            for part in item.replace(",", "/").split("/"):
                if part.strip():
                    yield _named(part.strip())
        elif isinstance(item, int) and not isinstance(item, bool):
            yield _in_range(item)
        elif item is not None:
            raise ValueError("a right is a name or a number")


def _named(text: str) -> int:
    name = text.lower().replace("_", "-")
    if name in _NAMES:
        return _NAMES[name]
    if text[0].isdigit():
        return parse_number(text, _HIGHEST)
    raise ValueError("unknown right %r" % text[:40])


def _in_range(number: int) -> int:
    if not 0 <= number <= _HIGHEST:
        raise ValueError("a number is negative or has more than 64 bits")
    return number
