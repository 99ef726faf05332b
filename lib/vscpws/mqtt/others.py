"""The other daemons at the broker, as their status and info tell of them."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Optional

from ..model.escaping import escaped
from ..model.event import MAX_FD_DATA, MAX_LEVEL1_DATA
from ..model.guid import ZERO, format_guid, parse_guid

__all__ = ["MOST", "Interface", "Others"]

MOST = 64                       # daemons that are known; a house with more needs a name for each
_MOST_BUSES = 64                # of one daemon
_LONGEST = 64                   # characters of a text

Interface = Dict[str, Any]      # name, guid (text), state


class Others:
    """``say(line)`` is told of every change, once."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.ignored = 0                # messages about daemons beyond the most
        self._say = say
        self._known: Dict[str, Dict[str, Any]] = {}

    def status(self, name: str, payload: bytes) -> None:
        """``online``, ``offline``, or nothing: it is forgotten."""
        if not payload:
            self._known.pop(name, None)
            return
        known = self._entry(name)
        if known is None:
            return
        state = "online" if payload == b"online" else "offline"
        if state != known["state"]:
            known["state"] = state
            self._say("daemon %s is %s" % (escaped(name), state))

    def info(self, name: str, payload: bytes) -> None:
        """Its JSON; whatever is wrong in it is left out. Raises ``ValueError`` if it is none."""
        if not payload:
            return
        try:
            info = json.loads(payload.decode("utf-8"))
        except RecursionError:
            raise ValueError("nested too deep") from None
        if not isinstance(info, dict):
            raise ValueError("no JSON object")
        known = self._entry(name)
        if known is None:
            return
        known["version"] = _text(info.get("version"))
        known["level1_data"] = MAX_FD_DATA if info.get("level1_data") == MAX_FD_DATA else (
            MAX_LEVEL1_DATA)
        buses = info.get("buses")
        known["buses"] = [bus for bus in map(_bus, buses[:_MOST_BUSES]) if bus] if isinstance(
            buses, list) else []

    def is_online(self, name: str) -> bool:
        """As far as is known."""
        known = self._known.get(name)
        return known is not None and known["state"] == "online"

    def level1_data(self, name: str) -> int:
        """How many data bytes a Level I event may have there, as far as is known."""
        known = self._known.get(name)
        return int(known["level1_data"]) if known is not None else MAX_LEVEL1_DATA

    def guid(self, name: str) -> bytes:
        """That of its first bus, 16 bytes; all zero where none is known."""
        buses = self._known[name]["buses"] if name in self._known else ()
        return parse_guid(buses[0]["guid"]) if buses else ZERO

    def as_list(self) -> List[Dict[str, Any]]:
        """All of them, by name; fit for JSON."""
        return [dict(self._known[name], name=name) for name in sorted(self._known)]

    def lost(self) -> None:
        """The broker is away, and nobody knows how they are."""
        for known in self._known.values():
            known["state"] = "unknown"

    def _entry(self, name: str) -> Optional[Dict[str, Any]]:
        if name not in self._known:
            if len(self._known) >= MOST:
                self.ignored += 1
                return None
            self._known[name] = {"state": "unknown", "version": "", "buses": [],
                                 "level1_data": MAX_LEVEL1_DATA}
        return self._known[name]


def _bus(entry: Any) -> Optional[Interface]:
    if not isinstance(entry, dict):
        return None
    try:
        guid = parse_guid(_text(entry.get("guid")))
    except ValueError:
        return None
    return {"name": _text(entry.get("name")), "guid": format_guid(guid), "state": _text(
        entry.get("state"))}


def _text(value: Any) -> str:
    return escaped(value[:_LONGEST]) if isinstance(value, str) else ""
