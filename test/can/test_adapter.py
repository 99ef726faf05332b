"""Other python-can interfaces: their drivers block, the hub must not."""

import configparser
import itertools
import os
import struct
import threading
import time
import types

import gevent
import pytest

import can
import needs
from canfakes import Channel, an_event, an_interface, until
from vscpws.can import adapter, requirements
from vscpws.can.adapter import AdapterSource
from vscpws.can.address import parse_channel
from vscpws.can.canbus import CanBus
from vscpws.can.source import BusDown, BusMissing, SendRefused
from vscpws.model.errors import TransmitBufferFull
from vscpws.settings import BusLimits

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
        self.bus = CanBus(an_interface(text), LIMITS, Channel(self.events.extend))
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


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setattr(adapter, "_WAITING_FRAMES", 10)


def test_frames_that_find_no_place_are_counted(narrow, virtual):
    # The hub does not turn while this greenlet does not wait.
    for number in range(100):
        virtual.foreign.send(a_message(number))
    reading = virtual.bus._source._reading
    deadline = time.monotonic() + 10
    while reading._frames.dropped < 90 and time.monotonic() < deadline:
        time.sleep(0.001)
    until(lambda: virtual.bus.counters.events >= 10)
    virtual.foreign.send(a_message(100))
    until(lambda: virtual.bus.counters.events == 11)
    assert virtual.bus.counters.receive_drops == 90


def test_after_stop_no_thread_is_left(virtual):
    reading, = (thread for thread in threading.enumerate() if thread.name == "can-read")
    assert reading.daemon                   # one that hangs must not keep the daemon from ending
    virtual.bus.stop()
    assert not any(thread.name == "can-read" for thread in threading.enumerate())


class FakeBus:
    """A driver whose calls do what the test says."""

    def __init__(self):
        self.failure = None
        self.items = []                 # messages to give and exceptions to raise, in order
        self.at_once = False
        self.shutdown_failure = None
        self.send_failure = None
        self.hold = threading.Event()
        self.hold.set()
        self.sent = []
        self.down = False

    def recv(self, timeout=None):
        if self.failure is not None:
            raise self.failure
        if self.items:
            item = self.items.pop(0)
            if isinstance(item, Exception):
                raise item
            return item
        deadline = time.monotonic() + (0 if self.at_once else timeout)
        while time.monotonic() < deadline and not self.items and self.failure is None:
            time.sleep(0.002)

    def send(self, message, timeout=None):
        self.timeout = timeout
        self.hold.wait(20)
        if self.send_failure is not None:
            raise self.send_failure
        self.sent.append(message)

    def shutdown(self):
        self.down = True
        if self.shutdown_failure is not None:
            raise self.shutdown_failure


class FakeBench:
    def __init__(self, monkeypatch, text="slcan:/dev/ttyUSB0@125000,flow=true"):
        self.buses = []
        self.failures = []
        self.arguments = None
        monkeypatch.setattr(adapter.can, "Bus", self.open)
        self.bus = CanBus(an_interface(text), LIMITS, Channel(list))

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


def opened(monkeypatch, bus, text="slcan:/dev/ttyUSB0"):
    """A source alone on ``bus``."""
    monkeypatch.setattr(adapter.can, "Bus", lambda **_: bus)
    source = AdapterSource(parse_channel(text), lambda: 0, 0)
    source.open()
    return source


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


@pytest.mark.parametrize("error", [
    ValueError("frame too long"), KeyError("x"), can.CanTimeoutError("no acknowledgement"),
    OverflowError(), can.CanOperationError("full"), AttributeError("no such"),
])
def test_frame_that_the_driver_can_not_send_costs_itself(fake, error):
    fake.start()
    fake.buses[0].send_failure = error
    fake.bus.put(an_event())
    until(lambda: fake.bus.counters.dropped["refused"] == 1)
    fake.buses[0].send_failure = None
    until(fake.bus.has_room)
    fake.bus.put(an_event())
    until(lambda: fake.buses[0].sent)
    assert len(fake.buses) == 1


