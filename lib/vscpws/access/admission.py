"""Admission: what has to be true of an event that a user sends, whichever way it comes in.

The order is that of the refusals: the right to send (error 6), the right to the class and the
user's list of events (error 7), the ranges of the fields (error 8). A priority above the user's is
lowered, and what is missing is filled in by the interface that the event comes in on.
"""

from __future__ import annotations

from typing import NamedTuple

from ..model.errors import NotAllowed, NotAuthorizedToSend, ParseError
from ..model.event import Event, check, complete
from .rights import SEND_EVENTS, class_right
from .users import User

__all__ = ["Origin", "admit"]


class Origin(NamedTuple):
    """Where an event comes in."""

    obid: int               # of the channel
    guid: bytes             # of the interface, for events that have none; 16 bytes
    level1_data: int        # data bytes that a Level I event may have
    now: int                # µs since 1970


def admit(event: Event, user: User, origin: Origin) -> Event:
    """The event as it goes to the hub.

    Raises ``NotAuthorizedToSend``, ``NotAllowed`` or ``ParseError``.
    """
    if not user.rights & SEND_EVENTS:
        raise NotAuthorizedToSend("no right to send events")
    if class_right(event.vscp_class) & ~user.rights:
        raise NotAllowed("no right to send events of class %d" % event.vscp_class)
    event = user.rules.may_send(event)
    try:
        check(event, origin.level1_data)
    except ValueError as error:
        raise ParseError(str(error)) from None
    return complete(event, origin.obid, origin.now, origin.guid)
