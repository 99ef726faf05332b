"""The store of states: of each state (see ``reading.states``) the last event, and its age.

It is a receiver of the hub and hears what every receiver hears, in the same turn. So what it holds
between two turns is exactly what the clients' outboxes have been offered, and a snapshot that is
put into an outbox then has no gap to what follows and repeats nothing of it.

Ages are counted from when an event was heard, on a clock that nobody sets. Any event of a node
renews its last sign of life. An event that was read from a file is *restored* until it is heard
again.

Bounded twice, by keys and by keys of one GUID; what was renewed longest ago goes first.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Callable, Dict, Iterable, Iterator, List, Optional, Tuple

from ..hub.batch import Batch
from ..model.event import LEVEL2_CLASS, OVER_LEVEL2_CLASS, Event
from ..model.memory import Query, State
from ..reading.states import Form, form_of, node_key, state_key

__all__ = ["Query", "State", "StateStore"]

_ANY = Query()
_KINDS = 512                    # ways remembered, of one node and of one of its kinds
_BURST = 100                    # values of one sensor handed on in a row,
_RATE = 10                      # and in a second: no sensor of a house has more to say


class _Entry:
    """One state that is kept; ``gone`` once it had to go."""

    __slots__ = ("key", "event", "heard", "restored", "node", "gone", "samples", "since")

    def __init__(self, key: bytes, event: Event, node: "_Node") -> None:
        self.key = key
        self.event = event
        self.heard = 0.0
        self.restored = False
        self.node = node
        self.gone = False
        self.samples = _BURST           # that may be handed on yet
        self.since = 0.0                # when that number was right


class _Kind:
    """One class and type of one node: where the place stands in the data, and its entries by it."""

    __slots__ = ("form", "entries")

    def __init__(self, form: Optional[Form]) -> None:
        self.form = form
        self.entries: Dict[bytes, _Entry] = {}      # as found before; any of them may be gone


class _Node:
    """What is kept of one GUID: the entries, renewed last comes last, and the sign of life."""

    __slots__ = ("entries", "sign", "kinds")

    def __init__(self) -> None:
        self.entries: "OrderedDict[bytes, _Entry]" = OrderedDict()
        self.sign: Optional[_Entry] = None
        self.kinds: Dict[Tuple[int, int], _Kind] = {}


class StateStore:
    """``size`` and ``size_per_guid`` are in keys; a size of 0 keeps nothing.

    ``values`` is given the values of a batch, as pairs of key and event; of a sensor that floods,
    ten a second. ``clock`` is in seconds and never goes back. ``evicted`` counts what had to go for
    something newer, ``thinned`` values that were not handed on; ``version`` changes with every
    change.
    """

    label = "state"

    def __init__(self, size: int, size_per_guid: int,
                 values: Optional[Callable[[List[Tuple[bytes, Event]]], None]] = None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.thinned = 0
        self._values = values
        self._found: List[Tuple[bytes, Event]] = []     # values of the batch that is heard
        self.evicted: Dict[str, int] = {"size": 0, "size-per-guid": 0}
        self.version = 0
        self._size = size
        self._size_per_guid = size_per_guid
        self._clock = clock
        self._entries: "OrderedDict[bytes, _Entry]" = OrderedDict()    # renewed last comes last
        self._nodes: Dict[bytes, _Node] = {}

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
            self._evict(self._entries, "size")
        for node in list(self._nodes.values()):
            while len(node.entries) > size_per_guid:
                self._evict(node.entries, "size-per-guid")

    # ---- hearing ---------------------------------------------------------------------------

    def take(self, batch: Batch) -> int:
        """Hear a batch of the hub; returns how many of its events told of a state."""
        return self.hear(batch.events)

    def fail(self, reason: str) -> None:
        """Nothing is lost but the batch that could not be heard."""

    def hear(self, events: Iterable[Event]) -> int:
        """Keep what ``events`` tell; returns how many told of a state."""
        if not self._size:
            return 0
        now, nodes, count = self._clock(), self._nodes, 0
        for event in events:
            # The short way, for what was heard before: three look-ups, and no key is made.
            node = nodes.get(event.guid)
            if node is not None:
                if node.sign is not None and node.sign.heard != now:
                    self._renew(node.sign, now)
                kind = node.kinds.get((event.vscp_class, event.vscp_type))
                if kind is not None:
                    form = kind.form
                    if form is None:
                        continue
                    entry = kind.entries.get(event.data[form.part])     # type: ignore[index]
                    if entry is not None and not entry.gone and len(event.data) >= form.least:
                        if entry.heard != now:
                            self._renew(entry, now)
                        entry.event = event
                        count += 1
                        if form.is_value:
                            if entry.samples:
                                entry.samples -= 1
                                self._found.append((entry.key, event))
                            else:
                                self.thinned += 1
                        continue
            count += self._hear(event, now)
        self.version += count
        if self._found:
            self._hand_on()
        return count

    def _hand_on(self) -> None:
        found, self._found = self._found, []
        if self._values is not None:
            self._values(found)

    def _renew(self, entry: _Entry, now: float) -> None:
        entry.heard, entry.restored = now, False
        due = int((now - entry.since) * _RATE)
        if due:
            entry.samples, entry.since = min(_BURST, entry.samples + due), now
        self._entries.move_to_end(entry.key)
        entry.node.entries.move_to_end(entry.key)
        self.version += 1

    def _hear(self, event: Event, now: float) -> bool:
        """The long way; says whether the event tells of a state."""
        key = state_key(event)
        if key is not None:
            entry = self._keep(key, event)
            self._renew(entry, now)
            self._remember(event, entry)
            form = form_of(event.vscp_class, event.vscp_type)
            if form is not None and form.is_value and entry.samples:
                entry.samples -= 1
                self._found.append((key, event))
        elif event.guid in self._nodes:
            self._remember(event, None)
        return key is not None

    def _remember(self, event: Event, entry: Optional[_Entry]) -> None:
        """The short way for the next of its kind, where there is one."""
        kinds = self._nodes[event.guid].kinds
        which = event.vscp_class, event.vscp_type
        form = form_of(*which)
        over = OVER_LEVEL2_CLASS <= event.vscp_class < LEVEL2_CLASS
        if form is not None and (form.part is None or over):
            return
        if len(kinds) >= _KINDS:
            kinds.clear()
        kind = kinds.setdefault(which, _Kind(form))
        if form is not None and form.part is not None and entry is not None:
            if len(kind.entries) >= _KINDS:
                kind.entries.clear()
            kind.entries[event.data[form.part]] = entry

    def restore(self, states: Iterable[State]) -> int:
        """Take over what a file told; what is known already stays. Returns how many were taken."""
        now, count = self._clock(), 0
        heard = list(self._entries.values())
        for event, age, _ in sorted(states, key=lambda state: -state.age):
            key = state_key(event)
            if key is not None and key not in self._entries and self._size:
                entry = self._keep(key, event)
                entry.heard, entry.restored = now - max(0.0, age), True
                count += 1
        for entry in heard:     # newer than anything restored
            if not entry.gone:
                self._entries.move_to_end(entry.key)
                entry.node.entries.move_to_end(entry.key)
        self.version += count
        return count

    def _keep(self, key: bytes, event: Event) -> _Entry:
        """The entry of ``key`` with this event; something older goes for a new one."""
        entry = self._entries.get(key)
        if entry is not None:
            entry.event = event
            return entry
        node = self._nodes.get(event.guid)
        if node is not None and len(node.entries) >= self._size_per_guid:
            self._evict(node.entries, "size-per-guid")
        elif len(self._entries) >= self._size:
            self._evict(self._entries, "size")
        node = self._nodes.setdefault(event.guid, _Node())
        entry = self._entries[key] = node.entries[key] = _Entry(key, event, node)
        if key == node_key(event.guid):
            node.sign = entry
        return entry

    def _evict(self, entries: "OrderedDict[bytes, _Entry]", reason: str) -> None:
        """The one of ``entries`` that was renewed longest ago goes."""
        entry = next(iter(entries.values()))
        node, guid = entry.node, entry.event.guid
        entry.gone = True
        del self._entries[entry.key], node.entries[entry.key]
        if node.sign is entry:
            node.sign = None
        if not node.entries:
            del self._nodes[guid]
        self.evicted[reason] += 1

    # ---- asking ----------------------------------------------------------------------------

    def capture(self) -> Iterator[State]:
        """The states as they are now, oldest first; each is made when it is its turn."""
        now = self._clock()
        kept = [(entry.event, entry.heard, entry.restored) for entry in self._entries.values()]
        return (State(event, max(0.0, now - heard), restored) for event, heard, restored in kept)

    def snapshot(self, query: Query = _ANY,
                 passes: Callable[[Event], bool] = lambda event: True) -> List[State]:
        """The states that fit ``query`` and that ``passes`` lets through, oldest first."""
        return [state for state in self.capture() if query.fits(state) and passes(state.event)]
