"""The websocket handshake, RFC 6455 sections 4.2.1 and 4.2.2: a request in, a verdict out.

Cross-site requests: a browser says in ``Origin`` which page it works for, and no page can change
that. By default pages of the same host (whatever its port) may connect; who sends no ``Origin`` is
no browser and may, too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

__all__ = ["ANY_ORIGIN", "Refusal", "is_asked", "refusal", "response_headers"]

ANY_ORIGIN = "*"

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION = "13"
_KEY_SIZE = 24                  # characters: 16 bytes in base64

_HOST = r"(\[[^\s/?#@,\[\]]+\]|[^\s/?#@,\[\]:]+)(?::[0-9]{1,5})?"
_HOST_HEADER = re.compile(_HOST)
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://" + _HOST)
_OPAQUE = "null"                # the origin of pages from files, and of sandboxed ones
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Headers = List[Tuple[str, str]]


class Refusal(NamedTuple):
    """The answer to a request that can't be upgraded: HTTP status, a text for people, headers."""

    status: str
    text: str
    headers: Headers = []


def is_asked(environ: Dict[str, str]) -> bool:
    """Whether a WSGI request wants to become a websocket."""
    return "websocket" in _tokens(environ, "HTTP_UPGRADE")


def refusal(environ: Dict[str, str], origins: Sequence[str]) -> Optional[Refusal]:
    """Why a WSGI request for a websocket can't be one; None if it can.

    ``origins`` are those allowed besides the same host's, ``*`` is any of them.
    """
    if environ["REQUEST_METHOD"] != "GET":
        return Refusal("405 Method Not Allowed", "a websocket starts with GET", [("Allow", "GET")])
    if environ["SERVER_PROTOCOL"] != "HTTP/1.1":
        return Refusal("400 Bad Request", "a websocket needs HTTP/1.1")
    if "upgrade" not in _tokens(environ, "HTTP_CONNECTION"):
        return Refusal("400 Bad Request", "no Connection: Upgrade")
    host = _HOST_HEADER.fullmatch(environ.get("HTTP_HOST", ""))
    if not host:
        return Refusal("400 Bad Request", "a websocket needs a Host")
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION", "").strip() != _VERSION:
        return Refusal("426 Upgrade Required", "websocket version 13 only",
                       [("Sec-WebSocket-Version", _VERSION), ("Upgrade", "websocket")])
    if not _is_key(environ.get("HTTP_SEC_WEBSOCKET_KEY", "").strip()):
        return Refusal("400 Bad Request", "Sec-WebSocket-Key is not 16 bytes in base64")
    if not all(_NAME.fullmatch(name) for name in _offered(environ)):
        return Refusal("400 Bad Request", "Sec-WebSocket-Protocol is not a list of names")
    return _refusal_of_page(environ.get("HTTP_ORIGIN"), host.group(1), origins)


def response_headers(environ: Dict[str, str]) -> Headers:
    """The headers of the 101 response to a request that is not refused."""
    key = environ["HTTP_SEC_WEBSOCKET_KEY"].strip()
    accept = base64.b64encode(hashlib.sha1((key + _GUID).encode("ascii")).digest())
    headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"),
               ("Sec-WebSocket-Accept", accept.decode("ascii"))]
    offered = _offered(environ)
    if offered:
        # None is needed, but a browser that offered some insists on one of them.
        headers.append(("Sec-WebSocket-Protocol", offered[0]))
    return headers


def _tokens(environ: Dict[str, str], name: str) -> List[str]:
    return [token.strip() for token in environ.get(name, "").lower().split(",")]


def _offered(environ: Dict[str, str]) -> List[str]:
    """The subprotocols that the client offers, as it wrote them."""
    names = environ.get("HTTP_SEC_WEBSOCKET_PROTOCOL", "").split(",")
    return [name.strip() for name in names if name.strip()]


def _is_key(text: str) -> bool:
    try:
        return len(text) == _KEY_SIZE and len(base64.b64decode(text, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _refusal_of_page(origin: Optional[str], host: str, origins: Sequence[str]) -> Optional[Refusal]:
    if origin is None or ANY_ORIGIN in origins or origin.lower() in origins:
        return None
    page = _ORIGIN.fullmatch(origin)
    if page and page.group(1).lower() == host.lower():
        return None
    shown = ascii(origin[:100])[1:-1] if page or origin == _OPAQUE else "no valid origin"
    return Refusal("403 Forbidden", "pages of %s may not connect" % shown)
