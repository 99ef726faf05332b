"""An event as a payload: JSON in the keys of today, those with ``vscp`` before them, or both.

::

    {"head":96,"obid":1,"datetime":"2026-11-26T07:20:11Z","timestamp":1234567,"class":10,"type":6,
     "guid":"FF:…:09","data":[137,130,1,7],"note":"",
     "measurement":{"value":26.3,"unit":"°C","sensorindex":1,"zone":0,"subzone":0}}

``timestamp`` is in microseconds. ``measurement`` is there where the data is a number; readers must
not rely on it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Callable, Tuple

from ...model.event import Event, format_datetime
from ...model.guid import format_guid
from ...reading.catalog import load_catalog
from ...reading.reading import read

__all__ = ["KEYS", "event_json", "writer"]

_SHORT = ("head", "obid", "datetime", "timestamp", "class", "type", "guid", "data", "note")
_VSCP = ("vscpHead", "vscpObId", "vscpDateTime", "vscpTimeStamp", "vscpClass", "vscpType",
         "vscpGuid", "vscpData", "vscpNote")
_SETS = {"short": (_SHORT,), "vscp": (_VSCP,), "both": (_SHORT, _VSCP)}

#: What the keys may be.
KEYS = tuple(_SETS)

_DECIMAL = tuple(map(str, range(256)))
_KINDS = 4096                   # a house has few kinds of events and many of each


def writer(keys: str = "short") -> Callable[[Event], bytes]:
    """A function that makes payloads with these keys, one of ``KEYS``.

    No value of an event needs JSON's escapes, so the text is put together from parts: several
    times faster than ``json.dumps``, and equal to it without blanks.
    """
    parts = []
    for (head, obid, moment, timestamp, vscp_class, vscp_type, guid, data, note) in _SETS[keys]:
        parts.append('"%s":%%(head)d,"%s":%%(obid)d,"%s":"%%(datetime)s","%s":%%(timestamp)d,'
                     '"%s":%%(class)d,"%s":%%(type)d,"%s":"%%(guid)s","%s":[%%(data)s],"%s":""'
                     % (head, obid, moment, timestamp, vscp_class, vscp_type, guid, data, note))
    form = "{" + ",".join(parts) + "%(measurement)s}"

    def write(event: Event) -> bytes:
        head, vscp_class, vscp_type, obid, moment, timestamp, guid, data = event
        return (form % {
            "head": head, "obid": obid, "datetime": format_datetime(moment),
            "timestamp": timestamp, "class": vscp_class, "type": vscp_type,
            "guid": format_guid(guid), "data": ",".join(map(_DECIMAL.__getitem__, data)),
            "measurement": _measurement(vscp_class, vscp_type, data)
            if _is_measured(vscp_class) else ""}).encode("utf-8")

    return write


def event_json(event: Event, **more: object) -> bytes:
    """The payload in today's keys with other keys behind them, for topics of our own."""
    text = writer()(event).decode("utf-8")
    extra = json.dumps(more, separators=(",", ":"), ensure_ascii=False)
    return (text[:-1] + "," + extra[1:] if more else text).encode("utf-8")


@lru_cache(maxsize=_KINDS)
def _is_measured(vscp_class: int) -> bool:
    known = load_catalog().find_class(vscp_class)
    return known is not None and bool(known.shape)


@lru_cache(maxsize=_KINDS)
def _measurement(vscp_class: int, vscp_type: int, data: bytes) -> str:
    """The block behind the event's own keys; empty where the data is no number."""
    reading = read(Event(0, vscp_class, vscp_type, 0, 0, 0, bytes(16), data))
    if not isinstance(reading.value, (int, float)):
        return ""
    place: Tuple[Tuple[str, int], ...] = (
        ("sensorindex", reading.index or 0), ("zone", reading.zone or 0),
        ("subzone", reading.subzone or 0))
    return ',"measurement":' + json.dumps(
        {"value": reading.value, "unit": reading.unit, **dict(place)},
        separators=(",", ":"), ensure_ascii=False)
