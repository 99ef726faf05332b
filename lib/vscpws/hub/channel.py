"""A channel: what an end brings events in by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from ..model.event import Event

if TYPE_CHECKING:
    from .hub import Hub

__all__ = ["Channel"]


class Channel:
    """One way into the hub, with an ``obid`` that no other has; ask the hub for one.

    Events carry the obid, so that they don't go back to where they came from. The hub counts what
    comes in by ``kind``, which is that of the end.
    """

    __slots__ = ("kind", "obid", "_hub")

    def __init__(self, hub: Hub, kind: str, obid: int) -> None:
        self.kind = kind
        self.obid = obid
        self._hub = hub

    @property
    def level1_data(self) -> int:
        """How many data bytes a Level I event may have at most: what the best carrier takes."""
        return self._hub.level1_data

    def deliver(self, events: Sequence[Event]) -> None:
        """Events that have happened, oldest first: for all receivers, not for carriers.

        What the hub's full queue can't hold is counted as overrun.
        """
        self._hub.deliver(self.kind, events)

    def submit(self, event: Event) -> None:
        """An event that is to happen: for every carrier that carries it, and for all receivers.

        It is accepted if one of those carriers takes it, or if none carries it; one that can't is
        told what it missed. Otherwise nothing was sent anywhere. Raises ``ParseError`` if it is
        addressed to an interface that isn't ours or that it doesn't fit on, ``TransmitBufferFull``
        if no carrier that carries it takes it, or the hub can't.
        """
        self._hub.submit(self.kind, event)

    def rest(self) -> None:
        """Wait while the hub rests: for readers whose events can gather where they come from."""
        self._hub.wait_rested()
