"""Serving the metrics: a WSGI application that knows ``/metrics`` and nothing else."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

from .answer import METHODS, Environ, StartResponse, answer, wrong_method
from .metrics import CONTENT_TYPE, metrics_text

__all__ = ["Exposition"]

_PATH = "/metrics"


class Exposition:
    """``report()`` gives the daemon's report, new for each request."""

    def __init__(self, report: Callable[[], Dict[str, Any]]):
        self._report = report

    def __call__(self, environ: Environ, start_response: StartResponse) -> List[bytes]:
        if environ["REQUEST_METHOD"] not in METHODS:
            return wrong_method(environ, start_response)
        if environ["PATH_INFO"] != _PATH:
            return answer(environ, start_response, "404 Not Found", "Only %s.\n" % _PATH)
        return answer(environ, start_response, "200 OK", metrics_text(self._report()),
                      [("Cache-Control", "no-store")], CONTENT_TYPE)
