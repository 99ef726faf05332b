"""python-can's own drivers against foreign devices and servers, which end, stammer and lie."""

import importlib
import itertools
import os
import random
import select
import socket
import struct
import subprocess
import sys
import threading
import time
import tty

import pytest

import needs
from canfakes import Channel, an_event, an_interface, until
from vscpws.can import mends
from vscpws.can.canbus import CanBus
from vscpws.settings import BusLimits

LIMITS = BusLimits(reopen_first=0.01, reopen_last=0.05)
PORTS = itertools.count(20000 + os.getpid() * 7 % 20000)


@pytest.fixture
def open_bus():
    buses = []

    def open_bus(channel, limits=LIMITS):
        events = []
        bus = CanBus(an_interface(channel), limits, Channel(events.extend))
        bus.start()
        buses.append(bus)
        return bus, events

    yield open_bus
    for bus in buses:
        bus.stop()


def data(events):
    return [event.data for event in events]


# ---- devices on a tty --------------------------------------------------------------------------


class Device:
    """The far end of a serial line."""

    def __init__(self):
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave = slave

    def write(self, content):
        os.write(self._master, content)

    def heard(self):
        """What has come and not been taken yet."""
        ready = select.select([self._master], [], [], 0)[0]
        return os.read(self._master, 65536) if ready else b""

    def unplug(self):
        if self._slave is not None:
            os.close(self._slave)
            os.close(self._master)
            self._slave = None


@pytest.fixture
def device():
    needs.module("serial")
    device = Device()
    yield device
    device.unplug()


@pytest.fixture
def slcan(device, open_bus):
    bus, events = open_bus("slcan:%s@125000,sleep_after_open=0.0" % device.path)
    until(lambda: bus.state == "up")
    return bus, events


@pytest.mark.parametrize("noise", [
    b"Tnonsense\r", b"T0C0A060\r", b"T0C0A06012AB\r", b"TFFFFFFFF101\r", b"t80010\r", b"t1239\r",
    b"\xff\xfe\xfd\r", b"T0C0A0601X00\r", b"T\r",
])
def test_slcan_line_that_can_not_be_read_costs_itself(device, slcan, noise):
    bus, events = slcan
    for number in range(94):
        device.write(b"T0C0A06011%02X\r" % number)
        if number == 40:
            device.write(noise)
    until(lambda: len(events) == 94)
    assert data(events) == [bytes((number,)) for number in range(94)]
    assert bus.counters.skipped == 1 and bus.counters.reopens == 0


def test_slcan_answers_to_what_is_sent_are_no_end(device, slcan):
    bus, events = slcan
    sent, deadline = 0, time.monotonic() + 1.5      # the guard judges a second
    while sent <= 100 or time.monotonic() < deadline:
        bus.put(an_event(b"x"))
        sent += 1
        until(lambda sent=sent: bus.counters.sent == sent)
        device.write(b"z\r" * device.heard().count(b"T"))
    assert bus.counters.reopens == 0 and bus.state == "up"
    device.write(b"T0C0A0601101\r")
    until(lambda: events)


def test_slcan_device_that_is_unplugged_is_waited_for(device, slcan):
    bus, _ = slcan
    device.unplug()
    until(lambda: bus.state == "waiting")
    until(lambda: bus.counters.reopens > 2)


@pytest.mark.parametrize("kind", ["serial", "robotell", "seeedstudio"])
def test_other_serial_adapters_miss_their_device(device, open_bus, kind):
    bus, _ = open_bus("%s:%s" % (kind, device.path))
    until(lambda: bus.state == "up")
    device.unplug()
    until(lambda: bus.state == "waiting")


def _serial_frame(number, end=b"\xbb"):
    driver = importlib.import_module("can.interfaces.serial.serial_can")
    extended = getattr(driver, "CAN_EFF_FLAG", 0)       # older drivers know no standard frames
    return b"\xaa" + struct.pack("<IBI", 7, 1, extended | 0x0C0A0601) + bytes((number,)) + end


def test_serial_adapter_skips_what_is_no_frame(device, open_bus):
    bus, events = open_bus("serial:%s" % device.path)
    until(lambda: bus.state == "up")
    device.write(_serial_frame(1) + _serial_frame(2, b"\x00") + _serial_frame(3))
    until(lambda: len(events) == 2)
    assert data(events) == [b"\1", b"\3"] and bus.counters.skipped == 1
    # Its time stamp counts from power-on.
    assert abs(events[0].datetime / 1e6 - time.time()) < 60


def test_noise_on_a_serial_line_never_becomes_more_than_noise(device, slcan):
    bus, events = slcan
    device.write(bytes(random.Random(5).choices(range(256), k=3000)).replace(b"\r", b"x") + b"\r")
    device.write(b"T0C0A0601101\r")
    until(lambda: data(events) == [b"\1"])
    assert bus.counters.reopens == 0


