"""One websocket client: how it is read and written, its silence and its end.

Theory: a client that says nothing is parked (``loop.parked``) and has no greenlet. What it says is
handled in turns, in a greenlet of the crew: messages go to the session, which answers through its
port (``sessionport``), and where the session waits for something that greenlet waits with it. The
writer greenlet exists only while the socket is full. Closing, whoever starts it: the close frame
goes to the outbox as the last thing, reading goes on until the client's own close, and a timer cuts
whoever doesn't answer. Whoever cuts a connection only ends it: that shows when it is read, and its
last turn (``_end``) gives back what it has, descriptor and place, each once.

Silence is counted in ticks of a common clock (about one a second) and not in wall time, so that
neither a clock that jumps nor a loop that was held up takes a live client for a dead one. While the
session waits the client isn't read, and so nothing is counted against it.
"""

from __future__ import annotations

import logging
from itertools import islice
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

import gevent

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
    FrameReader,
    Ping,
    Received,
    close_frame,
    ping_frame,
    pong_frame,
)
from ..hub.hub import Hub
from ..loop.aside import Abandoned
from ..loop.crew import Crew
from ..loop.parked import Parked
from ..port import Port
from ..session import Session
from .connection import Connection
from .departures import Departures
from .input import Ended, Input
from .outbox import Outbox
from .sessionport import SessionPort
from .slots import KNOWN, STRANGER, Guest, Slots
from .together import Together
from .vscpprotocol import VscpProtocol

__all__ = ["Client", "House", "KIND", "MakeSession", "STATES"]

log = logging.getLogger(__name__)

#: What such ends of the hub are called.
KIND = "client"

#: Not logged in; logged in with the channel closed; with the channel open.
STATES = ("connected", "authenticated", "open")

#: Makes a client's session of its codec, its port, its address and its obid.
MakeSession = Callable[[Codec, Port, str, int], Session]

_CLOSE_WAIT = 5.0               # s for the client's answer to our close frame
_LAST_TRY = 1.0                 # s for a stuck client to take a close frame
_TURN = 10                      # messages of one client handled in a row: a tenth of a millisecond
_UNANSWERED = 70                # messages, then their sender may go on while we do
_REPLIES_WAITING = 256 * 1024   # bytes of replies, then the client isn't read until they are gone


class House(NamedTuple):
    """What all clients share."""

    hub: Hub
    slots: Slots
    crew: Crew
    departures: Departures
    together: Together
    make_session: MakeSession
    forget: Callable[[Client], None]    # free the client's place at once, if it still has one


