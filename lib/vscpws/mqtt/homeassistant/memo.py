"""What is remembered of what was sent, so that nothing of it outlives its reason: JSON lines.

::

    {"memo": 1, "name": "house", "prefix": "homeassistant", "buses": ["bus_can0"]}
    {"node": "FF…09", "guid": "FF:…:09", "last": 1795503611, "beats": true,
     "entities": {"10_6_0": {"platform": "sensor", "entity_id": "sensor.boiler_flow", "unit": null,
                             "has_end": false}}}
    {"thing": "light_2-1_0", "entity_id": "light.hall"}
    {"gone": "vscpwsd/house/state/FF…09/10_6_0"}

``last`` is when the node was heard, in seconds since 1970. ``unit`` is the one that the first value
decided. ``gone`` is a retained topic that is still to be cleared. What is wrong in the file costs
the line that it is in.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ...model.guid import format_guid, parse_guid

__all__ = ["EntityMemo", "MAX_SIZE", "MEMO", "MOST_ENTITIES", "MOST_GONE", "MOST_NODES", "Memo",
           "NodeMemo", "REQUEST", "ThingMemo", "memo_lines", "read_memo"]

#: In the state directory: the file, and what names of files begin with that ask for a node to be
#: forgotten.
MEMO, REQUEST = "homeassistant.jsonl", "forget-"
#: Bytes of a file at most: the most nodes with twenty entities each have three megabytes.
MAX_SIZE = 8 << 20
#: Four buses, each with every nickname that there is.
MOST_NODES = 1024
#: Of a node: the message that announces it stays below 64 KiB, which every broker takes.
MOST_ENTITIES = 128
#: Topics that wait to be cleared; what is over is left to the broker.
MOST_GONE = 16384

_MOST_THINGS, _MOST_BUSES = 1024, 64
_FORM = 1
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_ENTITY_ID = re.compile(r"[a-z_]{1,32}\.[a-z0-9_]{1,160}\Z")
_LONGEST = 256                  # characters of a topic or a name
_LAST = 253402300799            # s since 1970: the end of 9999, no date is later


class EntityMemo(NamedTuple):
    platform: str
    entity_id: str              # as it was first called
    unit: Optional[str] = None
    has_end: bool = False


class NodeMemo(NamedTuple):
    id: str
    guid: bytes
    last: float
    beats: bool
    entities: Dict[str, EntityMemo]


class ThingMemo(NamedTuple):
    id: str
    entity_id: str


class Memo(NamedTuple):
    """``name`` is empty where nothing was remembered."""

    name: str = ""
    prefix: str = ""
    nodes: Tuple[NodeMemo, ...] = ()
    things: Tuple[ThingMemo, ...] = ()
    gone: Tuple[str, ...] = ()
    buses: Tuple[str, ...] = ()     # of the daemon's own device
    wrong: int = 0              # lines


def memo_lines(memo: Memo) -> Iterator[str]:
    """The lines of the file."""
    yield _line({"memo": _FORM, "name": memo.name, "prefix": memo.prefix,
                 "buses": memo.buses})
    for node in memo.nodes:
        yield _line({"node": node.id, "guid": format_guid(node.guid), "last": round(node.last),
                     "beats": node.beats,
                     "entities": {key: entity._asdict() for key, entity in node.entities.items()}})
    for thing in memo.things:
        yield _line({"thing": thing.id, "entity_id": thing.entity_id})
    for topic in memo.gone:
        yield _line({"gone": topic})


def _line(entry: Dict[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"


def read_memo(content: bytes) -> Memo:
    """What a file's content tells."""
    name = prefix = ""
    buses: Tuple[str, ...] = ()
    nodes: Dict[str, NodeMemo] = {}
    things: Dict[str, ThingMemo] = {}
    gone: List[str] = []
    wrong = 0
    for line in content.split(b"\n"):
        if not line.strip():
            continue
        try:
            entry = json.loads(line.decode("utf-8"))
            if "memo" in entry:
                name, prefix = _text(entry["name"]), _text(entry["prefix"], True)
                buses = tuple(_word(bus) for bus in entry["buses"])[:_MOST_BUSES]
            elif "node" in entry:
                node = _node(entry)
                if len(nodes) < MOST_NODES:
                    nodes.setdefault(node.id, node)
            elif "thing" in entry:
                thing = ThingMemo(_word(entry["thing"]), _entity_id(entry["entity_id"]))
                if len(things) < _MOST_THINGS:
                    things.setdefault(thing.id, thing)
            elif len(gone) < MOST_GONE:
                gone.append(_topic(entry["gone"]))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            wrong += 1
    return Memo(name, prefix, tuple(nodes.values()), tuple(things.values()), tuple(gone), buses,
                wrong)


def _node(entry: Dict[str, Any]) -> NodeMemo:
    last = entry["last"]
    if isinstance(last, bool) or not isinstance(last, (int, float)) or not 0 <= last <= _LAST:
        raise ValueError("no time")
    entities = {_word(key): _entity(value) for key, value in entry["entities"].items()}
    if len(entities) > MOST_ENTITIES:
        raise ValueError("too many entities")
    return NodeMemo(_word(entry["node"]), parse_guid(_text(entry["guid"])), float(last),
                    entry["beats"] is True, entities)


def _entity(entry: Dict[str, Any]) -> EntityMemo:
    unit = entry["unit"]
    return EntityMemo(_word(entry["platform"]), _entity_id(entry["entity_id"]),
                      None if unit is None else _text(unit, True), entry["has_end"] is True)


def _entity_id(text: Any) -> str:
    if _text(text, True) and not _ENTITY_ID.match(text):
        raise ValueError("no entity's id")
    return str(text)


def _word(text: Any) -> str:
    if not isinstance(text, str) or not _WORD.match(text):
        raise ValueError("not an id")
    return text


def _topic(text: Any) -> str:
    if not _text(text) or not {"#", "+"}.isdisjoint(text):
        raise ValueError("not a topic")
    return str(text)


def _text(text: Any, may_be_empty: bool = False) -> str:
    if not isinstance(text, str) or len(text) > _LONGEST or not text.isprintable():
        raise ValueError("not a text")
    if not text and not may_be_empty:
        raise ValueError("empty")
    return text
