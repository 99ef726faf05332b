"""What the channel text of a driver block names.

::

    can0                                    a SocketCAN interface
    kind:channel[@bitrate][,option=value…]  any other python-can interface
    replay:FILE                             a recorded log, played in a loop
    demo:[NAME]                             a simulated house, a bus of its own for each name

Pure text work: whether the interface exists shows when the bus is opened.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Tuple

__all__ = ["Address", "DEMO", "REPLAY", "SOCKETCAN", "parse_channel"]

SOCKETCAN = "socketcan"
REPLAY = "replay"
DEMO = "demo"

_FIRST_HOUSE = "1"              # where no name is given
_LONGEST_NAME = 15              # of a network interface: IFNAMSIZ - 1
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
_NAME = re.compile(r"[^\s/:@]+\Z")
_ADAPTER = re.compile(
    r"(?P<channel>.*?)(?:@(?P<bitrate>\w*))?(?P<options>(?:,[A-Za-z_]\w*=[^,]*)*)\Z", re.DOTALL)


class Address(NamedTuple):
    """Where a bus is: the kind, the channel (for ``replay`` a path) and what else opens it."""

    kind: str                                       # socketcan, replay, demo or python-can's name
    channel: str
    bitrate: Optional[int] = None                   # bit/s; None: as the interface is set
    options: Tuple[Tuple[str, str], ...] = ()       # handed to python-can

    def __str__(self) -> str:
        """The text that ``parse_channel`` reads back."""
        if self.kind == SOCKETCAN:
            return self.channel
        return "%s:%s%s%s" % (
            self.kind, self.channel, "" if self.bitrate is None else "@%d" % self.bitrate,
            "".join(",%s=%s" % option for option in self.options))


def parse_channel(text: str) -> Address:
    """The address that ``text`` names; ``ValueError`` with a reason if it names none."""
    text = text.strip()
    if not text:
        raise ValueError("the CAN interface is empty")
    if not text.isprintable():
        raise ValueError("control characters in the CAN interface %r" % text[:80])
    kind, colon, rest = text.partition(":")
    if not colon:
        return _socketcan(text)
    if not _KIND.match(kind):
        raise ValueError("%r is no kind of CAN interface" % kind[:40])
    rest = rest.strip()
    if kind.lower() == DEMO:
        return Address(DEMO, rest or _FIRST_HOUSE)
    if not rest:
        raise ValueError("nothing after %r in the CAN interface" % (kind + ":"))
    kind = kind.lower()
    if kind == SOCKETCAN:
        return _socketcan(rest)
    if kind == REPLAY:
        return Address(REPLAY, rest)
    return _adapter(kind, rest)


def _socketcan(name: str) -> Address:
    if "@" in name:
        raise ValueError("the bit rate of a SocketCAN interface is set outside: "
                         "ip link set %s type can bitrate 125000" % name.partition("@")[0][:40])
    if not _NAME.match(name) or name in (".", ".."):
        raise ValueError("%r is no name of a network interface" % name[:40])
    if len(name.encode()) > _LONGEST_NAME:
        raise ValueError("%r is too long for a network interface (at most %d characters)"
                         % (name[:40], _LONGEST_NAME))
    return Address(SOCKETCAN, name)


def _adapter(kind: str, rest: str) -> Address:
    # An @ with anything but a word after it belongs to the channel (rfc2217://user@host).
    match = _ADAPTER.match(rest)
    if not match or not match.group("channel"):
        raise ValueError("%s: has no channel" % kind)
    channel, bitrate, options = match.group("channel", "bitrate", "options")
    if bitrate is not None and not re.match(r"[0-9]{1,9}\Z", bitrate):
        raise ValueError("%r is no bit rate in bit/s" % bitrate[:40])
    if bitrate is not None and int(bitrate) == 0:
        raise ValueError("a bit rate can't be 0")
    return Address(kind, channel, None if bitrate is None else int(bitrate),
                   tuple(tuple(option.split("=", 1)) for option in options.split(",")[1:]))
