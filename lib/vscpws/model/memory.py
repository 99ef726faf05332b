"""What is asked of the memory, and what it answers: the words that its asker and it share."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from .event import Event

__all__ = ["Answer", "HistoryQuery", "Points", "Query", "Sensor", "State"]


class State(NamedTuple):
    """One state: its last event, how long ago it was heard (s), and whether a file told of it."""

    event: Event
    age: float
    restored: bool


class Query(NamedTuple):
    """Which states are asked for; ``None`` for any. ``max_age`` is in seconds."""

    vscp_class: Optional[int] = None
    vscp_type: Optional[int] = None
    guid: Optional[bytes] = None
    max_age: Optional[float] = None

    def fits(self, state: State) -> bool:
        event = state.event
        return ((self.vscp_class is None or event.vscp_class == self.vscp_class)
                and (self.vscp_type is None or event.vscp_type == self.vscp_type)
                and (self.guid is None or event.guid == self.guid)
                and (self.max_age is None or state.age <= self.max_age))


class Sensor(NamedTuple):
    """Whose history is asked for: node, class and type, and as much of the place as is given."""

    guid: bytes
    vscp_class: int
    vscp_type: int
    index: Optional[int] = None         # type: ignore[assignment]  # tuple.index is hidden
    zone: Optional[int] = None
    subzone: Optional[int] = None


class HistoryQuery(NamedTuple):
    """The last ``hours`` of a sensor in steps of ``step`` seconds."""

    sensor: Sensor
    hours: float = 24.0
    step: int = 60


class Points(NamedTuple):
    """A stretch of time in steps: of each the least, mean and greatest value, or ``None``."""

    least: List[Optional[float]]
    mean: List[Optional[float]]
    greatest: List[Optional[float]]


class Answer(NamedTuple):
    """``start`` is in seconds since 1970, ``points`` has one entry a step of ``step`` seconds."""

    start: int
    step: int
    unit: str
    points: Points
