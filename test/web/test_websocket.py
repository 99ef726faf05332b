"""From gevent-websocket's handler a connection is taken with what came early, and for good."""

import gevent
import gevent.socket
import pytest

from vscpws.web.websocket import WebSocket


class Handler:
    """What a websocket takes of its handler: the socket, and the file that reads from it."""

    def __init__(self, connection):
        self.socket = connection
        self.rfile = connection.makefile("rb", -1)


class Stream:
    read = write = fileno = handler = None


@pytest.fixture
def pair():
    ours, peer = gevent.socket.socketpair()
    with ours, peer:
        yield ours, peer


@pytest.mark.parametrize("early", [b"", b"x", b"early" * 1000])
def test_what_came_with_the_head_is_read_first(pair, early):
    pair[1].sendall(b"the end of the head\n" + early)
    handler = Handler(pair[0])
    handler.rfile.readline()
    connection = WebSocket({}, Stream, handler).take_out(1)
    pair[1].sendall(b" and late")
    data = b""
    while not data.endswith(b" and late"):
        data += connection.read() or b""
    assert data == early + b" and late"
    connection.close()


def test_the_handler_has_no_connection_any_more_and_ends_none(pair):
    handler = Handler(pair[0])
    websocket = WebSocket({}, Stream, handler)
    connection = websocket.take_out(1)
    assert handler.socket is None and handler.rfile.closed
    websocket.close()
    del websocket
    pair[0].close()
    assert connection.send_now(b"still there") == 11
    assert pair[1].recv(100) == b"still there"
    connection.close()


def test_it_neither_reads_nor_sends_by_itself(pair):
    websocket = WebSocket({}, Stream, Handler(pair[0]))
    with pytest.raises(NotImplementedError):
        websocket.receive()
    with pytest.raises(NotImplementedError):
        websocket.send_frame(b"x", 1)
