"""One websocket to a server: TCP, TLS, handshake, and then messages until it ends.

There are two ways to fail. ``Lost``: what was true today may be otherwise in a minute (nobody
listens, the daemon stops or has no time, the line is cut). ``Refused``: trying again changes
nothing (no such path, a certificate that isn't trusted, a login that is wrong, a protocol fault).
"""

from __future__ import annotations

import socket
import ssl
import time
from types import TracebackType
from typing import Dict, Iterator, List, Optional, Tuple, Type

from ..codec.wsframe import (
    BAD_TEXT,
    GOING_AWAY,
    NO_STATUS,
    NORMAL,
    POLICY,
    PROTOCOL_FAULT,
    TRY_AGAIN,
    CloseReceived,
    FrameFault,
    FrameReader,
    Ping,
    Role,
    close_frame,
    masked,
    ping_frame,
    pong_frame,
    text_frame,
)
from ..codec.wshandshake import VERSION, accept_of, new_key
from ..daemon.process.errors import reason
from .target import Target

__all__ = ["Connection", "Lost", "Refused", "connect", "printable"]

_CONNECT_TIME = 10.0            # s for each step until the websocket stands
_SILENCE = 60.0                 # s; a daemon pings after 25
_CLOSE_TIME = 1.0               # s that a server gets to end a connection
_MAX_HEAD = 16384               # bytes of the HTTP answer
_READ = 65536                   # bytes at a time
_MAX_MESSAGE = 1 << 20          # bytes; an event's text needs less than 4 KiB
_MAX_FRAGMENTS = 1024           # of a message; whoever sends more sends no events

_SWITCHING, _FULL = "101", "503"    # HTTP status: it agrees; it has no place left

# Closed for what we said: the same would be said again.
_OUR_FAULT = (PROTOCOL_FAULT, BAD_TEXT)
# Closed because we were too slow, or nobody had time for our login; because the house is full.
_BUSY = (POLICY, TRY_AGAIN)
_NAMES = {NORMAL: "normal end", GOING_AWAY: "it stops", NO_STATUS: "without a reason"}


class Lost(Exception):
    """The connection didn't come or has ended; later it may be there again.

    ``busy``: the server is there, but had no time or no room for us.
    """

    def __init__(self, text: str, busy: bool = False):
        super().__init__(text)
        self.busy = busy


class Refused(Exception):
    """The server doesn't want us, or isn't what we want."""


def connect(target: Target, context: Optional[ssl.SSLContext]) -> "Connection":
    """A websocket that stands. Raises ``Lost`` or ``Refused``.

    ``context`` is for TLS, by default one that trusts what the system trusts.
    """
    stream: socket.socket
    try:
        stream = socket.create_connection((target.host, target.port), timeout=_CONNECT_TIME)
    except (OSError, UnicodeError) as error:
        raise Lost("can't connect to %s: %s" % (target.authority, _reason(error))) from None
    try:
        if target.tls:
            stream = _encrypted(stream, target, context or ssl.create_default_context())
        return Connection(stream, _shake_hands(stream, target))
    except OSError as error:
        stream.close()
        raise Lost("%s: %s%s" % (target, _reason(error), _hint(target))) from None
    except BaseException:
        stream.close()
        raise


