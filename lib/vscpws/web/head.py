"""The head of an HTTP request, line by line: bounded, whole and strict (RFC 9112, sections 2-6).

Theory: pywsgi and the mail parser behind it forgive what is wrong in a head. They skip what follows
a line that is no header, join folded lines, take a lone CR as a line's end and the end of the
connection as the end of the head. Each of these lets a request mean one thing to us and another to
a proxy before us, so what they get to read goes through here first.
"""

from __future__ import annotations

import re
from typing import Protocol, Set

__all__ = ["BadHead", "Head", "Lines"]

_REQUEST_LINE = re.compile(rb"[!-~]+ [!-~]+ HTTP/([0-9]\.[0-9])\r?\n")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*\r?\n")
_END = (b"\r\n", b"\n")
_MOST_FIELDS = 90               # header lines; browsers behind proxies send thirty

# Those whose second one could mean something else than the first.
_ONCE = frozenset((b"host", b"origin", b"content-length", b"sec-websocket-key",
                   b"sec-websocket-version"))


class Lines(Protocol):
    """What is read by lines: a binary file, or a head itself."""

    def readline(self, __size: int = -1) -> bytes:
        """The next line, with its end; ``b""`` at the end of it all."""


class BadHead(ValueError):
    """The head can't be taken; ``status`` is the HTTP answer to it."""

    def __init__(self, status: str, text: str):
        super().__init__(text)
        self.status = status


class Head:
    """A head's lines from a connection's binary file, at most ``limit`` bytes of them.

    To be read as a file, by lines, until the empty one. Raises ``BadHead`` at the first fault:
    431 for too much of it, 413 for a body (nothing here reads one), 400 for the rest.
    """

    def __init__(self, file: Lines, limit: int):
        self._file = file
        self._left = limit
        self._fields = -1               # the request line is none
        self._seen: Set[bytes] = set()  # names of headers, in lower case
        self._version = b""

    def readline(self, size: int = -1) -> bytes:
        """The next line, with its end; ``b""`` where the connection has ended before any.

        A line of more than ``size`` bytes is too large, and never given in parts.
        """
        most = self._left if size < 0 else min(size, self._left)
        line = self._file.readline(most + 1)
        if len(line) > most:
            raise BadHead("431 Request Header Fields Too Large", "request head too large")
        self._left -= len(line)
        if self._fields < 0 and not line:
            return line
        if not line.endswith(b"\n"):
            raise BadHead("400 Bad Request", "the request ended within its head")
        if self._fields < 0:
            self._check_request_line(line)
        elif line in _END:
            self._check_whole()
        else:
            self._check_field(line)
        self._fields += 1
        return line

    def _check_request_line(self, line: bytes) -> None:
        match = _REQUEST_LINE.fullmatch(line)
        if not match:
            raise BadHead("400 Bad Request", "not an HTTP request")
        self._version = match.group(1)

    def _check_whole(self) -> None:
        if self._version == b"1.1" and b"host" not in self._seen:
            raise BadHead("400 Bad Request", "a request needs a Host")

    def _check_field(self, line: bytes) -> None:
        if self._fields >= _MOST_FIELDS:
            raise BadHead("431 Request Header Fields Too Large",
                          "over %d header lines" % _MOST_FIELDS)
        match = _FIELD.fullmatch(line)
        if not match:
            raise BadHead("400 Bad Request", "not a header line")
        name, value = match.group(1).lower(), match.group(2)
        if name in _ONCE and name in self._seen:
            raise BadHead("400 Bad Request", "%s twice" % name.decode("ascii"))
        self._seen.add(name)
        if name == b"content-length" and not value.isdigit():
            raise BadHead("400 Bad Request", "content-length is not a number")
        if name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0")):
            raise BadHead("413 Payload Too Large", "requests have no body here")
