"""Records: flat dictionaries, one for each measurement, fit for JSON.

Each has ``row`` and ``server``; the others depend on the row (``rows.py`` makes them). One with a
``note`` is a blank: the note says why there is no figure.
"""

from __future__ import annotations

from statistics import median
from typing import Dict, Iterable, List, Optional

__all__ = ["Record", "bounded", "find", "summed"]

Record = Dict

_BUSY = 0.9                     # cores: from here on the load's core is called full

# Rows whose repeats need a server each, and what is measured.
_REPEATED = {"startup": "seconds", "memory": "bytes"}


def find(records: Iterable[Record], **wanted) -> Optional[Record]:
    """The first one with these values; None if there is none."""
    return next((record for record in records
                 if all(record.get(key) == value for key, value in wanted.items())), None)


def bounded(record: Record) -> bool:
    """Whether the load's core was full and the server's not: the server could have done more."""
    return (record["client_cpu"] + record["feeder_cpu"] >= _BUSY
            and record["server_cpu"] < _BUSY)


def summed(records: List[Record]) -> List[Record]:
    """The same with one record for all repeats that needed a server each: their median, or a blank
    if none of them has a figure."""
    groups: Dict[tuple, List[Record]] = {}
    for place, record in enumerate(records):
        repeated = record["row"] in _REPEATED
        key = (record["row"], record["server"], record["clients"]) if repeated else (place,)
        groups.setdefault(key, []).append(record)
    return [_middle(group) for group in groups.values()]


def _middle(repeats: List[Record]) -> Record:
    name = _REPEATED.get(repeats[0]["row"])
    whole = [record for record in repeats if name and record.get(name) is not None]
    if not whole:
        return repeats[0]
    values = [record[name] for record in whole]
    return {**whole[0], name: median(values), "runs": values}
