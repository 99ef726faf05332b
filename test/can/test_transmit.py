"""Events on their way to the bus: room, age, and a bus that takes nothing."""

import logging

import gevent
import pytest

from canfakes import ScriptedSource, Time, until
from vscpws.can.counters import Counters
from vscpws.can.load import Load
from vscpws.can.source import BusDown, SendBusy, SendRefused
from vscpws.can.transmit import Transmitter
from vscpws.model.errors import TransmitBufferFull


class Bench:
    def __init__(self, size=4, age=2.0):
        self.time = Time()
        self.counters = Counters()
        self.source = ScriptedSource()
        self.load = Load(self.time.clock)
        self.transmitter = Transmitter("house", size, age, self.counters, self.time.microseconds,
                                       self.time.clock, self.time.sleep, self.load)
        self.loop = None

    def run(self):
        self.loop = gevent.spawn(self._catch)

    def _catch(self):
        try:
            self.transmitter.run(self.source)
        except Exception as error:
            return error

    def is_idle(self):
        return not len(self.transmitter)

    @property
    def dropped(self):
        return {reason: count for reason, count in self.counters.dropped.items() if count}


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    if bench.loop is not None:
        bench.loop.kill()


def busy(times):
    return [SendBusy("the interface's queue is full") for _ in range(times)]


def test_frames_go_out_in_order(bench):
    for number in range(3):
        bench.transmitter.put(number, b"")
    bench.run()
    until(lambda: len(bench.source.sent) == 3)
    bench.transmitter.put(3, b"x")
    until(lambda: len(bench.source.sent) == 4)
    assert bench.source.sent == [(0, b""), (1, b""), (2, b""), (3, b"x")]
    assert bench.counters.sent == 4 and not bench.dropped


def test_full_queue_refuses(bench):
    for number in range(4):
        assert bench.transmitter.has_room()
        bench.transmitter.put(number, b"")
    assert not bench.transmitter.has_room()
    with pytest.raises(TransmitBufferFull):
        bench.transmitter.put(4, b"")


def test_frame_that_waited_too_long_is_dropped(bench):
    bench.transmitter.put(1, b"")
    bench.time.now += 1.0
    bench.transmitter.put(2, b"")
    bench.time.now += 1.0
    bench.run()
    until(lambda: bench.source.sent)
    assert bench.source.sent == [(2, b"")]
    assert bench.dropped == {"aged": 1}


def test_short_congestion_is_waited_out_with_growing_pauses(bench):
    bench.source.sends = busy(4)
    bench.transmitter.put(1, b"")
    bench.run()
    until(lambda: bench.source.sent)
    assert bench.time.sleeps == [0.0005, 0.001, 0.002, 0.004]
    assert not bench.dropped and bench.transmitter.has_room()


def test_pauses_double_up_to_16_ms_and_end_after_a_tenth_of_a_second(bench):
    bench.source.sends = busy(1000)
    bench.transmitter.put(1, b"")
    bench.run()
    until(lambda: bench.dropped == {"refused": 1})
    assert bench.time.sleeps == [0.0005, 0.001, 0.002, 0.004, 0.008] + 5 * [0.016]


def test_a_pause_may_take_all_of_the_age():
    bench = Bench(age=0.0005)
    bench.source.sends = busy(1)
    bench.transmitter.put(1, b"")
    bench.run()
    until(lambda: bench.source.sent)
    assert bench.time.sleeps == [0.0005]
    bench.loop.kill()


def test_long_congestion_drops_the_frame_and_refuses_new_ones(bench, caplog):
    bench.source.sends = busy(1000)
    for number in range(3):
        bench.transmitter.put(number, b"")
    bench.run()
    until(lambda: bench.dropped == {"refused": 1})
    assert 0.1 - 0.016 < sum(bench.time.sleeps) <= 0.1
    assert max(bench.time.sleeps) == 0.016
    assert not bench.transmitter.has_room()
    with pytest.raises(TransmitBufferFull):
        bench.transmitter.put(9, b"")
    until(lambda: bench.dropped == {"refused": 3})
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1


def test_the_log_says_what_was_found_full_last(bench, caplog):
    bench.source.sends = busy(5) + [SendBusy("the socket's send buffer is full")] * 1000
    bench.transmitter.put(1, b"")
    bench.run()
    until(lambda: bench.dropped == {"refused": 1})
    assert "takes no frames (the socket's send buffer is full)" in caplog.text