def test_bus_that_takes_no_frame_any_more_is_opened_again(fake, caplog):
    fake.start()
    fake.buses[0].send_failure = ValueError("broken")
    for _ in range(50):
        until(lambda: fake.bus.has_room() or len(fake.buses) > 1)
        if len(fake.buses) == 1:
            fake.bus.put(an_event())
    until(lambda: len(fake.buses) == 2 and fake.bus.state == "up")
    assert "50 frames in a row were not taken: ValueError: broken" in caplog.text


def test_fewer_refused_frames_than_fifty_in_a_row_close_nothing(monkeypatch):
    source = opened(monkeypatch, FakeBus())
    for _ in range(2):
        source._bus.send_failure = ValueError("full")
        for _ in range(49):
            with pytest.raises(SendRefused, match="full"):
                source.send(1, b"")
        source._bus.send_failure = None
        source.send(1, b"")
    assert source._bus.timeout == 1.0       # half of what a call may take
    assert source._reading._guard.sent == 100
    source.close()


def test_hub_turns_while_the_end_of_the_reading_thread_is_waited_for(monkeypatch):
    source, turns = opened(monkeypatch, FakeBus()), []
    other = gevent.spawn(turns.append, 1)
    assert source._reading.end(5) and turns
    other.kill()
    source.close()


def test_who_opens_again_closes_what_is_open(monkeypatch):
    first, second = FakeBus(), FakeBus()
    source = opened(monkeypatch, first)
    first.send_failure = second.send_failure = ValueError("full")
    monkeypatch.setattr(adapter.can, "Bus", lambda **_: second)
    for _ in range(2):                      # what was refused is forgotten, too
        for _ in range(30):
            with pytest.raises(SendRefused):
                source.send(1, b"")
        source.open()
        assert first.down
    source.close()
    assert second.down


@pytest.mark.parametrize("text, protocol, fd", [
    ("pcan:x", None, False), ("pcan:x,fd=true", None, True), ("pcan:x,fd=1", None, False),
    ("pcan:x", "CAN_FD", True), ("pcan:x", "CAN_FD_NON_ISO", True), ("pcan:x", "CAN_20", False),
])
def test_long_frames_are_for_who_says_that_he_takes_them(monkeypatch, text, protocol, fd):
    bus = FakeBus()
    if protocol:
        bus.protocol = types.SimpleNamespace(name=protocol)
    source = opened(monkeypatch, bus, text)
    assert source.fd is fd
    source.close()
    assert source.fd is False


def test_adapter_on_a_network_without_a_way_is_not_opened(monkeypatch):
    def fail(tunnel):
        raise BusDown("the network interface eth1 is down")

    monkeypatch.setattr(adapter.Tunnel, "check_way", fail)
    bus = FakeBus()
    monkeypatch.setattr(adapter.can, "Bus", lambda **_: bus)
    source = AdapterSource(parse_channel("udp_multicast:239.74.163.2"), lambda: 0, 0)
    with pytest.raises(BusDown, match="eth1 is down"):
        source.open()
    source.close()
    assert bus.down


def test_what_is_closed_neither_reads_nor_sends(monkeypatch):
    before = len(os.listdir("/proc/self/task"))
    source = opened(monkeypatch, FakeBus())
    source.send(1, b"")
    source.close()
    source.close()
    for _ in range(2):
        with pytest.raises(BusMissing, match="it is closed"):
            source.send(1, b"")
        with pytest.raises(BusMissing, match="it is closed"):
            source.read(1)
    until(lambda: len(os.listdir("/proc/self/task")) <= before)


def test_driver_that_opens_after_nobody_waits_any_more_is_shut_down_again(monkeypatch):
    bus, may_open = FakeBus(), threading.Event()
    monkeypatch.setattr(adapter, "_OPEN_TIME", 0.05)
    monkeypatch.setattr(adapter, "_CLOSE_TIME", 0.05)
    monkeypatch.setattr(adapter.can, "Bus", lambda **_: may_open.wait(20) and bus)
    source = AdapterSource(parse_channel("slcan:/dev/ttyUSB0"), lambda: 0, 0)
    for _ in range(2):
        with pytest.raises(BusMissing, match="its driver does not answer"):
            source.open()
    may_open.set()
    until(lambda: bus.down)
    source.close()


