"""The MQTT bridge on the hub: a receiver that publishes, and ways in for commands and for events of
other daemons.

::

    hub ── Bridge.take ── Waiting ── the thread: payloads, paho ── broker
    hub <── channels <── Crossing <── the thread: Hearing <── broker

It is no carrier: a dead broker must not refuse the clients. What is forwarded to another daemon has
a carrier of its own (``forward``). Events of other daemons are never published again, nor given to
a bus; commands are events of one user, and go through the same admission as a client's.
"""

from __future__ import annotations

import json
import logging
import time
from functools import partial
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

import gevent
from gevent.event import AsyncResult

from ..access.admission import Origin, admit
from ..access.rate import Allowance
from ..access.rights import MQTT
from ..access.users import Users
from ..hub.batch import Batch
from ..hub.hub import Hub
from ..hub.ports import End
from ..loop.crossing import Crossing
from ..model.errors import NotAllowed, TransmitBufferFull, VscpError
from ..model.event import Event
from ..model.status import EndStatus
from ..reading.names import Names
from ..settings import Interface, MqttSettings
from .connection import Subscription
from .forms.incoming import MAX_PAYLOAD, Incoming
from .forms.outgoing import event_json
from .forms.packets import Message
from .forms.refusals import Refusals
from .forms.topics import own_topic
from .forward import Forward
from .hearing import Hearing, Topics
from .link import Link, Plan
from .ports import House, MakeSpeaker
from .presence import Presence, host_name
from .recent import Recent
from .remotes import MOST, Remotes
from .speakers import Speakers, guarded
from .state import LinkState
from .waiting import Outgoing, Waiting

__all__ = ["Bridge", "KIND", "REMOTE", "Surroundings", "join_bridge"]

log = logging.getLogger(__name__)

#: What the end is called, and what comes in by it as commands.
KIND = "mqtt"
#: What comes in of other daemons.
REMOTE = "remote"

_CHUNKS = 256                   # of what the thread has read, up to 512 events each,
_CHUNKS_IN_A_TURN = 8           # and how many of them the loop takes in a row
_NOTES = 1024                   # messages for this daemon itself: states of others, speakers'
_REPORTS = 4096                 # what it tells of the connection, and of what was taken
_END = 4.0                      # s for the thread to end in order


class Surroundings(NamedTuple):
    """What a bridge knows of the service around it; the functions give what is in force."""

    interfaces: Sequence[Interface]
    guid: bytes                     # for events that have none; 16 bytes
    users: Callable[[], Users]
    password: Callable[[], str]
    names: Callable[[], Names]
    report: Callable[[], Dict[str, Any]]
    rate: int                       # commands a second; 0: no limit
    version: str
    state_directory: str
    speakers: Sequence[MakeSpeaker] = ()


def join_bridge(settings: MqttSettings, around: Surroundings) -> Callable[[Hub], End]:
    """Makes the bridge, as an end of the hub that it is given."""
    def join(hub: Hub) -> Bridge:
        bridge = Bridge(settings, around, hub)
        hub.attach(bridge)
        if bridge.forward is not None:
            hub.add(bridge.forward)
        return bridge
    return join


def wall_clock() -> int:
    """The time in microseconds since 1970."""
    return time.time_ns() // 1000


