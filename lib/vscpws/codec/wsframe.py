"""WebSocket frames, RFC 6455: the bytes of frames of both ends; no socket in here.

Theory: a client sends masked frames, a server unmasked ones. What there is most of, texts of one
frame each that are whole in what was read, is taken in one loop, which stops before anything else.
A data frame that is something else is taken as far as it is there, so that a fault shows at its
first byte and not at the frame's end: a wrong header at once, a wrong length before its payload,
wrong UTF-8 when it arrives. Only what can't be judged yet (a header in pieces, a control frame in
pieces; 139 bytes at most) waits in the buffer.

Strict by choice: no extensions, so the reserved bits are zero; masks are there or not as the role
demands (5.1); binary messages are refused with 1003, for both VSCP protocols are text.
"""

from __future__ import annotations

import codecs
import os
import struct
from enum import Enum
from functools import lru_cache
from typing import Iterator, List, NamedTuple, Optional, Tuple, Union

__all__ = [
    "CloseReceived", "FrameFault", "FrameReader", "Ping", "Pong", "Role", "close_frame", "masked",
    "ping_frame", "pong_frame", "reply_frame", "text_frame",
]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

_FIN, _RSV, _OPCODE, _MASKED, _LENGTH = 0x80, 0x70, 0x0F, 0x80, 0x7F
_MAX_CONTROL = 125
_MASK_SIZE = 4
_WHOLE_TEXT = _FIN | TEXT       # how a text in one frame begins
_ROW = 4096                     # bytes; texts beyond are read when those before are handled

# Close codes: RFC 6455, 7.4.1, and 1013 of IANA's registry (who is to come again later).
NORMAL, GOING_AWAY, PROTOCOL_FAULT, UNSUPPORTED, NO_STATUS = 1000, 1001, 1002, 1003, 1005
BAD_TEXT, POLICY, TOO_BIG, INTERNAL, TRY_AGAIN = 1007, 1008, 1009, 1011, 1013

_REASON_BYTES = _MAX_CONTROL - 2
_SHORT = 64                     # characters of a reply that recurs: +;EVENT in both protocols


class Role(Enum):
    """Which end of a connection this is. What a client sends is masked, what a server sends not."""

    SERVER = "server"
    CLIENT = "client"


class FrameFault(Exception):
    """The other end broke a rule: close with ``code`` (RFC 6455 7.4.1) and ``reason``."""

    def __init__(self, code: int, reason: str):
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Ping(NamedTuple):
    payload: bytes


class Pong(NamedTuple):
    payload: bytes


class CloseReceived(NamedTuple):
    """The other end's close: its code, 1005 where it gave none, and its reason."""

    code: int
    reason: str


Received = Union[str, Ping, Pong, CloseReceived]


def text_frame(payload: bytes) -> bytes:
    """An unmasked, unfragmented text frame; ``payload`` is UTF-8."""
    return _frame(TEXT, payload)


def reply_frame(text: str) -> bytes:
    """A text frame; that of a short text, which is sent again and again, is kept."""
    return _short_frame(text) if len(text) <= _SHORT else text_frame(text.encode("utf-8"))


@lru_cache(maxsize=32)
def _short_frame(text: str) -> bytes:
    return text_frame(text.encode("utf-8"))


def ping_frame(payload: bytes = b"") -> bytes:
    return _frame(PING, payload)


