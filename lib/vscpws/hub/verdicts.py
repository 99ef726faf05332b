"""What selections said of kinds of events, remembered from batch to batch.

Theory: a bus has few kinds of events, each of them over and over: those of one head, class, type
and GUID. A selection looks at nothing else, so its verdict on a kind holds for every event of it.
Kinds are numbered as they come, and each has a row: a byte of 0 or 1 for each selection. So a
batch's events are looked up once, for all selections; their rows one after another are a table,
and what one selection says of the batch is a column of it. None of this is a line of Python per
event, and but for the look-up none is a step per event and selection.

A selection judges a kind when an event of it comes for the first time, and no sooner.

Bounded: whoever sends ever new GUIDs, or sets ever new filters, only has things judged anew.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Dict, Hashable, List, Protocol, Sequence, Tuple

from ..model.event import Event

__all__ = ["Kind", "Kinds", "Marks", "Selects", "Sorted", "Verdicts"]

#: Head, class, type and GUID of an event: what a selection may look at.
Kind = Tuple[int, int, int, bytes]

#: For each event of a batch whether it passes: a byte of 0 or 1.
Marks = bytes

_kind_of = itemgetter(0, 1, 2, 6)
_KINDS = 4096                   # or so many selections, and it begins anew with the next batch:
_SELECTIONS = 1024              # 4 MiB
_UNJUDGED = 2
_FILLING = b"\2"


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
        self.places: Dict[Selects, int] = {}    # in the rows
        self._rows: List[bytes] = []            # may end before the last places

    def __missing__(self, kind: Kind) -> int:
        number = self[kind] = len(self.in_order)
        self.in_order.append(kind)
        self._rows.append(b"")
        return number

    @property
    def full(self) -> bool:
        return len(self) >= _KINDS or len(self.places) >= _SELECTIONS

    def table(self, numbers: Sequence[int]) -> bytes:
        """The rows of these kinds, each with all places that there are."""
        width = len(self.places)
        table = b"".join(map(self._rows.__getitem__, numbers))
        if len(table) < width * len(numbers):
            for number in set(numbers):
                self._rows[number] = self._rows[number].ljust(width, _FILLING)
            table = b"".join(map(self._rows.__getitem__, numbers))
        return table

    def verdict(self, number: int, selection: Selects) -> int:
        """0 or 1; the selection has a place."""
        row, place = self._rows[number], self.places[selection]
        if row[place] == _UNJUDGED:
            head, vscp_class, vscp_type, guid = self.in_order[number]
            passes = selection.passes(Event(head, vscp_class, vscp_type, 0, 0, 0, guid, b""))
            self._rows[number] = row = b"%b%c%b" % (row[:place], bool(passes), row[place + 1:])
        return row[place]


class Sorted:
    """The events of one batch by their kinds: the ``numbers`` that these have in ``kinds``."""

    def __init__(self, kinds: Kinds, events: Sequence[Event]) -> None:
        self.kinds = kinds
        self.numbers = list(map(kinds.__getitem__, map(_kind_of, events)))
        self._events = events
        self._table = b""
        self._width = 0                 # places that the table has

    def marks(self, selection: Selects) -> Marks:
        """What it says of the events of this batch."""
        places = self.kinds.places
        place = places.get(selection)
        if place is None:
            if len(places) >= _SELECTIONS:
                return bytes(bool(selection.passes(event)) for event in self._events)
            place = places[selection] = len(places)
        if place >= self._width:
            self._table, self._width = self.kinds.table(self.numbers), len(places)
        marks = self._table[place::self._width]
        if _UNJUDGED in marks:
            marks = bytes(self.kinds.verdict(number, selection) if mark == _UNJUDGED else mark
                          for mark, number in zip(marks, self.numbers))
        return marks


class Verdicts:
    """The memory of one hub."""

    def __init__(self) -> None:
        self._kinds = Kinds()

    def sorted(self, events: Sequence[Event]) -> Sorted:
        """A batch's events by kinds."""
        if self._kinds.full:
            self._kinds = Kinds()       # what is under way goes on with the one before
        return Sorted(self._kinds, events)
