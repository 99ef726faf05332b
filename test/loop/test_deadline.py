"""Deadlines: who has had his time, and when it was we who were away."""

import time

import gevent
import pytest
from gevent import socket

from vscpws.loop.deadline import Deadline


class Over(BaseException):
    pass


class Clock:
    """Shows each time that there is in turn, and then goes on by the last step."""

    def __init__(self, *times):
        self.times = list(times)
        self.looks = 0

    def __call__(self):
        beyond = self.looks - len(self.times) + 1
        shown = self.times[self.looks] if beyond <= 0 else (
            self.times[-1] + (self.times[-1] - self.times[-2]) * beyond)
        self.looks += 1
        return shown


def looks_until_it_is_over(*times):
    """How often its parts ended; the time that really passes doesn't matter."""
    clock = Clock(*times)
    with pytest.raises(Over):
        with Deadline(0.008, Over(), clock):
            gevent.sleep(30)
    return clock.looks - 1      # but for its begin


def test_it_is_raised_where_it_was_begun():
    with pytest.raises(Over):
        with Deadline(0.02, Over()):
            gevent.sleep(30)


def test_it_is_raised_once():
    deadline = Deadline(0.008, Over())
    with pytest.raises(Over):
        deadline.begin()
        gevent.sleep(30)
    gevent.sleep(0.03)
    deadline.end()


def test_not_before_its_time_also_in_a_loop_that_was_busy():
    end = time.monotonic() + 0.05
    while time.monotonic() < end:
        pass
    start = time.monotonic()
    with pytest.raises(Over):
        with Deadline(0.08, Over()):
            gevent.sleep(30)
    assert time.monotonic() - start >= 0.078


def test_one_that_has_ended_is_not_raised():
    with Deadline(0.008, Over()):
        pass
    begun = Deadline(0.008, Over()).begin()
    begun.end()
    begun.end()
    gevent.sleep(0.03)


def test_it_has_eight_parts():
    assert looks_until_it_is_over(0.0, 0.001) == 8


@pytest.mark.parametrize("place", range(1, 9))
@pytest.mark.parametrize("away", [0.3, 3600.0])
def test_a_part_in_which_we_were_away_does_not_count(place, away):
    times = [number * 0.001 + (away if number >= place else 0.0) for number in range(11)]
    assert looks_until_it_is_over(*times) == 9


def test_a_little_late_is_in_time():
    assert looks_until_it_is_over(0.0, 0.2495) == 8     # its end is due at 0.001


def test_a_quarter_of_a_second_is_late():
    clock = Clock(0.0, 0.25 + 2 ** -7, 0.25 + 2 ** -6)
    with pytest.raises(Over):
        with Deadline(2 ** -4, Over(), clock):
            gevent.sleep(30)
    assert clock.looks - 1 == 9


def test_a_loop_that_is_always_late_ends_it_all_the_same():
    assert looks_until_it_is_over(0.0, 0.3) == 32


def test_what_has_come_is_taken_before_the_time_is_over():
    """Of both in one turn of the loop the socket comes first."""
    left, right = socket.socketpair()
    with left, right:
        got = []
        reader = gevent.spawn(lambda: got.append(_read(left)))
        gevent.sleep(0)
        right.send(b"x")
        end = gevent.get_hub().loop.now() + 0.05
        while gevent.get_hub().loop.now() < end:    # away, with both to be seen to
            gevent.get_hub().loop.update_now()
        reader.join()
        assert got == [b"x"]


def _read(sock):
    with Deadline(0.02, Over()):
        return sock.recv(1)