class Bridge:
    """To be made in the loop."""

    label = KIND

    def __init__(self, settings: MqttSettings, around: Surroundings, hub: Hub) -> None:
        self.name = settings.name or host_name()
        self.counts: Dict[str, int] = {"received": 0, "commands": 0, "own": 0, "lost": 0}
        self.forward: Optional[Forward] = None
        self._settings = settings
        self._around = around
        self._hub = hub
        # Those of other daemons first: their ids follow those of the buses (``remotes``).
        channels = [hub.channel(REMOTE) for _ in range(1 + MOST if settings.subscribe else 1)]
        self._remotes = Remotes([channel.obid for channel in channels])
        self._remote, self._commands = channels[0], hub.channel(KIND)
        self._state = LinkState(str(settings.broker))
        self._refusals = Refusals(lambda line: log.warning("mqtt: refused: %s", line))
        self._presence = Presence(self.name, around.version, around.interfaces, self.publish,
                                  around.report, lambda: hub.level1_data, lambda: self._is_up,
                                  self._refusals)
        self._recent = Recent()
        self._stopping = False
        self._ticking: Optional[gevent.Greenlet[Any, Any]] = None
        if settings.forward_to:
            self.forward = Forward(
                settings.forward_to, self.name, hub,
                self._remotes.obids | {self._commands.obid}, self._why_not_forward,
                lambda: self._presence.others.level1_data(settings.forward_to),
                lambda message: self._link.waiting.put_message(message), self._recent)
        self._speakers = Speakers(around.speakers, self, House(
            self.name, around.guid, around.version, settings.discovery_prefix,
            around.state_directory, around.names(),
            {each.name: each.guid for each in around.interfaces}, bool(settings.accept_as)))
        topics = self._speakers.topics
        self._hearing = Hearing(
            Topics(self.name, settings.subscribe, topics, self._remotes.obid_of,
                   around.guid, bool(settings.accept_as)),
            self, Allowance(around.rate, time.monotonic), wall_clock)
        self._link = Link(
            Plan(settings, self.name, self._presence.instance, self._subscriptions(topics),
                 MAX_PAYLOAD),
            around.password, _Ears(self, self._hearing),
            lambda wake: Waiting(settings.queue_size, settings.keep_events, settings.keep_age,
                                 wake))
        # Three, for no flood of events or notes may hide that the connection is lost.
        self._chunks: Crossing[Callable[[], None]] = Crossing(
            _call_each, _CHUNKS, _CHUNKS_IN_A_TURN)
        self._notes: Crossing[Callable[[], None]] = Crossing(_call_each, _NOTES)
        self._reports: Crossing[Callable[[], None]] = Crossing(_call_each, _REPORTS)

    def _subscriptions(self, topics: Sequence[str]) -> List[Subscription]:
        settings = self._settings
        wanted = [Subscription(own_topic("+", "status"), 1),
                  Subscription(own_topic("+", "info"), 1),
                  Subscription(own_topic(self.name, "claim"))]
        if settings.accept_as:
            wanted.append(Subscription(own_topic(self.name, "send"), 1))
        if settings.forward_to:
            wanted.append(Subscription(own_topic(settings.forward_to, "errors"), 1))
        wanted += [Subscription(each, 1) for each in topics]
        return wanted + [Subscription(each, settings.qos, True) for each in settings.subscribe]

    # ---- an end of the hub -----------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._link.start()
        self._ticking = gevent.spawn(self._tick)

    def stop(self) -> None:
        """End in order, as far as the broker lets us."""
        if self._ticking is not None:
            self._ticking.kill()
        self._speakers.stop()
        self._stopping = True
        self._link.stop()
        end = time.monotonic() + _END
        while self._link.is_alive and time.monotonic() < end:
            gevent.sleep(0.01)
        if self._link.is_alive:
            log.warning("mqtt: the broker's thread takes too long, left behind")
        for crossing in (self._chunks, self._notes, self._reports):
            crossing.close()
        self._state.change("closed", "")

    def take(self, batch: Batch) -> int:
        """Publish what is not from other daemons, nor forwarded to them."""
        remote, forward = self._remotes.obids, self.forward
        if batch.origins <= remote:
            return 0
        events = batch.events
        if forward is not None or self._settings.subscribe:
            events = tuple(event for event in events if event.obid not in remote
                           and not (forward is not None and forward.is_ours(event)))
        if not events:
            return 0
        self._speakers.take(events)
        if not self._settings.publish:
            return 0
        if self._settings.subscribe:
            for event in events:
                self._recent.add(event)
        self._link.waiting.put(events)
        return 0            # these are no deliveries to clients

    def fail(self, reason: str) -> None:
        """A batch could not be taken: the next one may be."""

    def reload(self, names: Names) -> None:
        """Other names are in force."""
        self._speakers.replace(names)

    def status(self) -> EndStatus:
        """What the bridge is doing."""
        state, waiting = self._state, self._link.waiting
        refused = dict(self._hearing.refused)
        for kind, count in self._refusals.counts.items():
            refused[kind] = refused.get(kind, 0) + count
        details: Dict[str, Any] = {
            "channel": str(self._settings.broker), "sent": self._link.sent,
            "events": self.counts["received"] + self.counts["commands"], **self.counts,
            "waiting": len(waiting), "dropped": dict(waiting.dropped), "refused": refused,
            "connects": state.connects, "others": self._presence.others.as_list(),
            "meddled": self._presence.meddled}
        if self.forward is not None:
            details["forward"] = dict(self.forward.counts, waiting=self.forward.waiting)
            details["forward_to"] = self._settings.forward_to
        details.update(self._speakers.status())
        return EndStatus(KIND, self.name, state.state, state.reason, state.seconds,
                         state.is_up, self._settings.required, details)

    @property
    def guid(self) -> bytes:
        """What events without a GUID get where no bus is: that of the daemon they are forwarded
        to, as far as it is known."""
        return self._presence.others.guid(self._settings.forward_to)

    def buses(self) -> List[Dict[str, str]]:
        """The buses of other daemons whose events are heard, by name, in the order of their ids."""
        if not self._settings.subscribe:
            return []
        return self._remotes.shown(self._presence.others.as_list(), self._state.state)

    # ---- for those who speak through it ----------------------------------------------------

    def publish(self, topic: str, payload: bytes, retain: bool = False, qos: int = 0) -> bool:
        """As ``ports.Broker`` has it."""
        return self._link.waiting.put_message(Outgoing(topic, payload, retain, qos))

    def submit(self, event: Event) -> None:
        """As ``ports.Broker`` has it."""
        user = self._around.users().get(self._settings.accept_as)
        if user is None or not self._settings.accept_as:
            raise NotAllowed("no user is named by accept-as")
        if not user.rights & MQTT:
            raise NotAllowed("user %r has no right to use mqtt" % user.name)
        self._commands.submit(admit(event, user, Origin(
            self._commands.obid, self._around.guid, self._commands.level1_data, wall_clock())))
        self.counts["commands"] += 1

    def report(self) -> Dict[str, Any]:
        """As ``ports.Broker`` has it."""
        return self._around.report()

    # ---- from the thread, in the thread ----------------------------------------------------

    def events(self, events: List[Event]) -> None:
        if not self._chunks.put(partial(self._deliver, events)):
            self.counts["lost"] += len(events)

    def command(self, command: Incoming, topic: str) -> None:
        if not self._chunks.put(partial(self._obey, command, topic)):
            self.counts["lost"] += 1

    def overrun(self, command: Incoming) -> None:
        self._notes.put(partial(self._tell_error, TransmitBufferFull(), command))

    def own(self, name: str, leaf: str, message: Message) -> None:
        if not self._notes.put(partial(self._hear_own, name, leaf, message)):
            self.counts["lost"] += 1

    def speaker(self, message: Message) -> None:
        if not self._notes.put(partial(self._speakers.message, message)):
            self.counts["lost"] += 1

    def post(self, report: Callable[[], None]) -> None:
        """Something that must not be lost in a flood."""
        self._reports.put(report)

    # ---- from the thread, in the loop ------------------------------------------------------

    def _deliver(self, events: List[Event]) -> None:
        """Events of other daemons, less what has come back."""
        fresh = self._recent.fresh(events)
        self.counts["own"] += len(events) - len(fresh)
        self.counts["received"] += len(fresh)
        self._remote.deliver(fresh)

    def _obey(self, command: Incoming, topic: str) -> None:
        try:
            self.submit(command.event)
        except VscpError as error:
            self._refusals.refuse("error %d" % error.code, topic, str(error))
            if command.sender or self._settings.errors:
                self._tell_error(error, command)

    def _tell_error(self, error: VscpError, command: Incoming) -> None:
        self.publish(own_topic(self.name, "errors"), event_error(error, command), qos=1)

    def _hear_own(self, name: str, leaf: str, message: Message) -> None:
        if leaf == "errors":
            self._hear_error(name, message.payload or b"")
        else:
            self._presence.hear(name, leaf, message)
            if leaf == "info":
                self._remotes.learn(self._presence.others.as_list())

    def _hear_error(self, name: str, payload: bytes) -> None:
        """The daemon at the bus refused what we had forwarded."""
        try:
            error = json.loads(payload.decode("utf-8"))
            sender, text = error["from"], "error %d: %s" % (error["code"], error["text"])
        except (ValueError, LookupError, TypeError, RecursionError):
            self._refusals.refuse("errors", own_topic(name, "errors"), "no such JSON object")
            return
        if self.forward is not None and sender == self.name:
            self.forward.counts["refused"] += 1
            self._refusals.refuse("by %s" % name, own_topic(name, "errors"), text)

    def on_state(self, state: str, reason: str) -> None:
        """The thread tells how it is."""
        was_up = self._state.is_up
        self._state.change(state, reason)
        if was_up and not self._state.is_up:
            self._presence.others.lost()
            self._speakers.lost()

    def on_up(self, refused: Sequence[str]) -> None:
        """Connected."""
        for each in refused:
            log.warning("mqtt: the broker doesn't let us subscribe to %s", each)
        self._state.change("up", "")
        self._presence.tell()
        self._speakers.connected()

    # ---- once a second ---------------------------------------------------------------------

    def _tick(self) -> None:
        while True:
            gevent.sleep(1.0)
            self._state.remind()
            if self._is_up:
                guarded(self._presence.tell_changes)
            self._speakers.replace(self._around.names())    # a client may have written them
            self._speakers.tick(time.monotonic())

    @property
    def _is_up(self) -> bool:
        return self._state.is_up and not self._stopping

    def _why_not_forward(self) -> str:
        if not self._state.is_up:
            return "the broker is %s" % self._state.state
        if not self._presence.others.is_online(self._settings.forward_to):
            return "daemon %s is not online" % self._settings.forward_to
        return ""


class _Ears:
    """What the thread tells, on its way into the loop."""

    def __init__(self, bridge: Bridge, hearing: Hearing) -> None:
        self._bridge = bridge
        self.hear = hearing.hear

    def state(self, state: str, reason: str) -> None:
        self._bridge.post(partial(self._bridge.on_state, state, reason))

    def up(self, refused: Sequence[str]) -> None:
        self._bridge.post(partial(self._bridge.on_up, refused))

    def taken(self, ticket: "AsyncResult[bool]", whether: bool) -> None:
        self._bridge.post(partial(ticket.set, whether))


def event_error(error: VscpError, command: Incoming) -> bytes:
    """What ``errors`` says of a refused command."""
    more = {"from": command.sender} if command.sender else {}
    event = json.loads(event_json(command.event).decode("utf-8"))
    return json.dumps({"code": error.code, "text": error.text, "event": event, **more},
                      separators=(",", ":")).encode("utf-8")


def _call_each(calls: List[Callable[[], None]]) -> None:
    for call in calls:
        guarded(call)
