"""The edge: what the library's C part does for the loop's thread.

The host's threads are on the other side of it; nothing here waits for them. Handles are named by
their numbers. One that is gone is a ``LookupError``.
"""

from __future__ import annotations

from typing import List, Optional, Protocol, Tuple, Type

from ..model.event import Event

__all__ = ["CLOSE", "Edge", "END", "OPEN"]

#: What a host asks for: a handle opened or closed, or all of it ended with the process.
OPEN, CLOSE, END = "open", "close", "end"


class Edge(Protocol):
    """As ``driver/module.c`` has it."""

    def descriptor(self) -> int:
        """Readable while there are requests."""

    def request(self) -> Optional[Tuple[str, int, bytes, bytes]]:
        """The next one: ``OPEN``, ``CLOSE`` or ``END``, the handle's number, and to open the
        configuration (a path, or JSON) and the GUID (16 bytes). None, and the descriptor is quiet,
        if there is no other."""

    def prepare(self, number: int, layout: int, inward: int, outward: int) -> int:
        """Makes the handle's queues, for so many events each; returns a descriptor that is readable
        while there are events from the host. ``layout`` is 56 or 64."""

    def answer(self, number: int, done: bool) -> None:
        """Lets the host's thread go that waits for this handle to be opened or closed."""

    def take(self, number: int, most: int, kind: Type[Event], obid: int, guid: bytes
             ) -> List[Event]:
        """Up to ``most`` events from the host, oldest first, with this obid; ``guid`` goes to those
        that have none."""

    def put(self, number: int, event: Event) -> bool:
        """Queue an event for the host. False if there is no room."""

    def room(self, number: int) -> int:
        """How many events the queue to the host would take."""

    def counts(self, number: int) -> Tuple[int, int, int, str, int]:
        """Events waiting from and to the host; refused for they can't be, and why the last one was;
        writes that found no room in their time."""

    def stand_still(self) -> None:
        """Never returns: the process ends."""
