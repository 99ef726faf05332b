"""Failed logins, counted by remote address.

An address may fail so often within a window of time; then it is exhausted until its oldest failure
has left the window. A login whose check goes on counts as if it had failed: an address has no more
of them in flight than it has failures left, and the next one waits for the end of one of them.

The answer to each failure comes later than the one before: 0, 1, 2, 4, 8, 8… seconds; and none
sooner than a tenth of a second after the login came, whatever it failed for, so that the time
tells nothing about what was sent. A login that succeeds ends the delays, but its address has failed
as often as before: else one good account would buy any number of guesses at the others.

An IPv6 client has a whole /64 to itself, so that is what is counted. The table is bounded; where it
is full, the address whose last failure is oldest is forgotten.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from typing import Callable, Deque, Dict, List, Optional

from .hosts import host_of

__all__ = ["Attempts"]

_LAST_DELAY = 8                 # s
_DELAYS = (0, 0, 1, 2, 4, _LAST_DELAY)      # by failures in a row
_SOONEST = 0.1                  # s from a login to the answer that it failed; a check takes less


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
        self._in_flight: Counter[str] = Counter()
        self._waiting: Dict[str, List[Callable[[], None]]] = {}

    def now(self) -> float:
        """The clock's time."""
        return self._now()

    def __len__(self) -> int:
        return len(self._records)

    def set_limit(self, per_address_limit: int) -> None:
        """Another limit from now on; what has failed stays counted, as far as it was kept."""
        self._limit = per_address_limit
        self._kept = max(per_address_limit, len(_DELAYS))
        for record in self._records.values():
            record.failures = deque(record.failures, maxlen=self._kept)

    def begin(self, address: str) -> bool:
        """Whether a login of this address may be checked now; if so it is in flight until
        ``end``."""
        key = host_of(address)
        if self._limit and self._failures(key) + self._in_flight[key] >= self._limit:
            return False
        self._in_flight[key] += 1
        return True

    def end(self, address: str, passed: bool) -> None:
        """The check of a login that was in flight has ended."""
        key = host_of(address)
        self._in_flight[key] -= 1
        if not self._in_flight[key]:
            del self._in_flight[key]
        if passed:
            self.succeeded(address)
        else:
            self.failed(address)
        for wake in self._waiting.pop(key, ()):     # all: some may have gone
            wake()

    def on_end(self, address: str, wake: Callable[[], None]) -> None:
        """Calls ``wake`` once when the next check of this address ends."""
        self._waiting.setdefault(host_of(address), []).append(wake)

    def failed(self, address: str) -> None:
        key = host_of(address)
        record = self._current(key) or _Record(self._kept)
        record.failures.append(self._now())
        record.in_a_row += 1
        self._records[key] = record
        self._records.move_to_end(key)
        if len(self._records) > self._max_addresses:
            self._records.popitem(last=False)

    def succeeded(self, address: str) -> None:
        record = self._current(host_of(address))
        if record:
            record.in_a_row = 0

    def delay(self, address: str, came: float) -> float:
        """Seconds to wait before the last failure is answered, which ``came`` at that time."""
        record = self._current(host_of(address))
        grown = _DELAYS[min(record.in_a_row, len(record.failures), len(_DELAYS) - 1)] if (
            record) else 0
        return max(grown, came + _SOONEST - self._now(), 0)

    def exhausted(self, address: str) -> bool:
        """Whether the address has failed too often; its logins need no check any more."""
        return bool(self._limit) and self._failures(host_of(address)) >= self._limit

    def _failures(self, key: str) -> int:
        record = self._current(key)
        return len(record.failures) if record else 0

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
