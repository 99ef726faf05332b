"""How long the hub rests between batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.hub.pace import Pace

LONGEST = 0.0025
WORK = 0.0002           # s for a batch; five times that is from batch to batch


def run(pace, gap, work, seconds=2.0):
    """Events by the clock, taken as a hub takes them: the rests, and the sizes of the batches."""
    now, taken, rests, sizes = 10.0, 0, [], []
    while now < 10.0 + seconds:
        come = int((now - 10.0) / gap) + 1
        if come == taken:
            now = 10.0 + taken * gap + 1e-9
            continue
        sizes.append(come - taken)
        taken, end = come, now + work
        rests.append(pace.rest(now, end, sizes[-1]))
        now = end + rests[-1]
    return rests, sizes


@pytest.mark.parametrize("work", [0.00002, 0.0002, 0.0005])
def test_events_that_come_seldom_never_wait(work):
    rests, _ = run(Pace(LONGEST), gap=0.002, work=work)
    assert not any(rests)


def test_events_that_come_fast_gather_for_as_long_as_is_worth_a_batch():
    rests, sizes = run(Pace(LONGEST), gap=0.00025, work=WORK)
    assert rests[40:] == [pytest.approx(4 * WORK)] * (len(rests) - 40)
    assert min(sizes[40:]) >= 3


def test_the_hub_s_share_of_a_core_is_a_fifth_however_fast_they_come():
    rests, _ = run(Pace(LONGEST), gap=0.00001, work=WORK)
    busy = len(rests) * WORK
    assert busy / (busy + sum(rests)) == pytest.approx(0.2, abs=0.01)


def test_dear_batches_are_the_longest_apart():
    rests, _ = run(Pace(LONGEST), gap=0.000125, work=0.001)
    assert rests[40:] == [pytest.approx(LONGEST - 0.001)] * (len(rests) - 40)


@pytest.mark.parametrize("work", [0.0025, 0.003, 1.0])
def test_a_batch_of_longer_work_has_no_rest(work):
    rests, _ = run(Pace(LONGEST), gap=0.00001, work=work, seconds=5 * work)
    assert not any(rests)


@pytest.mark.parametrize("work", [0.00001, 0.0001])
def test_cheap_batches_are_half_a_millisecond_apart(work):
    rests, _ = run(Pace(LONGEST), gap=0.00001, work=work)
    assert rests[40:] == [pytest.approx(0.0005 - work)] * (len(rests) - 40)


def test_not_even_these_are_more_than_the_longest_apart():
    rests, _ = run(Pace(0.0003), gap=0.00001, work=0.0001)
    assert rests[40:] == [pytest.approx(0.0002)] * (len(rests) - 40)


@pytest.mark.parametrize("gap, rests", [(0.00066, True), (0.00067, False)])
def test_more_than_one_event_must_be_expected_from_batch_to_batch(gap, rests):
    assert any(run(Pace(LONGEST), gap, WORK)[0][100:]) == rests


def test_a_silence_ends_the_resting_at_once_and_a_few_events_don_t_begin_it():
    pace, now = Pace(LONGEST), 10.0
    for _ in range(100):
        now += 0.0003
        last = pace.rest(now, now + WORK, 1)
    assert last > 0
    assert pace.rest(now + 1.0, now + 1.0 + WORK, 1) == 0.0
    assert pace.rest(now + 1.0003, now + 1.0004, 1) == 0.0


def test_the_first_batch_is_as_one_after_a_silence_however_early_it_comes():
    assert Pace(LONGEST).rest(0.5, 0.5 + WORK, 1) == 0.0


@pytest.mark.parametrize("count, first", [(1, 14), (4, 3), (8, 1), (100, 1)])
def test_that_events_come_fast_is_believed_after_some_of_them(count, first):
    """An eighth of each event's gap counts, so what eight of them show is believed at once."""
    pace = Pace(LONGEST)
    starts = [10.0 + number * count * 0.0003 for number in range(20)]
    rests = [pace.rest(start, start + WORK, count) for start in starts]
    assert [bool(rest) for rest in rests] == [number >= first for number in range(20)]


def test_many_events_at_once_say_no_more_than_how_far_they_are_apart():
    pace = Pace(LONGEST)
    pace.rest(10.0, 10.0 + WORK, 1)
    assert pace.rest(10.0 + 16 * 0.0012, 10.0 + 16 * 0.0012 + WORK, 16) == 0.0


@pytest.mark.parametrize("rest", [0.00015, 0.00008])
def test_a_rest_that_is_shorter_than_a_sleep_is_none(rest):
    rests, _ = run(Pace(LONGEST), gap=0.00001, work=LONGEST - rest)
    assert rests[40:] == [pytest.approx(rest) if rest > 0.0001 else 0.0] * (len(rests) - 40)


@pytest.mark.parametrize("gap", [0.00001, 0.001])
def test_without_a_longest_there_is_no_rest(gap):
    rests, _ = run(Pace(0.0), gap, WORK)
    assert not any(rests)


@given(st.floats(0, 1), st.lists(st.tuples(st.floats(0, 0.1), st.floats(0, 0.1),
                                           st.integers(1, 1000))))
def test_a_rest_is_within_the_longest_whatever_happens(longest, turns):
    pace, now = Pace(longest), 0.0
    for gap, work, count in turns:
        start = now + gap
        now = start + work
        rest = pace.rest(start, now, count)
        assert 0 <= rest <= longest
        now += rest
