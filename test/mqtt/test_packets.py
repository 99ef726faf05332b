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
    assert publish(b"a", b"x" * 124)[:4] == b"\x30\x7f\x00\x01"
    assert publish(b"a", b"x" * 125)[:5] == b"\x30\x80\x01\x00\x01"
    assert publish(b"a" * 300, b"x", True, True)[:7] == b"\x31\xb0\x02\x01\x2caa"
    assert publish(b"a", b"x" * 16380)[:5] == b"\x30\xff\x7f\x00\x01"
    assert publish(b"a", b"x" * 16381)[:6] == b"\x30\x80\x80\x01\x00\x01"
    assert publish(b"a" * 300, bytes(16082))[:7] == b"\x30\x80\x80\x01\x01\x2ca"


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


@pytest.mark.parametrize("more, payload", [(0, bytes(MOST + 1533)), (1, None)])
def test_a_message_has_room_for_its_topic_and_properties_beside_the_payload(more, payload):
    stream = publish(b"a", bytes(MOST + 1536 - 3 + more), retain=True) + PINGRESP
    assert split([stream])[0] == [Message("a", payload, True), PINGRESP]


def test_of_a_message_that_is_passed_over_1024_bytes_of_the_topic_are_told():
    assert split([publish(b"a" * 3000, b"")])[0] == [Message("a" * 1024, None, False)]


@pytest.mark.parametrize("first, answer", [(0x30, b""), (0x31, b""), (0x32, b"\x40\x02\x00\x07"),
                                           (0x33, b"\x40\x02\x00\x07"),
                                           (0x3A, b"\x40\x02\x00\x07")])
def test_a_long_one_that_comes_byte_by_byte_is_noted_once_and_answered_once(first, answer):
    stream = bytes((first,)) + quality_1(b"long", bytes(5000))[1:] + publish(b"b", b"y")
    found = split([stream[place:place + 1] for place in range(len(stream))])
    assert found == ([Message("long", None, bool(first & 1)), Message("b", b"y", False)], answer)


def test_a_long_one_is_noted_before_the_rest_of_it_has_come():
    for stream, size in ((publish(b"long", bytes(5000)), 2 + 4), (
            quality_1(b"long", bytes(5000)), 2 + 4 + 2)):
        splitter = Splitter(MOST)
        head = 1 + len(length(5000 + size))
        splitter.feed(stream[:head + size - 1])
        assert splitter.messages(9) == []
        splitter.feed(stream[head + size - 1:head + size])
        assert splitter.messages(9) == [Message("long", None, False)]


def test_what_was_taken_out_is_not_kept_and_no_more_is_taken_than_asked_for():
    splitter = Splitter(MOST)
    for _ in range(100):
        splitter.feed(publish(b"a", bytes(100)) * 2 + PINGRESP)
        assert [len(splitter.messages(1)) for _ in range(3)] == [1, 1, 0]
        assert splitter.packet() == PINGRESP and splitter.packet() == b""
        assert len(splitter._buffer) < 500


@pytest.mark.parametrize("first", [1, 2, 3])
def test_no_more_are_taken_than_asked_for_whatever_form_they_have(first):
    splitter = Splitter(MOST)
    splitter.feed(publish(b"a", bytes(200)) * first + (
        publish(b"b", bytes(200), retain=True) + publish(b"a", bytes(200)) * 5) * 2)
    assert [len(splitter.messages(4)) for _ in range(5)] == [4, 4, 4, first, 0]


@pytest.mark.parametrize("size", [0, 1, 123, 124, 125, 126, 16379, 16380, 16381, 16382, 16700])
@pytest.mark.parametrize("version5", [False, True])
def test_a_message_comes_out_as_it_went_in_however_many_bytes_its_length_takes(size, version5):
    stream = publish(b"a", b"\xff" * size, version5=version5)
    assert split([stream * 2], 20000, version5)[0] == [Message("a", b"\xff" * size, False)] * 2


@pytest.mark.parametrize("properties", [
    b"\x00", b"\x02\x01\x01",                      # payload format indicator
    b"\x81\x01" + bytes(129), b"\x82\x80\x80\x00" + bytes(2)])
