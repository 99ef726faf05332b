"""What a connection reads, at the end of a socket whose other one the test has."""

import socket
import struct

import pytest

from vscpws.mqtt import wire
from vscpws.mqtt.forms.packets import publish
from vscpws.mqtt.wire import Lost, Wire

MESSAGES = [publish(b"vscp/x", b"%06d" % number) for number in range(512)]     # of 16 bytes


@pytest.fixture(params=["closed", "reset"])
def ended(request):
    """A wire and its other end, by which it will end so."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        other = socket.create_connection(door.getsockname())
        sock, _ = door.accept()
    if request.param == "reset":
        other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.setblocking(False)
    ours = Wire(sock, 65536, False)
    yield ours, other
    ours.close()
    other.close()


def read(ours, seconds=10.0):
    """All messages until the end, and what it is said to be."""
    heard = []
    ours._sock.settimeout(seconds)      # so that nothing has to be waited for
    try:
        while True:
            ours.fill()
            heard += [int(message.payload) for message in _all(ours)]
    except Lost as lost:
        return heard, str(lost)


def _all(ours):
    while True:
        messages = ours.messages()
        if not messages:
            return
        yield from messages


def test_what_came_before_the_end_is_read(monkeypatch):
    monkeypatch.setattr(wire, "_PIECE", 1024)      # the end is met in the same go
    ours, other = socket.socketpair()
    with ours, other:
        other.sendall(b"".join(MESSAGES))
        other.close()
        assert read(Wire(ours, 65536, False)) == (
            list(range(512)), "the broker closed the connection")


def test_an_end_without_anything_before_it_is_told(ended):
    ours, other = ended
    other.close()
    heard, reason = read(ours)
    assert heard == []
    assert reason in ("the broker closed the connection", "Connection reset by peer")


def test_it_stays_at_its_end(ended):
    ours, other = ended
    other.close()
    assert read(ours) == read(ours)
