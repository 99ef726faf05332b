"""The common tick of all clients: once a second, but for the time in which we were away."""

import pytest

from vscpws.hub.hub import Hub
from vscpws.settings import ClientLimits
from vscpws.web.clients import Clients


class Over(BaseException):
    """The test's end: the tick goes on for ever."""


def ticks(lateness):
    """Which of the ticks count, that come so many seconds after their time."""
    clients, time, counted = Clients(Hub(10, 0.0), ClientLimits(), None), [0.0], []
    waits = iter(lateness)
    clients._tick = lambda: counted.append(len(waited) - 1)
    waited = []

    def sleep(seconds):
        waited.append(seconds)
        try:
            time[0] += seconds + next(waits)
        except StopIteration:
            raise Over() from None
    with pytest.raises(Over):
        clients.run(lambda: time[0], sleep)
    assert set(waited) == {1.0}
    return counted


def test_each_tick_in_time_counts():
    assert ticks([0, 0.001, 0.4, 0]) == [0, 1, 2, 3]


@pytest.mark.parametrize("late", [0.6, 5, 3600])
def test_one_that_comes_late_does_not(late):
    assert ticks([0, late, 0, 0, late]) == [0, 2, 3]


def test_a_loop_that_is_always_late_has_deadlines_too():
    assert ticks([1, 1, 1, 1, 1]) == [1, 3]
