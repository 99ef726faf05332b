"""What one client may and wants to receive, as a value that equal clients share.

The user's filter and the session's both have to pass, so they are one: the bits that either fixes.
If they fix a bit differently, nothing passes. Equal selections are equal and hash alike however
they came about, and the hub works out each of them once for all clients that have it.
"""

from __future__ import annotations

from typing import FrozenSet, NamedTuple, Optional

from ..model.event import Event
from ..model.filter import PASS_ALL, Filter, event_key
from .rights import RECEIVE_EVENTS
from .rules import Kind, kinds_of
from .users import User

__all__ = ["NOTHING", "Selection"]


class Selection(NamedTuple):
    """``wanted`` and ``mask`` are like ``Pattern.key()``; ``kinds`` is ``None`` for any.

    A tuple, for each client looks its own up in each batch.
    """

    wanted: int = 0
    mask: int = 0
    kinds: Optional[FrozenSet[Kind]] = None

    @classmethod
    def of(cls, user: User, session_filter: Filter = PASS_ALL) -> Selection:
        """The selection of ``user`` with the filter that his session has set."""
        if not user.rights & RECEIVE_EVENTS:
            return NOTHING
        own_mask, session_mask = user.filter.mask.key(), session_filter.mask.key()
        own = user.filter.filter.key() & own_mask
        session = session_filter.filter.key() & session_mask
        if (own ^ session) & own_mask & session_mask:
            return NOTHING
        return cls(own | session, own_mask | session_mask, user.rules.receiving)

    def passes(self, event: Event) -> bool:
        if self.mask and (event_key(event) ^ self.wanted) & self.mask:
            return False
        return self.kinds is None or not self.kinds.isdisjoint(kinds_of(event))


#: What who may not receive gets.
NOTHING = Selection(kinds=frozenset())
