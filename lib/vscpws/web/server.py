"""The HTTP server: who is let in, and the TLS handshake; then a connection is ``handler``'s matter.

Theory: a connection has a slot from its first moment to its last, and a greenlet of its own until
it ends or is made a websocket. A TLS handshake that takes too long is cut, and each of its steps
waits for its turn, for none of them need make it wait.
"""

from __future__ import annotations

import logging
import socket
import ssl
from typing import Any, Dict, Iterable, Optional, Sequence, Set

import gevent.socket
from gevent.pool import Group
from gevent.pywsgi import WSGIServer

from ..loop.deadline import Deadline
from ..loop.door import Door
from ..loop.turns import take_turn
from . import descriptors
from .answer import Application, whole_answer
from .clients import Clients
from .handler import Handler, TooSlow, shown
from .redirect import is_plain_http, redirection
from .slots import BUSY, IDLE, Guest
from .vscpprotocol import VscpProtocol

__all__ = ["Server"]

log = logging.getLogger(__name__)


class _Log:
    """What pywsgi writes to: one line each, into the logging."""

    def __init__(self, level: int):
        self._level = level

    def write(self, text: str) -> None:
        log.log(self._level, "%s", text.rstrip())

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        pass


class Server(Door, WSGIServer):
    """Serves one listening standard socket, which it takes over.

    ``protocols`` are the websocket protocols by path, ``origins`` the other hosts whose pages may
    connect.
    """

    def __init__(self, listener: socket.socket, site: Application,
                 protocols: Dict[str, VscpProtocol], clients: Clients,
                 context: Optional[ssl.SSLContext] = None, origins: Sequence[str] = ()) -> None:
        tls: Dict[str, Any] = {"ssl_context": context} if context else {}
        cooperative = gevent.socket.socket(listener.family, listener.type, listener.proto,
                                           fileno=listener.detach())
        super().__init__(cooperative, site, handler_class=Handler, log=_Log(logging.DEBUG),
                         error_log=_Log(logging.INFO), **tls)
        self._greenlets = Group()           # of connections that are no websockets,
        self._guests: Set[Guest] = set()    # and whose they are
        self.protocols = protocols
        self.clients = clients
        self.origins = origins
        self._context = context

    @property
    def request_time(self) -> float:
        return self.clients.limits.request_time

    def renew(self, context: ssl.SSLContext) -> None:
        """New handshakes use ``context``; connections that are there go on as they are."""
        self._context = context

    def do_handle(self, client_socket: Any, address: Any) -> None:
        """Serve a new connection in a greenlet of its own, or turn it away."""
        raw: socket.socket = client_socket._sock
        guest = self._take_in(raw, address)
        if guest is None:
            if self._context is None:
                try:
                    raw.send(_CROWDED)      # takes it at once or not at all
                except OSError:
                    pass
            client_socket.close()
            return
        if raw.family != socket.AF_UNIX:
            # A response's body would wait for the acknowledgement of its head.
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._greenlets.spawn(self._serve, client_socket, address, guest)

    def _take_in(self, raw: socket.socket, address: Any) -> Optional[Guest]:
        slots = self.clients.slots
        if descriptors.is_scarce(raw.fileno()) and not slots.make_room():
            slots.turn_away("descriptors", shown(address))
            return None

        def cut(reason: str) -> None:
            log.debug("%s: cut: %s", shown(address), reason)
            _shut(raw)
        return slots.enter(shown(address), cut)

    def make_room(self) -> None:
        self.clients.slots.make_room()

    def stop(self, timeout: Optional[float] = None) -> None:
        """Let nobody in any more, and end what is under way but for websockets: at most so many
        seconds are waited for it."""
        self.close()
        for guest in list(self._guests):
            guest.cut("the end of the server")
        self._greenlets.join(timeout)
        self._greenlets.kill(timeout=timeout)
        super().stop(timeout)

    def _serve(self, client_socket: gevent.socket.socket, address: Any, guest: Guest) -> None:
        """A connection, from its first moment to its last or until it is a websocket."""
        stream: Any = client_socket
        handler = None
        self._guests.add(guest)
        try:
            if self._context is not None:
                stream = self._encrypted(self._context, client_socket, address, guest)
            if stream is not None:
                handler = Handler(stream, address, self)
                handler.guest = guest
                handler.handle()
        finally:
            self._guests.discard(guest)
            if handler is None or not handler.gave_away:
                self.clients.slots.leave(guest)
                (stream or client_socket).close()

    def _encrypted(self, context: ssl.SSLContext, client_socket: gevent.socket.socket,
                   address: Any, guest: Guest) -> Optional[ssl.SSLSocket]:
        """The stream behind a TLS handshake with a deadline, and one log line for whoever fails it,
        or comes with plain HTTP and is told where to go."""
        host = {"host": guest.host}
        try:
            with Deadline(self.request_time, TooSlow()):
                if not is_plain_http(client_socket.recv(1, socket.MSG_PEEK)):
                    return self._wrapped(context, client_socket, guest)
                self.give_turn(guest)
                log.info("%s: no TLS: plain HTTP, sent to https", address[0], extra=host)
                self._redirect(client_socket)
        except TooSlow:
            log.info("%s: no TLS handshake in %g s, cut", address[0], self.request_time, extra=host)
        except OSError as error:
            log.info("%s: no TLS: %s", address[0], error, extra=host)
        return None

    def _redirect(self, client_socket: gevent.socket.socket) -> None:
        with client_socket.makefile("rb") as file:
            client_socket.sendall(redirection(file, self.clients.limits.max_request_head))

    def _wrapped(self, context: ssl.SSLContext, client_socket: Any, guest: Guest) -> ssl.SSLSocket:
        """The socket after its TLS handshake, each step of which is work for one turn."""
        self.give_turn(guest)
        wrapped = context.wrap_socket(client_socket, server_side=True,
                                      do_handshake_on_connect=False)
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

    def give_turn(self, guest: Guest) -> None:
        """The next turn of one that has said something: while it waits for us, it isn't idle."""
        self.clients.slots.move(guest, BUSY)
        take_turn()
        self.clients.slots.move(guest, IDLE)


def _shut(raw: socket.socket) -> None:
    """End a connection; whoever reads from it sees its end."""
    try:
        raw.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass        # the client was faster


_CROWDED = whole_answer("503 Service Unavailable", "too many connections")
