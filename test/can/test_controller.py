"""What the kernel tells about a controller: the message as <linux/can/netlink.h> lays it out."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.can.controller import Controller, ask_controller, parse_link


def attribute(kind, content):
    return struct.pack("=HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)


def answer(data=b"", totals=b"", kind=16):
    """An RTM_NEWLINK about a CAN interface, its name and an unknown attribute before the rest."""
    link_info = attribute(1, b"can\0") + attribute(2, data) + (
        attribute(3, totals) if totals else b"")
    body = struct.pack("=BxHiII", 0, 280, 3, 0x10041, 0) + attribute(3, b"can0\0") + attribute(
        99, b"xyz") + attribute(18 | 0x8000, link_info)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 1, 0) + body


TIMING = attribute(1, struct.pack("=8I", 125000, 875, 500, 6, 7, 2, 1, 4))
ERRORS = attribute(8, struct.pack("=HH", 136, 7))
TOTALS = struct.pack("=6I", 5, 4, 3, 2, 1, 9)


def test_bit_rate_error_counters_and_totals_are_found():
    found = parse_link(answer(TIMING + ERRORS, TOTALS))
    assert (found.bitrate, found.transmit_errors, found.receive_errors) == (125000, 136, 7)
    assert found.as_dict() == {
        "transmit_errors": 136, "receive_errors": 7, "bus_errors": 5, "warnings": 4, "passive": 3,
        "bus_offs": 2, "lost_arbitrations": 1, "restarts": 9}


def test_what_a_driver_does_not_tell_is_missing():
    assert parse_link(answer(TIMING)) == Controller(125000)
    assert parse_link(answer()) == Controller()
    assert parse_link(answer()).as_dict() == {}


@pytest.mark.parametrize("message", [b"", b"\0" * 15, answer(TIMING, kind=2), answer(b"\x03\0")])
def test_another_message_tells_nothing(message):
    assert parse_link(message) == Controller()


@given(st.binary(max_size=200))
def test_no_message_does_harm(message):
    parse_link(message)


@given(st.integers(0, len(answer(TIMING + ERRORS, TOTALS))), st.binary(max_size=40))
def test_one_that_is_cut_short_or_goes_on_wrong_does_no_harm(length, rest):
    parse_link(answer(TIMING + ERRORS, TOTALS)[:length] + rest)


@pytest.mark.parametrize("name", ["lo", "nowhere", "x" * 300])
def test_an_interface_without_a_controller_has_nothing_to_tell(name):
    assert ask_controller(name) == Controller()
