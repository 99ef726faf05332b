"""The daemon itself as a device: its buses, clients and events, and what version it is."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from ...model.event import format_datetime
from .board import Board
from .discovery import AT, VALUE
from .node import payload
from .topics import DAEMON, Topics, slug

__all__ = ["Own"]

_MOST_BUSES = 64                # that are told of
_RATE = 60.0                    # s over which events are counted, and between two tellings


class Own:
    """``version`` is the program's."""

    def __init__(self, topics: Topics, board: Board, version: str) -> None:
        self._topics, self._board, self._version = topics, board, version
        self._buses: Dict[str, str] = {}            # entity by the bus's name
        self._told: Dict[str, Any] = {}
        self._counted: Optional[Tuple[float, int]] = None
        self._before: List[str] = []        # buses that were announced by the last run

    @property
    def buses(self) -> Tuple[str, ...]:
        """Their entities' ids: what the next run has to know."""
        return tuple(self._buses.values())

    def recall(self, buses: Iterable[str]) -> None:
        """What the last run knew."""
        self._before = list(buses)

    def leave(self) -> bool:
        """Those that are no more have been told to go; says whether there were any."""
        gone = [each for each in self._before if each not in self._buses.values()]
        self._before = []
        self._board.clear(self._topics.state(DAEMON, entity) for entity in gone)
        return bool(gone)

    def update(self, report: Mapping[str, Any], now: float, wall: float) -> bool:
        """Tell what has changed; ``report`` is the service's. Says whether there are other buses
        than before."""
        at = format_datetime(max(0, int(wall * 1000000)))
        buses = [(str(end["name"]), bool(end["usable"])) for end in report["ends"]
                 if end["kind"] == "bus"][:_MOST_BUSES]
        before, self._buses = self._buses, _entities(name for name, _ in buses)
        for name, usable in buses:
            self._tell(self._buses[name], "ON" if usable else "OFF", at)
        self._tell("version", self._version, at)
        self._tell("clients", int(report["clients"]["clients"]), at, "clients")
        self._tell_rate(sum(report["hub"]["came"].values()), now, at)
        return before != self._buses

    def _tell(self, entity: str, value: Any, at: str, unit: str = "") -> None:
        if self._told.get(entity) != value:
            self._told[entity] = value
            self._board.pin(self._topics.state(DAEMON, entity),
                            payload(value=value, unit=unit, at=at))

    def _tell_rate(self, count: int, now: float, at: str) -> None:
        if self._counted is None:
            self._counted = now, count
        since, before = self._counted
        if now - since >= _RATE:
            self._counted = now, count
            self._tell("events", round(max(0, count - before) / (now - since), 2), at, "events/s")

    def topics(self) -> List[str]:
        """Its retained states."""
        return [self._topics.state(DAEMON, entity) for entity in self._told]

    def device(self) -> Dict[str, Any]:
        return {"ids": [self._topics.daemon_id], "name": "vscpwsd %s" % self._topics.name,
                "mdl": "VSCP websocket server", "sw": self._version}

    def components(self) -> Dict[str, Dict[str, Any]]:
        found: Dict[str, Dict[str, Any]] = {entity: {"p": "binary_sensor"}
                                            for entity in self._before}
        found.update((entity, self._component(
            "binary_sensor", entity, name, dev_cla="connectivity", entity_category="diagnostic"))
            for name, entity in self._buses.items())
        found["clients"] = self._component("sensor", "clients", "Clients", unit_of_meas="clients",
                                           stat_cla="measurement", entity_category="diagnostic")
        found["events"] = self._component("sensor", "events", "Events", unit_of_meas="events/s",
                                          stat_cla="measurement", entity_category="diagnostic")
        found["version"] = self._component("sensor", "version", "Version",
                                           entity_category="diagnostic",
                                           enabled_by_default=False)
        return found

    def _component(self, platform: str, entity: str, name: str, **more: Any) -> Dict[str, Any]:
        topic = self._topics.state(DAEMON, entity)
        return dict({"p": platform, "uniq_id": "%s_%s" % (self._topics.daemon_id, entity),
                     "name": name, "stat_t": topic, "val_tpl": VALUE,
                     "json_attributes_topic": topic, "json_attributes_template": AT}, **more)


def _entities(names: Iterable[str]) -> Dict[str, str]:
    """An id for each name, which has no character but those of ids."""
    found: Dict[str, str] = {}
    taken: List[str] = []
    for name in names:
        entity = wanted = "bus_%s" % (slug(name) or "0")
        while entity in taken:
            entity = "%s_%d" % (wanted, len(taken))
        taken.append(entity)
        found[name] = entity
    return found
