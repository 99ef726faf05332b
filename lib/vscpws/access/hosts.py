"""Hosts: whom to count an address for, where there is a limit for each of them."""

from __future__ import annotations

import ipaddress

from .addresses import parse_address

__all__ = ["host_of"]

_SUBSCRIBER_BITS = 64           # of an IPv6 address: what one client chooses freely


def host_of(address: str) -> str:
    """An IPv4 address itself, of an IPv6 one its /64; what is no address is taken as it is."""
    try:
        remote = parse_address(address)
    except ValueError:
        return address
    if remote.version == 4:
        return str(remote)
    network = int(remote) >> _SUBSCRIBER_BITS << _SUBSCRIBER_BITS
    return "%s/%d" % (ipaddress.IPv6Address(network), _SUBSCRIBER_BITS)
