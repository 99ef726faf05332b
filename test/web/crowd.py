"""Many good clients that do nothing but listen: plain sockets and a frame reader of their own."""

from __future__ import annotations

import selectors
import ssl
import struct
import threading
import time

import gevent
from websockets.frames import Frame, Opcode

from vscpws.model.event import Event
from web.stage import TIMEOUT, UPGRADE, login_text

__all__ = ["Crowd"]

_PACE = 0.01                    # s between two events
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError)


class _Listener:
    """One client; ``numbers`` are those of the events it got."""

    def __init__(self, connection):
        self.socket = connection
        self.numbers = []
        self._data = b""
        connection.sendall(UPGRADE.encode())
        while b"\r\n\r\n" not in self._data:
            self._data += connection.recv(4096)
        self._data = self._data.partition(b"\r\n\r\n")[2]
        sid = self._next().split(";")[2]
        for command, answer in ((login_text(sid), "+;AUTH1"), ("C;OPEN", "+;OPEN")):
            connection.sendall(Frame(Opcode.TEXT, command.encode()).serialize(mask=True))
            assert self._next().startswith(answer)
        connection.setblocking(False)

    def take(self):
        """Take what has come."""
        while True:
            try:
                data = self.socket.recv(65536)
            except _NOT_YET:
                break
            assert data, "the server has ended a good client"
            self._data += data
        for text in iter(self._text, None):
            octets = text.split(",")[-4:]
            self.numbers.append(int("".join(octet[2:] for octet in octets), 16))

    def _next(self):
        text = self._text()
        while text is None:
            self._data += self.socket.recv(4096)
            text = self._text()
        return text

    def _text(self):
        """The next text frame, if it is whole; a server masks nothing and has no fragments here."""
        data = self._data
        if len(data) < 4:
            return None
        assert data[0] == 0x81 and data[1] <= 126, data[:20]
        start, size = (2, data[1]) if data[1] < 126 else (4, struct.unpack_from("!H", data, 2)[0])
        if len(data) < start + size:
            return None
        self._data = data[start + size:]
        return data[start:start + size].decode("utf-8")


class Crowd:
    """``with Crowd(stage, size) as crowd``: listeners and, till the end, numbered events."""

    def __init__(self, stage, size, context=None):
        self._stage = stage
        self._listeners = []
        for _ in range(size):
            connection = stage.socket()
            if context:
                connection = context.wrap_socket(connection)
            self._listeners.append(_Listener(connection))
        self._last = -1
        self._error = None
        self._ends = False
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self._feeder = self._stage.call(lambda: gevent.spawn(self._feed))
        self._reader.start()
        return self

    def __exit__(self, *exception):
        self._stage.call(self._feeder.kill)
        self._ends = True
        self._reader.join(TIMEOUT)
        for listener in self._listeners:
            listener.socket.close()

    def check(self, more=20):
        """All have got every event up to now and so many ``more``, each once and in order."""
        wanted = self._last + more
        end = time.monotonic() + TIMEOUT
        while min(len(listener.numbers) for listener in self._listeners) <= wanted:
            assert self._error is None, self._error
            assert time.monotonic() < end, "an event is late"
            time.sleep(_PACE)
        for listener in self._listeners:
            numbers = list(listener.numbers)
            assert numbers == list(range(len(numbers)))

    def _feed(self):
        while True:
            self._last += 1
            data = self._last.to_bytes(4, "big")
            self._stage.hub.deliver("bus", [Event(0, 10, 1, 0, 0, 0, bytes(16), data)])
            gevent.sleep(_PACE)

    def _read(self):
        with selectors.DefaultSelector() as selector:
            for listener in self._listeners:
                selector.register(listener.socket, selectors.EVENT_READ, listener)
            while not self._ends and self._error is None:
                for key, _ in selector.select(0.1):
                    try:
                        key.data.take()
                    except Exception as error:
                        self._error = error
