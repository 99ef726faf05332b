"""The nodes that were heard: their states, and whether they are there.

Theory: an event is heard once and pins the state of one entity; a sign of life, which any event is,
puts its node online. A node is offline 150 s after the last of them if it has ever sent a
heartbeat, which is due each minute; one that never has is never called offline, for nobody knows
when it should speak. A moment without an end (smoke, motion) is over after its delay: the state at
the broker would else be on for ever, and again at each restart of Home Assistant.

Everybody who may send events can invent nodes, so their number is limited, that of their entities
as well, and what is over is counted.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

from ...model.event import Event, format_datetime
from ...model.guid import ZERO, format_guid
from ...reading.names import Names
from ...reading.units import convert
from ..forms.refusals import Refusals
from .board import Board
from .hearing import BEAT, TERMINATED, Heard, hear, is_command, sign_of
from .kinds import CONTACTS, EVENT, FIRST, LEVEL, OFF, ON
from .memo import MOST_ENTITIES, MOST_NODES, NodeMemo
from .node import Entity, Node, entity_of, node_of, payload
from .topics import OFFLINE, ONLINE, Topics, node_id

__all__ = ["Nodes", "SILENCE", "topics_of"]

SILENCE = 150.0                 # s without a word after which a node with a heartbeat is offline

_MOST_ALL = 16384               # entities of all nodes
_TOLD = 600.0                   # s between two tellings of when a node was last heard


class Nodes:
    """``tell(topic, payload)`` publishes what is not retained; ``interfaces`` are the buses' GUIDs
    (16 bytes) by name. ``clock`` is in seconds that never go back, ``wall`` in seconds since 1970.

    ``dirty`` are the nodes whose announcement may have changed, ``version`` changes with what is to
    be remembered at once.
    """

    def __init__(self, topics: Topics, names: Names, board: Board,
                 tell: Callable[[str, bytes], None], refusals: Refusals,
                 interfaces: Mapping[str, bytes], clock: Callable[[], float],
                 wall: Callable[[], float]) -> None:
        self._topics, self._board, self._tell = topics, board, tell
        self._refusals, self._clock, self._wall = refusals, clock, wall
        self._use(names)
        self._buses = {guid[:15]: name for name, guid in interfaces.items()}
        self._started = clock()
        self._nodes: Dict[str, Node] = {}
        self._by_guid: Dict[bytes, Node] = {}
        self._ends: Dict[Entity, Tuple[float, Node]] = {}     # moments that will be over
        self._count = 0
        self.dirty: "OrderedDict[str, None]" = OrderedDict()
        self.version = 0

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def __len__(self) -> int:
        return len(self._nodes)

    @property
    def entities(self) -> int:
        return self._count

    def get(self, identity: str) -> Optional[Node]:
        """The node with this id."""
        return self._nodes.get(identity)

    def availability(self) -> List[str]:
        """The topics that say who is there."""
        return [self._topics.availability(node.id) for node in self]

    def identity(self, guid: bytes) -> str:
        """What the node with this GUID is called in topics and ids."""
        named = self._names.nodes.get(guid)
        return named.id if named and named.id else node_id(guid)

    # ---- hearing ---------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Take an event in."""
        node = self._by_guid.get(event.guid)
        if node is None:
            if event.guid == ZERO or is_command(event):
                return
            node = self._add(event.guid)
            if node is None:
                return
        sign = sign_of(event)
        self._live(node, sign)
        heard = hear(event)
        if isinstance(heard, str):
            if heard:
                self._refusals.count(heard)
            return
        entity = self._entity(node, heard)
        if entity is not None:
            self._say(node, entity, heard, format_datetime(event.datetime))
        if heard.stem == "open" and heard.value == OFF:
            self._close(node, heard, format_datetime(event.datetime))

    def _add(self, guid: bytes) -> Optional[Node]:
        identity = self.identity(guid)
        node = self._nodes.get(identity)
        if node is None:
            if len(self._nodes) >= MOST_NODES:
                self._refusals.refuse("nodes", format_guid(guid), "over %d nodes, a new one is "
                                      "left out; --forget those that are gone" % MOST_NODES)
                return None
            node = self._nodes[identity] = Node(identity, guid)
            self.touch()
        self._know(guid, node)
        return node

    def _know(self, guid: bytes, node: Node) -> None:
        """Events of this GUID are the node's."""
        self._by_guid[guid] = node
        node.guids.add(guid)

    def _named_guid(self, identity: str, guid: bytes) -> bytes:
        """The GUID that the names have for this id, though it was remembered with another."""
        return self._named.get(identity, guid)

    def _live(self, node: Node, sign: str) -> None:
        node.heard, node.last = self._clock(), self._wall()
        if sign == BEAT and not node.beats:
            node.beats = True
            self.touch()
        online = sign != TERMINATED
        if node.online is not online:
            self._set_online(node, online)

    def _set_online(self, node: Node, online: bool) -> None:
        node.online = online
        self._board.pin(self._topics.availability(node.id), ONLINE if online else OFFLINE, 1)
        self._tell_of(node)

    def _tell_of(self, node: Node) -> None:
        """The node list's entry."""
        node.told = node.last
        self._board.pin(self._topics.node(node.id), payload(
            guid=format_guid(node.guid), nickname=node.guid[15],
            bus=self._buses.get(node.guid[:15], ""), name=self._names.node(node.guid),
            last=format_datetime(max(0, int(node.last * 1000000))) if node.last else "",
            online=node.online))

    def _entity(self, node: Node, heard: Heard) -> Optional[Entity]:
        entity = node.entities.get(heard.entity)
        if entity is None:
            if len(node.entities) >= MOST_ENTITIES or self._count >= _MOST_ALL:
                self._refusals.refuse(
                    "entities", "%s %s" % (format_guid(node.guid), heard.entity),
                    "a node has over %d things to tell, or all have over %d: this one is left out"
                    % (MOST_ENTITIES, _MOST_ALL))
                return None
            entity = entity_of(heard.entity)
            if entity is None:
                return None
            node.entities[entity.id] = entity
            node.leaving.pop(entity.id, None)
            self._count += 1
            self._change(node)
        return entity

    def mark(self, node: Node) -> None:
        """What is announced of it may have changed."""
        self.dirty[node.id] = None

    def _change(self, node: Node) -> None:
        """And what is to be remembered of it, too."""
        self.mark(node)
        self.touch()

    def _say(self, node: Node, entity: Entity, heard: Heard, at: str) -> None:
        topic = self._topics.state(node.id, entity.id)
        if entity.kind.platform == EVENT:
            self._tell(topic, payload(event_type=heard.value, code=heard.code, at=at))
            return
        value: Any = heard.value
        if entity.kind.unit_rule == FIRST:
            value = self._in_unit(node, entity, heard)
            if value is None:
                self._refusals.count("unit")
                return
        if heard.has_end and not entity.has_end:
            entity.has_end = True
            self._change(node)
        self._board.pin(topic, payload(value=value, unit=entity.unit, at=at))
        if entity.kind.off_delay:
            self._ends.pop(entity, None)
            if entity.pulses and value == ON:
                self._ends[entity] = self._clock() + entity.kind.off_delay, node

    def _in_unit(self, node: Node, entity: Entity, heard: Heard) -> Any:
        """The value in the unit that the first one decided."""
        if entity.unit is None or (entity.stem == LEVEL and not heard.unit and entity.unit):
            entity.unit = heard.unit    # a level that has been over 100 is no percentage again
            self._change(node)
        if heard.unit == entity.unit or entity.stem == LEVEL:
            return heard.value
        return convert(float(heard.value), heard.unit, entity.unit)

    def _close(self, node: Node, heard: Heard, at: str) -> None:
        """"Closed" ends what a contact of the same zone has told."""
        for stem in CONTACTS:
            contact = node.entities.get("%s_%s" % (stem, heard.place))
            if contact is not None:
                self._say(node, contact, heard._replace(stem=stem, has_end=True), at)

    # ---- time ------------------------------------------------------------------------------

    def tick(self) -> None:
        """Each second: who has fallen silent, and what is over."""
        now = self._clock()
        for node in self:
            since = self._started if node.heard is None else node.heard
            if node.beats and node.online is not False and now - since > SILENCE:
                self._set_online(node, False)
            elif node.last - node.told > _TOLD or node.last < node.told:
                self._tell_of(node)
        for entity in [entity for entity, (end, _) in self._ends.items() if now >= end]:
            _, node = self._ends.pop(entity)
            self._over(node, entity)

    def _over(self, node: Node, entity: Entity) -> None:
        self._board.pin(self._topics.state(node.id, entity.id), payload(
            value=OFF, at=format_datetime(max(0, int(self._wall() * 1000000)))))

    # ---- names and the memo ----------------------------------------------------------------

    def restore(self, nodes: Iterable[NodeMemo]) -> List[NodeMemo]:
        """Take over what is remembered; returns the nodes that are called otherwise now, as they
        were."""
        renamed = []
        for memo in nodes:
            guid = self._named_guid(memo.id, memo.guid)
            identity = self.identity(guid)
            if identity != memo.id:
                renamed.append(memo)
            if identity in self._nodes or self._count + len(memo.entities) > _MOST_ALL:
                continue
            node = node_of(memo._replace(guid=guid), identity)
            self._nodes[identity] = node
            self._know(guid, node)
            self._count += len(node.entities)
            if identity != memo.id:
                node.leaving.clear()        # with the device that they belonged to
            self._board.clear(self._topics.state(node.id, key) for key in node.leaving)
            self.mark(node)
            if not node.beats:              # nobody knows when it should speak
                self._set_online(node, True)
            for entity in node.entities.values():
                if entity.pulses:
                    self._over(node, entity)    # whatever it was, it is over after a restart
        return renamed

    def replace(self, names: Names) -> List[NodeMemo]:
        """Other names; returns the nodes that are called otherwise now, as they were."""
        self._use(names)
        for node in self:
            node.guid = self._named_guid(node.id, node.guid)
        renamed = [node for node in self if self.identity(node.guid) != node.id]
        for node in renamed:
            self.remove(node)
        self.restore(node.memo() for node in renamed)
        for node in renamed:
            other = self._by_guid.get(node.guid)
            if other is not None and other.heard is None and node.heard is not None:
                other.heard, other.last = node.heard, node.last
                self._set_online(other, bool(node.online))
        for node in self:
            node.guids = {guid for guid in node.guids if self.identity(guid) == node.id}
            self.mark(node)
            self._tell_of(node)
        self._by_guid = {guid: node for node in self for guid in node.guids}
        return [node.memo() for node in renamed]

    def _use(self, names: Names) -> None:
        self._names = names
        self._named = {named.id: named.guid for named in names.nodes.values() if named.id}

    def touch(self) -> None:
        """There is something that is to be remembered soon."""
        self.version += 1

    def remove(self, node: Node) -> None:
        """Forget a node, and let the broker forget it."""
        self._nodes.pop(node.id, None)
        for guid in node.guids:
            self._by_guid.pop(guid, None)
        self.dirty.pop(node.id, None)
        self._count -= len(node.entities)
        for entity in node.entities.values():
            self._ends.pop(entity, None)
        self._board.clear(topics_of(self._topics, node.memo()))
        self.touch()


def topics_of(topics: Topics, memo: NodeMemo) -> List[str]:
    """All retained topics of a node but that of its discovery."""
    return [topics.availability(memo.id), topics.node(memo.id),
            *(topics.state(memo.id, key) for key in memo.entities)]
