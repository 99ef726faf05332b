"""What a daemon like this one publishes, read back: nearly all events between daemons look so.

::

    {"head":96,"obid":1,"datetime":"2026-11-26T07:20:11Z","timestamp":1234567,"class":10,"type":6,
    `-------------- lead --------------------------------'             `------ kind ------------
     "guid":"FF:…:09","data":[137,129,0,214],"note":"","measurement":{…}}
    -----------------------'                 `--------- end ------------'

Theory: the lead has few texts in a second, and a house has few kinds of events, each of them over
and over. So both are read once, by the way that reads any payload, and from then on looked up; the
time and the data are all there is to read. What is not exactly so is nobody's business here: it is
read the long way, and there alone anything is refused. Both ways make the same event of the same
text.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, Optional, Tuple

from ...model.event import MAX_FD_DATA, Event, complete, data_sizes

__all__ = ["recurring_event", "remember_parts"]

_STAMP, _CLASS, _DATA, _NOTE = b',"timestamp":', b',"class":', b',"data":[', b'],"note":""'
_LEADS, _KINDS = 1024, 4096     # remembered; more are those of nobody's house

_NUMBER = rb"(?:0|[1-9][0-9]{0,8})"
_MEASURED = (
    rb',"measurement":\{"value":-?(?:0|[1-9][0-9]{0,24})(?:\.[0-9]{1,24})?(?:e[+-][0-9]{1,3})?'
    rb',"unit":"'
    rb'(?:[ !#-\[\]-~]|[\xc2-\xdf][\x80-\xbf]|\xe2[\x80-\xbf]{2}){0,20}",'      # UTF-8
    rb'"sensorindex":%(n)b,"zone":%(n)b,"subzone":%(n)b\}\}' % {b"n": _NUMBER})
_PUBLISHED = re.compile(
    rb'(\{"head":%(n)b,"obid":%(n)b,"datetime":"[0-9:TZ-]{20}"),"timestamp":([1-9][0-9]{0,9}),'
    rb'"class":([1-9][0-9]{0,3},"type":[1-9][0-9]{0,3},'
    rb'"guid":"(?=[0:]*[1-9A-F])[0-9A-F:]{47}"),"data":\[[0-9,]*\],"note":""(?:\}|%(m)b)'
    % {b"n": _NUMBER, b"m": _MEASURED})

_BYTES: Dict[bytes, int] = {b"%d" % byte: byte for byte in range(256)}
_ANY_GUID = bytes(range(16))
_is_measured = re.compile(_MEASURED).fullmatch
_new = tuple.__new__

_leads: Dict[bytes, Tuple[int, int]] = {}                           # head, time
_kinds: Dict[bytes, Tuple[int, int, bytes, int, int]] = {}          # class, type, GUID, data bytes


def recurring_event(payload: bytes, obid_of: Callable[[bytes], int]) -> Optional[Event]:
    """The event of a payload whose parts are remembered, in range and complete, with the obid that
    ``obid_of(guid)`` says; None for any other payload."""
    lead_text, _, rest = payload.partition(_STAMP)
    lead = _leads.get(lead_text)
    if lead is None:
        return None
    stamp, _, rest = rest.partition(_CLASS)
    kind_text, _, rest = rest.partition(_DATA)
    kind = _kinds.get(kind_text)
    if kind is None or not stamp.isdigit() or stamp[0] == 48 or len(stamp) > 10:
        return None
    data_text, note, end = rest.partition(_NOTE)
    if not note or end != b"}" and not _is_measured(end):
        return None
    try:
        data = bytes(map(_BYTES.__getitem__, data_text.split(b","))) if data_text else b""
    except KeyError:
        return None
    vscp_class, vscp_type, guid, least, most = kind
    timestamp = int(stamp)
    if not least <= len(data) <= most or timestamp > 0xFFFFFFFF:
        return None
    head, moment = lead
    return _new(Event, (head, vscp_class, vscp_type, obid_of(guid), moment, timestamp, guid, data))


def remember_parts(payload: bytes, event: Event) -> None:
    """Remember lead and kind of a payload that is this event, which is in range for ``check`` with
    ``MAX_FD_DATA``, if it has that form and nothing is missing in it."""
    if complete(event, event.obid, 1, _ANY_GUID) != event:
        return
    found = _PUBLISHED.fullmatch(payload)
    if found is None:
        return
    lead_text, stamp, kind_text = found.groups()
    if int(stamp) != event.timestamp:       # the time stands there, and not in the lead
        return
    for parts, most in ((_leads, _LEADS), (_kinds, _KINDS)):
        if len(parts) >= most:
            parts.clear()
    _leads[lead_text] = event.head, event.datetime
    _kinds[kind_text] = (event.vscp_class, event.vscp_type, event.guid,
                         *data_sizes(event.vscp_class, MAX_FD_DATA))
