"""ws1: the text of an event is read.

::

    E;head,class,type,obid,datetime,timestamp,GUID[,data…]

Theory: a sender has few kinds of events, and mostly leaves their times to the server. So what
stands before the data, the *lead*, has few texts, each again and again: it is read once and from
then on looked up, and then the data are all there is to read, in one step where they stand in the
form that is written. What is not exactly so is read field by field, and there alone anything is
refused; both ways make the same event of the same text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, Optional, Tuple

from ..model.event import MAX_DATA, Event, parse_datetime
from ..model.filter import parse_number
from ..model.guid import parse_guid
from .request import MAX_TIMESTAMP, times_of, trimmed

__all__ = ["read_event", "recurring_event", "remember_lead"]

_FIELDS_BEFORE_DATA = 7
_MOST_FIELDS = _FIELDS_BEFORE_DATA + MAX_DATA
_SHORT = 256                    # characters: what is remembered of such a text is as short
_LEADS = 4096                   # remembered; more are those of nobody's house
_BEFORE_BYTE = ",0x"            # and two digits
_DISTANCE = 5                   # characters from one byte's digits to the next one's

_Lead = Tuple[int, int, int, int, int, int, bytes]      # an event but its data

_leads: Dict[str, _Lead] = {}
_new = tuple.__new__


def recurring_event(text: str) -> Optional[Event]:
    """The event of a whole message whose lead is remembered and whose data have the form that is
    written; None for any other text."""
    lead_text, comma, data_text = text.partition(_BEFORE_BYTE)
    lead = _leads.get(lead_text)
    if lead is None:
        return None
    if not comma:
        return _new(Event, lead + (b"",))
    try:
        data = bytes.fromhex(data_text.replace(_BEFORE_BYTE, ""))
    except ValueError:
        return None
    # All that was taken out, and no blank, stood where it has to, if what is left fits in here.
    count = len(data)
    if (len(data_text) != _DISTANCE * count - len(_BEFORE_BYTE) or count > MAX_DATA
            or data_text[2::_DISTANCE] != "," * (count - 1)):
        return None
    return _new(Event, lead + (data,))


def remember_lead(text: str, event: Event) -> None:
    """Remember the lead of a message that is this event, if others may have the same."""
    head, vscp_class, vscp_type, obid, moment, timestamp, guid, _ = event
    if moment or timestamp:
        return
    lead = text.partition(_BEFORE_BYTE)[0]
    if (lead.count(",") == _FIELDS_BEFORE_DATA - 1 and len(lead) <= _SHORT
            and lead == trimmed(lead)):
        if len(_leads) >= _LEADS:
            _leads.clear()
        _leads[lead] = head, vscp_class, vscp_type, obid, 0, 0, guid


def read_event(text: str) -> Event:
    """The event in the fields after ``E;``; ``ValueError`` with the reason for anything else."""
    fields = text.split(",", _MOST_FIELDS)
    if len(fields) > _FIELDS_BEFORE_DATA and not fields[-1]:
        fields.pop()                        # a comma at the end starts no data
    if not _FIELDS_BEFORE_DATA <= len(fields) <= _MOST_FIELDS:
        raise ValueError("not %d to %d fields" % (_FIELDS_BEFORE_DATA, _MOST_FIELDS))
    if len(text) > _SHORT:
        fields = [field.strip() for field in fields]
    head, vscp_class, vscp_type, obid, date, stamp, guid = fields[:_FIELDS_BEFORE_DATA]
    moment, timestamp = times_of(_moment(date), _number_or_none(stamp, MAX_TIMESTAMP))
    return _new(Event, (
        *_kind(head, vscp_class, vscp_type), _obid(obid), moment, timestamp, parse_guid(guid),
        bytes(map(_byte, fields[_FIELDS_BEFORE_DATA:]))))


# The fields of a text that is read so have few different texts, too.


@lru_cache(maxsize=4096)
def _kind(head: str, vscp_class: str, vscp_type: str) -> Tuple[int, int, int]:
    return (_number_or_none(head, 0xFFFF), parse_number(vscp_class, 0xFFFF),
            parse_number(vscp_type, 0xFFFF))


@lru_cache(maxsize=1024)
def _byte(text: str) -> int:
    return parse_number(text, 0xFF)


@lru_cache(maxsize=64)
def _obid(text: str) -> int:
    return _number_or_none(text, 0xFFFFFFFF)


@lru_cache(maxsize=64)
def _moment(text: str) -> int:
    text = text.strip()
    return parse_datetime(text) if text not in ("", "0") else 0


def _number_or_none(text: str, limit: int) -> int:
    text = text.strip()
    return parse_number(text, limit) if text else 0
