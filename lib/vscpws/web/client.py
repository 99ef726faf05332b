"""One websocket client: its reader, its writer, and the port between session and the world.

Theory: the reader greenlet (the server's, one per connection) feeds messages to the session; the
session answers through the port methods below. The writer greenlet exists only while the socket
is full. Closing, whoever starts it: the close frame goes to the outbox as the last thing, the
reader waits for the client's own close, and a timer cuts whoever doesn't answer.

Silence is counted in ticks of a common clock (about one a second) and not in wall time, so that
neither a clock that jumps nor a loop that was held up takes a live client for a dead one. While the
session waits for something of ours, such as a password's check, the client isn't read, and so
nothing is counted against it; should it leave meanwhile, its place is free at once.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import Any, Callable, ContextManager, Iterator, NamedTuple, Optional, TypeVar

import gevent
from gevent.event import Event as Flag

from ..access.selection import Selection
from ..codec.request import Codec
from ..codec.wsframe import (
    GOING_AWAY,
    INTERNAL,
    NO_STATUS,
    NORMAL,
    POLICY,
    TRY_AGAIN,
    CloseReceived,
    FrameFault,
    Ping,
    Received,
    close_frame,
    ping_frame,
    pong_frame,
    reply_frame,
)
from ..hub.hub import Hub
from ..loop.aside import Abandoned, run_aside
from ..loop.turns import may_go_on, take_turn
from ..model.event import Event
from ..port import Port
from ..session import Session
from ..settings import ClientLimits
from .departures import Departures
from .outbox import Outbox
from .slots import CHECKED, KNOWN, STRANGER
from .vscpprotocol import VscpProtocol
from .websocket import WebSocket

__all__ = ["Client", "KIND", "MakeSession", "Place", "STATES"]

log = logging.getLogger(__name__)

#: What such ends of the hub are called.
KIND = "client"

#: Not logged in; logged in with the channel closed; with the channel open.
STATES = ("connected", "authenticated", "open")

#: Makes a client's session of its codec, its port, its address and its obid.
MakeSession = Callable[[Codec, Port, str, int], Session]

_R = TypeVar("_R")

_CLOSE_WAIT = 5.0               # s for the client's answer to our close frame
_LAST_TRY = 1.0                 # s for a stuck client to take a close frame
_TURN = 10                      # messages of one client handled in a row: a tenth of a millisecond
_REPLIES_WAITING = 256 * 1024   # bytes of replies, then the client isn't read until they are gone


class Place(NamedTuple):
    """A client's place in the house."""

    host: str                           # whom its address is counted for
    move: Callable[[str], None]         # it is something else now, of what ``slots`` knows
    leave: Callable[[], None]           # free it at once
    departures: Departures