def test_device_that_is_not_there_is_waited_for(open_bus):
    needs.module("serial")
    bus, _ = open_bus("slcan:/dev/nosuchtty@125000")
    until(lambda: bus.state == "waiting")


def test_bit_rate_that_the_adapter_has_not_is_mended_by_no_retry(device, open_bus):
    bus, _ = open_bus("slcan:%s@123456,sleep_after_open=0.0" % device.path)
    until(lambda: bus.state == "unusable")
    assert "Invalid bitrate" in bus.status().reason


# ---- socketcand --------------------------------------------------------------------------------


class Server:
    """As much of socketcand as python-can needs; each connection does what ``script`` says."""

    def __init__(self, script):
        self._script = script
        self.received = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.channel = "socketcand:can0,host=127.0.0.1,port=%d" % self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                try:
                    self._greet(connection)
                    self._script(self, connection)
                except OSError:
                    pass

    @staticmethod
    def _greet(connection):
        connection.sendall(b"< hi >")
        for _ in range(2):
            connection.recv(256)
            connection.sendall(b"< ok >")

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def serve():
    servers = []

    def serve(script):
        servers.append(Server(script))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


def frame_line(number):
    return b"< frame 0C0A0601 %d.5 %02X >" % (time.time(), number)


def test_server_that_closes_is_missed_at_once_and_no_event_is_taken_for_it(serve, open_bus):
    go = threading.Event()

    def script(server, connection):
        if server.connections > 1:
            return go.wait(20)
        connection.sendall(frame_line(1) + frame_line(2))
        server.gone = threading.Event()
        server.gone.wait(20)

    server = serve(script)
    bus, events = open_bus(server.channel, BusLimits(reopen_first=5, reopen_last=5))
    until(lambda: len(events) == 2)
    server.gone.set()
    until(lambda: bus.state == "waiting", 2)
    assert "the other side has closed the connection" in bus.status().reason
    assert not bus.has_room()
    go.set()


def test_server_that_closed_is_found_again(serve, open_bus):
    server = serve(lambda server, connection: connection.sendall(frame_line(server.connections)))
    bus, events = open_bus(server.channel)
    until(lambda: len(events) >= 3)
    assert data(events)[:3] == [b"\1", b"\2", b"\3"]


def test_server_that_is_not_there_is_asked_once_in_each_try(open_bus, monkeypatch):
    asked, connect = [], socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect",
                        lambda *arguments: asked.append(1) or connect(*arguments))
    bus, _ = open_bus("socketcand:can0,host=127.0.0.1,port=1")
    until(lambda: bus.counters.reopens > 2)
    assert bus.state == "waiting" and 2 < len(asked) <= bus.counters.reopens + 1


def test_server_that_says_nothing_is_given_up(serve, open_bus, monkeypatch):
    monkeypatch.setattr(mends, "_PATIENCE", 0.1)
    listener = socket.create_server(("127.0.0.1", 0))
    bus, _ = open_bus("socketcand:can0,host=127.0.0.1,port=%d" % listener.getsockname()[1])
    until(lambda: bus.counters.reopens > 1)
    assert bus.state == "waiting"
    listener.close()


@pytest.mark.parametrize("noise", [
    b"< frame 0C0A0601 x 01 >", b"< frame >", b"< frame 0C0A0601 1.5 0 >", b"\xff\xff >",
    b"< frame FFFFFFFF 1.5 01 >", b"< frame 0C0A0601 1.5 000102030405060708090A >" * 7,
])
def test_server_s_message_that_can_not_be_read_is_skipped(serve, open_bus, noise):
    def script(server, connection):
        connection.sendall(frame_line(1))
        until_sent.wait(10)
        connection.sendall(noise)
        skipped.wait(10)
        connection.sendall(frame_line(2))
        done.wait(20)

    until_sent, skipped, done = (threading.Event() for _ in range(3))
    server = serve(script)
    bus, events = open_bus(server.channel)
    until(lambda: events)
    until_sent.set()
    until(lambda: bus.counters.skipped)
    skipped.set()
    until(lambda: b"\2" in data(events))
    done.set()
    assert server.connections == 1 and data(events) == [b"\1", b"\2"]


def test_message_that_can_not_be_read_costs_none_beside_it(serve, open_bus):
    done = threading.Event()

    def script(server, connection):
        connection.sendall(b"".join(frame_line(number) + b"< frame 0C0A0601 x 01 >"
                                    for number in range(10)))
        done.wait(20)

    bus, events = open_bus(serve(script).channel)
    until(lambda: bus.counters.skipped == 10)
    until(lambda: len(events) == 10)
    done.set()
    assert data(events) == [bytes((number,)) for number in range(10)]


