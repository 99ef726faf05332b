"""What the channel text of a driver block names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.can.address import Address, parse_channel


@pytest.mark.parametrize("text, address", [
    ("can0", Address("socketcan", "can0")),
    (" vcan0 ", Address("socketcan", "vcan0")),
    ("socketcan:can1", Address("socketcan", "can1")),
    ("abcdefghijklmno", Address("socketcan", "abcdefghijklmno")),
    ("virtual:demo", Address("virtual", "demo")),
    ("virtual:demo,key=a=b", Address("virtual", "demo", None, (("key", "a=b"),))),
    ("virtual:demo@1", Address("virtual", "demo", 1)),
    ("VIRTUAL:Demo", Address("virtual", "Demo")),
    ("slcan:/dev/ttyUSB0@125000", Address("slcan", "/dev/ttyUSB0", 125000)),
    ("slcan:/dev/ttyUSB0@125000,tty_baudrate=115200",
     Address("slcan", "/dev/ttyUSB0", 125000, (("tty_baudrate", "115200"),))),
    ("socketcand:can0,host=127.0.0.1,port=29536",
     Address("socketcand", "can0", None, (("host", "127.0.0.1"), ("port", "29536")))),
    ("udp_multicast:239.74.163.2", Address("udp_multicast", "239.74.163.2")),
    ("udp_multicast:ff15:7079:7468::1", Address("udp_multicast", "ff15:7079:7468::1")),
    ("slcan:rfc2217://me@host:2217", Address("slcan", "rfc2217://me@host:2217")),
    ("vector:0,1@500000", Address("vector", "0,1", 500000)),
    ("demo:", Address("demo", "1")), ("DEMO: 2 ", Address("demo", "2")),
    ("demo:the other@1,x=y", Address("demo", "the other@1,x=y")),
    ("replay:/var/log/a house@1,x=y.log", Address("replay", "/var/log/a house@1,x=y.log")),
])
def test_channel_is_understood(text, address):
    assert parse_channel(text) == address
    assert parse_channel(str(address)) == address


@pytest.mark.parametrize("text, reason", [
    ("", "empty"), ("  ", "empty"),
    ("can0@125000", "ip link set can0 type can bitrate"),
    ("a/b", "no name of a network interface"), ("can 0", "no name"), ("..", "no name"),
    ("abcdefghijklmnop", "too long"), ("\u00e4bcdefghijklmno", "too long"),
    ("virtual:", "nothing after"), ("replay:", "nothing after"),
    (":can0", "no kind"), ("/dev/x:y", "no kind"), ("vir tual:x", "no kind"),
    ("slcan:@125000", "no channel"),
    ("slcan:/dev/ttyUSB0@fast", "'fast' is no bit rate"),
    ("slcan:/dev/ttyUSB0@", "'' is no bit rate"), ("slcan:/dev/ttyUSB0@0", "can't be 0"),
    ("can\x000", "control characters"),
])
def test_channel_is_refused_with_a_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_channel(text)


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_text_gives_an_address_or_a_reason(text):
    try:
        address = parse_channel(text)
    except ValueError as error:
        assert str(error)
    else:
        assert address.channel and parse_channel(str(address)) == address
