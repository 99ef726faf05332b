"""What is read is judged in pieces, whatever comes in one read."""

import io
import socket

import pytest
from websockets.frames import Frame, Opcode

from vscpws.codec.wsframe import Ping
from vscpws.web.websocket import WebSocket

PINGS = 20000
MOST = 500                      # frames judged in a row


class Handler:
    """What a websocket takes of its handler: the socket, and the file that reads from it."""

    def __init__(self, connection, data):
        self.socket = self
        self._sock = connection
        self.rfile = io.BytesIO(data)


class Stream:
    read = write = fileno = handler = None


@pytest.fixture
def connection():
    with socket.create_server(("127.0.0.1", 0)) as listener, \
            socket.create_connection(listener.getsockname()) as client:
        yield client


def chunks(connection, data):
    websocket = WebSocket({}, Stream, Handler(connection, data), 65536, 1024)
    return [list(chunk) for chunk in websocket.chunks()]


def test_tiny_frames_are_judged_a_few_at_a_time_and_none_is_lost(connection):
    found = chunks(connection, Frame(Opcode.PING, b"").serialize(mask=True) * PINGS)
    assert sum(found, []) == [Ping(b"")] * PINGS
    assert max(map(len, found)) <= MOST


def test_a_large_message_is_put_together_again(connection):
    text = "0123456789" * 6553
    found = chunks(connection, Frame(Opcode.TEXT, text.encode()).serialize(mask=True) * 3)
    assert sum(found, []) == [text] * 3
