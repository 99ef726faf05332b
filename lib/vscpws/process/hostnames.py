"""What this host is called: its names and the addresses of its network devices."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from typing import Iterator, List

__all__ = ["host_addresses", "host_names"]

_SIOCGIFADDR = 0x8915           # linux/sockios.h
_IFNAMSIZ = 16
_LONGEST_LABEL = 63             # RFC 1035, 2.3.4
_IF_INET6 = "/proc/net/if_inet6"


def host_names() -> List[str]:
    """The host's name, its full name if it has one, its name on the LAN, and localhost.

    The kernel takes names that DNS and certificates don't: these are left out.
    """
    name = socket.gethostname()
    names = [name, _full_name(), name.partition(".")[0] + ".local", "localhost"]
    return [name for place, name in enumerate(names)
            if name not in names[:place] and _is_name(name)]


def _full_name() -> str:
    try:
        return socket.getfqdn()
    except (OSError, UnicodeError):     # a name that can't even be asked for
        return ""


def _is_name(text: str) -> bool:
    return text.isascii() and all(0 < len(label) <= _LONGEST_LABEL for label in text.split("."))


def host_addresses() -> List[str]:
    """The IPv4 and IPv6 addresses of all devices, loopback's too; no link-local ones, for a
    certificate can't name their zone."""
    found = {ipaddress.ip_address(text) for text in [*_ipv4(), *_ipv6()]}
    return [str(address) for address in sorted(found, key=lambda a: (a.version, a))
            if not address.is_link_local]


def _ipv4() -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, device in socket.if_nameindex():
            request = struct.pack("%ds24x" % _IFNAMSIZ, device.encode())
            try:
                answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
            except OSError:
                continue        # a device without an address, such as a CAN bus
            yield socket.inet_ntoa(answer[20:24])


def _ipv6() -> Iterator[str]:
    try:
        with open(_IF_INET6, encoding="ascii") as lines:
            for line in lines:
                yield str(ipaddress.IPv6Address(int(line.split()[0], 16)))
    except OSError:
        return                  # a kernel without IPv6
