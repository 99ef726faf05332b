"""RFC 6455 over a real socket: the cases that servers are commonly tested with, all strict.

The numbers are those of the sections and cases of the well-known Autobahn test suite, so that they
can be compared; the cases themselves are written anew. The server side has a session that echoes,
so every payload is compared byte for byte. Text only: both VSCP protocols are, and a binary message
is refused with 1003 (cases 1.2 and their like).
"""

import struct
from itertools import product

import pytest
from websockets.frames import Close, Frame, Opcode

from web.stage import UPGRADE, Stage

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
LIMIT = 1 << 20                 # bytes of a message; cases of more belong to TestLimits
FRAGMENTS = 5000                # of a message
PIECE = 997                     # bytes in a piece, where a frame is sent in several


class EchoSession:
    """A session that sends every message back."""

    authenticated = True
    user = None

    def __init__(self, codec, port, address, obid):
        self._port = port

    def greet(self):
        pass

    def receive_events(self, texts):
        return 0

    def end(self):
        pass

    def receive(self, text):
        self._port.send(text)


class Peer:
    """A client of single bytes: sends what it is told, and reads frames as they are."""

    def __init__(self, stage):
        self.socket = stage.socket()
        self.socket.sendall(UPGRADE.encode())
        self._data = b""
        while b"\r\n\r\n" not in self._data:
            self._data += self.socket.recv(65536)
        self._data = self._data.partition(b"\r\n\r\n")[2]

    def send(self, data, piece=None):
        for start in range(0, len(data), piece or len(data) or 1):
            self.socket.sendall(data[start:start + (piece or len(data))])

    def frame(self):
        """The next frame: opcode and payload; None at the end of the connection."""
        head = self._take(2)
        if head is None:
            return None
        assert head[0] & 0x70 == 0 and head[0] & 0x80, "reserved bits, or a fragment"
        assert not head[1] & 0x80, "a masked frame from a server"
        size = head[1]
        if size == 126:
            size, = struct.unpack("!H", self._take(2))
        elif size == 127:
            size, = struct.unpack("!Q", self._take(8))
        return head[0] & 0xF, self._take(size)

    def close_code(self):
        """The code of the close frame that comes next, and then the end of the connection."""
        opcode, payload = self.frame()
        assert opcode == CLOSE, (opcode, payload[:50])
        code = Close.parse(payload).code
        assert self.frame() is None
        return code

    def _take(self, size):
        while len(self._data) < size:
            data = self.socket.recv(1 << 16)
            if not data:
                assert not self._data, "the connection ended within a frame"
                return None
            self._data += data
        taken, self._data = self._data[:size], self._data[size:]
        return taken


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Stage(tmp_path_factory.mktemp("rfc6455"), make_session=EchoSession, max_message_size=LIMIT,
               max_fragments=FRAGMENTS, max_clients=0) as stage:
        yield stage


@pytest.fixture
def peer(server):
    peer = Peer(server)
    yield peer
    peer.socket.close()


def frame(opcode, payload=b"", fin=True):
    if isinstance(payload, str):
        payload = payload.encode()
    return Frame(Opcode(opcode), payload, fin=fin).serialize(mask=True)


def raw(first, payload=b"", length=None):
    """A frame whose first byte is anything, its mask all zero."""
    return bytes((first, 0x80 | (len(payload) if length is None else length))) + bytes(4) + payload


def fragments(payload, size):
    """A message in frames of ``size`` bytes."""
    parts = [payload[start:start + size] for start in range(0, len(payload), size)] or [b""]
    return [frame(TEXT if place == 0 else CONTINUATION, part, place == len(parts) - 1)
            for place, part in enumerate(parts)]


def play(peer, sent, wanted, piece=None):
    """Send it, and see exactly these frames come; an int is a close code and the end."""
    peer.send(b"".join(sent), piece)
    for answer in wanted:
        if isinstance(answer, int):
            assert peer.close_code() == answer
        else:
            assert peer.frame() == answer
    if not any(isinstance(answer, int) for answer in wanted):
        peer.send(frame(CLOSE, Close(1000, "").serialize()))
        assert peer.close_code() == 1000


