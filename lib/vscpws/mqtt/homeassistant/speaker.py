"""All of it together, as the bridge calls it: a house's states, Home Assistant, and its commands.

Theory: events are heard as they come, so many a second; what is over waits, the last of each kind
and place, for the next tick. States are pinned to the board, which keeps the broker's retained
topics true across its absences. The announcer tells of devices. What was sent is remembered, so
that a later start can clear what nobody wants any more.
"""

from __future__ import annotations

import logging
import random
import time
from collections import OrderedDict
from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Tuple

from ...model.errors import VscpError
from ...model.event import Event, format_datetime, is_over_level2, own_data
from ...model.guid import parse_guid
from ...reading.catalog import plain_class
from ...reading.names import Names
from ..forms.refusals import Refusals
from ..ports import Broker, House
from .announcer import Announcer
from .board import Board
from .memo import Memo, ThingMemo
from .node import Node, payload
from .nodes import Nodes, topics_of
from .outdated import discovery_topics, state_topics
from .own import Own
from .things import Known, WrongCommand, command_event, is_stop, known_things, said_of
from .topics import THINGS, Topics

__all__ = ["HomeAssistant"]

log = logging.getLogger(__name__)

_A_SECOND = 1000                # events that are heard at once; a full bus has 950
_MOST_WAITING = 4096            # kinds and places of those that are over
_FLUSH = 256                    # retained topics that are repeated in a tick
_COMMANDS = 100                 # a second; nobody has so many hands
_BIRTH = (1.0, 10.0)            # s after Home Assistant's birth; at once would be too early
_BIRTHS = 30.0                  # s between two answers to a birth
_REPORT = 5                     # s between two looks at the buses
_REMEMBER = 5.0                 # s between two writings of the memo, where something is new
_REMEMBER_LAST = 600.0          # s, where only time has passed