class Client:
    """Serves one upgraded connection from ``begin()`` on."""

    __slots__ = (
        "number", "address", "protocol", "guest", "house", "close_code", "close_reason", "outbox",
        "port", "session", "_limits", "_connection", "_input", "_parked", "_writer", "_cutter",
        "_strange", "_silence", "_pinged", "_discards")

    def __init__(self, number: int, protocol: VscpProtocol, address: str, connection: Connection,
                 guest: Guest, house: House):
        self.number = number
        self.address = address
        self.protocol = protocol
        self.guest = guest              # its slot
        self.close_code: Optional[int] = None   # sent or received first
        self.close_reason = ""          # ours, where we began to close
        self.house = house
        self._limits = limits = house.slots.limits
        self._connection = connection
        self._input = Input(connection, FrameReader(limits.max_message_size, limits.max_fragments))
        self._parked = Parked(connection.fileno(), self, house.crew)
        channel = house.hub.channel(KIND)
        self.outbox = Outbox("client %d (%s %s)" % (number, protocol.name, address),
                             protocol.encode, channel.obid,
                             limits.max_client_queue_size, limits.max_client_queue_bytes,
                             connection.send_now, self._start_writer, self.cut)
        self._writer: Optional[gevent.Greenlet[[], None]] = None
        self._cutter: Any = None        # a timer of the loop
        self._strange = 0               # ticks since the connection, or since a login ended
        self._silence = 0               # ticks since anything was read
        self._pinged = False
        self._discards = False          # it has broken a rule: what it says is forgotten
        self.port = SessionPort(self, channel)
        self.session = house.make_session(protocol.codec, self.port, address, channel.obid)

    @property
    def label(self) -> str:
        return self.outbox.label

    @property
    def state(self) -> str:
        """One of ``STATES``."""
        if not self.session.authenticated:
            return "connected"
        return "open" if self.session.channel_open else "authenticated"

    def fileno(self) -> int:
        return self._connection.fileno()

    def acknowledged(self) -> int:
        """How many bytes its side has taken so far."""
        return self._connection.acknowledged()

    @property
    def _said_of(self) -> Dict[str, str]:
        """Who makes the lines of the log that repeat."""
        return {"host": self.guest.host}

    def line(self) -> str:
        """For the log: who it is, and how its outbox stands."""
        user, outbox = self.session.user, self.outbox
        return "%s: %s, %s, %d events (%d bytes) wait, %d sent, %d dropped" % (
            self.label, "user %r" % user.name if user else "no user", self.state, outbox.waiting,
            outbox.waiting_bytes, outbox.sent, outbox.dropped)

    # ---- reading ---------------------------------------------------------------------------

    def begin(self) -> None:
        """Serve the client from now on; doesn't wait."""
        self.house.hub.attach(self.outbox)
        log.info("%s: connected", self.label, extra=self._said_of)
        if self._goes_on(self._greet):
            self._parked.queue()

    def _greet(self) -> bool:
        self.session.greet()
        self.outbox.flush()
        return True

    @property
    def known(self) -> bool:
        return self.session.user is not None and not self._discards

    def turn(self) -> bool:
        return self._goes_on(self._input.discard if self._discards else self._read)

    def _goes_on(self, work: Callable[[], bool]) -> bool:
        """The outcome of some work for the client; False if that has ended it."""
        try:
            return work()
        except (Ended, OSError, Abandoned) as error:
            log.debug("%s: %s", self.label, str(error) or "gone")
        except Exception:
            log.exception("%s: reader failed", self.label)
            self.close(INTERNAL, "internal error")
        self._end()
        return False

    def _read(self) -> bool:
        """Handle what there is, as long as others may wait; whether there is more of it."""
        pieces = self._input
        try:
            if not pieces.begin():
                return False
            self._silence, self._pinged = 0, False
            unanswered = 0
            while True:
                count = self._handle_some(pieces.messages)
                if count < _TURN and not pieces.advance():
                    if self.outbox.replies_waiting > _REPLIES_WAITING:
                        self._end_turn()
                    else:
                        self.house.together.flush(self.outbox)
                    return False
                if not self._parked.may_go_on():
                    self._end_turn()
                    return True
                unanswered += count
                if unanswered >= _UNANSWERED:
                    unanswered = 0
                    self.outbox.flush()
        except FrameFault as fault:
            log.info("%s: %s", self.label, fault.reason, extra=self._said_of)
            self.close(fault.code, fault.reason)
            self._wait_for_writer()
            self._connection.end_output()
            self._discards = True
            return True

    def _handle_some(self, messages: Iterator[Received]) -> int:
        """Handle the next ones of a turn; how many these were."""
        received: List[Received] = []
        fault = None
        try:
            for each in islice(messages, _TURN):
                received.append(each)
        except FrameFault as error:
            fault = error           # once what stands before it is handled
        handled = 0
        if self.close_code is None and not self._connection.closed:
            texts = [each for each in received if isinstance(each, str)]
            if len(texts) == len(received):
                handled = self.session.receive_events(texts)
        for each in received[handled:]:
            self._handle(each)
        if fault is not None:
            raise fault
        return len(received)

    def _handle(self, received: Received) -> None:
        if self._connection.closed:
            raise Ended()
        if isinstance(received, str):
            if self.close_code is None:
                self.session.receive(received)
                self.move(KNOWN if self.session.user is not None else STRANGER)
        elif isinstance(received, Ping):
            self.outbox.put(pong_frame(received.payload))
        elif isinstance(received, CloseReceived):
            self._answer_close(received)
            raise Ended()

    def move(self, state: str) -> None:
        """It is something else now, of what ``slots`` knows."""
        if self.guest.state != state:
            self.house.slots.move(self.guest, state)

    def _end_turn(self) -> None:
        """Send the replies, and let a client that reads no replies wait."""
        self.outbox.flush()
        self.port.waits = True      # that it takes something is seen to by the writer
        while self.outbox.replies_waiting > _REPLIES_WAITING and self._writer:
            self._writer.join(1)
        self.port.waits = False

    def rest(self) -> None:
        """A part of a long answer is made: send it, as above."""
        self._silence = 0           # it isn't read meanwhile; that it takes something is seen to
        self._end_turn()

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
        self.house.hub.detach(self.outbox)
        if self._cutter is not None:
            self._cutter.close()
        self._parked.close()
        if self._writer:
            self._writer.kill()
        self._connection.close()
        log.info("%s: closed with %s; %d events sent, %d dropped", self.label,
                 self.close_code or "no close frame", self.outbox.sent, self.outbox.dropped,
                 extra=self._said_of)
        self.house.forget(self)

    # ---- the writer ------------------------------------------------------------------------

    def _start_writer(self) -> None:
        self._writer = gevent.spawn(self._write)

    def _write(self) -> None:
        try:
            while True:
                if not self._connection.wait_writable(self._limits.write_time):
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
        if self._connection.wait_writable(_LAST_TRY):
            self.outbox.flush_stuck()
        self.cut("too slow")

    # ---- closing ---------------------------------------------------------------------------

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; what is queued goes first."""
        if self.close_code is not None:
            return
        self.session.end()
        self.close_code, self.close_reason = code, reason
        self.outbox.finish(close_frame(code, reason))
        self._cutter = gevent.get_hub().loop.timer(_CLOSE_WAIT)
        self._cutter.start(self._connection.cut)
        self.outbox.flush()

    def evict(self, reason: str) -> None:
        """End the connection at once for a newcomer's sake; it may come again."""
        log.info("%s: sent away, %s", self.label, reason, extra=self._said_of)
        if self.close_code is None:
            self.close_code = TRY_AGAIN
            self.outbox.finish(close_frame(TRY_AGAIN, reason))
            self.outbox.flush()
        self.leave(reason)

    def leave(self, reason: str) -> None:
        """End the connection, and free its place at once."""
        self.cut(reason)
        self.house.forget(self)

    def cut(self, reason: str) -> None:
        """End the connection without a close frame."""
        log.debug("%s: cut: %s", self.label, reason)
        self._connection.cut()
        self.session.end()

    def tick(self) -> None:
        """About once a second: the login deadline, pings, and peers that are gone."""
        limits = self._limits
        if not self.port.is_checked:
            self._strange = 0 if self.session.authenticated else self._strange + 1
            if limits.login_time and self._strange > limits.login_time:
                self.close(POLICY, "no login in time")
        if self.port.waits:
            self.session.settle()
            self.outbox.flush()
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
