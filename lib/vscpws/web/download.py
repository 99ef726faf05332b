"""A file as an HTTP answer: whole or a part of it, or that it hasn't changed (RFC 9110).

The answer announces the file's size when it was opened and has exactly so many bytes, whatever
happens to the file: of one that grows the rest is left out, and where one has become shorter the
connection is cut, so that nobody takes a part for the whole.
"""

from __future__ import annotations

import errno
import logging
import re
from email.utils import formatdate, mktime_tz, parsedate_tz
from typing import BinaryIO, Iterable, Iterator, List, Optional

from .answer import Environ, Headers, StartResponse
from .folder import File
from .mediatypes import media_type

__all__ = ["PIECE", "download"]

log = logging.getLogger(__name__)

#: Bytes read in one turn: 20 µs of memory's time.
PIECE = 64 * 1024

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)
_MOST_DATE = 64                 # characters; a date has 29


def download(environ: Environ, start_response: StartResponse, file: File,
             headers: Headers) -> Iterable[bytes]:
    """The answer to GET or HEAD; closes the file."""
    headers = [("ETag", file.tag), ("Last-Modified", formatdate(file.modified, usegmt=True)),
               # It may be kept, and is asked for again each time.
               ("Cache-Control", "no-cache"), ("Accept-Ranges", "bytes"), *headers]
    if not _is_wanted(environ, file):
        return _empty(start_response, file, "412 Precondition Failed",
                      [("Content-Length", "0"), *headers])
    if _is_known(environ, file):
        return _empty(start_response, file, "304 Not Modified", headers)
    part = _part(environ, file)
    if part is not None and not part:
        return _empty(start_response, file, "416 Range Not Satisfiable", [
            ("Content-Range", "bytes */%d" % file.size), ("Content-Length", "0"), *headers])
    status = "200 OK" if part is None else "206 Partial Content"
    if part is None:
        part = range(file.size)
    else:
        headers.append(("Content-Range", "bytes %d-%d/%d" % (part[0], part[-1], file.size)))
    headers += [("Content-Type", media_type(file.name)), ("Content-Length", str(len(part)))]
    if environ["REQUEST_METHOD"] == "HEAD":
        return _empty(start_response, file, status, headers)
    start_response(status, headers)
    return _Pieces(file.stream, file.name, part)


def _empty(start_response: StartResponse, file: File, status: str,
           headers: Headers) -> Iterable[bytes]:
    file.stream.close()
    start_response(status, headers)
    return [b""]


class _Pieces:
    """A part of a file, a piece at a time; the server lets others run between two of them."""

    def __init__(self, stream: BinaryIO, name: str, part: range):
        self._stream = stream
        self._name = name
        self._left = len(part)
        if part:
            stream.seek(part[0])

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._left:
            raise StopIteration
        try:
            piece = self._stream.read(min(PIECE, self._left))
            fault = "has become shorter"
        except OSError as error:
            piece, fault = b"", error.strerror or str(error)
        if not piece:
            log.warning("%s: %s while it was sent, the connection is cut", ascii(self._name), fault)
            # As if the peer had done it: the server ends the connection and answers nothing more.
            raise ConnectionResetError(errno.ECONNRESET, fault)
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._stream.close()


# ---- what the request knows already: RFC 9110, section 13 ----------------------------------------


def _is_wanted(environ: Environ, file: File) -> bool:
    tags: Optional[str] = environ.get("HTTP_IF_MATCH")
    if tags is not None:
        return tags.strip() == "*" or file.tag in _listed(tags)
    since = _seconds(environ.get("HTTP_IF_UNMODIFIED_SINCE"))
    return since is None or file.modified <= since


def _is_known(environ: Environ, file: File) -> bool:
    tags: Optional[str] = environ.get("HTTP_IF_NONE_MATCH")
    if tags is not None:
        # Proxies that pack what they pass on make a tag a weak one.
        return tags.strip() == "*" or file.tag in [
            tag[2:] if tag.startswith("W/") else tag for tag in _listed(tags)]
    since = _seconds(environ.get("HTTP_IF_MODIFIED_SINCE"))
    return since is not None and file.modified <= since


def _listed(tags: str) -> List[str]:
    return [tag.strip() for tag in tags.split(",")]


def _seconds(date: Optional[str]) -> Optional[int]:
    """An HTTP date in seconds since 1970; None for anything else, which then counts for nothing."""
    if date is None or len(date) > _MOST_DATE:
        return None
    try:
        parsed = parsedate_tz(date)
        return None if parsed is None else int(mktime_tz(parsed))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


# ---- parts: RFC 9110, section 14 -----------------------------------------------------------------


def _part(environ: Environ, file: File) -> Optional[range]:
    """The bytes that are asked for: None means all of them, an empty range some beyond the end.

    Several ranges at a time, or what is no range, ask for all.
    """
    match = _RANGE.fullmatch(environ.get("HTTP_RANGE", "").strip())
    if not match or environ["REQUEST_METHOD"] != "GET" or not _is_same(environ, file):
        return None
    first, last = match.groups()
    if first:
        if last and int(last) < int(first):
            return None
        return range(int(first), min(int(last) + 1, file.size) if last else file.size)
    return range(max(0, file.size - int(last)), file.size) if last else None


def _is_same(environ: Environ, file: File) -> bool:
    """Whether the file is the one of which the request has a part."""
    condition: str = environ.get("HTTP_IF_RANGE", "").strip()
    if not condition or condition == file.tag:
        return True
    return '"' not in condition and _seconds(condition) == file.modified
