"""The client's end of the protocols, as little as the load needs: websocket, ws1, ws2, MQTT.

A *dialect* says how a connection becomes one that receives events:

* ``ws1``, ``ws2``: log in as admin, set a filter, open the channel;
* ``mqtt``: MQTT 3.1.1 in binary websocket frames, subscribed with QoS 0;
* ``text``: whoever is connected gets every text.

Sources: RFC 6455, OASIS MQTT 3.1.1, the VSCP websocket protocols in ``doc/``.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Iterator, NamedTuple, Optional, Tuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from events import Filter

__all__ = [
    "KEY", "PASSWORD", "PONG", "TOPIC", "USER", "Place", "client_frame", "connect",
    "connect_publisher", "frames", "greet", "publish", "publish_plain",
]

KEY = "00112233445566778899AABBCCDDEEFF"
USER = "admin"
# One row listens on all addresses: nobody else may know it, the helper processes inherit it.
PASSWORD = os.environ.setdefault("VSCPWSD_BENCH_PASSWORD", os.urandom(8).hex())
TOPIC = b"vscp"
PONG = b"\x8a\x80\0\0\0\0"              # an unasked-for pong: a sign of life that needs no answer

_TEXT, _BINARY = 0x81, 0x82
_PATHS = {"ws1": "/ws1", "ws2": "/ws2", "mqtt": "/mqtt", "text": "/"}
_TIMEOUT = 60.0


class Place(NamedTuple):
    """Where to connect to, and what is spoken there."""

    port: int
    dialect: str
    host: str = "127.0.0.1"


def client_frame(payload: bytes, first: int = _TEXT) -> bytes:
    """A frame as clients send it, masked."""
    size = len(payload)
    head = bytes((first, 0x80 | size)) if size < 126 else struct.pack("!BBH", first, 254, size)
    mask = os.urandom(4)
    key = (mask * (size // 4 + 1))[:size]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return head + mask + masked.to_bytes(size, "big")


def frames(data: bytes, start: int = 0) -> Iterator[Tuple[int, int, int]]:
    """First byte, start and end of the payload of each whole frame that a server sent."""
    size = len(data)
    while start + 2 <= size:
        first, length = data[start], data[start + 1]
        start += 2
        if length == 126:
            if start + 2 > size:
                return
            length = data[start] << 8 | data[start + 1]
            start += 2
        elif length > 126:
            raise ValueError("no frame that this bench knows at byte %d" % (start - 2))
        end = start + length
        if end > size:
            return
        yield first, start, end
        start = end


def connect(place: Place, chosen: Optional[Filter] = None, listen: bool = True,
            buffer: int = 0) -> socket.socket:
    """A connection that receives events from now on, or with ``listen`` false only may send.

    ``buffer`` is the size of its receive buffer in bytes, 0 the system's. Raises ``OSError`` if
    that fails.
    """
    sock = socket.socket()
    sock.settimeout(_TIMEOUT)
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.connect((place.host, place.port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        talk = _Talk(sock)
        talk.upgrade(_PATHS[place.dialect], "mqtt" if place.dialect == "mqtt" else "")
        if place.dialect == "ws1":
            _log_in_ws1(talk, chosen, listen)
        elif place.dialect == "ws2":
            _log_in_ws2(talk, listen)
        elif place.dialect == "mqtt":
            _log_in_mqtt(talk, listen)
    except BaseException:
        sock.close()
        raise
    return sock


class _Talk:
    """The blocking exchange at the start of a connection."""

    def __init__(self, sock: socket.socket):
        self._sock = sock
        self._waiting = b""

    def upgrade(self, path: str, subprotocol: str) -> None:
        extra = "Sec-WebSocket-Protocol: %s\r\n" % subprotocol if subprotocol else ""
        self._sock.sendall((
            "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n"
            % (path, extra)).encode())
        while b"\r\n\r\n" not in self._waiting:
            self._read()
        head, _, self._waiting = self._waiting.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError("no upgrade: %r" % head[:200])

    def _read(self) -> None:
        data = self._sock.recv(65536)
        if not data:
            raise ConnectionError("the server ended the connection")
        self._waiting += data

    def send(self, payload: bytes, first: int = _TEXT) -> None:
        self._sock.sendall(client_frame(payload, first))

    def receive(self) -> bytes:
        while True:
            for first, start, end in frames(self._waiting):
                payload, self._waiting = self._waiting[start:end], self._waiting[end:]
                if first in (_TEXT, _BINARY):
                    return payload
                break
            else:
                self._read()

    def ask(self, text: str, answer: bytes) -> None:
        """Send a command; any reply that begins otherwise is an error."""
        self.send(text.encode())
        reply = self.receive()
        if not reply.startswith(answer):
            raise ConnectionError("%s was answered with %r" % (text.split(";")[:2], reply[:200]))


def greet(port: int) -> socket.socket:
    """A connection to the daemon that has been greeted and not logged in; raises ``OSError``."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT)
    talk = _Talk(sock)
    talk.upgrade(_PATHS["ws1"], "")
    if not talk.receive().startswith(b"+;AUTH0;"):
        raise ConnectionError("no greeting")
    return sock