@pytest.mark.parametrize("error", [
    ValueError("invalid literal for int()"), UnicodeDecodeError("ascii", b"x", 0, 1, "ordinal"),
    KeyError(17), IndexError("string index"), struct.error("unpack requires"), TypeError("ord()"),
    can.CanError("invalid delimiter"), ZeroDivisionError(), MemoryError(),
])
def test_message_that_can_not_be_read_is_skipped_and_counted(fake, caplog, error):
    fake.start()
    fake.buses[0].items += [error, a_message(1), error, a_message(2)]
    until(lambda: fake.bus.counters.events == 2)
    assert fake.bus.counters.skipped == 2 and fake.bus.status().details["skipped"] == 2
    assert len(fake.buses) == 1 and len(caplog.records) == 1
    assert "what is no frame is skipped" in caplog.text


def test_skipped_message_is_counted_though_no_frame_follows(fake):
    fake.start()
    for number in range(1, 4):
        fake.buses[0].items.append(ValueError("noise"))
        until(lambda number=number: fake.bus.counters.skipped >= number)
        assert fake.bus.counters.skipped == number
    assert fake.bus.counters.received == 0


class Silent(FakeBus):
    """A driver that waits for as long as nothing comes, whatever it was told."""

    def __init__(self):
        super().__init__()
        self.comes = threading.Event()

    def recv(self, timeout=None):
        self.comes.wait(20)
        self.comes.clear()
        raise self.items.pop(0) if self.items else OSError(19, "No such device")


def test_skipped_message_wakes_who_reads(monkeypatch):
    bus = Silent()
    source = opened(monkeypatch, bus)
    reader = gevent.spawn(source.read, 10)
    gevent.idle()
    bus.items.append(ValueError("noise"))
    bus.comes.set()
    until(reader.ready)
    assert reader.value == [] and source.skipped == 1
    bus.comes.set()
    source.close()


def test_driver_that_hangs_in_reading_is_left_alone_until_it_returns(monkeypatch):
    monkeypatch.setattr(adapter, "_CLOSE_TIME", 0.05)
    bus = Silent()
    source = opened(monkeypatch, bus)
    source.close()
    with pytest.raises(BusMissing, match="its driver does not answer"):
        source.open()
    assert not bus.down
    bus.comes.set()
    until(lambda: source.close() or bus.down)


def test_datagrams_that_the_kernel_dropped_are_counted(monkeypatch):
    monkeypatch.setattr(adapter.Tunnel, "drops", lambda tunnel: 3)
    source = opened(monkeypatch, FakeBus())
    assert source.read(1) == [] and source.drops == 3
    source.close()


def test_unexpected_error_of_reading_is_the_bus_s_end_and_its_reason(monkeypatch):
    def fail(guard):
        raise ZeroDivisionError("bug")

    monkeypatch.setattr(adapter.Guard, "receive", fail)
    source = opened(monkeypatch, FakeBus())
    with pytest.raises(BusMissing, match="ZeroDivisionError: bug"):
        source.read(1)
    source.close()


@pytest.mark.parametrize("failure", [ValueError("noise"), can.CanOperationError("broken")])
def test_driver_that_fails_again_and_again_is_closed_and_opened_again(fake, caplog, failure):
    fake.start()
    fake.buses[0].failure = failure
    until(lambda: len(fake.buses) == 2 and fake.bus.state == "up")
    assert fake.buses[0].down and "50 messages in a row can't be read" in caplog.text


@pytest.mark.parametrize("cause", [OSError(5, "Input/output error"), EOFError()])
def test_end_that_a_driver_wraps_in_its_own_error_is_the_end(fake, cause):
    fake.start()
    error = can.CanOperationError("could not read")
    error.__cause__ = cause
    fake.buses[0].failure = error
    until(lambda: len(fake.buses) == 2 and fake.bus.state == "up")


