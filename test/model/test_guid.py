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
])
def test_every_text_form_is_read(text, guid):
    assert parse_guid(text) == guid


@pytest.mark.parametrize("text", [
    "FF", "FF:FF", "0:1", "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00", "GG" + ":00" * 15,
    "00:" * 16, "00:" * 16 + "00", "::" + "00:" * 15 + "00", ":: 01", "::1", "{" + "0" * 36 + "}",
    "fffffffe01020304050607080-90a0b0c", "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:٣٣",
    "-:-:01", "x" * 100000,
])
def test_anything_else_is_refused_with_a_reason(text):
    with pytest.raises(ValueError, match="GUID"):
        parse_guid(text)


@given(st.binary(min_size=16, max_size=16))
def test_the_printed_form_reads_back(guid):
    assert parse_guid(format_guid(guid)) == guid
    assert parse_guid(str(uuid.UUID(bytes=guid))) == guid


@given(st.text())
def test_no_text_gives_anything_but_a_guid_or_a_value_error(text):
    try:
        assert len(parse_guid(text)) == 16
    except ValueError:
        pass


def test_an_interface_has_its_two_lowest_bytes_zero():
    assert interface_guid(FULL) == FULL[:14] + b"\0\0"
