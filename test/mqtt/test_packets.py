"""PUBLISH packets made and cut out of a stream, however it comes in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.mqtt.forms.packets import BrokenStream, Message, Splitter, publish

MOST = 1000
PINGRESP, SUBACK = b"\xd0\x00", b"\x90\x03\x00\x01\x00"


def quality_1(topic, payload, number=7):
    rest = len(topic).to_bytes(2, "big") + topic + number.to_bytes(2, "big") + payload
    return b"\x32" + length(len(rest)) + rest


def length(number):
    digits = bytearray()
    while True:
        number, digit = divmod(number, 128)
        digits.append(digit | (128 if number else 0))
        if not number:
            return bytes(digits)


def split(pieces, most=MOST, version5=False):
    splitter = Splitter(most, version5)
    found = []
    for piece in pieces:
        splitter.feed(piece)
        while True:
            messages = splitter.messages(3)
            found += messages
            packet = b"" if messages else splitter.packet()
            if packet:
                found.append(packet)
            elif not messages:
                break
    return found, bytes(splitter.answer)


def test_a_packet_is_as_the_standard_shows_it():
    assert publish(b"a/b", b"hi") == b"\x30\x07\x00\x03a/bhi"
    assert publish(b"a/b", b"hi", retain=True) == b"\x31\x07\x00\x03a/bhi"
    assert publish(b"a/b", b"hi", version5=True) == b"\x30\x08\x00\x03a/b\x00hi"
    assert publish(b"a", b"x" * 125)[:3] == b"\x30\x80\x01"


@given(st.lists(st.one_of(
    st.tuples(st.text("abc/", min_size=1, max_size=9), st.binary(max_size=300), st.booleans()),
    st.sampled_from([PINGRESP, SUBACK, quality_1(b"q", b"one")]))),
    st.booleans(), st.lists(st.integers(1, 400)))
def test_packets_come_out_whole_and_in_their_order(things, version5, sizes):
    stream, expected = b"", []
    for thing in things:
        if isinstance(thing, bytes):
            stream += thing
            expected.append(thing)
        else:
            topic, payload, retain = thing
            stream += publish(topic.encode(), payload, retain, version5)
            expected.append(Message(topic, payload, retain))
    pieces, start = [], 0
    for size in sizes:
        pieces.append(stream[start:start + size])
        start += size
    assert split([*pieces, stream[start:]], version5=version5) == (expected, b"")


@pytest.mark.parametrize("size", [1, 7, 1000, 10 ** 6])
def test_a_message_that_is_too_long_is_passed_over_and_not_kept(size):
    stream = publish(b"a", b"x" * 100000) + publish(b"b", b"y") + PINGRESP
    pieces = [stream[place:place + size] for place in range(0, len(stream), size)]
    splitter = Splitter(MOST)
    found = []
    for piece in pieces:
        splitter.feed(piece)
        found += splitter.messages(9)
        assert len(splitter._buffer) <= max(size, 10 * MOST)
    assert found == [Message("a", None, False), Message("b", b"y", False)]
    assert splitter.packet() == PINGRESP


def test_one_of_quality_1_is_acknowledged_all_the_same():
    found, answer = split([quality_1(b"long", b"x" * 100000, 0x1234) + publish(b"b", b"y")])
    assert found == [Message("long", None, False), Message("b", b"y", False)]
    assert answer == b"\x40\x02\x12\x34"


def test_properties_are_passed_over():
    rest = b"\x00\x01a" + b"\x02\x01\x01" + b"payload"      # payload format indicator
    assert split([b"\x30" + length(len(rest)) + rest], version5=True)[0] == [
        Message("a", b"payload", False)]


@pytest.mark.parametrize("stream", [b"\x30\xff\xff\xff\xff\x01", b"\x90\xff\xff\x7f",
                                    b"\x30\x03\x00\x09a"])
def test_what_is_no_mqtt_is_said_to_be_none(stream):
    with pytest.raises(BrokenStream):
        split([stream + bytes(100)])


@given(st.lists(st.binary(max_size=50)), st.booleans())
def test_any_bytes_end_well(pieces, version5):
    try:
        split(pieces, version5=version5)
    except BrokenStream:
        pass
