"""Remote addresses as one value each, however they were written.

A dual-stack socket shows an IPv4 client as ``::ffff:192.0.2.7`` and a link-local one with the zone
it came in on (``fe80::1%eth0``). Rules are written about the plain address, so both are reduced to
it.
"""

from __future__ import annotations

import ipaddress
from typing import Union

__all__ = ["Address", "parse_address"]

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


def parse_address(text: str) -> Address:
    """The address in ``text``; an IPv4-mapped one as IPv4, a zone is dropped.

    Raises ``ValueError`` if it is no IP address.
    """
    address = ipaddress.ip_address(text.strip().partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address
