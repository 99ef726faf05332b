"""One websocket client: its reader, its writer, and the port between session and the world.

Theory: the reader greenlet (the server's, one per connection) feeds messages to the session; the
session answers through the port methods below. The writer greenlet exists only while the socket
is full. Closing, whoever starts it: the close frame goes to the outbox as the last thing, the
reader waits for the client's own close, and a timer cuts whoever doesn't answer.

Silence is counted in ticks of a common clock (about one a second) and not in wall time, so that
neither a clock that jumps nor a loop that was held up takes a live client for a dead one.
"""

from __future__ import annotations

import logging
from typing import Callable, Optional

import gevent
from gevent.event import Event as Flag

from ..codec.wsframe import (
    GOING_AWAY,
    INTERNAL,
    NO_STATUS,
    NORMAL,
    POLICY,
    CloseReceived,
    FrameFault,
    Ping,
    Pong,
    close_frame,
    ping_frame,
    pong_frame,
    text_frame,
)
from ..config.settings import ClientLimits
from ..hub.hub import Hub
from ..hub.outbox import Outbox
from ..session import Session
from .aside import run_aside
from .websocket import WebSocket

__all__ = ["Client", "STATES"]

log = logging.getLogger(__name__)

#: Not logged in; logged in with the channel closed; with the channel open.
STATES = ("connected", "authenticated", "open")

_CLOSE_WAIT = 5.0               # s for the client's answer to our close frame
_LAST_TRY = 1.0                 # s for a stuck client to take a close frame
_TURN = 10                      # messages of one client handled in a row: a tenth of a millisecond
_REPLIES_WAITING = 256 * 1024   # bytes of replies, then the client isn't read until they are gone


