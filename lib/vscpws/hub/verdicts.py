"""What selections said of kinds of events, remembered from batch to batch.

Theory: a bus has few kinds of events, each of them over and over: those of one head, class, type
and GUID. A selection looks at nothing else, so its verdict on a kind holds for every event of it.
Kinds are numbered as they come, and what a selection says of all of them is a row of zeros and
ones by that number. So a batch's events are looked up by kind once, for all selections, and what
one of them says of the batch is picked out of its row without a line of Python per event.

Bounded: whoever sends ever new GUIDs, or sets ever new filters, only has things judged anew.
"""

from __future__ import annotations

from collections import OrderedDict
from operator import itemgetter
from typing import Callable, Dict, Hashable, List, Protocol, Sequence, Tuple

from ..model.event import Event

__all__ = ["Kind", "Kinds", "Marks", "Selects", "Sorted", "Verdicts"]

#: Head, class, type and GUID of an event: what a selection may look at.
Kind = Tuple[int, int, int, bytes]

#: For each event of a batch whether it passes: 0 or 1.
Marks = Tuple[int, ...]

_kind_of = itemgetter(0, 1, 2, 6)
_KINDS = 4096                   # numbered, before it begins anew with the next batch
_SELECTIONS = 256               # remembered


class Selects(Hashable, Protocol):
    """What a receiver wants; equal ones pass the same events.

    It judges by head, class, type and GUID, and by nothing else of an event.
    """

    def passes(self, event: Event) -> bool:
        """Whether it wants this event."""


class Kinds(Dict[Kind, int]):
    """The numbers of kinds, counted from 0, and what selections say of them.

    Numbers are of this object: after too many kinds the next batches have another.
    """

    def __init__(self) -> None:
        self.in_order: List[Kind] = []
        self._rows: "OrderedDict[Selects, bytes]" = OrderedDict()   # asked last comes last

    def __missing__(self, kind: Kind) -> int:
        number = self[kind] = len(self.in_order)
        self.in_order.append(kind)
        return number

    @property
    def selections(self) -> int:
        return len(self._rows)

    def row(self, selection: Selects) -> bytes:
        """A 1 for each kind that it passes, a 0 for the others."""
        row = self._rows.get(selection)
        if row is None:
            if len(self._rows) >= _SELECTIONS:
                self._rows.popitem(last=False)
            row = self._rows[selection] = self._judged(selection, 0)
        else:
            self._rows.move_to_end(selection)
            if len(row) < len(self.in_order):
                row = self._rows[selection] = row + self._judged(selection, len(row))
        return row

    def _judged(self, selection: Selects, first: int) -> bytes:
        return bytes(bool(selection.passes(Event(head, vscp_class, vscp_type, 0, 0, 0, guid, b"")))
                     for head, vscp_class, vscp_type, guid in self.in_order[first:])


class Sorted:
    """The events of one batch by their kinds: the ``numbers`` that these have in ``kinds``."""

    def __init__(self, kinds: Kinds, events: Sequence[Event]) -> None:
        self.kinds = kinds
        self.numbers = list(map(kinds.__getitem__, map(_kind_of, events)))
        self._pick: Callable[[bytes], Marks] = (
            itemgetter(*self.numbers) if len(events) > 1 else self._pick_few)

    def _pick_few(self, row: bytes) -> Marks:
        """An itemgetter of one number gives no tuple."""
        return tuple([row[number] for number in self.numbers])

    def marks(self, selection: Selects) -> Marks:
        """What it says of the events of this batch."""
        return self._pick(self.kinds.row(selection))


class Verdicts:
    """The memory of one hub. The selection asked longest ago is forgotten first."""

    def __init__(self) -> None:
        self._kinds = Kinds()

    def __len__(self) -> int:
        return self._kinds.selections

    def sorted(self, events: Sequence[Event]) -> Sorted:
        """A batch's events by kinds."""
        if len(self._kinds) >= _KINDS:
            self._kinds = Kinds()       # what is under way goes on with the one before
        return Sorted(self._kinds, events)
