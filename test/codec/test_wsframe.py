"""RFC 6455, the frames of both ends; the foreign peer is the frame code of ``websockets``."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode
from websockets.streams import StreamReader

from vscpws.codec import wsframe
from vscpws.codec.wsframe import (
    CloseReceived,
    FrameFault,
    FrameReader,
    Ping,
    Pong,
    Role,
    close_frame,
    masked,
    ping_frame,
    pong_frame,
    reply_frame,
    text_frame,
)

LIMIT, FRAGMENTS = 65536, 100


class End:
    """The end of a connection in a role, and what the other end sends to it."""

    def __init__(self, role):
        self._role = role
        self._is_masked = role is Role.SERVER

    def __str__(self):
        return self._role.value

    @property
    def other(self):
        return ENDS[self._is_masked]

    def frame(self, opcode, payload=b"", fin=True):
        return Frame(Opcode(opcode), payload, fin=fin).serialize(mask=self._is_masked)

    def header(self, first, size, length=b""):
        """One that ``websockets`` wouldn't write; ``length`` are its bytes after the first two."""
        return (bytes((first, size | (0x80 if self._is_masked else 0))) + length
                + (b"\0\0\0\0" if self._is_masked else b""))

    def read(self, *pieces):
        """What the pieces complete, and the code of the fault that ended it (None if none)."""
        reader, received = FrameReader(LIMIT, FRAGMENTS, self._role), []
        try:
            for piece in pieces:
                received.extend(reader.feed(piece))
        except FrameFault as fault:
            return received, fault.code
        return received, None


ENDS = [End(Role.SERVER), End(Role.CLIENT)]


@pytest.fixture(params=ENDS, ids=str)
def end(request):
    return request.param


def byte_by_byte(data):
    return [data[at:at + 1] for at in range(len(data))]


def in_pieces(data, cuts):
    """The data cut at these places."""
    return [data[start:end] for start, end in zip([0] + cuts, cuts + [len(data)])]


