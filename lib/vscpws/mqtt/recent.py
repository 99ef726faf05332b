"""Events that were sent to the broker a moment ago, so that they are known when they come back.

MQTT 3.1.1 gives a client what it has published itself, if its subscriptions say so; and what is
forwarded to another daemon comes back as that one's. An event is known by what nobody changes on
the way: class, type, data and its time in microseconds, and its GUID unless it had none.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Callable, List, Tuple

from ..model.event import Event
from ..model.guid import ZERO

__all__ = ["Recent"]

_AGE = 10.0                     # s; a broker is faster
_MOST = 65536                   # events: ten seconds of a full bus, with room for bursts

_Key = Tuple[int, int, int, bytes, bytes]


class Recent:
    """``clock`` is in seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: "OrderedDict[_Key, float]" = OrderedDict()

    def add(self, event: Event) -> None:
        """It goes out now."""
        now = self._clock()
        times = self._times
        key = _key(event, event.guid)
        times[key] = now
        times.move_to_end(key)
        while len(times) > _MOST or now - next(iter(times.values())) >= _AGE:
            times.popitem(last=False)

    def forget(self, event: Event) -> None:
        """It did not go out after all."""
        self._times.pop(_key(event, event.guid), None)

    def fresh(self, events: List[Event]) -> List[Event]:
        """Those that did not go out from here within the last ten seconds."""
        times = self._times
        if not times:
            return events
        limit = self._clock() - _AGE
        if next(reversed(times.values())) <= limit:
            times.clear()
            return events
        return [event for event in events if times.get(_key(event, event.guid), limit) <= limit
                and times.get(_key(event, ZERO), limit) <= limit]


def _key(event: Event, guid: bytes) -> _Key:
    return event.vscp_class, event.vscp_type, event.timestamp, event.data, guid
