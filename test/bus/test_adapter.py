"""Other python-can interfaces: their drivers block, the hub must not."""

import itertools
import os
import threading
import time

import can
import gevent
import pytest

import needs
from bus.fakes import an_event, an_interface, until
from vscpws.bus import adapter
from vscpws.bus.canbus import CanBus
from vscpws.config.settings import BusLimits
from vscpws.model.errors import TransmitBufferFull

CHANNELS = itertools.count(os.getpid() * 31)      # so that two runs at once do not meet
LIMITS = BusLimits(reopen_first=0.01, reopen_last=0.02)


class Bench:
    """A bus of ours, and the foreign side on plain python-can."""

    def __init__(self, kind):
        if kind == "virtual":
            channel, options = "house-%d" % next(CHANNELS), {}
        else:
            channel, options = "239.74.163.2", {"port": 20000 + next(CHANNELS) % 20000}
        text = "%s:%s%s" % (kind, channel, "".join(",%s=%d" % item for item in options.items()))
        self.events = []
        self.bus = CanBus(an_interface(text), LIMITS, 7, self.events.extend)
        self.foreign = can.Bus(interface=kind, channel=channel, **options)
        self.bus.start()
        until(lambda: self.bus.state == "up")

    def close(self):
        self.bus.stop()
        self.foreign.shutdown()


@pytest.fixture(params=["virtual", "udp_multicast"])
def bench(request):
    if request.param == "udp_multicast":
        needs.module("msgpack")
    bench = Bench(request.param)
    yield bench
    bench.close()


@pytest.fixture
def virtual():
    bench = Bench("virtual")
    yield bench
    bench.close()


def a_message(number):
    return can.Message(arbitration_id=0x0C0A0600 | number & 0xFF, data=number.to_bytes(4, "big"))


def test_foreign_frames_arrive_in_order_with_their_time(bench):
    before = time.time_ns() // 1000
    for number in range(200):
        bench.foreign.send(a_message(number))
    until(lambda: len(bench.events) == 200)
    assert [int.from_bytes(event.data, "big") for event in bench.events] == list(range(200))
    assert [event.guid[15] for event in bench.events] == [number & 0xFF for number in range(200)]
    assert all(before - 1000000 <= event.datetime <= time.time_ns() // 1000 + 1000000
               for event in bench.events)


def test_events_reach_the_foreign_side_and_don_t_come_back(bench):
    for number in range(20):
        bench.bus.put(an_event(bytes((number,))))
    until(lambda: bench.bus.counters.sent == 20)
    heard = [bench.foreign.recv(5) for _ in range(20)]
    assert [bytes(message.data) for message in heard] == [bytes((n,)) for n in range(20)]
    assert {message.arbitration_id for message in heard} == {0x0C140305}
    bench.foreign.send(a_message(1))
    until(lambda: bench.events)
    assert [event.vscp_class for event in bench.events] == [10]


def test_flood_is_taken_many_frames_at_a_time(virtual):
    batches = []
    virtual.bus._receiver._deliver = batches.append
    for number in range(5000):
        virtual.foreign.send(a_message(number))
    until(lambda: sum(map(len, batches)) == 5000)
    assert len(batches) < 2500


def test_frames_that_find_no_place_are_counted(virtual, monkeypatch):
    monkeypatch.setattr(adapter, "_WAITING_FRAMES", 10)
    # The hub does not turn while this greenlet does not wait.
    for number in range(100):
        virtual.foreign.send(a_message(number))
    reading = virtual.bus._source._reading
    deadline = time.monotonic() + 10
    while reading._drops < 90 and time.monotonic() < deadline:
        time.sleep(0.001)
    until(lambda: virtual.bus.counters.events >= 10)
    virtual.foreign.send(a_message(100))
    until(lambda: virtual.bus.counters.events == 11)
    assert virtual.bus.counters.receive_drops == 90


def test_after_stop_no_thread_is_left(virtual):
    assert any(thread.name == "can-read" for thread in threading.enumerate())
    virtual.bus.stop()
    assert not any(thread.name == "can-read" for thread in threading.enumerate())


class FakeBus:
    """A driver whose calls do what the test says."""

    def __init__(self):
        self.failure = None
        self.send_failure = None
        self.hold = threading.Event()
        self.hold.set()
        self.sent = []
        self.down = False

    def recv(self, timeout=None):
        if self.failure is not None:
            raise self.failure
        time.sleep(0.002)

    def send(self, message, timeout=None):
        self.hold.wait(20)
        if self.send_failure is not None:
            raise self.send_failure
        self.sent.append(message)

    def shutdown(self):
        self.down = True


