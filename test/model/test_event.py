from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.model.event import (
    Event,
    check,
    complete,
    format_datetime,
    make_head,
    own_data,
    parse_datetime,
    priority_of,
    with_priority,
)
from vscpws.model.guid import ZERO

INTERFACE = bytes(range(1, 15)) + b"\x77\x88"
NODE = bytes(range(16))
NOW = 1700000000123456      # 2023-11-14T22:13:20.123456Z


def event(head=0, vscp_class=10, vscp_type=6, obid=0, moment=0, timestamp=0, guid=ZERO, data=b""):
    return Event(head, vscp_class, vscp_type, obid, moment, timestamp, guid, data)


@pytest.mark.parametrize("head, priority", [(0x00, 0), (0x60, 3), (0xE0, 7), (0xFF1F, 0),
                                            (0xFFFF, 7), (0x0010, 0)])
def test_priority_is_bits_7_to_5_of_the_head(head, priority):
    assert priority_of(head) == priority


def test_a_head_is_made_of_priority_and_hard_coded():
    assert make_head(3) == 0x60
    assert make_head(7, hard_coded=True) == 0xF0


def test_another_priority_leaves_the_other_bits_alone():
    assert with_priority(event(head=0xFF1F), 5).head == 0xFFBF


class TestComplete:
    def test_what_is_missing_is_filled_in(self):
        made = complete(event(), 9, NOW, INTERFACE)
        assert made.obid == 9
        assert made.datetime == NOW
        assert made.timestamp == NOW & 0xFFFFFFFF
        assert made.guid == INTERFACE[:14] + b"\0\0"

    def test_what_is_there_stays(self):
        there = event(moment=NOW - 5, timestamp=42, guid=NODE, head=0xE0, data=b"\1")
        assert complete(there, 9, NOW, INTERFACE) == there._replace(obid=9)

    def test_the_obid_is_never_the_clients(self):
        assert complete(event(obid=1234), 9, NOW, INTERFACE).obid == 9

    def test_the_frame_version_is_zero(self):
        assert complete(event(head=0xFFFF), 9, NOW, INTERFACE).head == 0xFCFF


class TestCheck:
    @pytest.mark.parametrize("good", [
        event(), event(head=0xFFFF, obid=0xFFFFFFFF), event(vscp_type=255),
        event(vscp_class=511, data=bytes(8)), event(vscp_class=512, data=bytes(16)),
        event(vscp_class=1023, data=bytes(24)), event(vscp_class=1024, vscp_type=65535),
        event(vscp_class=65535, data=bytes(512)),
    ])
    def test_within_range(self, good):
        check(good)

    @pytest.mark.parametrize("bad, reason", [
        (event(head=0x10000), "head"), (event(head=-1), "head"),
        (event(vscp_class=65536), "class"), (event(vscp_class=-1), "class"),
        (event(vscp_class=1024, vscp_type=65536), "type"), (event(vscp_type=256), "type"),
        (event(vscp_class=1023, vscp_type=256, data=bytes(16)), "type"),
        (event(obid=1 << 32), "obid"), (event(data=bytes(9)), "data"),
        (event(vscp_class=512, data=bytes(15)), "GUID"),
        (event(vscp_class=512, data=bytes(25)), "data"),
        (event(vscp_class=1024, data=bytes(513)), "data"),
    ])
    def test_out_of_range_is_refused_with_the_field(self, bad, reason):
        with pytest.raises(ValueError, match=reason):
            check(bad)

    def test_a_can_fd_bus_allows_more_data(self):
        check(event(data=bytes(64)), level1_data=64)
        with pytest.raises(ValueError):
            check(event(data=bytes(65)), level1_data=64)


class TestDatetime:
    @pytest.mark.parametrize("text, moment", [
        ("1970-01-01T00:00:00Z", 0),
        ("2023-11-14T22:13:20Z", 1700000000000000),
        ("2023-11-14T22:13:20", 1700000000000000),
        ("2023-11-14 22:13:20z", 1700000000000000),
        ("2023-11-14T22:13:20.5Z", 1700000000500000),
        ("2023-11-14T22:13:20.123456789Z", 1700000000123456),
        ("2023-11-15T00:13:20+02:00", 1700000000000000),
        ("2023-11-15T00:13:20+0200", 1700000000000000),
        ("2023-11-14T17:13:20-05", 1700000000000000),
        ("2016-12-31T23:59:60Z", 1483228799000000),
    ])
    def test_iso_8601_is_read(self, text, moment):
        assert parse_datetime(text) == moment

    @pytest.mark.parametrize("text", [
        "", "0", "now", "2023-11-14", "2023-13-14T22:13:20Z", "2023-02-30T22:13:20Z",
        "2023-11-14T24:13:20Z", "2023-11-14T22:60:20Z", "2023-11-14T22:13:61Z",
        "2023-11-14T22:13:20+24:00", "2023-11-14T22:13:20+01:60", "1969-12-31T23:59:59Z",
        "1970-01-01T00:30:00+01:00", "٢٠٢٣-11-14T22:13:20Z", "2023-11-14T22:13:20ZZ",
        "0000-01-01T00:00:00Z", "2023-11-14T22:13:20.123456789123456789Z", "2" * 100000,
    ])
    def test_anything_else_is_refused(self, text):
        with pytest.raises(ValueError):
            parse_datetime(text)

    @given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31)))
    def test_the_printed_form_is_utc_to_the_second(self, moment):
        moment = moment.replace(microsecond=0, tzinfo=timezone.utc)
        printed = moment.isoformat().replace("+00:00", "Z")
        seconds = int((moment - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds())
        assert parse_datetime(printed) == seconds * 1000000
        assert format_datetime(seconds * 1000000 + 999999) == printed


@pytest.mark.parametrize("vscp_class, behind", [
    (0, 0), (511, 0), (512, 16), (1023, 16), (1024, 0), (65535, 0)])
def test_own_data_stands_behind_the_interface_s_guid_over_level_2_alone(vscp_class, behind):
    data = bytes(range(20))
    assert own_data(Event(0, vscp_class, 6, 1, 1, 1, ZERO, data)) == data[behind:]
