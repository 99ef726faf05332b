"""What comes from the broker, sorted and read in the connection's thread.

Events of other daemons are decoded here, many at a time; commands too, as many of them as one
client may send. What is left for the loop is little. Whatever is wrong is counted and said here.
"""

from __future__ import annotations

import logging
import time
from functools import lru_cache
from typing import Callable, Dict, List, NamedTuple, Protocol, Sequence, Tuple

from ..access.rate import Allowance
from ..model.event import MAX_FD_DATA, Event, check, complete
from .forms.incoming import MAX_PAYLOAD, Incoming, Malformed, read_payload
from .forms.packets import Message
from .forms.recurring import recurring_event, remember_parts
from .forms.refusals import Refusals
from .forms.topics import OWN, daemon_of, fits

__all__ = ["Hearing", "Listener", "Topics"]

log = logging.getLogger(__name__)

_ANSWERS = 100                  # commands over the rate that are looked at in a second
_TOPICS = 4096                  # a house has few and many messages on each
_LONGEST_TOPIC = 1024           # characters; ours have a hundred


class Topics(NamedTuple):
    """What is listened to. ``obid_of(guid)`` and ``guid`` complete the events of others."""

    name: str
    events: Sequence[str]           # topic filters, of other daemons' events
    speaker: Sequence[str]          # of who speaks through the bridge
    obid_of: Callable[[bytes], int]
    guid: bytes
    takes_commands: bool


class Listener(Protocol):
    """Who is told, in the thread: a call each for many messages, or for one of the rare ones."""

    def events(self, events: List[Event]) -> None: ...

    def command(self, command: Incoming, topic: str) -> None: ...

    def overrun(self, command: Incoming) -> None:
        """Another daemon forwarded it, and it was one too many."""

    def own(self, name: str, leaf: str, message: Message) -> None:
        """On a daemon's own topic; any daemon's."""

    def speaker(self, message: Message) -> None: ...


class Hearing:
    """``now`` is in microseconds since 1970, ``clock`` in seconds that never go back."""

    def __init__(self, topics: Topics, listener: Listener, allowance: Allowance,
                 now: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._topics = topics
        self._listener = listener
        self._allowance = allowance
        self._answers = Allowance(_ANSWERS, clock)
        self._now = now
        self._sort = lru_cache(maxsize=_TOPICS)(self._sorted)
        self._refusals = Refusals(lambda line: log.warning("mqtt: refused: %s", line))

    @property
    def refused(self) -> Dict[str, int]:
        """Messages by why they were refused."""
        return dict(self._refusals.counts)

    def hear(self, messages: Sequence[Message]) -> None:
        """Messages in their order."""
        events: List[Event] = []
        now, obid_of, sort, add = self._now(), self._topics.obid_of, self._sort, events.append
        for message in messages:
            topic, payload, retained = message
            if len(topic) > _LONGEST_TOPIC:
                self._refusals.refuse(
                    "size", topic, "a topic of more than %d characters" % _LONGEST_TOPIC)
                continue
            of_daemons, of_events, of_speaker = sort(topic)
            if of_events:
                event = recurring_event(payload, obid_of) if payload and not retained else None
                if event is not None:
                    add(event)
                else:
                    self._hear_event(message, events, now)
            elif of_daemons:
                self._hear_own(message)
            if of_speaker and self._is_short(message):
                self._listener.speaker(message)
        if events:
            self._listener.events(events)

    def _sorted(self, topic: str) -> Tuple[bool, bool, bool]:
        """Whether a topic is a daemon's own, one of events, and one of the speaker's."""
        topics = self._topics
        is_own = topic.startswith(OWN + "/")
        return (is_own, not is_own and any(fits(topic, each) for each in topics.events),
                any(fits(topic, each) for each in topics.speaker))

    def _hear_event(self, message: Message, events: List[Event], now: int) -> None:
        topics = self._topics
        try:
            event = self._read(message).event
            check(event, MAX_FD_DATA)
        except Malformed as error:
            self._refusals.refuse(error.kind, message.topic, str(error))
        except ValueError as error:
            self._refusals.refuse("event", message.topic, str(error))
        else:
            remember_parts(message.payload or b"", event)
            events.append(complete(event, topics.obid_of(event.guid), now, topics.guid))

    def _hear_own(self, message: Message) -> None:
        found = daemon_of(message.topic)
        if found is None or not self._is_short(message):
            return
        name, leaf = found
        if name != self._topics.name or leaf != "send":
            self._listener.own(name, leaf, message)
        elif self._topics.takes_commands:
            self._hear_command(message)

    def _hear_command(self, message: Message) -> None:
        allowed = self._allowance.take()
        if not allowed:
            self._refusals.refuse("rate", message.topic, "more than max-message-rate a second")
            if not self._answers.take():
                return
        try:
            command = self._read(message)
        except Malformed as error:
            if allowed:
                self._refusals.refuse(error.kind, message.topic, str(error))
            return
        if allowed:
            self._listener.command(command, message.topic)
        elif command.sender:
            self._listener.overrun(command)

    def _read(self, message: Message) -> Incoming:
        if message.payload is None:
            raise Malformed("size", "more than %d bytes" % MAX_PAYLOAD)
        if message.retained:
            # It was sent at some other time, and would come again with every connection.
            raise Malformed("retained", "a retained event: publish it without that flag")
        return read_payload(message.payload, message.topic)

    def _is_short(self, message: Message) -> bool:
        if message.payload is not None and len(message.payload) <= MAX_PAYLOAD:
            return True
        self._refusals.refuse("size", message.topic, "more than %d bytes" % MAX_PAYLOAD)
        return False
