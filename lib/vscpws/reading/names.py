"""What people call nodes, sensors, zones and things: ``names.json``, parsed and looked up.

::

    {"nodes": [{"guid": "FF:…:03", "name": "Living room", "area": "Ground floor", "id": "living",
                "sensors": [{"class": 10, "type": 6, "index": 0, "name": "Air", "expire": 900}]},
               {"interface": "can0", "nickname": 4, "name": "Hall"}],
     "zones": [{"zone": 2, "subzone": 1, "name": "Ceiling lamp"}],
     "things": [{"name": "Ceiling", "kind": "light", "zone": 2, "subzone": 1}]}

A node is named by its GUID, or by the driver's name of its interface and its nickname there; where
all three are given, the GUID is for who doesn't know the interface. A sensor's class and type may
be names of the catalog; what is not said of its place may be any. What it is to Home Assistant may
be chosen with ``device_class`` and ``state_class``, and with ``expire`` after how many seconds
without a value it is unknown there. An entry that is wrong is left out with the place and the
reason, the others hold.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

from ..model.escaping import escaped
from ..model.event import LEVEL2_CLASS
from ..model.guid import format_guid, parse_guid
from .catalog import load_catalog, plain_class

__all__ = ["KINDS", "Names", "NodeName", "SensorName", "Thing", "ZoneName", "parse_names"]

#: What a thing that obeys may be.
KINDS = ("switch", "light", "dimmer", "cover", "lock", "scene", "setpoint")

_MOST = {"nodes": 4096, "zones": 4096, "things": 1024, "sensors": 256}
_LONGEST = 64                   # characters of a name
_LONGEST_TIME = 366 * 86400     # s
_ALL = 255
_WORD = re.compile(r"[A-Za-z0-9_-]*\Z")
_NO_IDS = ("daemon", "things")  # they stand in the place of a node's id in topics
_PLACE = ("index", "zone", "subzone")


class SensorName(NamedTuple):
    """``None`` of a place means any."""

    vscp_class: int
    vscp_type: int
    name: str
    index: Optional[int] = None         # type: ignore[assignment]  # tuple.index is hidden
    zone: Optional[int] = None
    subzone: Optional[int] = None
    device_class: str = ""      # in Home Assistant, where it is not to be that of its type
    state_class: str = ""
    expire: int = 0             # s after which it is unknown there; 0: never

    @property
    def place(self) -> Tuple[Optional[int], Optional[int], Optional[int]]:
        return self.index, self.zone, self.subzone


class NodeName(NamedTuple):
    guid: bytes
    name: str
    area: str = ""
    id: str = ""                # what a bridge calls it, so that another GUID is the same node
    sensors: Tuple[SensorName, ...] = ()


class ZoneName(NamedTuple):
    zone: int
    subzone: Optional[int]      # None: all of the zone's that have no name of their own
    name: str


class Thing(NamedTuple):
    """Something that obeys; ``kind`` is one of ``KINDS``."""

    name: str
    kind: str
    zone: int
    subzone: int
    index: int = 0                      # type: ignore[assignment]  # likewise
    node: Optional[bytes] = None        # the GUID whose state counts; None: any node's
    area: str = ""
    vscp_type: Optional[int] = None     # of a setpoint: what it sets


class Names(NamedTuple):
    """All names; ``table`` is the file's content less what was wrong in it."""

    nodes: Mapping[bytes, NodeName] = {}
    zones: Mapping[Tuple[int, Optional[int]], ZoneName] = {}
    things: Tuple[Thing, ...] = ()
    table: Mapping[str, Any] = {"nodes": [], "zones": []}

    def node(self, guid: bytes) -> str:
        """The name of the node with this GUID; empty if it has none."""
        found = self.nodes.get(guid)
        return found.name if found else ""

    def sensor(self, guid: bytes, vscp_class: int, vscp_type: int, index: Optional[int] = None,
               zone: Optional[int] = None, subzone: Optional[int] = None) -> str:
        """The name of a node's sensor; empty if it has none. Of several the narrowest counts."""
        found = self.entry(guid, vscp_class, vscp_type, index, zone, subzone)
        return found.name if found else ""

    def entry(self, guid: bytes, vscp_class: int, vscp_type: int, index: Optional[int] = None,
              zone: Optional[int] = None, subzone: Optional[int] = None) -> Optional[SensorName]:
        """All that is said of a node's sensor; likewise."""
        found = self.nodes.get(guid)
        place = (index, zone, subzone)
        fitting = [sensor for sensor in (found.sensors if found else ())
                   if sensor.vscp_class == plain_class(vscp_class)
                   and sensor.vscp_type == vscp_type
                   and all(named in (None, has) for named, has in zip(sensor.place, place))]
        if not fitting:
            return None
        return max(fitting, key=lambda sensor: sum(part is not None for part in sensor.place))

    def zone(self, zone: Optional[int], subzone: Optional[int] = None) -> str:
        """The name of a zone and subzone; empty if it has none."""
        if zone is None:
            return ""
        found = self.zones.get((zone, subzone)) or self.zones.get((zone, None))
        return found.name if found else ""

    def served(self) -> Dict[str, Any]:
        """The table with a whole GUID for each node, for who doesn't know the interfaces and all
        the ways to write one."""
        nodes = [dict(entry, guid=format_guid(guid))
                 for entry, guid in zip(self.table["nodes"], self.nodes)]
        return dict(self.table, nodes=nodes)


