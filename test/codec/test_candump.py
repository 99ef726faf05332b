"""Lines of candump's logs: exactly a frame, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.codec.candump import parse_candump
from vscpws.codec.canframe import ERROR, EXTENDED, FD_LENGTHS, REMOTE, format_frame


@pytest.mark.parametrize("line, frame", [
    ("(1600000000.000001) can0 0C0A0601#0102", (1600000000.000001, "can0", EXTENDED | 0xC0A0601,
                                                b"\1\2")),
    ("(0.5)  vcan0  7FF# R", (0.5, "vcan0", 0x7FF, b"")),
    ("(0.5) can0 0c0a0601#ff t", (0.5, "can0", EXTENDED | 0xC0A0601, b"\xff")),
    ("(0.5) can0 0123#01", (0.5, "can0", EXTENDED | 0x123, b"\1")),
    ("(0.5) can0 123#R", (0.5, "can0", REMOTE | 0x123, b"")),
    ("(0.5) can0 123#R8", (0.5, "can0", REMOTE | 0x123, b"")),
    ("(0.5) can0 20000004#0008000000000000", (0.5, "can0", EXTENDED | ERROR | 4,
                                              bytes((0, 8, 0, 0, 0, 0, 0, 0)))),
    ("(0.5) can0 0C0A0601#1122334455667788_C", (0.5, "can0", EXTENDED | 0xC0A0601,
                                                bytes.fromhex("1122334455667788"))),
    ("(0.5) can0 0C0A0601##3" + "AB" * 12, (0.5, "can0", EXTENDED | 0xC0A0601, b"\xab" * 12)),
])
def test_lines_that_are_frames(line, frame):
    assert parse_candump(line) == frame


@pytest.mark.parametrize("line", [
    "", "can0 123#01", "(0.5) can0", "(0.5) can0 123", "(x) can0 123#01", "(0.5) can0 123#0",
    "(0.5) can0 123#012", "(0.5) can0 123#0g", "(0.5) can0 123#+1", "(0.5) can0 123#1_",
    "(0.5) can0 800#01", "(0.5) can0 FFF#01", "(0.5) can0 40000000#01", "(0.5) can0 FFFFFFFF#01",
    "(0.5) can0 0C0A0601#112233445566778899", "(0.5) can0 123##0" + "00" * 9,
    "(0.5) can0 123##0" + "00" * 65, "(0.5) can0 123##", "(0.5) can0 123###0081234#01",
    "(0.5) can0 123#R9", "(0.5) can0 123#01 02", "(0.5) can0 123#01 X", "(0.5) can0 ١٢٣#01",
    "DROPCOUNT: dropped 5 CAN frames on 'can0' socket (total drops 5)",
    "read: Network is down", "  can0  123   [2]  01 02", "(0.5) can0 123#01(0.6) can0 124#02",
])
def test_lines_that_are_none(line):
    with pytest.raises(ValueError):
        parse_candump(line)


@pytest.mark.parametrize("line, reason", [
    ("(0.5) can0 123###0081234#01", "CAN XL"), ("(0.5) can0 800#01", "800 is no 11-bit identifier"),
    ("(0.5) can0 40000000#01", "40000000 is no 29-bit identifier"),
    ("(0.5) can0 123#0", "'#0' are no data of a frame"), ("(x) can0 123#01", "'x' is no time"),
    ("(0.5) can0 123##0" + "00" * 9, "a CAN FD frame can't have 9 bytes"),
])
def test_a_line_that_is_none_has_its_reason(line, reason):
    with pytest.raises(ValueError, match=reason):
        parse_candump(line)


@given(st.text(max_size=60) | st.from_regex(r"\([0-9.]*\) can0 [0-9A-F]{0,9}#{0,3}[0-9A-FR_]*"))
def test_no_line_raises_anything_else_and_a_frame_is_one_that_can_be(line):
    try:
        frame = parse_candump(line)
    except ValueError:
        return
    assert len(frame.data) <= 8 or len(frame.data) in FD_LENGTHS
    assert frame.can_id & 0x1FFFFFFF <= (0x1FFFFFFF if frame.can_id & EXTENDED else 0x7FF)


_DATA = st.binary(max_size=8) | st.sampled_from(FD_LENGTHS).flatmap(
    lambda length: st.binary(min_size=length, max_size=length))


@given(st.integers(0, 0x1FFFFFFF), _DATA, st.integers(0, 2 ** 50))
def test_what_we_log_ourselves_is_read_back(can_id, data, moment):
    frame = parse_candump(format_frame("can0", can_id | EXTENDED, data, moment) + " R")
    assert (frame.can_id, frame.data) == (can_id | EXTENDED, data)
    assert abs(frame.seconds - moment / 1e6) < 1e-3
