"""A crowd that never logs in and sends one long message again and again, as fast as it is read.

::

    python strangers.py PORT PATH COUNT < MESSAGE       until standard output is closed

A process of its own, with plain sockets. Prints one line when all are connected. Who is sent away
comes back.
"""

from __future__ import annotations

import os
import selectors
import socket
import struct
import sys

_UPGRADE = ("GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
_NICE = 10                      # they share the machine with those whose time is measured


class Stranger:
    """One of them; ``frames`` are whole messages, sent over and over, and no answer is awaited."""

    def __init__(self, port: int, path: str, frames: bytes):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.sendall((_UPGRADE % path).encode())
        self.socket.setblocking(False)
        self._frames = frames
        self._left = memoryview(frames)

    def go_on(self, events: int) -> None:
        """Read what came, send what goes; ``OSError`` when the connection has ended."""
        if events & selectors.EVENT_READ and not self.socket.recv(65536):
            raise ConnectionError("sent away")
        if events & selectors.EVENT_WRITE:
            self._left = self._left[self.socket.send(self._left):]
            if not self._left:
                self._left = memoryview(self._frames)


def frame(message: bytes) -> bytes:
    """A masked text frame; the mask is zero."""
    return b"\x81\xff" + struct.pack("!Q", len(message)) + bytes(4) + message


def main(port: int, path: str, count: int, message: bytes) -> None:
    os.nice(_NICE)
    frames = frame(message) if len(message) >= 65536 else (
        b"\x81\xfe" + struct.pack("!H", len(message)) + bytes(4) + message)
    with selectors.DefaultSelector() as selector:
        def join():
            stranger = Stranger(port, path, frames)
            selector.register(stranger.socket, selectors.EVENT_READ | selectors.EVENT_WRITE,
                              stranger)
        for _ in range(count):
            join()
        print("here", flush=True)
        while True:
            for key, events in selector.select():
                try:
                    key.data.go_on(events)
                except BlockingIOError:
                    pass
                except OSError:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
                    join()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.stdin.buffer.read())
