"""A node as Home Assistant is to know it, and its entities: what is kept of them."""

from __future__ import annotations

import json
from typing import Dict, Optional, Set

from .hearing import Place, place_of
from .kinds import FIRST, Kind, kind_of
from .memo import EntityMemo, NodeMemo

__all__ = ["Entity", "Node", "entity_of", "node_of", "payload"]


class Entity:
    """``unit`` is None until the first value has decided it, where that is how it is decided.

    ``has_end`` says that its end is told of by events, so none has to be made up.
    """

    __slots__ = ("id", "stem", "place", "kind", "unit", "has_end", "entity_id")

    def __init__(self, stem: str, place: Place, key: str, kind: Kind) -> None:
        self.id, self.stem, self.place, self.kind = key, stem, place, kind
        self.unit: Optional[str] = None if kind.unit_rule == FIRST else kind.unit
        self.has_end = False
        self.entity_id = ""             # decided once, when it is first announced

    @property
    def pulses(self) -> bool:
        """Whether what is on now will be over without another word."""
        return bool(self.kind.off_delay) and not self.has_end

    def memo(self) -> EntityMemo:
        return EntityMemo(self.kind.platform, self.entity_id, self.unit, self.has_end)


class Node:
    """``heard`` is on a clock that never goes back (s), None since the start; ``last`` is in
    seconds since 1970. ``online`` is None while that isn't known.

    ``guids`` are those whose events are its own: mostly one. ``leaving`` are entities that Home
    Assistant still has, with their platforms.
    """

    __slots__ = ("id", "guid", "guids", "entities", "heard", "last", "beats", "online", "leaving",
                 "announced", "told")

    def __init__(self, identity: str, guid: bytes) -> None:
        self.id, self.guid = identity, guid
        self.guids: Set[bytes] = set()
        self.entities: Dict[str, Entity] = {}
        self.heard: Optional[float] = None
        self.last = 0.0
        self.beats = False
        self.online: Optional[bool] = None
        self.leaving: Dict[str, str] = {}
        self.announced: Optional[float] = None      # when, on the clock
        self.told = 0.0                 # of ``last``: what the broker was told

    def memo(self) -> NodeMemo:
        entities = {key: entity.memo() for key, entity in self.entities.items()}
        entities.update((key, EntityMemo(platform, "")) for key, platform in self.leaving.items())
        return NodeMemo(self.id, self.guid, self.last, self.beats, entities)


def entity_of(key: str, memo: Optional[EntityMemo] = None) -> Optional[Entity]:
    """The entity with this id, as it is remembered; ``None`` where there is none such (any
    more)."""
    stem, _, text = key.rpartition("_")
    kind, place = kind_of(stem), place_of(text)
    if kind is None or place is None or (memo is not None and memo.platform != kind.platform):
        return None
    entity = Entity(stem, place, key, kind)
    if memo is not None:
        entity.has_end, entity.entity_id = memo.has_end, memo.entity_id
        if kind.unit_rule == FIRST:
            entity.unit = memo.unit
    return entity


def node_of(memo: NodeMemo, identity: str) -> Node:
    """The node that is remembered; what it can't have any more is leaving."""
    node = Node(identity, memo.guid)
    node.last, node.beats = memo.last, memo.beats
    for key, remembered in memo.entities.items():
        entity = entity_of(key, remembered)
        if entity is None:
            node.leaving[key] = remembered.platform
        else:
            node.entities[key] = entity
    return node


def payload(**parts: object) -> bytes:
    """JSON of the parts that are something."""
    return json.dumps({key: value for key, value in parts.items() if value not in (None, "")},
                      ensure_ascii=False, separators=(",", ":")).encode("utf-8")
