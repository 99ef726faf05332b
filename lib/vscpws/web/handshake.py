"""The websocket handshake, RFC 6455 sections 4.2.1 and 4.2.2: a request in, a verdict out.

Cross-site requests: a browser says in ``Origin`` which page it works for, and no page can change
that. By default pages of the same host (whatever its port) may connect; who sends no ``Origin`` is
no browser and may, too. Pages from files have no host, and some libraries for small boards send
such an origin with no page at all: they may if what names them is listed.
"""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..codec.wshandshake import VERSION, accept_of, is_key

__all__ = ["ANY_ORIGIN", "Refusal", "is_asked", "refusal", "response_headers",
           "tokens"]

ANY_ORIGIN = "*"

_HOST = r"(\[[^\s/?#@,\[\]]+\]|[^\s/?#@,\[\]:]+)(?::[0-9]{1,5})?"
_HOST_HEADER = re.compile(_HOST)
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://" + _HOST)
_OPAQUE = "null"                # the origin of pages from files, and of sandboxed ones (RFC 6454)
_FILE = "file://"               # that of pages from files in older browsers, and of libraries
_HOSTLESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:/*)?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Headers = List[Tuple[str, str]]


class Refusal(NamedTuple):
    """The answer to a request that can't be upgraded: HTTP status, a text for people, headers."""

    status: str
    text: str
    headers: Headers = []


def is_asked(environ: Dict[str, str]) -> bool:
    """Whether a WSGI request wants to become a websocket."""
    return "websocket" in tokens(environ.get("HTTP_UPGRADE", ""))


def refusal(environ: Dict[str, str], origins: Sequence[str]) -> Optional[Refusal]:
    """Why a WSGI request for a websocket can't be one; None if it can.

    ``origins`` are those allowed besides the same host's, ``*`` is any of them.
    """
    if environ["REQUEST_METHOD"] != "GET":
        return Refusal("405 Method Not Allowed", "a websocket starts with GET", [("Allow", "GET")])
    if environ["SERVER_PROTOCOL"] != "HTTP/1.1":
        return Refusal("400 Bad Request", "a websocket needs HTTP/1.1")
    if "upgrade" not in tokens(environ.get("HTTP_CONNECTION", "")):
        return Refusal("400 Bad Request", "no Connection: Upgrade")
    host = _HOST_HEADER.fullmatch(environ.get("HTTP_HOST", ""))
    if not host:
        return Refusal("400 Bad Request", "a websocket needs a Host")
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION", "").strip() != VERSION:
        return Refusal("426 Upgrade Required", "websocket version 13 only",
                       [("Sec-WebSocket-Version", VERSION), ("Upgrade", "websocket")])
    if not is_key(environ.get("HTTP_SEC_WEBSOCKET_KEY", "").strip()):
        return Refusal("400 Bad Request", "Sec-WebSocket-Key is not 16 bytes in base64")
    if not all(_NAME.fullmatch(name) for name in _offered(environ)):
        return Refusal("400 Bad Request", "Sec-WebSocket-Protocol is not a list of names")
    return _refusal_of_page(environ.get("HTTP_ORIGIN"), host.group(1), origins)


def response_headers(environ: Dict[str, str]) -> Headers:
    """The headers of the 101 response to a request that is not refused."""
    accept = accept_of(environ["HTTP_SEC_WEBSOCKET_KEY"].strip())
    headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"),
               ("Sec-WebSocket-Accept", accept)]
    offered = _offered(environ)
    if offered:
        # None is needed, but a browser that offered some insists on one of them.
        headers.append(("Sec-WebSocket-Protocol", offered[0]))
    return headers


def tokens(value: str) -> List[str]:
    """The words of a header that is a list of them, in lower case (RFC 9110, section 5.6.1)."""
    return [word for word in (part.strip(" \t") for part in value.lower().split(",")) if word]


def _offered(environ: Dict[str, str]) -> List[str]:
    """The subprotocols that the client offers, as it wrote them."""
    names = environ.get("HTTP_SEC_WEBSOCKET_PROTOCOL", "").split(",")
    return [name.strip() for name in names if name.strip()]


def _refusal_of_page(origin: Optional[str], host: str, origins: Sequence[str]) -> Optional[Refusal]:
    if origin is None or ANY_ORIGIN in origins:
        return None
    listed = _listed_as(origin)
    if listed is None:
        return Refusal("403 Forbidden", "pages of no valid origin may not connect")
    page = _ORIGIN.fullmatch(origin)
    if listed in origins or listed != _FILE and page and page.group(1).lower() == host.lower():
        return None
    return Refusal("403 Forbidden", "pages of %s may not connect unless origins lists %s" % (
        ascii(origin[:100])[1:-1] or "an empty origin", ascii(listed[:100])[1:-1]))


def _listed_as(origin: str) -> Optional[str]:
    """What names an origin in the option ``origins``; None where nothing does."""
    origin = origin.lower()
    if origin.startswith("file:"):
        return _FILE
    if origin == _OPAQUE or _HOSTLESS.fullmatch(origin):
        return _OPAQUE
    return origin if _ORIGIN.fullmatch(origin) else None
