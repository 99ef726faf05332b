"""Addresses: every spelling of one client is one value."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.access.addresses import parse_address, shown_address


@pytest.mark.parametrize("text, plain", [
    ("192.0.2.7", "192.0.2.7"),
    (" 192.0.2.7 ", "192.0.2.7"),
    ("::ffff:192.0.2.7", "192.0.2.7"),
    ("::FFFF:c000:207", "192.0.2.7"),
    ("2001:DB8:0::1", "2001:db8::1"),
    ("fe80::1%eth0", "fe80::1"),
    ("::ffff:192.0.2.7%2", "192.0.2.7"),
    ("[fe80::1%eth0]", "fe80::1"),
    ("[fe80::1%25eth0]", "fe80::1"),
    ("fe80::1%%s", "fe80::1"),
    ("[2001:db8::1]", "2001:db8::1"),
])
def test_one_address_has_many_spellings(text, plain):
    assert str(parse_address(text)) == plain


@pytest.mark.parametrize("text", [
    "", "localhost", "192.0.2", "192.0.2.256", "192.0.2.7:80", "%eth0", "[", "[::1", "[]",
    "[::1]:80"])
def test_anything_else_is_no_address(text):
    with pytest.raises(ValueError):
        parse_address(text)


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_a_mapped_address_equals_the_plain_one(address):
    assert parse_address("::ffff:%s" % address) == address


@settings(deadline=None)
@given(st.ip_addresses(v=6))
def test_an_ipv6_address_survives_unless_it_is_mapped(address):
    expected = address.ipv4_mapped or address
    assert parse_address(str(address)) == parse_address(address.exploded) == expected


@pytest.mark.parametrize("text, shown", [
    ("fe80::1%eth0", "fe80::1"), ("::ffff:192.0.2.7", "192.0.2.7"), ("unix", "'unix'"),
    ("a\nb\x1b[31m%s", "'a\\nb\\x1b[31m%s'"), ("\u202e", "'\\u202e'"),
])
def test_the_log_shows_the_plain_address_and_escapes_what_is_none(text, shown):
    assert shown_address(text) == shown
