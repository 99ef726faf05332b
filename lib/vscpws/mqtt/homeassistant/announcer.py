"""When Home Assistant is told of devices: after collecting, seldom, and again when it comes up.

A node's first minute would send a dozen messages, so the first one waits until ten seconds have
been collected, and then each device has one in five seconds, and all together some a second. A
message that says the same as the last one isn't sent, but after Home Assistant's birth or a new
connection, when nobody knows who has kept what.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Callable, Dict, FrozenSet, Iterable, List, Set

from ...model.guid import format_guid
from ...reading.names import Names
from ..forms.refusals import Refusals
from .board import Board
from .discovery import MAX_MESSAGE, device_message, node_components, node_device
from .node import Node
from .nodes import Nodes
from .own import Own
from .things import Known, component
from .topics import Topics

__all__ = ["Announcer"]

COLLECT = 10.0                  # s from the start to the first message
PAUSE = 5.0                     # s between two messages of a node

_A_TICK = 96                    # entities that are written down: some milliseconds of work
_HEAD = 2048                    # bytes of a message beside the components


class Announcer:
    """``publish(topic, payload, retain, qos)`` says whether the message is on its way.

    ``names`` and ``things`` are replaced by a reload, ``entity_ids`` says what each thing was first
    called. ``version`` is the program's.
    """

    def __init__(self, topics: Topics, names: Names, nodes: Nodes, own: Own, board: Board,
                 publish: Callable[[str, bytes, bool, int], bool], refusals: Refusals,
                 version: str, clock: Callable[[], float]) -> None:
        self._topics, self._nodes, self._own, self._board = topics, nodes, own, board
        self._publish, self._refusals = publish, refusals
        self._version, self._clock = version, clock
        self._ready = clock() + COLLECT
        self._due: "OrderedDict[str, None]" = OrderedDict()     # things, and the daemon itself
        self._digests: Dict[str, bytes] = {}
        self._forced: Set[str] = set()
        self._after: List[Callable[[], None]] = []
        self.names = names
        self.things: Dict[str, Known] = {}      # by their devices' ids
        self.entity_ids: Dict[str, str] = {}
        self.remembered: FrozenSet[str] = frozenset()
        self.announced = 0

    # ---- what is due -----------------------------------------------------------------------

    def mark(self, devices: Iterable[str]) -> None:
        """What these devices are may have changed; nodes are marked by ``Nodes``."""
        self._due.update(dict.fromkeys(devices))

    def again(self, after: Callable[[], None] = lambda: None) -> None:
        """Tell of all devices once more, and then call ``after``."""
        self._digests.clear()
        self.mark([self._topics.daemon_id, *self.things])
        for node in self._nodes:
            self._nodes.mark(node)
        self._forced = {*self._due, *self._nodes.dirty}
        self._after = [after]

    def withdraw(self, devices: Iterable[str]) -> None:
        """Let Home Assistant forget these devices."""
        for device in devices:
            self._due.pop(device, None)
            self._digests.pop(device, None)
            if self._topics.prefix:
                self._board.clear([self._topics.discovery(device)])

    # ---- time ------------------------------------------------------------------------------

    def tick(self) -> None:
        """Each second: send what is due."""
        if not self._board.connected or self._clock() < self._ready:
            return
        if not self._topics.prefix:
            self._due.clear()
            self._nodes.dirty.clear()
        # In this order: a device may name the one that it is reached by, which then is known.
        room = self._announce_others([self._topics.daemon_id], _A_TICK)
        for identity in list(self._nodes.dirty):
            node = self._nodes.get(identity)
            if node is not None and room > 0:
                room -= self._announce_node(node)
        self._announce_others(list(self.things), room)
        if not self._forced & {*self._due, *self._nodes.dirty}:
            after, self._after = self._after, []
            for each in after:
                each()

    def _announce_others(self, devices: Iterable[str], room: int) -> int:
        """The daemon, or things; returns how much room is left."""
        for device in devices:
            if device in self._due and room > 0 and self._announce(device, self._message(device)):
                room -= 1
                del self._due[device]
                if device == self._topics.daemon_id and self._own.leave():
                    self._due[device] = None
        return room

    def _announce(self, device: str, message: bytes) -> bool:
        """Send the message if it says something new; False if it can't be sent now."""
        digest = hashlib.sha256(message).digest()
        if self._digests.get(device) == digest:
            return True
        topic = self._topics.discovery(device)
        self._board.keep(topic)
        if not self._publish(topic, message, True, 1):
            return False
        self._digests[device] = digest
        self.announced += 1
        return True

    def _announce_node(self, node: Node) -> int:
        """Tell of a node if it is time; returns how many entities had to be written down."""
        if node.id not in self.remembered or (
                node.announced is not None and self._clock() - node.announced < PAUSE):
            return 0
        device, count = "vscp_%s" % node.id, self.announced
        message = self._node_message(node)
        if message and not self._announce(device, message):
            return len(node.entities)
        if not message and device in self._digests:
            self.withdraw([device])
        del self._nodes.dirty[node.id]
        if self.announced > count:
            if node.announced is None:
                self.mark(self.things)      # of which some may be reached by it
            node.announced = self._clock()
        if node.leaving:        # they have been told to go, and are left out from then on
            node.leaving.clear()
            self._nodes.mark(node)
            self._nodes.touch()
        return 1 + len(node.entities)

    def _node_message(self, node: Node) -> bytes:
        """Empty where there is nothing to tell of it."""
        is_new = not all(entity.entity_id for entity in node.entities.values())
        components = node_components(node, self.names, self._topics, self._refusals,
                                     MAX_MESSAGE - _HEAD)
        if is_new:              # what they are called has been decided
            self._nodes.touch()
        if not components:
            return b""
        return device_message(
            node_device(node, self.names, self._topics), self._version,
            [self._topics.status, self._topics.availability(node.id)], components)

    # ---- the other devices -----------------------------------------------------------------

    def _message(self, device: str) -> bytes:
        known = self.things.get(device)
        if known is None:
            return device_message(self._own.device(), self._version, [self._topics.status],
                                  self._own.components())
        thing = known.thing
        found = {"ids": [device], "name": thing.name, "mdl": "VSCP %s" % thing.kind,
                 "via_device": self._topics.daemon_id}
        availability = [self._topics.status]
        if thing.node is not None:
            identity = self._nodes.identity(thing.node)
            node = self._nodes.get(identity)
            found["sn"] = format_guid(thing.node)
            if node is not None and node.announced is not None:
                found["via_device"] = "vscp_%s" % identity
            availability.append(self._topics.availability(identity))
        if thing.area:
            found["suggested_area"] = thing.area
        entity_id = self.entity_ids.setdefault(known.id, known.entity_id)
        return device_message(found, self._version, availability, {
            known.platform: component(known, self._topics, device, entity_id)})

