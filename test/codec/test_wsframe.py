"""RFC 6455, the server's side of the frames; the foreign peer is the frame code of ``websockets``.
"""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode

from vscpws.codec import wsframe
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

LIMIT, FRAGMENTS = 65536, 100


def masked(opcode, payload=b"", fin=True):
    return Frame(Opcode(opcode), payload, fin=fin).serialize(mask=True)


def header(first, second, length=b"", mask=b"\0\0\0\0"):
    return bytes((first, second)) + length + mask


def read(*pieces):
    """What the pieces complete, and the code of the fault that ended it (None if none)."""
    reader, received = FrameReader(LIMIT, FRAGMENTS), []
    try:
        for piece in pieces:
            received.extend(reader.feed(piece))
    except FrameFault as fault:
        return received, fault.code
    return received, None


def byte_by_byte(data):
    return [data[place:place + 1] for place in range(len(data))]


class TestMessages:
    @pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 125, 126, 127, 1000, 65535, 65536])
    def test_any_size_up_to_the_limit(self, size):
        data = masked(1, b"x" * size)
        assert read(data) == (["x" * size], None)
        assert read(*byte_by_byte(data)) == (["x" * size], None)

    def test_many_in_one_read(self):
        data = b"".join(masked(1, b"%d" % number) for number in range(1000))
        assert read(data) == ([str(number) for number in range(1000)], None)

    def test_fragments_with_a_ping_between(self):
        data = (masked(1, b"ab", fin=False) + masked(9, b"?") + masked(0, b"", fin=False)
                + masked(0, b"cd"))
        assert read(data) == ([Ping(b"?"), "abcd"], None)

    def test_a_character_split_between_fragments(self):
        assert read(masked(1, b"\xc3", fin=False) + masked(0, b"\xa4")) == (["\xe4"], None)

    def test_a_message_after_a_fragmented_one(self):
        data = masked(1, b"a", fin=False) + masked(0, b"b") + masked(1, b"c")
        assert read(data) == (["ab", "c"], None)

    @pytest.mark.parametrize("message", [
        masked(1, b"x" * LIMIT), masked(1, b"x" * LIMIT, fin=False) + masked(0, b"")])
    def test_the_limit_is_each_message_s_own(self, message):
        assert read(message * 3) == (["x" * LIMIT] * 3, None)

    def test_so_are_the_fragments(self):
        message = masked(1, b"a", fin=False) + masked(0, b"b", fin=False) * 98 + masked(0, b"c")
        assert read(message * 3) == (["a" + 98 * "b" + "c"] * 3, None)

    def test_a_message_in_many_pieces_is_kept_as_few(self):
        reader = FrameReader(LIMIT, FRAGMENTS)
        for piece in byte_by_byte(masked(1, b"x" * 1000)[:-1]):
            assert list(reader.feed(piece)) == []
            assert len(reader._text) <= 64

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.text(max_size=200), max_size=6), st.data())
    def test_any_messages_in_any_pieces(self, texts, data):
        stream = b""
        for text in texts:
            payload = text.encode("utf-8")
            cuts = sorted(data.draw(st.lists(st.integers(0, len(payload)), max_size=3)))
            parts = [payload[a:b] for a, b in zip([0] + cuts, cuts + [len(payload)])]
            for place, part in enumerate(parts):
                stream += masked(0 if place else 1, part, fin=place == len(parts) - 1)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
        pieces = [stream[a:b] for a, b in zip([0] + cuts, cuts + [len(stream)])]
        assert read(*pieces) == (texts, None)


class TestControlFrames:
    @pytest.mark.parametrize("size", [0, 1, 125])
    def test_ping_and_pong(self, size):
        data = masked(9, b"p" * size) + masked(10, b"q" * size)
        assert read(data) == ([Ping(b"p" * size), Pong(b"q" * size)], None)
        assert read(*byte_by_byte(data)) == ([Ping(b"p" * size), Pong(b"q" * size)], None)

    @pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012,
                                      1013, 1014, 3000, 3999, 4000, 4999])
    def test_close_with_a_code(self, code):
        data = masked(8, Close(code, "bye").serialize())
        assert read(data) == ([CloseReceived(code, "bye")], None)

    def test_close_without_a_code(self):
        assert read(masked(8)) == ([CloseReceived(1005, "")], None)


