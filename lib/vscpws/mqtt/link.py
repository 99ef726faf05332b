"""The thread that keeps the connection to the broker, and makes it again.

Theory: paho and the making of payloads are work for a thread; the loop puts what is to be sent into
``Waiting`` and is told by ``Ears`` what comes. The thread sleeps on its socket and on a pipe, by
which the loop wakes it.

Two daemons of one name would throw each other out at the broker for ever, as they have the same
client id. So before the thread connects with it, it asks under another one whether somebody has the
name: who is ``online`` there and answers has it, and the later one steps back and looks again.
"""

from __future__ import annotations

import json
import logging
import os
import random
import select
import threading
import time
from typing import Any, Callable, List, NamedTuple, Optional, Protocol, Sequence, Tuple

from ..loop.backoff import Backoff
from ..settings import MqttSettings
from .connection import Connection, Lost, Refused, Subscription
from .forms.outgoing import writer
from .forms.packets import Message, publish
from .forms.topics import event_topic, own_topic, short_topic
from .waiting import Outgoing, Waiting

__all__ = ["AWAY", "CONNECTING", "Ears", "Link", "Plan", "REFUSED", "STEPPED_BACK", "UP"]

log = logging.getLogger(__name__)

CONNECTING, UP, AWAY, REFUSED = "connecting", "up", "away", "refused"
STEPPED_BACK = "stepped-back"

_FIRST, _LAST = 1.0, 30.0       # s until the next try, doubling
_STEADY = 5.0                   # s that a connection must last for the next wait to be short
_EVENTS = 512                   # made into packets at a time
_MESSAGES = 64
_ANSWER = 2.0                   # s that who has the name may take to say so
_STRAGGLERS = 0.2               # s more for what the broker has retained about it
_LOOK_AGAIN = 60.0              # s until a daemon that stepped back asks again
_IDLE = 1.0                     # s of a turn in which nothing happens
_END = 2.0                      # s for the last messages
_EVENT = "event"                # the ticket of events


class Plan(NamedTuple):
    """What a link does. ``instance`` is a text that no other daemon has."""

    settings: MqttSettings
    name: str
    instance: str
    subscriptions: Sequence[Subscription]
    most: int                   # bytes of a message's payload


class Ears(Protocol):
    """Who is told; all of it is called in the thread, and must not wait."""

    def state(self, state: str, reason: str) -> None: ...

    def up(self, refused: Sequence[str]) -> None:
        """Connected; of the subscriptions the broker refused those."""

    def hear(self, messages: List[Message]) -> None: ...

    def taken(self, ticket: Any, whether: bool) -> None:
        """The broker took a message, or it is not known whether it did."""


