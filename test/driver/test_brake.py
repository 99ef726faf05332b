"""The brake, with clients and a clock of the test's own."""

from types import SimpleNamespace

import pytest

from vscpws.driver.brake import Brake
from vscpws.settings import ClientLimits

LIMITS = ClientLimits(max_client_queue_size=100, max_client_queue_bytes=1000)


class Stage:
    def __init__(self):
        self.time, self.clients = 0.0, []
        self.brake = Brake(lambda: self.clients, LIMITS, lambda: self.time)

    def add(self, waiting=0, waiting_bytes=0):
        outbox = SimpleNamespace(waiting=waiting, waiting_bytes=waiting_bytes, taken=0)
        self.clients.append(SimpleNamespace(outbox=outbox, acknowledged=lambda: outbox.taken))
        return outbox

    def holds_after(self, seconds):
        self.time += seconds
        return self.brake.holds()


@pytest.fixture
def stage():
    return Stage()


def test_nobody_is_waited_for_whose_queue_is_less_than_half_full(stage):
    stage.add(waiting=49, waiting_bytes=499)
    assert not stage.holds_after(0.1)


@pytest.mark.parametrize("full", [{"waiting": 50}, {"waiting_bytes": 500}])
def test_one_with_half_a_queue_is_waited_for_until_there_is_less(stage, full):
    outbox = stage.add(**full)
    assert stage.holds_after(0.1)
    outbox.waiting = outbox.waiting_bytes = 0
    assert not stage.holds_after(0.1)


def test_who_reads_fast_is_waited_for_on_and_on(stage):
    outbox = stage.add(waiting=60)
    for _ in range(500):
        outbox.taken += 2500
        assert stage.holds_after(0.02)


@pytest.mark.parametrize("step", [0, 1900])
def test_who_reads_slowly_or_not_at_all_is_waited_for_once(stage, step):
    outbox = stage.add(waiting=60)
    held = 0
    for _ in range(500):
        outbox.taken += step
        held += stage.holds_after(0.02)
    assert 70 <= held <= 80


def test_a_slow_one_is_not_waited_for_again_each_time_that_a_little_was_read(stage):
    outbox = stage.add(waiting=60)
    while stage.holds_after(0.02):
        pass
    for outbox.waiting in (40, 60, 30, 70):
        assert not stage.holds_after(0.02)
    outbox.waiting = 20
    assert not stage.holds_after(0.02)
    outbox.waiting = 60
    assert stage.holds_after(0.02)


def test_a_slow_one_does_not_hide_a_fast_one(stage):
    stage.add(waiting=60)
    fast = stage.add(waiting=60)
    for _ in range(400):
        fast.taken += 2500
        assert stage.holds_after(0.02)


def test_it_looks_only_now_and_then(stage):
    outbox = stage.add(waiting=60)
    assert stage.holds_after(0.1)
    outbox.waiting = 0
    assert stage.holds_after(0.01)
    assert not stage.holds_after(0.02)


def test_before_the_first_look_nobody_is_waited_for(stage):
    stage.add(waiting=60)
    assert not stage.holds_after(0.01)
    assert stage.holds_after(0.01)


@pytest.mark.parametrize("taken, holds", [(150000, True), (149999, False)])
def test_as_fast_as_a_busy_bus_is_fast_enough(stage, taken, holds):
    outbox = stage.add(waiting=60)
    assert stage.holds_after(1.0)
    outbox.taken += taken
    assert stage.holds_after(1.5) is holds


def test_nobody_is_judged_before_a_window_is_over(stage):
    stage.add(waiting=60)
    assert [stage.holds_after(seconds) for seconds in (2.0, 1.0, 0.4, 0.2)] == [
        True, True, True, False]


def test_a_slow_one_is_remembered_down_to_a_quarter_of_its_queue(stage):
    outbox = stage.add(waiting=60)
    while stage.holds_after(0.02):
        pass
    outbox.waiting = 25
    assert not stage.holds_after(0.02)
    outbox.waiting = 60
    assert not stage.holds_after(0.02)
