"""One connection to the broker, from CONNECT to its end; all of it in one thread.

paho speaks MQTT: the login, the will, subscriptions, keepalive, messages of quality 1 and 2. What
it does with a socket, it does with our ``Wire``. Both of its generations are served, 1.6.1 (Debian
12) and 2.x, whose callbacks differ in what they are given.

Events that come fast may gather in the kernel, as they do for the hub (``hub.pace``): to wake, to
read and to hand on costs more than an event.
"""

from __future__ import annotations

import ssl
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import paho.mqtt.client as paho
from paho.mqtt.subscribeoptions import SubscribeOptions

from ..hub.pace import Pace
from ..settings import MqttSettings
from .forms.packets import Message
from .waiting import Outgoing
from .wire import Lost, Wire, connect

__all__ = ["Connection", "Lost", "Refused", "Subscription", "Turn"]

_CONNECT = 10.0                 # s for each of: the address and TLS, the broker's first answer
_KEEPALIVE = 30                 # s; a broker that is silent for twice as long is away
_GATHERING = 0.0025             # s at most from reading to reading, while much comes
_IN_FLIGHT = 100                # messages of quality 1 that the broker has not acknowledged
_MOST_IN_FLIGHT = 1000          # and that wait for that; then no more are taken

# CONNACK of 3.1.1 (section 3.2.2.3) and of 5.0, which paho 2 uses for both.
_REASONS = {1: "it doesn't speak this protocol version", 2: "it refuses the client id",
            3: "it is not available", 4: "user or password is wrong", 5: "not authorized",
            0x84: "it doesn't speak this protocol version", 0x85: "it refuses the client id",
            0x86: "user or password is wrong", 0x87: "not authorized",
            0x88: "it is not available", 0x8A: "this client is banned"}


class Refused(Lost):
    """The broker doesn't let us in."""


class Subscription(NamedTuple):
    """``not_own``: what this connection publishes need not come back, where MQTT 5 can say so."""

    topic_filter: str
    qos: int = 0
    not_own: bool = False


#: Waits until the socket (file descriptor, whether for reading, whether for writing) is ready, at
#: most so many seconds; returns whether it can be read.
Turn = Callable[[int, bool, bool, float], bool]


