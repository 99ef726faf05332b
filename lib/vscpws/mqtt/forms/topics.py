"""Topics: those of events, in the tree that everybody shares, and the daemon's own.

::

    vscp/{guid}/{class}/{type}/{nickname}[/{index}[/{zone}/{subzone}]]      events, never retained
    vscpwsd/{name}/send             commands for the daemon of that name
    vscpwsd/{name}/errors           what it refused
    vscpwsd/{name}/status           online or offline, retained
    vscpwsd/{name}/info             what it is, retained JSON
    vscpwsd/{name}/claim            who else would have the name asks here

No level is ever empty. The index, and zone and subzone where the class has them, follow for
measurements alone. Source: the VSCP documentation, "VSCP over MQTT"; MQTT 3.1.1, section 4.7.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import List, NamedTuple, Optional, Tuple

from ...model.event import Event, own_data
from ...model.filter import parse_number
from ...model.guid import ZERO, format_guid, parse_guid
from ...reading.catalog import load_catalog

__all__ = ["Named", "OWN", "TREE", "daemon_of", "event_topic", "fits", "is_filter", "is_name",
           "named_by", "own_topic", "short_topic"]

#: Of events.
TREE = "vscp"
#: Of the daemons.
OWN = "vscpwsd"

_CODED_INDEX = 7
_WITH_ZONE = ("zone-coded", "text", "float")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z")
_MOST = 65535                   # bytes of a topic, MQTT 3.1.1 section 1.5.3
_KINDS = 4096                   # a house has few kinds of events and many of each


def own_topic(name: str, leaf: str) -> str:
    """``vscpwsd/{name}/{leaf}``; ``name`` may be ``+`` in a filter."""
    return "%s/%s/%s" % (OWN, name, leaf)


def event_topic(event: Event) -> str:
    """Where an event is published."""
    vscp_class = event.vscp_class
    shape = _shape(vscp_class)
    if not shape:
        return _topic(event.guid, vscp_class, event.vscp_type, b"")
    return _topic(event.guid, vscp_class, event.vscp_type, _place(shape, own_data(event)))


def short_topic(event: Event) -> str:
    """The same where the whole event is in the payload: ``vscp/{guid}``."""
    return "%s/%s" % (TREE, format_guid(event.guid))


@lru_cache(maxsize=_KINDS)
def _shape(vscp_class: int) -> str:
    known = load_catalog().find_class(vscp_class)
    return known.shape if known is not None else ""


def _place(shape: str, data: bytes) -> bytes:
    """Index, or index, zone and subzone; 0 for an index that the data don't have."""
    if shape in _WITH_ZONE:
        return data[:3] if len(data) >= 3 else data[:1] or b"\0"
    return bytes((data[0] & _CODED_INDEX,)) if shape == "coded" and data else b"\0"


@lru_cache(maxsize=_KINDS)
def _topic(guid: bytes, vscp_class: int, vscp_type: int, place: bytes) -> str:
    levels = (TREE, format_guid(guid), vscp_class, vscp_type, guid[15], *place)
    return "/".join(map(str, levels))


class Named(NamedTuple):
    """What a topic says of an event; ``None`` and an all-zero GUID for what it doesn't."""

    guid: bytes = ZERO
    vscp_class: Optional[int] = None
    vscp_type: Optional[int] = None


def named_by(topic: str) -> Named:
    """What the levels 2 to 4 of an event's topic say; others differ from program to program."""
    levels = topic.split("/", 4)
    if len(levels) < 2 or levels[0] == OWN:
        return Named()
    try:
        guid = parse_guid(levels[1])
    except ValueError:
        return Named()
    vscp_class, vscp_type = (_level(levels, place) for place in (2, 3))
    return Named(guid, vscp_class, vscp_type)


def _level(levels: List[str], place: int) -> Optional[int]:
    try:
        return parse_number(levels[place], 0xFFFF)
    except (IndexError, ValueError):
        return None


def is_name(text: str) -> bool:
    """Whether a daemon may be called that: one level, that nobody has to escape anywhere."""
    return bool(_NAME.match(text))


def is_filter(text: str) -> bool:
    """Whether this is a topic filter (MQTT 3.1.1, section 4.7.1)."""
    levels = text.split("/")
    if not text or len(text.encode("utf-8", "replace")) > _MOST or not text.isprintable():
        return False
    return all(level in ("+", "#") or not set(level) & set("+#") for level in levels) and (
        "#" not in levels[:-1])


def fits(topic: str, topic_filter: str) -> bool:
    """Whether a filter passes a topic (MQTT 3.1.1, section 4.7)."""
    wanted = topic_filter.split("/")
    levels = topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for place, level in enumerate(wanted):
        if level == "#":
            return True
        if place >= len(levels) or level not in ("+", levels[place]):
            return False
    return len(levels) == len(wanted)


def daemon_of(topic: str) -> Optional[Tuple[str, str]]:
    """The daemon's name and the leaf of one of its own topics."""
    levels = topic.split("/")
    if len(levels) < 3 or levels[0] != OWN:
        return None
    return levels[1], "/".join(levels[2:])
