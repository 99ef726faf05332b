"""The sockets of an adapter that lives on the network, found in whatever object its driver is.

python-can's drivers open sockets as the system gives them. Here they get what a bus needs: a TCP
peer that vanished without a word is missed after half a minute, a UDP socket takes a burst and its
losses are counted, and a multicast group that no living network interface is in is found.

Sources: tcp(7), socket(7), netdevice(7); <linux/sock_diag.h> for SO_MEMINFO.
"""

from __future__ import annotations

import fcntl
import ipaddress
import logging
import select
import socket
import struct
from typing import Any, Iterator, List, Set, Union

from .source import BusDown, BusMissing

__all__ = ["Tunnel", "find_sockets", "set_receive_buffer"]

log = logging.getLogger(__name__)

_DEEPEST = 3                            # attributes of attributes of the bus
_MOST_OBJECTS = 200                     # looked at; a driver has some ten

# A dead peer is missed after 10 s of silence and three unanswered questions; what we sent and
# nobody acknowledged counts for as long.
_KEEPALIVE = ((socket.SOL_SOCKET, "SO_KEEPALIVE", 1), (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 10),
              (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 5), (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
              (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 25000))

_SO_RCVBUFFORCE = 33                    # the socket module has no names for these
_SO_MEMINFO = 55
_MEMINFO = struct.Struct("@9I")         # the last one counts what found no place
_SIOCGIFFLAGS = 0x8913
_UP_AND_RUNNING = 0x1 | 0x40            # IFF_UP, IFF_RUNNING


class Tunnel:
    """The sockets of ``bus``; ``channel`` is where it was opened, perhaps a multicast group.

    ``receive_buffer`` is the wished size in bytes for datagrams; a stream's grows by itself.
    """

    def __init__(self, bus: Any, channel: str = "", receive_buffer: int = 0):
        sockets = [sock for sock in find_sockets(bus) if _is_internet(sock)]
        self._streams = [sock for sock in sockets if sock.type == socket.SOCK_STREAM]
        self._datagrams = [sock for sock in sockets if sock.type == socket.SOCK_DGRAM]
        self._group = _multicast_group(channel) if self._datagrams else None
        for sock in self._streams:
            _keep_alive(sock)
        for sock in self._datagrams if receive_buffer else ():
            set_receive_buffer(sock, receive_buffer, channel)
        self._ways = self._members() if self._group else set()

    @property
    def is_stream(self) -> bool:
        """Whether messages follow each other without a gap, so that half a one spoils the next."""
        return bool(self._streams)

    @property
    def is_datagram(self) -> bool:
        """Whether every message comes by itself, so that a bad one says nothing of the next."""
        return bool(self._datagrams)

    def has_ended(self) -> bool:
        """Whether the other side has closed the connection and all that it sent is read."""
        return any(_is_at_end(sock) for sock in self._streams)

    def drops(self) -> int:
        """Datagrams that found no place in the receive buffer."""
        return sum(_drops_of(sock) for sock in self._datagrams)

    def check_way(self) -> None:
        """Raises ``SourceError`` if no living network interface is in the multicast group."""
        if not self._ways:
            return
        present = self._ways & self._members()
        if not present:
            raise BusMissing("the network interface %s is gone" % ", ".join(sorted(self._ways)))
        if not any(_is_running(self._datagrams[0], name) for name in present):
            raise BusDown("the network interface %s is down" % ", ".join(sorted(present)))

    def _members(self) -> Set[str]:
        """The network interfaces that are in our multicast group."""
        if isinstance(self._group, ipaddress.IPv4Address):
            return _members_4(self._group)
        return _members_6(self._group) if self._group else set()


def find_sockets(bus: Any) -> Iterator[socket.socket]:
    """The sockets among the attributes of ``bus`` and of what these hold."""
    seen: Set[int] = set()
    layer: List[Any] = [bus]
    for _ in range(_DEEPEST):
        below: List[Any] = []
        for thing in layer:
            for value in list(getattr(thing, "__dict__", {}).values()):
                if id(value) in seen or isinstance(value, type) or len(seen) >= _MOST_OBJECTS:
                    continue
                seen.add(id(value))
                if isinstance(value, socket.socket):
                    yield value
                elif hasattr(value, "__dict__"):
                    below.append(value)
        layer = below


def set_receive_buffer(sock: socket.socket, wished: int, name: str) -> None:
    """Room for ``wished`` bytes of what waits; without the right to force it net.core.rmem_max
    bounds it, and the log says so."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, wished)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wished)
        # The kernel doubles the number for its own needs and reports the double.
        got = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
        if got < wished:
            log.info("%s: receive buffer of %d bytes instead of %d; raise net.core.rmem_max",
                     name, got, wished)


def _is_internet(sock: socket.socket) -> bool:
    return sock.fileno() >= 0 and sock.family in (socket.AF_INET, socket.AF_INET6)


def _keep_alive(sock: socket.socket) -> None:
    for level, name, value in _KEEPALIVE:
        try:
            sock.setsockopt(level, getattr(socket, name), value)
        except (OSError, AttributeError) as error:
            log.debug("%s: %s", name, error)


def _is_at_end(sock: socket.socket) -> bool:
    try:
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLIN)
        if not poll.poll(0):            # asked first: a socket with a time limit would wait
            return False
        return sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except (OSError, ValueError):       # reset, or closed under us
        return True


def _drops_of(sock: socket.socket) -> int:
    try:
        drops: int = _MEMINFO.unpack(
            sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))[-1]
        return drops
    except (OSError, ValueError, struct.error):     # a kernel before 4.12
        return 0


# ---- multicast ---------------------------------------------------------------------------------


def _multicast_group(channel: str
                     ) -> Union[ipaddress.IPv4Address, ipaddress.IPv6Address, None]:
    try:
        address = ipaddress.ip_address(channel)
    except ValueError:
        return None
    return address if address.is_multicast else None


def _lines(path: str) -> List[str]:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().splitlines()
    except OSError:                     # then nobody knows, and nothing is claimed
        return []


def _members_4(group: ipaddress.IPv4Address) -> Set[str]:
    # A line for each interface, then one for each of its groups, as the machine orders bytes.
    wanted = "%08X" % struct.unpack("=I", group.packed)[0]
    names, name = set(), None
    for line in _lines("/proc/net/igmp")[1:]:
        words = line.split()
        if not words:
            continue
        if not line[0].isspace():
            name = words[1].rstrip(":") if len(words) > 1 else None
        elif words[0] == wanted and name:
            names.add(name)
    return names


def _members_6(group: ipaddress.IPv6Address) -> Set[str]:
    rows = (line.split() for line in _lines("/proc/net/igmp6"))
    return {row[1] for row in rows if len(row) > 2 and row[2] == group.packed.hex()}


def _is_running(sock: socket.socket, name: str) -> bool:
    """Whether a network interface is switched on and has a carrier."""
    try:
        answer = fcntl.ioctl(sock.fileno(), _SIOCGIFFLAGS, struct.pack("16s16x", name.encode()))
    except (OSError, ValueError):
        return False
    flags: int = struct.unpack_from("16xH", answer)[0]
    return flags & _UP_AND_RUNNING == _UP_AND_RUNNING