def pong_frame(payload: bytes = b"") -> bytes:
    return _frame(PONG, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; a reason too long for a control frame is cut at a whole character."""
    if code == NO_STATUS:
        return _frame(CLOSE, b"")
    text = reason.encode("utf-8")[:_REASON_BYTES].decode("utf-8", "ignore")
    return _frame(CLOSE, struct.pack("!H", code) + text.encode("utf-8"))


def masked(frame: bytes) -> bytes:
    """One of the frames above as a client sends it: with a new random mask."""
    start = {126: 4, 127: 10}.get(frame[1], 2)
    mask = os.urandom(_MASK_SIZE)
    return b"".join((frame[:1], bytes((frame[1] | _MASKED,)), frame[2:start], mask,
                     _with_mask(frame[start:], mask)))


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((_FIN | opcode, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", _FIN | opcode, 126, size) + payload
    return struct.pack("!BBQ", _FIN | opcode, 127, size) + payload


def _with_mask(payload: bytes, mask: bytes) -> bytes:
    """Masked if it was not, unmasked if it was (5.3); no mask leaves it as it is."""
    if not mask:
        return payload
    # One xor of two large integers: fifty times faster than a loop over bytes.
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


class FrameReader:
    """Turns what an end of a connection reads into messages and control frames.

    ``max_message`` is in bytes, for the sum of a message's fragments; ``max_fragments`` counts the
    frames of one message; a ``role`` of server reads masked frames, one of client unmasked ones.
    Feed it bytes in any pieces.
    """

    def __init__(self, max_message: int, max_fragments: int, role: Role = Role.SERVER):
        self._max_message = max_message
        self._max_fragments = max_fragments
        self._masked = _MASKED if role is Role.SERVER else 0
        self._mask_size = _MASK_SIZE if self._masked else 0
        self._waiting = b""             # a header or control frame that is not whole yet
        self._in_message = False
        self._announced = 0             # bytes of the present frame
        self._size = 0                  # bytes announced of the message so far
        self._fragments = 0
        self._text: List[str] = []      # decoded pieces of the message so far
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._missing = 0               # bytes of the data frame that is being taken
        self._final = False
        self._mask = b""

    def feed(self, data: bytes) -> Iterator[Received]:
        """Yield what ``data`` completes, in order; raise ``FrameFault`` at the first fault."""
        if self._waiting:
            data = self._waiting + data
            self._waiting = b""
        at, end = 0, len(data)
        while at < end:
            if self._missing:
                taken = min(self._missing, end - at)
                yield from self._take(data[at:at + taken])
                at += taken
                continue
            if not self._in_message:
                texts, at = self._whole_texts(data, at, end)
                if texts:
                    yield from texts
                    continue
            start = self._payload_start(data, at, end)
            if start is None:
                break
            opcode = data[at] & _OPCODE
            size = self._announced
            if opcode & 0x8:
                if end - start < size:
                    break
                yield _control(opcode, _with_mask(data[start:start + size], self._mask))
                at = start + size
                continue
            self._begin(data[at], size)
            at = start
            self._missing = size
            if not size:
                yield from self._take(b"")
        self._waiting = data[at:end]

    def _whole_texts(self, data: bytes, at: int, end: int) -> Tuple[List[str], int]:
        """The messages of one whole frame each that follow each other from ``at`` on, as many as
        are taken in a row, and where they end: before a frame that is anything else, or has a
        fault, at the latest. None only if the first frame is such a one."""
        texts: List[str] = []
        add, masked, mask_size, longest = (
            texts.append, self._masked, self._mask_size, self._max_message)
        last = min(end - 1, at + _ROW)
        try:
            while at < last and data[at] == _WHOLE_TEXT:
                start = at + 2
                size = data[at + 1] ^ masked        # over 127: masked or not, and wrongly so
                if size > 125:
                    if size != 126 or start + 2 > end:
                        break
                    size = data[start] << 8 | data[start + 1]
                    if size < 126:
                        break
                    start += 2
                payload = start + mask_size
                stop = payload + size
                if stop > end or size > longest:
                    break
                add(_with_mask(data[payload:stop], data[start:payload]).decode("utf-8"))
                at = stop
        except UnicodeDecodeError:
            pass                                    # at its start: what comes next tells of it
        return texts, at

    def _payload_start(self, data: bytes, at: int, end: int) -> Optional[int]:
        """Where the payload of the frame at ``at`` starts; None if its header isn't whole."""
        if end - at < 2:
            if data[at] & _RSV:
                raise FrameFault(PROTOCOL_FAULT, "reserved bit set")
            return None
        first, second = data[at], data[at + 1]
        self._check_header(first, second)
        size = second & _LENGTH
        start = at + 2
        if size == 126:
            if end < start + 2:
                return None
            size, = struct.unpack_from("!H", data, start)
            start += 2
            if size < 126:
                raise FrameFault(PROTOCOL_FAULT, "length not in its shortest form")
        elif size == 127:
            if end < start + 8:
                return None
            size, = struct.unpack_from("!Q", data, start)
            start += 8
            if size < 65536 or size >> 63:
                raise FrameFault(PROTOCOL_FAULT, "length not in its shortest form")
        if not first & 0x8 and self._size + size > self._max_message:
            raise FrameFault(TOO_BIG, "message over %d bytes" % self._max_message)
        payload = start + self._mask_size
        if end < payload:
            return None
        self._announced = size
        self._mask = data[start:payload]
        return payload

    def _check_header(self, first: int, second: int) -> None:
        opcode = first & _OPCODE
        if first & _RSV:
            raise FrameFault(PROTOCOL_FAULT, "reserved bit set")
        if second & _MASKED != self._masked:
            raise FrameFault(PROTOCOL_FAULT,
                             "frame not masked" if self._masked else "frame of a server is masked")
        if opcode in (CLOSE, PING, PONG):
            if not first & _FIN:
                raise FrameFault(PROTOCOL_FAULT, "fragmented control frame")
            if second & _LENGTH > _MAX_CONTROL:
                raise FrameFault(PROTOCOL_FAULT, "control frame over 125 bytes")
        elif opcode == CONTINUATION:
            if not self._in_message:
                raise FrameFault(PROTOCOL_FAULT, "continuation of nothing")
        elif opcode in (TEXT, BINARY):
            if self._in_message:
                raise FrameFault(PROTOCOL_FAULT, "new message inside a fragmented one")
            if opcode == BINARY:
                raise FrameFault(UNSUPPORTED, "text messages only")
        else:
            raise FrameFault(PROTOCOL_FAULT, "unknown opcode %d" % opcode)

    def _begin(self, first: int, size: int) -> None:
        self._final = bool(first & _FIN)
        self._in_message = True
        self._size += size
        if self._fragments >= self._max_fragments:
            raise FrameFault(TOO_BIG, "message of over %d fragments" % self._max_fragments)
        self._fragments += 1

    def _take(self, payload: bytes) -> Iterator[str]:
        """Take the next bytes of the present data frame; yield the message if they end it."""
        self._missing -= len(payload)
        ends = self._final and not self._missing
        try:
            self._text.append(self._decoder.decode(_with_mask(payload, self._mask), ends))
        except UnicodeDecodeError:
            raise FrameFault(BAD_TEXT, "not UTF-8") from None
        waiting = self._decoder.getstate()[0]
        # Of all that no byte can mend, Python's decoder keeps half a surrogate (ED A0-BF) waiting.
        if waiting[:1] == b"\xed" and waiting[1:] >= b"\xa0":
            raise FrameFault(BAD_TEXT, "not UTF-8")
        turn = len(payload) % _MASK_SIZE
        self._mask = self._mask[turn:] + self._mask[:turn]
        if len(self._text) > 64:
            self._text = ["".join(self._text)]
        if ends:
            text = "".join(self._text)
            self._text = []
            self._in_message = False
            self._size = self._fragments = 0
            yield text


def _control(opcode: int, payload: bytes) -> Received:
    """What a control frame says; raises ``FrameFault`` (RFC 6455, sections 5.5 and 7.4)."""
    if opcode == PING:
        return Ping(payload)
    if opcode == PONG:
        return Pong(payload)
    if not payload:
        return CloseReceived(NO_STATUS, "")
    if len(payload) == 1:
        raise FrameFault(PROTOCOL_FAULT, "close frame of one byte")
    code, = struct.unpack_from("!H", payload)
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise FrameFault(PROTOCOL_FAULT, "close code %d is not one to send" % code)
    try:
        return CloseReceived(code, payload[2:].decode("utf-8"))
    except UnicodeDecodeError:
        raise FrameFault(BAD_TEXT, "close reason not UTF-8") from None