class TestMessages:
    @pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 125, 126, 127, 1000, 65535, 65536])
    def test_any_size_up_to_the_limit(self, end, size):
        data = end.frame(1, b"x" * size)
        assert end.read(data) == (["x" * size], None)
        assert end.read(*byte_by_byte(data)) == (["x" * size], None)

    def test_many_in_one_read(self, end):
        data = b"".join(end.frame(1, b"%d" % number) for number in range(1000))
        assert end.read(data) == ([str(number) for number in range(1000)], None)

    def test_many_of_any_size_and_script_in_one_read(self, end):
        texts = [("x", "\xe4", "\u20ac", "\U0001f600")[size % 4] * size
                 for size in [*range(130), 1000, 5000, 16384]]
        data = b"".join(end.frame(1, text.encode("utf-8")) for text in texts)
        assert end.read(data) == (texts, None)
        assert end.read(*(data[at:at + 777] for at in range(0, len(data), 777))) == (texts, None)

    def test_of_a_large_read_not_all_is_read_before_the_first_is_handled(self, end):
        text = end.frame(1, b"x" * 10)
        received = FrameReader(LIMIT, FRAGMENTS, end._role).feed(text * 5000 + end.frame(2))
        assert [next(received) for _ in range(5000)] == ["x" * 10] * 5000
        with pytest.raises(FrameFault):
            next(received)
        reader = FrameReader(LIMIT, FRAGMENTS, end._role)
        texts, at = reader._whole_texts(text * 5000, 0, len(text) * 5000)
        assert at == len(texts) * len(text)
        assert len(texts) == -(-4096 // len(text))      # those that begin in the first 4 KiB

    @pytest.mark.parametrize("size, count", [
        (0, 5), (1, 5), (124, 2), (125, 2), (126, 2), (127, 2), (4000, 2), (65535, 1)])
    def test_whole_texts_are_taken_in_a_row_whatever_their_size(self, end, size, count):
        """One by one they cost several times as much."""
        data = end.frame(1, b"x" * size) * count
        reader = FrameReader(size, FRAGMENTS, end._role)
        assert reader._whole_texts(data, 0, len(data)) == (["x" * size] * count, len(data))
        assert reader._whole_texts(data, 0, len(data) - 1)[0] == ["x" * size] * (count - 1)

    def test_a_character_is_no_frame_s_and_the_next_one_s(self, end):
        """Together the two are good UTF-8, and neither is by itself."""
        good = end.frame(1, b"good")
        assert end.read(good + end.frame(1, b"\xc3") + end.frame(1, b"\xa4") + good) == (
            ["good"], 1007)

    def test_fragments_with_a_ping_between(self, end):
        data = (end.frame(1, b"ab", fin=False) + end.frame(9, b"?") + end.frame(0, b"", fin=False)
                + end.frame(0, b"cd"))
        assert end.read(data) == ([Ping(b"?"), "abcd"], None)

    def test_a_character_split_between_fragments(self, end):
        data = end.frame(1, b"\xc3", fin=False) + end.frame(0, b"\xa4")
        assert end.read(data) == (["\xe4"], None)

    def test_a_message_after_a_fragmented_one(self, end):
        data = end.frame(1, b"a", fin=False) + end.frame(0, b"b") + end.frame(1, b"c")
        assert end.read(data) == (["ab", "c"], None)

    def test_the_limit_is_each_message_s_own(self, end):
        for message in (end.frame(1, b"x" * LIMIT),
                        end.frame(1, b"x" * LIMIT, fin=False) + end.frame(0, b"")):
            assert end.read(message * 3) == (["x" * LIMIT] * 3, None)

    def test_so_are_the_fragments(self, end):
        message = (end.frame(1, b"a", fin=False) + end.frame(0, b"b", fin=False) * 98
                   + end.frame(0, b"c"))
        assert end.read(message * 3) == (["a" + 98 * "b" + "c"] * 3, None)

    def test_a_message_in_many_pieces_is_kept_as_few(self):
        reader = FrameReader(LIMIT, FRAGMENTS, Role.SERVER)
        for piece in byte_by_byte(ENDS[0].frame(1, b"x" * 1000)[:-1]):
            assert list(reader.feed(piece)) == []
            assert len(reader._text) <= 64

    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(ENDS), st.lists(st.text(max_size=200), max_size=6), st.data())
    def test_any_messages_in_any_pieces(self, end, texts, data):
        stream = b""
        for text in texts:
            payload = text.encode("utf-8")
            cuts = sorted(data.draw(st.lists(st.integers(0, len(payload)), max_size=3)))
            parts = in_pieces(payload, cuts)
            for number, part in enumerate(parts):
                stream += end.frame(0 if number else 1, part, fin=number == len(parts) - 1)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
        assert end.read(*in_pieces(stream, cuts)) == (texts, None)


class TestControlFrames:
    @pytest.mark.parametrize("size", [0, 1, 125])
    def test_ping_and_pong(self, end, size):
        data = end.frame(9, b"p" * size) + end.frame(10, b"q" * size)
        assert end.read(data) == ([Ping(b"p" * size), Pong(b"q" * size)], None)
        assert end.read(*byte_by_byte(data)) == ([Ping(b"p" * size), Pong(b"q" * size)], None)

    @pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012,
                                      1013, 1014, 3000, 3999, 4000, 4999])
    def test_close_with_a_code(self, end, code):
        data = end.frame(8, Close(code, "bye").serialize())
        assert end.read(data) == ([CloseReceived(code, "bye")], None)

    def test_close_without_a_code(self, end):
        assert end.read(end.frame(8)) == ([CloseReceived(1005, "")], None)