class Link:
    """``password()`` gives the one that is in force. ``waiting`` is what is to be sent."""

    def __init__(self, plan: Plan, password: Callable[[], str], ears: Ears,
                 make_waiting: Callable[[Callable[[], None]], Waiting],
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.sent = 0                   # events that were handed to the socket
        self.connection: Optional[Connection] = None    # that serves
        self._plan = plan
        self._password = password
        self._ears = ears
        self._clock = clock
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)
        self._awake = False
        self._stopping: Any = False     # set by the loop
        self.waiting = make_waiting(self._wake)
        settings = plan.settings
        self._write = writer(settings.keys)
        self._topic = short_topic if settings.topics == "vscpd" else event_topic
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    # ---- in the loop -----------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end in order; returns at once."""
        self._stopping = True
        self._awake = False
        self._wake()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            try:
                os.write(self._writing, b"\0")
            except OSError:             # full: it is awake; closed: it has ended
                pass

    # ---- in the thread ---------------------------------------------------------------------

    def _run(self) -> None:
        backoff = Backoff(_FIRST, _LAST)
        self._ears.state(CONNECTING, "")
        while not self._stopping:
            began = self._clock()
            state, reason = self._live()
            if self._stopping:
                break
            self._ears.state(state, reason)
            if self._clock() - began >= _STEADY:
                backoff.reset()
            self._rest(backoff.next())
        os.close(self._reading)
        writing, self._writing = self._writing, -1
        os.close(writing)

    def _live(self) -> Tuple[str, str]:
        """From one connection to its loss; returns the state that it leaves, and why."""
        try:
            if self._has_name():
                self._serve()
            return AWAY, "stopped"
        except Refused as error:
            return REFUSED, str(error)
        except Lost as error:
            return AWAY, str(error)
        except OSError as error:
            return AWAY, error.strerror or str(error)
        except Exception as error:      # a bug: say so in full, and go on
            log.exception("mqtt: unexpected error")
            return AWAY, "unexpected %s" % type(error).__name__

    def _open(self, client_id: str, will: str, hear: Callable[[List[Message]], None]) -> Connection:
        return Connection(self._plan.settings, self._password(), client_id, will, hear,
                          lambda ticket: self._taken(ticket, True), self._plan.most, self._poll,
                          self._clock)

    def _taken(self, ticket: Any, whether: bool) -> None:
        if ticket is not None and ticket is not _EVENT:
            self._ears.taken(ticket, whether)

    def _poll(self, fileno: int, reading: bool, writing: bool, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._reading, select.POLLIN)
        if reading or writing:
            poll.register(fileno, (select.POLLIN if reading else 0)
                          | (select.POLLOUT if writing else 0))
        ready = dict(poll.poll(max(0.0, seconds * 1000)))   # rounded up
        if self._reading in ready:
            self._sleepy()
        return bool(ready.get(fileno, 0) & ~select.POLLOUT)

    def _sleepy(self) -> None:
        """The next wake-up counts again; what was put before is seen after this."""
        self._awake = False
        try:
            os.read(self._reading, 64)
        except BlockingIOError:
            pass

    def _rest(self, seconds: float) -> None:
        end = self._clock() + seconds
        poll = select.poll()
        poll.register(self._reading, select.POLLIN)
        while not self._stopping and self._clock() < end:
            if poll.poll(int((end - self._clock()) * 1000) + 1):
                self._sleepy()

    # ---- serving ---------------------------------------------------------------------------

    def _serve(self) -> None:
        plan, waiting = self._plan, self.waiting
        status = own_topic(plan.name, "status")
        connection = self._open("vscpwsd-" + plan.name, status, self._ears.hear)
        try:
            self.connection = connection
            refused = connection.subscribe(plan.subscriptions)
            connection.publish(Outgoing(status, b"online", True, 1))
            waiting.open()
            self._ears.up(refused)
            while not self._stopping:
                self._send(connection)
                connection.turn(0 if len(waiting) and connection.has_room else _IDLE)
            self._send_rest(connection)
            connection.publish(Outgoing(status, b"offline", True, 1))
            connection.close(_END)
        finally:
            in_flight = connection.in_flight
            waiting.lose(connection.unsent() + in_flight.count(_EVENT))
            lost = [message.ticket for message in waiting.shut()] + in_flight
            connection.close()
            for ticket in lost:
                self._taken(ticket, False)

    def _send(self, connection: Connection) -> None:
        """Hand over what waits, as far as the connection has room."""
        waiting, qos = self.waiting, self._plan.settings.qos
        while connection.has_room:
            messages = waiting.take_messages(_MESSAGES)
            for message in messages:
                connection.publish(message)
            events = waiting.take(_EVENTS)
            if not events and not messages:
                return
            if qos:
                for event in events:
                    connection.publish(Outgoing(self._topic(event), self._write(event), False, qos,
                                                _EVENT))
            elif events:
                version5 = self._plan.settings.protocol == "5"
                connection.send_events([
                    publish(self._topic(event).encode("ascii"), self._write(event), False, version5)
                    for event in events])
            self.sent += len(events)

    def _send_rest(self, connection: Connection) -> None:
        end = self._clock() + _END
        while len(self.waiting) and self._clock() < end:
            self._send(connection)
            connection.turn(0.01)
        self._send(connection)

    # ---- the name --------------------------------------------------------------------------

    def _has_name(self) -> bool:
        """Whether nobody else has our name; waits as long as somebody does. False at the end."""
        plan = self._plan
        asking = _Asking(plan.name, plan.instance)
        connection = self._open("vscpwsd-%s-%s" % (plan.name, plan.instance), "", asking.hear)
        told = False
        try:
            while not self._stopping:
                if not self._is_held(connection, asking):
                    connection.close(_END)
                    return not self._stopping
                if not told:
                    self._ears.state(STEPPED_BACK, asking.holder)
                told = True
                end = self._clock() + _LOOK_AGAIN
                while not self._stopping and asking.online and self._clock() < end:
                    connection.turn(min(_IDLE, max(0.0, end - self._clock())))
                # Of several that wait each has its moment.
                self._rest(random.uniform(0, 1))
            return False
        finally:
            connection.close()

    def _is_held(self, connection: Connection, asking: _Asking) -> bool:
        topics = [Subscription(own_topic(self._plan.name, leaf), 1) for leaf in ("status", "info")]
        asking.start()
        connection.subscribe(topics)
        # What is retained comes before this answer, or with some brokers a moment later.
        connection.unsubscribe(own_topic(self._plan.name, "marker"))
        end = self._clock() + _STRAGGLERS
        while not asking.heard and not self._stopping and self._clock() < end:
            connection.turn(max(0.0, end - self._clock()))
        if not asking.online or asking.instance == self._plan.instance:
            return False
        connection.publish(Outgoing(own_topic(self._plan.name, "claim"),
                                    json.dumps({"instance": self._plan.instance}).encode("utf-8")))
        end = self._clock() + _ANSWER
        while not self._stopping and not asking.answered and self._clock() < end:
            connection.turn(max(0.0, end - self._clock()))
        return asking.answered


class _Asking:
    """What is heard about a name before it is used."""

    def __init__(self, name: str, instance: str) -> None:
        self.online = False             # as its status says, which may be an old one
        self.heard = False              # anything about its status
        self.answered = False           # by another one that lives
        self.instance = ""
        self.holder = ""
        self._own = instance
        self._status, self._info = (own_topic(name, leaf) for leaf in ("status", "info"))

    def start(self) -> None:
        self.online = self.heard = self.answered = False

    def hear(self, messages: List[Message]) -> None:
        for topic, payload, retained in messages:
            if topic == self._status:
                self.heard = True
                self.online = payload == b"online"
            elif topic == self._info and payload:
                self.instance, self.holder = _about(payload)
                if not retained and self.instance != self._own:
                    self.answered = True


def _about(payload: bytes) -> Tuple[str, str]:
    """A daemon's instance, and a text about it, from its info."""
    try:
        info = json.loads(payload.decode("utf-8"))
        return str(info["instance"])[:64], "another daemon has the name, on the host %s" % (
            str(info.get("host", "?"))[:64])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "", "another daemon has the name"