class FakeBench:
    def __init__(self, monkeypatch, text="slcan:/dev/ttyUSB0@125000,flow=true"):
        self.buses = []
        self.failures = []
        self.arguments = None
        monkeypatch.setattr(adapter.can, "Bus", self.open)
        self.bus = CanBus(an_interface(text), LIMITS, 7, list)

    def open(self, **arguments):
        self.arguments = arguments
        if self.failures:
            raise self.failures.pop(0)
        self.buses.append(FakeBus())
        return self.buses[-1]

    def start(self):
        self.bus.start()
        until(lambda: self.bus.state == "up")
        return self


@pytest.fixture
def fake(monkeypatch):
    bench = FakeBench(monkeypatch)
    yield bench
    for bus in bench.buses:
        bus.hold.set()
    bench.bus.stop()


def test_python_can_gets_channel_bitrate_and_options(fake):
    fake.start()
    assert fake.arguments == {"interface": "slcan", "channel": "/dev/ttyUSB0", "bitrate": 125000,
                              "flow": True}


@pytest.mark.parametrize("error, reason", [
    (OSError(2, "No such device"), "No such device"),
    (can.CanInitializationError("no\nsuch adapter"), "no such adapter"),
    (can.CanInterfaceNotImplementedError("Unknown interface type"), "Unknown interface"),
    (ImportError("no module named serial"), "no module named serial"),
])
def test_adapter_that_can_not_be_opened_is_waited_for(fake, caplog, capfd, error, reason):
    fake.failures = [error] * 3
    fake.start()
    assert reason in caplog.text
    assert "Traceback" not in caplog.text + capfd.readouterr().err


def test_adapter_that_is_unplugged_is_closed_and_opened_again(fake, capfd):
    fake.start()
    fake.buses[0].failure = OSError(5, "device reports readiness but returned no data")
    until(lambda: len(fake.buses) == 2 and fake.bus.state == "up")
    assert fake.buses[0].down
    assert "Traceback" not in capfd.readouterr().err


def test_frame_that_the_driver_refuses_is_dropped(fake):
    fake.start()
    fake.buses[0].send_failure = can.CanOperationError("Transmit buffer full")
    fake.bus.put(an_event())
    until(lambda: fake.bus.counters.dropped["refused"] == 1)
    fake.buses[0].send_failure = None
    until(fake.bus.has_room)
    fake.bus.put(an_event())
    until(lambda: fake.buses[0].sent)
    assert len(fake.buses) == 1


def test_write_error_of_the_device_reopens_it(fake):
    fake.start()
    fake.buses[0].send_failure = OSError(5, "Input/output error")
    fake.bus.put(an_event())
    until(lambda: len(fake.buses) == 2 and fake.bus.state == "up")


def test_driver_that_hangs_stalls_nobody_and_gets_no_further_thread(fake, monkeypatch):
    monkeypatch.setattr(adapter, "_SEND_TIME", 0.05)
    monkeypatch.setattr(adapter, "_CLOSE_TIME", 0.05)
    fake.start()
    fake.buses[0].hold.clear()
    fake.bus.put(an_event())
    until(lambda: fake.bus.state == "waiting")
    threads = threading.active_count()
    with pytest.raises(TransmitBufferFull):
        fake.bus.put(an_event())
    tries = fake.bus.counters.reopens
    until(lambda: fake.bus.counters.reopens > tries + 3)
    assert threading.active_count() <= threads and len(fake.buses) == 1
    fake.buses[0].hold.set()
    until(lambda: fake.bus.state == "up")
    assert fake.buses[0].down and len(fake.buses) == 2


def test_hub_turns_while_the_driver_sends_slowly(fake):
    fake.start()
    fake.buses[0].hold.clear()
    fake.bus.put(an_event())
    turns = 0
    while turns < 100:
        gevent.sleep(0)
        turns += 1
    assert not fake.buses[0].sent
    fake.buses[0].hold.set()
    until(lambda: fake.buses[0].sent)


@pytest.mark.parametrize("text, value", [
    ("true", True), ("False", False), ("17", 17), ("1.5", 1.5), ("/dev/x", "/dev/x"),
])
def test_options_are_typed(text, value):
    assert adapter._typed(text) == value
