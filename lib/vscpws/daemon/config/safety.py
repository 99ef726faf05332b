"""The rule about loopback: well-known passwords and keys never face a network.

The files that come with the program work at once and with every published sample client, because
their users, password and key are the documented ones. So anybody knows them, and the daemon
listens on nothing but loopback while any of them is in place.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Callable, Iterable, List, Optional, Sequence

from ...model.errors import Oddity, Problem

__all__ = ["addresses_of", "first_exposed", "is_loopback", "problems_of_exposure",
           "problems_of_replay"]

_REMEDY = ("make your own with 'vscpwsd.py --make-key FILE' and 'vscpwsd.py --make-password USER', "
           "or listen on localhost")


def addresses_of(host: str) -> List[str]:
    """The numeric addresses that a name stands for; empty if it can't be resolved."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


def is_loopback(host: str, resolve: Callable[[str], Sequence[str]] = addresses_of) -> bool:
    """Whether a server on ``host`` (address or name) can be reached from this host alone.

    A name counts only if all its addresses do; one that can't be resolved doesn't.
    """
    if host.rstrip(".").lower() == "localhost":
        return True
    if not host:                # all addresses
        return False
    try:
        return _is_loopback_address(host)
    except ValueError:
        addresses = resolve(host)
    try:
        return bool(addresses) and all(map(_is_loopback_address, addresses))
    except ValueError:
        return False


def first_exposed(hosts: Iterable[str],
                  resolve: Callable[[str], Sequence[str]] = addresses_of) -> Optional[str]:
    """The first of ``hosts`` that others can reach; ``None`` if none can be."""
    return next((host for host in hosts if not is_loopback(host, resolve)), None)


def _is_loopback_address(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    # ::ffff:127.0.0.1 counts as loopback only in newer Pythons.
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def problems_of_exposure(host: str, key_is_default: bool,
                         users_with_default_password: Sequence[str],
                         resolve: Callable[[str], Sequence[str]] = addresses_of) -> List[Problem]:
    """The problem of listening on ``host`` with documented defaults in place; empty if none is.

    ``resolve`` turns a name into addresses.
    """
    defaults = []
    if key_is_default:
        defaults.append("the documented key")
    if users_with_default_password:
        defaults.append("the documented password of %s" % ", ".join(users_with_default_password))
    if not defaults or is_loopback(host, resolve):
        return []
    return [Problem("", "interface", "refused to listen on %s, for anybody knows %s: %s"
                    % (host or "all addresses", " and ".join(defaults), _REMEDY))]


def problems_of_replay(host: str, auth_iv: str) -> List[Problem]:
    """The problem of taking an iv that a client has chosen on ``host``, which others can reach."""
    if auth_iv == "sid":
        return []
    return [Oddity("", "auth-iv", "%s: whoever records a login on the way to %s can send it again "
                    "and is logged in; set it to sid where all clients can use the session id"
                    % (auth_iv, host or "any address"))]
