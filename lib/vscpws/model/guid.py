"""The GUID: 16 bytes, most significant first; the last byte is a node's nickname.

A GUID is a plain ``bytes`` of length 16. Printed form: 16 upper-case hex pairs with colons.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["ZERO", "format_guid", "interface_guid", "parse_guid"]

ZERO = bytes(16)

_PAIRS = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*\Z")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")
_LONGEST_TEXT = 64


def parse_guid(text: str) -> bytes:
    """The GUID that ``text`` names.

    Forms: 16 hex pairs with colons; ``-`` or empty (all zero); ``::`` before the last pairs (the
    missing leading bytes are FF); ``-:`` likewise (00); the UUID form with or without braces.

    Raises ``ValueError`` with a reason for anything else.
    """
    text = text.strip()
    if text in ("", "-"):
        return ZERO
    if len(text) > _LONGEST_TEXT:
        raise ValueError("not a GUID: too long")
    for prefix, fill in (("::", b"\xff"), ("-:", b"\x00")):
        if text.startswith(prefix):
            tail = _pairs(text[2:], text) if text != prefix else b""
            if len(tail) > 15:
                raise ValueError("not a GUID: %r has no missing bytes for %r" % (text, prefix))
            return tail.rjust(16, fill)
    bare = text[1:-1] if text[0] == "{" and text[-1] == "}" else text
    if _UUID.match(bare):
        return bytes.fromhex(bare.replace("-", ""))
    guid = _pairs(text, text)
    if len(guid) != 16:
        raise ValueError("not a GUID: %r has %d bytes, not 16" % (text, len(guid)))
    return guid


def _pairs(text: str, whole: str) -> bytes:
    if not _PAIRS.match(text):
        raise ValueError("not a GUID: %r" % whole)
    return bytes.fromhex(text.replace(":", ""))


@lru_cache(maxsize=1024)
def format_guid(guid: bytes) -> str:
    """The printed form, ``FF:FF:…:01``. Cached: a bus has few nodes and many events."""
    return ":".join("%02X" % byte for byte in guid)


def interface_guid(guid: bytes) -> bytes:
    """The GUID of the interface that ``guid`` lives on: its two lowest bytes zero."""
    return guid[:14] + b"\0\0"