def faults(end):
    """What is wrong, the bytes, and the close code."""
    return [
        ("as the same end would send it", end.other.frame(1, b"x"), 1002),
        ("reserved bit 1", end.header(0xC1, 0), 1002),
        ("reserved bit 2", end.header(0xA1, 0), 1002),
        ("reserved bit 3", end.header(0x91, 0), 1002),
        ("reserved opcode 3", end.header(0x83, 0), 1002),
        ("reserved opcode 7", end.header(0x87, 0), 1002),
        ("reserved control opcode 11", end.header(0x8B, 0), 1002),
        ("reserved control opcode 15", end.header(0x8F, 0), 1002),
        ("control frame of 126", end.header(0x89, 126, struct.pack("!H", 126)), 1002),
        ("fragmented ping", end.header(0x09, 0), 1002),
        ("fragmented close", end.header(0x08, 0), 1002),
        ("continuation of nothing", end.frame(0, b"x"), 1002),
        ("text inside a message", end.frame(1, b"a", fin=False) + end.frame(1, b"b"), 1002),
        ("length 125 in 16 bits", end.header(0x81, 126, struct.pack("!H", 125)), 1002),
        ("length 65535 in 64 bits", end.header(0x81, 127, struct.pack("!Q", 65535)), 1002),
        ("length with bit 63", end.header(0x81, 127, struct.pack("!Q", 1 << 63)), 1002),
        ("length 2^62", end.header(0x81, 127, struct.pack("!Q", 1 << 62)), 1009),
        ("one byte too many", end.header(0x81, 127, struct.pack("!Q", LIMIT + 1)), 1009),
        ("fragments too big together",
         end.frame(1, b"x" * LIMIT, fin=False) + end.header(0x80, 1), 1009),
        ("too many fragments", end.frame(1, fin=False) + end.frame(0, fin=False) * FRAGMENTS, 1009),
        ("binary", end.frame(2, b"x"), 1003),
        ("not UTF-8", end.frame(1, b"\xff"), 1007),
        ("overlong UTF-8", end.frame(1, b"\xc0\xaf"), 1007),
        ("surrogate in UTF-8", end.frame(1, b"\xed\xa0\x80"), 1007),
        ("character cut off", end.frame(1, b"\xc3"), 1007),
        ("character cut off by the last fragment",
         end.frame(1, b"\xc3", fin=False) + end.frame(0, b""), 1007),
        ("close of one byte", end.frame(8, b"\x03"), 1002),
        ("close reason not UTF-8", end.frame(8, b"\x03\xe8\xff"), 1007),
    ] + [("close code %d" % code, end.frame(8, struct.pack("!H", code)), 1002) for code in
         (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)]


