"""One sensor's past: minutes, samples, steps, and clocks that jump."""

import math
import random

import pytest

from vscpws.memory.series import SAMPLES, Series

START = 1795680000              # a whole minute


def filled(values, minutes=60, every=10):
    series = Series(minutes, "°C")
    for place, value in enumerate(values):
        series.add(START + place * every, value)
    return series


def test_a_minute_has_least_sum_greatest_and_count():
    series = filled([20.0, 22.0, 21.0])
    assert series.minute(START // 60) == (20.0, 63.0, 22.0, 3)
    assert series.minute(START // 60 + 1) is None


def test_steps_of_a_minute():
    points = filled([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 10.0]).points(START - 60, 60, 4)
    assert points.least == [None, 1.0, 10.0, None]
    assert points.mean == [None, 3.5, 10.0, None]
    assert points.greatest == [None, 6.0, 10.0, None]


def test_longer_steps_weigh_every_sample_alike():
    points = filled([1.0] * 6 + [8.0]).points(START, 120, 1)
    assert points.mean == [2.0]


def test_shorter_steps_are_made_of_the_samples():
    points = filled([1.0, 2.0, 3.0]).points(START, 10, 4)
    assert points.least == points.mean == points.greatest == [1.0, 2.0, 3.0, None]
    assert filled([1.0, 2.0, 4.0], every=5).points(START, 10, 2).mean == [1.5, 4.0]


def test_steps_of_a_minute_reach_back_further_than_the_samples():
    series = filled([float(value) for value in range(SAMPLES + 120)], every=1)
    assert series.points(START, 60, 1).least == [0.0]
    assert series.points(START, 59, 3).least == [None, None, 120.0]


def test_a_minute_that_begins_in_the_last_second_of_the_last_step_is_in_it():
    assert filled([5.0], every=1).points(START - 60, 61, 1).least == [5.0]


def test_what_is_before_and_behind_the_steps_is_left_out():
    series = filled([1.0, 2.0, 3.0, 4.0])
    assert series.points(START + 10, 10, 2).least == [2.0, 3.0]


def test_nothing_has_come_at_first():
    series = Series(3)
    assert (series.unit, series.newest, series.samples(), series.minute(0)) == ("", 0.0, [], None)
    assert series.points(START, 60, 1) == ([None], [None], [None])


def test_the_newest_is_what_came_last():
    series = filled([1.0, 2.0])
    assert series.newest == START + 10
    assert series.samples() == [(START, 1.0), (START + 10, 2.0)]


def test_minutes_of_another_series_are_added_to_those_there_are():
    series, other = filled([1.0, 5.0]), filled([3.0, 9.0])
    other.add(START + 120, 4.0)
    assert series.merge(other)
    assert series.minute(START // 60) == (1.0, 18.0, 9.0, 4)
    assert series.minute(START // 60 + 2) == (4.0, 4.0, 4.0, 1)
    assert not series.merge(Series(60, "K"))


def test_a_copy_stays_as_it_was():
    series = filled([1.0])
    copy = series.copy()
    series.add(START, 7.0)
    assert copy.minute(START // 60) == (1.0, 1.0, 1.0, 1) and copy.samples() == [(START, 1.0)]
    assert (copy.unit, copy.newest) == ("°C", START)


def test_only_the_last_samples_are_kept():
    series = filled([float(value) for value in range(SAMPLES + 5)], minutes=200, every=1)
    assert [value for _, value in series.samples()] == [
        float(value) for value in range(5, SAMPLES + 5)]
    assert len(series.samples()) == 600


def test_minutes_older_than_the_ring_are_forgotten():
    series = Series(3)
    for minute in range(5):
        series.add(START + 60 * minute, float(minute))
    assert [series.minute(START // 60 + minute) is not None for minute in range(5)] == [
        False, False, True, True, True]
    assert series.points(START, 60, 5).least == [None, None, 2.0, 3.0, 4.0]


def test_a_stretch_longer_than_the_ring_reads_each_minute_once():
    series = Series(3)
    series.add(START, 7.0)
    assert series.points(START - 3600, 60, 61).least == [None] * 60 + [7.0]


def test_a_clock_set_back_neither_loses_nor_moves_what_there_is():
    series = filled([1.0], minutes=1500)
    series.add(START - 600, 9.0)
    series.add(START + 60, 2.0)
    points = series.points(START - 600, 60, 12)
    assert (points.least[0], points.least[10], points.least[11]) == (9.0, 1.0, 2.0)


def test_another_unit_converts_minutes_and_samples():
    series = filled([0.0, 10.0, 20.0])
    series.change("°F", lambda value: value * 1.8 + 32)
    assert series.unit == "°F"
    assert series.minute(START // 60) == pytest.approx((32.0, 150.0, 68.0, 3))
    assert [value for _, value in series.samples()] == [32.0, 50.0, 68.0]


def test_a_conversion_that_turns_the_order_round_keeps_least_below_greatest():
    series = filled([1.0, 2.0])
    series.change("x", lambda value: -value)
    assert series.minute(START // 60)[0] == -2.0


def test_no_mean_shows_the_last_bit_of_a_double():
    assert filled([0.1, 0.1, 0.1]).points(START, 60, 1).mean == [0.1]


def test_a_sum_that_is_beyond_a_double_gives_a_mean_that_is_not():
    points = filled([1.7e308, 1.7e308]).points(START, 60, 1)
    assert points == ([1.7e308], [1.7e308], [1.7e308])
    assert filled([-1.7e308, -1.7e308, 1.0]).points(START, 60, 1).mean == [-1.7e308]


def test_what_becomes_infinite_in_another_unit_is_no_value():
    series = filled([1.7e308])
    series.change("°F", lambda value: value * 1.8 + 32)
    assert series.points(START, 60, 1) == ([None], [None], [None])


def test_against_a_plain_list_of_all_samples():
    chance, series, samples = random.Random(3), Series(500), []
    moment = START
    for _ in range(2000):
        moment += chance.randrange(1, 25)
        samples.append((moment, chance.uniform(-50, 50)))
        series.add(*samples[-1])
    for step in (60, 300, 3600):
        start = (START // step - 1) * step
        count = (moment - start) // step + 2
        points = series.points(start, step, count)
        for place in range(count):
            inside = [value for when, value in samples
                      if math.floor((when - start) / step) == place and when > moment - 490 * 60]
            if inside and len(inside) == sum(
                    math.floor((when - start) / step) == place for when, _ in samples):
                assert points.least[place] == pytest.approx(min(inside))
                assert points.greatest[place] == pytest.approx(max(inside))
                assert points.mean[place] == pytest.approx(sum(inside) / len(inside))
