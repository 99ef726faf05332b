"""The key of a websocket handshake and the answer to it, RFC 6455 sections 4.1 and 4.2.2.

They keep a server that knows nothing of websockets from seeming to have agreed to one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os

__all__ = ["VERSION", "accept_of", "is_key", "new_key"]

VERSION = "13"                  # of the protocol: the header Sec-WebSocket-Version

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"      # section 1.3
_KEY_BYTES = 16
_KEY_LENGTH = 24                # characters: the bytes in base64


def new_key() -> str:
    """A client's Sec-WebSocket-Key: 16 random bytes in base64."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode("ascii")


def is_key(text: str) -> bool:
    """Whether this is a Sec-WebSocket-Key: 16 bytes in base64."""
    try:
        return (len(text) == _KEY_LENGTH
                and len(base64.b64decode(text, validate=True)) == _KEY_BYTES)
    except (binascii.Error, ValueError):
        return False


def accept_of(key: str) -> str:
    """The Sec-WebSocket-Accept that answers a key."""
    digest = hashlib.sha1((key + _GUID).encode("ascii")).digest()
    return base64.b64encode(digest).decode("ascii")