class TestFaults:
    """Each fault with the close code it has; what came before it is still delivered."""

    @settings(max_examples=300, deadline=None)
    @given(st.sampled_from(ENDS), st.data())
    def test_a_read_of_many_frames_says_what_they_say_byte_by_byte(self, end, data):
        """Whatever follows on whatever, and is cut wherever."""
        frames = [end.frame(1, b"a text"), end.frame(1, "\xe4\u20ac".encode()), end.frame(1, b""),
                  end.frame(1, b"x" * 126), end.frame(1, b"x" * LIMIT), end.frame(9, b"?"),
                  end.frame(1, b"a", fin=False), end.frame(0, b"b", fin=False), end.frame(0, b"c")]
        frames += [frame for _, frame, _ in faults(end) if len(frame) < 1000]
        stream = b"".join(data.draw(st.lists(st.sampled_from(frames), max_size=12)))
        stream = stream[:len(stream) - data.draw(st.integers(0, 3))]
        assert end.read(stream) == end.read(*byte_by_byte(stream[:3000]), stream[3000:])

    @pytest.mark.parametrize("end, data, code", [
        pytest.param(end, data, code, id="%s: %s" % (end, name))
        for end in ENDS for name, data, code in faults(end)])
    def test_code(self, end, data, code):
        good = end.frame(1, b"before")
        assert end.read(good + data) == (["before"], code)
        received, seen = end.read(*byte_by_byte(good + data))
        assert (received[0], seen) == ("before", code)

    def test_wrong_utf8_shows_before_the_message_ends(self, end):
        first = end.frame(1, b"ok", fin=False)
        assert end.read(first, end.frame(0, b"\xff", fin=False)) == ([], 1007)

    def test_wrong_utf8_shows_before_the_frame_ends(self, end):
        rest = b"rest that never comes"
        assert end.read(end.frame(1, b"ok\xff" + rest)[:-len(rest)]) == ([], 1007)

    def test_half_a_surrogate_shows_before_its_last_byte(self, end):
        for data in (end.frame(1, b"\xed\xa0", fin=False), end.frame(1, b"\xed\xbf\xbf")[:-1],
                     end.frame(1, b"\xed", fin=False) + end.frame(0, b"\xa0", fin=False)):
            assert end.read(data) == ([], 1007)

    def test_a_wrong_header_shows_at_its_first_byte(self, end):
        assert end.read(b"\xc1") == ([], 1002)

    @pytest.mark.parametrize("first, length, code", [
        (0x80, 0, 1002), (0x82, 0, 1003), (0x09, 0, 1002), (0x81, 126, 1002), (0x81, 127, 1002)])
    def test_a_fault_shows_with_the_bytes_that_tell_it(self, end, first, length, code):
        shortest = {126: struct.pack("!H", 125), 127: struct.pack("!Q", 65535)}.get(length, b"")
        data = end.header(first, length)[:2] + shortest
        assert end.read(data) == ([], code)
        assert end.read(data[:-1]) == ([], None)

    def test_the_wrong_mask_shows_with_the_second_byte(self, end):
        assert end.read(end.other.header(0x81, 1)[:2]) == ([], 1002)

    def test_too_long_a_message_shows_with_its_length(self, end):
        data = end.header(0x81, 127)[:2] + struct.pack("!Q", LIMIT + 1)
        assert end.read(data) == ([], 1009)
        assert end.read(data[:-1]) == ([], None)

    def test_a_fault_says_what_it_is(self):
        fault = FrameFault(wsframe.POLICY, "no reason")
        assert (fault.code, fault.reason, str(fault)) == (1008, "no reason", "no reason")

    def test_the_codes_are_the_rfc_s(self):
        assert (wsframe.NORMAL, wsframe.GOING_AWAY, wsframe.PROTOCOL_FAULT, wsframe.UNSUPPORTED,
                wsframe.NO_STATUS, wsframe.BAD_TEXT, wsframe.POLICY, wsframe.TOO_BIG,
                wsframe.INTERNAL, wsframe.TRY_AGAIN) == (
                    1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1011, 1013)

    @given(st.sampled_from(ENDS), st.lists(st.binary(max_size=60), max_size=10))
    def test_any_bytes_give_only_messages_or_a_documented_fault(self, end, pieces):
        received, code = end.read(*pieces)
        assert code in (None, 1002, 1003, 1007, 1009)


class TestWriting:
    """What we write is what the foreign reader makes of it."""

    @staticmethod
    def parse(data, mask=False):
        stream = StreamReader()
        stream.feed_data(data)
        stream.feed_eof()
        parser = Frame.parse(stream.read_exact, mask=mask)
        with pytest.raises(StopIteration) as done:
            next(parser)
        return done.value.value

    @pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
    def test_text(self, size):
        frame = self.parse(text_frame(b"x" * size))
        assert (frame.opcode, frame.data, frame.fin) == (Opcode.TEXT, b"x" * size, True)

    @pytest.mark.parametrize("text", ["", "+;EVENT", "\xe4", "x" * 64, "x" * 65, "\u20ac" * 70000])
    def test_a_reply_is_a_text(self, text):
        for _ in range(2):
            assert reply_frame(text) == text_frame(text.encode("utf-8"))

    @pytest.mark.parametrize("size, is_kept", [(1, True), (64, True), (65, False), (1000, False)])
    def test_a_reply_of_up_to_64_characters_is_kept_and_no_longer_one(self, size, is_kept):
        assert (reply_frame("y" * size) is reply_frame("y" * size)) == is_kept

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

    @pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
    def test_masked(self, size):
        data = masked(text_frame(b"x" * size))
        frame = self.parse(data, mask=True)
        assert (frame.opcode, frame.data, frame.fin) == (Opcode.TEXT, b"x" * size, True)
        assert list(FrameReader(LIMIT, FRAGMENTS, Role.SERVER).feed(data)) == ["x" * size]

    def test_every_masked_frame_has_another_mask(self):
        assert len({masked(ping_frame(b"same")) for _ in range(20)}) > 1
