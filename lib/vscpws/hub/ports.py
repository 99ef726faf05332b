"""What joins the hub, and how.

::

    Receiver   hears every event and never waits       a websocket's outbox, a store, a bridge
    Carrier    must accept an event before it counts   a CAN bus
    Channel    brings events in                        whatever events come in by
    End        has some of these; starts and stops     what a service is made of

An end is made by a function that is given the hub (a ``Join``): it takes a channel, attaches a
receiver, adds a carrier, whichever the end has. Nothing else in the program knows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Protocol

from ..model.event import Event
from ..model.status import EndStatus

if TYPE_CHECKING:
    from .batch import Batch
    from .hub import Hub

__all__ = ["Carrier", "End", "Join", "Receiver"]


class Receiver(Protocol):
    """Hears everything, in the hub's order.

    ``label`` is how the log names it. Both methods are called in the hub's turn and must not wait.
    """

    @property
    def label(self) -> str: ...

    def take(self, batch: Batch) -> int:
        """Take of the batch what is wanted; returns how many events that were."""

    def fail(self, reason: str) -> None:
        """``take`` has raised: give up, and say so to whom it concerns."""


class Carrier(Protocol):
    """Takes events out of the house, and says before ``+;EVENT`` is true whether it can.

    None of it waits but ``put``, which holds up the sender of the event and nobody else. ``name``
    is for the log and the answers, ``guid`` the interface's GUID (16 bytes), by which Level I over
    Level II addresses it; one of zeros is that of a gateway, which leads to whichever interface has
    no carrier of its own.
    """

    @property
    def name(self) -> str: ...

    @property
    def guid(self) -> bytes: ...

    @property
    def level1_data(self) -> int:
        """How many data bytes of a Level I event it takes: 8, or 64 on CAN FD."""

    def carries(self, event: Event) -> bool:
        """Whether such events go out here at all."""

    def has_room(self) -> bool:
        """Whether ``put`` would take an event now."""

    def put(self, event: Event) -> None:
        """Take an event; called only after ``carries`` and ``has_room``, in the same turn.

        Raises ``TransmitBufferFull`` if it did not work out after all; then the event goes nowhere
        where no other carrier takes it.
        """

    def miss(self, event: Event) -> None:
        """Others took this event, and this one had no room for it."""

    def status(self) -> EndStatus:
        """What it is doing."""


class End(Protocol):
    """Something on the hub, as a service keeps it."""

    def start(self) -> None:
        """Begin; returns at once. What it needs may be missing: that is its own business."""

    def stop(self) -> None:
        """When this returns nothing of it runs any more."""

    def status(self) -> EndStatus:
        """What it is doing."""


#: Makes an end and joins it to the hub.
Join = Callable[["Hub"], End]