class Connection:
    """Messages from and to a server. ``read`` is what came after the handshake already.

    A server that is silent is sent a ping, and given up if it stays so: ``silence`` in seconds is
    the time until each.
    """

    def __init__(self, stream: socket.socket, read: bytes, silence: float = _SILENCE):
        self._stream = stream
        self._read = read
        self._frames = FrameReader(_MAX_MESSAGE, _MAX_FRAGMENTS, Role.CLIENT)
        self._close_time = min(_CLOSE_TIME, silence)
        stream.settimeout(silence)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close(NORMAL)

    def send(self, text: str) -> None:
        """Raises ``Lost``."""
        self._send(text_frame(text.encode("utf-8")))

    def texts(self) -> Iterator[List[str]]:
        """The messages, as many at a time as there are. Ends only by ``Lost`` or ``Refused``."""
        while True:
            texts: List[str] = []
            try:
                for received in self._frames.feed(self._more()):
                    if isinstance(received, str):
                        texts.append(received)
                    elif isinstance(received, Ping):
                        self._send(pong_frame(received.payload))
                    elif isinstance(received, CloseReceived):
                        if texts:
                            yield texts
                        raise self._closed(received)
            except FrameFault as fault:
                self.close(fault.code, fault.reason)
                raise Refused("the server breaks the websocket protocol: %s" % fault) from None
            if texts:
                yield texts

    def close(self, code: int, text: str = "") -> None:
        """Says so, if there is still somebody, and ends.

        What still comes is read until the server ends: with something unread in it, a socket would
        be reset when it closes, and the server might never see the close frame.
        """
        end = time.monotonic() + self._close_time
        try:
            self._stream.sendall(masked(close_frame(code, text)))
            while time.monotonic() < end:
                self._stream.settimeout(self._close_time)
                if not self._stream.recv(_READ):
                    break
        except OSError:
            pass
        self._stream.close()

    def _more(self) -> bytes:
        if self._read:
            data, self._read = self._read, b""
            return data
        asked = False
        while True:
            try:
                data = self._stream.recv(_READ)
            except socket.timeout:
                if asked:
                    raise Lost("the server is silent") from None
                asked = True
                self._send(ping_frame())
                continue
            except OSError as error:
                raise Lost("connection lost: %s" % _reason(error)) from None
            if not data:
                raise Lost("connection lost: the server ended it")
            return data

    def _send(self, frame: bytes) -> None:
        try:
            self._stream.sendall(masked(frame))
        except OSError as error:
            raise Lost("connection lost: %s" % _reason(error)) from None

    def _closed(self, close: CloseReceived) -> Exception:
        self.close(close.code)
        text = printable(close.reason) or _NAMES.get(close.code, "")
        said = ("the server closed the connection: %d %s" % (close.code, text)).rstrip()
        if close.code in _OUR_FAULT:
            return Refused(said)
        return Lost(said, busy=close.code in _BUSY)


def printable(text: str) -> str:
    """What a server said, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _encrypted(stream: socket.socket, target: Target, context: ssl.SSLContext) -> socket.socket:
    try:
        return context.wrap_socket(stream, server_hostname=target.host)
    except ssl.SSLCertVerificationError as error:
        raise Refused("%s: its certificate is not to be trusted: %s (--ca FILE names what is)" % (
            target.authority, error.verify_message)) from None
    except ssl.SSLEOFError:
        raise Lost("%s: the server ended the TLS handshake" % target.authority) from None
    except ssl.SSLError as error:
        raise Refused("%s speaks no TLS (%s)" % (
            target.authority, error.reason or "no reason")) from None


def _shake_hands(stream: socket.socket, target: Target) -> bytes:
    """The websocket handshake; returns what the server has sent after it already."""
    key = new_key()
    stream.sendall((
        "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: %s\r\nSec-WebSocket-Key: %s\r\n\r\n" % (
            target.path, target.authority, VERSION, key)).encode("ascii"))
    head, rest = _answer(stream, target)
    lines = head.decode("latin-1").split("\r\n")
    version, _, status = lines[0].partition(" ")
    if not version.startswith("HTTP/1.") or not status:
        raise Refused("%s: no answer of a web server" % str(target))
    code, said = status.split(" ", 1)[0], printable(status)[:80]
    if code != _SWITCHING:
        if code.startswith("5"):
            raise Lost("%s: %s" % (target, said), busy=code == _FULL)
        raise Refused("%s: there is no ws2: %s" % (target, said))
    if not _agrees(dict(_header(line) for line in lines[1:]), key):
        raise Refused("%s: no answer of a websocket server" % str(target))
    return rest


def _agrees(headers: Dict[str, str], key: str) -> bool:
    """Whether these are the headers of a server that agreed to a websocket (RFC 6455, 4.1)."""
    return (headers.get("upgrade", "").lower() == "websocket"
            and "upgrade" in headers.get("connection", "").lower()
            and headers.get("sec-websocket-accept") == accept_of(key)
            and "sec-websocket-extensions" not in headers       # we asked for none
            and "sec-websocket-protocol" not in headers)


def _answer(stream: socket.socket, target: Target) -> Tuple[bytes, bytes]:
    """The head of the HTTP answer, and what was read beyond it."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = stream.recv(_READ)
        if not more:
            raise Lost("%s: the server ended the connection%s" % (target, _hint(target)))
        data += more
        if len(data) > _MAX_HEAD and b"\r\n\r\n" not in data[:_MAX_HEAD]:
            raise Refused("%s: no answer of a web server" % str(target))
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _header(line: str) -> Tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _hint(target: Target) -> str:
    """A server that speaks TLS only hangs up on everybody else."""
    return "" if target.tls else " (does it want wss://?)"


def _reason(error: Exception) -> str:
    if isinstance(error, socket.timeout):
        return "no answer in time"
    return reason(error) if isinstance(error, OSError) else str(error)
