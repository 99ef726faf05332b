"""A short text as an answer: a WSGI application's, or a whole response."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Tuple

__all__ = ["Application", "Environ", "Headers", "METHODS", "StartResponse", "TEXT", "answer",
           "whole_answer", "wrong_method"]

# Those of WSGI (PEP 3333).
Environ = Dict[str, Any]
Headers = List[Tuple[str, str]]
StartResponse = Callable[[str, Headers], Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

METHODS = ("GET", "HEAD")
TEXT = "text/plain; charset=utf-8"


def answer(environ: Environ, start_response: StartResponse, status: str, text: str,
           headers: Iterable[Tuple[str, str]] = (), content: str = TEXT) -> List[bytes]:
    """The whole answer, without a body to HEAD; ``content`` is its type."""
    body = text.encode("utf-8")
    start_response(status, [("Content-Type", content), ("Content-Length", str(len(body))),
                            *headers])
    return [body if environ["REQUEST_METHOD"] != "HEAD" else b""]


def wrong_method(environ: Environ, start_response: StartResponse,
                 headers: Iterable[Tuple[str, str]] = ()) -> List[bytes]:
    """The answer to any method but ``METHODS``."""
    return answer(environ, start_response, "405 Method Not Allowed", "Only GET and HEAD.\n",
                  [("Allow", ", ".join(METHODS)), *headers])


def whole_answer(status: str, text: str, headers: Iterable[Tuple[str, str]] = ()) -> bytes:
    """All bytes of a response, after which the connection ends; everything in ASCII."""
    body = text + "\n"
    lines = ["HTTP/1.1 %s" % status, "Connection: close", "Content-Type: text/plain",
             "Content-Length: %d" % len(body), *("%s: %s" % header for header in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("ascii")
