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

from ...model.event import Event, format_datetime, own_data
from ...model.guid import format_guid
from ...reading.catalog import load_catalog
from ...reading.measurement import decode

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
    sets = [_fields(names) for names in _SETS[keys]]
    only = sets[0]

    def write(event: Event) -> bytes:
        text = only(event) if len(sets) == 1 else ",".join([fields(event) for fields in sets])
        return ("{%s%s}" % (text, _measurement(event))).encode("utf-8")

    return write


def _fields(names: Tuple[str, ...]) -> Callable[[Event], str]:
    """A function that writes an event's own keys, without the braces."""
    head_key, obid_key, datetime_key, timestamp_key, class_key, type_key, guid_key, data_key, \
        note_key = names
    form = '"%s":%%d,"%s":%%d,"%s":"%%s","%s":%%d,%%s%%s],"%s":""' % (
        head_key, obid_key, datetime_key, timestamp_key, note_key)

    @lru_cache(maxsize=_KINDS)
    def middle(vscp_class: int, vscp_type: int, guid: bytes) -> str:
        return '"%s":%d,"%s":%d,"%s":"%s","%s":[' % (
            class_key, vscp_class, type_key, vscp_type, guid_key, format_guid(guid), data_key)

    def fields(event: Event) -> str:
        head, vscp_class, vscp_type, obid, moment, timestamp, guid, data = event
        return form % (head, obid, format_datetime(moment), timestamp,
                       middle(vscp_class, vscp_type, guid),
                       ",".join(map(_DECIMAL.__getitem__, data)))

    return fields


def event_json(event: Event, **more: object) -> bytes:
    """The payload in today's keys with other keys behind them, for topics of our own."""
    text = writer()(event).decode("utf-8")
    extra = json.dumps(more, separators=(",", ":"))
    return (text[:-1] + "," + extra[1:] if more else text).encode("utf-8")


def _measurement(event: Event) -> str:
    """The block behind the event's own keys; empty where the data is no number."""
    shape, units = _measured(event.vscp_class, event.vscp_type)
    if not shape:
        return ""
    value, unit, index, zone, subzone = decode(shape, own_data(event))
    if not isinstance(value, (int, float)):
        return ""
    return ',"measurement":{"value":%r,"unit":%s,"sensorindex":%d,"zone":%d,"subzone":%d}' % (
        value, units[unit] if unit < len(units) else '""', index or 0, zone or 0, subzone or 0)


@lru_cache(maxsize=_KINDS)
def _measured(vscp_class: int, vscp_type: int) -> Tuple[str, Tuple[str, ...]]:
    """The shape of such data, empty if it is no measurement, and the units as JSON."""
    catalog = load_catalog()
    known, of_type = catalog.find_class(vscp_class), catalog.find_type(vscp_class, vscp_type)
    units = of_type.units if of_type is not None else ()
    return known.shape if known is not None else "", tuple(
        json.dumps(unit, ensure_ascii=False) for unit in units)
