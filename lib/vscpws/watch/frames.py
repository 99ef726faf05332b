"""WebSocket frames as a client has them: masked ones out, unmasked ones in (RFC 6455, 5.1).

The other direction, and the words for both, is ``codec.wsframe``. What a client gets is small, so a
frame simply waits until it is whole; the limits keep a server from filling the memory.
"""

from __future__ import annotations

import os
import struct
from typing import Iterator, List, Optional, Tuple

from ..codec.wsframe import (
    BAD_TEXT,
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    PROTOCOL_FAULT,
    TEXT,
    TOO_BIG,
    UNSUPPORTED,
    FrameFault,
    Received,
    control_frame,
)

__all__ = ["MAX_MESSAGE", "ServerFrames", "masked"]

MAX_MESSAGE = 1 << 20           # bytes; an event's text needs less than 4 KiB
_MAX_FRAGMENTS = 1024
_MAX_CONTROL = 125
_FIN, _RSV, _OPCODE, _MASKED, _LENGTH = 0x80, 0x70, 0x0F, 0x80, 0x7F


def masked(frame: bytes) -> bytes:
    """A frame made by ``codec.wsframe`` as a client sends it, with a new random mask."""
    start = {126: 4, 127: 10}.get(frame[1], 2)
    mask, payload = os.urandom(4), frame[start:]
    key = (mask * (len(payload) // 4 + 1))[:len(payload)]
    hidden = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return b"".join((frame[:1], bytes((frame[1] | _MASKED,)), frame[2:start], mask,
                     hidden.to_bytes(len(payload), "big")))


class ServerFrames:
    """Turns what was read from a server into messages and control frames."""

    def __init__(self):
        self._waiting = b""             # what is no whole frame yet
        self._fragments: List[bytes] = []
        self._size = 0                  # bytes of the fragments so far

    def feed(self, data: bytes) -> Iterator[Received]:
        """Yield what ``data`` completes, in order; raise ``FrameFault`` at the first fault."""
        data = self._waiting + data
        place = 0
        while True:
            header = _header(data, place)
            if header is None:
                break
            start, size = header
            if not data[place] & 0x8 and self._size + size > MAX_MESSAGE:
                raise FrameFault(TOO_BIG, "message over %d bytes" % MAX_MESSAGE)
            if len(data) < start + size:
                break
            received = self._take(data[place], data[start:start + size])
            place = start + size
            if received is not None:
                yield received
        self._waiting = data[place:]

    def _take(self, first: int, payload: bytes) -> Optional[Received]:
        opcode, final = first & _OPCODE, bool(first & _FIN)
        if opcode in (CLOSE, PING, PONG):
            return control_frame(opcode, payload)
        if opcode not in (TEXT, BINARY, CONTINUATION):
            raise FrameFault(PROTOCOL_FAULT, "unknown opcode %d" % opcode)
        if opcode == BINARY:
            raise FrameFault(UNSUPPORTED, "text messages only")
        if (opcode == CONTINUATION) != bool(self._fragments):
            raise FrameFault(PROTOCOL_FAULT, "fragments out of order")
        if len(self._fragments) >= _MAX_FRAGMENTS:
            raise FrameFault(TOO_BIG, "message of over %d fragments" % _MAX_FRAGMENTS)
        self._fragments.append(payload)
        self._size += len(payload)
        if not final:
            return None
        message = b"".join(self._fragments)
        self._fragments, self._size = [], 0
        return _decoded(message)


def _header(data: bytes, place: int) -> Optional[Tuple[int, int]]:
    """Where the payload of the frame at ``place`` starts and its size; None if not known yet."""
    if len(data) < place + 2:
        return None
    first, second = data[place], data[place + 1]
    size = second & _LENGTH
    if first & _RSV:
        raise FrameFault(PROTOCOL_FAULT, "reserved bit set")
    if second & _MASKED:
        raise FrameFault(PROTOCOL_FAULT, "frame of a server is masked")
    if first & 0x8 and (not first & _FIN or size > _MAX_CONTROL):
        raise FrameFault(PROTOCOL_FAULT, "control frame fragmented or over 125 bytes")
    if size < 126:
        return place + 2, size
    form, start = ("!H", place + 4) if size == 126 else ("!Q", place + 10)
    if len(data) < start:
        return None
    return start, struct.unpack_from(form, data, place + 2)[0]


def _decoded(payload: bytes) -> str:
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        raise FrameFault(BAD_TEXT, "not UTF-8") from None
