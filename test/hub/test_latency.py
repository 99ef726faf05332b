import pytest

from vscpws.hub.latency import BOUNDS, Latency


@pytest.mark.parametrize("seconds, place", [
    (0.0, 0), (0.0005, 0), (0.0006, 1), (0.01, 4), (2.5, 11), (2.6, 12), (1e9, 12)])
def test_events_are_in_the_bucket_of_the_first_bound_that_they_don_t_pass(seconds, place):
    latency = Latency()
    latency.count(seconds, 3)
    assert latency.as_dict() == {
        "bounds": list(BOUNDS), "sum": seconds * 3,
        "counts": [3 * (each == place) for each in range(len(BOUNDS) + 1)]}


def test_the_bounds_rise_in_steps_of_at_most_two_and_a_half():
    steps = [later / earlier for earlier, later in zip(BOUNDS, BOUNDS[1:])]
    assert all(1.9 < step < 2.6 for step in steps)
    assert (BOUNDS[0], BOUNDS[-1]) == (0.0005, 2.5)
