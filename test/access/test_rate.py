from hypothesis import given
from hypothesis import strategies as st

from vscpws.access.rate import Allowance, StrangersTalk


class Clock:
    def __init__(self):
        self.time = 50.0
        self.looks = 0

    def __call__(self):
        self.looks += 1
        return self.time


def make(rate):
    clock = Clock()
    return Allowance(rate, clock), clock


def test_a_seconds_worth_is_allowed_at_once_and_no_more():
    allowance, _ = make(10)
    assert [allowance.take() for _ in range(12)] == [True] * 10 + [False] * 2
    assert allowance.refused == 2


def test_it_fills_at_its_rate():
    allowance, clock = make(10)
    for _ in range(10):
        allowance.take()
    clock.time += 0.25
    assert [allowance.take() for _ in range(3)] == [True, True, False]


def test_one_is_allowed_as_soon_as_it_has_filled():
    allowance, clock = make(8)
    for _ in range(8):
        allowance.take()
    clock.time += 1 / 8
    assert [allowance.take() for _ in range(2)] == [True, False]


def test_only_an_empty_one_looks_at_the_clock():
    allowance, clock = make(8)
    for _ in range(8):
        allowance.take()
    assert clock.looks == 1             # when it was made
    allowance.take()
    assert clock.looks == 2


def test_of_several_as_many_are_granted_as_are_allowed_and_none_is_refused():
    allowance, clock = make(10)
    assert [allowance.grant(4) for _ in range(4)] == [4, 4, 2, 0]
    assert allowance.refused == 0
    clock.time += 0.35
    assert allowance.grant(9) == 3
    assert not allowance.take()


def test_what_was_granted_and_did_not_come_is_there_again():
    allowance, _ = make(10)
    allowance.give_back(allowance.grant(10) - 3)
    assert [allowance.take() for _ in range(8)] == [True] * 7 + [False]


def test_without_a_rate_everything_is_granted():
    allowance, _ = make(0)
    assert allowance.grant(1000000) == 1000000
    allowance.give_back(5)
    assert allowance.take()


def test_it_holds_no_more_than_a_second():
    allowance, clock = make(10)
    for _ in range(10):
        allowance.take()
    clock.time += 3600
    assert sum(allowance.take() for _ in range(100)) == 10


def test_as_many_refusals_as_are_allowed_in_a_second_are_a_flood():
    allowance, _ = make(3)
    for _ in range(5):
        allowance.take()
    assert not allowance.flooding
    allowance.take()
    assert allowance.flooding


def test_a_quiet_second_is_forgiving():
    allowance, clock = make(3)
    for _ in range(5):
        allowance.take()
    clock.time += 1
    allowance.take()
    assert allowance.refused == 0


def test_zero_allows_everything():
    allowance, _ = make(0)
    assert all(allowance.take() for _ in range(1000))
    assert not allowance.flooding


@given(st.integers(1, 50), st.lists(st.floats(0, 2), max_size=200))
def test_never_more_than_the_rate_and_a_seconds_worth(rate, waits):
    allowance, clock = make(rate)
    begin, allowed = clock.time, 0
    for wait in waits:
        clock.time += wait
        allowed += allowance.take()
        assert allowed <= rate + (clock.time - begin) * rate + 1e-6


def test_a_stranger_waits_once_he_has_said_more_than_a_login_takes():
    talk = StrangersTalk()
    assert [talk.say(31744) for _ in range(2)] == [0, 32768 / 20480]    # a message counts 1024 more
    assert talk.say(0) == 1024 / 20480
    assert talk.say(10 ** 9) == 2


def test_a_strangers_first_message_never_waits_however_long_it_is():
    assert StrangersTalk().say(10 ** 9) == 0
