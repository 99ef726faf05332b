"""The hosts that a user may log in from.

A list of entries, ``+ADDR[/BITS]`` (allow) or ``-ADDR[/BITS]`` (deny), IPv4 or IPv6; no sign means
allow. The last entry that matches decides, so a list reads from the general to the special::

    +192.168.0.0/16, -192.168.7.0/24, +192.168.7.20

Where none matches, a list with any allow entry refuses and one of denials alone allows.

An entry that covers 127.0.0.1 covers ::1, too: a program on the same host picks either, and who
wrote the list meant the host.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any, NamedTuple, Tuple, Union

from .addresses import Address, bare, parse_address
from .lists import split_list

__all__ = ["Remotes"]

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

_LOOPBACK_4, _LOOPBACK_6 = map(ipaddress.ip_address, ("127.0.0.1", "::1"))


class Entry(NamedTuple):
    allow: bool
    network: Network

    def covers(self, address: Address) -> bool:
        return address in self.network or (
            address == _LOOPBACK_6 and _LOOPBACK_4 in self.network)

    def __str__(self) -> str:
        single = self.network.prefixlen == self.network.max_prefixlen
        return "+-"[not self.allow] + str(self.network.network_address if single else self.network)


@dataclass(frozen=True)
class Remotes:
    """The entries in the order of the file; none means any host."""

    entries: Tuple[Entry, ...] = ()

    @classmethod
    def parse(cls, value: Any) -> Remotes:
        """From a list of texts or one text with commas; ``ValueError`` with a reason.

        ``None``, an empty text and an empty list mean any host.
        """
        return cls(tuple(map(_entry, split_list(value, "it"))))

    def allows(self, address: str) -> bool:
        """Whether a client from ``address`` may log in; what is no IP address passes no list."""
        if not self.entries:
            return True
        try:
            remote = parse_address(address)
        except ValueError:
            return False
        for entry in reversed(self.entries):
            if entry.covers(remote):
                return entry.allow
        return not any(entry.allow for entry in self.entries)

    def __str__(self) -> str:
        return ",".join(map(str, self.entries))


def _entry(text: str) -> Entry:
    allow = text[0] != "-"
    network = text[1:] if text[0] in "+-" else text
    try:
        return Entry(allow, _network(network))
    except ValueError:
        raise ValueError("%r is not [+-]ADDRESS[/BITS]" % text[:60]) from None


def _network(text: str) -> Network:
    host, slash, bits = (part.strip() for part in text.partition("/"))
    # Bits only: "/0.0.0.0" could be a netmask as well as its inverse.
    if slash and not (bits.isascii() and bits.isdigit()):
        raise ValueError("not a number of bits")
    address = ipaddress.ip_address(bare(host))
    width = int(bits) if slash else address.max_prefixlen
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped and width >= 96:
        address, width = mapped, width - 96
    return ipaddress.ip_network("%s/%d" % (address, width), strict=False)
