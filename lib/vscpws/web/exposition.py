"""Serving the metrics: a WSGI application that knows ``/metrics`` and nothing else."""

from __future__ import annotations

from typing import Callable, Dict

from .metrics import CONTENT_TYPE, metrics_text

__all__ = ["Exposition"]

_PATH = "/metrics"
_METHODS = ("GET", "HEAD")


class Exposition:
    """``report()`` gives the daemon's report, new for each request."""

    def __init__(self, report: Callable[[], Dict]):
        self._report = report

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] not in _METHODS:
            return _answer(environ, start_response, "405 Method Not Allowed",
                           "Only GET and HEAD.\n", ("Allow", ", ".join(_METHODS)))
        if environ["PATH_INFO"] != _PATH:
            return _answer(environ, start_response, "404 Not Found", "Only %s.\n" % _PATH)
        return _answer(environ, start_response, "200 OK", metrics_text(self._report()),
                       ("Cache-Control", "no-store"))


def _answer(environ, start_response, status: str, text: str, *headers):
    body = text.encode("utf-8")
    start_response(status, [("Content-Type", CONTENT_TYPE if status.startswith("200")
                             else "text/plain; charset=utf-8"),
                            ("Content-Length", str(len(body))), *headers])
    return [body if environ["REQUEST_METHOD"] != "HEAD" else b""]
