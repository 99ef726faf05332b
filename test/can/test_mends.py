"""python-can's network drivers, mended: on drivers that look like each version's."""

import socket
import sys
import types

import pytest

import can
import needs
from vscpws.can.mends import mend_driver

SOCKETCAND = "can.interfaces.socketcand.socketcand"
MULTICAST = "can.interfaces.udp_multicast.bus"


def a_driver(monkeypatch, name, **things):
    """A module that stands in the driver's place."""
    module = types.ModuleType(name)
    vars(module).update(things)
    monkeypatch.setitem(sys.modules, name, module)
    return module


class Link:
    """A server's connection as the driver's bus holds it."""

    def __init__(self):
        self.ours, self.server = socket.socketpair()
        self.bus = types.SimpleNamespace(link=self.ours)

    def close(self):
        self.ours.close()
        self.server.close()


@pytest.fixture
def link():
    link = Link()
    link.ours.settimeout(5)
    yield link
    link.close()


def convert(text):
    if text == "bad":
        raise ValueError("can't be read")
    return None if text == "other" else can.Message(arbitration_id=len(text))


@pytest.fixture
def socketcand(monkeypatch):
    class SocketCanDaemonBus:
        def _expect_msg(self, wanted):
            raise AssertionError("the driver's own is called")

    module = a_driver(monkeypatch, SOCKETCAND, SocketCanDaemonBus=SocketCanDaemonBus,
                      connect_to_server=convert, convert_ascii_message_to_can_message=convert)
    mend_driver("socketcand")
    return module


@pytest.mark.parametrize("kind", ["virtual", "slcan", "socketcan"])
def test_other_drivers_are_left_alone(monkeypatch, kind):
    one = a_driver(monkeypatch, SOCKETCAND, SocketCanDaemonBus=object, connect_to_server=convert)
    other = a_driver(monkeypatch, MULTICAST, unpack_message=convert)
    mend_driver(kind)
    assert one.connect_to_server is other.unpack_message is convert


def test_a_server_has_five_seconds_to_take_the_connection_and_to_answer(socketcand):
    calls = []
    sock = types.SimpleNamespace(settimeout=lambda seconds: calls.append(seconds),
                                 connect=lambda address: calls.append(address))
    socketcand.connect_to_server(sock, "host", 29536)
    assert calls == [5.0, ("host", 29536)]


def test_a_driver_is_mended_once(socketcand):
    mended = dict(vars(socketcand))
    mend_driver("socketcand")
    assert vars(socketcand) == mended


def test_a_driver_that_has_less_to_mend_is_left_as_it_is(monkeypatch):
    without = type("SocketCanDaemonBus", (), {})
    module = a_driver(monkeypatch, SOCKETCAND, SocketCanDaemonBus=without)
    mend_driver("socketcand")
    assert not hasattr(module, "connect_to_server")
    module.connect_to_server = convert
    mend_driver("socketcand")
    assert module.connect_to_server is not convert
    assert not hasattr(module, "convert_ascii_message_to_can_message")
    assert not hasattr(without, "_expect_msg")


def test_an_answer_is_read_to_its_end_and_not_a_byte_further(socketcand, link):
    link.server.sendall(b"< hi >< ok >< frame 1 2.0 03 >")
    socketcand.SocketCanDaemonBus._expect_msg(link.bus, "< hi >")
    socketcand.SocketCanDaemonBus._expect_msg(link.bus, "< ok >")
    assert link.ours.recv(100) == b"< frame 1 2.0 03 >"


class Trickle(socket.socket):
    """Gives a few bytes at first, as a slow line may."""

    def __init__(self, fileno):
        super().__init__(fileno=fileno)
        self.pieces = [1, 2]

    def recv(self, size):
        return super().recv(min(size, self.pieces.pop(0) if self.pieces else size))


def test_an_answer_that_comes_in_pieces_is_put_together(socketcand, link):
    slow = Trickle(link.ours.detach())
    slow.settimeout(5)
    link.server.sendall(b"< hi >< ok >")
    bus = types.SimpleNamespace(link=slow)
    socketcand.SocketCanDaemonBus._expect_msg(bus, "< hi >")
    assert slow.recv(1) == b"<"
    slow.close()


def test_another_answer_is_told(socketcand, link):
    link.server.sendall(b"< error >")
    with pytest.raises(can.CanOperationError, match="answers b'< erro' instead of '< hi >'"):
        socketcand.SocketCanDaemonBus._expect_msg(link.bus, "< hi >")


def test_a_server_that_closes_instead_of_answering_is_gone(socketcand, link):
    link.server.sendall(b"< h")
    link.server.shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionError, match="has closed"):
        socketcand.SocketCanDaemonBus._expect_msg(link.bus, "< hi >")


def test_a_message_that_can_not_be_read_is_one_that_can_be_no_frame(socketcand):
    read = socketcand.convert_ascii_message_to_can_message
    assert read("four").arbitration_id == 4 and read("other") is None
    assert read("bad").arbitration_id < 0


# ---- udp_multicast -----------------------------------------------------------------------------


@pytest.fixture
def multicast(monkeypatch):
    needs.module("msgpack")

    def unpack_message(datagram, *args, **kwargs):
        return datagram, args, kwargs

    module = a_driver(monkeypatch, MULTICAST, unpack_message=unpack_message)
    mend_driver("udp_multicast")
    return module


def packed(value):
    import msgpack

    return msgpack.packb(value)


@pytest.mark.parametrize("fields", [
    {"data": b"\1\2", "arbitration_id": 1}, {"data": None}, {"arbitration_id": 1}])
def test_a_datagram_whose_data_are_bytes_is_read_by_the_driver(multicast, fields):
    datagram = packed(fields)
    assert multicast.unpack_message(datagram, 1, check=True) == (datagram, (1,), {"check": True})


@pytest.mark.parametrize("fields", [
    {"data": 1 << 30}, {"data": "text"}, {"data": [1]}, [b"x"], 5, None])
def test_a_datagram_with_anything_else_is_no_frame(multicast, fields):
    with pytest.raises(ValueError, match="no CAN frame"):
        multicast.unpack_message(packed(fields))


def test_the_multicast_driver_is_mended_once_and_only_where_it_reads_so(multicast, monkeypatch):
    mended = multicast.unpack_message
    mend_driver("udp_multicast")
    assert multicast.unpack_message is mended
    bare = a_driver(monkeypatch, MULTICAST)
    mend_driver("udp_multicast")
    assert not hasattr(bare, "unpack_message")
