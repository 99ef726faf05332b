import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.model.event import Event, priority_of
from vscpws.model.filter import PASS_ALL, Filter, Pattern, parse_number, parse_pattern

GUID = bytes.fromhex("FFFFFFFFFFFFFF010000000000000000")
MANY = st.integers(0, 0xFFFF)
PATTERNS = st.builds(Pattern, st.integers(0, 7), MANY, MANY, st.binary(min_size=16, max_size=16))
EVENTS = st.builds(Event, MANY, MANY, MANY, st.just(0), st.just(0), st.just(0),
                   st.binary(min_size=16, max_size=16), st.just(b""))


def event(priority=0, vscp_class=0, vscp_type=0, guid=bytes(16)):
    return Event(priority << 5, vscp_class, vscp_type, 0, 0, 0, guid, b"")


class TestParsePattern:
    @pytest.mark.parametrize("text, pattern", [
        ("1,0x0000,0x0006,ff:ff:ff:ff:ff:ff:ff:01:00:00:00:00:00:00:00:00",
         Pattern(1, 0, 6, GUID)),
        ("", Pattern()),
        ("3", Pattern(3)),
        ("3,20", Pattern(3, 20)),
        ("3,20,0x09", Pattern(3, 20, 9)),
        ("3,0X14,9,-", Pattern(3, 20, 9)),
        (" 3 , 20 , 9 , -:05 ", Pattern(3, 20, 9, bytes(15) + b"\x05")),
        (",,,", Pattern()),
        ("7,65535,65535,::", Pattern(7, 0xFFFF, 0xFFFF, b"\xff" * 16)),
        ("0,0,0,{::FE:0:5}", Pattern(guid=b"\xff" * 13 + b"\xfe\0\5")),
        ("0,0,0,0:1:2:3:4:5:6:7:8:9:a:b:c:d:e:f", Pattern(guid=bytes(range(16)))),
    ])
    def test_forms(self, text, pattern):
        assert parse_pattern(text) == pattern

    @pytest.mark.parametrize("text, reason", [
        ("8", "priority"), ("x", "priority"), ("-1", "priority"), ("1,65536", "class"),
        ("1,0x", "class"), ("1,0xGG", "class"), ("1,2,70000", "type"), ("1,2,1.5", "type"),
        ("1,2,3,zz", "GUID"), ("1,2,3,-,5", "parts"), ("1,2,1_0", "type"), ("٣", "priority"),
        ("9" * 5000, "priority"), ("0x0x1", "priority"), ("+1", "priority"),
    ])
    def test_what_is_wrong_is_named(self, text, reason):
        with pytest.raises(ValueError, match=reason):
            parse_pattern(text)

    @given(PATTERNS)
    def test_the_printed_form_reads_back(self, pattern):
        assert parse_pattern(str(pattern)) == pattern

    @given(st.text())
    def test_any_text_is_a_pattern_or_a_value_error(self, text):
        try:
            parse_pattern(text).key()
        except ValueError:
            pass


@pytest.mark.parametrize("text, value", [("0", 0), ("255", 255), ("0xff", 255), (" 0XfF ", 255)])
def test_numbers_are_decimal_or_hex(text, value):
    assert parse_number(text, 255) == value


class TestMatch:
    def test_a_zero_mask_passes_everything(self):
        assert PASS_ALL.passes_all()
        assert PASS_ALL.matches(event(7, 0xFFFF, 0xFFFF, b"\xff" * 16))
        assert Filter(parse_pattern("1,2,3,::"), Pattern()).matches(event())

    @pytest.mark.parametrize("pattern, mask, passing, failing", [
        ("3", "7", event(priority=3), event(priority=2)),
        ("0,20", "0,0xFFFF", event(vscp_class=20), event(vscp_class=21)),
        ("0,0,6", "0,0,0xFFFF", event(vscp_type=6), event(vscp_type=7)),
        ("0,0,0,-:05", "0,0,0,-:FF", event(guid=bytes(15) + b"\5"), event(guid=bytes(15) + b"\6")),
        ("0,0,0,80" + ":00" * 15, "0,0,0,80" + ":00" * 15,
         event(guid=b"\xff" + bytes(15)), event(guid=b"\x7f" + bytes(15))),
        ("0,20", "0,0xFFFE", event(vscp_class=21), event(vscp_class=22)),
    ])
    def test_mask_bits_say_what_must_be_equal(self, pattern, mask, passing, failing):
        wanted = Filter(parse_pattern(pattern), parse_pattern(mask))
        assert wanted.matches(passing)
        assert not wanted.matches(failing)

    def test_all_four_must_match(self):
        wanted = Filter(Pattern(3, 20, 9, GUID), Pattern(7, 0xFFFF, 0xFFFF, b"\xff" * 16))
        assert wanted.matches(event(3, 20, 9, GUID))
        for wrong in (event(2, 20, 9, GUID), event(3, 21, 9, GUID), event(3, 20, 8, GUID),
                      event(3, 20, 9)):
            assert not wanted.matches(wrong)

    @given(PATTERNS, PATTERNS, EVENTS)
    def test_a_match_is_equality_under_the_mask_field_by_field(self, want, mask, seen):
        by_field = all((a ^ b) & m == 0 for a, b, m in zip(
            want[:3], (priority_of(seen.head), seen.vscp_class, seen.vscp_type), mask[:3]))
        by_byte = all((a ^ b) & m == 0 for a, b, m in zip(want.guid, seen.guid, mask.guid))
        assert Filter(want, mask).matches(seen) == (by_field and by_byte)
