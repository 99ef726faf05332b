"""A SocketCAN interface: python-can opens it, this module reads and writes its socket.

``bus.recv()`` costs a select, a ``Message`` and several checks for every frame. Here the greenlet
waits once on the descriptor and then drains the socket until it is empty, each frame a plain
tuple with the kernel's time stamp; that is what a bus at full speed needs.

The socket's options beyond python-can's: a large receive buffer (bursts while the hub is busy), the
kernel's count of frames that did not fit into it, and CAN FD where the interface's MTU has it.

Sources: the kernel's Documentation/networking/can.rst; socket(7).
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from typing import Any, List, Optional

import gevent

import can

from ..codec.canframe import EXTENDED, CanFrame
from .address import SOCKETCAN, Address
from .driver import opening_error
from .link import carrier_of, mtu_of
from .source import BusDown, BusMissing, BusOff, SendBusy, SendRefused, Source, SourceError
from .state import LEFT_THE_BUS
from .tunnel import set_receive_buffer

__all__ = ["SocketCanSource"]

_FD_MTU = 72                            # sizeof(struct canfd_frame)
_SO_TIMESTAMPNS = 35                    # the socket module has no names for these
_SO_RXQ_OVFL = 40

_HEADER = struct.Struct("=IB")          # identifier and flags, length
_DATA_START = 8
_CLASSIC = struct.Struct("=IB3x8s")     # struct can_frame
_FD = struct.Struct("=IB3x64s")         # struct canfd_frame, no flags
_TIMESPEC = struct.Struct("@ll")
_DROPS = struct.Struct("@I")
_ANCILLARY = socket.CMSG_SPACE(_TIMESPEC.size) + socket.CMSG_SPACE(_DROPS.size)

_GONE = (errno.ENODEV, errno.ENXIO, errno.EBADF)
_NO_CAN = (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)


class SocketCanSource(Source):
    """Frames from and to the SocketCAN interface ``name``.

    ``receive_buffer`` is the wished size of the kernel's buffer in bytes; without the right to
    force it, net.core.rmem_max bounds it.
    """

    def __init__(self, name: str, receive_buffer: int):
        self._name = name
        self._receive_buffer = receive_buffer
        self._bus: Optional[can.BusABC] = None
        self._socket: Optional[socket.socket] = None
        self._readable: Any = None              # gevent's watcher
        self._failure: Optional[OSError] = None
        self._drops_before = 0

    def open(self) -> None:
        try:
            bus: Any = can.Bus(interface="socketcan", channel=self._name)
        except (OSError, can.CanError) as error:
            raise self._translate(error) from None
        except Exception as error:      # python-can's own files, say
            raise opening_error(error, Address(SOCKETCAN, self._name)) from None
        self._bus = bus
        self._socket = opened = bus.socket
        self._failure = None
        self._drops_before = self.drops
        try:
            self._set_up(opened)
        except OSError as error:
            raise self._translate(error) from None
        self._readable = gevent.get_hub().loop.io(opened.fileno(), 1)

    def _set_up(self, opened: socket.socket) -> None:
        opened.setblocking(False)
        # Binding to an interface that is down succeeds and leaves the error for the next call.
        pending = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if pending:
            raise OSError(pending, os.strerror(pending))
        if carrier_of(self._name) is False:
            raise BusOff(LEFT_THE_BUS)
        set_receive_buffer(opened, self._receive_buffer, self._name)
        opened.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        self.fd = mtu_of(self._name, opened.fileno()) == _FD_MTU
        if self.fd:
            opened.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FD_FRAMES, 1)

    def read(self, limit: int) -> List[CanFrame]:
        frames = self._drain(limit)
        while not frames:
            if self._failure is not None:
                raise self._translate(self._failure)
            gevent.get_hub().wait(self._readable)
            frames = self._drain(limit)
        return frames

    def _drain(self, limit: int) -> List[CanFrame]:
        """What the socket holds now. An error is kept until the frames before it are taken."""
        frames: List[CanFrame] = []
        append, receive, header, timespec = (
            frames.append, self._opened().recvmsg, _HEADER.unpack_from, _TIMESPEC.unpack)
        while len(frames) < limit:
            try:
                frame, ancillary, _, _ = receive(_FD_MTU, _ANCILLARY)
            except BlockingIOError:
                break
            except OSError as error:
                if self._failure is not None:
                    break
                self._failure = error
                continue
            can_id, length = header(frame)
            moment = 0
            for _, kind, value in ancillary:
                if kind == _SO_TIMESTAMPNS:
                    seconds, nanoseconds = timespec(value)
                    moment = seconds * 1000000 + nanoseconds // 1000
                elif kind == _SO_RXQ_OVFL:
                    self.drops = self._drops_before + _DROPS.unpack(value)[0]
            append((can_id, frame[_DATA_START:_DATA_START + length], moment))
        return frames

    def send(self, can_id: int, data: bytes) -> None:
        layout = _FD if len(data) > 8 else _CLASSIC
        try:
            self._opened().send(layout.pack(can_id | EXTENDED, len(data), data))
        except BlockingIOError:
            raise SendBusy("the socket's send buffer is full") from None
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                raise SendBusy("the interface's queue is full") from None
            if error.errno in (errno.EINVAL, errno.EMSGSIZE):
                raise SendRefused(error.strerror) from None
            raise self._translate(error) from None

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise BusMissing("it is closed")
        return self._socket

    def _translate(self, error: Exception) -> SourceError:
        code = getattr(error, "errno", None) or getattr(error, "error_code", None)
        if code == errno.ENETDOWN:
            return BusDown("the interface is switched off")
        if code in _GONE:
            return BusMissing("there is no CAN interface %s" % self._name)
        if code in _NO_CAN:
            return BusMissing("the kernel has no CAN sockets (modprobe can_raw)")
        return BusMissing(getattr(error, "strerror", None) or str(error))

    def close(self) -> None:
        if self._readable is not None:
            self._readable.close()
        if self._bus is not None:
            self._bus.shutdown()
        self._bus = self._socket = self._readable = None
        self.fd = False