def test_connection_has_a_keepalive_with_short_times(serve, open_bus):
    done = threading.Event()
    server = serve(lambda server, connection: done.wait(20))
    bus, _ = open_bus(server.channel)
    until(lambda: bus.state == "up")
    sock, = bus._source._tunnel._streams
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 30
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) <= 60000
    done.set()


def test_options_that_are_missing_are_mended_by_no_retry(open_bus):
    bus, _ = open_bus("socketcand:can0")
    until(lambda: bus.state == "unusable")
    assert "host" in bus.status().reason


# ---- udp_multicast -----------------------------------------------------------------------------

GROUP = "239.74.163.2"


@pytest.fixture
def multicast(open_bus):
    import can
    needs.module("msgpack")
    port = next(PORTS)
    try:
        foreign = can.Bus(interface="udp_multicast", channel=GROUP, port=port)
    except can.CanInitializationError:
        needs.condition(False, "a route for multicast")
    bus, events = open_bus("udp_multicast:%s,port=%d" % (GROUP, port))
    until(lambda: bus.state == "up")
    yield bus, events, foreign, port
    foreign.shutdown()


def _message(number, **more):
    import can
    return can.Message(arbitration_id=0x0C0A0601, data=number.to_bytes(4, "big"), **more)


def test_foreign_datagrams_are_skipped_and_counted(multicast):
    import msgpack
    bus, events, foreign, port = multicast
    good = {"timestamp": 1.0, "arbitration_id": 1, "is_extended_id": True, "dlc": 1, "data": b"x"}
    datagrams = [b"", b"hello", b"\xc1", b"\xff" * 1400, msgpack.packb(5), msgpack.packb({}),
                 msgpack.packb({"data": 10 ** 9}), msgpack.packb({"arbitration_id": -1}),
                 msgpack.packb(dict(good, arbitration_id=1 << 30)),
                 msgpack.packb(dict(good, dlc=5)), msgpack.packb(dict(good, arbitration_id=1.5)),
                 msgpack.packb(dict(good, unknown=1))] * 10
    for datagram in datagrams:
        foreign._multicast._socket.sendto(datagram, (GROUP, port))
    foreign.send(_message(1))
    until(lambda: data(events)[-1:] == [b"\0\0\0\1"])
    assert bus.counters.reopens == 0
    assert 60 <= bus.counters.skipped <= len(datagrams)
    assert all(len(each) <= 4 for each in data(events))


def test_burst_is_taken_whole(multicast):
    bus, events, foreign, _ = multicast
    # The hub does not turn while this greenlet does not wait.
    for number in range(3000):
        foreign.send(_message(number))
    until(lambda: len(events) + bus.counters.receive_drops >= 3000)
    assert len(events) == 3000 and bus.counters.receive_drops == 0


def test_what_found_no_place_is_counted(multicast):
    bus, events, foreign, _ = multicast
    sock, = bus._source._tunnel._datagrams
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
    for number in range(5000):
        foreign.send(_message(number))
    until(lambda: len(events) + bus.counters.receive_drops >= 5000)
    assert bus.counters.receive_drops > 0
    assert len(events) + bus.counters.receive_drops == 5000


LINK_DOWN = """
import subprocess, sys
sys.path[:0] = ["test", "lib"]
from canfakes import Channel, an_interface, until
from vscpws.can.canbus import CanBus
from vscpws.settings import BusLimits
import can

def ip(*words):
    subprocess.run(("ip",) + words, check=True)

def way():
    ip("link", "set", "lo", "up")
    ip("route", "add", "224.0.0.0/4", "dev", "lo")

way()
events = []
house = an_interface("udp_multicast:239.74.163.2")
bus = CanBus(house, BusLimits(0.05, 0.1), Channel(events.extend))
bus.start()
until(lambda: bus.state == "up")
ip("link", "set", "lo", "down")
until(lambda: bus.state in ("down", "waiting"))
print(bus.status().state, bus.status().reason)
way()
until(lambda: bus.state == "up")
can.Bus(interface="udp_multicast", channel="239.74.163.2").send(can.Message(data=[1]))
until(lambda: events)
bus.stop()
print("heard again")
"""


def test_link_that_goes_down_is_noticed_and_its_return_too():
    needs.root()
    needs.module("msgpack")
    needs.tool("ip")
    unshare = needs.tool("unshare")
    result = subprocess.run([unshare, "-n", sys.executable, "-c", LINK_DOWN], timeout=60, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            cwd=os.path.join(os.path.dirname(__file__), "..", ".."))
    assert result.returncode == 0, result.stderr
    assert "interface lo is down" in result.stdout and "heard again" in result.stdout
