"""One HTTP connection: limits for what pywsgi reads and waits for without end, and the upgrade.

Theory: a request head that takes too long is answered with 408, what ``head`` says of a head is its
answer, and who takes nothing of a response is cut. For each request and each piece of a response it
waits for its turn, for none of them need make it wait. A websocket is refused before the upgrade,
in plain HTTP with a clear text; with it the connection leaves pywsgi and is the client's, and what
was made for HTTP, the greenlet and all that was read of the request, ends.
"""

from __future__ import annotations

import errno
import io
import logging
import re
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, List, Optional, Tuple, Union

from geventwebsocket.handler import WebSocketHandler
from geventwebsocket.websocket import Stream

from ..loop.aside import read_aside
from ..loop.deadline import Deadline
from ..loop.turns import take_turn
from . import descriptors, handshake
from .answer import Environ, Headers, whole_answer
from .handshake import Refusal
from .head import BadHead, Head, Lines
from .slots import BUSY, IDLE, Guest
from .vscpprotocol import VscpProtocol
from .websocket import WebSocket

if TYPE_CHECKING:
    from .server import Server

__all__ = ["Handler", "TooSlow", "shown"]

log = logging.getLogger(__name__)

_RETRY_AFTER = "10"             # s; what a refused client is asked to wait
_PIECE = 65536                  # bytes of a response in one turn
_WHOLE_URL = re.compile(r"https?://([^/?#]+)(?=/)", re.IGNORECASE)

# What pywsgi wants to know of a request: it was answered, or is by this status and these bytes;
# None where the connection ends.
_Outcome = Union[bool, Tuple[str, bytes], None]


class TooSlow(BaseException):
    """Somebody had his time for something, and didn't do it. Passes whatever catches errors."""


def shown(address: Any) -> str:
    """A peer's address, as ``accept`` gives it, for the log."""
    return str(address[0]) if address else "local"


class Handler(WebSocketHandler):  # type: ignore[misc]  # it has no types
    """Serves the requests of ``guest``, one after the other.

    What stands here of pywsgi's methods takes the place of its own.
    """

    # pywsgi's.
    server: Server
    rfile: Lines
    environ: Environ
    path: str
    status: Any                 # None, a text, or bytes once a response has begun
    headers: Any
    response_headers: Any       # None, or pairs of bytes
    result: Any                 # what the application has returned

    guest: Guest                # the connection's slot
    websocket: Optional[WebSocket]
    gave_away: bool = False     # the connection is a client's, and goes on
    _head: Lines                # that of the request

    def handle_one_request(self) -> _Outcome:
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

    def _handle_in_time(self) -> _Outcome:
        self.server.clients.slots.move(self.guest, IDLE)
        self._deadline = Deadline(self.server.request_time, TooSlow()).begin()
        try:
            outcome: _Outcome = super().handle_one_request()
            return outcome
        except TooSlow:
            return "408", whole_answer("408 Request Timeout", "no request in time")
        except BadHead as bad:
            return self._handle_client_error(bad)
        finally:
            self._deadline.end()

    def read_requestline(self) -> str:
        file, head = self.rfile, Head(self.rfile, self.server.clients.limits.max_request_head)
        self.rfile = self._head = head
        try:
            line: str = super().read_requestline()
        finally:
            self.rfile = file
        if line:
            self.server.give_turn(self.guest)   # for the whole request, whose first line is here
        return line

    def read_request(self, raw_requestline: str) -> bool:
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

    def start_response(self, status: str, headers: Headers,
                       exc_info: Any = None) -> Callable[[bytes], None]:
        write: Callable[[bytes], None] = super().start_response(status, headers, exc_info)
        named = any(name.lower() == b"connection" for name, _ in self.response_headers)
        if self.close_connection and not named:
            self.response_headers.append((b"Connection", b"close"))
        return write

    def _handle_client_error(self, ex: Exception) -> _Outcome:
        if isinstance(ex, OSError):
            return None                 # the client has gone
        # pywsgi prints a traceback for what it doesn't know, and answers all with 400.
        log.info("%s: bad request: %s", self._address, ascii(str(ex) or type(ex).__name__),
                 extra={"host": self.guest.host})
        if isinstance(ex, BadHead):
            return ex.status[:3], whole_answer(ex.status, str(ex))
        return "400", whole_answer("400 Bad Request", "not a valid HTTP request")

    def process_result(self) -> None:
        if not isinstance(self.result, (list, tuple)):      # a file; a list is in memory
            self.result = _Aside(self.result)
        super().process_result()

    def _sendall(self, data: bytes) -> None:
        # Of a response; a websocket's output doesn't come this way.
        seconds = self.server.clients.limits.write_time
        try:
            for start in range(0, len(data), _PIECE):
                take_turn()
                with Deadline(seconds, TooSlow()):
                    super()._sendall(memoryview(data)[start:start + _PIECE])
        except TooSlow:
            log.info("%s: took nothing of a response for %g s, cut", self._address, seconds,
                     extra={"host": self.guest.host})
            raise ConnectionResetError(errno.ECONNRESET, "too slow") from None
        except OSError as error:    # pywsgi knows two of the ways to go; TLS and networks have more
            raise ConnectionResetError(errno.ECONNRESET, str(error)) from None

    def get_environ(self) -> Environ:
        self._deadline.end()            # the head is in
        self.server.clients.slots.move(self.guest, BUSY)
        # A target may be a whole URL; its host counts then (RFC 9112, section 3.2.2).
        url = _WHOLE_URL.match(self.path)
        if url:
            self.path = self.path[url.end():]
        environ: Environ = super().get_environ()
        if url:
            environ["HTTP_HOST"] = url.group(1)
        return environ

    def log_request(self) -> None:
        if self.status:                 # there was an answer, or a part of one
            self.server.clients.answers[str(abs(self.code))] += 1
        self.server.log.write(self.format_request())

    def upgrade_websocket(self) -> Optional[List[bytes]]:
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

    def _refuse(self, what: str, refusal: Refusal) -> List[bytes]:
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

    def _accept(self, protocol: VscpProtocol) -> None:
        self._protocol = protocol
        self.websocket = WebSocket(self.environ, Stream(self), self)
        self.environ["wsgi.websocket"] = self.websocket
        self.start_response("101 Switching Protocols", handshake.response_headers(self.environ))

    def run_websocket(self) -> None:
        websocket = self.websocket
        assert websocket is not None
        clients = self.server.clients
        # pywsgi may look for the rest of a request: there is none.
        self.rfile = self.wsgi_input.rfile = io.BytesIO()
        self.close_connection = True
        connection = websocket.take_out(clients.limits.write_time)
        try:
            clients.admit(self._protocol, connection, self._address, self.guest)
            self.gave_away = True
        finally:
            if not self.gave_away:
                connection.close()
            self.websocket = None
            self.environ.clear()        # they keep each other

    @property
    def _address(self) -> str:
        return shown(self.client_address)


def _no_room(reason: str) -> Refusal:
    return Refusal("503 Service Unavailable", reason, [("Retry-After", _RETRY_AFTER)])


class _Aside:
    """An iterable of bytes whose pieces are made in another thread, for a disk may be slow."""

    def __init__(self, result: Iterable[bytes]) -> None:
        self._pieces = iter(result)
        self.close: Callable[[], None] = getattr(result, "close", lambda: None)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece: Optional[bytes] = read_aside(next, self._pieces, None)
        if piece is None:
            raise StopIteration
        return piece
