"""A websocket between HTTP and its client: what gevent-websocket's handler has of it.

That handler wants one of its own class to see that a connection was upgraded. It lives until the
answer is sent; then ``take_out`` makes of it the connection that a client is served by, and reading
and sending are that one's. Nothing of the request is kept.
"""

from __future__ import annotations

from typing import Any

from geventwebsocket import websocket

from .answer import Environ
from .connection import Connection

__all__ = ["WebSocket"]


class WebSocket(websocket.WebSocket):  # type: ignore[misc]  # it has no types
    """One upgraded connection, that of ``handler``."""

    def __init__(self, environ: Environ, stream: Any, handler: Any):
        super().__init__(environ, stream, handler)
        self._early = _buffered(handler.rfile, handler.socket)
        handler.rfile.close()           # nothing is read by it any more

    def take_out(self, patience: float) -> Connection:
        """The connection; the handler has none from now on."""
        stream, self.handler.socket = self.handler.socket, None
        self.closed = True
        return Connection(stream, self._early, patience)

    def close(self, code: int = 1000, message: bytes = b"") -> None:
        """What the base class's clean-up calls: the close frame is the client's matter."""

    def receive(self) -> None:
        raise NotImplementedError("read by the client's input")

    def send_frame(self, message: Any, opcode: Any) -> None:
        raise NotImplementedError("send through the client's outbox")


def _buffered(file: Any, connection: Any) -> bytes:
    """What the buffered ``file`` of a connection has read of it already, and nothing more."""
    connection.settimeout(0.0)
    try:
        return bytes(file.peek())
    except OSError:             # nothing there yet, or the client has gone: the next read tells
        return b""
    finally:
        connection.settimeout(None)