class _Wrong(ValueError):
    pass


def parse_names(table: Any, interfaces: Mapping[str, bytes]) -> Tuple[
        Names, List[Tuple[str, str]]]:
    """Names out of a parsed file, and what is wrong with it as pairs of place and reason.

    ``interfaces`` are the GUIDs of the interfaces (16 bytes) by their drivers' names.
    """
    if not isinstance(table, dict):
        return Names(), [("", "not an object with nodes and zones")]
    problems = [(escaped(str(key))[:_LONGEST], "unknown key; known are nodes, zones, things")
                for key in table if key not in ("nodes", "zones", "things")]
    nodes: Dict[bytes, NodeName] = {}
    zones: Dict[Tuple[int, Optional[int]], ZoneName] = {}
    things: List[Thing] = []
    ids: Set[str] = set()

    def node(entry: Any, place: str) -> Dict[str, Any]:
        found, right = _node(entry, interfaces, place, problems)
        if found.guid in nodes:
            raise _Wrong("%s has a name already: %r" % (
                format_guid(found.guid), nodes[found.guid].name))
        if found.id in _NO_IDS or found.id and found.id in ids:
            raise _Wrong("the id %r is taken" % found.id)
        ids.add(found.id)
        nodes[found.guid] = found
        return right

    def zone(entry: Any, place: str) -> None:
        found = _zone(entry)
        if found[:2] in zones:
            raise _Wrong("has a name already: %r" % zones[found[:2]].name)
        zones[found[:2]] = found

    kept = {"nodes": _each(table, "nodes", node, problems),
            "zones": _each(table, "zones", zone, problems)}
    found = _each(table, "things", lambda entry, place: things.append(_thing(entry, interfaces)),
                  problems)
    if found:
        kept["things"] = found
    return Names(nodes, zones, tuple(things), kept), problems


def _each(table: Mapping[str, Any], key: str, take: Callable[[Any, str], Any],
          problems: List[Tuple[str, str]], within: str = "") -> List[Any]:
    """Let ``take`` have each entry of a list; returns those that were right, as it returned them
    if it did."""
    entries = table.get(key)
    if entries is None:
        return []
    where = within + key
    if not isinstance(entries, list):
        problems.append((where, "not a list"))
        return []
    if len(entries) > _MOST[key]:
        problems.append((where, "%d entries, at most %d" % (len(entries), _MOST[key])))
    kept = []
    for number, entry in enumerate(entries[:_MOST[key]]):
        place = "%s[%d]" % (where, number)
        try:
            kept.append(take(entry, place) or entry)
        except ValueError as error:
            problems.append((place, "%s; left out" % error))
    return kept


def _node(entry: Any, interfaces: Mapping[str, bytes], place: str,
          problems: List[Tuple[str, str]]) -> Tuple[NodeName, Dict[str, Any]]:
    """The node, and its entry less the sensors that were wrong."""
    _check_keys(entry, ("guid", "interface", "nickname", "name", "area", "id", "sensors"))
    sensors: List[SensorName] = []
    guid, name = _guid(entry, interfaces), _text(entry, "name")
    area, identity = _text(entry, "area", ""), _word(entry, "id")
    kept = _each(entry, "sensors", lambda sensor, where: sensors.append(_sensor(sensor)), problems,
                 place + ".")
    right = dict(entry, sensors=kept) if entry.get("sensors") else entry
    return NodeName(guid, name, area, identity, tuple(sensors)), right


