"""The hosts a user may log in from."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.access.remotes import Remotes


@pytest.mark.parametrize("entries, address, allowed", [
    # none: any host
    ("", "192.0.2.7", True),
    ("", "2001:db8::1", True),
    # no sign is allow; no match is refused where anything is allowed
    ("192.0.2.7", "192.0.2.7", True),
    ("+192.0.2.7", "192.0.2.7", True),
    ("192.0.2.7", "192.0.2.8", False),
    ("192.0.2.7", "2001:db8::1", False),
    # denials alone allow the rest
    ("-192.0.2.7", "192.0.2.7", False),
    ("-192.0.2.7", "192.0.2.8", True),
    ("-192.0.2.7", "2001:db8::1", True),
    ("+192.0.2.7,-10.0.0.0/8", "203.0.113.1", False),
    # networks
    ("+192.168.0.0/16", "192.168.255.1", True),
    ("+192.168.0.0/16", "192.169.0.1", False),
    ("+192.168.7.9/16", "192.168.255.1", True),
    ("+0.0.0.0/0", "203.0.113.200", True),
    ("+0.0.0.0/0", "2001:db8::1", False),
    ("+::/0", "2001:db8::1", True),
    ("+::/0", "192.0.2.7", False),
    ("+2001:db8::/32", "2001:db8:ffff::1", True),
    ("+2001:db8::/32", "2001:db9::1", False),
    ("-2001:db8::/32", "2001:db8::1", False),
    # the last match decides
    ("+192.168.0.0/16,-192.168.7.0/24,+192.168.7.20", "192.168.1.1", True),
    ("+192.168.0.0/16,-192.168.7.0/24,+192.168.7.20", "192.168.7.1", False),
    ("+192.168.0.0/16,-192.168.7.0/24,+192.168.7.20", "192.168.7.20", True),
    ("+192.168.7.20,-192.168.7.0/24", "192.168.7.20", False),
    ("-0.0.0.0/0,+192.0.2.7", "192.0.2.7", True),
    ("-0.0.0.0/0,+192.0.2.7", "192.0.2.8", False),
    # IPv4 in IPv6, in the client's address and in the list
    ("+192.0.2.7", "::ffff:192.0.2.7", True),
    ("-192.0.2.7", "::ffff:192.0.2.7", False),
    ("+::ffff:192.0.2.7", "192.0.2.7", True),
    ("+::ffff:192.0.2.0/120", "192.0.2.200", True),
    ("+::ffff:192.0.2.0/120", "192.0.3.1", False),
    ("+::ffff:0:0/96", "192.0.2.7", True),
    ("+::ffff:0:0/96", "2001:db8::1", False),
    ("-::ffff:0:0/96", "192.0.2.7", False),
    ("+::ffff:0:0/95", "192.0.2.7", False),
    # zones
    ("+fe80::/10", "fe80::1%eth0", True),
    ("+fe80::1%eth0", "fe80::1", True),
    ("+[fe80::1%eth0]", "fe80::1%eth1", True),
    ("+fe80::%eth0/64", "fe80::2%25eth0", True),
    ("-[fe80::1]", "fe80::1%%s%n", False),
    # what covers 127.0.0.1 covers ::1, too, but nothing else and not the other way round
    ("+127.0.0.1", "::1", True),
    ("+127.0.0.0/24", "::1", True),
    ("+::ffff:127.0.0.1", "::1", True),
    ("+0.0.0.0/0", "::1", True),
    ("-127.0.0.0/8", "::1", False),
    ("+127.0.0.1,-::1", "::1", False),
    ("+::1,-127.0.0.1", "::1", False),
    ("+127.0.0.2", "::1", False),
    ("+127.0.0.1", "::2", False),
    ("+::1", "127.0.0.1", False),
    # no IP address: only where any host may
    ("", "unix", True),
    ("-192.0.2.7", "unix", False),
    ("+192.0.2.7", "", False),
])
def test_who_may_log_in(entries, address, allowed):
    assert Remotes.parse(entries).allows(address) is allowed


def test_a_list_may_have_256_entries():
    assert len(Remotes.parse(["192.0.2.1"] * 256).entries) == 256
    with pytest.raises(ValueError, match="257 entries, at most 256"):
        Remotes.parse(",".join(["192.0.2.1"] * 257))


@pytest.mark.parametrize("value", [None, "", [], "  ", [""]])
def test_nothing_is_any_host(value):
    assert Remotes.parse(value) == Remotes()


def test_a_list_and_a_text_with_commas_are_the_same():
    from_list = Remotes.parse(["+10.0.0.0/8", " - 10.1.1.1 ", "::1"])
    from_text = Remotes.parse("+10.0.0.0/8, -10.1.1.1,::1")
    assert from_list == from_text
    assert hash(from_list) == hash(from_text)
    assert from_list != Remotes.parse("+10.0.0.0/8")


def test_the_printed_form():
    assert str(Remotes.parse("10.1.2.3/8, -10.1.1.1,::1/128")) == "+10.0.0.0/8,-10.1.1.1,+::1"
    assert str(Remotes()) == ""


@pytest.mark.parametrize("text", [
    "localhost", "+", "-", "++10.0.0.1", "10.0.0", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/", "*",
    "10.0.0.1/255.0.0.0", "10.0.0.1/0.0.0.255", "::1/129", "10.0.0.1/٨", "10.0.0.1/8/8",
    "10.0.0.256", "::ffff:10.0.0.1/129", "10.0.0.1;10.0.0.2", "10.0.0.1/" + "9" * 5000,
])
def test_anything_else_is_refused_and_quoted(text):
    with pytest.raises(ValueError, match=r"is not \[\+-\]ADDRESS\[/BITS\]"):
        Remotes.parse("10.0.0.9," + text)


networks = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)),
    st.tuples(st.ip_addresses(v=6), st.integers(0, 128)))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["+", "-", ""]), networks), max_size=8),
       st.ip_addresses())
def test_the_printed_form_reads_back_the_same(entries, address):
    text = ",".join("%s%s/%d" % (sign, host, bits) for sign, (host, bits) in entries)
    remotes = Remotes.parse(text)
    again = Remotes.parse(str(remotes))
    assert again == remotes
    assert again.allows(str(address)) == remotes.allows(str(address))


@settings(deadline=None)
@given(networks)
def test_a_network_holds_its_first_and_last_address(network):
    host, bits = network
    whole = ipaddress.ip_network((host, bits), strict=False)
    remotes = Remotes.parse("+%s/%d" % (host, bits))
    if whole.version == 4 or not (whole[0].ipv4_mapped or whole[-1].ipv4_mapped):
        assert remotes.allows(str(whole[0]))
        assert remotes.allows(str(whole[-1]))


@settings(deadline=None)
@given(st.text())
def test_any_text_gives_remotes_or_a_value_error(text):
    try:
        remotes = Remotes.parse(text)
    except ValueError:
        return
    assert Remotes.parse(str(remotes)) == remotes
