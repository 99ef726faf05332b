"""Remote addresses as one value each, however they were written.

A dual-stack socket shows an IPv4 client as ``::ffff:192.0.2.7`` and a link-local one with the zone
it came in on (``fe80::1%eth0``); in URLs an IPv6 address stands in brackets. Rules are written
about the plain address, so all are reduced to it.
"""

from __future__ import annotations

import ipaddress
from typing import Union

__all__ = ["Address", "bare", "parse_address", "shown_address"]

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


def parse_address(text: str) -> Address:
    """The address in ``text``; an IPv4-mapped one as IPv4, zone and brackets are dropped.

    Raises ``ValueError`` if it is no IP address.
    """
    address = ipaddress.ip_address(bare(text))
    return getattr(address, "ipv4_mapped", None) or address


def bare(text: str) -> str:
    """``text`` without blanks, brackets and zone (RFC 4007, section 11) around an address."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    return text.partition("%")[0]


def shown_address(text: str) -> str:
    """A remote address as the log has it: the plain one, and escaped what is none."""
    try:
        return str(parse_address(text))
    except ValueError:
        return ascii(text)
