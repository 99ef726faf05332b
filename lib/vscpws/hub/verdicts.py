"""What selections said of kinds of events, remembered from batch to batch.

Theory: a bus has few kinds of events, each of them over and over: those of one head, class, type
and GUID. A selection looks at nothing else, so its verdict on a kind holds for every event of it.
Remembered, a batch is judged by look-ups alone, in one pass without a line of Python per event.

Bounded: whoever sends ever new GUIDs, or sets ever new filters, only has things judged anew.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import compress
from operator import itemgetter
from typing import Dict, Hashable, Iterable, List, Protocol, Sequence, Tuple

from ..model.event import Event

__all__ = ["Kind", "Selects", "Verdicts", "kinds_of"]

#: Head, class, type and GUID of an event: what a selection may look at.
Kind = Tuple[int, int, int, bytes]

_kind_of = itemgetter(0, 1, 2, 6)
_KINDS = 4096                   # remembered of one selection
_SELECTIONS = 256               # remembered


class Selects(Hashable, Protocol):
    """What a receiver wants; equal ones pass the same events.

    It judges by head, class, type and GUID, and by nothing else of an event.
    """

    def passes(self, event: Event) -> bool:
        """Whether it wants this event."""


def kinds_of(events: Iterable[Event]) -> List[Kind]:
    """The kind of each event."""
    return list(map(_kind_of, events))


class _Known(Dict[Kind, bool]):
    """The verdicts of one selection; a kind that isn't there is judged."""

    def __init__(self, selection: Selects) -> None:
        self._passes = selection.passes

    def __missing__(self, kind: Kind) -> bool:
        if len(self) >= _KINDS:
            self.clear()
        head, vscp_class, vscp_type, guid = kind
        verdict = self[kind] = self._passes(
            Event(head, vscp_class, vscp_type, 0, 0, 0, guid, b""))
        return verdict


class Verdicts:
    """The memory of one hub; that of the selection asked longest ago goes first."""

    def __init__(self) -> None:
        self._known: "OrderedDict[Selects, _Known]" = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def places(self, selection: Selects, kinds: Sequence[Kind]) -> Tuple[int, ...]:
        """The places of those of ``kinds`` that ``selection`` passes."""
        known = self._known.get(selection)
        if known is None:
            if len(self._known) >= _SELECTIONS:
                self._known.popitem(last=False)
            known = self._known[selection] = _Known(selection)
        else:
            self._known.move_to_end(selection)
        return tuple(compress(range(len(kinds)), map(known.__getitem__, kinds)))