def _guid(entry: Mapping[str, Any], interfaces: Mapping[str, bytes]) -> bytes:
    if "guid" in entry and "interface" not in entry:
        if "nickname" in entry:
            raise _Wrong("guid, or interface and nickname, but not both")
        return parse_guid(_text(entry, "guid"))
    interface, nickname = _text(entry, "interface"), _number(entry, "nickname", 255)
    if interface not in interfaces:
        if "guid" in entry:
            return parse_guid(_text(entry, "guid"))
        raise _Wrong("there is no interface %r; there are: %s" % (
            interface, ", ".join(sorted(interfaces)) or "none"))
    return interfaces[interface][:15] + bytes((nickname,))


def _sensor(entry: Any) -> SensorName:
    _check_keys(entry, ("class", "type", "name", *_PLACE, "device_class", "state_class", "expire"))
    catalog = load_catalog()
    vscp_class = catalog.class_number(_kind(entry, "class"))
    vscp_type = catalog.type_number(vscp_class, _kind(entry, "type"))
    index, zone, subzone = (_number(entry, part, 255, optional=True) for part in _PLACE)
    return SensorName(plain_class(vscp_class), vscp_type, _text(entry, "name"), index, zone,
                      subzone, _word(entry, "device_class"), _word(entry, "state_class"),
                      _number(entry, "expire", _LONGEST_TIME, optional=True) or 0)


def _zone(entry: Any) -> ZoneName:
    _check_keys(entry, ("zone", "subzone", "name"))
    return ZoneName(_number(entry, "zone", 255), _number(entry, "subzone", 255, optional=True),
                    _text(entry, "name"))


def _thing(entry: Any, interfaces: Mapping[str, bytes]) -> Thing:
    _check_keys(entry, ("name", "kind", "zone", "subzone", "index", "node", "area", "type"))
    kind = _text(entry, "kind")
    if kind not in KINDS:
        raise _Wrong("%r is none of %s" % (kind, ", ".join(KINDS)))
    vscp_type = None
    if kind == "setpoint":
        vscp_type = load_catalog().type_number(85, _kind(entry, "type"))
    elif "type" in entry:
        raise _Wrong("only a setpoint has a type")
    node = parse_guid(_text(entry, "node")) if "node" in entry else None
    return Thing(_text(entry, "name"), kind, _number(entry, "zone", _ALL),
                 _number(entry, "subzone", _ALL), _number(entry, "index", 255, optional=True) or 0,
                 node, _text(entry, "area", ""), vscp_type)


def _check_keys(entry: Any, known: Tuple[str, ...]) -> None:
    if not isinstance(entry, dict):
        raise _Wrong("not an object")
    for key in entry:
        if key not in known:
            raise _Wrong("unknown key %r; known are %s" % (str(key)[:_LONGEST], ", ".join(known)))


def _text(entry: Mapping[str, Any], key: str, default: Optional[str] = None) -> str:
    text = entry.get(key, default)
    if text is None:
        raise _Wrong("has no %s" % key)
    if not isinstance(text, str) or len(text) > _LONGEST or not text.isprintable():
        raise _Wrong("%s is no text of up to %d characters" % (key, _LONGEST))
    if default is None and not text.strip():
        raise _Wrong("%s is empty" % key)
    return text.strip()


def _word(entry: Mapping[str, Any], key: str) -> str:
    """Letters, digits, ``_`` and ``-``, as a part of a topic or an id; empty if it isn't there."""
    text = _text(entry, key, "")
    if not _WORD.match(text):
        raise _Wrong("%s may only have letters, digits, _ and -" % key)
    return text


def _kind(entry: Mapping[str, Any], key: str) -> str:
    """A class or type by number or name, as text."""
    value = entry.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LEVEL2_CLASS * 64:
        return str(value)
    return _text(entry, key)


def _number(entry: Mapping[str, Any], key: str, most: int, optional: bool = False) -> Any:
    value = entry.get(key)
    if value is None and optional:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise _Wrong("%s is no whole number in 0-%d" % (key, most))
    return value
