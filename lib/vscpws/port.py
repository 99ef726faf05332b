"""A session's port: what it needs of the world, which is a client, the hub, and time.

Whoever serves a session gives it one (``web.sessionport``); a test gives it another. What waits
lets others work meanwhile, and raises nothing of its own but where that is said; that the client
has gone may end it with an exception that no session catches.
"""

from __future__ import annotations

from typing import Any, Callable, ContextManager, Protocol, TypeVar

from .access.selection import Selection
from .model.event import Event

__all__ = ["Port"]

_R = TypeVar("_R")


class Port(Protocol):
    """Towards one client."""

    @property
    def level1_data(self) -> int:
        """How many data bytes a Level I event may have: 8, or 64 with CAN FD."""

    # ---- for the client --------------------------------------------------------------------

    def send(self, text: str, count: int = 1) -> None:
        """Queue a reply, so many times, once at least; never raises."""

    def open(self) -> None:
        """Let collected events flow to the client."""

    def close_channel(self) -> None:
        """Stop that; they are collected again."""

    def clear(self) -> None:
        """Forget the events that wait."""

    def select(self, selection: Selection) -> None:
        """Collect for this client what passes."""

    def block(self) -> ContextManager[None]:
        """What is sent within stands before all events that come since it has begun."""

    def disconnect(self, code: int, reason: str) -> None:
        """Close the websocket after what is queued."""

    # ---- for everybody else ----------------------------------------------------------------

    def publish(self, event: Event) -> None:
        """Hand an event to all others and to the buses; raises ``TransmitBufferFull``."""

    # ---- time ------------------------------------------------------------------------------

    def run(self, function: Callable[..., _R], *args: Any) -> _R:
        """The result of a slow pure function, while it isn't known who the client is."""

    def aside(self, function: Callable[[], _R]) -> _R:
        """The same for who is logged in."""

    def wait(self, register: Callable[[Callable[[], None]], None]) -> None:
        """Call ``register(wake)``, and wait until ``wake()`` is called."""

    def pause(self, seconds: float) -> None:
        """Wait."""

    def rest(self) -> None:
        """Let others work; wait while the client takes nothing."""
