"""WebSocket frames to either end: the same bytes whole, one by one, and in random pieces.

Allowed is ``FrameFault`` alone. In both roles all three ways must give the same messages and
the same close code, and both must be what a second reader finds, which is written as plainly as
RFC 6455 reads.
"""

from __future__ import annotations

import random
import struct
from typing import List, Optional, Tuple

from vscpws.codec.wsframe import (
    BAD_TEXT,
    PROTOCOL_FAULT,
    TOO_BIG,
    UNSUPPORTED,
    CloseReceived,
    FrameFault,
    FrameReader,
    Ping,
    Pong,
    Role,
    close_frame,
)

from ..target import Target, require

__all__ = ["FramesTarget"]

MAX_MESSAGE = 2000              # bytes
MAX_FRAGMENTS = 8

_TEXTS = (b"C;NOOP", "\u20ac\U0001f600\xe9".encode(), b"\xff", b"\xed\xa0\x80", b"\xc3",
          b"\xf4\x90\x80\x80", b"E;0,10,6,0,,0,-,0x88", b"a" * 125, b"b" * 126, b"c" * 700, b"")
_ROLES = (Role.SERVER, Role.CLIENT)
_SIZES = (0, 1, 2, 10, 125, 126, 127, 128, 1000, 1999, 2000, 2001)


class FramesTarget(Target):
    name = "frames"
    share = 260
    longest = 6000
    encoding = "latin-1"
    tokens = ("\x81\x80\0\0\0\0", "\x01\x80\0\0\0\0", "\x00\x80\0\0\0\0", "\x80\x80\1\2\3\4",
              "\x88\x80\0\0\0\0", "\x88\x82\0\0\0\0\x03\xe8", "\x89\x80\0\0\0\0",
              "\x8a\x81\0\0\0\0x", "\x01\x00", "\x80\x00", "\x89\x00", "\x88\x02\x03\xe8",
              "\x82\x80\0\0\0\0", "\x81\x00", "\xc1\x80", "\x09\x80",
              "\x81\xfe\x00\x7e", "\x81\xfe\x00\x05", "\x81\xff\0\0\0\0\0\1\0\0",
              "\x81\xff\x40\0\0\0\0\0\0\0", "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
              "\xe2\x82\xac", "\xf0\x9f", "\x98\x80")

    def compose(self, rng: random.Random) -> str:
        frames = b""
        inside = False
        role = rng.choice(_ROLES)
        for _ in range(rng.randint(1, 6)):
            kind = rng.random()
            if kind < 0.25:
                frames += _control(rng, role)
                continue
            final = rng.random() < (0.4 if inside else 0.7)
            opcode = 0 if inside else 1
            if kind > 0.97:
                opcode = rng.choice((0, 1, 2, 3, 11))
            inside = not final
            frames += _frame(rng, role, final << 7 | opcode, _payload(rng))
        return frames.decode("latin-1")

    def check(self, data: bytes) -> None:
        for role in _ROLES:
            self._check(role, data)

    @staticmethod
    def _check(role: Role, data: bytes) -> None:
        whole = _read(role, [data])
        for pieces in ([data[at:at + 1] for at in range(len(data))], _pieces(data)):
            require(whole == _read(role, pieces), "read whole %.200r and in pieces differ", whole)
        expected = _plain_read(role, data)
        require(whole == expected, "read %.200r, expected %.200r", whole, expected)
        for received in whole[0]:
            if isinstance(received, CloseReceived):
                require(len(close_frame(received.code, received.reason)) <= 127, "long close frame")


def _control(rng: random.Random, role: Role) -> bytes:
    opcode = rng.choice((8, 9, 9, 10))
    payload = rng.choice(_TEXTS)[:rng.choice((0, 1, 2, 125, 126))]
    if opcode == 8:
        payload = struct.pack("!H", rng.choice((1000, 1001, 1004, 1005, 1006, 1014, 1015, 2999,
                                                3000, 4999, 5000, 0))) + payload[:123]
        payload = payload[:rng.choice((0, 1, 2, 125))]
    return _frame(rng, role, 0x80 | opcode, payload)


def _payload(rng: random.Random) -> bytes:
    text = rng.choice(_TEXTS)
    if rng.random() < 0.3:
        cut = rng.randrange(len(text) + 1)
        text = text[cut:] if rng.random() < 0.5 else text[:cut]
    if rng.random() < 0.1:
        text = text.ljust(rng.choice(_SIZES), b"x")
    return text


def _frame(rng: random.Random, role: Role, first: int, payload: bytes) -> bytes:
    """What the end in this role is sent."""
    size = len(payload)
    bit = 0x80 if role is Role.SERVER else 0
    if size < 126:
        head = struct.pack("!BB", first, bit | size)
    else:
        head = struct.pack("!BBH", first, bit | 126, size)
    if not bit:
        return head + payload
    mask = rng.getrandbits(32).to_bytes(4, "big")
    return head + mask + _masked(payload, mask)


