"""What has to be true of an event that a user sends, whichever way it comes in.

The order is that of the refusals: the right to send (error 6), the right to the class and the
user's list of events (error 7), the ranges of the fields (error 8). A priority above the user's is
lowered, and what is missing is filled in by the interface that the event comes in on.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

from ..model.errors import NotAllowed, NotAuthorizedToSend, ParseError
from ..model.event import (
    MAX_LEVEL1_DATA,
    Event,
    check,
    complete,
    data_sizes,
    priority_of,
    with_priority,
)
from .rights import SEND_EVENTS, class_right
from .users import User

__all__ = ["Admission", "Origin", "admit"]

_KINDS = 256                    # remembered of one login; who sends more has them judged again


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


class Admission:
    """``admit`` for all the events of one user from one place; ``user`` is for reading.

    The verdict on an event is that on its kind, its head, class and type, but for how many data
    bytes it has. So a kind that was admitted is known from then on, with the sizes that it may
    have; all other events are judged. ``level1_data`` says at any time how many data bytes a Level
    I event may have, ``now`` the time in µs since 1970; the rest is as in ``Origin``.

    A user whose entry changes needs another one.
    """

    __slots__ = ("user", "_obid", "_guid", "_level1_data", "_now", "_known")

    def __init__(self, user: User, obid: int, guid: bytes, level1_data: Callable[[], int],
                 now: Callable[[], int]):
        self.user = user
        self._obid = obid
        self._guid = guid
        self._level1_data = level1_data
        self._now = now
        # Kind -> data bytes at least and at most, and the priority if it is lowered (else -1).
        self._known: Dict[Tuple[int, int, int], Tuple[int, int, int]] = {}

    def admit(self, event: Event) -> Event:
        """As the function does."""
        known = self.admit_known((event,))
        return known[0] if known else self._judged(event)

    def admit_known(self, events: Iterable[Optional[Event]]) -> List[Event]:
        """The same of several that came at one time, before the first one, or the first ``None``,
        that has to be looked at by itself."""
        known, now, admitted = self._known, 0, []
        for event in events:
            if event is None:
                break
            verdict = known.get(event[:3])
            if verdict is None:
                break
            least, most, priority = verdict
            if not least <= len(event.data) <= most:
                break
            if priority >= 0:
                event = with_priority(event, priority)
            now = now or self._now()
            admitted.append(complete(event, self._obid, now, self._guid))
        return admitted

    def _judged(self, event: Event) -> Event:
        level1_data = MAX_LEVEL1_DATA       # what every interface takes; is there more to know?
        if len(event.data) > level1_data:
            level1_data = self._level1_data()
        admitted = admit(event, self.user, Origin(
            self._obid, self._guid, level1_data, self._now()))
        if len(self._known) >= _KINDS:
            self._known.clear()
        priority = priority_of(admitted.head)
        self._known[event[:3]] = (*data_sizes(event.vscp_class), (
            priority if priority != priority_of(event.head) else -1))
        return admitted
