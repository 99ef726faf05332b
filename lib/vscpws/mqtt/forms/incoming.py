"""A payload as an event, whatever program wrote it.

The first byte that is no blank tells the form: ``{`` JSON, ``<`` XML, the byte 0 binary, and
anything else the string form ``head,class,type,obid,datetime,timestamp,guid,data...``. JSON's keys
may be those of today or have ``vscp`` before them, in any case; so may XML's attributes. Whatever
is missing has a default, and what the payload doesn't say of GUID, class and type the topic does
(levels 2 to 4). Binary payloads and arrays are refused.

Source: the VSCP documentation, "VSCP over MQTT" and "XML/JSON/string format of events".
"""

from __future__ import annotations

import json
from typing import Any, Dict, NamedTuple, Optional, Tuple
from xml.etree.ElementTree import ParseError as XmlError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ...codec.jsonvalues import data as data_of
from ...codec.jsonvalues import guid as guid_of
from ...codec.jsonvalues import moment as moment_of
from ...codec.jsonvalues import number
from ...codec.request import MAX_TIMESTAMP, DecodeFault, times_of
from ...codec.ws1 import Ws1Codec
from ...model.event import MAX_DATA, Event
from ...model.guid import ZERO
from .topics import Named, named_by

__all__ = ["Incoming", "MALFORMED", "MAX_PAYLOAD", "Malformed", "read_payload"]

#: Bytes of a payload at most; an event needs less than 4 KiB.
MAX_PAYLOAD = 65536

_LONGEST_NUMBER = 24            # characters; no field's number is longer
_OUT_OF_RANGE = -1              # stands for a longer one, which costs quadratic time to convert
_PREFIX = "vscp"
_FIELDS = frozenset(("head", "obid", "datetime", "timestamp", "timestampns", "class", "type",
                     "guid", "data"))
_WS1 = Ws1Codec()


class Malformed(ValueError):
    """A payload that is no event; ``kind`` is one word of ``MALFORMED``."""

    def __init__(self, kind: str, reason: str):
        super().__init__(reason)
        self.kind = kind


#: The kinds of what is refused here.
MALFORMED = ("size", "empty", "binary", "array", "json", "xml", "string", "event")


class Incoming(NamedTuple):
    """The event, with 0 and an all-zero GUID for what is still to be filled in; and the daemon that
    it was forwarded by, empty if none says so."""

    event: Event
    sender: str = ""


def read_payload(payload: bytes, topic: str) -> Incoming:
    """The event in a payload; raises ``Malformed``."""
    if len(payload) > MAX_PAYLOAD:
        raise Malformed("size", "%d bytes, at most %d" % (len(payload), MAX_PAYLOAD))
    start = payload.lstrip()[:1]
    if not start:
        raise Malformed("empty", "no payload")
    if start == b"\0":
        raise Malformed("binary", "the binary form is not taken")
    if start == b"[":
        raise Malformed("array", "an array is not taken: one message is one event")
    try:
        named = named_by(topic)
        if start == b"{":
            return _json(payload, named)
        if start == b"<":
            return Incoming(_xml(payload, named))
        return Incoming(_string(payload, named))
    except RecursionError:
        raise Malformed("json", "nested too deep") from None


# ---- JSON --------------------------------------------------------------------------------------


def _json(payload: bytes, named: Named) -> Incoming:
    try:
        table = _JSON.decode(payload.decode("utf-8"))
    except ValueError as error:
        raise Malformed("json", "not JSON: %s" % _reason(error)) from None
    fields: Dict[str, Any] = {}
    for key, value in table.items():
        name, is_vscp = _plain(key)
        # Of both generations in one event that of ws2 counts, as it does there.
        if value is not None and (is_vscp or name not in fields):
            fields[name] = value
    sender = fields.get("from")
    return Incoming(_event(fields, named), sender[:64] if isinstance(sender, str) else "")


def _plain(key: str) -> Tuple[str, bool]:
    """A key's name without its generation and case."""
    name = key.lower().replace("_", "")
    if name.startswith(_PREFIX) and name[len(_PREFIX):] in _FIELDS:
        return name[len(_PREFIX):], True
    return name, False


def _integer(digits: str) -> int:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else _OUT_OF_RANGE


def _refuse_constant(name: str) -> None:
    raise ValueError("%s is no JSON" % name)        # NaN and the infinities


_JSON = json.JSONDecoder(parse_int=_integer, parse_constant=_refuse_constant)


# ---- XML and text ------------------------------------------------------------------------------


def _xml(payload: bytes, named: Named) -> Event:
    try:
        element = fromstring(payload.strip(), forbid_dtd=True)
    except DefusedXmlException:
        raise Malformed("xml", "document types and entities are not allowed") from None
    except (XmlError, ValueError, LookupError) as error:
        raise Malformed("xml", "not XML: %s" % _reason(error)) from None
    if element.tag.lower() != "event":
        raise Malformed("xml", "not <event ... />")
    fields: Dict[str, Any] = {_plain(key)[0]: value.strip()
                              for key, value in element.attrib.items() if value.strip()}
    if "data" in fields:
        fields["data"] = [part.strip() for part in
                          fields["data"].rstrip(", ").split(",", MAX_DATA + 1)]
    return _event(fields, named)


def _string(payload: bytes, named: Named) -> Event:
    try:
        event = _WS1.decode("E;" + payload.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Malformed("string", _reason(error)) from None
    except DecodeFault as fault:
        raise Malformed("string", fault.error.detail or "no event") from None
    assert isinstance(event, Event)
    return event._replace(
        guid=named.guid if event.guid == ZERO else event.guid,
        vscp_class=event.vscp_class or named.vscp_class or 0,
        vscp_type=event.vscp_type or named.vscp_type or 0)


# ---- fields ------------------------------------------------------------------------------------


def _event(fields: Dict[str, Any], named: Named) -> Event:
    try:
        moment, timestamp = _times(fields)
        guid = guid_of(fields.get("guid"))
        return Event(
            head=_number(fields, "head", 0xFFFF),
            vscp_class=_needed(fields, "class", named.vscp_class),
            vscp_type=_needed(fields, "type", named.vscp_type),
            obid=_number(fields, "obid", 0xFFFFFFFF),
            datetime=moment,
            timestamp=timestamp,
            guid=named.guid if guid == ZERO else guid,
            data=data_of(fields.get("data")))
    except ValueError as error:
        raise Malformed("event", _reason(error)) from None


def _number(fields: Dict[str, Any], name: str, limit: int) -> int:
    value = fields.get(name)
    if value is None or value == "":
        return 0
    try:
        return number(value, limit)
    except ValueError as error:
        raise ValueError("%s: %s" % (name, error)) from None


def _needed(fields: Dict[str, Any], name: str, named: Optional[int]) -> int:
    """A class or type of the payload, or of the topic where it is missing or 0 there."""
    value = _number(fields, name, 0xFFFF)
    if value or named is None and fields.get(name) not in (None, ""):
        return value
    if named is None:
        raise ValueError("no %s" % name)
    return named


def _times(fields: Dict[str, Any]) -> Tuple[int, int]:
    """Datetime and timestamp; what is given by itself wins over ``timestamp_ns``."""
    moment, timestamp = times_of(moment_of(fields.get("datetime")),
                                 _number(fields, "timestamp", MAX_TIMESTAMP))
    microseconds = _number(fields, "timestampns", MAX_TIMESTAMP) // 1000
    return moment or microseconds, timestamp or microseconds & 0xFFFFFFFF


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8 at byte %d" % error.start
    return " ".join(str(error).split())
