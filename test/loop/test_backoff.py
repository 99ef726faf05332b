"""Growing waits between tries."""

import random

import pytest

from vscpws.loop.backoff import Backoff


def longest(low, high):
    return high


def shortest(low, high):
    return low


def waits(backoff, count):
    return [backoff.next() for _ in range(count)]


def test_delay_doubles_up_to_the_last():
    assert waits(Backoff(0.1, 1.0, uniform=longest), 6) == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


@pytest.mark.parametrize("jitter, found", [(0.25, [3.0, 6.0, 6.0]), (0.5, [2.0, 4.0, 4.0]),
                                           (0.0, [4.0, 8.0, 8.0])])
def test_jitter_shortens_a_delay_by_its_share_at_most(jitter, found):
    assert waits(Backoff(4.0, 8.0, jitter, shortest), 3) == found


def test_by_default_there_is_a_quarter_of_jitter():
    assert waits(Backoff(4.0, 8.0, uniform=shortest), 3) == [3.0, 6.0, 6.0]


def test_delays_grow_by_what_was_meant_and_not_by_what_chance_made_of_it():
    uniform = random.Random(1).uniform
    for found, meant in zip(waits(Backoff(1.0, 30.0, uniform=uniform), 8),
                            [1, 2, 4, 8, 16, 30, 30, 30]):
        assert 0.75 * meant <= found <= meant


def test_reset_starts_over():
    backoff = Backoff(0.1, 1.0, uniform=longest)
    waits(backoff, 2)
    backoff.reset()
    assert waits(backoff, 2) == [0.1, 0.2]