class Client:
    """Serves one upgraded connection in ``serve()``; is the port of its session."""

    def __init__(self, number: int, protocol: VscpProtocol, address: str,
                 websocket: WebSocket, hub: Hub, limits: ClientLimits, make_session: MakeSession,
                 place: Place):
        self.number = number
        self.address = address
        self.protocol = protocol
        self.close_code: Optional[int] = None   # sent or received first
        self.close_reason = ""          # ours, where we began to close
        self._websocket = websocket
        self._hub = hub
        self._channel = hub.channel(KIND)
        self._limits = limits
        self.outbox = Outbox("client %d (%s %s)" % (number, protocol.name, address),
                             protocol.encode, self._channel.obid,
                             limits.max_client_queue_size, limits.max_client_queue_bytes,
                             websocket.send_now, self._start_writer, self.cut)
        self._writer: Optional[gevent.Greenlet[[], None]] = None
        self._cutter: Any = None        # a timer of the loop
        self._strange = 0               # ticks since the connection, or since a login ended
        self._silence = 0               # ticks since anything was read
        self._pinged = False
        self._waits = False             # the session, and the client isn't read
        self._is_checked = False        # it waits for us
        self._place = place
        self._said_of = {"host": place.host}    # who makes the lines of the log that repeat
        self.session = make_session(protocol.codec, self, address, self._channel.obid)

    @property
    def label(self) -> str:
        return self.outbox.label

    @property
    def state(self) -> str:
        """One of ``STATES``."""
        if not self.session.authenticated:
            return "connected"
        return "open" if self.session.channel_open else "authenticated"

    def acknowledged(self) -> int:
        """How many bytes its side has taken so far."""
        return self._websocket.acknowledged()

    def line(self) -> str:
        """For the log: who it is, and how its outbox stands."""
        user, outbox = self.session.user, self.outbox
        return "%s: %s, %s, %d events (%d bytes) wait, %d sent, %d dropped" % (
            self.label, "user %r" % user.name if user else "no user", self.state, outbox.waiting,
            outbox.waiting_bytes, outbox.sent, outbox.dropped)

    # ---- the reader ------------------------------------------------------------------------

    def serve(self) -> None:
        """Serve the client until the connection ends."""
        self._hub.attach(self.outbox)
        log.info("%s: connected", self.label, extra=self._said_of)
        try:
            self.session.greet()
            self._read()
        except (OSError, Abandoned) as error:
            log.debug("%s: %s", self.label, str(error) or "gone")
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
                self._take_turn()
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
                        self._take_turn()
                self._end_turn()
        except FrameFault as fault:
            log.info("%s: %s", self.label, fault.reason, extra=self._said_of)
            self.close(fault.code, fault.reason)
            self._wait_for_writer()
            self._websocket.discard_input()

    def _handle(self, received: Received) -> None:
        if isinstance(received, Ping):
            self.outbox.put(pong_frame(received.payload))
        elif isinstance(received, str) and self.close_code is None:
            self.session.receive(received)
            self._place.move(KNOWN if self.session.authenticated else STRANGER)

    def _take_turn(self) -> None:
        known = self.session.authenticated
        if not (known and may_go_on()):
            self._end_turn()
            take_turn(known)

    def _end_turn(self) -> None:
        """Send the replies, and let a client that reads no replies wait."""
        self.outbox.flush()
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
                 self.close_code or "no close frame", self.outbox.sent, self.outbox.dropped,
                 extra=self._said_of)

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

    def evict(self, reason: str) -> None:
        """End the connection at once for a newcomer's sake; it may come again."""
        log.info("%s: sent away, %s", self.label, reason, extra=self._said_of)
        if self.close_code is None:
            self.close_code = TRY_AGAIN
            self.outbox.finish(close_frame(TRY_AGAIN, reason))
            self.outbox.flush()
        self._leave(reason)

    def _leave(self, reason: str) -> None:
        self.cut(reason)
        self._place.leave()

    def cut(self, reason: str) -> None:
        """End the connection without a close frame."""
        log.debug("%s: cut: %s", self.label, reason)
        self._websocket.cut()

    def tick(self) -> None:
        """About once a second: the login deadline, pings, and peers that are gone."""
        limits = self._limits
        if not self._is_checked:
            self._strange = 0 if self.session.authenticated else self._strange + 1
            if limits.login_time and self._strange > limits.login_time:
                self.close(POLICY, "no login in time")
        if self._waits:
            return
        self._silence += 1
        if not limits.ping_interval or self.close_code is not None:
            return
        if self._silence > limits.ping_interval + limits.pong_wait and self._pinged:
            log.info("%s: no sign of life, cut", self.label, extra=self._said_of)
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
        return self._channel.level1_data

    def block(self) -> ContextManager[None]:
        return self.outbox.block()

    def rest(self) -> None:
        self._silence = 0           # it isn't read meanwhile; that it takes something is seen to
        self._end_turn()
        take_turn(True)

    def send(self, text: str) -> None:
        self.outbox.put(reply_frame(text))

    def open(self) -> None:
        self.outbox.open()

    def close_channel(self) -> None:
        self.outbox.close()

    def clear(self) -> None:
        self.outbox.clear()

    def select(self, selection: Selection) -> None:
        self.outbox.select(selection)

    def publish(self, event: Event) -> None:
        self._channel.submit(event)

    def run(self, function: Callable[..., _R], *args: Any) -> _R:
        """The result of a slow pure function, computed in a native thread."""
        with self._checking() as gone:
            return run_aside(function, *args, unwanted=gone)

    def wait(self, register: Callable[[Callable[[], None]], None]) -> None:
        """Until ``register``'s argument is called, or the client has gone."""
        woken = Flag()
        with self._checking() as gone:
            register(woken.set)
            gevent.wait([woken, gone], count=1)
        if not woken.is_set():
            raise Abandoned()

    def aside(self, function: Callable[[], _R]) -> _R:
        """The same for who is logged in."""
        with self._waiting() as gone:
            return run_aside(function, unwanted=gone)

    def pause(self, seconds: float) -> None:
        """Wait; not longer than the client is there. It is its own fault, and counts against it."""
        with self._waiting() as gone:
            gone.wait(seconds)

    @contextmanager
    def _checking(self) -> Iterator[Flag]:
        """While it is us who take our time: the client keeps its slot, and no deadline runs."""
        self._place.move(CHECKED)
        self._is_checked = True
        try:
            with self._waiting() as gone:
                yield gone
        finally:
            self._is_checked = False
            self._place.move(STRANGER)

    @contextmanager
    def _waiting(self) -> Iterator[Flag]:
        """While the session waits nobody reads; the flag is set when the client has gone."""
        self.outbox.flush()
        gone = Flag()

        def leave() -> None:
            gone.set()
            self._leave("gone")
        self._waits = True
        departures, descriptor = self._place.departures, self._websocket.fileno()
        departures.watch(descriptor, leave)
        try:
            yield gone
        finally:
            departures.forget(descriptor)
            self._waits = False

    def disconnect(self, code: int, reason: str) -> None:
        self.close(code, reason)
