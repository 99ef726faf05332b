"""The map of the house, drawn from ``house.ROOMS``: a picture, a table and a docstring."""

from __future__ import annotations

import textwrap
from typing import Dict, Iterator, List, Sequence

from house import ROOMS, Room

__all__ = ["docstring", "floors", "picture", "table"]

_WIDTH = 100
_NAMES = 16                     # columns of the names in the docstring


def floors(rooms: Sequence[Room] = ROOMS) -> List[List[Room]]:
    """The rooms by the longest way of imports down to one that imports none: the ground first.

    What a room imports stands before it.
    """
    heights: Dict[str, int] = {}
    for room in rooms:
        heights[room.name] = 1 + max((heights[name] for name in room.imports), default=-1)
    return [[room for room in rooms if heights[room.name] == height]
            for height in range(max(heights.values()) + 1)]


def picture(rooms: Sequence[Room] = ROOMS) -> str:
    """One line for each floor, the highest first; a ``*`` marks the pure rooms."""
    lines = ("   ".join(room.name + ("*" if room.pure else "") for room in floor)
             for floor in reversed(floors(rooms)))
    return "\n".join(lines)


def table(rooms: Sequence[Room] = ROOMS) -> str:
    """A table in Markdown, the inner rooms first."""
    order = [room.name for room in rooms]
    rows = ["| Room | What it is | May import |", "| --- | --- | --- |"]
    for room in rooms:
        imports = ", ".join(sorted(room.imports, key=order.index))
        rows.append("| `%s` | %s | %s |" % (room.name, room.text, imports))
    return "\n".join(row.replace("|  |", "| |") for row in rows)


def docstring(rooms: Sequence[Room] = ROOMS) -> str:
    """The rooms and what they are, one under the other."""
    return "\n".join(line for room in rooms for line in _entry(room))


def _entry(room: Room) -> Iterator[str]:
    text = textwrap.wrap(room.text.replace("`", ""), _WIDTH - 4 - _NAMES)
    for name, line in zip([room.name] + [""] * len(text), text):
        yield ("    %s%s" % (name.ljust(_NAMES), line)).rstrip()
