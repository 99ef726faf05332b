"""The listening sockets: plain sockets of the standard library, made before the fork.

Made this early, an address in use still is an error on the user's terminal, and a port below 1024
is had before root is given up. The event loop wraps them after the fork.

Or a service manager has made them and passes them on, as descriptors from 3 (sd_listen_fds(3)):
then nobody is refused while the daemon restarts, and a port below 1024 needs no rights at all.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import Iterable, List, MutableMapping, Sequence, Tuple

from ..config.safety import is_loopback
from ..model.errors import ConfigurationError, Problem
from .errors import StartFailed, reason

__all__ = ["BACKLOG", "bind", "bind_at", "close", "passed", "place"]

BACKLOG = 256       # connections that wait while a batch goes out

_Address = Tuple[int, tuple]    # family, sockaddr
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_FIRST_PASSED = 3               # SD_LISTEN_FDS_START
_MOST_PASSED = 64


def bind(host: str, port: int, option: str = "interface") -> List[socket.socket]:
    """Listening sockets on every address of ``host``.

    ``localhost`` means 127.0.0.1 and ::1; ``::``, ``*`` or nothing all addresses of both families;
    of these and of a name's addresses those that this machine lacks are left out, as long as one
    remains. An IPv6 socket never takes IPv4, so that clients' addresses look as they should.
    Port 0 picks a free one, the same for all. Raises ConfigurationError (in ``option``) for a host
    that has no address here, StartFailed where an address is in use or not allowed.
    """
    sockets: List[socket.socket] = []
    missing = ""
    try:
        for family, address in _addresses(host, port, option):
            try:
                sockets.append(_listen(family, _with_port(address, port, sockets)))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise StartFailed("can't listen on %s: %s"
                                      % (_shown(host, port), _said(error))) from None
                missing = reason(error)
        if not sockets:
            raise ConfigurationError([Problem("", option, "can't listen on %s: %s"
                                              % (_shown(host, port), missing))])
    except Exception:
        close(sockets)
        raise
    return sockets


def bind_at(text: str, option: str) -> List[socket.socket]:
    """As ``bind``, for ``HOST:PORT``; nothing for nothing."""
    host, _, port = text.rpartition(":")
    return bind(host.strip("[]"), int(port), option) if text else []


def close(sockets: Iterable[socket.socket]) -> None:
    for each in sockets:
        each.close()


def passed(environ: MutableMapping[str, str] = os.environ,
           first: int = _FIRST_PASSED) -> List[socket.socket]:
    """The listening sockets that a service manager has passed to this process; mostly none.

    Child processes won't see them. Raises ConfigurationError for anything but listening TCP
    sockets: the service manager is configured wrongly.
    """
    pid, count = environ.get("LISTEN_PID"), environ.get("LISTEN_FDS", "")
    if pid != str(os.getpid()) or not count:
        return []
    if not count.isdecimal() or not 1 <= int(count) <= _MOST_PASSED:
        raise _wrongly_passed("LISTEN_FDS is %r, not 1-%d" % (count, _MOST_PASSED))
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        environ.pop(name, None)
    return [_taken(number) for number in range(first, first + int(count))]


def place(sockets: Sequence[socket.socket]) -> Tuple[str, int]:
    """Host and port that stand for all the sockets: those of one that others can reach, if any."""
    addresses = [sock.getsockname()[:2] for sock in sockets]
    return next((address for address in addresses if not is_loopback(address[0])), addresses[0])


def _taken(number: int) -> socket.socket:
    os.set_inheritable(number, False)
    try:
        sock = socket.socket(fileno=number)
    except OSError:
        raise _wrongly_passed("descriptor %d is no socket" % number) from None
    if (sock.family not in (socket.AF_INET, socket.AF_INET6) or sock.type != socket.SOCK_STREAM
            or not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)):
        raise _wrongly_passed("descriptor %d is no listening TCP socket" % number)
    return sock


def _wrongly_passed(reason: str) -> ConfigurationError:
    return ConfigurationError([Problem("", "socket activation", reason)])


def _addresses(host: str, port: int, option: str) -> List[_Address]:
    if host == "localhost":     # not left to the hosts file, which may lack it
        return [(socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET6, ("::1", port))]
    if host in ("", "*", "::"):     # :: with IPv4 is what Linux users know
        return [(socket.AF_INET, ("0.0.0.0", port)), (socket.AF_INET6, ("::", port))]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        text = reason(error) if isinstance(error, OSError) else "not a host name"
        raise ConfigurationError([Problem("", option, "host %s: %s" % (host, text))]) from None
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