def text(payload):
    return TEXT, payload.encode() if isinstance(payload, str) else payload


class TestFraming:
    """Section 1."""

    @pytest.mark.parametrize("size", [0, 125, 126, 127, 128, 65535, 65536])
    @pytest.mark.parametrize("piece", [None, PIECE])
    def test_1_1_text_of_any_size(self, peer, size, piece):
        payload = b"*" * size
        play(peer, [frame(TEXT, payload)], [text(payload)], piece)

    @pytest.mark.parametrize("size", [0, 125, 126, 127, 128, 65535, 65536])
    @pytest.mark.parametrize("piece", [None, PIECE])
    def test_1_2_binary_is_refused(self, peer, size, piece):
        play(peer, [frame(BINARY, b"\xfe" * size)], [1003], piece)


class TestPings:
    """Section 2."""

    @pytest.mark.parametrize("case, payload", [
        ("2.1", b""), ("2.2", b"Hello, world!"), ("2.3", bytes(range(0, 250, 25))),
        ("2.4", b"\xfe" * 125)])
    def test_a_ping_is_answered_with_its_payload(self, peer, case, payload):
        play(peer, [frame(PING, payload)], [(PONG, payload)])

    def test_2_5_over_125_bytes(self, peer):
        play(peer, [raw(0x89, b"", 126) + struct.pack("!H", 126) + b"\xfe" * 126], [1002])

    def test_2_6_in_single_bytes(self, peer):
        play(peer, [frame(PING, b"\xfe" * 125)], [(PONG, b"\xfe" * 125)], piece=1)

    @pytest.mark.parametrize("case, payload", [("2.7", b""), ("2.8", b"unsolicited")])
    def test_a_pong_nobody_asked_for_is_ignored(self, peer, case, payload):
        play(peer, [frame(PONG, payload)], [])

    def test_2_9_a_pong_and_a_ping(self, peer):
        play(peer, [frame(PONG, b"unsolicited"), frame(PING, b"ping")], [(PONG, b"ping")])

    @pytest.mark.parametrize("case, piece", [("2.10", None), ("2.11", 1)])
    def test_ten_pings_are_answered_in_order(self, peer, case, piece):
        payloads = [b"payload-%d" % number for number in range(10)]
        play(peer, [frame(PING, payload) for payload in payloads],
             [(PONG, payload) for payload in payloads], piece)


class TestReservedBits:
    """Section 3."""

    @pytest.mark.parametrize("bits", range(1, 8))
    @pytest.mark.parametrize("piece", [None, 1])
    def test_3_1_to_3_4_in_a_text_behind_a_good_one(self, peer, bits, piece):
        play(peer, [frame(TEXT, "before"), raw(0x81 | bits << 4, b"x"), frame(PING)],
             [text("before"), 1002], piece)

    @pytest.mark.parametrize("case, opcode", [("3.6", PING), ("3.7", CLOSE), ("3.5", BINARY)])
    def test_in_other_frames(self, peer, case, opcode):
        play(peer, [raw(0xF0 | opcode)], [1002])


class TestOpcodes:
    """Section 4."""

    @pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
    @pytest.mark.parametrize("payload", [b"", b"reserved opcode payload"])
    def test_4_1_and_4_2_reserved_ones(self, peer, opcode, payload):
        play(peer, [frame(TEXT, "before"), raw(0x80 | opcode, payload), frame(PING)],
             [text("before"), 1002])


