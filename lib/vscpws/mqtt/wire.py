"""The socket of a connection, as paho is given it.

paho would call the system for each byte of a packet's head and for each packet that it sends. Here
what is written is joined and sent together, and what comes is read in large pieces and cut into
packets: messages of quality 0 are taken off before paho sees them (``forms.packets``), everything
else it gets whole, one packet at a time.
"""

from __future__ import annotations

import socket
import ssl
from collections import deque
from typing import Deque, List, Optional, Tuple

from .forms.packets import BrokenStream, Message, Splitter

__all__ = ["Lost", "Wire", "connect"]

_PIECE = 1 << 18                # bytes read at once
_PIECES = 16                    # in one turn
_ROOM = 1 << 18                 # bytes that wait to be sent; the rest waits as events
_MOST = 8                       # times as much at most, for what has to be sent whatever there is

_MESSAGES = 512                 # handed on together


class Lost(Exception):
    """The connection is no more; the text says why."""


def connect(host: str, port: int, context: Optional[ssl.SSLContext], seconds: float
            ) -> socket.socket:
    """A connected socket, with TLS where there is a context; raises ``OSError``."""
    sock = socket.create_connection((host, port), timeout=seconds)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            sock = context.wrap_socket(sock, server_hostname=host)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


class Wire:
    """``sock`` is connected and doesn't block. ``most`` bytes may the payload of a message have."""

    def __init__(self, sock: socket.socket, most: int, version5: bool) -> None:
        self.more = False               # of what came, some is still to be read
        self._sock = sock
        self._end = ""                  # why nothing comes any more
        self._splitter = Splitter(most, version5)
        self._packet = b""              # that paho reads now
        self._out = bytearray()
        self._sent = 0                  # bytes since the start
        self._written = 0               # likewise, with those that wait
        self._marks: Deque[Tuple[int, int]] = deque()   # where events end, and how many

    # ---- for paho --------------------------------------------------------------------------

    def fileno(self) -> int:
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        """It never blocks."""

    def recv(self, size: int) -> bytes:
        if not self._packet:
            raise BlockingIOError
        data, self._packet = self._packet[:size], self._packet[size:]
        return data

    def send(self, data: bytes) -> int:
        if len(self._out) > _ROOM * _MOST:
            raise BlockingIOError
        self._out += data
        self._written += len(data)
        return len(data)

    def close(self) -> None:
        """paho closes when it has written its DISCONNECT, which waits here."""
        if self._sock.fileno() >= 0:
            try:
                self.flush()
            except Lost:
                pass
        self._sock.close()

    # ---- out -------------------------------------------------------------------------------

    @property
    def has_room(self) -> bool:
        return len(self._out) < _ROOM

    @property
    def waits(self) -> bool:
        """Whether something is still to be sent."""
        return bool(self._out)

    def send_events(self, packets: List[bytes]) -> None:
        """Packets of one event each."""
        data = b"".join(packets)
        self._out += data
        self._written += len(data)
        self._marks.append((self._written, len(packets)))

    def unsent(self) -> int:
        """How many events have not gone out as a whole."""
        return sum(count for end, count in self._marks if end > self._sent)

    def flush(self) -> None:
        """Send what the socket takes; raises ``Lost``."""
        if self._splitter.answer:
            self._out += self._splitter.answer
            self._written += len(self._splitter.answer)
            self._splitter.answer.clear()
        while self._out:
            try:
                count = self._sock.send(self._out)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except OSError as error:
                raise Lost(error.strerror or str(error)) from None
            del self._out[:count]
            self._sent += count
        while self._marks and self._marks[0][0] <= self._sent:
            self._marks.popleft()

    # ---- in --------------------------------------------------------------------------------

    def fill(self) -> None:
        """Read what has come; raises ``Lost`` at its end, once all before that has been read."""
        pieces: List[bytes] = []
        self.more = True
        while self.more and len(pieces) < _PIECES and not self._end:
            try:
                data = self._sock.recv(_PIECE)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                self.more = False
                break
            except OSError as error:
                self._end = error.strerror or str(error)
                break
            if not data:
                self._end = "the broker closed the connection"
                break
            pieces.append(data)
            self.more = isinstance(self._sock, ssl.SSLSocket) or len(data) == _PIECE
        if self._end and not pieces:
            raise Lost(self._end)
        self._splitter.feed(b"".join(pieces))

    def messages(self) -> List[Message]:
        """The messages of quality 0 that stand next; raises ``Lost`` if it is no MQTT."""
        try:
            return self._splitter.messages(_MESSAGES)
        except BrokenStream as error:
            raise Lost("what came is no MQTT: %s" % error) from None

    def offer_packet(self) -> bool:
        """Let paho read the next packet; False if there is none. Raises ``Lost`` likewise."""
        try:
            self._packet = self._splitter.packet()
        except BrokenStream as error:
            raise Lost("what came is no MQTT: %s" % error) from None
        return bool(self._packet)
