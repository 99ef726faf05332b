"""Where frames come from and go to: the interface of the sources, and how they fail.

::

    SourceError               the bus can't be used now; close it and try again later
      BusMissing     waiting    no such interface, device or file
        BusUnusable  unusable   no retry mends it: a package is missing, a name or option is wrong
      BusDown        down       the interface is there and switched off
      BusOff         bus-off    the controller has left the bus
    SendRefused               this frame can't be taken now
      SendBusy                  because a queue is full: a short wait may help

Each carries a reason that is fit for a log line.
"""

from __future__ import annotations

from typing import List

from ..codec.canframe import CanFrame

__all__ = [
    "BusDown", "BusMissing", "BusOff", "BusUnusable", "SendBusy", "SendRefused", "Source",
    "SourceError",
]


class SourceError(Exception):
    """The bus can't be used now; ``state`` is the bus state that follows."""

    state = "waiting"


class BusMissing(SourceError):
    state = "waiting"


class BusUnusable(BusMissing):
    state = "unusable"


class BusDown(SourceError):
    state = "down"


class BusOff(SourceError):
    state = "bus-off"


class SendRefused(Exception):
    """One frame was not taken; the bus itself may be well."""


class SendBusy(SendRefused):
    """One frame was not taken because a queue is full at the moment."""


class Source:
    """One CAN interface. Every call waits cooperatively, if at all; one greenlet reads, one sends.

    ``open`` and ``close`` may follow each other again and again. ``fd`` says after ``open`` whether
    frames may have 64 bytes; ``drops`` counts the frames that were lost before they could be read,
    ``skipped`` what was read and is no frame, for the reason ``skip_reason`` (empty: the source has
    told it itself).
    """

    fd = False
    drops = 0
    skipped = 0
    skip_reason = ""

    def open(self) -> None:
        """Open the interface; raises ``SourceError``."""
        raise NotImplementedError

    def read(self, limit: int) -> List[CanFrame]:
        """Wait for frames and return 1 to ``limit`` of them, oldest first; none where only a
        counter has changed.

        Raises ``SourceError`` when the interface fails, after all that was received before.
        """
        raise NotImplementedError

    def send(self, can_id: int, data: bytes) -> None:
        """Send an extended frame (29-bit ``can_id``); raises ``SendRefused``, ``SourceError``."""
        raise NotImplementedError

    def close(self) -> None:
        """Give everything back; safe to call in any state."""
        raise NotImplementedError
