"""What is read is judged in pieces, whatever comes in one read, and what came early is not lost."""

import gevent
import gevent.socket
import pytest
from websockets.frames import Frame, Opcode

from vscpws.codec.wsframe import Ping
from vscpws.web.websocket import WebSocket

PINGS = 20000
MOST = 500                      # frames judged in a row


class Handler:
    """What a websocket takes of its handler: the socket, and the file that reads from it."""

    def __init__(self, connection):
        self.socket = connection
        self.rfile = connection.makefile("rb", -1)


class Stream:
    read = write = fileno = handler = None


@pytest.fixture
def pair():
    """Both ends of a TCP connection: the server's and the client's."""
    with gevent.socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        client = gevent.socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    with client, server:
        yield server, client


def chunks(pair, data, early=b""):
    """All that is read; ``early`` comes in one piece with the line before the websocket begins."""
    server, client = pair

    def send():
        client.sendall(b"the end of the head\n" + early)
        client.sendall(data)
        client.shutdown(gevent.socket.SHUT_WR)
    sender = gevent.spawn(send)
    handler = Handler(server)
    handler.rfile.readline()
    websocket = WebSocket({}, Stream, handler, 65536, 1024)
    found = [list(chunk) for chunk in websocket.chunks()]
    sender.get()
    return found


def test_tiny_frames_are_judged_a_few_at_a_time_and_none_is_lost(pair):
    found = chunks(pair, Frame(Opcode.PING, b"").serialize(mask=True) * PINGS)
    assert sum(found, []) == [Ping(b"")] * PINGS
    assert max(map(len, found)) <= MOST


def test_a_large_message_is_put_together_again(pair):
    text = "0123456789" * 6553
    found = chunks(pair, Frame(Opcode.TEXT, text.encode()).serialize(mask=True) * 3)
    assert sum(found, []) == [text] * 3


@pytest.mark.parametrize("early", [0, 1, 3, 40])
def test_what_came_with_the_head_is_read_first(pair, early):
    stream = b"".join(Frame(Opcode.TEXT, b"message %d" % number).serialize(mask=True)
                      for number in range(5))
    found = chunks(pair, stream[early:], stream[:early])
    assert sum(found, []) == ["message %d" % number for number in range(5)]
