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
import struct
from typing import Any, Iterable, Iterator, List, MutableMapping, Optional, Sequence, Tuple

from ...model.errors import ConfigurationError, Oddity, Problem
from ...settings import Settings
from ..config.safety import is_loopback
from .errors import StartFailed, reason

__all__ = ["BACKLOG", "address_of", "addresses", "bind", "bind_at", "check_free", "close",
           "look_up", "passed", "split"]

BACKLOG = 256       # connections that wait while a batch goes out

_Place = Tuple[Any, ...]        # sockaddr
_Address = Tuple[int, _Place]   # family, sockaddr
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_FIRST_PASSED = 3               # SD_LISTEN_FDS_START
_MOST_PASSED = 64
_LISTENING = "0A"               # TCP_LISTEN in /proc/net/tcp


def bind(host: str, port: int, option: str = "interface") -> List[socket.socket]:
    """Listening sockets on every address of ``host``.

    ``localhost`` means 127.0.0.1 and ::1; ``::``, ``*`` or nothing all addresses of both families;
    of these and of a name's addresses those that this machine lacks are left out, as long as one
    remains. An IPv6 socket never takes IPv4, so that clients' addresses look as they should.
    Port 0 picks a free one, the same for all.

    Raises ConfigurationError (in ``option``) for what can't be a host, and StartFailed where an
    address is in use, not allowed or not here, or a name can't be looked up: all of that may pass
    without an edit, as the network of a machine that boots comes up.
    """
    sockets: List[socket.socket] = []
    missing = ""
    try:
        for family, address in addresses(host, port, option):
            try:
                sockets.append(_listen(family, _with_port(address, port, sockets)))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise StartFailed("can't listen on %s: %s"
                                      % (_shown(host, port), _said(error))) from None
                missing = reason(error)
        if not sockets:
            raise StartFailed("%s: can't listen on %s: %s" % (option, _shown(host, port), missing))
    except Exception:
        close(sockets)
        raise
    return sockets


def addresses(host: str, port: int, option: str = "interface") -> List[_Address]:
    """What ``host`` means; raises as ``bind`` does."""
    if host == "localhost":     # not left to the hosts file, which may lack it
        return [(socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET6, ("::1", port))]
    if host in ("", "*", "::"):     # :: with IPv4 is what Linux users know
        return [(socket.AF_INET, ("0.0.0.0", port)), (socket.AF_INET6, ("::", port))]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise StartFailed("%s: host %s: %s" % (option, host, reason(error))) from None
    except ValueError:          # UnicodeError for a label that is too long, and NUL
        raise ConfigurationError([Problem("", option, "host %s: not a host name" % host)]) from None
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found
                              if family in (socket.AF_INET, socket.AF_INET6)))


def look_up(settings: Settings, must_be_known: bool) -> List[Problem]:
    """Looks up the names that the settings listen on, while somebody is looking. What is odd is one
    that only this host can reach, and one that may be known later; unless it ``must_be_known``,
    then that raises, as ``bind`` does for all else."""
    odd: List[Problem] = []
    wanted = [(settings.host, settings.port, "interface")]
    if settings.metrics_listen:
        wanted.append((*split(settings.metrics_listen), "[metrics] listen"))
    for host, port, option in wanted:
        try:
            found = [str(address[0]) for _, address in addresses(host, port, option)]
        except StartFailed as error:
            if must_be_known:
                raise
            odd.append(Oddity("", "", str(error)))
            continue
        if option == "interface" and host not in ("localhost", *found) and all(
                map(is_loopback, found)):
            odd.append(Oddity("", option, "%s is %s on this host, so no other host can connect; "
                              "all addresses are 0.0.0.0" % (host, ", ".join(found))))
    return odd


def bind_at(text: str, option: str) -> List[socket.socket]:
    """As ``bind``, for ``HOST:PORT``; nothing for nothing."""
    return bind(*split(text), option) if text else []


def split(text: str) -> Tuple[str, int]:
    """Host and port of ``HOST:PORT``."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def check_free(host: str, port: int, option: str, pid: Optional[int]) -> None:
    """Whether ``bind`` would do when process ``pid`` has ended; raises what it would raise."""
    missing, usable = "", False
    for family, address in addresses(host, port, option):
        try:
            _listen(family, address, backlog=0).close()
            usable = True
        except OSError as error:
            if error.errno == errno.EADDRINUSE and pid and _is_held_by(pid, family, address):
                usable = True
            elif error.errno in _NOT_HERE:
                missing = reason(error)
            else:
                raise StartFailed("can't listen on %s: %s"
                                  % (_shown(host, port), _said(error))) from None
    if not usable:
        raise StartFailed("%s: can't listen on %s: %s" % (option, _shown(host, port), missing))


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


def address_of(sockets: Sequence[socket.socket]) -> Tuple[str, int]:
    """Host and port that stand for all the sockets: those of one that others can reach, if any."""
    addresses = [sock.getsockname()[:2] for sock in sockets]
    host, port = next((address for address in addresses if not is_loopback(address[0])),
                      addresses[0])
    return host, port


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


def _with_port(address: _Place, port: int, sockets: List[socket.socket]) -> _Place:
    if port == 0 and sockets:
        port = sockets[0].getsockname()[1]
    return (address[0], port) + tuple(address[2:])


def _listen(family: int, address: _Place, backlog: int = BACKLOG) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        if backlog:
            sock.listen(backlog)
    except OSError:
        sock.close()
        raise
    return sock


def _is_held_by(pid: int, family: int, address: _Place) -> bool:
    """Whether who listens at an address is process ``pid`` and nobody else; true where it can't be
    told."""
    packed = socket.inet_pton(family, address[0].partition("%")[0])
    wanted = "".join("%08X" % word for word in struct.unpack("=%dI" % (len(packed) // 4), packed))
    holders = set()
    try:
        links = set(_files_of(pid))
        with open("/proc/net/tcp" if family == socket.AF_INET else "/proc/net/tcp6",
                  encoding="ascii") as lines:
            for fields in map(str.split, lines):
                host, _, port = fields[1].rpartition(":")
                if fields[3] == _LISTENING and int(port, 16) == address[1] and (
                        host == wanted or not host.strip("0") or not wanted.strip("0")):
                    holders.add("socket:[%s]" % fields[9] in links)
    except (OSError, LookupError, ValueError):
        return True
    return holders == {True}


def _files_of(pid: int) -> Iterator[str]:
    """What a process has open; sockets as ``socket:[INODE]`` (proc(5))."""
    folder = "/proc/%d/fd" % pid
    for number in os.listdir(folder):
        try:
            yield os.readlink(os.path.join(folder, number))
        except FileNotFoundError:
            pass        # closed meanwhile


def _shown(host: str, port: int) -> str:
    return "%s:%d" % ("[%s]" % host if ":" in host else host or "*", port)


def _said(error: OSError) -> str:
    return "address in use" if error.errno == errno.EADDRINUSE else reason(error)
