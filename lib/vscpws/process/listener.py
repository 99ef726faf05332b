"""The listening sockets: plain sockets of the standard library, made before the fork.

Made this early, an address in use still is an error on the user's terminal, and a port below 1024
is had before root is given up. The event loop wraps them after the fork.
"""

from __future__ import annotations

import errno
import socket
from typing import Iterable, List, Tuple

from ..model.errors import ConfigurationError, Problem
from .errors import StartFailed, reason

__all__ = ["BACKLOG", "bind", "close"]

BACKLOG = 256       # connections that wait while a batch goes out

_Address = Tuple[int, tuple]    # family, sockaddr
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def bind(host: str, port: int) -> List[socket.socket]:
    """Listening sockets on every address of ``host``.

    ``localhost`` means 127.0.0.1 and ::1; ``::``, ``*`` or nothing all addresses of both families;
    of these and of a name's addresses those that this machine lacks are left out, as long as one
    remains. An IPv6 socket never takes IPv4, so that clients' addresses look as they should.
    Port 0 picks a free one, the same for all. Raises ConfigurationError for a host that has no
    address here, StartFailed where an address is in use or not allowed.
    """
    sockets: List[socket.socket] = []
    missing = ""
    try:
        for family, address in _addresses(host, port):
            try:
                sockets.append(_listen(family, _with_port(address, port, sockets)))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise StartFailed("can't listen on %s: %s"
                                      % (_shown(host, port), _said(error))) from None
                missing = reason(error)
        if not sockets:
            raise ConfigurationError([Problem("", "interface", "can't listen on %s: %s"
                                              % (_shown(host, port), missing))])
    except Exception:
        close(sockets)
        raise
    return sockets


def close(sockets: Iterable[socket.socket]) -> None:
    for each in sockets:
        each.close()


def _addresses(host: str, port: int) -> List[_Address]:
    if host == "localhost":     # not left to the hosts file, which may lack it
        return [(socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET6, ("::1", port))]
    if host in ("", "*", "::"):     # :: with IPv4 is what Linux users know
        return [(socket.AF_INET, ("0.0.0.0", port)), (socket.AF_INET6, ("::", port))]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        text = reason(error) if isinstance(error, OSError) else "not a host name"
        raise ConfigurationError([Problem("", "interface", "host %s: %s" % (host, text))]) from None
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found
                              if family in (socket.AF_INET, socket.AF_INET6)))


def _with_port(address: tuple, port: int, sockets: List[socket.socket]) -> tuple:
    if port == 0 and sockets:
        port = sockets[0].getsockname()[1]
    return (address[0], port) + tuple(address[2:])


def _listen(family: int, address: tuple) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def _shown(host: str, port: int) -> str:
    return "%s:%d" % ("[%s]" % host if ":" in host else host or "*", port)


def _said(error: OSError) -> str:
    return "address in use" if error.errno == errno.EADDRINUSE else reason(error)
