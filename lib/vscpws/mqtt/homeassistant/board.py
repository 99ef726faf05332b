"""The retained topics as they ought to be at the broker, and which of them it hasn't heard yet.

What is pinned goes out at once where the broker is there, else, and after the broker has forgotten,
a number at a time: so that thousands of states fit the bridge's queue.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Callable, Dict, Iterable, List, Tuple

from .memo import MOST_GONE

__all__ = ["Board"]

_Publish = Callable[[str, bytes, bool, int], bool]


class Board:
    """``publish(topic, payload, retain, qos)`` says whether the message is on its way."""

    def __init__(self, publish: _Publish) -> None:
        self.connected = False
        self._publish = publish
        self._pinned: Dict[str, Tuple[bytes, int]] = {}
        self._due: "OrderedDict[str, None]" = OrderedDict()
        self._gone: "OrderedDict[str, None]" = OrderedDict()

    def __len__(self) -> int:
        return len(self._pinned)

    def pin(self, topic: str, payload: bytes, qos: int = 0) -> None:
        """From now on this is the topic's payload."""
        self._pinned[topic] = payload, qos
        self._gone.pop(topic, None)
        if self.connected and self._publish(topic, payload, True, qos):
            self._due.pop(topic, None)
        else:
            self._due[topic] = None

    def clear(self, topics: Iterable[str]) -> None:
        """The broker is to forget these."""
        for topic in topics:
            self._pinned.pop(topic, None)
            self._due.pop(topic, None)
            if len(self._gone) < MOST_GONE:
                self._gone[topic] = None

    def keep(self, topic: str) -> None:
        """The topic is in use again, whoever publishes there."""
        self._gone.pop(topic, None)

    @property
    def gone(self) -> List[str]:
        """The topics that are still to be cleared."""
        return list(self._gone)

    def again(self, topics: Iterable[str]) -> None:
        """Publish them once more, in this order; those that are not pinned are left out."""
        for topic in topics:
            if topic in self._pinned:
                self._due.pop(topic, None)
                self._due[topic] = None

    def all_again(self) -> None:
        self.again(list(self._pinned))

    def flush(self, most: int) -> int:
        """Publish up to ``most`` of what is due, first what is to be cleared; how many it were."""
        count = 0
        while self.connected and count < most and (self._gone or self._due):
            waiting = self._gone or self._due
            topic = next(iter(waiting))
            payload, qos = (b"", 1) if waiting is self._gone else self._pinned[topic]
            if not self._publish(topic, payload, True, qos):
                break
            del waiting[topic]
            count += 1
        return count
