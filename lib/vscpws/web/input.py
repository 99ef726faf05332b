"""A client's input: what it sends, in pieces that are small work, and in messages."""

from __future__ import annotations

from typing import Iterator

from ..codec.wsframe import FrameReader, Received
from .connection import Connection

__all__ = ["Ended", "Input"]

_PIECE = 2048                   # bytes judged in a row: 300 fragments of a byte, a millisecond
_NOTHING: Iterator[Received] = iter(())


class Ended(Exception):
    """The client sends nothing any more."""


class Input:
    """What comes by ``connection``, as ``frames`` takes it apart.

    ``messages`` is what the piece at hand completes. It's taken by and by, and wholly before
    ``advance``; between two pieces others may have their turn, for fragments without end complete
    nothing. It raises ``FrameFault`` where the client breaks a rule.
    """

    __slots__ = ("messages", "_at", "_connection", "_data", "_frames")

    def __init__(self, connection: Connection, frames: FrameReader):
        self.messages = _NOTHING
        self._connection = connection
        self._frames = frames
        self._data = b""                # of which the piece at hand ends ``_at``
        self._at = 0

    def begin(self) -> bool:
        """Have a piece at hand: what was left, or the first of what has come. False if nothing
        has; raises ``Ended``, and ``OSError`` on a broken connection."""
        return self.messages is not _NOTHING or self._read()

    def advance(self) -> bool:
        """The next piece of what was read; False if there is none."""
        start, data = self._at, self._data
        if start < len(data):
            self._at = end = start + _PIECE
            self.messages = iter(self._frames.feed(data[start:end]))
            return True
        self.messages, self._data = _NOTHING, b""
        return self._connection.has_more and self._read()

    def _read(self) -> bool:
        data = self._connection.read()
        if data is None:
            return False
        if not data:
            raise Ended()
        self._data, self._at = data, 0
        return self.advance()

    def discard(self) -> bool:
        """Read and forget; False if nothing has come, ``Ended`` as above."""
        data = self._connection.read()
        if data == b"":
            raise Ended()
        return data is not None
