"""A short text as a WSGI application's answer."""

from __future__ import annotations

from typing import Iterable, List, Tuple

__all__ = ["METHODS", "TEXT", "answer", "wrong_method"]

METHODS = ("GET", "HEAD")
TEXT = "text/plain; charset=utf-8"


def answer(environ, start_response, status: str, text: str,
           headers: Iterable[Tuple[str, str]] = (), content: str = TEXT) -> List[bytes]:
    """The whole answer, without a body to HEAD; ``content`` is its type."""
    body = text.encode("utf-8")
    start_response(status, [("Content-Type", content), ("Content-Length", str(len(body))),
                            *headers])
    return [body if environ["REQUEST_METHOD"] != "HEAD" else b""]


def wrong_method(environ, start_response, headers: Iterable[Tuple[str, str]] = ()) -> List[bytes]:
    """The answer to any method but ``METHODS``."""
    return answer(environ, start_response, "405 Method Not Allowed", "Only GET and HEAD.\n",
                  [("Allow", ", ".join(METHODS)), *headers])
