"""Reading and writing a SocketCAN socket; a pair of Unix sockets stands for the kernel's side.

The runs on a real SocketCAN interface are in test/system.
"""

import errno
import os
import socket
import struct
import time

import gevent
import pytest

import can
from canfakes import until
from vscpws.can import socketcan
from vscpws.can.socketcan import SocketCanSource
from vscpws.can.source import BusDown, BusMissing, BusOff, BusUnusable, SendBusy, SendRefused
from vscpws.codec.canframe import ERROR, EXTENDED


class Socket(socket.socket):
    """Keeps what it is told; those options that only a CAN socket has go no further."""

    def __init__(self, other):
        super().__init__(fileno=other.detach())
        self.options = {}
        self.pending = 0

    def setsockopt(self, level, option, value):
        self.options[level, option] = value
        if level != socket.SOL_CAN_RAW:
            super().setsockopt(level, option, value)

    def getsockopt(self, level, option):
        is_error = (level, option) == (socket.SOL_SOCKET, socket.SO_ERROR)
        return self.pending if is_error else super().getsockopt(level, option)


class Bench:
    """A source whose python-can bus has one end of a socket pair."""

    pending = 0

    def __init__(self, monkeypatch):
        self.kernel = None
        self.is_shut = False
        self.arguments = None
        monkeypatch.setattr(socketcan.can, "Bus", self.open)
        self.source = SocketCanSource("can0", 65536)

    def open(self, **arguments):
        self.arguments = arguments
        ours, self.kernel = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket = Socket(ours)
        self.socket.pending = self.pending
        self.socket.setsockopt(socket.SOL_SOCKET, 35, 1)    # SO_TIMESTAMPNS, as python-can does
        self.kernel.settimeout(5)
        self.is_shut = False
        return self

    def shutdown(self):
        self.socket.close()
        self.kernel.close()
        self.is_shut = True

    def receive(self, can_id, data):
        self.kernel.send(struct.pack("=IB3x8s", can_id, len(data), data))


@pytest.fixture
def bench(monkeypatch):
    bench = Bench(monkeypatch)
    bench.source.open()
    yield bench
    bench.source.close()
    assert bench.is_shut


def test_python_can_opens_the_interface(bench):
    assert bench.arguments == {"interface": "socketcan", "channel": "can0"}
    assert bench.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= 65536


def test_the_buffer_is_as_large_as_wished_and_what_is_lost_is_told(bench):
    told = bench.socket.options
    assert told[socket.SOL_SOCKET, 33] == 65536         # SO_RCVBUFFORCE
    assert told[socket.SOL_SOCKET, 40] == 1             # SO_RXQ_OVFL


@pytest.mark.parametrize("mtu, is_fd", [(16, False), (72, True), (None, False)])
def test_long_frames_are_asked_for_where_the_interface_has_them(monkeypatch, mtu, is_fd):
    bench = Bench(monkeypatch)
    monkeypatch.setattr(socketcan, "mtu_of", lambda name, fileno: mtu)
    bench.source.open()
    assert bench.source.fd is is_fd
    asked = bench.socket.options.get((socket.SOL_CAN_RAW, socket.CAN_RAW_FD_FRAMES))
    assert asked == (1 if is_fd else None)
    bench.source.close()
    assert bench.source.fd is False


def test_interface_that_is_down_is_found_when_it_is_opened(monkeypatch):
    bench = Bench(monkeypatch)
    bench.pending = errno.ENETDOWN
    with pytest.raises(BusDown, match="switched off"):
        bench.source.open()
    bench.source.close()
    assert bench.is_shut


