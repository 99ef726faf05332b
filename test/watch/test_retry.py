"""Whether and when a lost server is tried again."""

import pytest

from vscpws.loop.backoff import Backoff
from vscpws.watch.connection import Lost
from vscpws.watch.retry import Retry

GONE, BUSY = Lost("gone"), Lost("too slow", busy=True)


class Bench:
    def __init__(self):
        self.now = 1000.0
        self.retry = Retry(Backoff(1.0, 30.0, jitter=0.0), lambda: self.now)

    def watched(self, seconds, lost):
        """The pause after a connection that was watched for so long."""
        self.retry.open()
        self.now += seconds
        return self.retry.pause_after(lost)


@pytest.fixture
def bench():
    return Bench()


def test_a_server_that_was_never_there_is_not_tried_again(bench):
    assert bench.retry.pause_after(GONE) is None


def test_one_too_busy_for_a_first_login_is_tried_four_times_more(bench):
    assert [bench.retry.pause_after(BUSY) for _ in range(5)] == [1, 2, 4, 8, None]


def test_one_that_was_there_is_tried_for_ever_in_growing_pauses(bench):
    assert bench.watched(0, GONE) == 1
    assert [bench.retry.pause_after(lost) for lost in (GONE, BUSY, GONE, GONE, GONE, GONE)] == [
        2, 4, 8, 16, 30, 30]


def test_a_connection_that_held_makes_the_pauses_short_again(bench):
    assert [bench.watched(seconds, GONE) for seconds in (0, 9.9, 9.9, 10.0, 9.9)] == [1, 2, 4, 1, 2]


def test_but_not_for_who_was_too_slow(bench):
    assert [bench.watched(3600, BUSY) for _ in range(3)] == [1, 2, 4]


def test_an_hour_without_connection_is_none_that_held(bench):
    assert bench.watched(0, GONE) == 1
    bench.now += 3600
    assert bench.retry.pause_after(GONE) == 2


def test_it_is_told_once_that_it_is_the_first_connection(bench):
    assert [bench.retry.open() for _ in range(3)] == [False, True, True]