def test_properties_are_passed_over(properties):
    rest = b"\x00\x01a" + properties + b"payload"
    assert split([b"\x30" + length(len(rest)) + rest], version5=True)[0] == [
        Message("a", b"payload", False)]


@pytest.mark.parametrize("version5", [False, True])
def test_a_message_may_be_empty(version5):
    assert split([publish(b"a", b"", version5=version5)], version5=version5)[0] == [
        Message("a", b"", False)]


def test_other_packets_have_as_many_bytes_as_a_payload_may_have():
    packet = b"\x90" + length(MOST) + bytes(MOST)
    assert split([packet])[0] == [packet]
    with pytest.raises(BrokenStream):
        split([b"\x90" + length(MOST + 1) + bytes(MOST + 1)])


@pytest.mark.parametrize("stream", [
    b"\x30\xff\xff\xff\xff\x01", b"\x90\xff\xff\x7f", b"\x30\x03\x00\x09a",
    b"\x34" + length(5000) + b"\x00\x01a", b"\x36" + length(5000) + b"\x00\x01a",
    b"\x30" + length(5000) + b"\xff\xff" + bytes(70000),
    b"\x32" + length(5000) + b"\x13\x86" + bytes(5000)])
def test_what_is_no_mqtt_is_said_to_be_none(stream):
    with pytest.raises(BrokenStream):
        split([stream + bytes(100)])


@pytest.mark.parametrize("stream", [
    b"\x30\x03\x00\x01a", b"\x30\x04\x00\x01a\x80", b"\x30\x04\x00\x01a\x01",
    b"\x30\x0a\x00\x01a\x80\x80\x80\x80\x00xx",
    b"\x30\xca\x01\x00\xc8" + bytes(200), b"\x30\xca\x01\x00\xc8" + bytes(208)])
def test_properties_without_an_end_are_no_mqtt(stream):
    with pytest.raises(BrokenStream):
        split([stream], version5=True)


@given(st.lists(st.binary(max_size=50)), st.booleans())
def test_any_bytes_end_well(pieces, version5):
    try:
        split(pieces, version5=version5)
    except BrokenStream:
        pass


class Quick(Splitter):
    """Has the loop for the common packets alone."""

    def _message(self, first, start, end):
        raise AssertionError("taken by itself")


@pytest.mark.parametrize("version5", [False, True])
@pytest.mark.parametrize("has_payload", [True, False])
@pytest.mark.parametrize("size, most", [
    (128, MOST), (129, MOST), (255, MOST), (700, MOST), (MOST + 1533, MOST), (16383, 20000)])
def test_the_common_packets_are_taken_in_one_loop(size, most, has_payload, version5):
    room = size - 2 - version5
    topic, payload = (b"a", b"\xff" * (room - 1)) if has_payload else (b"a" * room, b"")
    splitter = Quick(most, version5)
    splitter.feed(publish(topic, payload, version5=version5) * 30)
    assert splitter.messages(30) == [Message(topic.decode(), payload, False)] * 30


class Slow(Splitter):
    """Takes every packet by itself."""

    def _take_plain(self, found, most):
        pass


@given(st.lists(st.tuples(
    st.sampled_from([0x30, 0x30, 0x30, 0x31, 0x32, 0x90]), st.integers(0, 400),
    st.sampled_from([0, 0, 0, 1, -1, 200]), st.integers(0, 3), st.binary(max_size=3),
    st.sampled_from([0, 1, 0x81, 0xFF]))),
    st.booleans(), st.integers(1, 600), st.sampled_from([100, MOST]))
def test_the_loop_for_the_common_packets_makes_no_difference(packets, version5, size, most):
    stream = b""
    for first, count, longer, name, start, fill in packets:
        rest = bytes((0, name + longer & 255)) + b"abc"[:name] + start + bytes((fill,)) * count
        stream += bytes((first,)) + length(len(rest)) + rest
    outcomes = []
    for kind in (Splitter, Slow):
        splitter, found = kind(most, version5), []
        try:
            for place in range(0, len(stream), size):
                splitter.feed(stream[place:place + size])
                while True:
                    taken = splitter.messages(2) or splitter.packet()
                    if not taken:
                        break
                    found += [taken] if isinstance(taken, bytes) else taken
        except BrokenStream as error:
            found.append(str(error))
        outcomes.append(found)
    assert outcomes[0] == outcomes[1]
