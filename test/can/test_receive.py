"""Frames from the bus become batches of events."""

import logging

import gevent
import pytest

from canfakes import GUID, MOMENT, ScriptedSource, Time, an_interface, until
from vscpws.can import receive
from vscpws.can.address import parse_channel
from vscpws.can.counters import Counters
from vscpws.can.load import Load
from vscpws.can.receive import Receiver
from vscpws.can.source import BusOff
from vscpws.can.state import BusState
from vscpws.codec.canframe import ERROR, EXTENDED, REMOTE, event_from_frame
from vscpws.model.filter import PASS_ALL, Filter, parse_pattern

HEARTBEAT = EXTENDED | 0x0C140901       # class 20 type 9 nickname 1
BUTTON = EXTENDED | 0x0C140102          # class 20 type 1 nickname 2


class Bench:
    def __init__(self, filter=PASS_ALL, deliver=None):
        self.batches = []
        self.time = Time()
        self.counters = Counters()
        self.state = BusState("house", parse_channel("can0"))
        self.state.change("up")
        self.load = Load(self.time.clock)
        self.receiver = Receiver(an_interface(filter=filter), 7, self.state, self.counters,
                                 deliver or self.batches.append, lambda: None, self.time.clock,
                                 self.load)


def frame(can_id, data=b""):
    return can_id, data, MOMENT


def event(can_id, data=b""):
    return event_from_frame(can_id, data, MOMENT, GUID, 7)


def test_frames_of_one_turn_are_one_batch_in_order():
    bench = Bench()
    bench.receiver.take([frame(HEARTBEAT, b"\1"), frame(BUTTON), frame(HEARTBEAT, b"\2")])
    assert bench.batches == [[event(HEARTBEAT, b"\1"), event(BUTTON), event(HEARTBEAT, b"\2")]]
    assert (bench.counters.received, bench.counters.events) == (3, 3)


def test_what_is_no_event_is_counted_and_left_out():
    bench = Bench()
    bench.receiver.take([frame(0x123), frame(HEARTBEAT), frame(EXTENDED | REMOTE | 5),
                         frame(REMOTE | 5), frame(ERROR | 0x20, bytes(8)), frame(BUTTON)])
    assert bench.batches == [[event(HEARTBEAT), event(BUTTON)]]
    counters = bench.counters
    assert (counters.received, counters.events, counters.standard, counters.remote,
            counters.error_frames) == (6, 2, 1, 2, 1)


def test_nothing_to_tell_delivers_nothing():
    bench = Bench()
    bench.receiver.take([frame(0x123)])
    assert bench.batches == []


@pytest.mark.parametrize("pattern, mask, passing", [
    ("0,20,9", "0,0xFFFF,0xFFFF", [HEARTBEAT]),
    ("0,20", "0,0xFFFF", [HEARTBEAT, BUTTON]),
    ("0,0,0,-:02", "0,0,0,-:FF", [BUTTON]),
    ("0,0,0,FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:00:01",
     "0,0,0,FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF", [HEARTBEAT]),
    ("7", "7", []),
    ("3", "7", [HEARTBEAT, BUTTON]),
])
def test_interface_filter_acts_on_what_is_taken(pattern, mask, passing):
    bench = Bench(Filter(parse_pattern(pattern), parse_pattern(mask)))
    for _ in range(2):      # the second time from what is kept
        bench.receiver.take([frame(HEARTBEAT), frame(BUTTON)])
    assert bench.batches == [[event(can_id) for can_id in passing]] * 2 * bool(passing)
    assert bench.counters.filtered == 2 * (2 - len(passing))


def test_bus_off_frame_ends_the_source_after_the_events_before_it():
    bench = Bench()
    with pytest.raises(BusOff):
        bench.receiver.take([frame(HEARTBEAT), frame(ERROR | 0x40, bytes(8))])
    assert bench.batches == [[event(HEARTBEAT)]]
    assert bench.state.state == "bus-off"


def test_failing_delivery_costs_one_batch_and_is_logged(caplog):
    batches = []

    def deliver(events):
        batches.append(events)
        if len(batches) == 1:
            raise ZeroDivisionError("bug")

    bench = Bench(deliver=deliver)
    bench.receiver.take([frame(HEARTBEAT), frame(BUTTON)])
    bench.receiver.take([frame(BUTTON)])
    assert (bench.counters.lost, bench.counters.events) == (2, 1)
    assert "ZeroDivisionError: bug" in caplog.text


