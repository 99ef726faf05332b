"""The GUID: 16 bytes, most significant first; the last byte is a node's nickname.

A GUID is a plain ``bytes`` of length 16. Printed form: 16 upper-case hex pairs with colons. This is
the one reader of its text forms, for events, filters and configuration alike.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["ZERO", "format_guid", "interface_guid", "parse_guid"]

ZERO = bytes(16)

# One or two digits, always hexadecimal. Three, as some documents write decimals, are no group.
_GROUPS = re.compile(r"[0-9A-Fa-f]{1,2}(:[0-9A-Fa-f]{1,2})*\Z")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")
_LONGEST_TEXT = 64


def parse_guid(text: str) -> bytes:
    """The GUID that ``text`` names.

    Forms: 16 groups of one or two hex digits with colons; ``-`` or empty (all zero); ``::`` before
    the last groups (the missing leading bytes are FF); ``-:`` likewise (00); the UUID form. Braces
    may stand around any of them.

    Raises ``ValueError`` with a reason for anything else.
    """
    text = text.strip()
    if len(text) > _LONGEST_TEXT:
        raise ValueError("not a GUID: too long")
    return _parse(text)


@lru_cache(maxsize=1024)        # a client sends the same few again and again
def _parse(text: str) -> bytes:
    bare = text[1:-1].strip() if text[:1] == "{" and text[-1:] == "}" else text
    if bare in ("", "-"):
        return ZERO
    for prefix, fill in (("::", b"\xff"), ("-:", b"\x00")):
        if bare.startswith(prefix):
            tail = _groups(bare[2:], text) if bare != prefix else b""
            if len(tail) > 15:
                raise ValueError("not a GUID: %r has no missing bytes for %r" % (text, prefix))
            return tail.rjust(16, fill)
    if _UUID.match(bare):
        return bytes.fromhex(bare.replace("-", ""))
    guid = _groups(bare, text)
    if len(guid) != 16:
        raise ValueError("not a GUID: %r has %d bytes, not 16" % (text, len(guid)))
    return guid


def _groups(text: str, whole: str) -> bytes:
    if not _GROUPS.match(text):
        raise ValueError("not a GUID: %r" % whole)
    return bytes(int(group, 16) for group in text.split(":"))


@lru_cache(maxsize=1024)
def format_guid(guid: bytes) -> str:
    """The printed form, ``FF:FF:…:01``. Cached: a bus has few nodes and many events."""
    return ":".join("%02X" % byte for byte in guid)


@lru_cache(maxsize=1024)
def interface_guid(guid: bytes) -> bytes:
    """The GUID of the interface that ``guid`` lives on: its two lowest bytes zero."""
    return guid[:14] + b"\0\0"
