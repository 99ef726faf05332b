"""The HTTP server: deadlines for what pywsgi waits for without end, and the upgrade.

Theory: one greenlet per connection. A request head or TLS handshake that takes too long is
answered with 408 or cut. A websocket is refused before the upgrade, in plain HTTP with a clear
text, and after it belongs to ``Clients.serve`` until it ends.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import ssl
from typing import Dict, List, Optional, Tuple

import gevent.socket
from gevent.pywsgi import WSGIServer
from geventwebsocket.handler import WebSocketHandler
from geventwebsocket.websocket import Stream

from .clients import Clients, Protocol
from .websocket import WebSocket

__all__ = ["Server"]

log = logging.getLogger(__name__)

_RETRY_AFTER = "10"             # s; what a refused client is asked to wait

Refusal = Tuple[str, str, List[Tuple[str, str]]]


class _TooSlow(gevent.Timeout):
    pass


class _Log:
    """What pywsgi writes to: one line each, into the logging."""

    def __init__(self, level: int):
        self._level = level

    def write(self, text: str) -> None:
        log.log(self._level, "%s", text.rstrip())


class Server(WSGIServer):
    """Serves one listening standard socket, which it takes over.

    ``protocols`` are the websocket protocols by path.
    """

    def __init__(self, listener, site, protocols: Dict[str, Protocol], clients: Clients,
                 context: Optional[ssl.SSLContext] = None):
        tls = {"ssl_context": context} if context else {}
        cooperative = gevent.socket.socket(listener.family, listener.type, listener.proto,
                                           fileno=listener.detach())
        super().__init__(cooperative, site, handler_class=_Handler, log=_Log(logging.DEBUG),
                         error_log=_Log(logging.INFO), **tls)
        self.protocols = protocols
        self.clients = clients

    @property
    def request_time(self) -> float:
        return self.clients.limits.request_time

    def wrap_socket_and_handle(self, client_socket, address):
        """The TLS handshake, with a deadline and one log line for whoever fails it."""
        try:
            with _TooSlow(self.request_time):
                wrapped = self.wrap_socket(client_socket, **self.ssl_args)
        except _TooSlow:
            log.info("%s: no TLS handshake in %g s, cut", address[0], self.request_time)
        except OSError as error:
            log.info("%s: no TLS: %s", address[0], error)
        else:
            try:
                self.handle(wrapped, address)
            finally:
                wrapped.close()
            return
        client_socket.close()


class _Handler(WebSocketHandler):

    def handle_one_request(self):
        self._deadline = _TooSlow.start_new(self.server.request_time)
        try:
            return super().handle_one_request()
        except _TooSlow as late:
            if late is not self._deadline:
                raise
            return ("408", b"HTTP/1.1 408 Request Timeout\r\n"
                           b"Connection: close\r\nContent-Length: 0\r\n\r\n")
        finally:
            self._deadline.close()

    def get_environ(self):
        self._deadline.close()          # the head is in
        return super().get_environ()

    def log_request(self):
        self.server.log.write(self.format_request())

    def upgrade_websocket(self):
        """Upgrade, refuse with a response, or leave the request to the site."""
        if self.environ.get("HTTP_UPGRADE", "").lower() != "websocket":
            return None
        protocol = self.server.protocols.get(self.environ["PATH_INFO"])
        if protocol is None:
            return None
        refusal = self._refusal()
        if refusal is not None:
            status, text, headers = refusal
            log.info("%s: websocket refused: %s", self._address, text)
            body = (text + "\n").encode("utf-8")
            self.close_connection = True
            self.start_response(status, [("Content-Type", "text/plain; charset=utf-8"),
                                         ("Content-Length", str(len(body)))] + headers)
            return [body]
        self._accept(protocol)
        return None

    def _refusal(self) -> Optional[Refusal]:
        """RFC 6455 4.2.1 and 4.2.2, then our own limits."""
        environ = self.environ
        if environ["REQUEST_METHOD"] != "GET":
            return "405 Method Not Allowed", "a websocket starts with GET", [("Allow", "GET")]
        if self.request_version != "HTTP/1.1":
            return "400 Bad Request", "a websocket needs HTTP/1.1", []
        options = environ.get("HTTP_CONNECTION", "").lower().split(",")
        if "upgrade" not in [option.strip() for option in options]:
            return "400 Bad Request", "no Connection: Upgrade", []
        if not environ.get("HTTP_HOST"):
            return "400 Bad Request", "no Host", []
        if environ.get("HTTP_SEC_WEBSOCKET_VERSION", "").strip() != "13":
            return ("426 Upgrade Required", "websocket version 13 only",
                    [("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket")])
        try:
            key = base64.b64decode(environ.get("HTTP_SEC_WEBSOCKET_KEY", ""), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 16:
            return "400 Bad Request", "Sec-WebSocket-Key is not 16 bytes in base64", []
        full = self.server.clients.refusal(self._address)
        if full:
            return "503 Service Unavailable", full, [("Retry-After", _RETRY_AFTER)]
        return None

    def _accept(self, protocol: Protocol) -> None:
        limits = self.server.clients.limits
        self._protocol = protocol
        self.websocket = WebSocket(self.environ, Stream(self), self,
                                   limits.max_message_size, limits.max_fragments)
        self.environ["wsgi.websocket"] = self.websocket
        key = self.environ["HTTP_SEC_WEBSOCKET_KEY"].strip()
        digest = hashlib.sha1((key + self.GUID).encode("latin-1")).digest()
        headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"),
                   ("Sec-WebSocket-Accept", base64.b64encode(digest).decode("ascii"))]
        offered = self.environ.get("HTTP_SEC_WEBSOCKET_PROTOCOL", "").split(",")[0].strip()
        if offered:
            # None is needed, but a browser that offered some insists on one of them.
            headers.append(("Sec-WebSocket-Protocol", offered))
        self.start_response("101 Switching Protocols", headers)

    def run_websocket(self):
        try:
            self.server.clients.serve(self._protocol, self.websocket, self._address)
        finally:
            self.environ["wsgi.websocket"] = None
            self.websocket = None

    @property
    def _address(self) -> str:
        return self.client_address[0] if self.client_address else "local"
