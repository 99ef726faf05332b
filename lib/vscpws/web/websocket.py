"""The hardened websocket: gevent-websocket's class with strict reading and one way out.

What is kept of the base class is its place in the handler and its environment. Frames are read
by ``codec.wsframe`` from large reads; nothing is ever sent from the reading side. All output goes
through the client's outbox, which calls ``send_now``: it takes what the socket takes without
waiting, so that no half-sent frame can meet another greenlet's.
"""

from __future__ import annotations

import socket
import ssl
import struct
from typing import Any, Iterator, Union

from gevent import socket as gevent_socket
from geventwebsocket import websocket

from ..codec.wsframe import FrameReader, Received
from ..loop.turns import take_turn
from .answer import Environ

__all__ = ["WebSocket"]

Buffer = Union[bytes, bytearray, memoryview]

_READ_SIZE = 65536
_PIECE = 2048                   # bytes judged in a row: 300 fragments of a byte, a millisecond

# tcpi_bytes_acked in struct tcp_info (linux/tcp.h).
_INFO_SIZE, _INFO_PLACE, _ACKNOWLEDGED = 128, 120, struct.Struct("=Q")

# What a non-blocking TLS write says when it must be tried again with the same bytes.
_TLS_LATER = (ssl.SSLWantWriteError, ssl.SSLWantReadError)


class WebSocket(websocket.WebSocket):  # type: ignore[misc]  # it has no types
    """One upgraded connection. ``max_message`` is in bytes, ``max_fragments`` in frames."""

    def __init__(self, environ: Environ, stream: Any, handler: Any, max_message: int,
                 max_fragments: int):
        super().__init__(environ, stream, handler)
        self._socket = handler.socket
        self._early = _buffered(handler.rfile, self._socket)
        handler.rfile.close()           # with its buffer of eight kilobytes: nothing is read by it
        self._reader = FrameReader(max_message, max_fragments)
        self._tls = getattr(self._socket, "_sslobj", None)
        self._raw: socket.socket = self._socket._sock

    def chunks(self) -> Iterator[Iterator[Received]]:
        """For each piece read, an iterator over what it completed; ends when the client is gone.

        Between two of them the caller may let others run: fragments without end complete nothing.
        Raises ``FrameFault`` where the client breaks a rule, ``OSError`` on a broken connection.
        """
        data = self._early or self._socket.recv(_READ_SIZE)
        self._early = b""
        while data:
            for start in range(0, len(data), _PIECE):
                yield self._reader.feed(data[start:start + _PIECE])
            data = self._socket.recv(_READ_SIZE)

    def discard_input(self) -> None:
        """End the output; read and forget until the client has ended, too.

        Ended with input unread, the connection would be reset and our last frame with it.
        """
        self._raw.shutdown(socket.SHUT_WR)
        while self._socket.recv(_READ_SIZE):
            take_turn()

    def fileno(self) -> int:
        return self._raw.fileno()

    def send_now(self, data: Buffer) -> int:
        """The number of bytes of ``data`` that the socket takes without waiting; OSError if
        the connection is gone."""
        if self.closed:
            raise ConnectionError("closed")
        try:
            if self._tls is not None:
                return int(self._tls.write(data))
            return self._raw.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except _TLS_LATER:
            return 0

    def acknowledged(self) -> int:
        """How many bytes the other side has taken so far; 0 where the kernel doesn't tell."""
        try:
            info = self._raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_SIZE)
        except OSError:
            return 0
        acknowledged, = _ACKNOWLEDGED.unpack_from(info.ljust(_INFO_SIZE, b"\0"), _INFO_PLACE)
        return int(acknowledged)

    def wait_writable(self, timeout: float) -> bool:
        """Wait until ``send_now`` can go on; False after ``timeout`` seconds."""
        try:
            gevent_socket.wait_write(self._raw.fileno(), timeout=timeout,
                                     timeout_exc=TimeoutError())
        except TimeoutError:
            return False
        return True

    def cut(self) -> None:
        """End the connection at once; whoever reads sees its end."""
        self.closed = True
        try:
            self._raw.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass        # the client was faster

    def close(self, code: int = 1000, message: bytes = b"") -> None:
        """What the base class's clean-up calls: the close frame is the outbox's, so only cut."""
        if not self.closed:
            self.cut()

    def receive(self) -> None:
        raise NotImplementedError("read with chunks()")

    def send_frame(self, message: Any, opcode: Any) -> None:
        raise NotImplementedError("send through the outbox")


def _buffered(file: Any, connection: Any) -> bytes:
    """What the buffered ``file`` of a connection has read of it already, and nothing more."""
    connection.settimeout(0.0)
    try:
        return bytes(file.peek())
    except OSError:             # nothing there yet, or the client has gone: the next read tells
        return b""
    finally:
        connection.settimeout(None)
