"""The store of states: of each state (see ``reading.states``) the last event, and its age.

It is a receiver of the hub and hears what every receiver hears, in the same turn. So what it holds
between two turns is exactly what the clients' outboxes have been offered, and a snapshot that is
put into an outbox then has no gap to what follows and repeats nothing of it.

Ages are counted from when an event was heard, on a clock that nobody sets. Any event of a node
renews its last sign of life. An event that was read from a file is *restored* until it is heard
again.

Bounded twice, by keys and by keys of one GUID; what was renewed longest ago goes first.

Every event goes through here, so what was heard before takes a short way: the batch has sorted its
events by kinds for the clients' filters already, and with an event's kind one look-up finds the
entry. Measurements mostly have one place of a kind: for these it is a comparison of one byte.
Nothing is moved to keep an order. Which entry is the oldest is worked out only where one has to go.
"""

from __future__ import annotations

import itertools
import math
import sys
import time
from heapq import heapify, heappop, heappush, heapreplace
from typing import Callable, Dict, Final, Iterable, Iterator, List, Optional, Tuple, cast

from ..hub.batch import Batch
from ..hub.verdicts import Kinds, Verdicts
from ..model.event import Event, is_over_level2
from ..model.memory import Query, State
from ..reading.states import Form, form_of, node_key, state_key

__all__ = ["Query", "State", "StateStore"]

_ANY = Query()
_DATA: Final = 7                # its place in an event: by its name it costs twice as much
_WAYS = 2                       # short ways remembered, for each state that there is room for
_VALUES = 2000                  # handed on in a second: twice a full bus of 125 kbit/s, half a
                                # percent of a core; more is a flood
_EVERY = 1.0                    # s from one of a sensor to its next that is handed on in a flood
_NEVER = math.inf
_ALWAYS = sys.float_info.max


#: When something was heard: in which turn, counted, and at which time of the clock.
_Stamp = Tuple[float, float]
_UNHEARD = -math.inf            # the turn of what was not


class _Node:
    """What is kept of one GUID: its entries, and when anything else of it was heard."""

    __slots__ = ("entries", "sign", "stamp", "oldest")

    def __init__(self) -> None:
        self.entries: Dict[bytes, _Entry] = {}
        self.sign: Optional[_Entry] = None
        self.stamp: _Stamp = (_UNHEARD, _UNHEARD)
        self.oldest: Optional[_Oldest] = None   # once it has as many as it may


class _Entry:
    """One state that is kept. ``least`` is how many data bytes tell of it; once it had to go, none
    do. ``first`` is the first of them, where that says the place."""

    __slots__ = ("key", "event", "stamp", "node", "least", "due", "way", "first")

    def __init__(self, key: bytes, event: Event, node: _Node, stamp: _Stamp) -> None:
        self.key = key
        self.event = event
        self.stamp = stamp
        self.node = node
        form = cast(Form, form_of(event.vscp_class, event.vscp_type))    # what has a key has one
        self.least: float = form.least
        #: When its next value would be due if they came evenly; of what is no value never.
        self.due = -_NEVER if form.is_value else _NEVER
        self.way: Optional[_Way] = None
        self.first = 0

    @property
    def gone(self) -> bool:
        return self.least == _NEVER

    @property
    def renewed(self) -> _Stamp:
        """When it was last said; a sign of life is renewed by whatever its node says."""
        node = self.node
        if node.sign is not self:
            return self.stamp
        heard = max(entry.stamp for entry in node.entries.values())
        # Of the others what a file told is no sign of life.
        return max(self.stamp, node.stamp, heard if heard[0] != _UNHEARD else self.stamp)

    @property
    def restored(self) -> bool:
        return self.renewed[0] == _UNHEARD


_Way = Tuple[Dict[bytes, _Entry], bytes]    # those of a kind, and the data that tell the place


