"""What both protocols share in reading a message."""

import pytest

from vscpws.codec.request import (
    MAX_TIMESTAMP,
    DecodeFault,
    command_name,
    times_of,
    trimmed,
)
from vscpws.model.errors import ParseError

NANOSECONDS = 1732440000123456789


def test_a_fault_says_what_its_error_says():
    error = ParseError("no JSON object")
    fault = DecodeFault(error, "NOOP")
    assert (str(fault), fault.error, fault.name) == (str(error), error, "NOOP")
    assert DecodeFault(error).name == ""


@pytest.mark.parametrize("text, expected", [
    ("C;NOOP", "C;NOOP"), (" \tC;NOOP\r\n\0\0", "C;NOOP"), ("C;\0X \0 \0", "C;\0X"), ("\0", ""),
])
def test_what_stands_around_a_message_is_cut_off(text, expected):
    assert trimmed(text) == expected


@pytest.mark.parametrize("text, name", [
    ("noop", "NOOP"), (" noop \0", "NOOP"), ("no\0op", "NO OP"), ("x" * 65, "X" * 64),
    ("ver\u0131fy", "ver\u0131fy"),
])
def test_a_name_is_compared_and_sent_back_in_one_form(text, name):
    assert command_name(text) == name


@pytest.mark.parametrize("moment, timestamp, expected", [
    (0, 0, (0, 0)),
    (5, 0xFFFFFFFF, (5, 0xFFFFFFFF)),
    (0, 0xFFFFFFFF, (0, 0xFFFFFFFF)),
    (0, 0x100000000, (0x100000000 // 1000, 0x100000000 // 1000)),
    (0, NANOSECONDS, (NANOSECONDS // 1000, NANOSECONDS // 1000 % 2**32)),
    (0, MAX_TIMESTAMP, (MAX_TIMESTAMP // 1000, MAX_TIMESTAMP // 1000 % 2**32)),
])
def test_a_timestamp_over_32_bit_gives_both_times(moment, timestamp, expected):
    assert times_of(moment, timestamp) == expected


def test_a_timestamp_over_32_bit_stands_beside_no_datetime():
    with pytest.raises(ValueError, match="timestamp 4294967296 is not in 0-4294967295"):
        times_of(1, 0x100000000)


def test_the_longest_timestamp_has_64_bit():
    assert MAX_TIMESTAMP == 2**64 - 1