def _crypto(sid: str) -> str:
    plain = ("%s:%s" % (USER, PASSWORD)).encode()
    encryptor = Cipher(algorithms.AES(bytes.fromhex(KEY)),
                       modes.CBC(bytes.fromhex(sid))).encryptor()
    return encryptor.update(plain + bytes(-len(plain) % 16)).hex()


def _log_in_ws1(talk: _Talk, chosen: Optional[Filter], listen: bool) -> None:
    sid = talk.receive().decode().split(";")[2]
    talk.ask("C;AUTH;%s;%s" % (sid, _crypto(sid)), b"+;AUTH1")
    if chosen is not None:
        talk.ask(chosen.ws1(), b"+;SF")
    if listen:
        talk.ask("C;OPEN", b"+;OPEN")


def _log_in_ws2(talk: _Talk, listen: bool) -> None:
    sid = json.loads(talk.receive())["args"][1]
    for name, args in (("AUTH", {"iv": sid, "crypto": _crypto(sid)}), ("OPEN", None)):
        if listen or name == "AUTH":
            talk.ask(json.dumps({"type": "CMD", "command": name, "args": args}), b'{"type":"+"')


# ---- MQTT --------------------------------------------------------------------------------------


def _log_in_mqtt(talk: _Talk, listen: bool) -> None:
    name = b"bench-" + os.urandom(8).hex().encode()
    talk.send(_packet(0x10, _string(b"MQTT") + b"\x04\x02\0\0" + _string(name)), _BINARY)
    if talk.receive() != b"\x20\x02\0\0":
        raise ConnectionError("MQTT connection refused")
    if listen:
        talk.send(_packet(0x82, b"\0\x01" + _string(TOPIC) + b"\0"), _BINARY)
        if talk.receive() != b"\x90\x03\0\x01\0":
            raise ConnectionError("MQTT subscription refused")


def connect_publisher(port: int) -> socket.socket:
    """A publisher on a plain MQTT listener."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    name = b"bench-" + os.urandom(8).hex().encode()
    sock.sendall(_packet(0x10, _string(b"MQTT") + b"\x04\x02\0\0" + _string(name)))
    if sock.recv(4, socket.MSG_WAITALL) != b"\x20\x02\0\0":
        raise ConnectionError("MQTT connection refused")
    return sock


def publish_plain(topic: bytes, payload: bytes) -> bytes:
    """A PUBLISH for it."""
    return _packet(0x30, _string(topic) + payload)


def publish(payload: bytes, number: Optional[int] = None) -> bytes:
    """A PUBLISH in a client's frame; with a packet ``number`` it asks for an answer (QoS 1)."""
    if number is None:
        return client_frame(_packet(0x30, _string(TOPIC) + payload), _BINARY)
    return client_frame(
        _packet(0x32, _string(TOPIC) + struct.pack("!H", number) + payload), _BINARY)


def _packet(kind: int, body: bytes) -> bytes:
    size, length = len(body), b""
    while True:
        size, digit = size >> 7, size & 127
        length += bytes((digit | (128 if size else 0),))
        if not size:
            return bytes((kind,)) + length + body


def _string(text: bytes) -> bytes:
    return struct.pack("!H", len(text)) + text
