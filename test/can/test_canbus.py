"""A CAN bus on the hub: opening, reopening, refusing, stopping, with a scripted source."""

import gc
import json
import logging
import time

import gevent
import pytest

from canfakes import GUID, MOMENT, Channel, ScriptedSource, Time, an_event, an_interface, until
from vscpws.can import canbus
from vscpws.can.adapter import AdapterSource
from vscpws.can.canbus import CanBus, join_bus, wall_clock
from vscpws.can.controller import Controller
from vscpws.can.demo import DemoSource
from vscpws.can.replay import ReplaySource
from vscpws.can.socketcan import SocketCanSource
from vscpws.can.source import BusDown, BusMissing, BusOff, BusUnusable, SendBusy
from vscpws.codec.canframe import ERROR, EXTENDED
from vscpws.hub.hub import Hub
from vscpws.model.errors import TransmitBufferFull
from vscpws.settings import BusLimits

FRAME = (EXTENDED | 0x0C140901, b"\1", MOMENT)


class Bench:
    def __init__(self, fd=False, limits=None, deliver=None):
        self.time = Time()
        self.source = ScriptedSource(fd)
        self.pauses = []
        self.events = []
        self.bus = CanBus(
            an_interface(), limits or BusLimits(), Channel(deliver or self.events.extend),
            now=self.time.microseconds, clock=self.time.clock, sleep=self.time.sleep,
            pause=self.pause, source=self.source)

    def pause(self, seconds):
        self.pauses.append(seconds)
        gevent.sleep(0.001)

    def start(self):
        self.bus.start()
        until(lambda: self.bus.state == "up")
        return self


def greenlets():
    """Those that live. By type(): isinstance() would ask what a weak proxy stands for, and fail
    for one whose object is gone."""
    return {item for item in gc.get_objects()
            if issubclass(type(item), gevent.Greenlet) and not item.dead}


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.bus.stop()


@pytest.fixture
def running(bench):
    return bench.start()


def test_frames_reach_the_hub_and_events_the_bus(running):
    running.source.feed(FRAME)
    running.bus.put(an_event(b"\2"))
    until(lambda: running.events and running.source.sent)
    assert [event.obid for event in running.events] == [7]
    assert running.source.sent == [(0x0C140305, b"\2")]


def test_a_bus_that_joins_a_hub_is_one_of_its_carriers():
    hub, source = Hub(100, 0), ScriptedSource()
    bus = join_bus(an_interface(), BusLimits(), source)(hub)
    bus.start()
    until(lambda: bus.state == "up")
    hub.channel("client").submit(an_event(b"\2"))
    until(lambda: source.sent)
    bus.stop()
    assert source.sent == [(0x0C140305, b"\2")] and hub.came["bus"] == 0


def test_before_the_start_nothing_is_taken(bench):
    assert bench.bus.state == "closed"
    assert not bench.bus.has_room()
    with pytest.raises(TransmitBufferFull):
        bench.bus.put(an_event())


def test_missing_interface_is_tried_again_with_growing_waits(bench, caplog):
    bench.source.opens = [BusMissing("there is no CAN interface can0") for _ in range(12)]
    bench.start()
    assert len(bench.pauses) == 12
    for pause, full in zip(bench.pauses, [0.1 * 2 ** n for n in range(12)]):
        assert min(full, 30) * 0.75 <= pause <= min(full, 30)
    assert bench.bus.counters.reopens == 12
    lines = [record.getMessage() for record in caplog.records]
    assert len([line for line in lines if "is waiting" in line]) == 1


def test_what_no_retry_mends_is_looked_at_after_the_longest_wait(bench):
    bench.source.opens = [BusUnusable("no such kind")] * 3
    bench.start()
    assert bench.pauses == [BusLimits().reopen_last] * 3


@pytest.mark.parametrize("channel, is_watched", [
    ("can0", True), ("socketcand:can0,host=x", True), ("udp_multicast:239.74.163.2", True),
    ("slcan:/dev/ttyUSB0", False), ("replay:house.log", False)])
