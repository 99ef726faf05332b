"""What is refused is counted by kind, and said now and then in a short line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.mqtt.forms.refusals import Refusals


def test_a_kind_is_said_once_a_minute_and_briefly(clock):
    said = []
    refusals = Refusals(said.append, clock)
    for _ in range(1000):
        refusals.refuse("json", "vscp/\x1b[31m/\u202e", "x" * 10000)
    refusals.refuse("size", "t" * 10000, "too long")
    clock.now += 60
    refusals.refuse("json", "topic", "again")
    assert refusals.counts == {"json": 1001, "size": 1}
    assert len(said) == 3 and said[2] == "topic: again, 999 more"
    assert all(len(line) <= 200 and line.isprintable() for line in said)


def test_what_is_only_counted_is_not_said(clock):
    said = []
    refusals = Refusals(said.append, clock)
    refusals.count("unit")
    refusals.refuse("flood", "", "too much")
    assert refusals.counts == {"unit": 1, "flood": 1} and said == ["too much"]


@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=300), st.text(max_size=300))))
def test_no_line_is_ever_long_or_unfit_to_be_read(refused):
    said = []
    refusals = Refusals(said.append, lambda: 0.0)
    for each in refused:
        refusals.refuse(*each)
    assert all(len(line) <= 200 and "\n" not in line for line in said)
    assert sum(refusals.counts.values()) == len(refused) and len(refusals.counts) <= 101


@pytest.mark.parametrize("topic, reason, line", [
    ("t" * 70, "r" * 100, "t" * 70 + ": " + "r" * 100),
    ("t" * 71, "r" * 101, "t" * 67 + "...: " + "r" * 97 + "..."),
    ("\x1b" * 18, "", "\\x1b" * 16 + "\\x1...: ")])
def test_a_line_has_70_characters_of_the_topic_and_100_of_the_reason(topic, reason, line):
    said = []
    Refusals(said.append, lambda: 0.0).refuse("json", topic, reason)
    assert said == [line]


def test_more_than_a_hundred_kinds_are_one():
    refusals = Refusals(lambda line: None, lambda: 0.0)
    for number in range(105):
        refusals.refuse(str(number), "", "")
        refusals.refuse("0", "", "")
    assert len(refusals.counts) == 101
    assert (refusals.counts["other"], refusals.counts["99"], refusals.counts["0"]) == (5, 1, 106)


def test_each_minute_has_its_line(clock):
    said = []
    refusals = Refusals(said.append, clock)
    for _ in range(120):
        refusals.refuse("json", "a", "b")
        clock.now += 1
    assert said == ["a: b", "a: b, 59 more"]
