"""The websocket handshake, RFC 6455 sections 4.2.1 and 4.2.2: a request in, a verdict out.

Cross-site requests: a browser says in ``Origin`` which page it works for, and no page can change
that. By default pages of the same host (whatever its port) may connect; who sends no ``Origin`` is
no browser and may, too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import urlsplit

__all__ = ["ANY_ORIGIN", "Refusal", "response_headers", "refusal"]

ANY_ORIGIN = "*"

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION = "13"

Headers = List[Tuple[str, str]]


class Refusal(NamedTuple):
    """The answer to a request that can't be upgraded: HTTP status, a text for people, headers."""

    status: str
    text: str
    headers: Headers = []


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
    host = environ.get("HTTP_HOST", "")
    if not host or "," in host:
        return Refusal("400 Bad Request", "a websocket needs one Host")
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION", "").strip() != _VERSION:
        return Refusal("426 Upgrade Required", "websocket version 13 only",
                       [("Sec-WebSocket-Version", _VERSION), ("Upgrade", "websocket")])
    if len(_key(environ)) != 16:
        return Refusal("400 Bad Request", "Sec-WebSocket-Key is not 16 bytes in base64")
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and not _is_allowed(origin, host, origins):
        return Refusal("403 Forbidden", "pages of this origin may not connect")
    return None


def response_headers(environ: Dict[str, str]) -> Headers:
    """The headers of the 101 response to a request that is not refused."""
    key = environ["HTTP_SEC_WEBSOCKET_KEY"].strip()
    accept = base64.b64encode(hashlib.sha1((key + _GUID).encode("ascii")).digest())
    headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"),
               ("Sec-WebSocket-Accept", accept.decode("ascii"))]
    offered = environ.get("HTTP_SEC_WEBSOCKET_PROTOCOL", "").split(",")[0].strip()
    if offered:
        # None is needed, but a browser that offered some insists on one of them.
        headers.append(("Sec-WebSocket-Protocol", offered))
    return headers


def _tokens(environ: Dict[str, str], name: str) -> List[str]:
    return [token.strip() for token in environ.get(name, "").lower().split(",")]


def _key(environ: Dict[str, str]) -> bytes:
    try:
        return base64.b64decode(environ.get("HTTP_SEC_WEBSOCKET_KEY", "").strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_allowed(origin: str, host: str, origins: Sequence[str]) -> bool:
    if ANY_ORIGIN in origins or origin.lower() in origins:
        return True
    try:
        page, ours = urlsplit(origin).hostname, urlsplit("//" + host).hostname
    except ValueError:
        return False
    return page is not None and page == ours
