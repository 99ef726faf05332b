"""Plain HTTP: the health report and the static files; a WSGI application.

Below ``/vscp/`` are the modules that any page can import, and the catalog that they read; all else
is ``web-root``, or the page that comes with the program.
"""

from __future__ import annotations

import json
import logging
import os
from typing import Any, Callable, Dict, Iterable, Iterator, List, Tuple
from urllib.parse import quote

from ..loop.aside import read_aside
from ..reading.catalog import FOLDER as CATALOG
from ..settings import Settings
from .answer import METHODS, TEXT, Environ, Headers, StartResponse, answer, wrong_method
from .download import download
from .folder import Folder, IsFolder, NotServed

__all__ = ["LIBRARY", "PAGE", "STRICT", "Site"]

log = logging.getLogger(__name__)

#: The page that is served where ``web-root`` is not set.
PAGE = os.path.join(os.path.dirname(__file__), "page")

#: The modules for pages, ``vscp.js`` and ``elements.js``.
LIBRARY = os.path.join(os.path.dirname(__file__), "vscp")

#: The content policy of all that is our own.
# 'self' is the websocket of the same host and port, too (CSP level 3). The one script that stands
# in a page has its hash here.
STRICT = ("default-src 'self'; "
          "script-src 'self' 'sha256-sZfF1g8NhqrR7lY3PQzlv7B808J5n6JNYa2q3omJ7As='; "
          "object-src 'none'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'")

_LIBRARY_PATH = "/vscp"
_RETRY_AFTER = "10"             # s; what is asked for while the machine has no room for it


class Site:
    """``/healthz``, the files below ``web_root`` and the library (none where it is empty).

    ``health()`` gives the report as a JSON-able dict; its ``status`` is ``ok`` or not.
    ``content_policy`` is that of ``web_root``, unless it is ``PAGE``; it may be set anew.
    """

    def __init__(self, web_root: str, websocket_paths: Iterable[str],
                 health: Callable[[], Dict[str, Any]],
                 content_policy: str = Settings.content_policy):
        self.content_policy = content_policy
        self._health = health
        self._websocket_paths = frozenset(websocket_paths)
        self._is_ours = web_root == PAGE
        # What is installed may be made of links to where it is kept.
        self._library = [Folder(folder, follow=True) for folder in (LIBRARY, str(CATALOG))]
        self._root = Folder(web_root, follow=self._is_ours) if web_root else None

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in METHODS:
            return wrong_method(environ, start_response, _security(STRICT))
        path = environ["PATH_INFO"]
        if path == "/healthz":
            return self._answer_health(environ, start_response)
        if path in self._websocket_paths:
            return _answer(environ, start_response, "426 Upgrade Required",
                           "A VSCP websocket: connect with a websocket client.\n",
                           [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")])
        return self._file(environ, start_response, path)

    def _answer_health(self, environ: Environ, start_response: StartResponse) -> List[bytes]:
        report = self._health()
        status = "200 OK" if report["status"] == "ok" else "503 Service Unavailable"
        return _answer(environ, start_response, status, json.dumps(report) + "\n",
                       [("Cache-Control", "no-store")], "application/json")

    def _file(self, environ: Environ, start_response: StartResponse, path: str
              ) -> Iterable[bytes]:
        """The file from the first folder that has one, or why there is none."""
        reason = NotServed("404 Not Found", "Not found.")
        for folder, below in self._places(path):
            try:
                file = read_aside(folder.open, below)
            except IsFolder:
                return _redirection(environ, start_response, path)
            except NotServed as error:
                reason = error
            else:
                return download(environ, start_response, file, _security(self._policy(folder)))
        if reason.fault:
            log.warning("%s can't be served: %s", ascii(path)[:200], reason.fault)
        headers = [("Retry-After", _RETRY_AFTER)] if reason.status.startswith("503") else []
        return _answer(environ, start_response, reason.status, "%s\n" % reason, headers)

    def _places(self, path: str) -> Iterator[Tuple[Folder, str]]:
        """The folders to look in, each with the path in it."""
        if self._root is None:
            return
        if path.startswith(_LIBRARY_PATH + "/"):
            for folder in self._library:
                yield folder, path[len(_LIBRARY_PATH):]
        yield self._root, path

    def _policy(self, folder: Folder) -> str:
        return self.content_policy if folder is self._root and not self._is_ours else STRICT


def _redirection(environ: Environ, start_response: StartResponse, path: str) -> List[bytes]:
    """To the folder with the slash at its end, or the links on its page would begin beside it.

    By its own name alone, which holds behind a proxy that serves us below a path, too.
    """
    place = quote(path.rpartition("/")[2].encode("latin-1")) + "/"
    if environ.get("QUERY_STRING"):
        place += "?" + environ["QUERY_STRING"]
    return _answer(environ, start_response, "302 Found", "A folder.\n", [("Location", place)])


def _security(policy: str) -> Headers:
    headers = [("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer")]
    return headers + [("Content-Security-Policy", policy)] if policy else headers


def _answer(environ: Environ, start_response: StartResponse, status: str, text: str,
            headers: Iterable[Tuple[str, str]] = (), content: str = TEXT) -> List[bytes]:
    return answer(environ, start_response, status, text, [*_security(STRICT), *headers], content)
