"""The history of values: which sensor, which unit, how far back, and who may see it."""

import pytest

from vscpws.memory.database import Past, Row
from vscpws.memory.history import MAX_POINTS, History, Sensor
from vscpws.memory.series import Series
from vscpws.model.event import Event
from vscpws.model.memory import HistoryQuery
from vscpws.reading.states import state_key

START = 1795680000


class Clock:
    def __init__(self):
        self.now = float(START)

    def __call__(self):
        return self.now


def guid(number):
    return bytes(12) + number.to_bytes(4, "big")


def temperature(celsius, number=1, index=0, unit=1):
    return Event(0x60, 10, 6, 1, 0, 0, guid(number),
                 bytes((0x60 | unit << 3 | index,)) + celsius.to_bytes(2, "big", signed=True))


def pairs(*events):
    return [(state_key(event), event) for event in events]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def history(clock):
    return History(10, 24, clock)


AIR = Sensor(guid(1), 10, 6, 0)


def test_what_a_sensor_measured_minute_by_minute(history, clock):
    history.hear(pairs(temperature(20), temperature(22)))
    clock.now += 60
    history.hear(pairs(temperature(19)))
    answer = history.answer(AIR, 1 / 60, 60)
    assert (answer.start, answer.step, answer.unit) == (START, 60, "°C")
    assert answer.points.least == [20.0, 19.0]
    assert answer.points.mean == [21.0, 19.0]
    assert answer.points.greatest == [22.0, 19.0]


def test_a_day_has_an_entry_for_every_minute_and_the_running_one(history):
    history.hear(pairs(temperature(20)))
    points = history.answer(AIR, 24, 60).points
    assert len(points.least) == len(points.mean) == len(points.greatest) == 24 * 60 + 1
    assert points.mean[-1] == 20.0 and set(points.mean[:-1]) == {None}


def test_who_asks_for_more_hours_than_are_kept_gets_those(history):
    history.hear(pairs(temperature(20)))
    assert len(history.answer(AIR, 1000, 3600).points.mean) == 25


def test_the_first_minute_of_a_day_is_kept_to_its_end(history, clock):
    history.hear(pairs(temperature(20)))
    clock.now += 86400
    history.hear(pairs(temperature(21)))
    points = history.answer(AIR, 24, 60).points
    assert (points.least[0], points.least[-1]) == (20.0, 21.0)


def test_an_answer_may_have_10080_steps(clock):
    history = History(10, 168, clock)
    history.hear(pairs(temperature(20)))
    assert len(history.answer(AIR, 167.98, 60).points.mean) == 10080
    with pytest.raises(ValueError, match="10081 steps, at most 10080"):
        history.answer(AIR, 167.99, 60)


def test_more_steps_than_an_answer_may_have_are_refused(history):
    with pytest.raises(ValueError, match="at most %d" % MAX_POINTS):
        history.answer(AIR, 24, 1)


def test_an_unknown_sensor_has_empty_lists(history):
    answer = history.answer(AIR, 24, 60)
    assert answer.points == ([], [], []) and answer.unit == ""


def test_sensors_of_a_node_are_told_apart(history):
    history.hear(pairs(temperature(20, index=0), temperature(5, index=1)))
    assert history.answer(AIR._replace(index=1), 1, 3600).points.mean[-1] == 5.0
    assert history.answer(AIR, 1, 3600).points.mean[-1] == 20.0
    assert history.answer(AIR._replace(index=2), 1, 3600).points.mean == []


def test_a_place_that_is_not_given_may_be_any_and_the_last_heard_is_meant(history):
    history.hear(pairs(temperature(20, index=0), temperature(5, index=1)))
    assert history.answer(AIR._replace(index=None), 1, 3600).points.mean[-1] == 5.0


def test_zones_narrow_a_sensor(history):
    zoned = Event(0x60, 65, 6, 1, 0, 0, guid(1), bytes((0, 1, 2, 0x68, 0, 20)))
    other = zoned._replace(data=bytes((0, 1, 3, 0x68, 0, 7)))
    history.hear(pairs(zoned, other))
    sensor = Sensor(guid(1), 65, 6, 0, 1, 2)
    assert history.answer(sensor, 1, 3600).points.mean[-1] == 20.0
    assert history.answer(sensor._replace(subzone=3), 1, 3600).points.mean[-1] == 7.0


