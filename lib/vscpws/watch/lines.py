"""An event as a line, and states as a table: for people, or as JSON for pipes."""

from __future__ import annotations

import json
import time
import unicodedata
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ..model.escaping import escaped
from ..model.event import LEVEL2_CLASS, Event, format_datetime, priority_of
from ..model.guid import format_guid
from ..model.memory import State
from ..reading.names import Names
from ..reading.reading import Reading, place_and_fields, read, value_text

__all__ = ["Columns", "json_line", "state_json", "state_table", "text_line"]

_MOST_DATA = 24                 # bytes shown to people
_NO_NAMES = Names()
_AGES = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_HEADS = ("node", "what", "value", "age")
_FIRST_WIDTHS = (8, 8, 24, 9, 8)        # of time, node, what, value, place
_MOST_WIDTH = 47                # of a column: a whole GUID
_PLAIN, _DIM, _NODE, _NAME, _VALUE = "0", "2", "36", "1", "32;1"     # of ECMA-48, SGR


class Columns:
    """The widths of the columns of lines that come one by one: each is as wide as what it has held,
    up to a limit, so that after the first lines all stand below each other."""

    def __init__(self) -> None:
        self._widths = list(_FIRST_WIDTHS)

    def padded(self, cells: Sequence[Tuple[str, str]]) -> str:
        """A line of cells; of each its text, and the same as it is painted."""
        parts = []
        for place, (text, painted) in enumerate(cells):
            width = _width(text)
            if place < len(self._widths):
                self._widths[place] = min(max(self._widths[place], width), _MOST_WIDTH)
                painted += " " * (self._widths[place] - width)
            parts.append(painted)
        return "  ".join(parts).rstrip()


def text_line(event: Event, colour: bool, names: Names = _NO_NAMES,
              columns: Optional[Columns] = None) -> str:
    """``14:02:33  node 1  Measurement: Temperature  26.3 °C  index 0  [80 81 01 07]``.

    The time is the local one. Of Level I the nickname is shown, of Level II the whole GUID, of both
    the name instead, where there is one; that of a sensor behind it, of a zone before the place.
    With ``columns`` what is missing is a gap.
    """
    paint: Callable[[str, str], str] = _painted if colour else _unpainted
    reading = read(event)
    node = _node(event, names)
    sensor = _sensor(event, reading, names)
    what = "%s: %s"
    value, place = escaped(value_text(reading)), escaped(_place(reading, names))
    cells = [
        _cell(paint, _DIM, time.strftime("%H:%M:%S", time.localtime(event.datetime // 1000000))),
        _cell(paint, _NODE, "%s, %s" % (node, sensor) if sensor else node),
        (what % (reading.class_name, reading.type_name),
         what % (reading.class_name, paint(_NAME, reading.type_name))),
        _cell(paint, _VALUE, value), (place, place), _cell(paint, _DIM, _data(event.data))]
    if columns is not None:
        return columns.padded(cells)
    return "  ".join(painted for text, painted in cells if text)


def _cell(paint: Callable[[str, str], str], how: str, text: str) -> Tuple[str, str]:
    return text, paint(how, text)


def _width(text: str) -> int:
    """Of a text on a terminal: East Asian characters are wide (UAX #11), marks stand above
    others."""
    return sum(0 if unicodedata.combining(sign) else
               2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def json_line(event: Event, names: Names = _NO_NAMES) -> str:
    """One JSON object: the event's fields, under ``reading`` what they say, and under ``names``
    what people call that, where they do."""
    return json.dumps(_as_json(event, names), ensure_ascii=False)


def state_json(state: State, names: Names = _NO_NAMES) -> str:
    """One JSON object: as ``json_line``, with ``age`` in seconds and ``restored``."""
    return json.dumps(dict({"age": state.age, "restored": state.restored},
                           **_as_json(state.event, names)), ensure_ascii=False)


def state_table(states: Sequence[State], names: Names = _NO_NAMES) -> List[str]:
    """The lines of a table, by node and by what it tells; an age has a ``*`` if a file alone told
    of the state."""
    rows = sorted(_row(state, names) for state in states)
    widths = [max(_width(row[place]) for row in [_HEADS, *rows]) for place in range(3)]
    return ["  ".join([text + " " * (width - _width(text)) for text, width in zip(row, widths)]
                      + [row[3]]) for row in ([_HEADS, *rows] if rows else [])]


def _row(state: State, names: Names) -> Tuple[str, str, str, str]:
    event = state.event
    reading = read(event)
    value = value_text(reading)
    called = _sensor(event, reading, names) or (reading.type_name if value else "")
    what = ", ".join(filter(None, [called, _place(reading, names)]))
    return _node(event, names), escaped(what), escaped(value or reading.type_name), _age(state)


def _age(state: State) -> str:
    seconds = int(state.age)
    size, unit = next(((size, unit) for size, unit in _AGES if seconds >= size), _AGES[-1])
    return "%d %s%s" % (seconds // size, unit, " *" if state.restored else "")


def _node(event: Event, names: Names) -> str:
    name = names.node(event.guid)
    if name:
        return escaped(name)
    return (format_guid(event.guid) if event.vscp_class >= LEVEL2_CLASS
            else "node %d" % event.guid[-1])


def _sensor(event: Event, reading: Reading, names: Names) -> str:
    return escaped(names.sensor(event.guid, event.vscp_class, event.vscp_type, reading.index,
                                reading.zone, reading.subzone))


def _place(reading: Reading, names: Names) -> str:
    place = ", ".join("%s %s" % part for part in place_and_fields(reading))
    zone = names.zone(reading.zone, reading.subzone)
    return "%s (%s)" % (zone, place) if zone else place


def _as_json(event: Event, names: Names) -> Dict[str, Any]:
    reading = read(event)
    found: Dict[str, Any] = {
        "datetime": format_datetime(event.datetime), "timestamp": event.timestamp,
        "head": event.head, "priority": priority_of(event.head), "obid": event.obid,
        "class": event.vscp_class, "type": event.vscp_type, "guid": format_guid(event.guid),
        "nickname": event.guid[-1], "data": list(event.data), "reading": reading._asdict()}
    called = {"node": names.node(event.guid), "sensor": _sensor(event, reading, names),
              "zone": names.zone(reading.zone, reading.subzone)}
    if any(called.values()):
        found["names"] = {what: name for what, name in called.items() if name}
    return found


def _data(data: bytes) -> str:
    if not data:
        return ""
    shown = " ".join("%02X" % byte for byte in data[:_MOST_DATA])
    return "[%s%s]" % (shown, " … %d bytes" % len(data) if len(data) > _MOST_DATA else "")


def _painted(how: str, text: str) -> str:
    return "\033[%sm%s\033[%sm" % (how, text, _PLAIN) if text else ""


def _unpainted(how: str, text: str) -> str:
    return text