class TestFragmentation:
    """Section 5."""

    @pytest.mark.parametrize("case, opcode", [("5.1", PING), ("5.2", PONG)])
    def test_control_frames_have_no_fragments(self, peer, case, opcode):
        play(peer, [raw(opcode, b"fragment1")], [1002])

    @pytest.mark.parametrize("case, piece", [("5.3", None), ("5.4", PIECE), ("5.5", 1)])
    def test_a_text_in_two_fragments(self, peer, case, piece):
        play(peer, fragments(b"fragment1fragment2", 9), [text("fragment1fragment2")], piece)

    @pytest.mark.parametrize("case, piece", [("5.6", None), ("5.7", PIECE), ("5.8", 1)])
    def test_with_a_ping_between(self, peer, case, piece):
        one, two = fragments(b"fragment1fragment2", 9)
        play(peer, [one, frame(PING, b"ping"), two],
             [(PONG, b"ping"), text("fragment1fragment2")], piece)

    @pytest.mark.parametrize("case, first, piece", [
        ("5.9", frame(CONTINUATION, b"x"), None), ("5.10", frame(CONTINUATION, b"x"), 7),
        ("5.11", frame(CONTINUATION, b"x"), 1),
        ("5.12", frame(CONTINUATION, b"x", False), None),
        ("5.13", frame(CONTINUATION, b"x", False), 7),
        ("5.14", frame(CONTINUATION, b"x", False), 1)])
    def test_a_continuation_of_nothing(self, peer, case, first, piece):
        play(peer, [first, frame(TEXT, "never")], [1002], piece)

    def test_5_15_a_continuation_of_what_has_ended(self, peer):
        play(peer, fragments(b"fragment1fragment2", 9) + [frame(CONTINUATION, b"fragment3", False),
                                                          frame(TEXT, "never")],
             [text("fragment1fragment2"), 1002])

    @pytest.mark.parametrize("case, fin", [("5.16", False), ("5.17", True)])
    def test_continuations_of_nothing_again_and_again(self, peer, case, fin):
        play(peer, [frame(CONTINUATION, b"a", fin), frame(TEXT, b"b", False),
                    frame(CONTINUATION, b"c")] * 2, [1002])

    def test_5_18_a_text_inside_a_text(self, peer):
        play(peer, [frame(TEXT, b"fragment1", False), frame(TEXT, b"fragment2")], [1002])

    @pytest.mark.parametrize("case, piece", [("5.19", None), ("5.20", 1)])
    def test_five_fragments_with_pings_between(self, peer, case, piece):
        parts = fragments(b"fragment1fragment2fragment3fragment4fragment5", 9)
        play(peer, parts[:2] + [frame(PING, b"pongme 1")] + parts[2:4]
             + [frame(PING, b"pongme 2")] + parts[4:],
             [(PONG, b"pongme 1"), (PONG, b"pongme 2"),
              text("fragment1fragment2fragment3fragment4fragment5")], piece)


VALID = ["Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!",
         "\u03ba\u1f79\u03c3\u03bc\u03b5", "\x00", "\x7f", "\x80", "\u07ff", "\u0800", "\uffff",
         "\ud7ff", "\ue000", "\ufffd",
         "\U00010000", "\U0010ffff", "\ufffe", "\U0001fffe", "\U0010fffe"]
INVALID = [
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",        # 6.3: a surrogate
    b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80",                         # five, six bytes
    b"\xf7\xbf\xbf\xbf", b"\xf4\x90\x80\x80",                                      # over U+10FFFF
    b"\x80", b"\xbf", b"\x80\xbf", b"\x80\xbf\x80\xbf\x80\xbf\xbe",              # no beginning
    b"\xc0 \xc1 \xc2 ", b"\xe0 \xe1 ", b"\xf0 \xf1 ", b"\xf8 \xf9 ", b"\xfc ",     # no end
    b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfe", b"\xff",
    b"\xfe\xfe\xff\xff", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xc1\xbf",
    b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80",
    b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf", b"\xed\xb0\x80",
    b"\xed\xbe\x80", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80", b"\xed\xaf\xbf\xed\xbf\xbf",
]


