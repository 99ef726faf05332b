"""The HTTP server: limits for what pywsgi reads and waits for without end, and the upgrade.

Theory: one greenlet per connection. A request head or TLS handshake that takes too long is
answered with 408 or cut, what ``head`` says of a head is its answer, and who takes nothing of a
response is cut. A websocket is refused before the upgrade, in plain HTTP with a clear text, and
after it belongs to ``Clients.serve`` until it ends.
"""

from __future__ import annotations

import errno
import io
import logging
import re
import ssl
from typing import Dict, Optional, Sequence, Tuple

import gevent.socket
from gevent.pywsgi import WSGIServer
from geventwebsocket.handler import WebSocketHandler
from geventwebsocket.websocket import Stream

from . import handshake
from .clients import Clients, Protocol
from .handshake import Refusal
from .head import BadHead, Head
from .websocket import WebSocket

__all__ = ["Server"]

log = logging.getLogger(__name__)

_RETRY_AFTER = "10"             # s; what a refused client is asked to wait
_WHOLE_URL = re.compile(r"https?://([^/?#]+)(?=/)", re.IGNORECASE)


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

    ``protocols`` are the websocket protocols by path, ``origins`` the other hosts whose pages may
    connect.
    """

    def __init__(self, listener, site, protocols: Dict[str, Protocol], clients: Clients,
                 context: Optional[ssl.SSLContext] = None, origins: Sequence[str] = ()):
        tls = {"ssl_context": context} if context else {}
        cooperative = gevent.socket.socket(listener.family, listener.type, listener.proto,
                                           fileno=listener.detach())
        super().__init__(cooperative, site, handler_class=_Handler, log=_Log(logging.DEBUG),
                         error_log=_Log(logging.INFO), **tls)
        self.protocols = protocols
        self.clients = clients
        self.origins = origins

    @property
    def request_time(self) -> float:
        return self.clients.limits.request_time

    def renew(self, context: ssl.SSLContext) -> None:
        """New handshakes use ``context``; connections that are there go on as they are."""
        self.wrap_socket = context.wrap_socket

    def do_handle(self, client_socket, address):
        """Serve a new connection in a greenlet of its own, or turn it away."""
        if self.clients.is_crowded():
            if not self.ssl_enabled:
                client_socket._sock.send(_CROWDED)      # takes it at once or not at all
            client_socket.close()
            return
        self.clients.connections += 1
        super().do_handle(client_socket, address)

    def handle(self, sock, address):
        try:
            super().handle(sock, address)
        finally:
            if not self.ssl_enabled:
                self.clients.connections -= 1

    def wrap_socket_and_handle(self, client_socket, address):
        """As ``handle``, behind a TLS handshake."""
        try:
            self._handle_tls(client_socket, address)
        finally:
            self.clients.connections -= 1

    def _handle_tls(self, client_socket, address) -> None:
        """The handshake has a deadline, and one log line for whoever fails it."""
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
        result = self._handle_in_time()
        if not isinstance(result, tuple):
            return result
        # pywsgi would wait for ever until this is taken, and raise if the client has gone.
        self.status, response = result
        self.code = int(self.status)
        try:
            self._sendall(response)
        except OSError:
            pass
        self.log_request()
        return None

    def _handle_in_time(self):
        self._deadline = _TooSlow.start_new(self.server.request_time)
        try:
            return super().handle_one_request()
        except _TooSlow as late:
            if late is not self._deadline:
                raise
            return _answer("408 Request Timeout", "no request in time")
        except BadHead as bad:
            return self._handle_client_error(bad)
        finally:
            self._deadline.close()

    def read_requestline(self):
        file, self.rfile = self.rfile, Head(self.rfile, self.server.clients.limits.max_request_head)
        try:
            return super().read_requestline()
        finally:
            self._head, self.rfile = self.rfile, file

    def read_request(self, raw_requestline):
        file, self.rfile = self.rfile, self._head
        try:
            return super().read_request(raw_requestline)
        finally:
            self.rfile = file

    def _handle_client_error(self, ex):
        if isinstance(ex, OSError):
            return None                 # the client has gone
        # pywsgi prints a traceback for what it doesn't know, and answers all with 400.
        log.info("%s: bad request: %s", self._address, ascii(str(ex) or type(ex).__name__))
        if isinstance(ex, BadHead):
            return _answer(ex.status, str(ex))
        return _answer("400 Bad Request", "not a valid HTTP request")

    def _sendall(self, data):
        # Of a response; a websocket's output doesn't come this way.
        seconds = self.server.clients.limits.write_time
        try:
            with _TooSlow(seconds):
                super()._sendall(data)
        except _TooSlow:
            log.info("%s: took nothing of a response for %g s, cut", self._address, seconds)
            raise ConnectionResetError(errno.ECONNRESET, "too slow") from None

    def get_environ(self):
        self._deadline.close()          # the head is in
        # A target may be a whole URL; its host counts then (RFC 9112, section 3.2.2).
        url = _WHOLE_URL.match(self.path)
        if url:
            self.path = self.path[url.end():]
        environ = super().get_environ()
        if url:
            environ["HTTP_HOST"] = url.group(1)
        return environ

    def log_request(self):
        if self.status:                 # there was an answer, or a part of one
            self.server.clients.answers[str(abs(self.code))] += 1
        self.server.log.write(self.format_request())

    def upgrade_websocket(self):
        """Upgrade, refuse with a response, or leave the request to the site."""
        if not handshake.is_asked(self.environ):
            return None
        protocol = self.server.protocols.get(self.environ["PATH_INFO"])
        if protocol is None:
            return None
        refusal = self._wrong() or self._full()
        if refusal is not None:
            log.info("%s: websocket refused: %s", self._address, refusal.text)
            body = (refusal.text + "\n").encode("utf-8")
            self.close_connection = True
            self.start_response(refusal.status, [
                ("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close"),
                ("Content-Length", str(len(body)))] + refusal.headers)
            return [body]
        self._accept(protocol)
        return None

    def _wrong(self) -> Optional[Refusal]:
        refusal = handshake.refusal(self.environ, self.server.origins)
        if refusal is not None:
            reason = "origin" if refusal.status.startswith("403") else "handshake"
            self.server.clients.refused[reason] += 1
        return refusal

    def _full(self) -> Optional[Refusal]:
        reason = self.server.clients.refusal(self._address)
        if reason is None:
            return None
        return Refusal("503 Service Unavailable", reason, [("Retry-After", _RETRY_AFTER)])

    def _accept(self, protocol: Protocol) -> None:
        limits = self.server.clients.limits
        self._protocol = protocol
        self.websocket = WebSocket(self.environ, Stream(self), self,
                                   limits.max_message_size, limits.max_fragments)
        self.environ["wsgi.websocket"] = self.websocket
        self.start_response("101 Switching Protocols", handshake.response_headers(self.environ))

    def run_websocket(self):
        self._forget_request()
        try:
            self.server.clients.serve(self._protocol, self.websocket, self._address)
        finally:
            self.environ["wsgi.websocket"] = None
            self.websocket = None

    def _forget_request(self) -> None:
        # A websocket lives long: what was read of its request need not.
        self.rfile = self.wsgi_input.rfile = io.BytesIO()
        self.headers = self.response_headers = self._head = None
        self.environ.clear()

    @property
    def _address(self) -> str:
        return self.client_address[0] if self.client_address else "local"


def _answer(status: str, text: str) -> Tuple[str, bytes]:
    """A whole response, after which pywsgi ends the connection."""
    body = text + "\n"
    return status[:3], ("HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: text/plain\r\n"
                        "Content-Length: %d\r\n\r\n%s" % (status, len(body), body)).encode("ascii")


_CROWDED = _answer("503 Service Unavailable", "too many connections")[1]