def test_flood_lets_others_run_between_batches():
    bench = Bench()
    source = ScriptedSource()
    source.feed(*[frame(HEARTBEAT)] * 2000)
    turns = []

    def other():
        while len(turns) < 5:
            turns.append(len(bench.batches))
            gevent.sleep(0)

    loops = [gevent.spawn(bench.receiver.run, source), gevent.spawn(other)]
    until(lambda: bench.counters.events == 2000)
    gevent.killall(loops)
    assert max(map(len, bench.batches)) == 256
    assert turns[-1] < len(bench.batches)


def test_the_hub_s_rest_is_kept_where_no_more_frames_are_ready():
    bench, read = Bench(), []
    source = ScriptedSource()
    bench.receiver._rest = lambda: read.append(bench.counters.received)
    loop = gevent.spawn(bench.receiver.run, source)
    for count in (256, 512, 3, 255):
        source.feed(*[frame(HEARTBEAT)] * count)
        until(lambda: not source._frames)
    until(lambda: bench.counters.events == 1026 and len(read) == 2)
    loop.kill()
    assert read == [771, 1026]


def test_frames_queue_for_a_turn_with_those_who_are_known(monkeypatch):
    turns = []
    monkeypatch.setattr(receive, "take_turn", lambda known=False: turns.append(known))
    bench, source = Bench(), ScriptedSource()
    loop = gevent.spawn(bench.receiver.run, source)
    source.feed(frame(HEARTBEAT))
    until(lambda: turns)
    loop.kill()
    assert turns == [True]


def test_what_an_error_frame_s_data_say_is_the_controller_s_state():
    bench = Bench()
    bench.receiver.take([frame(ERROR | 0x4, bytes((0, 0x20, 0, 0, 0, 0, 0, 0)))])
    assert bench.state.state == "passive"


def test_frames_lost_before_reading_are_counted_and_told_now_and_then(caplog):
    bench = Bench()
    source = ScriptedSource()
    loop = gevent.spawn(bench.receiver.run, source)
    for drops, seconds in ((3, 0), (8, 1), (9, 10)):
        bench.time.now += seconds
        source.drops = drops
        source.feed(frame(HEARTBEAT))
        until(lambda drops=drops: bench.counters.receive_drops == drops)
    loop.kill()
    assert ["%d were lost" % number in caplog.text for number in (3, 8, 9)] == [True, False, True]


def test_what_is_no_frame_is_told_when_it_begins_and_when_it_has_doubled(caplog):
    bench = Bench()
    source = ScriptedSource()
    source.skip_reason = "noise"
    loop = gevent.spawn(bench.receiver.run, source)
    for skipped, seconds in ((1, 0), (2, 10), (3, 10), (4, 10), (8, 9.5), (8, 1), (9, 1),
                             (17, 10)):
        bench.time.now += seconds
        source.skipped = skipped
        source.feed(frame(HEARTBEAT))
        until(lambda: not source._frames)
        until(lambda skipped=skipped: bench.counters.skipped == skipped)
    loop.kill()
    assert caplog.messages == [
        "house: what is no frame is skipped, %d since the start: noise" % skipped
        for skipped in (1, 2, 4, 9)]


def test_what_the_source_has_told_itself_is_only_counted(caplog):
    bench = Bench()
    source = ScriptedSource()
    source.skipped = 2
    loop = gevent.spawn(bench.receiver.run, source)
    source.feed(frame(HEARTBEAT))
    until(lambda: bench.counters.skipped == 2)
    loop.kill()
    assert caplog.messages == []


def test_the_last_event_has_its_time_in_seconds():
    bench = Bench()
    bench.receiver.take([(HEARTBEAT, b"", MOMENT - 5000000), (BUTTON, b"", MOMENT + 999999)])
    assert bench.counters.last_event == MOMENT // 1000000


def test_every_frame_that_is_taken_keeps_the_bus_busy():
    bench = Bench()
    bench.receiver.take([frame(HEARTBEAT, bytes(8)), frame(0x123, b"\1"), frame(BUTTON)])
    load = Load(bench.time.clock)
    load.add(3, 9)
    assert bench.load.bits_per_second == load.bits_per_second


def test_debug_log_has_a_line_per_frame(caplog):
    caplog.set_level(logging.DEBUG)
    Bench().receiver.take([frame(HEARTBEAT, b"\x01"), frame(0x123)])
    assert "(1700000000.000000) house 0C140901#01 R" in caplog.text
    assert "(1700000000.000000) house 123# R" in caplog.text
