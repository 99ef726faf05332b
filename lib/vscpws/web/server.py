"""The HTTP server: limits for what pywsgi reads and waits for without end, and the upgrade.

Theory: one greenlet per connection, which has a slot from its first moment to its last. A request
head or TLS handshake that takes too long is answered with 408 or cut, what ``head`` says of a head
is its answer, and who takes nothing of a response is cut. For each step of a handshake, request and
piece of a response it waits for its turn, for none of them need make it wait. A websocket is
refused before the upgrade, in plain HTTP with a clear text, and after it belongs to
``Clients.serve`` until it ends.
"""

from __future__ import annotations

import errno
import io
import logging
import re
import socket
import ssl
from typing import Dict, Optional, Sequence

import gevent.socket
from gevent.pywsgi import WSGIServer
from geventwebsocket.handler import WebSocketHandler
from geventwebsocket.websocket import Stream

from ..loop.aside import read_aside
from ..loop.door import Door
from ..loop.turns import take_turn
from . import descriptors, handshake
from .answer import whole_answer
from .clients import Clients, Protocol
from .handshake import Refusal
from .head import BadHead, Head
from .redirect import is_plain_http, redirection
from .slots import BUSY, IDLE, Guest
from .websocket import WebSocket

__all__ = ["Server"]

log = logging.getLogger(__name__)

_RETRY_AFTER = "10"             # s; what a refused client is asked to wait
_PIECE = 65536                  # bytes of a response in one turn
_WHOLE_URL = re.compile(r"https?://([^/?#]+)(?=/)", re.IGNORECASE)


class _TooSlow(gevent.Timeout):
    pass


class _Log:
    """What pywsgi writes to: one line each, into the logging."""

    def __init__(self, level: int):
        self._level = level

    def write(self, text: str) -> None:
        log.log(self._level, "%s", text.rstrip())


class Server(Door, WSGIServer):
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
        raw = client_socket._sock
        guest = self._take_in(raw, address)
        if guest is None:
            if not self.ssl_enabled:
                try:
                    raw.send(_CROWDED)      # takes it at once or not at all
                except OSError:
                    pass
            client_socket.close()
            return
        if raw.family != socket.AF_UNIX:
            # A response's body would wait for the acknowledgement of its head.
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().do_handle(client_socket, address, guest)

    def _take_in(self, raw, address) -> Optional[Guest]:
        slots = self.clients.slots
        if descriptors.is_scarce(raw.fileno()) and not slots.make_room():
            slots.turn_away("descriptors", _shown(address))
            return None

        def cut(reason: str) -> None:
            log.debug("%s: cut: %s", _shown(address), reason)
            _shut(raw)
        return slots.enter(_shown(address), cut)

    def do_close(self, client_socket, address, guest):
        self.clients.slots.leave(guest)
        super().do_close(client_socket, address)

    def make_room(self) -> None:
        self.clients.slots.make_room()

    def handle(self, sock, address, guest):
        handler = self.handler_class(sock, address, self)
        handler.guest = guest
        handler.handle()

    def wrap_socket_and_handle(self, client_socket, address, guest):
        """As ``handle``, behind a TLS handshake with a deadline, and one log line for whoever fails
        it. Who comes with plain HTTP is told where to go."""
        host = {"host": guest.host}
        wrapped = None
        try:
            with _TooSlow(self.request_time):
                if is_plain_http(client_socket.recv(1, socket.MSG_PEEK)):
                    self.give_turn(guest)
                    log.info("%s: no TLS: plain HTTP, sent to https", address[0], extra=host)
                    self._redirect(client_socket)
                else:
                    wrapped = self._wrapped(client_socket, guest)
        except _TooSlow:
            log.info("%s: no TLS handshake in %g s, cut", address[0], self.request_time, extra=host)
        except OSError as error:
            log.info("%s: no TLS: %s", address[0], error, extra=host)
        if wrapped is None:
            client_socket.close()
            return
        try:
            self.handle(wrapped, address, guest)
        finally:
            wrapped.close()

    def _redirect(self, client_socket) -> None:
        with client_socket.makefile("rb") as file:
            client_socket.sendall(redirection(file, self.clients.limits.max_request_head))

    def _wrapped(self, client_socket, guest):
        """The socket after its TLS handshake, each step of which is work for one turn."""
        self.give_turn(guest)
        wrapped = self.wrap_socket(client_socket, do_handshake_on_connect=False, **self.ssl_args)
        wrapped.settimeout(0.0)
        while True:
            try:
                wrapped.do_handshake()
                break
            except ssl.SSLWantReadError:
                gevent.socket.wait_read(wrapped.fileno())
            except ssl.SSLWantWriteError:
                gevent.socket.wait_write(wrapped.fileno())
            self.give_turn(guest)
        wrapped.settimeout(None)
        return wrapped

    def give_turn(self, guest) -> None:
        """The next turn of one that has said something: while it waits for us, it isn't idle."""
        self.clients.slots.move(guest, BUSY)
        take_turn()
        self.clients.slots.move(guest, IDLE)


