"""The mapping between CAN frames and events."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.codec.canframe import (
    ERROR,
    EXTENDED,
    REMOTE,
    event_from_frame,
    format_frame,
    frame_from_event,
    is_event,
)
from vscpws.model.event import Event

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060000")
MOMENT = 1700000000123456


def an_event(vscp_class=10, vscp_type=6, data=b"", head=0x60, guid=GUID[:15] + b"\x05"):
    return Event(head, vscp_class, vscp_type, 1, MOMENT, MOMENT & 0xFFFFFFFF, guid, data)


@pytest.mark.parametrize("bit, changed", [
    (0x10000000, {"head": 0x80}), (0x08000000, {"head": 0x40}), (0x04000000, {"head": 0x20}),
    (0x02000000, {"head": 0x10}),
    (0x01000000, {"vscp_class": 256}), (0x00800000, {"vscp_class": 128}),
    (0x00010000, {"vscp_class": 1}),
    (0x00008000, {"vscp_type": 128}), (0x00000100, {"vscp_type": 1}),
    (0x00000080, {"guid": GUID[:15] + b"\x80"}), (0x00000001, {"guid": GUID[:15] + b"\x01"}),
])
def test_each_identifier_bit_has_its_place(bit, changed):
    nothing = event_from_frame(EXTENDED, b"", MOMENT, GUID, 7)
    assert nothing == Event(0, 0, 0, 7, MOMENT, MOMENT & 0xFFFFFFFF, GUID, b"")
    assert event_from_frame(EXTENDED | bit, b"", MOMENT, GUID, 7) == nothing._replace(**changed)
    assert frame_from_event(nothing._replace(**changed)) == (bit, b"")


def test_frame_becomes_event_with_its_own_time_and_the_interfaces_guid():
    event = event_from_frame(0x0C0A0601, b"\x89\x82", MOMENT, GUID, 42)
    assert event == Event(
        head=0x60, vscp_class=10, vscp_type=6, obid=42, datetime=MOMENT,
        timestamp=MOMENT % 2**32, guid=GUID[:15] + b"\x01", data=b"\x89\x82")


@pytest.mark.parametrize("can_id, expected", [
    (EXTENDED, True), (EXTENDED | 0x1FFFFFFF, True), (0x7FF, False), (EXTENDED | REMOTE, False),
    (REMOTE | 0x123, False), (ERROR | 0x40, False), (EXTENDED | ERROR, False),
])
def test_only_extended_data_frames_are_events(can_id, expected):
    assert is_event(can_id) is expected


@given(st.integers(0, 0x1FFFFFFF), st.binary(max_size=8), st.integers(0, 2**50))
@settings(deadline=None)
def test_frame_comes_back_from_its_event(can_id, data, moment):
    event = event_from_frame(can_id | EXTENDED, data, moment, GUID, 3)
    assert frame_from_event(event) == (can_id, data)
    assert event.guid[:15] == GUID[:15]
    assert (event.datetime, event.timestamp) == (moment, moment % 2**32)


@given(st.integers(0, 7), st.booleans(), st.integers(0, 511), st.integers(0, 255),
       st.binary(min_size=16, max_size=16), st.binary(max_size=8), st.integers(0, 0xFF0F))
@settings(deadline=None)
def test_level_1_over_level_2_goes_out_like_level_1(priority, hard, vscp_class, vscp_type, guid,
                                                    data, other_bits):
    head = priority << 5 | hard << 4 | other_bits & 0xFF0F
    plain = an_event(vscp_class, vscp_type, data, head, guid)
    over = plain._replace(vscp_class=vscp_class + 512, data=GUID + data)
    identifier = (priority << 26 | hard << 25 | vscp_class << 16 | vscp_type << 8 | guid[15])
    assert frame_from_event(plain) == frame_from_event(over) == (identifier, data)


@pytest.mark.parametrize("event, classic, fd", [
    (an_event(data=bytes(8)), True, True),
    (an_event(data=bytes(9)), False, True),
    (an_event(data=bytes(64)), False, True),
    (an_event(data=bytes(65)), False, False),
    (an_event(vscp_type=255), True, True),
    (an_event(vscp_type=256), False, False),
    (an_event(vscp_class=511), True, True),
    (an_event(vscp_class=512, data=bytes(15)), False, False),
    (an_event(vscp_class=512, data=bytes(16)), True, True),
    (an_event(vscp_class=1023, data=bytes(24)), True, True),
    (an_event(vscp_class=1023, data=bytes(25)), False, True),
    (an_event(vscp_class=1023, data=bytes(81)), False, False),
    (an_event(vscp_class=1024, data=bytes(16)), False, False),
    (an_event(vscp_class=65535), False, False),
])
def test_what_a_bus_carries(event, classic, fd):
    assert (frame_from_event(event) is not None) is classic
    assert (frame_from_event(event, fd=True) is not None) is fd


@pytest.mark.parametrize("length, sent", [
    (8, 8), (9, 12), (12, 12), (13, 16), (17, 20), (21, 24), (25, 32), (33, 48), (49, 64)])
def test_fd_data_are_filled_up_to_a_length_that_exists(length, sent):
    data = b"\xff" * length
    assert frame_from_event(an_event(data=data), fd=True)[1] == data + bytes(sent - length)


@pytest.mark.parametrize("can_id, data, line", [
    (EXTENDED | 0x0C0A0601, b"\x01\xab", "(1700000000.123456) can0 0C0A0601#01AB"),
    (0x123, b"", "(1700000000.123456) can0 123#"),
    (REMOTE | 0x123, b"", "(1700000000.123456) can0 123#R"),
    (ERROR | 0x40, bytes(8), "(1700000000.123456) can0 20000040#0000000000000000"),
    (EXTENDED | 1, bytes(12), "(1700000000.123456) can0 00000001##0" + "00" * 12),
])
def test_frame_is_written_as_candump_does(can_id, data, line):
    assert format_frame("can0", can_id, data, MOMENT) == line
