"""How long the hub rests between batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.hub.pace import Pace

LONGEST = 0.0025


def run(pace, spacing, work, count=2000):
    """Batches at a spacing, or as late as the rests make them: (rests, seconds in all)."""
    now, rests = 10.0, []
    for number in range(count):
        now = max(now, 10.0 + number * spacing)
        end = now + work
        rests.append(pace.rest(now, end))
        now = end + rests[-1]
    return rests, now - 10.0


def test_a_hub_that_is_hardly_busy_never_rests():
    rests, _ = run(Pace(LONGEST), spacing=0.001, work=0.00006)
    assert not any(rests)


def test_a_busy_one_lets_batches_be_the_longest_apart():
    rests, _ = run(Pace(LONGEST), spacing=0.001, work=0.0004)
    assert all(rest == pytest.approx(LONGEST - 0.0004) for rest in rests)


def test_small_batches_gather_as_soon_as_they_come_too_often():
    rests, seconds = run(Pace(LONGEST), spacing=0.000125, work=0.00006)
    assert rests[0] == 0 and sum(rests) > seconds / 2


@pytest.mark.parametrize("work", [0.0001, 0.002, 5.0])
def test_after_a_short_silence_nothing_is_owed(work):
    pace = Pace(LONGEST)
    for number in range(10):        # as busy as can be
        pace.rest(number * work, (number + 1) * work)
    start = 10 * work + LONGEST
    assert pace.rest(start, start + 0.0001) == 0.0


@pytest.mark.parametrize("work", [0.001, 0.002, 0.0024, 0.003, 1.0])
def test_from_batch_to_batch_it_takes_no_longer_than_the_longest(work):
    rest = Pace(LONGEST).rest(5.0, 5.0 + work)
    assert rest + work == pytest.approx(max(LONGEST, work))


@pytest.mark.parametrize("work", [0.00001, 0.01])
def test_without_a_longest_there_is_no_rest(work):
    rests, _ = run(Pace(0.0), spacing=0.0, work=work)
    assert not any(rests)


@pytest.mark.parametrize("spacing, rests", [(7.01, False), (6.9, True)])
def test_it_rests_from_a_seventh_of_a_core(spacing, rests):
    work = 0.00002
    assert any(run(Pace(LONGEST), spacing * work, work)[0]) == rests


def test_it_rests_as_soon_as_a_timer_is_fine_enough_for_what_is_owed():
    assert Pace(LONGEST).rest(5.0, 5.00016) == 0.0
    assert Pace(LONGEST).rest(5.0, 5.00018) > 0.0
    assert Pace(0.001).rest(5.0, 5.0005) == pytest.approx(0.0005)    # can owe no more than a tick


def test_work_of_long_is_paid_by_a_silence_as_long_as_the_longest():
    pace = Pace(0.01)
    pace.rest(5.0, 5.005)
    assert pace.rest(5.012, 5.01201) > 0.0
    pace = Pace(0.01)
    pace.rest(5.0, 5.005)
    assert pace.rest(5.016, 5.01601) == 0.0


@pytest.mark.parametrize("now", [0.0, 1000.0])
def test_nothing_is_owed_at_first_whatever_the_clock_says(now):
    assert Pace(LONGEST).rest(now, now + 0.00001) == 0.0


@given(st.floats(0, 1), st.lists(st.tuples(st.floats(0, 0.1), st.floats(0, 0.1))))
def test_a_rest_is_within_the_longest_whatever_happens(longest, turns):
    pace, now = Pace(longest), 0.0
    for gap, work in turns:
        start = now + gap
        now = start + work
        rest = pace.rest(start, now)
        assert 0 <= rest <= longest
        now += rest