def test_between_tries_changes_of_links_are_waited_for_where_there_is_one(
        monkeypatch, channel, is_watched):
    told = []

    class Watch:
        def forget(self):
            told.append("forget")

        def wait(self, shortest, longest):
            told.append((shortest, longest))
            gevent.sleep(0.001)

        def close(self):
            told.append("close")

    monkeypatch.setattr(canbus, "LinkWatch", Watch)
    source = ScriptedSource()
    source.opens = [BusMissing("gone"), lambda: told.append("open")]
    limits = BusLimits(reopen_first=0.004, reopen_last=0.004)
    bus = CanBus(an_interface(channel), limits, Channel(list), source=source)
    bus.start()
    until(lambda: bus.state == "up")
    bus.stop()
    if is_watched:
        (_, longest) = told[1]
        assert 0.003 <= longest <= 0.004
        assert told == ["forget", (0.004, longest), "forget", "open", "close"]
        bus.start()                         # with a new one
        until(lambda: bus.state == "up")
        bus.stop()
        assert told[5:] == ["forget", "close"]
    else:
        assert told == ["open"]


def test_between_tries_others_wait_plainly(monkeypatch):
    slept, sleep = [], gevent.sleep
    source = ScriptedSource()
    source.opens = [BusMissing("gone")] * 2
    bus = CanBus(an_interface("slcan:/dev/ttyUSB0"), BusLimits(reopen_first=600, reopen_last=600),
                 Channel(list), source=source)
    monkeypatch.setattr(gevent, "sleep",
                        lambda seconds: (slept.append(seconds), sleep(min(seconds, 0.001))))
    bus.start()
    until(lambda: bus.state == "up")
    bus.stop()
    waits = [seconds for seconds in slept if seconds > 1]
    assert len(waits) == 2 and all(450 <= seconds <= 600 for seconds in waits)


@pytest.mark.parametrize("seconds, pause", [(1.9, 0.4), (2.0, 0.1)])
def test_two_seconds_are_a_while(running, seconds, pause):
    running.source.opens = [BusMissing("gone")]
    running.source.feed(BusMissing("gone"))
    until(lambda: running.source.opened == 3)       # after waits of 0.1 and 0.2 s
    running.time.now += seconds
    running.source.feed(BusMissing("gone"))
    until(lambda: running.source.opened == 4)
    assert pause * 0.75 <= running.pauses[-1] <= pause


def test_bus_that_was_up_for_a_while_starts_with_the_short_wait(running):
    running.source.opens = [BusMissing("gone")] * 3
    running.source.feed(BusMissing("gone"))
    until(lambda: running.source.opened == 5)
    assert running.pauses[-1] > 0.5
    running.time.now += 10
    for expected in (0.1, 0.2):         # the second time it was up for no time at all
        opened = running.source.opened
        running.source.feed(BusMissing("gone"))
        until(lambda opened=opened: running.source.opened > opened)
        assert expected * 0.75 <= running.pauses[-1] <= expected


@pytest.mark.parametrize("error, state", [
    (BusDown("the interface is switched off"), "down"),
    (BusMissing("there is no CAN interface can0"), "waiting"),
    (BusOff("the controller has left the bus"), "bus-off"),
])
def test_failing_bus_refuses_and_comes_back(running, error, state):
    running.source.opens = [error] * 3
    seen = set()
    running.bus._pause = lambda seconds: (seen.add(running.bus.state), gevent.sleep(0.001))
    running.source.feed(FRAME, error)
    until(lambda: running.bus.state == state)
    assert running.events and not running.bus.has_room()
    with pytest.raises(TransmitBufferFull):
        running.bus.put(an_event())
    until(lambda: running.bus.state == "up")
    assert seen == {state}
    running.bus.put(an_event(b"new"))
    until(lambda: running.source.sent)
    assert running.source.sent == [(0x0C140305, b"new")]


def test_what_waits_when_the_bus_goes_down_is_never_sent_late(running):
    running.source.sending.clear()
    for number in range(5):
        running.bus.put(an_event(bytes((number,))))
    running.source.feed(BusDown("off"))
    until(lambda: running.source.closed == 1)
    running.source.sending.set()
    until(lambda: running.bus.state == "up" and running.source.opened == 2)
    running.bus.put(an_event(b"new"))
    until(lambda: running.source.sent)
    assert running.source.sent == [(0x0C140305, b"new")]
    assert running.bus.counters.dropped["down"] >= 4


def test_sending_that_finds_the_bus_down_leads_to_the_same(running):
    running.source.sends = [BusDown("off")]
    running.source.opens = [BusDown("off")] * 50
    running.bus.put(an_event())
    until(lambda: running.bus.state == "down")
    assert not running.source.is_open


def test_bus_off_reported_by_the_controller_closes_and_reopens(running):
    running.source.opens = [BusOff("the controller has left the bus")] * 3
    running.source.feed((ERROR | 0x40, bytes(8), MOMENT))
    until(lambda: running.bus.state == "bus-off")
    until(lambda: running.bus.state == "up")
    assert running.source.opened == 5


