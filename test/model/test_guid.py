import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.model.guid import ZERO, format_guid, interface_guid, parse_guid

FULL = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020003")


@pytest.mark.parametrize("text, guid", [
    ("FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:03", FULL),
    ("ff:ff:ff:ff:ff:ff:ff:fe:b8:27:eb:0a:11:02:00:03", FULL),
    ("  FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:03 ", FULL),
    ("-", ZERO),
    ("", ZERO),
    ("::01", b"\xff" * 15 + b"\x01"),
    ("::FE:01", b"\xff" * 14 + b"\xfe\x01"),
    ("::", b"\xff" * 16),
    ("-:01", bytes(15) + b"\x01"),
    ("-:0A:01", bytes(14) + b"\x0a\x01"),
    ("-:", ZERO),
    ("fffffffe-0102-0304-0506-0708090a0b0c", bytes.fromhex("fffffffe0102030405060708090a0b0c")),
    ("{FFFFFFFE-0102-0304-0506-0708090A0B0C}", bytes.fromhex("fffffffe0102030405060708090a0b0c")),
    ("0:1:2:3:4:5:6:7:8:9:a:B:c:D:e:F", bytes(range(16))),
    ("0:1:02:3:4:5:6:7:8:9:a:0B:c:D:e:10", bytes(range(15)) + b"\x10"),
    ("::1", b"\xff" * 15 + b"\x01"),
    ("::FE:0:5", b"\xff" * 13 + b"\xfe\x00\x05"),
    ("-:1:2", bytes(14) + b"\x01\x02"),
    ("{}", ZERO),
    ("{-}", ZERO),
    ("{::FE:0:5:0:0:1:0:0}", b"\xff" * 8 + b"\xfe\0\5\0\0\1\0\0"),
    ("{-:1}", bytes(15) + b"\x01"),
    (" { FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:03 } ", FULL),
    ("10:20:30:40:50:60:70:80:90:10:20:30:40:50:60:70",        # hexadecimal, never decimal
     bytes.fromhex("10203040506070809010203040506070")),
])
def test_every_text_form_is_read(text, guid):
    assert parse_guid(text) == guid


@pytest.mark.parametrize("text", [
    "FF", "FF:FF", "0:1", "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00", "GG" + ":00" * 15,
    "00:" * 16, "00:" * 16 + "00", "::" + "00:" * 15 + "00", ":: 01", "{" + "0" * 36 + "}",
    "fffffffe01020304050607080-90a0b0c", "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:٣٣",
    "-:-:01", "x" * 100000, "255" + ":0" * 15, "::255", "-:001", ":::1", "::1:", "-:" + "0:" * 16,
    "{", "}", "{::1", "::1}", "{{::1}}", "0x1" + ":0" * 15, "0" + ":0" * 16, "--", "-1",
    "+1" + ":0" * 15,
    "fffffffe-102-0304-0506-0708090a0b0c", "1,2", "::1 2", "{::1}\0",
])
def test_anything_else_is_refused_with_a_reason(text):
    with pytest.raises(ValueError, match="GUID"):
        parse_guid(text)


@given(st.binary(min_size=16, max_size=16))
def test_the_printed_form_reads_back(guid):
    assert parse_guid(format_guid(guid)) == guid
    assert parse_guid(str(uuid.UUID(bytes=guid))) == guid


GROUPS = st.sampled_from(["%X", "%x", "%02X", "%02x"])


def spelled(guid, forms):
    return ":".join(form % byte for form, byte in zip(forms, guid))


@given(st.binary(min_size=16, max_size=16), st.lists(GROUPS, min_size=16, max_size=16),
       st.sampled_from(["%s", "{%s}", " { %s } "]))
def test_groups_of_one_and_two_digits_in_any_case_and_in_braces_are_the_same_guid(
        guid, forms, around):
    assert parse_guid(around % spelled(guid, forms)) == guid


@given(st.binary(min_size=1, max_size=15), st.lists(GROUPS, min_size=15, max_size=15),
       st.sampled_from([("::", b"\xff"), ("-:", b"\0")]), st.sampled_from(["%s", "{%s}"]))
def test_missing_leading_bytes_are_filled_in(tail, forms, prefix, around):
    mark, fill = prefix
    assert parse_guid(around % (mark + spelled(tail, forms))) == tail.rjust(16, fill)


@given(st.lists(st.integers(0, 255), min_size=16, max_size=16), st.integers(0, 15))
def test_a_group_of_three_digits_is_refused_and_not_guessed_at(guid, place):
    groups = ["%X" % byte for byte in guid]
    groups[place] = "%03d" % guid[place]
    with pytest.raises(ValueError, match="GUID"):
        parse_guid(":".join(groups))


@given(st.one_of(st.text(), st.text(alphabet="0aF:-{} ", max_size=60)))
def test_no_text_gives_anything_but_a_guid_or_a_value_error(text):
    try:
        assert len(parse_guid(text)) == 16
    except ValueError:
        pass


def test_an_interface_has_its_two_lowest_bytes_zero():
    assert interface_guid(FULL) == FULL[:14] + b"\0\0"
