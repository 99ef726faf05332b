"""Parked: how a socket is read without a greenlet that waits for it.

Theory: as long as nothing comes there is only a watcher of the event loop. When something has come,
its owner has a *turn*, in a greenlet of the crew: at once, if it is known and may go on, else when
it has queued for it (``turns``), and no greenlet queues with it. A turn is a small piece of work;
if it says that there is more, the next one is queued for, and the greenlet serves somebody else
meanwhile. Otherwise it's parked again.

The event loop tells of a socket each time it turns as long as there is something to read. Most
turns are over before that, and so the watcher is stopped only when it tells of one that has its
turn or queues for it. To stop and start it for each of them would cost more than the turn.
"""

from __future__ import annotations

from typing import Protocol

from gevent import get_hub

from .crew import Crew
from .turns import turns_of_this_loop

__all__ = ["Owner", "Parked"]

_READ = 1                       # of an event loop's watcher


class Owner(Protocol):
    """Who reads from the socket."""

    @property
    def known(self) -> bool:
        """Whether it is logged in."""

    def turn(self) -> bool:
        """Do a small piece of work, and wait in it if need be; whether there is more to do that
        needn't be waited for. Raises nothing. It may ``close`` what it is parked by."""


class Parked:
    """One socket, by its descriptor. ``queue`` begins its service."""

    __slots__ = ("_busy", "_crew", "_owner", "_turns", "_watcher", "_watching")

    def __init__(self, descriptor: int, owner: Owner, crew: Crew):
        self._owner = owner
        self._crew = crew
        self._turns = turns_of_this_loop()
        self._watcher = get_hub().loop.io(descriptor, _READ)
        self._watching = False
        self._busy = True               # it has a turn or queues for one

    def queue(self) -> None:
        """Have a turn, whether something has come or not."""
        self._turns.ask(self._begin, self._owner.known)

    def may_go_on(self) -> bool:
        """Whether the turn that it has may be longer."""
        return self._owner.known and self._turns.may_go_on()

    def close(self) -> None:
        """No more turns but the one that it has; to be called before the socket is closed."""
        self._watcher.close()
        self._watching = True           # so it is never started again

    def _tell(self) -> None:
        if self._busy:
            self._watching = False
            self._watcher.stop()
            return
        self._busy = True
        if self.may_go_on():
            self._crew.work(self._serve)
        else:
            self.queue()

    def _begin(self, _: None) -> None:
        self._crew.work(self._serve)

    def _serve(self) -> None:
        if self._owner.turn():
            self.queue()
            return
        self._busy = False
        if not self._watching:
            self._watching = True
            self._watcher.start(self._tell)