class TestFaults:
    """Each fault with the close code it has; what came before it is still delivered."""

    @pytest.mark.parametrize("name, data, code", [
        ("not masked", Frame(Opcode.TEXT, b"x").serialize(mask=False), 1002),
        ("reserved bit 1", header(0xC1, 0x80), 1002),
        ("reserved bit 2", header(0xA1, 0x80), 1002),
        ("reserved bit 3", header(0x91, 0x80), 1002),
        ("reserved opcode 3", header(0x83, 0x80), 1002),
        ("reserved opcode 7", header(0x87, 0x80), 1002),
        ("reserved control opcode 11", header(0x8B, 0x80), 1002),
        ("reserved control opcode 15", header(0x8F, 0x80), 1002),
        ("control frame of 126", header(0x89, 0xFE, struct.pack("!H", 126)), 1002),
        ("fragmented ping", header(0x09, 0x80), 1002),
        ("fragmented close", header(0x08, 0x80), 1002),
        ("continuation of nothing", masked(0, b"x"), 1002),
        ("text inside a message", masked(1, b"a", fin=False) + masked(1, b"b"), 1002),
        ("length 125 in 16 bits", header(0x81, 0xFE, struct.pack("!H", 125)), 1002),
        ("length 65535 in 64 bits", header(0x81, 0xFF, struct.pack("!Q", 65535)), 1002),
        ("length with bit 63", header(0x81, 0xFF, struct.pack("!Q", 1 << 63)), 1002),
        ("length 2^62", header(0x81, 0xFF, struct.pack("!Q", 1 << 62)), 1009),
        ("one byte too many", header(0x81, 0xFF, struct.pack("!Q", LIMIT + 1)), 1009),
        ("fragments too big together",
         masked(1, b"x" * LIMIT, fin=False) + header(0x80, 0x81), 1009),
        ("too many fragments", masked(1, fin=False) + masked(0, fin=False) * FRAGMENTS, 1009),
        ("binary", masked(2, b"x"), 1003),
        ("not UTF-8", masked(1, b"\xff"), 1007),
        ("overlong UTF-8", masked(1, b"\xc0\xaf"), 1007),
        ("surrogate in UTF-8", masked(1, b"\xed\xa0\x80"), 1007),
        ("character cut off", masked(1, b"\xc3"), 1007),
        ("character cut off by the last fragment",
         masked(1, b"\xc3", fin=False) + masked(0, b""), 1007),
        ("close of one byte", masked(8, b"\x03"), 1002),
        ("close reason not UTF-8", masked(8, b"\x03\xe8\xff"), 1007),
    ] + [("close code %d" % code, masked(8, struct.pack("!H", code)), 1002) for code in
         (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)])
    def test_code(self, name, data, code):
        good = masked(1, b"before")
        assert read(good + data) == (["before"], code)
        received, seen = read(*byte_by_byte(good + data))
        assert (received[0], seen) == ("before", code)

    def test_wrong_utf8_shows_before_the_message_ends(self):
        first = masked(1, b"ok", fin=False)
        assert read(first, masked(0, b"\xff", fin=False)) == ([], 1007)

    def test_wrong_utf8_shows_before_the_frame_ends(self):
        whole = masked(1, b"ok\xffrest that never comes")
        assert read(whole[:9]) == ([], 1007)

    @pytest.mark.parametrize("data", [
        masked(1, b"\xed\xa0", fin=False), masked(1, b"\xed\xbf\xbf")[:8],
        masked(1, b"\xed", fin=False) + masked(0, b"\xa0", fin=False),
    ])
    def test_half_a_surrogate_shows_before_its_last_byte(self, data):
        assert read(data) == ([], 1007)

    def test_a_wrong_header_shows_at_its_first_byte(self):
        assert read(b"\xc1") == ([], 1002)

    @pytest.mark.parametrize("data, code", [
        (b"\x81\x01", 1002), (b"\x80\x80", 1002), (b"\x82\x80", 1003), (b"\x09\x80", 1002),
        (b"\x81\xfe" + struct.pack("!H", 125), 1002),
        (b"\x81\xff" + struct.pack("!Q", 65535), 1002),
        (b"\x81\xff" + struct.pack("!Q", LIMIT + 1), 1009),
    ])
    def test_a_fault_shows_with_the_bytes_that_tell_it(self, data, code):
        assert read(data) == ([], code)
        assert read(data[:-1]) == ([], None)

    def test_a_fault_says_what_it_is(self):
        fault = FrameFault(wsframe.POLICY, "no reason")
        assert (fault.code, fault.reason, str(fault)) == (1008, "no reason", "no reason")

    def test_the_codes_are_the_rfc_s(self):
        assert (wsframe.NORMAL, wsframe.GOING_AWAY, wsframe.PROTOCOL_FAULT, wsframe.UNSUPPORTED,
                wsframe.NO_STATUS, wsframe.BAD_TEXT, wsframe.POLICY, wsframe.TOO_BIG,
                wsframe.INTERNAL) == (1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1011)

    @given(st.lists(st.binary(max_size=60), max_size=10))
    def test_any_bytes_give_only_messages_or_a_documented_fault(self, pieces):
        received, code = read(*pieces)
        assert code in (None, 1002, 1003, 1007, 1009)


class TestWriting:
    """What we write is what the foreign reader makes of it."""

    @staticmethod
    def parse(data):
        from websockets.streams import StreamReader
        stream = StreamReader()
        stream.feed_data(data)
        stream.feed_eof()
        parser = Frame.parse(stream.read_exact, mask=False)
        with pytest.raises(StopIteration) as done:
            next(parser)
        return done.value.value

    @pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
    def test_text(self, size):
        frame = self.parse(text_frame(b"x" * size))
        assert (frame.opcode, frame.data, frame.fin) == (Opcode.TEXT, b"x" * size, True)

    def test_ping_and_pong(self):
        assert self.parse(ping_frame(b"a")).opcode == Opcode.PING
        assert self.parse(pong_frame(b"a")).data == b"a"

    def test_close_with_code_and_reason(self):
        assert Close.parse(self.parse(close_frame(1001, "bye")).data) == Close(1001, "bye")

    def test_a_long_reason_is_cut_at_a_whole_character(self):
        frame = self.parse(close_frame(1008, "\xe4" * 100))
        assert Close.parse(frame.data) == Close(1008, "\xe4" * 61)

    def test_a_long_reason_fills_the_frame(self):
        assert Close.parse(self.parse(close_frame(1008, "x" * 200)).data) == Close(1008, "x" * 123)

    def test_close_without_a_status(self):
        assert self.parse(close_frame(1005)).data == b""
