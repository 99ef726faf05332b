"""The interfaces of other daemons, each with an id of its own for the events that come from it.

Clients know an interface by the ``obid`` of its events: those of our own buses are 1, 2, 3, and so
pages show a name for each. The ids behind them are set aside for the buses of the other daemons, as
they are told of: the first one for all of which nobody has told. An interface is known by its GUID
less the nickname, and keeps its id.
"""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

from ..model.guid import parse_guid

__all__ = ["MOST", "Remotes"]

#: Interfaces that are told apart.
MOST = 32


class Remotes:
    """``obids`` are those set aside, in their order; the first is for unknown interfaces."""

    def __init__(self, obids: Sequence[int]) -> None:
        self.obids = frozenset(obids)
        self._rest = obids[0]
        self._free = list(obids[1:])
        self._ids: Dict[bytes, int] = {}
        self._known: List[Tuple[str, str]] = []     # daemon and bus, in the order of their ids
        self._places: Dict[Tuple[str, str], int] = {}

    def obid_of(self, guid: bytes) -> int:
        """The id for an event of this node."""
        return self._ids.get(guid[:15], self._rest)

    def learn(self, daemons: Sequence[Dict[str, Any]]) -> None:
        """What is told of all daemons, as ``Others.as_list`` has it."""
        for daemon in daemons:
            for bus in daemon["buses"]:
                place = daemon["name"], bus["name"]
                if place not in self._places:
                    if not self._free:
                        continue
                    self._places[place] = self._free.pop(0)
                    self._known.append(place)
                self._ids[parse_guid(bus["guid"])[:15]] = self._places[place]

    def shown(self, daemons: Sequence[Dict[str, Any]], state: str) -> List[Dict[str, str]]:
        """Name and state of each id, in their order; ``state`` is that of the broker."""
        states = {(daemon["name"], bus["name"]): bus["state"] if daemon["state"] == "online" else
                  daemon["state"] for daemon in daemons for bus in daemon["buses"]}
        return [{"name": "mqtt", "state": state}] + [
            {"name": "%s/%s" % place, "state": states.get(place, "unknown")}
            for place in self._known]