class _Handler(WebSocketHandler):

    guest: Guest                # the connection's slot

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
        self.server.clients.slots.move(self.guest, IDLE)
        self._deadline = _TooSlow.start_new(self.server.request_time)
        try:
            return super().handle_one_request()
        except _TooSlow as late:
            if late is not self._deadline:
                raise
            return "408", whole_answer("408 Request Timeout", "no request in time")
        except BadHead as bad:
            return self._handle_client_error(bad)
        finally:
            self._deadline.close()

    def read_requestline(self):
        file, self.rfile = self.rfile, Head(self.rfile, self.server.clients.limits.max_request_head)
        try:
            line = super().read_requestline()
        finally:
            self._head, self.rfile = self.rfile, file
        if line:
            self.server.give_turn(self.guest)   # for the whole request, whose first line is here
        return line

    def read_request(self, raw_requestline):
        file, self.rfile = self.rfile, self._head
        try:
            super().read_request(raw_requestline)
        finally:
            self.rfile = file
        # pywsgi knows the header with a single word only.
        options = handshake.tokens(",".join(self.headers.get_all("Connection", ())))
        self.close_connection = "close" in options or (
            self.request_version != "HTTP/1.1" and "keep-alive" not in options)
        return True

    def start_response(self, status, headers, exc_info=None):
        write = super().start_response(status, headers, exc_info)
        named = any(name.lower() == b"connection" for name, _ in self.response_headers)
        if self.close_connection and not named:
            self.response_headers.append((b"Connection", b"close"))
        return write

    def _handle_client_error(self, ex):
        if isinstance(ex, OSError):
            return None                 # the client has gone
        # pywsgi prints a traceback for what it doesn't know, and answers all with 400.
        log.info("%s: bad request: %s", self._address, ascii(str(ex) or type(ex).__name__),
                 extra={"host": self.guest.host})
        if isinstance(ex, BadHead):
            return ex.status[:3], whole_answer(ex.status, str(ex))
        return "400", whole_answer("400 Bad Request", "not a valid HTTP request")

    def process_result(self):
        if not isinstance(self.result, (list, tuple)):      # a file; a list is in memory
            self.result = _Aside(self.result)
        super().process_result()

    def _sendall(self, data):
        # Of a response; a websocket's output doesn't come this way.
        seconds = self.server.clients.limits.write_time
        try:
            for start in range(0, len(data), _PIECE):
                take_turn()
                with _TooSlow(seconds):
                    super()._sendall(memoryview(data)[start:start + _PIECE])
        except _TooSlow:
            log.info("%s: took nothing of a response for %g s, cut", self._address, seconds,
                     extra={"host": self.guest.host})
            raise ConnectionResetError(errno.ECONNRESET, "too slow") from None

    def get_environ(self):
        self._deadline.close()          # the head is in
        self.server.clients.slots.move(self.guest, BUSY)
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
        protocol = self.server.protocols.get(self.environ["PATH_INFO"])
        if protocol is None or not handshake.is_asked(self.environ):
            # The site may have to open a file.
            if descriptors.are_scarce(self.socket.fileno()):
                return self._refuse("request", _no_room("no descriptors left"))
            return None
        refusal = self._wrong() or self._full()
        if refusal is not None:
            return self._refuse("websocket", refusal)
        self._accept(protocol)
        return None

    def _wrong(self) -> Optional[Refusal]:
        refusal = handshake.refusal(self.environ, self.server.origins)
        if refusal is not None:
            reason = "origin" if refusal.status.startswith("403") else "handshake"
            self.server.clients.slots.refused[reason] += 1
        return refusal

    def _refuse(self, what: str, refusal: Refusal):
        log.info("%s: %s refused: %s", self._address, what, refusal.text,
                 extra={"host": self.guest.host})
        body = (refusal.text + "\n").encode("utf-8")
        self.close_connection = True
        self.start_response(refusal.status, [
            ("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close"),
            ("Content-Length", str(len(body)))] + refusal.headers)
        return [body]

    def _full(self) -> Optional[Refusal]:
        reason = self.server.clients.refusal(self.guest)
        if reason is None:
            return None
        return _no_room(reason)

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
            self.server.clients.serve(self._protocol, self.websocket, self._address, self.guest)
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
        return _shown(self.client_address)


def _no_room(reason: str) -> Refusal:
    return Refusal("503 Service Unavailable", reason, [("Retry-After", _RETRY_AFTER)])


class _Aside:
    """An iterable of bytes whose pieces are made in another thread, for a disk may be slow."""

    def __init__(self, result):
        self._pieces = iter(result)
        self.close = getattr(result, "close", lambda: None)

    def __iter__(self):
        return self

    def __next__(self):
        piece = read_aside(next, self._pieces, None)
        if piece is None:
            raise StopIteration
        return piece


def _shown(address) -> str:
    return address[0] if address else "local"


def _shut(raw) -> None:
    """End a connection; whoever reads from it sees its end."""
    try:
        raw.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass        # the client was faster


_CROWDED = whole_answer("503 Service Unavailable", "too many connections")
