"""Plain HTTP: the health report and the static files; a WSGI application.

Below ``/vscp/`` are the modules that any page can import, and the catalog that they read; all else
is ``web-root``, or the page that comes with the program.
"""

from __future__ import annotations

import json
import os
from typing import Callable, Dict

from whitenoise import WhiteNoise

from ..reading.catalog import FOLDER as CATALOG
from .answer import METHODS, TEXT, answer, wrong_method

__all__ = ["LIBRARY", "PAGE", "Site"]

#: The page that is served where ``web-root`` is not set.
PAGE = os.path.join(os.path.dirname(__file__), "page")

#: The modules for pages, ``vscp.js`` and ``elements.js``.
LIBRARY = os.path.join(os.path.dirname(__file__), "vscp")

_SECURITY = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    # 'self' is the websocket of the same host and port, too (CSP level 3).
    ("Content-Security-Policy", "default-src 'self'; object-src 'none'; frame-ancestors 'self'; "
                                "base-uri 'none'; form-action 'none'"),
]


class Site:
    """``/healthz``, the files below ``web_root`` and the library (none where it is empty).

    ``health()`` gives the report as a JSON-able dict; its ``status`` is ``ok`` or not.
    """

    def __init__(self, web_root: str, websocket_paths, health: Callable[[], Dict]):
        self._health = health
        self._websocket_paths = frozenset(websocket_paths)
        self._files = self._not_found
        if web_root:
            # Reads the tree once; only what it found then is served, so no path leads out of it.
            self._files = WhiteNoise(self._not_found, root=web_root, index_file=True, max_age=0,
                                     add_headers_function=_add_security)
            self._files.add_files(LIBRARY, prefix="vscp/")
            self._files.add_files(str(CATALOG), prefix="vscp/")

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] not in METHODS:
            return wrong_method(environ, start_response, _SECURITY)
        path = environ["PATH_INFO"]
        if path == "/healthz":
            return self._report(environ, start_response)
        if path in self._websocket_paths:
            return _answer(environ, start_response, "426 Upgrade Required",
                           "A VSCP websocket: connect with a websocket client.\n",
                           [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")])
        return self._files(environ, start_response)

    def _report(self, environ, start_response):
        report = self._health()
        status = "200 OK" if report["status"] == "ok" else "503 Service Unavailable"
        return _answer(environ, start_response, status, json.dumps(report) + "\n",
                       [("Cache-Control", "no-store")], "application/json")

    @staticmethod
    def _not_found(environ, start_response):
        return _answer(environ, start_response, "404 Not Found", "Not found.\n")


def _add_security(headers, path, url) -> None:
    for name, value in _SECURITY:
        headers[name] = value


def _answer(environ, start_response, status: str, text: str, headers=(), content=TEXT):
    return answer(environ, start_response, status, text, [*_SECURITY, *headers], content)
