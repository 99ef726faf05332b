"""The brake: a host that writes faster than its clients read waits for them, as a bus can't.

Theory: a host keeps an event that it couldn't write, and lets the write wait. So while the queue of
a client is half full, nothing is taken from the host, and nobody loses anything. But one client
must not hold up all the others for long: it is waited for only as long as it reads faster than a
busy bus writes. A slower one loses its oldest events, as it does anywhere.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Iterable, NamedTuple, Optional

from ..settings import ClientLimits

__all__ = ["Brake"]

_LOOK = 0.02                    # s from one look at the clients to the next
_WINDOW = 1.5                   # s in which a client shows how fast it reads: a kernel with
#                                 megabytes to be read takes more only when some of them are free
_FULL = 0.5                     # of its queue, then a client is waited for
_READS = 1e5                    # bytes/s of a client that is waited for: 1,000 events, as a bus at
#                                 125 kbit/s has


class _Seen(NamedTuple):
    """A client with a queue, as it was at the beginning of a window."""

    outbox: Any
    since: float
    acknowledged: int           # bytes
    is_fast: bool               # in the window before; at first it may be


class Brake:
    """``clients()`` gives who is there, ``now`` is in seconds."""

    def __init__(self, clients: Callable[[], Iterable[Any]], limits: ClientLimits,
                 now: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._limits = limits
        self._now = now
        self._looked = now()
        self._holds = False
        self._seen: Dict[int, _Seen] = {}       # by the outbox's id

    def holds(self) -> bool:
        """Whether nothing should be taken now; to be asked often, it looks only now and then."""
        now = self._now()
        if now - self._looked >= _LOOK:
            self._looked = now
            self._holds = self._look(now)
        return self._holds

    def _look(self, now: float) -> bool:
        before, self._seen = self._seen, {}
        holds = False
        for client in self._clients():
            full = self._fullness(client.outbox)
            # What was found out about one is kept while it is about as full as that.
            if full >= _FULL or full >= _FULL / 2 and id(client.outbox) in before:
                seen = self._judged(before.get(id(client.outbox)), client, now)
                self._seen[id(client.outbox)] = seen
                holds |= full >= _FULL and seen.is_fast
        return holds

    @staticmethod
    def _judged(seen: Optional[_Seen], client: Any, now: float) -> _Seen:
        if seen is not None and now - seen.since < _WINDOW:
            return seen
        taken = client.acknowledged()
        is_fast = seen is None or taken - seen.acknowledged >= _READS * (now - seen.since)
        return _Seen(client.outbox, now, taken, is_fast)

    def _fullness(self, outbox: Any) -> float:
        full: float = max(outbox.waiting / self._limits.max_client_queue_size,
                          outbox.waiting_bytes / self._limits.max_client_queue_bytes)
        return full