def _masked(payload: bytes, mask: bytes) -> bytes:
    return bytes(byte ^ mask[place & 3] for place, byte in enumerate(payload))


def _pieces(data: bytes) -> List[bytes]:
    rng = random.Random(len(data) << 8 | (data[-1] if data else 0))
    pieces = []
    place = 0
    while place < len(data):
        size = rng.choice((1, 2, 3, 5, 13, 100, 1000))
        pieces.append(data[place:place + size])
        place += size
    return pieces


def _read(role: Role, pieces: List[bytes]) -> Tuple[list, Optional[int]]:
    """All that the program's reader makes of it, and the close code it ends with."""
    reader = FrameReader(MAX_MESSAGE, MAX_FRAGMENTS, role)
    received: list = []
    try:
        for piece in pieces:
            received.extend(reader.feed(piece))
    except FrameFault as fault:
        require(len(fault.reason.encode("utf-8")) <= 123, "close reason too long")
        return received, fault.code
    return received, None


class _Fault(Exception):
    """``args[0]`` is the close code."""


def _plain_read(role: Role, data: bytes) -> Tuple[list, Optional[int]]:
    received: list = []
    try:
        _Plain(role, data, received).read()
    except _Fault as fault:
        return received, fault.args[0]
    return received, None


class _Plain:
    """The second reader: frame by frame over all the bytes there are."""

    def __init__(self, role: Role, data: bytes, received: list):
        self.masks = 4 if role is Role.SERVER else 0        # bytes
        self.data = data
        self.received = received
        self.message: Optional[bytearray] = None
        self.announced = 0
        self.fragments = 0

    def read(self) -> None:
        place = 0
        while place < len(self.data):
            place = self.frame(place)

    def frame(self, place: int) -> int:
        """Take one frame and return where the next begins: behind the end if this is not whole."""
        end = len(self.data)
        first = self.data[place]
        if first & 0x70:
            raise _Fault(PROTOCOL_FAULT)
        if place + 1 == end:
            return end
        opcode, final = first & 15, bool(first & 0x80)
        self.judge(opcode, final, self.data[place + 1])
        size, start = self.size_of(place, self.data[place + 1] & 0x7F)
        if start > end:
            return end
        if opcode < 8:
            if self.announced + size > MAX_MESSAGE:
                raise _Fault(TOO_BIG)
        mask, start = self.data[start:start + self.masks], start + self.masks
        if start > end:
            return end
        there = self.data[start:start + size]
        payload = _masked(there, mask) if mask else there
        if opcode < 8:
            self.take(payload, final, len(there) == size, size)
        elif len(there) == size:
            self.received.append(control_of(opcode, payload))
        return start + size

    def judge(self, opcode: int, final: bool, second: int) -> None:
        if bool(second & 0x80) != bool(self.masks):
            raise _Fault(PROTOCOL_FAULT)
        if opcode in (8, 9, 10):
            wrong = not final or second & 0x7F > 125
        elif opcode == 0:
            wrong = self.message is None
        else:
            wrong = opcode not in (1, 2) or self.message is not None
        if wrong:
            raise _Fault(PROTOCOL_FAULT)
        if opcode == 2:
            raise _Fault(UNSUPPORTED)

    def size_of(self, place: int, short: int) -> Tuple[int, int]:
        """The size of the payload and where the header's length ends."""
        start = place + 2
        if short < 126:
            return short, start
        more = 2 if short == 126 else 8
        if start + more > len(self.data):
            return 0, len(self.data) + 1
        size = int.from_bytes(self.data[start:start + more], "big")
        if size < (126 if more == 2 else 65536) or size >= 1 << 63:
            raise _Fault(PROTOCOL_FAULT)
        return size, start + more

    def take(self, payload: bytes, final: bool, whole: bool, size: int) -> None:
        self.message = bytearray() if self.message is None else self.message
        self.announced += size
        self.fragments += 1
        if self.fragments > MAX_FRAGMENTS:
            raise _Fault(TOO_BIG)
        self.message += payload
        try:
            text = self.message.decode("utf-8")
        except UnicodeDecodeError as error:
            # What only lacks its end may still come.
            if error.reason != "unexpected end of data" or final and whole:
                raise _Fault(BAD_TEXT) from None
        else:
            if final and whole:
                self.received.append(text)
        if final and whole:
            self.message, self.announced, self.fragments = None, 0, 0


def control_of(opcode: int, payload: bytes):
    if opcode != 8:
        return Ping(payload) if opcode == 9 else Pong(payload)
    if not payload:
        return CloseReceived(1005, "")
    code = int.from_bytes(payload[:2], "big")
    known = 1000 <= code <= 1014 and code not in (1004, 1005, 1006) or 3000 <= code <= 4999
    if len(payload) == 1 or not known:
        raise _Fault(PROTOCOL_FAULT)
    try:
        return CloseReceived(code, payload[2:].decode("utf-8"))
    except UnicodeDecodeError:
        raise _Fault(BAD_TEXT) from None
