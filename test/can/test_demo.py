"""The simulated house as a bus."""

from __future__ import annotations

from random import Random

import gevent
import pytest

from canfakes import GUID, Channel, Time, an_event, an_interface, until
from vscpws.can import demo
from vscpws.can.canbus import CanBus
from vscpws.can.demo import DemoSource
from vscpws.can.source import BusMissing
from vscpws.codec.canframe import EXTENDED
from vscpws.demo.house import House
from vscpws.settings import BusLimits

TURN_OFF = 0x0C1E06FE, bytes((0, 2, 1))         # for the living room's lamp
OFF = EXTENDED | 0x0C140404, bytes((0, 2, 1))


@pytest.fixture
def heard():
    return []


@pytest.fixture
def bus(heard):
    bus = CanBus(an_interface("demo:"), BusLimits(), Channel(heard.extend))
    bus.start()
    until(lambda: bus.state == "up")
    yield bus
    bus.stop()


def kinds(heard):
    return [event[1:3] for event in heard]


def command(vscp_type, *data):
    return an_event(bytes(data), 30, vscp_type, nickname=0xFE)


def test_a_command_gets_its_answer_as_events_of_the_interface(bus, heard):
    bus.put(command(6, 0, 2, 1))
    until(lambda: (20, 4) in kinds(heard))
    answer = heard[kinds(heard).index((20, 4))]
    assert answer.guid == GUID[:15] + b"\x04" and answer.data == bytes((0, 2, 1))
    assert answer.obid == 7 and answer.datetime > 1.7e15


def test_a_blind_moves_while_nothing_else_is_sent(bus, heard):
    bus.put(command(22, 80, 2, 3))
    until(lambda: [event for event in heard if event[1:3] == (20, 40) and event.guid[15] == 0x0D
                   and event.data[0] == 80])


def test_the_log_says_that_it_is_no_bus(caplog):
    caplog.set_level("INFO")
    bus = CanBus(an_interface("demo:2"), BusLimits(), Channel(list))
    bus.start()
    try:
        until(lambda: bus.state == "up")
        assert "demo:2 is up: a simulated house, not a bus" in caplog.text
    finally:
        bus.stop()


def test_a_flood_is_taken_and_others_have_their_turns(bus, heard):
    limits = BusLimits()
    for _ in range(20):
        for number in range(min(200, limits.transmit_queue_size)):
            bus.put(command(20, number % 101, 255, 255))
        until(lambda: not bus.status().details["transmit_queue"])
    until(lambda: bus.counters.sent == 20 * min(200, limits.transmit_queue_size))
    assert bus.status().details["dropped"] == dict.fromkeys(bus.counters.dropped, 0)
    assert len(heard) < bus.counters.sent / 4


def test_sending_gives_a_turn_after_each_sixteen(monkeypatch):
    turns, sent = [], []
    monkeypatch.setattr(demo, "take_turn", lambda known: turns.append((len(sent), known)))
    source = DemoSource("1", lambda: 0)
    source.open()
    for number in range(1, 60):
        sent.append(number)
        source.send(*TURN_OFF)
    assert turns == [(16, True), (32, True), (48, True)]


def test_reading_takes_no_more_than_it_is_asked_for_and_waits_for_the_rest():
    time = Time()
    source = DemoSource("1", time.microseconds, time.clock)
    source.open()
    time.now += 60                          # everything is due
    frames = []
    with gevent.Timeout(10):
        while len(frames) < 40:
            some = source.read(3)
            assert 1 <= len(some) <= 3
            frames += some
    assert all(frame[0] & EXTENDED and frame[2] == time.microseconds() for frame in frames)


def test_a_command_wakes_who_reads():
    time = Time()                           # that stands still
    source = DemoSource("1", time.microseconds, time.clock)
    source.open()
    time.now -= 3600                        # nothing is due for an hour
    frames = []
    reader = gevent.spawn(lambda: [frames.extend(source.read(10)) for _ in range(1000)])
    try:
        gevent.idle()
        time.now += 3600.05
        source.send(*TURN_OFF)
        until(lambda: OFF in [frame[:2] for frame in frames])
    finally:
        reader.kill()


def test_what_is_due_at_this_very_moment_is_said():
    due = House(1000.0, Random("1")).due
    source = DemoSource("1", lambda: 0, iter([1000.0, due]).__next__)
    source.open()
    assert source.read(1)


def test_buses_of_several_names_are_houses_of_their_own():
    def first(name):
        time = Time()
        source = DemoSource(name, time.microseconds, time.clock)
        source.open()
        time.now += 60
        return [frame[:2] for frame in source.read(100)]

    assert first("1") == first("1") != first("2")


def test_a_closed_house_is_no_bus_and_can_be_opened_again():
    time = Time()
    source = DemoSource("1", time.microseconds, time.clock)
    for _ in range(2):
        source.close()
        for use in (lambda: source.read(1), lambda: source.send(*TURN_OFF)):
            with pytest.raises(BusMissing):
                use()
        source.open()
        time.now += 60
        assert len(source.read(1)) == 1     # of many
    source.close()


def test_what_is_no_level_i_event_of_eight_bytes_does_no_harm(bus, heard):
    bus.put(an_event(bytes(64), 30, 5))
    bus.put(an_event(b"", 30, 5))
    bus.put(an_event(GUID + bytes((0, 2, 1)), 512 + 30, 6))
    until(lambda: (20, 4) in kinds(heard))