class Connection:
    """Made connected; raises ``OSError`` or ``Lost``, as every method does.

    ``hear(messages)`` is given what comes in. ``taken(ticket)`` is called for messages of quality 1
    that the broker has acknowledged. ``wait`` is a ``Turn``.
    """

    def __init__(self, settings: MqttSettings, password: str, client_id: str, will: str,
                 hear: Callable[[List[Message]], None], taken: Callable[[Any], None],
                 most: int, wait: Turn, clock: Callable[[], float] = time.monotonic) -> None:
        broker = settings.broker
        self._version5 = settings.protocol == "5"
        self._hear = hear
        self._taken = taken
        self._wait = wait
        self._clock = clock
        self._connected = False
        self._lost = ""
        self._refused = ""
        self._tickets: Dict[int, Any] = {}          # of messages that are not acknowledged
        self._came: List[Message] = []              # with the packet that paho reads
        self._asked = 0                             # the number of a subscription,
        self._granted: Optional[Sequence[int]] = None   # and its answer
        self._unsubscribed = False
        self._checked = clock()
        self._pace = Pace(_GATHERING)
        self._rested = 0.0                          # then it reads again
        self._wire = Wire(connect(broker.host, broker.port, _context(settings), _CONNECT), most,
                          self._version5)
        try:
            self._client = self._make_client(client_id)
            if broker.user:
                self._client.username_pw_set(broker.user, password or None)
            if will:
                self._client.will_set(will, b"offline", qos=1, retain=True)
            self._client.connect(broker.host, broker.port, keepalive=_KEEPALIVE)
            self._until(lambda: self._connected, "no answer to the login")
        except BaseException:
            self._wire.close()
            raise

    def _make_client(self, client_id: str) -> Any:
        wire = self._wire

        class Client(paho.Client):      # type: ignore[misc,unused-ignore]
            def _create_socket_connection(self) -> Any:
                return wire

        protocol = paho.MQTTv5 if self._version5 else paho.MQTTv311
        options: Dict[str, Any] = {"client_id": client_id, "protocol": protocol,
                                   "reconnect_on_failure": False}
        if not self._version5:
            options["clean_session"] = True
        versions = getattr(paho, "CallbackAPIVersion", None)
        client = Client(versions.VERSION2, **options) if versions else Client(**options)
        client.max_inflight_messages_set(_IN_FLIGHT)
        client.max_queued_messages_set(0)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe
        return client

    # ---- use -------------------------------------------------------------------------------

    def subscribe(self, wanted: Sequence[Subscription]) -> List[str]:
        """Subscribe, and wait for the answer; returns the filters that the broker refuses."""
        if not wanted:
            return []
        if self._version5:
            topics: List[Tuple[str, Any]] = [
                (each.topic_filter, SubscribeOptions(qos=each.qos, noLocal=each.not_own))
                for each in wanted]
        else:
            topics = [(each.topic_filter, each.qos) for each in wanted]
        self._granted = None
        _, self._asked = self._client.subscribe(topics)
        self._until(lambda: self._granted is not None, "no answer to a subscription")
        answers: Sequence[int] = self._granted or ()
        return [each.topic_filter for each, granted in zip(wanted, answers) if granted >= 0x80]

    def unsubscribe(self, topic_filter: str) -> None:
        """And wait for the answer: what was to come for the filter has come before it."""
        self._unsubscribed = False
        self._client.unsubscribe(topic_filter)
        self._until(lambda: self._unsubscribed, "no answer to the end of a subscription")

    def publish(self, message: Outgoing) -> None:
        """Send a message of any quality; not for events."""
        info = self._client.publish(message.topic, message.payload, message.qos, message.retain)
        if message.qos:
            self._tickets[info.mid] = message.ticket

    def send_events(self, packets: List[bytes]) -> None:
        """Packets of quality 0, one event each."""
        self._wire.send_events(packets)

    def turn(self, seconds: float) -> None:
        """Send what waits, wait at most so long for something to happen, and see to it."""
        wire = self._wire
        wire.flush()
        if self._client.want_write():       # what the wire had no room for
            self._client.loop_write()
            wire.flush()
        # Who doesn't take our answers isn't read, for there would be more of them.
        rest = seconds if self._client.want_write() else self._rested - self._clock()
        if rest > 0:
            self._wait(wire.fileno(), False, wire.waits, min(seconds, rest))
        elif self._wait(wire.fileno(), True, wire.waits, 0 if wire.more else seconds) or wire.more:
            self._take()
        now = self._clock()
        if now - self._checked >= 1:
            self._checked = now
            self._client.loop_misc()
        if self._refused:
            raise Refused(self._refused)
        if self._lost:
            raise Lost(self._lost)

    def _take(self) -> None:
        """Read what has come, and how long the next may gather."""
        start = self._clock()
        self._wire.fill()
        count = self._read()
        end = self._clock()
        if count and not self._wire.more:
            self._rested = end + self._pace.rest(start, end, count)

    def _read(self) -> int:
        """Hand on what has come; returns how many messages of quality 0 there were."""
        wire, count = self._wire, 0
        while not self._lost:
            messages = wire.messages()
            if messages:
                count += len(messages)
                self._hear(messages)
            elif wire.offer_packet():
                self._let_paho_read()
            else:
                break
        return count

    def _let_paho_read(self) -> None:
        """A packet of any other kind; paho raises whatever it runs into in a malformed one."""
        try:
            self._client.loop_read()
        except Exception as error:
            raise Lost("what came is no MQTT: a packet that can't be read (%s)"
                       % type(error).__name__) from error
        if self._came:
            messages, self._came = self._came, []
            self._hear(messages)

    @property
    def has_room(self) -> bool:
        """Whether it takes more to send now."""
        return self._wire.has_room and len(self._tickets) < _MOST_IN_FLIGHT

    @property
    def in_flight(self) -> List[Any]:
        """The tickets of messages that the broker has not acknowledged."""
        return list(self._tickets.values())

    def unsent(self) -> int:
        """How many events have not gone out."""
        return self._wire.unsent()

    def close(self, seconds: float = 0.0) -> None:
        """End it; in order within ``seconds``, where there are any."""
        try:
            if seconds and not self._lost:
                end = self._clock() + seconds
                while (self._tickets or self._wire.waits) and self._clock() < end:
                    self.turn(0.05)
                self._client.disconnect()
                self._wire.flush()
        except (Lost, OSError):
            pass
        self._wire.close()

    def _until(self, condition: Callable[[], bool], reason: str) -> None:
        end = self._clock() + _CONNECT
        while not condition():
            left = end - self._clock()
            if left <= 0:
                raise Lost("%s within %g s" % (reason, _CONNECT))
            self.turn(left)

    # ---- called by paho --------------------------------------------------------------------

    def _on_connect(self, client: Any, data: Any, flags: Any, code: Any,
                    properties: Any = None) -> None:
        number = _number(code)
        if number:
            self._refused = _REASONS.get(number, str(code))
        else:
            self._connected = True

    def _on_disconnect(self, client: Any, data: Any, *about: Any) -> None:
        code = next((each for each in about if hasattr(each, "value") or isinstance(each, int)), 0)
        self._lost = self._lost or "the broker ended it (%s)" % code

    def _on_message(self, client: Any, data: Any, message: Any) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:      # as ``packets`` reads one of quality 0
            topic = message._topic.decode("utf-8", "replace")
        self._came.append(Message(topic, bytes(message.payload), bool(message.retain)))

    def _on_publish(self, client: Any, data: Any, number: int, *about: Any) -> None:
        if number in self._tickets:
            self._taken(self._tickets.pop(number))

    def _on_subscribe(self, client: Any, data: Any, number: int, granted: Any, *about: Any) -> None:
        if number == self._asked:
            self._granted = [_number(each) for each in granted]

    def _on_unsubscribe(self, *about: Any) -> None:
        self._unsubscribed = True


def _number(code: Any) -> int:
    """A reason code, whichever class paho has for it."""
    return int(getattr(code, "value", code))


def _context(settings: MqttSettings) -> Optional[ssl.SSLContext]:
    """Raises ``OSError`` if a file can't be used."""
    if not settings.broker.tls:
        return None
    context = ssl.create_default_context(cafile=settings.ca or None)
    if settings.cert:
        # Without the empty password an encrypted key would ask for one on the terminal.
        context.load_cert_chain(settings.cert, settings.key, password=lambda: b"")
    return context
