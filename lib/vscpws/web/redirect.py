"""Plain HTTP that comes to a TLS port: where to go instead.

A browser that is given a host and a port without a scheme tries plain HTTP, and would see nothing
but a connection that breaks.
"""

from __future__ import annotations

import re
from typing import BinaryIO, Tuple

from .answer import whole_answer
from .head import BadHead, Head

__all__ = ["is_plain_http", "redirection"]

_METHODS = b"GHPODTC"           # GET HEAD POST PUT PATCH OPTIONS DELETE TRACE CONNECT begin so
_TARGET = re.compile(r"(?:http://([^/?#]*))?(/[!-~]*)?", re.IGNORECASE)
# What follows https:// must be a host and nothing else (RFC 3986, section 3.2.2; RFC 6874).
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._~%-]+)?\])(?::[0-9]{1,5})?")


def is_plain_http(start: bytes) -> bool:
    """Whether the first byte of a connection begins a request, and no TLS record."""
    return start[:1] != b"" and start[:1] in _METHODS


def redirection(file: BinaryIO, limit: int) -> bytes:
    """The whole answer to the request in a connection's binary ``file``, of at most ``limit``
    bytes: the same place by TLS. A request that is broken, or names no host, has its own."""
    try:
        host, path = _read(Head(file, limit))
    except BadHead as bad:
        return whole_answer(bad.status, str(bad))
    if not _HOST.fullmatch(host):
        return whole_answer("400 Bad Request", "this port speaks TLS: https:// or wss://")
    # Permanent, but not to be remembered: TLS may be switched off again.
    return whole_answer("308 Permanent Redirect", "this port speaks TLS: https:// or wss://",
                        [("Location", "https://%s%s" % (host, path)),
                         ("Cache-Control", "no-store")])


def _read(head: Head) -> Tuple[str, str]:
    """Host and path of a request."""
    line = head.readline()
    host = ""
    while True:
        field = head.readline()
        if field in (b"", b"\r\n", b"\n"):
            break
        name, _, value = field.decode("latin-1").partition(":")
        if name.lower() == "host":
            host = value.strip()
    words = line.decode("latin-1").split()
    target = _TARGET.fullmatch(words[1] if len(words) == 3 else "")
    if target is None:
        return host, "/"
    return target.group(1) or host, target.group(2) or "/"
