"""How busy a bus is."""

import pytest

from vscpws.can.load import Load


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_bus_that_was_never_heard_has_no_load(clock):
    load = Load(clock)
    clock.now += 10
    assert load.bits_per_second == 0


@pytest.mark.parametrize("rate, size", [(100, 8), (950, 8), (10, 0)])
def test_a_steady_flow_has_its_bits(clock, rate, size):
    """A frame of 8 bytes has 131 bits without stuffing; 950 a second fill 125 kbit/s."""
    load = Load(clock)
    for _ in range(30 * 10):
        clock.now += 0.1
        load.add(rate // 10, rate // 10 * size)
    bits = rate * (67 + 8 * size)
    assert bits < load.bits_per_second < 1.1 * bits


def test_what_was_long_ago_is_forgotten(clock):
    load = Load(clock)
    load.add(1000, 8000)
    at_once = load.bits_per_second
    clock.now += 4
    assert load.bits_per_second == pytest.approx(at_once / 2.718, rel=0.01)
    clock.now += 60
    assert load.bits_per_second < 1


def test_many_moments_close_together_are_as_good_as_a_few(clock):
    often, seldom = Load(clock), Load(clock)
    for number in range(2000):
        clock.now += 0.001
        often.add(1, 8)
        if number % 100 == 99:
            seldom.add(100, 800)
    assert often.bits_per_second == pytest.approx(seldom.bits_per_second, rel=0.02)


def test_a_clock_that_goes_back_adds_nothing(clock):
    load = Load(clock)
    load.add(10, 80)
    before = load.bits_per_second
    clock.now -= 50
    assert load.bits_per_second == before
