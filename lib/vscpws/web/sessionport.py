"""A client's session and the world: its ``port.Port`` to client and hub, and what it waits for.

Theory: the session is called in its client's turn, and what it waits for lets others work. As long
as it waits nobody reads from the client, so it is watched for its departure: if that comes, the
waiting is over, and the client's place is free at once.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterator, TypeVar

import gevent
from gevent.event import Event as Flag

from ..access.selection import Selection
from ..codec.wsframe import reply_frame
from ..hub.channel import Channel
from ..loop.aside import Abandoned, run_aside
from ..loop.turns import take_turn
from ..model.event import Event
from .slots import CHECKED, STRANGER

if TYPE_CHECKING:
    from .client import Client

__all__ = ["SessionPort"]

_R = TypeVar("_R")


class SessionPort:
    """``waits`` says that its client isn't read, for the session waits; ``is_checked`` that it does
    so for something of ours, such as a password's check."""

    __slots__ = ("is_checked", "waits", "_channel", "_client", "_outbox")

    def __init__(self, client: Client, channel: Channel) -> None:
        self.waits = False
        self.is_checked = False
        self._client = client
        self._outbox = client.outbox
        self._channel = channel

    # ---- for the client --------------------------------------------------------------------

    def send(self, text: str, count: int = 1) -> None:
        self._outbox.put(reply_frame(text) * count)

    def open(self) -> None:
        self._outbox.open()

    def close_channel(self) -> None:
        self._outbox.close()

    def clear(self) -> None:
        self._outbox.clear()

    def select(self, selection: Selection) -> None:
        self._outbox.select(selection)

    def block(self) -> ContextManager[None]:
        return self._outbox.block()

    def disconnect(self, code: int, reason: str) -> None:
        self._client.close(code, reason)

    # ---- for everybody else ----------------------------------------------------------------

    @property
    def level1_data(self) -> int:
        return self._channel.level1_data

    def publish(self, event: Event) -> None:
        self.waits = True               # where a carrier takes its time
        try:
            self._channel.submit(event)
        finally:
            self.waits = False

    # ---- time ------------------------------------------------------------------------------

    def rest(self) -> None:
        self._client.rest()
        take_turn(True)

    def run(self, function: Callable[..., _R], *args: Any) -> _R:
        """The result of a slow pure function, computed in a native thread."""
        with self._checking() as gone:
            return run_aside(function, *args, unwanted=gone)

    def wait(self, register: Callable[[Callable[[], None]], None]) -> None:
        """Until ``register``'s argument is called, or the client has gone."""
        woken = Flag()
        with self._checking() as gone:
            register(woken.set)
            gevent.wait([woken, gone], count=1)
        if not woken.is_set():
            raise Abandoned()

    def aside(self, function: Callable[[], _R]) -> _R:
        """As ``run``, for who is logged in."""
        with self._waiting() as gone:
            return run_aside(function, unwanted=gone)

    def pause(self, seconds: float) -> None:
        """Wait; not longer than the client is there. It is its own fault, and counts against it."""
        with self._waiting() as gone:
            gone.wait(seconds)

    @contextmanager
    def _checking(self) -> Iterator[Flag]:
        """While it is us who take our time: the client keeps its slot, and no deadline runs."""
        self._client.move(CHECKED)
        self.is_checked = True
        try:
            with self._waiting() as gone:
                yield gone
        finally:
            self.is_checked = False
            self._client.move(STRANGER)

    @contextmanager
    def _waiting(self) -> Iterator[Flag]:
        """While the session waits nobody reads; the flag is set when the client has gone."""
        self._outbox.flush()
        gone = Flag()

        def leave() -> None:
            gone.set()
            self._client.leave("gone")
        self.waits = True
        departures, descriptor = self._client.house.departures, self._client.fileno()
        departures.watch(descriptor, leave)
        try:
            yield gone
        finally:
            departures.forget(descriptor)
            self.waits = False
