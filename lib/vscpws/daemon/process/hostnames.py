"""What this host is called: its names, the addresses of its network devices, and which of these
others reach it by."""

from __future__ import annotations

import array
import fcntl
import ipaddress
import re
import socket
import struct
from typing import Iterator, List

__all__ = ["host_addresses", "host_names", "reached_at"]

_SIOCGIFCONF = 0x8912           # linux/sockios.h
_IFNAMSIZ = 16
_IFREQ = _IFNAMSIZ + (24 if struct.calcsize("P") == 8 else 16)      # struct ifreq, linux/if.h
_MOST = 1024                    # IPv4 addresses
_IF_INET6 = "/proc/net/if_inet6"
_ELSEWHERE = ("192.0.2.1", 9)   # of TEST-NET-1 (RFC 5737): nobody, and nothing is sent there
_EVERYWHERE = ("0.0.0.0", "::", "*", "")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\Z")    # RFC 1123


def host_names() -> List[str]:
    """The host's name, its full name if it has one, its name on the LAN, and localhost; of these
    what can be a name in DNS: a host may be called otherwise."""
    name = socket.gethostname()
    names = [name, _full_name(), name.partition(".")[0] + ".local", "localhost"]
    return [name for number, name in enumerate(names)
            if name not in names[:number] and _is_name(name)]


def _full_name() -> str:
    try:
        return socket.getfqdn()
    except (OSError, ValueError):   # UnicodeError, for a label of more than 63 letters
        return ""


def _is_name(name: str) -> bool:
    return len(name) <= 253 and all(map(_LABEL.match, name.rstrip(".").split(".")))


def host_addresses() -> List[str]:
    """The IPv4 and IPv6 addresses of all devices, loopback's too; no link-local ones, for a
    certificate can't name their zone."""
    found = {ipaddress.ip_address(text) for text in [*_ipv4(), *_ipv6()]}
    return [str(address) for address in sorted(found, key=lambda a: (a.version, a))
            if not address.is_link_local]


def _ipv4() -> Iterator[str]:
    """All of each device, which may have several."""
    room = array.array("B", bytes(_MOST * _IFREQ))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("iP", len(room), room.buffer_info()[0])
        try:
            size = struct.unpack("iP", fcntl.ioctl(probe.fileno(), _SIOCGIFCONF, request))[0]
        except OSError:
            return
    for start in range(0, size, _IFREQ):
        yield socket.inet_ntoa(room[start + _IFNAMSIZ + 4:start + _IFNAMSIZ + 8].tobytes())


def _ipv6() -> Iterator[str]:
    try:
        with open(_IF_INET6, encoding="ascii") as lines:
            for line in lines:
                yield str(ipaddress.IPv6Address(int(line.split()[0], 16)))
    except OSError:
        return                  # a kernel without IPv6


def reached_at(host: str) -> List[str]:
    """What others may call this host that listens on ``host``: first the address by which it
    reaches others itself, then other addresses, then its names. Loopback's only if that is all."""
    if host not in _EVERYWHERE:
        return [host]
    private = [address for address in host_addresses()
               if ":" not in address and not address.startswith("127.")]
    own = _own_address()
    first = [own] if own in private else []
    names = [name for name in host_names() if name != "localhost"]
    others = first + [address for address in private if address not in first] + names
    return others or ["localhost"]


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return ""
