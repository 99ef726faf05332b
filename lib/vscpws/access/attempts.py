"""Failed logins, counted by remote address.

An address may fail so often within a window of time; then it is exhausted until its oldest failure
has left the window. The answer to each failure comes later than the one before: 0, 1, 2, 4, 8, 8…
seconds. A login that succeeds ends the delays, but its address has failed as often as before: else
one good account would buy any number of guesses at the others.

An IPv6 client has a whole /64 to itself, so that is what is counted. The table is bounded; where it
is full, the address whose last failure is oldest is forgotten.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Callable, Deque, Optional

from .addresses import parse_address

__all__ = ["Attempts"]

_SUBSCRIBER_BITS = 64           # of an IPv6 address: what one client chooses freely
_LAST_DELAY = 8                 # s
_DELAYS = (0, 0, 1, 2, 4, _LAST_DELAY)      # by failures in a row


class _Record:
    def __init__(self, kept: int):
        self.failures: Deque[float] = deque(maxlen=kept)    # times
        self.in_a_row = 0                                   # since the last success


class Attempts:
    """``per_address_limit`` failures within ``window`` seconds, 0 for no limit.

    ``now`` is a monotonic clock in seconds.
    """

    def __init__(self, per_address_limit: int, window: float, now: Callable[[], float],
                 max_addresses: int = 4096):
        self._limit = per_address_limit
        self._window = window
        self._now = now
        self._max_addresses = max_addresses
        self._kept = max(per_address_limit, len(_DELAYS))
        self._records: OrderedDict[str, _Record] = OrderedDict()    # last failure oldest first

    def __len__(self) -> int:
        return len(self._records)

    def set_limit(self, per_address_limit: int) -> None:
        """Another limit from now on; what has failed stays counted, as far as it was kept."""
        self._limit = per_address_limit
        self._kept = max(per_address_limit, len(_DELAYS))
        for record in self._records.values():
            record.failures = deque(record.failures, maxlen=self._kept)

    def failed(self, address: str) -> None:
        key = _key(address)
        record = self._current(key) or _Record(self._kept)
        record.failures.append(self._now())
        record.in_a_row += 1
        self._records[key] = record
        self._records.move_to_end(key)
        if len(self._records) > self._max_addresses:
            self._records.popitem(last=False)

    def succeeded(self, address: str) -> None:
        record = self._current(_key(address))
        if record:
            record.in_a_row = 0

    def delay(self, address: str) -> float:
        """Seconds to wait before the last failure is answered."""
        record = self._current(_key(address))
        if not record:
            return 0
        return _DELAYS[min(record.in_a_row, len(record.failures), len(_DELAYS) - 1)]

    def exhausted(self, address: str) -> bool:
        """Whether the address has failed too often; its logins need no check any more."""
        record = self._current(_key(address))
        return bool(record and self._limit and len(record.failures) >= self._limit)

    def _current(self, key: str) -> Optional[_Record]:
        """The address's record without what has left the window; none if nothing remains."""
        record = self._records.get(key)
        if record:
            oldest = self._now() - self._window
            while record.failures and record.failures[0] <= oldest:
                record.failures.popleft()
            if not record.failures:
                del self._records[key]
                record = None
        return record


def _key(address: str) -> str:
    try:
        remote = parse_address(address)
    except ValueError:
        return address
    if remote.version == 4:
        return str(remote)
    return "%x/64" % (int(remote) >> _SUBSCRIBER_BITS)