def decodes(data):
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def can_become_text(data):
    """Whether some bytes behind it make it UTF-8: every character that can end can with these."""
    endings = (bytes(ending) for size in range(4) for ending in product((0x80, 0xA0), repeat=size))
    return any(decodes(data + ending) for ending in endings)


def up_to_the_fault(payload):
    """The shortest beginning that nothing can mend; None where only the end comes too early."""
    beginnings = (payload[:size] for size in range(1, len(payload) + 1))
    return next((data for data in beginnings if not can_become_text(data)), None)


FAULTS = sorted(set(filter(None, map(up_to_the_fault, INVALID))))


class TestUtf8:
    """Section 6; strict: the close comes at the first wrong byte."""

    def test_6_1_empty_fragments(self, peer):
        play(peer, [frame(TEXT, b"")], [text("")])

    @pytest.mark.parametrize("parts", [[b"", b"", b""], [b"", b"middle frame payload", b""]])
    def test_6_1_empty_fragments_around(self, peer, parts):
        play(peer, [frame(TEXT, parts[0], False), frame(CONTINUATION, parts[1], False),
                    frame(CONTINUATION, parts[2])], [text(b"".join(parts))])

    @pytest.mark.parametrize("payload", VALID, ids=ascii)
    def test_6_2_and_6_5_to_6_22_valid(self, peer, payload):
        encoded = payload.encode()
        play(peer, [frame(TEXT, encoded)] + fragments(encoded, 1), [text(encoded)] * 2)

    @pytest.mark.parametrize("payload", INVALID, ids=ascii)
    def test_6_3_and_6_5_to_6_21_invalid(self, peer, payload):
        play(peer, [frame(TEXT, payload)], [1007])

    @pytest.mark.parametrize("payload", INVALID, ids=ascii)
    def test_6_3_2_invalid_in_fragments_of_a_byte(self, peer, payload):
        play(peer, fragments(payload, 1), [1007])

    def test_6_22_and_6_23_characters_that_are_none_are_valid(self, peer):
        numbers = [plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF)]
        payload = "".join(map(chr, numbers + list(range(0xFDD0, 0xFDF0)))).encode()
        play(peer, [frame(TEXT, payload)], [text(payload)])

    @pytest.mark.parametrize("payload", FAULTS, ids=ascii)
    def test_6_4_any_fault_shows_at_its_byte(self, peer, payload):
        peer.send(frame(TEXT, payload[:-1], False) + frame(PING))
        assert peer.frame() == (PONG, b"")
        # A byte of a hundred that never come.
        peer.send(raw(0x80, payload[-1:], 100))
        assert peer.close_code() == 1007

    def test_6_4_1_the_fragment_with_the_fault_is_the_last_that_is_needed(self, peer):
        play(peer, [frame(TEXT, "\u03ba\u1f79\u03c3\u03bc\u03b5", False),
                    frame(CONTINUATION, b"\xf4\x90\x80\x80", False)], [1007])

    def test_6_4_2_the_same_within_a_character(self, peer):
        play(peer, [frame(TEXT, b"\xce\xba\xf4", False), frame(CONTINUATION, b"\x90", False)],
             [1007])

    @pytest.mark.parametrize("case, cut", [("6.4.3", 12), ("6.4.4", 13)])
    def test_the_rest_of_the_frame_is_never_sent(self, peer, case, cut):
        whole = frame(TEXT, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited")
        head = len(whole) - 21
        peer.send(whole[:head + cut])
        if cut == 12:           # up to the byte that may still begin a character
            peer.send(whole[head + cut:head + cut + 1])
        assert peer.close_code() == 1007


class TestClose:
    """Section 7."""

    def test_7_1_1_a_message_and_a_close(self, peer):
        play(peer, [frame(TEXT, "Hello World!")], [text("Hello World!")])

    @pytest.mark.parametrize("case, after", [
        ("7.1.2", frame(CLOSE, Close(1000, "").serialize())), ("7.1.3", frame(PING)),
        ("7.1.4", frame(TEXT, "after"))])
    def test_nothing_counts_after_a_close(self, peer, case, after):
        play(peer, [frame(CLOSE, Close(1000, "").serialize()), after], [1000])

    def test_7_1_5_a_close_within_a_message(self, peer):
        play(peer, [frame(TEXT, b"fragment1", False), frame(CLOSE, Close(1000, "").serialize()),
                    frame(CONTINUATION, b"fragment2")], [1000])

    def test_7_1_6_a_large_message_before_it_is_answered_first(self, peer):
        payload = b"BAsd7&jh23" * 26000
        play(peer, [frame(TEXT, payload), frame(CLOSE, Close(1000, "").serialize())],
             [text(payload), 1000])

    @pytest.mark.parametrize("case, payload, code", [
        ("7.3.1", b"", 1000), ("7.3.2", b"\x03", 1002), ("7.3.3", b"\x03\xe8", 1000),
        ("7.3.4", b"\x03\xe8Hello World!", 1000), ("7.3.5", b"\x03\xe8" + b"*" * 123, 1000),
        ("7.5.1", b"\x03\xe8\xce\xba\xed\xa0\x80", 1007)])
    def test_payloads_of_a_close(self, peer, case, payload, code):
        play(peer, [frame(CLOSE, payload)], [code])

    def test_7_3_6_over_125_bytes(self, peer):
        play(peer, [raw(0x88, b"", 126) + struct.pack("!H", 126) + b"\x03\xe8" + b"*" * 124],
             [1002])

    @pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012,
                                      1013, 1014, 3000, 3999, 4000, 4999])
    def test_7_7_valid_codes_come_back(self, peer, code):
        play(peer, [frame(CLOSE, struct.pack("!H", code))], [code])

    @pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000,
                                      65535])
    def test_7_9_and_7_13_invalid_codes(self, peer, code):
        play(peer, [frame(CLOSE, struct.pack("!H", code))], [1002])