def test_congestion_ends_when_a_frame_gets_through(bench, caplog):
    caplog.set_level(logging.INFO)
    bench.source.sends = [SendRefused("no")]
    bench.transmitter.put(1, b"")
    bench.transmitter.put(2, b"")
    bench.run()
    until(lambda: bench.source.sent)
    until(bench.transmitter.has_room)
    assert bench.source.sent == [(2, b"")]
    assert "frames get through again, 1 frames were dropped" in caplog.text


def test_each_congestion_counts_its_own_frames(bench, caplog):
    caplog.set_level(logging.INFO)
    bench.source.sends = [SendRefused("no"), None, SendRefused("no"), None]
    for number in range(4):
        bench.transmitter.put(number, b"")
    bench.run()
    until(lambda: len(bench.source.sent) == 2)
    assert [line for line in caplog.messages if "get through" in line] == [
        "house: frames get through again, 1 frames were dropped"] * 2


def test_congestion_ends_when_nothing_waits_so_that_the_next_event_is_a_try(bench):
    bench.source.sends = [SendRefused("no")]
    bench.transmitter.put(1, b"")
    bench.run()
    until(lambda: bench.dropped == {"refused": 1})
    until(bench.transmitter.has_room)
    bench.transmitter.put(2, b"")
    until(lambda: bench.source.sent)


def test_waiting_out_ends_at_the_age_limit():
    bench = Bench(age=0.01)
    bench.source.sends = busy(1000)
    bench.transmitter.put(1, b"")
    bench.run()
    until(lambda: bench.dropped)
    assert bench.time.sleeps == [0.0005, 0.001, 0.002, 0.004]
    bench.loop.kill()


def test_bus_that_goes_down_ends_the_loop_and_counts_the_frame(bench):
    bench.source.sends = [BusDown("off")]
    bench.transmitter.put(1, b"")
    bench.run()
    bench.loop.join(10)
    assert isinstance(bench.loop.value, BusDown)
    assert bench.dropped == {"down": 1}


def test_unexpected_error_costs_one_frame_and_is_logged_with_its_traceback(bench, caplog):
    bench.source.sends = [ZeroDivisionError("bug")]
    bench.transmitter.put(1, b"")
    bench.transmitter.put(2, b"")
    bench.run()
    until(lambda: bench.source.sent)
    assert bench.source.sent == [(2, b"")]
    assert bench.dropped == {"refused": 1}
    assert "ZeroDivisionError: bug" in caplog.text


def test_dropping_all_counts_by_reason(bench, caplog):
    bench.transmitter.put(1, b"")
    bench.transmitter.put(2, b"")
    bench.transmitter.drop_all("stopped")
    bench.transmitter.drop_all("down")
    assert bench.dropped == {"stopped": 2} and bench.is_idle()
    assert caplog.messages == ["house: 2 events were not sent: stopped"]


def test_dropping_all_ends_an_episode(bench, caplog):
    caplog.set_level(logging.INFO)
    bench.source.sends = [SendRefused("no"), SendRefused("no"), BusDown("off"),
                          SendRefused("no")]
    for number in range(4):
        bench.transmitter.put(number, b"")
    bench.run()
    bench.loop.join(10)
    assert not bench.transmitter.has_room()
    bench.transmitter.drop_all("down")
    assert bench.transmitter.has_room()
    bench.transmitter.put(5, b"")
    bench.transmitter.put(6, b"")
    bench.run()
    until(lambda: bench.source.sent)
    assert caplog.messages[-1] == "house: frames get through again, 1 frames were dropped"


def test_only_frames_that_the_interface_took_keep_the_bus_busy(bench):
    bench.source.sends = [SendRefused("no")]
    bench.transmitter.put(1, bytes(8))
    bench.transmitter.put(2, b"123")
    bench.run()
    until(lambda: bench.counters.sent)
    load = Load(bench.time.clock)
    load.add(1, 3)
    assert bench.load.bits_per_second == load.bits_per_second


def test_debug_log_has_a_line_per_frame(bench, caplog):
    caplog.set_level(logging.DEBUG)
    bench.transmitter.put(0x0C0A0601, b"\x01")
    bench.run()
    until(lambda: bench.counters.sent)
    assert "(1700001000.000000) house 0C0A0601#01 T" in caplog.text
