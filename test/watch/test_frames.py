"""Frames as a client has them, against the server's side of the same house."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.codec.wsframe import (
    CloseReceived,
    FrameFault,
    FrameReader,
    Ping,
    Pong,
    close_frame,
    ping_frame,
    pong_frame,
    text_frame,
)
from vscpws.watch.frames import MAX_MESSAGE, ServerFrames, masked

many = settings(deadline=None)
TEXTS = st.lists(st.one_of(st.text(max_size=200), st.just("x" * 70000)), max_size=5)


def read(data, *more):
    frames = ServerFrames()
    return [received for piece in (data, *more) for received in frames.feed(piece)]


@many
@given(st.lists(st.text(max_size=300), max_size=5))
def test_what_a_client_sends_is_read_by_the_server(texts):
    data = b"".join(masked(text_frame(text.encode())) for text in texts)
    assert list(FrameReader(1 << 20, 9).feed(data)) == texts


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_masks_leave_the_length_as_it_is(size):
    frame = masked(text_frame(b"a" * size))
    assert list(FrameReader(1 << 20, 9).feed(frame)) == ["a" * size]
    assert frame[-size - 4:-size or None] != bytes(4)


def test_every_frame_has_another_mask():
    assert len({masked(ping_frame(b"same")) for _ in range(20)}) > 1


@many
@given(TEXTS, st.data())
def test_messages_come_in_any_pieces(texts, data):
    stream = b"".join(text_frame(text.encode()) for text in texts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    pieces = [stream[start:end] for start, end in zip([0] + cuts, cuts + [len(stream)])]
    assert read(*pieces) == texts


def test_fragments_are_one_message_with_control_frames_between():
    data = (b"\x01\x02ab" + ping_frame(b"p") + b"\x00\x00" + pong_frame(b"q") + b"\x80\x02\xc3\xa4")
    assert read(data) == [Ping(b"p"), Pong(b"q"), "abä"]
    assert read(*(data[place:place + 1] for place in range(len(data)))) == [
        Ping(b"p"), Pong(b"q"), "abä"]


def test_a_close_has_its_code_and_reason():
    assert read(close_frame(1008, "why")) == [CloseReceived(1008, "why")]
    assert read(b"\x88\x00") == [CloseReceived(1005, "")]


@pytest.mark.parametrize("data, code", [
    (b"\x81\x80", 1002),                    # masked
    (b"\xc1\x00", 1002),                    # reserved bit
    (b"\x83\x00", 1002),                    # no such opcode
    (b"\x09\x00", 1002),                    # ping in fragments
    (b"\x89\x7e", 1002),                    # a long ping
    (b"\x80\x00", 1002),                    # goes on with nothing
    (b"\x01\x01a\x81\x01b", 1002),          # a message inside another one
    (b"\x88\x01x", 1002),                   # half a close code
    (b"\x82\x01x", 1003),                   # binary
    (b"\x81\x01\xff", 1007),                # no UTF-8
    (b"\x88\x03\x03\xe8\xff", 1007),
    (b"\x81\x7f\x00\x00\x00\x00\x00\x10\x00\x01", 1009),    # a byte over the limit, nothing read
    (b"\x01\x00" + b"\x00\x00" * 1024, 1009),
])
def test_faults_have_their_close_code(data, code):
    with pytest.raises(FrameFault) as fault:
        read(data)
    assert fault.value.code == code


def test_the_largest_message_is_read():
    assert read(text_frame(b"a" * MAX_MESSAGE)) == ["a" * MAX_MESSAGE]


@many
@given(st.binary(max_size=300))
def test_any_bytes_are_frames_or_a_fault(data):
    try:
        read(data)
    except FrameFault as fault:
        assert fault.code in (1002, 1003, 1007, 1009)
