"""Asking for states and history in ws2."""

import json

import pytest

from vscpws.codec.ws2memory import (
    histories_text,
    history_queries,
    history_query,
    history_text,
    state_query,
    state_text,
)
from vscpws.model.errors import BadSyntax
from vscpws.model.event import Event
from vscpws.model.guid import format_guid
from vscpws.model.memory import Answer, Points, Query, State

NODE = bytes(range(16))
SENSOR = {"guid": format_guid(NODE), "class": 10, "type": 6}


@pytest.mark.parametrize("args, query", [
    (None, Query()), ({}, Query()), ({"class": None}, Query()),
    ({"class": 65535, "type": 65535}, Query(65535, 65535)),
    ({"vscpClass": 10, "vscpType": "0x6", "vscpGuid": format_guid(NODE)}, Query(10, 6, NODE)),
    ({"max_age": 0}, Query(max_age=0.0)), ({"max_age": 1.5}, Query(max_age=1.5)),
])
def test_what_is_not_asked_for_is_any(args, query):
    assert state_query(args) == query


@pytest.mark.parametrize("args", [
    [], "10", {"class": 65536}, {"type": 65536}, {"type": -1}, {"guid": 5}, {"max_age": -0.1},
    {"max_age": "1"}, {"max_age": True}, {"max_age": float("inf")},
])
def test_states_that_can_not_be_are_a_syntax_error(args):
    with pytest.raises(BadSyntax):
        state_query(args)


def test_a_state_is_its_event_with_its_age():
    event = Event(0, 10, 6, 0, 0, 0, NODE, b"")
    text = state_text(State(event, 2.26, True), lambda _: '{"type":"EVENT","event":{}}')
    assert json.loads(text) == {"type": "STATE", "age": 2.3, "restored": True, "event": {}}


@pytest.mark.parametrize("more, hours, step", [
    ({"hours": 0.5}, 0.5, None), ({"step": 1}, None, 1), ({"step": 86400}, None, 86400)])
def test_a_history_has_its_hours_and_its_step(more, hours, step):
    usual, query = history_query(SENSOR), history_query(dict(SENSOR, **more))
    assert query.sensor == usual.sensor
    assert query.hours == (hours or usual.hours) and query.step == (step or usual.step)


def test_a_history_is_three_rows_from_its_first_step_on():
    answer = Answer(1732440000, 60, "V", Points([1.0, None], [1.5, None], [2.0, None]))
    assert json.loads(history_text("HISTORY", answer)) == {
        "type": "+", "command": "HISTORY", "args": {
            "from": "2024-11-24T09:20:00Z", "step": 60, "unit": "V",
            "min": [1.0, None], "mean": [1.5, None], "max": [2.0, None]}}


@pytest.mark.parametrize("args", [None, [], "x"])
def test_a_history_is_asked_for_by_an_object(args):
    with pytest.raises(BadSyntax):
        history_query(args)


def test_a_sensor_has_its_place_where_it_is_given():
    place = {"index": 255, "zone": 255, "subzone": 255}
    sensor = history_query(dict(SENSOR, **place)).sensor
    assert tuple(sensor)[:3] == (NODE, 10, 6) and tuple(sensor)[3:] == (255, 255, 255)
    assert tuple(history_query(SENSOR).sensor)[3:] == (None, None, None)
    highest = history_query(dict(SENSOR, **{"class": 65535, "type": 65535})).sensor
    assert tuple(highest)[1:3] == (65535, 65535)


@pytest.mark.parametrize("wrong", [
    {"guid": None}, {"class": None}, {"type": None}, {"class": 65536}, {"type": 65536},
    {"index": 256}, {"zone": 256}, {"subzone": 256}, {"hours": 0}, {"hours": -1}, {"hours": True},
    {"step": 0}, {"step": 86401},
])
def test_a_history_that_can_not_be_is_a_syntax_error(wrong):
    with pytest.raises(BadSyntax):
        history_query(dict(SENSOR, **wrong))


def test_a_question_may_be_about_several_sensors_each_with_its_own_hours():
    one, other = dict(SENSOR), dict(SENSOR, type=7, index=1, hours=2, step=300)
    assert history_queries({"sensors": [one, other]}) == [history_query(one), history_query(other)]


@pytest.mark.parametrize("sensors", [
    [SENSOR], [dict(SENSOR, hours=24, step=60)] * 16, [dict(SENSOR, hours=6.4, step=1)],
    [dict(SENSOR, hours=384, step=60)]])
def test_of_one_and_up_to_16_sensors_as_many_steps_as_16_have_in_a_day_of_minutes(sensors):
    assert history_queries({"sensors": sensors}) == [history_query(each) for each in sensors]


def test_their_answers_stand_in_the_order_of_the_question():
    answers = [Answer(60, 60, "V", Points([1.0], [1.5], [2.0])),
               Answer(0, 300, "", Points([], [], []))]
    told = json.loads(histories_text("HISTORY", iter(answers)))["args"]["sensors"]
    assert told == [json.loads(history_text("HISTORY", answer))["args"] for answer in answers]


@pytest.mark.parametrize("args", [SENSOR, dict(SENSOR, sensors=None), None, []])
def test_a_question_without_sensors_is_about_one(args):
    assert history_queries(args) is None


@pytest.mark.parametrize("sensors", [
    [], {}, "x", 5, [SENSOR, 5], [SENSOR, {}], [SENSOR] * 17, [dict(SENSOR, sensors=[SENSOR])] * 17,
    [dict(SENSOR, step=1)], [dict(SENSOR, hours=24.02, step=60)] * 16,
    [dict(SENSOR, hours=384.02, step=60)], [dict(SENSOR, hours=1e308, step=1)] * 2])
def test_a_question_about_several_is_bounded_and_each_must_be_right(sensors):
    with pytest.raises(BadSyntax):
        history_queries({"sensors": sensors})
