"""An event as a line, and states as a table: for people, or as JSON for pipes."""

from __future__ import annotations

import json
import time
from typing import Any, Callable, Dict, List, Sequence, Tuple

from ..model.escaping import escaped
from ..model.event import LEVEL2_CLASS, Event, format_datetime, priority_of
from ..model.guid import format_guid
from ..model.memory import State
from ..reading.names import Names
from ..reading.reading import Reading, place_and_fields, read, value_text

__all__ = ["json_line", "state_json", "state_table", "text_line"]

_MOST_DATA = 24                 # bytes shown to people
_NO_NAMES = Names()
_AGES = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_HEADS = ("node", "what", "value", "age")
_PLAIN, _DIM, _NODE, _NAME, _VALUE = "0", "2", "36", "1", "32;1"     # of ECMA-48, SGR


def text_line(event: Event, colour: bool, names: Names = _NO_NAMES) -> str:
    """``14:02:33  node 1  Measurement: Temperature  26.3 °C  index 0  [80 81 01 07]``.

    The time is the local one. Of Level I the nickname is shown, of Level II the whole GUID, of both
    the name instead, where there is one; that of a sensor behind it, of a zone before the place.
    """
    paint: Callable[[str, str], str] = _painted if colour else _unpainted
    reading = read(event)
    node = _node(event, names)
    sensor = _sensor(event, reading, names)
    parts = [
        paint(_DIM, time.strftime("%H:%M:%S", time.localtime(event.datetime // 1000000))),
        paint(_NODE, "%s, %s" % (node, sensor) if sensor else node),
        "%s: %s" % (reading.class_name, paint(_NAME, reading.type_name)),
        paint(_VALUE, escaped(value_text(reading))), escaped(_place(reading, names)),
        paint(_DIM, _data(event.data))]
    return "  ".join(part for part in parts if part)


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
    widths = [max(len(row[place]) for row in [_HEADS, *rows]) for place in range(3)]
    return ["  ".join([text.ljust(width) for text, width in zip(row, widths)] + [row[3]])
            for row in ([_HEADS, *rows] if rows else [])]


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