def test_congested_bus_refuses_until_it_takes_frames_again(running):
    running.source.sends = [SendBusy("full") for _ in range(1000)]
    for _ in range(3):
        running.bus.put(an_event())
    until(lambda: running.bus.counters.dropped["refused"])
    assert running.bus.state == "up" and not running.bus.has_room()
    until(running.bus.has_room)


def test_full_queue_refuses():
    bench = Bench(limits=BusLimits(transmit_queue_size=3)).start()
    bench.source.sending.clear()
    for _ in range(3):
        bench.bus.put(an_event())
    gevent.sleep(0)             # the writer takes one out
    bench.bus.put(an_event())
    assert not bench.bus.has_room()
    with pytest.raises(TransmitBufferFull):
        bench.bus.put(an_event())
    bench.bus.stop()
    assert bench.bus.counters.dropped["stopped"] == 3


def test_unexpected_error_is_logged_in_full_and_the_bus_restarted(running, caplog):
    running.source.feed(ZeroDivisionError("bug"))
    until(lambda: running.source.opened == 2 and running.bus.state == "up")
    assert "Traceback" in caplog.text and "ZeroDivisionError: bug" in caplog.text
    assert "can0 is waiting: unexpected ZeroDivisionError" in caplog.text
    running.source.feed(FRAME)
    until(lambda: running.events)


def test_a_loop_that_ends_by_itself_is_told_and_begun_again(bench, monkeypatch, caplog):
    monkeypatch.setattr(canbus.Receiver, "run", lambda self, source: None)
    bench.bus.start()
    until(lambda: bench.source.opened == 3)
    assert "a loop that never should has ended" in caplog.text


@pytest.mark.parametrize("fd, event, expected", [
    (False, an_event(bytes(8)), True), (False, an_event(bytes(9)), False),
    (True, an_event(bytes(64)), True), (False, an_event(bytes(24), 532), True),
    (True, an_event(b"", 1024), False),
])
def test_what_the_bus_carries(fd, event, expected):
    assert Bench(fd).bus.carries(event) is expected


@pytest.mark.parametrize("fd, size", [(False, 8), (True, 64)])
def test_the_hub_is_told_how_long_an_event_may_be(fd, size):
    assert Bench(fd).bus.level1_data == size


def test_each_event_goes_out_as_its_own_frame_whichever_was_asked_for_last(running):
    first, second = an_event(b"\1"), an_event(b"\2")
    for asked, put in ((first, first), (second, first), (an_event(bytes(9)), second)):
        running.bus.carries(asked)
        running.bus.put(put)
    until(lambda: len(running.source.sent) == 3)
    assert [data for _, data in running.source.sent] == [b"\1", b"\1", b"\2"]


def test_what_a_bus_carried_as_can_fd_it_does_not_carry_as_a_classic_one():
    bench = Bench(fd=True).start()
    event = an_event(bytes(20))
    assert bench.bus.carries(event)
    bench.source.opens = [lambda: setattr(bench.source, "fd", False)]
    bench.source.feed(BusMissing("gone"))
    until(lambda: bench.source.opened == 2 and bench.bus.state == "up")
    with pytest.raises(ValueError):
        bench.bus.put(event)
    bench.bus.stop()


def test_event_that_is_not_for_the_bus_is_a_mistake_of_the_caller(running):
    with pytest.raises(ValueError, match="class 1040"):
        running.bus.put(an_event(vscp_class=1040))


def test_a_closed_bus_carries_what_it_carried_when_it_was_open():
    bench = Bench(fd=True).start()
    bench.source.opens = [BusMissing("gone")] * 1000
    bench.source.feed(BusMissing("gone"))
    until(lambda: bench.bus.state == "waiting")
    bench.source.fd = False                 # as sources do when they are closed
    assert bench.bus.fd and bench.bus.carries(an_event(bytes(20)))
    bench.bus.stop()


def test_what_it_misses_is_in_its_status_and_named_once(running, caplog):
    running.source.opens = [BusDown("off")] * 1000
    running.source.feed(BusDown("off"))
    until(lambda: running.bus.state == "down")
    for _ in range(3):
        running.bus.miss(an_event())
    assert running.bus.status().details["missed"] == 3
    assert [line for line in caplog.messages if "go on without it" in line] == [
        "house: takes nothing (it is down): events go on without it"]


