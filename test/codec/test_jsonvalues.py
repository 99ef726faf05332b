"""Values of JSON in events: a plain one is taken at once, and by the same rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.codec.jsonvalues import data, number

BYTES = st.one_of(st.integers(0, 255), st.sampled_from(
    [-1, 256, 1 << 70, True, False, 7.0, 7.5, 300.0, "7", "0x07", "256", "", None, [], {}, [1]]))


def outcome(function, *args):
    try:
        return function(*args)
    except ValueError as error:
        return str(error)


@given(st.lists(BYTES, max_size=10))
def test_data_are_as_good_as_each_of_their_numbers(values):
    expected = outcome(lambda: bytes([number(value, 0xFF) for value in values]))
    assert outcome(data, values) == expected


@given(st.lists(st.integers(0, 255), max_size=512))
def test_any_bytes_are_read(values):
    assert data(values) == bytes(values)


@pytest.mark.parametrize("value", [True, False])
def test_a_truth_is_no_number(value):
    assert "not a number" in outcome(number, value, 1)
    assert "not a number" in outcome(data, [1, value])


@pytest.mark.parametrize("value, limit, expected", [
    (0, 7, 0), (7, 7, 7), (8, 7, "number is not in 0-7"), (-1, 7, "number is not in 0-7"),
    (7.0, 7, 7), ("7", 7, 7), ("0x7", 7, 7), ("8", 7, "8 is not in 0-7"),
    (7.5, 7, "not a number: 7.5"), (None, 7, "not a number: None")])
def test_a_number_may_be_a_text_and_has_a_limit(value, limit, expected):
    assert outcome(number, value, limit) == expected


def test_more_than_any_event_has_is_told_by_its_count():
    assert outcome(data, [0] * 513) == "513 data bytes, at most 512"
