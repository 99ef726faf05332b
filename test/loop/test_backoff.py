"""Growing waits between tries."""

from vscpws.loop.backoff import Backoff


def longest(low, high):
    return high


def shortest(low, high):
    return low


def test_delay_doubles_up_to_the_last():
    backoff = Backoff(0.1, 1.0, longest)
    assert [backoff.next() for _ in range(6)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


def test_jitter_shortens_a_delay_by_a_quarter_at_most():
    backoff = Backoff(4.0, 8.0, shortest)
    assert [backoff.next(), backoff.next(), backoff.next()] == [3.0, 6.0, 6.0]


def test_reset_starts_over():
    backoff = Backoff(0.1, 1.0, longest)
    backoff.next(), backoff.next()
    backoff.reset()
    assert backoff.next() == 0.1