def test_a_miss_that_is_over_is_told(running, caplog):
    running.bus.miss(an_event())
    running.time.now += 5
    running.bus.put(an_event())
    assert "takes events again, it missed 1" in caplog.text


def test_can_fd_is_found_when_the_bus_is_opened(caplog):
    caplog.set_level(logging.INFO)
    bench = Bench()
    assert not bench.bus.fd
    bench.start()
    assert caplog.messages[-1] == "house: can0 is up"
    bench.bus.stop()
    bench.source.opens = [lambda: setattr(bench.source, "fd", True)]
    bench.start()
    assert bench.bus.fd and "can0 is up: CAN FD" in caplog.messages[-1]
    bench.bus.stop()


@pytest.mark.parametrize("channel, kind, is_demo", [
    ("demo:", DemoSource, True),
    ("can0", SocketCanSource, False), ("virtual:demo", AdapterSource, False),
    ("replay:house.log", ReplaySource, True)])
def test_each_kind_of_channel_has_its_source(channel, kind, is_demo):
    bus = CanBus(an_interface(channel), BusLimits(), Channel(list))
    assert type(bus._source) is kind and bus.is_demo is is_demo
    assert bus.status().details["demo"] is is_demo
    assert bus.status().details["replay"] is (kind is ReplaySource)


def test_the_wall_clock_has_microseconds():
    assert abs(wall_clock() - time.time() * 1000000) < 60 * 1000000


def test_channel_that_names_nothing_is_refused():
    with pytest.raises(ValueError):
        CanBus(an_interface("a/b"), BusLimits(), Channel(list))


def test_after_stop_nothing_runs_and_a_new_start_works(bench):
    others = greenlets()
    bench.start()
    started = greenlets() - others
    assert len(started) == 3
    bench.bus.stop()
    assert all(greenlet.dead for greenlet in started)
    assert not bench.source.is_open and bench.bus.state == "closed"
    bench.source.feed(FRAME)
    assert greenlets() == others and not bench.events
    bench.start()
    until(lambda: bench.events)


def test_stop_in_any_state_is_quick(bench):
    bench.bus.stop()
    bench.bus.start()
    bench.bus.stop()
    bench.source.opens = [BusMissing("gone")] * 100
    bench.bus._pause = lambda seconds: gevent.event.Event().wait()
    bench.bus.start()
    until(lambda: bench.bus.state == "waiting")
    with gevent.Timeout(5):
        bench.bus.stop()
    assert bench.bus.state == "closed"


def test_the_kernel_is_asked_for_the_controller_once_a_second(bench, monkeypatch):
    asked = []
    monkeypatch.setattr(canbus, "ask_controller",
                        lambda name: asked.append(name) or Controller(100000 * len(asked), 7))
    told = []
    for seconds in (0, 0, 0.9375, 0.0625, 0.5):         # exact in binary
        bench.time.now += seconds
        details = bench.bus.status().details
        told.append(details["bitrate"])
        assert details["controller"] == {"transmit_errors": 7}
    assert told == [100000, 100000, 100000, 200000, 200000] and asked == ["can0"] * 2


@pytest.mark.parametrize("channel, bitrate", [("slcan:/dev/ttyUSB0@125000", 125000),
                                              ("slcan:/dev/ttyUSB0", 0)])
def test_an_adapter_has_the_bit_rate_it_was_given_and_the_kernel_knows_none(
        monkeypatch, channel, bitrate):
    monkeypatch.setattr(canbus, "ask_controller", lambda name: Controller(1))
    bus = CanBus(an_interface(channel), BusLimits(), Channel(list), source=ScriptedSource())
    assert bus.status().details["bitrate"] == bitrate


def test_status_tells_all_and_is_json(running):
    running.source.feed(FRAME)
    until(lambda: running.events)
    status = json.loads(json.dumps(running.bus.status().as_dict()))
    assert status["name"] == "house" and status["channel"] == "can0" and status["state"] == "up"
    assert status["usable"] is True and status["received"] == 1
    assert set(status["dropped"]) == {"aged", "down", "refused", "stopped"}
    assert running.bus.guid == GUID


def test_state_changes_are_one_line_each(running, caplog):
    caplog.set_level(logging.INFO)
    running.source.opens = [BusDown("off")] * 20
    running.source.feed(BusDown("off"))
    until(lambda: running.bus.state == "down")
    until(lambda: running.bus.state == "up")
    assert len(caplog.records) == 2