def test_driver_that_returns_at_once_for_ever_is_missing_its_device(fake, caplog):
    fake.start()
    fake.buses[0].at_once = True
    until(lambda: len(fake.buses) == 2 and fake.bus.state == "up")
    assert "its driver returns at once" in caplog.text


class Swallowing(can.BusABC):
    """A driver of python-can's kind that hides the end of its device, as some do."""

    def __init__(self):
        super().__init__("x")

    def _recv_internal(self, timeout):
        return None, False

    def send(self, msg, timeout=None):
        pass


def test_driver_that_hides_the_end_behind_recv_is_found_out(monkeypatch, caplog):
    monkeypatch.setattr(adapter.can, "Bus", lambda **_: Swallowing())
    bus = CanBus(an_interface("seeedstudio:/dev/ttyUSB0"), LIMITS, Channel(list))
    bus.start()
    until(lambda: bus.counters.reopens >= 1)
    bus.stop()
    assert "its driver returns at once" in caplog.text


@pytest.mark.parametrize("failure, part", [
    (ImportError("No module named 'serial'"), "No module named 'serial'"),
    (can.CanInterfaceNotImplementedError("The serial module is not installed"), "serial"),
    (TypeError("__init__() got an unexpected keyword argument 'flow'"), "'flow'"),
    (ValueError("Invalid bitrate, choose one of 10000"), "Invalid bitrate"),
    (OSError("libfoo.so: cannot open shared object file: No such file"), "libfoo.so"),
    (configparser.MissingSectionHeaderError("/root/.canrc", 1, "x"), "/root/.canrc"),
])
def test_what_no_retry_mends_says_so_and_is_tried_seldom(fake, caplog, failure, part):
    fake.bus._limits = BusLimits(reopen_first=0.01, reopen_last=600)
    waits = []
    fake.bus._pause = lambda seconds: (waits.append(seconds), gevent.sleep(0.001))
    fake.failures = [failure] * 3
    fake.start()
    assert waits == [600] * 3
    line, = [record.getMessage() for record in caplog.records if "is unusable" in
             record.getMessage()]
    assert part in line and "trying again" not in line and "\n" not in line


def test_missing_package_is_named_with_what_installs_it(fake, caplog, monkeypatch):
    monkeypatch.setattr(requirements, "_is_there", lambda module: False)
    fake.failures = [can.CanInterfaceNotImplementedError("The serial module is not installed")]
    fake.start()
    assert "pip install 'vscpwsd[serial]'" in caplog.text


def test_unknown_kind_names_what_was_meant(caplog):
    bus = CanBus(an_interface("slcn:/dev/ttyUSB0"), LIMITS, Channel(list))
    bus.start()
    until(lambda: bus.state == "unusable")
    bus.stop()
    assert "did you mean slcan" in caplog.text and "trying again" not in caplog.text


@pytest.mark.parametrize("kind", ["virtual:demo", "can0"])
@pytest.mark.parametrize("content", ["no section\n", "[default]\nx\n=\n", "\udcff"])
def test_python_can_s_own_broken_files_are_one_line(tmp_path, monkeypatch, caplog, kind, content):
    (tmp_path / ".canrc").write_text(content, errors="surrogateescape", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(can.util, "CONFIG_FILES", [str(tmp_path / ".canrc")])
    bus = CanBus(an_interface(kind), LIMITS, Channel(list))
    bus.start()
    until(lambda: bus.state == "unusable")
    bus.stop()
    line = [record.getMessage() for record in caplog.records][0]
    assert "python-can's own settings" in line and "\n" not in line
    assert "Traceback" not in caplog.text


def test_driver_that_can_not_be_closed_is_left_behind(fake, caplog):
    fake.start()
    fake.buses[0].shutdown_failure = RuntimeError("gone")
    fake.buses[0].failure = OSError(19, "No such device")
    until(lambda: len(fake.buses) == 2 and fake.bus.state == "up")
    assert "closing it: RuntimeError: gone" in caplog.text
