"""What is read is judged in pieces, whatever comes in one read, and what came early is not lost."""

import gevent
import gevent.socket
import pytest
from websockets.frames import Frame, Opcode

from vscpws.codec.wsframe import FrameFault, FrameReader, Ping
from vscpws.web.connection import Connection
from vscpws.web.input import Ended, Input

PINGS = 20000
MOST = 500                      # frames judged in a row


def frame(opcode, payload=b"", **options):
    return Frame(opcode, payload, **options).serialize(mask=True)


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


def input_of(pair, early=b""):
    connection = Connection(pair[0], early, 1)
    return connection, Input(connection, FrameReader(65536, 1024))


def pieces(pair, data, early=b""):
    """For each piece what it completes, until the client ends; ``early`` was read before."""
    def send():
        pair[1].sendall(data)
        pair[1].shutdown(gevent.socket.SHUT_WR)
    sender = gevent.spawn(send)
    found = []
    connection, read = input_of(pair, early)
    with pytest.raises(Ended):
        while True:
            more = read.begin()
            if not more:
                gevent.socket.wait_read(connection.fileno(), timeout=10)
            while more:
                found.append(list(read.messages))
                more = read.advance()
    sender.get()
    connection.close()
    return found


def test_tiny_frames_are_judged_a_few_at_a_time_and_none_is_lost(pair):
    found = pieces(pair, frame(Opcode.PING) * PINGS)
    assert sum(found, []) == [Ping(b"")] * PINGS
    assert max(map(len, found)) <= MOST


def test_a_large_message_is_put_together_again(pair):
    text = "0123456789" * 6553
    found = pieces(pair, frame(Opcode.TEXT, text.encode()) * 3)
    assert sum(found, []) == [text] * 3


@pytest.mark.parametrize("size, count", [(2047, 1), (2048, 1), (2049, 2), (4096, 2), (4097, 3)])
def test_a_piece_is_of_2048_bytes_and_none_is_empty(pair, size, count):
    connection, read = input_of(pair, frame(Opcode.TEXT, b"x" * 5000)[:size])
    assert read.begin()
    for _ in range(count - 1):
        assert list(read.messages) == []
        assert read.advance()
    assert list(read.messages) == []
    assert not read.advance()
    connection.close()


@pytest.mark.parametrize("early", [0, 1, 3, 40, 75])
def test_what_came_early_is_read_first(pair, early):
    stream = b"".join(frame(Opcode.TEXT, b"message %d" % number) for number in range(5))
    found = pieces(pair, stream[early:], stream[:early])
    assert sum(found, []) == ["message %d" % number for number in range(5)]


def test_where_nothing_has_come_there_is_no_piece(pair):
    connection, read = input_of(pair)
    assert not read.begin()
    assert not read.discard()
    connection.close()


def test_a_piece_that_was_left_goes_on_where_it_was_left(pair):
    stream = b"".join(frame(Opcode.TEXT, b"%d" % number) for number in range(5))
    connection, read = input_of(pair, stream)
    assert read.begin()
    assert [next(read.messages) for _ in range(2)] == ["0", "1"]
    pair[1].sendall(frame(Opcode.TEXT, b"later"))
    assert read.begin()
    assert list(read.messages) == ["2", "3", "4"]
    assert not read.advance()
    gevent.socket.wait_read(connection.fileno(), timeout=10)
    assert read.begin() and list(read.messages) == ["later"]
    connection.close()


class Holding:
    """A connection that has read more than it gave, as TLS does: the kernel has nothing to tell."""

    def __init__(self, *parts):
        self._parts = list(parts)

    @property
    def has_more(self):
        return bool(self._parts)

    def read(self):
        return self._parts.pop(0)


def test_what_the_connection_holds_follows_without_a_wait():
    read = Input(Holding(*(frame(Opcode.TEXT, b"%d" % number) for number in range(3))),
                 FrameReader(65536, 1024))
    assert read.begin() and list(read.messages) == ["0"]
    for expected in ("1", "2"):
        assert read.advance() is True
        assert list(read.messages) == [expected]
    assert not read.advance()


def test_what_stands_before_a_fault_is_there_and_after_it_all_is_forgotten(pair):
    connection, read = input_of(pair, frame(Opcode.TEXT, b"good") + b"\xff" * 5000)
    assert read.begin() and next(read.messages) == "good"
    with pytest.raises(FrameFault):
        next(read.messages)
    pair[1].sendall(b"\xff")
    gevent.socket.wait_read(connection.fileno(), timeout=10)
    assert read.discard() and not read.discard()
    pair[1].close()
    gevent.socket.wait_read(connection.fileno(), timeout=10)
    with pytest.raises(Ended):
        read.discard()
    connection.close()
