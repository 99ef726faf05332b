"""What the kernel tells about a network interface: its MTU, its carrier, and when it changes.

The kernel sends a message to every rtnetlink socket in the link group whenever an interface
appears, goes, or is switched up or down. A bus that waits for its next try waits on such a socket
too, so that it is back at once and not after the rest of a long delay.

Sources: netdevice(7) for SIOCGIFMTU, rtnetlink(7), the kernel's Documentation/ABI/testing/
sysfs-class-net for carrier.
"""

from __future__ import annotations

import fcntl
import logging
import socket
import struct
from typing import Optional

import gevent
import gevent.socket

__all__ = ["LinkWatch", "carrier_of", "mtu_of"]

log = logging.getLogger(__name__)

_SIOCGIFMTU = 0x8921
_RTMGRP_LINK = 1
_LONGEST_MESSAGE = 65536


def mtu_of(name: str, fileno: int) -> Optional[int]:
    """The largest frame of the interface in bytes (16: CAN, 72: CAN FD); ``None`` if unknown.

    ``fileno`` is any socket's.
    """
    try:
        answer = fcntl.ioctl(fileno, _SIOCGIFMTU, struct.pack("16s16x", name.encode()))
    except OSError:
        return None
    size: int = struct.unpack_from("16xi", answer)[0]
    return size


def carrier_of(name: str) -> Optional[bool]:
    """Whether the interface can carry traffic; a controller that is bus-off has no carrier.

    ``None`` if nobody knows: the interface is down, or /sys is not there.
    """
    try:
        with open("/sys/class/net/%s/carrier" % name, encoding="ascii") as file:
            return file.read().strip() != "0"
    except OSError:
        return None


class LinkWatch:
    """Waits that end early when any network interface of the host changes.

    Where the kernel gives no such socket, the waits are plain ones, and the log says so once.
    """

    _is_told = False                    # for all buses together

    def __init__(self) -> None:
        self._socket: Optional[gevent.socket.socket] = None
        try:
            self._socket = gevent.socket.socket(
                socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
            self._socket.bind((0, _RTMGRP_LINK))
        except OSError as error:
            self.close()
            self._tell(error)

    @classmethod
    def _tell(cls, error: OSError) -> None:
        if not cls._is_told:
            cls._is_told = True
            log.warning("the kernel doesn't tell changes of network interfaces (netlink: %s): a "
                        "bus that was down is found after its wait, up to reopen-last seconds; "
                        "a sandbox must allow AF_NETLINK", error.strerror or error)

    def forget(self) -> None:
        """Drop the changes reported so far: what comes now is newer than the next look."""
        if self._socket is None:
            return
        self._socket.settimeout(0)
        while True:
            try:
                self._socket.recv(_LONGEST_MESSAGE)
            except BlockingIOError:
                return
            except OSError:             # ENOBUFS: the kernel dropped reports; more may follow
                continue

    def wait(self, shortest: float, longest: float) -> None:
        """Wait ``longest`` seconds, or until a change since ``forget``, but at least ``shortest``.

        The lower bound keeps an interface that flaps from turning the wait into a busy loop.
        """
        gevent.sleep(min(shortest, longest))
        rest = longest - shortest
        if rest <= 0:
            return
        if self._socket is None:
            gevent.sleep(rest)
            return
        self._socket.settimeout(rest)
        try:
            self._socket.recv(_LONGEST_MESSAGE)
        except OSError:                 # the time is over, or reports were dropped: try now
            pass

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