class HomeAssistant:
    """A ``Speaker``. ``memo`` is what the last run has remembered, ``remember`` is given what this
    one does, and returns at once.

    ``clock`` is in seconds that never go back, ``wall`` in seconds since 1970, ``chance(a, b)`` any
    time between the two.
    """

    def __init__(self, broker: Broker, house: House, memo: Optional[Memo] = None,
                 remember: Callable[[Memo], None] = lambda memo: None,
                 clock: Callable[[], float] = time.monotonic,
                 wall: Callable[[], float] = time.time,
                 chance: Callable[[float, float], float] = random.uniform) -> None:
        self._broker, self._remember = broker, remember
        self._clock, self._wall, self._chance = clock, wall, chance
        self._topics = Topics(house.name, house.prefix)
        self._obeys = house.obeys
        self._refusals = Refusals(lambda line: log.warning("mqtt: %s", line), clock)
        self._board = Board(broker.publish)
        self._nodes = Nodes(self._topics, house.names, self._board, self._tell, self._refusals,
                            house.interfaces, clock, wall)
        self._own = Own(self._topics, self._board, house.version)
        self._announcer = Announcer(self._topics, house.names, self._nodes, self._own, self._board,
                                    broker.publish, self._refusals, house.version, clock)
        self._names = house.names
        self._by_place: Dict[Tuple[int, int], List[Known]] = {}
        self._by_topic: Dict[str, Known] = {}
        self._said: Dict[str, Dict[str, Any]] = {}          # the things' states
        self._stopping: Set[str] = set()    # things that were told to stop, and haven't answered
        self._waiting: "OrderedDict[Tuple[Any, ...], Event]" = OrderedDict()
        self._room, self._commands, self._ticks = _A_SECOND, _COMMANDS, 0
        self._birth_due: Optional[float] = None
        self._born: Optional[float] = None
        self._remembered: Tuple[Any, float] = (None, clock())
        self.counters = {"thinned": 0, "lost": 0, "commands": 0, "births": 0}
        self._set_things(house.names)
        self._recall(memo or Memo())

    # ---- as a speaker ----------------------------------------------------------------------

    def subscriptions(self) -> List[str]:
        return [self._topics.commands(), *self._topics.births()]

    def connected(self) -> None:
        self._board.connected = True
        self._board.all_again()
        self._announcer.again()

    def lost(self) -> None:
        self._board.connected = False

    def take(self, events: Sequence[Event]) -> None:
        for event in events:
            if self._room and not self._waiting:
                self._room -= 1
                self._hear(event)
            else:
                self._wait(event)

    def message(self, topic: str, content: bytes, retained: bool) -> None:
        if topic in self._topics.births():
            self._hear_birth(content, retained)
            return
        found = self._topics.command_of(topic)
        if found is not None:
            self._obey(topic, found[0], found[1], content, retained)

    def tick(self, now: float) -> None:
        self._room, self._commands = _A_SECOND, _COMMANDS
        self._ticks += 1
        while self._waiting and self._room:
            self._room -= 1
            self._hear(self._waiting.popitem(last=False)[1])
        self._nodes.tick()
        if self._ticks % _REPORT == 1 and self._own.update(
                self._broker.report(), self._clock(), self._wall()):
            self._announcer.mark([self._topics.daemon_id])
        if self._birth_due is not None and self._clock() >= self._birth_due:
            self._answer_birth()
        self._save()
        self._board.flush(_FLUSH)
        self._announcer.tick()

    def replace(self, names: Names) -> None:
        self._names = self._announcer.names = names
        self._announcer.withdraw("vscp_%s" % node.id for node in self._nodes.replace(names))
        self._set_things(names)

    def stop(self) -> None:
        self._board.flush(_FLUSH)
        self._remember(self.memo())

    def status(self) -> Dict[str, Any]:
        return dict(self.counters, nodes=len(self._nodes), entities=self._nodes.entities,
                    things=len(self._by_topic), announced=self._announcer.announced,
                    waiting=len(self._waiting), complaints=dict(self._refusals.counts))

    # ---- events ----------------------------------------------------------------------------

    def _hear(self, event: Event) -> None:
        self._nodes.hear(event)
        data = own_data(event)
        if len(data) > 2 and plain_class(event.vscp_class) in (20, 30, 65):
            for known in self._by_place.get((data[1], data[2]), ()):
                self._say(known, event)

    def _wait(self, event: Event) -> None:
        """Instead of one of its kind and place that waits already."""
        place = event.data[:1] if plain_class(event.vscp_class) < 20 else event.data[:3]
        if is_over_level2(event.vscp_class):
            place = event.data[:19]
        key = event.guid, event.vscp_class, event.vscp_type, place
        if self._waiting.pop(key, None) is not None:
            self.counters["thinned"] += 1
        elif len(self._waiting) >= _MOST_WAITING:
            self._waiting.popitem(last=False)
            self.counters["thinned"] += 1
        self._waiting[key] = event

    def _say(self, known: Known, event: Event) -> None:
        if is_stop(known, event):
            self._stopping.add(known.id)
            return
        said = said_of(known, event, known.id in self._stopping)
        if said is None:
            return
        self._stopping.discard(known.id)
        before = self._said.get(known.id, {}).get("brightness")
        if said.get("value") == "ON" and before:        # 0 is the one of a lamp that is off
            said.setdefault("brightness", before)
        self._said[known.id] = said
        self._board.pin(self._topics.state(THINGS, known.id),
                        payload(at=format_datetime(event.datetime), **said))

    def _tell(self, topic: str, content: bytes) -> None:
        """What is not retained: late it would be wrong."""
        if not (self._board.connected and self._broker.publish(topic, content, False, 0)):
            self.counters["lost"] += 1

    # ---- Home Assistant's birth --------------------------------------------------------------

    def _hear_birth(self, content: bytes, retained: bool) -> None:
        if retained:            # an old one; what is retained it has already
            return
        if content == b"offline":
            self._birth_due = None
        elif content == b"online":
            earliest = self._clock() + self._chance(*_BIRTH)
            if self._born is not None:
                earliest = max(earliest, self._born + _BIRTHS)
            if self._birth_due is None:
                self._birth_due = earliest

    def _answer_birth(self) -> None:
        if not self._board.connected:
            return
        self._birth_due, self._born = None, self._clock()
        self.counters["births"] += 1
        self._announcer.again(self._states_again)

    def _states_again(self) -> None:
        """Who is there, and then all states."""
        self._board.again(self._nodes.availability())
        self._board.again([topic for node in self._nodes
                           for topic in topics_of(self._topics, node.memo())[1:]])
        self._board.again([self._topics.state(THINGS, known.id)
                           for known in self._by_topic.values()])
        self._board.again(self._own.topics())

    # ---- commands --------------------------------------------------------------------------

    def _obey(self, topic: str, called: str, what: str, command: bytes, retained: bool) -> None:
        quoted = "%s %s" % (topic, command[:200].decode("utf-8", "replace"))
        if not command:         # somebody clears a retained one
            return
        if retained:
            self._refusals.refuse("retained", quoted, "a retained command is refused, for it "
                                  "would come again with each connection")
            return
        known = self._by_topic.get(called)
        if known is None:
            self._refusals.refuse("unknown-thing", quoted, "a command for a thing that names.json "
                                  "doesn't have")
            return
        if not self._commands:
            self._refusals.refuse("flood", quoted, "over %d commands a second, the others are "
                                  "left out" % _COMMANDS)
            return
        self._commands -= 1
        try:
            self._broker.submit(command_event(known, what, command))
            self.counters["commands"] += 1
        except WrongCommand as error:
            self._refusals.refuse("wrong-command", quoted, "a wrong command, %s" % error)
        except VscpError as error:
            self._refusals.refuse("refused", quoted, "a command is refused: %s" % error)

    # ---- things ----------------------------------------------------------------------------

    def _set_things(self, names: Names) -> None:
        """The things of ``names``; those that are no more are cleared."""
        known, against = known_things(names.things)
        if known and not self._obeys:
            self._refusals.refuse("no-user", "", "things of names.json are left out: accept-as "
                                  "names nobody whose commands theirs could be")
            known = []
        for text in against:
            self._refusals.refuse("thing", "names.json", "a thing is left out, %s" % text)
        before = {each.id for each in self._by_topic.values()}
        self._by_topic = {each.topic: each for each in known}
        self._by_place = {}
        for each in known:
            if each.has_state:
                self._by_place.setdefault((each.thing.zone, each.thing.subzone), []).append(each)
        self._announcer.things = {self._device(each.id): each for each in known}
        self._announcer.mark([self._topics.daemon_id, *self._announcer.things])
        self._forget_things(before - {each.id for each in known})

    def _device(self, thing: str) -> str:
        return "%s_%s" % (self._topics.daemon_id, thing)

    def _forget_things(self, things: Any) -> None:
        for thing in sorted(things):
            self._announcer.withdraw([self._device(thing)])
            self._announcer.entity_ids.pop(thing, None)
            self._said.pop(thing, None)
            self._stopping.discard(thing)
            self._board.clear([self._topics.state(THINGS, thing)])

    # ---- what is remembered ------------------------------------------------------------------

    def memo(self) -> Memo:
        """What the next run has to know."""
        return self._rest()._replace(nodes=tuple(node.memo() for node in self._nodes))

    def _rest(self) -> Memo:
        """All of it but the nodes, of which there may be many."""
        return Memo(
            self._topics.name, self._topics.prefix, (),
            tuple(ThingMemo(known.id, self._announcer.entity_ids.get(known.id, ""))
                  for known in self._by_topic.values()),
            tuple(self._board.gone), self._own.buses)

    def _save(self) -> None:
        version, at = (self._nodes.version, self._rest()), self._clock()
        pause = _REMEMBER_LAST if version == self._remembered[0] else _REMEMBER
        if self._remembered[0] is None or at - self._remembered[1] >= pause:
            self._remembered = version, at
            memo = self.memo()
            self._remember(memo)
            self._announcer.remembered = frozenset(node.id for node in memo.nodes)

    def _recall(self, memo: Memo) -> None:
        """Take over what was remembered, and clear what isn't wanted any more."""
        self._board.clear(memo.gone)
        if not memo.name:
            return
        before = Topics(memo.name, memo.prefix)
        if before != self._topics:
            self._board.clear(discovery_topics(memo))
        if before.name != self._topics.name:
            self._board.clear(state_topics(memo))
        ours = {known.id for known in self._by_topic.values()}
        if before.name == self._topics.name:
            self._own.recall(memo.buses)
            self._announcer.entity_ids.update(
                (thing.id, thing.entity_id) for thing in memo.things
                if thing.id in ours and thing.entity_id)
            self._forget_things({thing.id for thing in memo.things} - ours)
        for node in self._nodes.restore(memo.nodes):
            self._announcer.withdraw(["vscp_%s" % node.id])
            self._board.clear(topics_of(before, node))

    def forget(self, called: str) -> Optional[str]:
        """Forget a node, by its id, GUID or name, with all that the broker has of it; returns its
        id, ``None`` where there is none such."""
        node = self._find(called.strip())
        if node is None:
            return None
        self._announcer.withdraw(["vscp_%s" % node.id])     # first: nobody reads what is cleared
        self._nodes.remove(node)
        self._remembered = None, self._clock()
        return node.id

    def _find(self, called: str) -> Optional[Node]:
        node = self._nodes.get(called) or self._nodes.get(called.upper())
        if node is not None:
            return node
        try:
            return self._nodes.get(self._nodes.identity(parse_guid(called)))
        except ValueError:
            pass
        fitting = [each for each in self._nodes if self._names.node(each.guid) == called]
        return fitting[0] if len(fitting) == 1 else None
