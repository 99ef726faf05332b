"""Discovery messages: what Home Assistant is told of a device and its entities.

One message a device. At its root stand only keys that every release since 2024.11 knows: another
one would void it whole. Ids are made of GUIDs, or of what ``names.json`` says instead, and never of
names. An entity's own id (``sensor.boiler_flow``) is proposed once and stays.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ...model.guid import format_guid
from ...reading.names import Names, SensorName
from ..forms.refusals import Refusals
from .classes import BINARY_CLASSES, refusal
from .kinds import BINARY, EVENT, HEARTBEAT, PAIRS, PRESSED, PULSES, SENSOR
from .node import Entity, Node
from .topics import Topics, slug

__all__ = ["AT", "BRIGHTNESS", "MAX_MESSAGE", "VALUE", "device_message", "node_components",
           "node_device", "node_name"]

#: Bytes of a discovery message at most; every broker takes that.
MAX_MESSAGE = 64 << 10

# A state that is cleared has no JSON, and anybody may write there what has no such key: Home
# Assistant then knows nothing of the entity ("None"), and fills no log.
_STATE = "(value_json | default({}))"
VALUE = "{{ %s.value | default('None') }}" % _STATE
BRIGHTNESS = "{{ %s.brightness | default('') }}" % _STATE
AT = "{{ {'at': %s.at | default('')} | tojson }}" % _STATE

_LONGEST_ID = 160               # characters of an entity's own id

# The types whose names in names.json are the name of an entity, by its stem; of other stems they
# are what the stem says.
_TYPES: Dict[str, List[Tuple[int, int]]] = {PRESSED: [(20, 1)], HEARTBEAT: [(20, 9), (20, 5)]}
for _which, _stem in [*((each, pair.stem) for each, pair in PAIRS.items()),
                      *((each, stem) for each, (stem, _) in PULSES.items())]:
    _TYPES.setdefault(_stem, []).append(_which)


def device_message(device: Mapping[str, Any], version: str, availability: List[str],
                   components: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The message; ``availability`` are the topics that must all say ``online``."""
    return json.dumps({
        "dev": device, "o": {"name": "vscpwsd", "sw": version},
        "avty": [{"t": topic} for topic in availability], "avty_mode": "all",
        "cmps": components}, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def node_device(node: Node, names: Names, topics: Topics) -> Dict[str, Any]:
    """The device of a node."""
    device = {"ids": ["vscp_%s" % node.id], "name": node_name(node, names), "mdl": "VSCP node",
              "sn": format_guid(node.guid), "via_device": topics.daemon_id}
    named = names.nodes.get(node.guid)
    if named and named.area:
        device["suggested_area"] = named.area
    return device


def node_name(node: Node, names: Names) -> str:
    """What the node is called; one without a name after its nickname and the interface's number."""
    number, nickname = node.guid[14], node.guid[15]
    return names.node(node.guid) or (
        "Node %d-%d" % (number, nickname) if number else "Node %d" % nickname)


def node_components(node: Node, names: Names, topics: Topics, refusals: Refusals,
                    room: int) -> Dict[str, Dict[str, Any]]:
    """The entities of a node, and those that are leaving, in ``room`` bytes."""
    components: Dict[str, Dict[str, Any]] = {
        key: {"p": platform} for key, platform in node.leaving.items()}
    device, taken = node_name(node, names), set()
    for key, entity in node.entities.items():
        chosen = _chosen(node, entity, names)
        called = _name(entity, names, chosen, device)
        if called in taken:
            called += " (%s)" % key
        taken.add(called)
        component = _component(node, entity, called, chosen, topics, refusals)
        if not entity.entity_id:
            name = slug("%s %s" % (device, called))[:_LONGEST_ID].rstrip("_")
            entity.entity_id = "%s.%s" % (entity.kind.platform, name or "vscp_" + slug(key))
        component["default_entity_id"] = entity.entity_id
        room -= len(json.dumps({key: component}, ensure_ascii=False).encode("utf-8"))
        if room < 0:
            refusals.refuse("large", "%s %s" % (format_guid(node.guid), key),
                            "a node has more to tell than fits a message: left out")
            break
        components[key] = component
    return components


def _component(node: Node, entity: Entity, name: str, chosen: Optional[SensorName],
               topics: Topics, refusals: Refusals) -> Dict[str, Any]:
    kind = entity.kind
    topic = topics.state(node.id, entity.id)
    component: Dict[str, Any] = {"p": kind.platform, "uniq_id": "vscp_%s_%s" % (node.id, entity.id),
                                 "name": name, "stat_t": topic}
    device_class, state_class = _classes(entity, chosen, refusals)
    if device_class:
        component["dev_cla"] = device_class
    if kind.diagnostic:
        component.update(entity_category="diagnostic", enabled_by_default=False)
    if kind.platform == EVENT:
        component["event_types"] = list(kind.options)
        return component
    component.update(val_tpl=VALUE, json_attributes_topic=topic, json_attributes_template=AT)
    if kind.options:
        component["options"] = list(kind.options)
    if kind.platform == SENSOR and entity.unit:
        component["unit_of_meas"] = entity.unit
    if state_class:
        component["stat_cla"] = state_class
    if entity.pulses:
        component["off_delay"] = kind.off_delay
    if chosen and chosen.expire:
        component["expire_after"] = chosen.expire
    return component


def _classes(entity: Entity, chosen: Optional[SensorName], refusals: Refusals
             ) -> Tuple[str, str]:
    """Device class and state class: the user's where Home Assistant takes them, else the kind's."""
    kind = entity.kind
    own = kind.device_class, kind.state_class
    if chosen is None or not (chosen.device_class or chosen.state_class):
        return own
    wanted = chosen.device_class or own[0], chosen.state_class or own[1]
    if kind.platform == BINARY:
        if not chosen.state_class and wanted[0] in BINARY_CLASSES:
            return wanted
        reason = "no device class of a binary sensor"
    elif kind.platform == SENSOR and not kind.options and own[0] != "timestamp":
        reason = refusal(wanted[0], entity.unit or "", wanted[1])
        if not reason:
            return wanted
    else:
        reason = "there is nothing to choose"
    refusals.refuse("choice", "names.json: %s: %s %s" % (
        chosen.name, chosen.device_class, chosen.state_class),
        "what is chosen for a sensor is left out, %s" % reason)
    return own


def _chosen(node: Node, entity: Entity, names: Names) -> Optional[SensorName]:
    """What names.json says of it."""
    index, zone, subzone = entity.place
    types = _TYPES.get(entity.stem)
    if types is None:
        first, _, second = entity.stem.partition("_")
        types = [(int(first), int(second))]
    if index is None and entity.stem not in _PAIR_STEMS:
        index = 0
    for vscp_class, vscp_type in types:
        found = names.entry(node.guid, vscp_class, vscp_type, index, zone, subzone)
        if found is not None:
            return found
    return None


_PAIR_STEMS = frozenset(pair.stem for pair in PAIRS.values())


def _name(entity: Entity, names: Names, chosen: Optional[SensorName], device: str) -> str:
    """Its name within the device, which doesn't repeat the device's."""
    index, zone, subzone = entity.place
    plain = name = entity.kind.name
    if chosen is not None:
        name = chosen.name
    elif zone is None:
        name = "%s %d" % (plain, index) if index else plain
    else:
        called = names.zone(zone, subzone)
        if called:
            name = called if entity.stem == "on" else "%s %s" % (called, plain)
        elif zone or subzone:
            name = "%s %d-%d" % (plain, zone, subzone or 0)
        if index:
            name += " %d" % index
    if name[:len(device)].casefold() == device.casefold():
        name = name[len(device):].strip(" -:,") or plain
    return name