def test_level_1_over_level_2_is_the_same_sensor(history):
    over = temperature(20)._replace(vscp_class=522, data=bytes(16) + temperature(20).data)
    history.hear(pairs(temperature(10), over))
    assert history.answer(AIR, 1, 3600).points.mean[-1] == 15.0
    assert history.answer(AIR._replace(vscp_class=522), 1, 3600).points.mean[-1] == 15.0


def test_a_sensor_that_changes_its_unit_is_converted(history):
    history.hear(pairs(temperature(20, unit=1), temperature(50, unit=2)))
    answer = history.answer(AIR, 1, 3600)
    assert answer.unit == "°F"
    assert answer.points.least[-1] == 50.0 and answer.points.greatest[-1] == 68.0
    assert history.anew == 0


def test_what_is_converted_may_become_nothing(history):
    history.hear(pairs(temperature(32, unit=2), temperature(5, unit=1)))
    assert history.answer(AIR, 1, 3600).points.least[-1] == 0.0


def test_a_series_that_began_anew_reaches_back_as_far(history, clock):
    ppm = Event(0x60, 10, 45, 1, 0, 0, guid(1), bytes((0x68, 1, 0)))
    history.hear(pairs(ppm, ppm._replace(data=bytes((0x60, 0, 3)))))
    clock.now += 86400
    history.hear(pairs(ppm._replace(data=bytes((0x60, 0, 4)))))
    points = history.answer(Sensor(guid(1), 10, 45), 24, 60).points
    assert (points.least[0], points.least[-1]) == (3.0, 4.0)


def test_where_it_can_not_be_converted_the_series_begins_anew(history):
    ppm = Event(0x60, 10, 45, 1, 0, 0, guid(1), bytes((0x68, 1, 0)))
    history.hear(pairs(ppm, ppm._replace(data=bytes((0x60, 0, 3)))))
    answer = history.answer(Sensor(guid(1), 10, 45), 1, 3600)
    assert (answer.unit, answer.points.greatest[-1], history.anew) == ("mol/m³", 3.0, 1)


def test_what_does_not_pass_is_as_if_it_were_not_there(history):
    history.hear(pairs(temperature(20)))
    answer = history.answer(AIR, 1, 3600, passes=lambda event: False)
    assert answer.points == ([], [], []) and answer.unit == ""


def test_the_sensor_silent_for_longest_goes_for_a_new_one(clock):
    history = History(2, 1, clock)
    history.hear(pairs(temperature(1, 1), temperature(2, 2), temperature(3, 1),
                       temperature(4, 3)))
    assert history.evicted == 1 and len(history) == 2
    assert history.answer(AIR._replace(guid=guid(2)), 1, 60).points.mean == []
    assert history.answer(AIR, 1, 60).points.mean[-1] == 2.0


def test_more_sensors_than_there_is_room_for_don_t_push_each_other_out(clock):
    history = History(2, 1, clock)
    for _ in range(60):
        clock.now += 60
        history.hear(pairs(temperature(20, 1), temperature(21, 2), temperature(22, 3)))
    assert history.evicted <= 6 and history.left_out >= 54
    assert len([value for value in history.answer(AIR, 1, 60).points.mean if value]) >= 10


def test_who_was_just_heard_is_pushed_out_once_in_ten_minutes(clock):
    history = History(1, 1, clock)
    history.hear(pairs(temperature(20, 1), temperature(21, 2)))
    assert history.hear(pairs(temperature(22, 3), temperature(23, 2))) == 1
    clock.now += 599
    history.hear(pairs(temperature(22, 3)))
    assert (history.evicted, history.left_out) == (1, 2)
    clock.now += 1
    history.hear(pairs(temperature(22, 3)))
    assert (history.evicted, history.left_out) == (2, 2)


def test_a_new_size_counts_at_once(clock):
    history = History(3, 1, clock)
    history.hear(pairs(temperature(20, 1), temperature(21, 2), temperature(22, 3)))
    history.resize(2)
    history.resize(2)
    assert (len(history), history.evicted, history.hours) == (2, 1, 1)
    assert history.answer(AIR, 1, 60).points.mean == []
    history.hear(pairs(temperature(23, 4)))
    assert len(history) == 2


def test_a_past_that_nothing_was_heard_of_since_is_known_and_written(history):
    history.adopt(past(18))
    minute = START // 60 - 1
    assert [row.event for row in history.rows(minute, minute)] == [temperature(18)]
    assert history.prepared(HistoryQuery(AIR, 1 / 60, 60))().points.least == [18.0, None]


