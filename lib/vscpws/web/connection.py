"""A websocket's connection once it has left the HTTP server: bytes in and out, without waiting.

It reads and sends what the kernel has and takes. Who wants to wait for more does it elsewhere: the
client's ``Parked`` for what comes, its writer for room.
"""

from __future__ import annotations

import socket
import ssl
import struct
from typing import Any, Optional, Union

from gevent import socket as gevent_socket
from gevent.monkey import get_original

__all__ = ["Connection"]

Buffer = Union[bytes, bytearray, memoryview]

_READ_SIZE = 65536

# The standard one, also in a program where gevent has put its own in that one's place.
_Socket: Any = get_original("socket", "socket")

# tcpi_bytes_acked in struct tcp_info (linux/tcp.h).
_INFO_SIZE, _INFO_PLACE, _ACKNOWLEDGED = 128, 120, struct.Struct("=Q")

_LATER = (BlockingIOError, InterruptedError)
# What a non-blocking TLS write says when it must be tried again with the same bytes.
_TLS_LATER = (ssl.SSLWantWriteError, ssl.SSLWantReadError)
# The other side has ended, with TLS's farewell or without.
_TLS_ENDS = (ssl.SSLZeroReturnError, ssl.SSLEOFError)


class Connection:
    """Takes over gevent's socket ``stream``, of which ``early`` was read before.

    Where TLS must send something before it can read on, that is waited for, at most ``patience``
    seconds.
    """

    __slots__ = ("closed", "_early", "_patience", "_raw", "_stream", "_tls")

    def __init__(self, stream: Any, early: bytes, patience: float):
        self.closed = False             # cut by us: nothing is to be sent or read any more
        self._early = early
        self._patience = patience
        self._tls: Any = getattr(stream, "_sslobj", None)
        self._raw: socket.socket
        if self._tls is None:
            # Without the two watchers that gevent's has.
            self._raw = self._stream = _Socket(
                stream.family, socket.SOCK_STREAM, stream.proto, fileno=stream.detach())
            self._raw.setblocking(False)
        else:
            self._raw, self._stream = stream._sock, stream

    def read(self) -> Optional[bytes]:
        """What has come, 64 KiB at most; nothing at its end, None if nothing has come."""
        if self._early:
            data, self._early = self._early, b""
            return data
        try:
            if self._tls is None:
                return self._raw.recv(_READ_SIZE)
            return self._read_tls()
        except _LATER:
            return None

    def _read_tls(self) -> Optional[bytes]:
        while True:
            try:
                return bytes(self._tls.read(_READ_SIZE))
            except ssl.SSLWantReadError:
                return None
            except ssl.SSLWantWriteError:       # new keys, and the socket is full
                if not self.wait_writable(self._patience):
                    raise
            except _TLS_ENDS:
                return b""

    @property
    def has_more(self) -> bool:
        """Whether there is more to read that the kernel doesn't tell of."""
        return self._tls is not None and self._tls.pending() > 0

    def send_now(self, data: Buffer) -> int:
        """The number of bytes of ``data`` that the socket takes without waiting; OSError if
        the connection is gone."""
        if self.closed:
            raise ConnectionError("closed")
        try:
            if self._tls is not None:
                return int(self._tls.write(data))
            return self._raw.send(data)
        except _LATER:
            return 0
        except _TLS_LATER:
            return 0

    def wait_writable(self, timeout: float) -> bool:
        """Wait until ``send_now`` can go on; False after ``timeout`` seconds."""
        try:
            gevent_socket.wait_write(self._raw.fileno(), timeout=timeout,
                                     timeout_exc=TimeoutError())
        except TimeoutError:
            return False
        return True

    def acknowledged(self) -> int:
        """How many bytes the other side has taken so far; 0 where the kernel doesn't tell."""
        try:
            info = self._raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_SIZE)
        except OSError:
            return 0
        acknowledged, = _ACKNOWLEDGED.unpack_from(info.ljust(_INFO_SIZE, b"\0"), _INFO_PLACE)
        return int(acknowledged)

    def fileno(self) -> int:
        return self._raw.fileno()

    def end_output(self) -> None:
        """Nothing more is sent. Ended with input unread, the connection would be reset and our
        last frame with it: so who has said the last word goes on reading until the other ends."""
        self._raw.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        """End the connection at once; whoever reads sees its end."""
        self.closed = True
        try:
            self._raw.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass        # the client was faster

    def close(self) -> None:
        """Give the descriptor back, once nobody waits for it any more."""
        self.cut()
        self._stream.close()