class _Ways:
    """The short ways to the entries of what was heard before, by the numbers of kinds.

    ``of_kinds`` has for each kind the data that tell the place, and what finds the entry by them.
    ``likely`` has for each kind the value that came to be known last, where one byte tells its
    place.
    """

    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds
        self.likely: List[Optional[_Entry]] = []
        self.of_kinds: List[Tuple[slice, Callable[[bytes], Optional[_Entry]]]] = []
        self._entries: List[Dict[bytes, _Entry]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def reach_all(self) -> None:
        """Go on with kinds that have come since."""
        for _, vscp_class, vscp_type, _ in self.kinds.in_order[len(self.of_kinds):]:
            form = form_of(vscp_class, vscp_type)
            over = is_over_level2(vscp_class)
            entries: Dict[bytes, _Entry] = {}
            self._entries.append(entries)
            self.likely.append(None)
            # Without a form there is no state; over Level II the place stands elsewhere.
            self.of_kinds.append((slice(0, form.reach if form and not over else 0), entries.get))

    def add(self, number: int, entry: _Entry, most: int) -> None:
        """One to this entry, where its kind has such; beyond ``most`` all are made anew."""
        reach, _ = self.of_kinds[number]
        if not reach.stop:
            return
        if self._count >= most:
            for entries in self._entries:
                entries.clear()
            self._count = 0
        entries, place = self._entries[number], entry.event.data[reach]
        self._count += place not in entries
        entries[place] = entry
        entry.way = (entries, place)
        if reach.stop == 1 and entry.due != _NEVER:
            entry.first = place[0]
            self.likely[number] = entry

    def remove(self, entry: _Entry) -> None:
        if entry.way is not None and entry.way[0].get(entry.way[1]) is entry:
            del entry.way[0][entry.way[1]]
            self._count -= 1


class _Oldest:
    """Finds the entry renewed longest ago, among some that are renewed all the time.

    A heap in which an entry may stand too far in front, never too far behind: one that was renewed
    since is moved when it is met. So renewing costs nothing.
    """

    def __init__(self, entries: Dict[bytes, _Entry]) -> None:
        self._entries = entries
        self._count = itertools.count()
        self._heap: List[Tuple[_Stamp, int, _Entry]] = []
        self._fill()

    def _fill(self) -> None:
        self._heap = [(entry.renewed, next(self._count), entry)
                      for entry in self._entries.values()]
        heapify(self._heap)

    def add(self, entry: _Entry) -> None:
        if len(self._heap) > 2 * len(self._entries):    # others have let most of them go
            self._fill()
        heappush(self._heap, (entry.renewed, next(self._count), entry))

    def find(self) -> _Entry:
        """There must be one."""
        while True:
            stamp, _, entry = self._heap[0]
            if entry.gone:
                heappop(self._heap)
            elif entry.renewed > stamp:
                heapreplace(self._heap, (entry.renewed, next(self._count), entry))
            else:
                return entry


class StateStore:
    """``size`` and ``size_per_guid`` are in keys; a size of 0 keeps nothing.

    ``values`` is given the values of a batch, as pairs of key and event; in a flood one a second
    of each sensor. ``clock`` is in seconds and never goes back. ``evicted`` counts what had to go
    for something newer, ``thinned`` values that were not handed on; ``version`` changes with every
    change.
    """

    label = "state"

    def __init__(self, size: int, size_per_guid: int,
                 values: Optional[Callable[[List[Tuple[bytes, Event]]], None]] = None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.thinned = 0
        self.evicted: Dict[str, int] = {"size": 0, "size-per-guid": 0}
        self.version = 0
        self._values = values
        self._size = size
        self._size_per_guid = size_per_guid
        self._clock = clock
        self._room, self._room_at = float(_VALUES), clock()     # for values that are handed on
        self._turn = 0
        self._entries: Dict[bytes, _Entry] = {}
        self._nodes: Dict[bytes, _Node] = {}
        self._oldest: Optional[_Oldest] = None  # once the store is full
        self._verdicts = Verdicts()     # for what is no batch of the hub
        self._ways = _Ways(Kinds())

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def restored(self) -> int:
        """How many states are known from a file alone."""
        return sum(entry.restored for entry in self._entries.values())

    def resize(self, size: int, size_per_guid: int) -> None:
        """New limits; what is too much goes."""
        self._size, self._size_per_guid = size, size_per_guid
        while len(self._entries) > size:
            self._evict("size")
        for node in list(self._nodes.values()):
            while len(node.entries) > size_per_guid:
                self._evict("size-per-guid", node)

    # ---- hearing ---------------------------------------------------------------------------

    def take(self, batch: Batch) -> int:
        """Keep what a batch of the hub tells; returns how many of its events told of a state.

        What came by a short way in one turn counts as renewed at one time.
        """
        if not self._size:
            return 0
        events, now, stateless, valueless = batch.events, self._clock(), 0, 0
        stamp, by_kind = self._stamp(now), batch.by_kind
        if self._ways.kinds is not by_kind.kinds:
            self._ways = _Ways(by_kind.kinds)
        self._ways.reach_all()
        ways, likely = self._ways.of_kinds, self._ways.likely
        limit, step = _ALWAYS, 0.0
        if self._is_flood(now, len(events)):
            limit, step = now + _EVERY / 2, _EVERY
        found: List[Tuple[bytes, Event]] = []
        for event, number in zip(events, by_kind.numbers):
            data = event[_DATA]
            entry = likely[number]
            if entry is None or len(data) < entry.least or data[0] != entry.first:
                reach, find = ways[number]
                entry = find(data[reach])
                if entry is None or len(data) < entry.least:
                    entry = self._hear(event, now, number)
                    if entry is None:
                        stateless += 1
                        continue
                    stamp = entry.stamp
                valueless += entry.due == _NEVER
            entry.event = event
            entry.stamp = stamp
            due = entry.due
            if due <= limit:
                entry.due = (due if due > now else now) + step
                found.append((entry.key, event))
        count = len(events) - stateless
        values = count - valueless
        self.version += count
        self.thinned += values - len(found)
        self._room = max(0.0, self._room - values)
        if found and self._values is not None:
            self._values(found)
        return count

    def _is_flood(self, now: float, count: int) -> bool:
        """Whether there is no room for so many more values."""
        self._room = min(_VALUES, self._room + (now - self._room_at) * _VALUES)
        self._room_at = now
        return count > self._room

    def fail(self, reason: str) -> None:
        """Nothing is lost but the batch that could not be heard."""

    def hear(self, events: Iterable[Event]) -> int:
        """The same of events that are no batch of the hub."""
        return self.take(Batch(tuple(events), self._verdicts))

    def _stamp(self, now: float) -> _Stamp:
        self._turn += 1
        return self._turn, now

    def _hear(self, event: Event, now: float, number: int) -> Optional[_Entry]:
        """The long way: the entry of an event that tells of a state."""
        key, node, stamp = state_key(event), self._nodes.get(event.guid), self._stamp(now)
        if node is not None:
            node.stamp = stamp
            self.version += node.sign is not None
        if key is None:
            return None
        entry = self._entries.get(key)
        if entry is None:
            self._make_room(event.guid)
            entry = self._add(key, event, stamp)
        entry.event = event
        entry.stamp = stamp
        self._ways.add(number, entry, _WAYS * self._size)
        return entry

    def _add(self, key: bytes, event: Event, stamp: _Stamp) -> _Entry:
        node = self._nodes.setdefault(event.guid, _Node())
        entry = self._entries[key] = node.entries[key] = _Entry(key, event, node, stamp)
        if key == node_key(event.guid):
            node.sign = entry
        for oldest in (self._oldest, node.oldest):
            if oldest is not None:
                oldest.add(entry)
        return entry

    def restore(self, states: Iterable[State]) -> int:
        """Take over what a file told, the newest first, as far as there is room; what is known
        already stays. Returns how many were taken."""
        now, count = self._clock(), 0
        for event, age, _ in sorted(states, key=lambda state: state.age):
            key = state_key(event)
            if key is None or key in self._entries or self._full(event.guid):
                continue
            self._add(key, event, (_UNHEARD, now - max(0.0, age)))
            count += 1
        self.version += count
        return count

    # ---- room ------------------------------------------------------------------------------

    def _full(self, guid: bytes) -> str:
        """The limit that one more state of a node is beyond; empty if there is room."""
        node = self._nodes.get(guid)
        if node is not None and len(node.entries) >= self._size_per_guid:
            return "size-per-guid"
        return "size" if len(self._entries) >= self._size else ""

    def _make_room(self, guid: bytes) -> None:
        reason = self._full(guid)
        if reason:
            self._evict(reason, self._nodes[guid] if reason == "size-per-guid" else None)

    def _evict(self, reason: str, node: Optional[_Node] = None) -> None:
        """What was renewed longest ago goes, of one node or of all."""
        if node is None:
            self._oldest = self._oldest or _Oldest(self._entries)
            entry = self._oldest.find()
        else:
            node.oldest = node.oldest or _Oldest(node.entries)
            entry = node.oldest.find()
        self._forget(entry)
        self.evicted[reason] += 1

    def _forget(self, entry: _Entry) -> None:
        node, guid = entry.node, entry.event.guid
        entry.least = _NEVER
        if not entry.restored:
            node.stamp = max(node.stamp, entry.stamp)   # it was a sign of life all the same
        del self._entries[entry.key], node.entries[entry.key]
        self._ways.remove(entry)
        if node.sign is entry:
            node.sign = None
        if not node.entries:
            del self._nodes[guid]

    # ---- asking ----------------------------------------------------------------------------

    def capture(self) -> Iterator[State]:
        """The states as they are now, oldest first; each is made when it is its turn."""
        now = self._clock()
        kept = [(entry.renewed, entry.event) for entry in self._entries.values()]
        kept.sort(key=_stamp_of)
        return (State(event, max(0.0, now - heard), turn == _UNHEARD)
                for (turn, heard), event in kept)

    def snapshot(self, query: Query = _ANY,
                 passes: Callable[[Event], bool] = lambda event: True) -> List[State]:
        """The states that fit ``query`` and that ``passes`` lets through, oldest first."""
        return [state for state in self.capture() if query.fits(state) and passes(state.event)]


def _stamp_of(kept: Tuple[_Stamp, Event]) -> _Stamp:
    return kept[0]