def test_who_was_silent_for_an_hour_makes_room_at_once(clock):
    history = History(2, 1, clock)
    history.hear(pairs(temperature(20, 1), temperature(21, 2)))
    clock.now += 3600
    history.hear(pairs(temperature(22, 3), temperature(23, 4)))
    assert (history.evicted, history.left_out) == (2, 0)


@pytest.mark.parametrize("size, hours", [(0, 24), (10, 0)])
def test_with_no_size_or_no_hours_nothing_is_kept(clock, size, hours):
    history = History(size, hours, clock)
    assert history.hear(pairs(temperature(20))) == 0
    assert history.answer(AIR, 24, 60).points.mean == []


@pytest.mark.parametrize("event, expected", [
    (Event(0x60, 20, 40, 1, 0, 0, guid(1), bytes((77, 1, 2))), 77.0),
    (Event(0x60, 20, 42, 1, 0, 0, guid(1), bytes((0, 1, 2, 4, 5))), 5.0),
    (Event(0x60, 60, 6, 1, 0, 0, guid(1), bytes.fromhex("4072520000000000")), 293.125),
    (Event(0x60, 1040, 6, 1, 0, 0, guid(1), b"\0\1\2\1" b"21.5"), 21.5)])
def test_other_values_are_numbers_too(history, event, expected):
    assert history.hear(pairs(event)) == 1
    wanted = Sensor(guid(1), event.vscp_class, event.vscp_type)
    assert history.answer(wanted, 1, 3600).points.mean[-1] == expected


@pytest.mark.parametrize("event", [
    Event(0x60, 1040, 6, 1, 0, 0, guid(1), b"\0\1\2\1" b"warm"),
    Event(0x60, 1040, 6, 1, 0, 0, guid(1), b"\0\1\2\1" b"1_000"),
    Event(0x60, 1040, 6, 1, 0, 0, guid(1), b"\0\1\2\1" b"1e999"),
    Event(0x60, 60, 6, 1, 0, 0, guid(1), bytes.fromhex("7FF8000000000000")),
    Event(0x60, 60, 6, 1, 0, 0, guid(1), bytes.fromhex("7FF0000000000000"))])
def test_what_is_no_number_is_left_out(history, event):
    assert history.hear(pairs(event)) == 0


def past(celsius, unit="°C", minutes=24 * 60 + 1, **kwargs):
    series = Series(minutes, unit)
    series.add_minute(START // 60 - 1, celsius, 2 * celsius, celsius, 2)
    return Past(temperature(celsius, **kwargs), series)


def test_the_past_from_a_file_and_what_is_heard_are_one_series(history, clock):
    assert history.adopt(past(18))
    history.hear(pairs(temperature(20)))
    assert history.answer(AIR, 1 / 60, 60).points.least == [18.0, 20.0]


def test_the_past_may_come_after_the_first_values(history):
    history.hear(pairs(temperature(20)))
    assert history.adopt(past(18))
    assert history.answer(AIR, 1 / 60, 60).points.least == [18.0, 20.0]


def test_a_past_in_another_unit_than_what_was_heard_since_is_left(history):
    history.hear(pairs(temperature(20)))
    assert not history.adopt(past(18, unit="K"))
    assert history.answer(AIR, 1 / 60, 60).points.least == [None, 20.0]


def test_the_past_takes_no_room_from_what_was_heard(clock):
    history = History(1, 24, clock)
    history.hear(pairs(temperature(20)))
    assert not history.adopt(past(18, number=2))
    assert history.evicted == 0


def test_a_past_goes_before_what_was_heard_and_what_is_no_value_has_none(clock):
    history = History(2, 24, clock)
    assert not history.adopt(Past(temperature(18)._replace(vscp_class=30), past(18).series))
    history.hear(pairs(temperature(20)))
    assert history.adopt(past(18, number=2))
    history.hear(pairs(temperature(21, 3)))
    assert history.answer(AIR, 1, 60).points.mean[-1] == 20.0
    assert history.answer(AIR._replace(guid=guid(2)), 1, 60).points.mean == []


def test_rows_for_a_file_are_those_of_the_minutes_asked_for(history, clock):
    history.hear(pairs(temperature(20)))
    clock.now += 60
    history.hear(pairs(temperature(21)))
    minute = START // 60
    assert history.rows(minute, minute) == [
        Row(state_key(temperature(20)), temperature(21), "°C", minute, 20.0, 20.0, 20.0, 1)]