class TestLimits:
    """Sections 9 and 10."""

    @pytest.mark.parametrize("size", [65536, 262144, LIMIT])
    def test_9_1_large_texts(self, peer, size):
        play(peer, [frame(TEXT, b"*" * size)], [text(b"*" * size)])

    @pytest.mark.parametrize("size", [256, 4096, 65536, LIMIT])
    def test_9_3_in_fragments(self, peer, size):
        payload = b"*" * LIMIT
        play(peer, fragments(payload, size), [text(payload)])

    @pytest.mark.parametrize("piece", [64, 256, 1024, 2048])
    def test_9_5_sent_in_pieces(self, peer, piece):
        payload = b"*" * (LIMIT // 4)
        play(peer, [frame(TEXT, payload)], [text(payload)], piece)

    @pytest.mark.parametrize("size", [0, 16, 64, 256, 1024, 4096])
    def test_9_7_many_messages(self, peer, size):
        payload = b"*" * size
        for _ in range(100):
            peer.send(frame(TEXT, payload) * 10)
            for _ in range(10):
                assert peer.frame() == (TEXT, payload)

    def test_one_byte_over_the_limit(self, peer):
        play(peer, [b"\x81\xff" + struct.pack("!Q", LIMIT + 1)], [1009])

    def test_fragments_that_are_too_much_together(self, peer):
        play(peer, [frame(TEXT, b"*" * LIMIT, False), raw(0x80, b"", 1)], [1009])

    @pytest.mark.parametrize("count, wanted", [(FRAGMENTS, text(b"*" * FRAGMENTS)),
                                               (FRAGMENTS + 1, 1009)])
    def test_one_fragment_over_the_limit(self, peer, count, wanted):
        play(peer, fragments(b"*" * count, 1), [wanted])

    def test_10_1_a_text_in_frames_of_1300_bytes(self, peer):
        payload = b"*" * 65536
        play(peer, fragments(payload, 1300), [text(payload)])