def test_all_that_waits_is_read_at_once_with_the_kernels_time(bench):
    before = time.time_ns() // 1000
    bench.receive(EXTENDED | 5, b"\1\2")
    bench.receive(0x123, b"")
    bench.receive(ERROR | 0x40, bytes(8))
    frames = bench.source.read(100)
    assert [frame[:2] for frame in frames] == [
        (EXTENDED | 5, b"\1\2"), (0x123, b""), (ERROR | 0x40, bytes(8))]
    assert all(before - 1000 <= frame[2] <= time.time_ns() // 1000 for frame in frames)


def test_fd_frame_is_read_whole(bench):
    bench.kernel.send(struct.pack("=IB3x64s", EXTENDED | 5, 64, b"x" * 64))
    assert bench.source.read(1)[0][:2] == (EXTENDED | 5, b"x" * 64)


def test_one_turn_reads_no_more_than_its_limit(bench):
    for number in range(5):
        bench.receive(EXTENDED | number, b"")
    assert [len(bench.source.read(2)) for _ in range(3)] == [2, 2, 1]


def test_reading_waits_and_lets_others_run(bench):
    reader = gevent.spawn(bench.source.read, 10)
    for _ in range(3):
        gevent.idle()               # it had its turn, and the loop looked at its socket
    assert reader.started and not reader.ready()
    bench.receive(EXTENDED | 5, b"")
    until(reader.ready)
    assert len(reader.value) == 1


class FailingSocket:
    """Gives what it is told to: a frame or an error per call."""

    def __init__(self, *script):
        self.script = list(script)

    def recvmsg(self, size, ancillary):
        step = self.script.pop(0) if self.script else BlockingIOError()
        if isinstance(step, Exception):
            raise step
        return step, self.ancillary, 0, None

    def send(self, data):
        raise self.script.pop(0)

    ancillary = ()


def with_socket(bench, monkeypatch, *script):
    failing = FailingSocket(*script)
    monkeypatch.setattr(bench.source, "_socket", failing)
    return failing


def test_frames_before_a_failure_are_not_lost(bench, monkeypatch):
    frame = struct.pack("=IB3x8s", EXTENDED | 5, 0, b"")
    with_socket(bench, monkeypatch, frame, OSError(errno.ENETDOWN, "Network is down"), frame)
    assert len(bench.source.read(10)) == 2
    with pytest.raises(BusDown):
        bench.source.read(10)


def test_reading_ends_where_the_socket_fails_again_and_again(bench, monkeypatch):
    failures = [OSError(errno.ENETDOWN, "Network is down") for _ in range(3)]
    failing = with_socket(bench, monkeypatch, *failures)
    with pytest.raises(BusDown):
        bench.source.read(10)
    assert len(failing.script) == 1


def test_a_frame_has_the_kernel_s_microseconds_or_no_time(bench, monkeypatch):
    frame = struct.pack("=IB3x8s", EXTENDED | 5, 0, b"")
    failing = with_socket(bench, monkeypatch, frame, frame)
    assert bench.source.read(1) == [(EXTENDED | 5, b"", 0)]
    failing.ancillary = ((socket.SOL_SOCKET, 35, struct.pack("@ll", 1700000000, 123456789)),)
    assert bench.source.read(1) == [(EXTENDED | 5, b"", 1700000000123456)]


def test_what_is_closed_neither_reads_nor_sends(bench):
    for _ in range(2):
        bench.source.close()
        with pytest.raises(BusMissing, match="it is closed"):
            bench.source.read(1)
        with pytest.raises(BusMissing, match="it is closed"):
            bench.source.send(1, b"")


def test_kernels_count_of_lost_frames_goes_on_over_a_reopening(bench, monkeypatch):
    frame = struct.pack("=IB3x8s", EXTENDED | 5, 0, b"")
    lost = struct.pack("@I", 17)        # since the socket was opened
    with_socket(bench, monkeypatch, frame, frame).ancillary = ((socket.SOL_SOCKET, 40, lost),)
    for _ in range(2):
        bench.source.read(1)
        assert bench.source.drops == 17
    bench.source.close()
    bench.source.open()
    assert bench.source.drops == 17
    with_socket(bench, monkeypatch, frame).ancillary = ((socket.SOL_SOCKET, 40, lost),)
    bench.source.read(1)
    assert bench.source.drops == 34


def test_a_failure_is_forgotten_by_a_reopening(bench, monkeypatch):
    with_socket(bench, monkeypatch, OSError(errno.ENETDOWN, "Network is down"))
    with pytest.raises(BusDown):
        bench.source.read(10)
    bench.source.close()
    bench.source.open()
    bench.receive(EXTENDED | 5, b"")
    bench.source.read(1)
    reader = gevent.spawn(bench.source.read, 1)
    gevent.sleep(0)
    assert not reader.ready()
    bench.receive(EXTENDED | 6, b"")
    until(reader.ready)
    assert reader.value[0][0] == EXTENDED | 6


@pytest.mark.parametrize("data, layout", [(b"", "=IB3x8s"), (b"12345678", "=IB3x8s"),
                                          (b"x" * 9, "=IB3x64s"), (b"x" * 12, "=IB3x64s")])
def test_sent_frame_has_the_kernels_layout(bench, data, layout):
    bench.source.send(0x0C0A0601, data)
    can_id, length, sent = struct.unpack(layout, bench.kernel.recv(100))
    assert (can_id, length, sent[:length]) == (EXTENDED | 0x0C0A0601, len(data), data)
    assert not sent[length:].strip(b"\0")


def test_full_socket_is_busy(bench):
    with pytest.raises(SendBusy):
        for _ in range(100000):
            bench.source.send(1, b"")


@pytest.mark.parametrize("code, error", [
    (errno.ENOBUFS, SendBusy), (errno.EAGAIN, SendBusy), (errno.EINVAL, SendRefused),
    (errno.ENETDOWN, BusDown), (errno.ENODEV, BusMissing), (errno.ENXIO, BusMissing),
])
def test_refusals_are_told_apart(bench, monkeypatch, code, error):
    with_socket(bench, monkeypatch, OSError(code, os.strerror(code)))
    with pytest.raises(error) as caught:
        bench.source.send(1, b"")
    assert type(caught.value) is error


@pytest.mark.parametrize("failure, error, reason", [
    (OSError(errno.ENODEV, "No such device"), BusMissing, "there is no CAN interface can0"),
    (OSError(errno.EAFNOSUPPORT, "x"), BusMissing, "modprobe can_raw"),
    (OSError(errno.EPERM, "Operation not permitted"), BusMissing, "not permitted"),
    (OSError(errno.ENETDOWN, "Network is down"), BusDown, "switched off"),
    (can.CanInitializationError("something"), BusMissing, "something"),
    (ImportError("half a python-can"), BusUnusable, "half a python-can"),
])
def test_opening_fails_with_a_reason(monkeypatch, failure, error, reason):
    def refuse(**_):
        raise failure

    monkeypatch.setattr(socketcan.can, "Bus", refuse)
    source = SocketCanSource("can0", 65536)
    with pytest.raises(error, match=reason):
        source.open()
    source.close()


def test_controller_without_carrier_is_bus_off(monkeypatch):
    bench = Bench(monkeypatch)
    monkeypatch.setattr(socketcan, "carrier_of", lambda name: False)
    with pytest.raises(BusOff):
        bench.source.open()
    bench.source.close()
    assert bench.is_shut
