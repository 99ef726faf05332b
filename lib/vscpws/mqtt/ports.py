"""What speaks through the bridge besides the events themselves, and what it is given.

A ``Speaker`` publishes and hears topics of its own over the bridge's one connection. All calls in
both directions are made in the loop's thread, and none waits.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, NamedTuple, Protocol, Sequence

from ..model.event import Event
from ..reading.names import Names

__all__ = ["Broker", "House", "MakeSpeaker", "Speaker"]


class Broker(Protocol):
    """The way out."""

    def publish(self, topic: str, payload: bytes, retain: bool = False, qos: int = 0) -> bool:
        """Hand a message over; False if it is lost, for the broker is away or the queue full."""

    def submit(self, event: Event) -> None:
        """An event that is to happen, as from the user that commands are accepted as.

        Its obid, and what is 0 or an all-zero GUID, is filled in. Raises ``VscpError`` if it is
        refused, and so it is where no such user is set.
        """

    def report(self) -> Dict[str, Any]:
        """The service's: ``version``, ``started`` (s since 1970), ``ends`` and ``buses`` (of each
        ``kind``, ``name``, ``state`` and ``usable``), ``clients``, ``hub``; see
        ``Service.statistics``."""


class House(NamedTuple):
    """What a speaker knows from the start."""

    name: str                   # of this daemon among the others: its topics are vscpwsd/NAME/...
    guid: bytes                 # the server's GUID, 16 bytes
    version: str                # of the program
    prefix: str                 # of discovery topics; empty: there is no discovery
    state_directory: str        # where it may keep files; empty: nowhere
    names: Names
    interfaces: Mapping[str, bytes] = {}    # the buses' GUIDs, 16 bytes, by name
    obeys: bool = True          # there is a user that commands are accepted as


class Speaker(Protocol):
    """Something that publishes more than events."""

    def subscriptions(self) -> Sequence[str]:
        """The topic filters that it wants to hear; they stay the same."""

    def connected(self) -> None:
        """The broker is there, and the subscriptions are made: publish what is retained."""

    def lost(self) -> None:
        """The broker is away."""

    def take(self, events: Sequence[Event]) -> None:
        """What the hub passed on, oldest first; in its turn, so it must be cheap."""

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        """A message on one of its topics. Raises nothing; ``payload`` is at most 64 KiB."""

    def tick(self, now: float) -> None:
        """Once a second, connected or not; ``now`` in seconds that never go back."""

    def replace(self, names: Names) -> None:
        """A reload has read other names."""

    def stop(self) -> None:
        """The end: the last messages, and the last writing of files."""

    def status(self) -> Dict[str, Any]:
        """Counters, fit for JSON."""


#: Makes a speaker.
MakeSpeaker = Callable[[Broker, House], Speaker]