class Client:
    """Serves one upgraded connection in ``serve()``; is the port of its session."""

    def __init__(self, number: int, obid: int, protocol, address: str, websocket: WebSocket,
                 hub: Hub, limits: ClientLimits, make_session: Callable[..., Session]):
        self.number = number
        self.address = address
        self.protocol = protocol
        self.close_code: Optional[int] = None   # sent or received first
        self.close_reason = ""          # ours, where we began to close
        self._websocket = websocket
        self._hub = hub
        self._limits = limits
        self.outbox = Outbox("client %d (%s %s)" % (number, protocol.name, address),
                             protocol.encode, obid,
                             limits.max_client_queue_size, limits.max_client_queue_bytes,
                             websocket.send_now, self._start_writer, self.cut)
        self._writer: Optional[gevent.Greenlet] = None
        self._cutter = None
        self._strange = 0               # ticks since the connection, or since a login ended
        self._silence = 0               # ticks since anything was read
        self._pinged = False
        self.session = make_session(protocol.codec, self, address, obid)

    @property
    def label(self) -> str:
        return self.outbox.label

    @property
    def state(self) -> str:
        """One of ``STATES``."""
        if not self.session.authenticated:
            return "connected"
        return "open" if self.session.channel_open else "authenticated"

    def describe(self) -> str:
        """One line: who it is, and how its outbox stands."""
        user, outbox = self.session.user, self.outbox
        return "%s: %s, %s, %d events (%d bytes) wait, %d sent, %d dropped" % (
            self.label, "user %r" % user.name if user else "no user", self.state, outbox.waiting,
            outbox.waiting_bytes, outbox.sent, outbox.dropped)

    # ---- the reader ------------------------------------------------------------------------

    def serve(self) -> None:
        """Serve the client until the connection ends."""
        self._hub.attach(self.outbox)
        log.info("%s: connected", self.label)
        try:
            self.session.greet()
            self._read()
        except OSError as error:
            log.debug("%s: %s", self.label, error)
        except Exception:
            log.exception("%s: reader failed", self.label)
            self.close(INTERNAL, "internal error")
        finally:
            self._hub.detach(self.outbox)
            self._end()

    def _read(self) -> None:
        self.outbox.flush()
        try:
            for chunk in self._websocket.chunks():
                self._silence, self._pinged = 0, False
                turn = 0
                for received in chunk:
                    if self._websocket.closed:
                        return
                    if isinstance(received, CloseReceived):
                        self._answer_close(received)
                        return
                    self._handle(received)
                    turn += 1
                    if turn == _TURN:
                        turn = 0
                        self._end_turn()
                self._end_turn()
        except FrameFault as fault:
            log.info("%s: %s", self.label, fault.reason)
            self.close(fault.code, fault.reason)
            self._wait_for_writer()
            self._websocket.discard_input()

    def _handle(self, received) -> None:
        if isinstance(received, Ping):
            self.outbox.put(pong_frame(received.payload))
        elif not isinstance(received, Pong) and self.close_code is None:
            self.session.receive(received)

    def _end_turn(self) -> None:
        """Send the replies, let the others run, and a client that reads no replies wait."""
        self.outbox.flush()
        gevent.sleep(0)
        while self.outbox.replies_waiting > _REPLIES_WAITING and self._writer:
            self._writer.join(1)

    def _answer_close(self, received: CloseReceived) -> None:
        if self.close_code is None:
            self.close_code = received.code
            code = NORMAL if received.code == NO_STATUS else received.code
            self.outbox.finish(close_frame(code))
            self.outbox.flush()
            self._wait_for_writer()

    def _wait_for_writer(self) -> None:
        if self._writer:
            self._writer.join(_CLOSE_WAIT)

    def _end(self) -> None:
        if self._cutter is not None:
            self._cutter.close()
        if self._writer:
            self._writer.kill()
        self._websocket.cut()
        log.info("%s: closed with %s; %d events sent, %d dropped", self.label,
                 self.close_code or "no close frame", self.outbox.sent, self.outbox.dropped)

    # ---- the writer ------------------------------------------------------------------------

    def _start_writer(self) -> None:
        self._writer = gevent.spawn(self._write)

    def _write(self) -> None:
        try:
            while True:
                if not self._websocket.wait_writable(self._limits.write_time):
                    self._give_up()
                    return
                if self.outbox.flush_stuck():
                    return
        except OSError as error:
            self.outbox.fail("connection lost: %s" % error)
        finally:
            self._writer = None

    def _give_up(self) -> None:
        log.warning("%s: took nothing for %g s, cut", self.label, self._limits.write_time)
        self.outbox.clear()
        self.close(POLICY, "too slow")
        if self._websocket.wait_writable(_LAST_TRY):
            self.outbox.flush_stuck()
        self.cut("too slow")

    # ---- closing ---------------------------------------------------------------------------

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; what is queued goes first."""
        if self.close_code is not None:
            return
        self.close_code, self.close_reason = code, reason
        self.outbox.finish(close_frame(code, reason))
        self._cutter = gevent.get_hub().loop.timer(_CLOSE_WAIT)
        self._cutter.start(self._websocket.cut)
        self.outbox.flush()

    def cut(self, reason: str) -> None:
        """End the connection without a close frame."""
        log.debug("%s: cut: %s", self.label, reason)
        self._websocket.cut()

    def tick(self) -> None:
        """About once a second: the login deadline, pings, and peers that are gone."""
        limits = self._limits
        self._silence += 1
        self._strange = 0 if self.session.authenticated else self._strange + 1
        if limits.login_time and self._strange > limits.login_time:
            self.close(POLICY, "no login in time")
        if not limits.ping_interval or self.close_code is not None:
            return
        if self._silence > limits.ping_interval + limits.pong_wait and self._pinged:
            log.info("%s: no sign of life, cut", self.label)
            self.cut("no pong")
        elif self._silence > limits.ping_interval and not self._pinged:
            self._pinged = True
            self.outbox.put(ping_frame())
            self.outbox.flush()

    def going_away(self) -> None:
        """Shutdown: nothing more is read as a command; replies and events queued go first."""
        self.outbox.select(None)
        self.close(GOING_AWAY, "shutting down")

    # ---- the session's port ----------------------------------------------------------------

    @property
    def level1_data(self) -> int:
        return self._hub.level1_data

    def send(self, text: str) -> None:
        self.outbox.put(text_frame(text.encode("utf-8")))

    def open(self) -> None:
        self.outbox.open()

    def close_channel(self) -> None:
        self.outbox.close()

    def clear(self) -> None:
        self.outbox.clear()

    def select(self, selection) -> None:
        self.outbox.select(selection)

    def publish(self, event) -> None:
        self._hub.submit(event)

    def run(self, function, *args):
        """The result of a slow pure function, computed in a native thread."""
        self.outbox.flush()
        return run_aside(function, *args)

    def pause(self, seconds: float) -> None:
        self.outbox.flush()
        gevent.sleep(seconds)

    def wait(self, register: Callable[[Callable[[], None]], None]) -> None:
        self.outbox.flush()
        woken = Flag()
        register(woken.set)
        woken.wait()

    def disconnect(self, code: int, reason: str) -> None:
        self.close(code, reason)
