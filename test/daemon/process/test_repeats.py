import pytest

from vscpws.daemon.process.repeats import Repeats


class Clock:
    def __init__(self):
        self.time = 100.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def repeats(clock):
    return Repeats(3, 10.0, clock)


def test_so_many_of_a_kind_pass_and_other_kinds_are_counted_by_themselves(repeats):
    assert [repeats.admit("a", number) for number in range(5)] == [True] * 3 + [False] * 2
    assert repeats.admit("b", 0)


def test_what_was_held_back_is_told_once_when_its_while_is_over(repeats, clock):
    for number in range(5):
        repeats.admit("a", number)
    clock.time += 9.9
    assert repeats.over() == []
    clock.time += 0.1
    assert repeats.over() == [(2, 4)]
    assert repeats.over() == []


def test_it_is_told_at_once_where_there_will_be_no_later(repeats):
    for number in range(4):
        repeats.admit("a", number)
    assert repeats.over(all_of_them=True) == [(1, 3)]


def test_each_while_begins_with_a_line_that_passes(repeats, clock):
    for number in range(4):
        repeats.admit("a", number)
    clock.time += 10
    assert repeats.over()
    assert repeats.admit("a", 4)


def test_nothing_that_was_held_back_is_lost_where_nobody_asks(repeats, clock):
    for number in range(4):
        repeats.admit("a", number)
    clock.time += 100
    assert not repeats.admit("a", 4)
    assert repeats.over() == [(2, 4)]


def test_a_while_without_repeats_leaves_nothing_to_tell(repeats, clock):
    repeats.admit("a", 0)
    clock.time += 100
    assert repeats.admit("a", 1)
    assert repeats.over(all_of_them=True) == []


def test_more_kinds_than_can_be_remembered_pass_and_old_ones_make_room(repeats, clock):
    for number in range(5000):
        assert repeats.admit(number, "x")
    assert len(repeats._windows) == 2000
    clock.time += 10
    assert [repeats.admit("a", number) for number in range(4)] == [True] * 3 + [False]
    assert len(repeats._windows) == 1
