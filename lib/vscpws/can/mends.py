"""python-can's network drivers, mended where no guard around them can help.

``socketcand`` tries to connect in a tight loop for ten seconds, waits for the server's greeting
without end, fails to open a busy bus (whose first frames come in one piece with the greeting), and
keeps a message that it can't read, to fail at it again and to give those before it twice.

``udp_multicast`` makes a gigabyte of zeros of a datagram that has a number where data belong.

Sources: socketcand's protocol description; the drivers of python-can 4.1 to 4.6.
"""

from __future__ import annotations

import importlib
import socket
from typing import Any, Callable, Optional

import can

from .tunnel import find_sockets

__all__ = ["mend_driver"]

_PATIENCE = 5.0                         # s for a server to take a connection, and for its answers


def mend_driver(kind: str) -> None:
    """Put our functions in the place of those of the driver, where it has them."""
    if kind == "socketcand":
        _mend_socketcand()
    elif kind == "udp_multicast":
        _mend_udp_multicast()


def _mend_socketcand() -> None:
    module: Any = importlib.import_module("can.interfaces.socketcand.socketcand")
    bus = module.SocketCanDaemonBus
    if getattr(module, "connect_to_server", _connect) is not _connect:
        module.connect_to_server = _connect
        convert = getattr(module, "convert_ascii_message_to_can_message", None)
        if convert is not None:
            module.convert_ascii_message_to_can_message = _forgiving(convert)
        if hasattr(bus, "_expect_msg"):
            bus._expect_msg = _expect


def _connect(sock: socket.socket, host: str, port: int) -> None:
    sock.settimeout(_PATIENCE)
    sock.connect((host, port))


def _expect(bus: Any, wanted: str) -> None:
    """Read the answer ``wanted`` and no byte of what follows it."""
    sock = next(find_sockets(bus))
    answer = b""
    while len(answer) < len(wanted):
        piece = sock.recv(len(wanted) - len(answer))
        if not piece:
            raise ConnectionError("the server has closed the connection")
        answer += piece
    if answer != wanted.encode("ascii"):
        raise can.CanOperationError("the server answers %r instead of %r" % (answer, wanted))


def _forgiving(convert: Callable[[str], Optional[can.Message]]
               ) -> Callable[[str], Optional[can.Message]]:
    """A message that can't be read becomes one that can't be a frame, which the guard counts."""
    def forgive(text: str) -> Optional[can.Message]:
        try:
            return convert(text)
        except Exception:
            return can.Message(arbitration_id=-1)
    return forgive


def _mend_udp_multicast() -> None:
    module: Any = importlib.import_module("can.interfaces.udp_multicast.bus")
    unpack = getattr(module, "unpack_message", None)
    if unpack is not None and unpack.__name__ != _careful.__name__:
        module.unpack_message = _careful(unpack)


def _careful(unpack: Callable[..., can.Message]) -> Callable[..., can.Message]:
    def _careful(datagram: bytes, *args: Any, **kwargs: Any) -> can.Message:
        import msgpack  # an extra; without it there is no such bus

        fields = msgpack.unpackb(datagram, raw=False)
        if not isinstance(fields, dict) or not isinstance(fields.get("data"), (bytes, type(None))):
            raise ValueError("no CAN frame")
        return unpack(datagram, *args, **kwargs)
    return _careful
