"""An event as a line: for people, or as JSON for pipes."""

from __future__ import annotations

import json
import time
from typing import Callable

from ..model.escaping import escaped
from ..model.event import LEVEL2_CLASS, Event, format_datetime, priority_of
from ..model.guid import format_guid
from ..reading.reading import place_and_fields, read, value_text

__all__ = ["json_line", "text_line"]

_MOST_DATA = 24                 # bytes shown to people
_PLAIN, _DIM, _NODE, _NAME, _VALUE = "0", "2", "36", "1", "32;1"     # of ECMA-48, SGR


def text_line(event: Event, colour: bool) -> str:
    """``14:02:33  node 1  Measurement: Temperature  26.3 °C  index 0  [80 81 01 07]``.

    The time is the local one. Of Level I the nickname is shown, of Level II the whole GUID.
    """
    paint: Callable[[str, str], str] = _painted if colour else _unpainted
    reading = read(event)
    node = (format_guid(event.guid) if event.vscp_class >= LEVEL2_CLASS
            else "node %d" % event.guid[-1])
    place = ", ".join("%s %s" % part for part in place_and_fields(reading))
    parts = [
        paint(_DIM, time.strftime("%H:%M:%S", time.localtime(event.datetime // 1000000))),
        paint(_NODE, node),
        "%s: %s" % (reading.class_name, paint(_NAME, reading.type_name)),
        paint(_VALUE, escaped(value_text(reading))), escaped(place), paint(_DIM, _data(event.data))]
    return "  ".join(part for part in parts if part)


def json_line(event: Event) -> str:
    """One JSON object: the event's fields, and under ``reading`` what they say."""
    return json.dumps({
        "datetime": format_datetime(event.datetime), "timestamp": event.timestamp,
        "head": event.head, "priority": priority_of(event.head), "obid": event.obid,
        "class": event.vscp_class, "type": event.vscp_type, "guid": format_guid(event.guid),
        "nickname": event.guid[-1], "data": list(event.data),
        "reading": read(event)._asdict()}, ensure_ascii=False)


def _data(data: bytes) -> str:
    if not data:
        return ""
    shown = " ".join("%02X" % byte for byte in data[:_MOST_DATA])
    return "[%s%s]" % (shown, " … %d bytes" % len(data) if len(data) > _MOST_DATA else "")


def _painted(how: str, text: str) -> str:
    return "\033[%sm%s\033[%sm" % (how, text, _PLAIN) if text else ""


def _unpainted(how: str, text: str) -> str:
    return text
