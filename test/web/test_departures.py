import os
import socket
import struct

import gevent
import pytest

from vscpws.web.departures import Departures


@pytest.fixture
def departures():
    return Departures()


@pytest.fixture
def pair():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    yield ours, peer
    ours.close()
    peer.close()


def leave(peer):
    peer.close()


def half_close(peer):
    peer.shutdown(socket.SHUT_WR)


def reset(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def look(departures):
    """Have the loop tell of all that have ended up to now: of one that ends last, at any rate."""
    ours, peer = socket.socketpair()
    with ours:
        last = []
        departures.watch(ours.fileno(), lambda: last.append(1))
        peer.close()
        until(lambda: last)


def until(condition):
    with gevent.Timeout(5):
        while not condition():
            gevent.sleep(0.001)


@pytest.mark.parametrize("how", [leave, half_close, reset])
@pytest.mark.parametrize("unread", [b"", b"not read yet"])
def test_a_peer_that_ends_is_told_of_once(departures, pair, how, unread):
    gone = []
    departures.watch(pair[0].fileno(), lambda: gone.append(1))
    pair[1].sendall(unread)
    look(departures)
    assert not gone
    how(pair[1])
    until(lambda: gone)
    look(departures)
    assert gone == [1]


def test_nothing_is_open_while_nobody_is_watched(departures, pair):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        departures.watch(pair[0].fileno(), lambda: None)
        departures.forget(pair[0].fileno())
    assert len(os.listdir("/proc/self/fd")) == before


def test_who_is_forgotten_is_not_told_of(departures, pair):
    gone = []
    departures.watch(pair[0].fileno(), lambda: gone.append(1))
    departures.forget(pair[0].fileno())
    departures.forget(pair[0].fileno())
    leave(pair[1])
    look(departures)
    assert not gone
