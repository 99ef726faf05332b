"""Things that obey: nothing in an event says lamp, socket or shutter, so ``names.json`` does.

A thing is a place, a zone and subzone, and what is there. Commands from Home Assistant become
events for the place; its state is what nodes say of the place, or the one node that is named. It
changes with their answer and never with the command. "All" (255) may be commanded and has no state.

Its id is what it is and where: ``light_2-1_0``. Its topic has its name: ``vscpwsd/NAME/set/hall/
command``.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, Union

from ...model.event import Event, make_head, own_data
from ...model.guid import ZERO
from ...reading.catalog import plain_class
from ...reading.measurement import Measured, encode
from ...reading.names import Thing
from ...reading.units import convert
from .classes import SENSOR_CLASSES
from .discovery import AT, BRIGHTNESS, VALUE
from .hearing import Heard, hear
from .measurements import MEASURED, SensorForm, unit_of
from .topics import THINGS, Topics, slug

__all__ = ["Known", "WrongCommand", "command_event", "component", "is_stop", "known_things",
           "said_of"]

_INFORMATION, _CONTROL, _SET_VALUE, _ZONE_VALUE = 20, 30, 85, 65
_ALL = 255
_PRIORITY = 3                   # as events of buttons on pages have
_LONGEST = 32                   # bytes of a command
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?\Z")
_FURTHEST = 10 ** 12            # a value to set, either way, as a frequency in Hz may need

_PLATFORMS = {"switch": "switch", "light": "light", "dimmer": "light", "cover": "cover",
              "lock": "lock", "scene": "scene", "setpoint": "number"}

# Kind -> what is commanded -> the type of class 30.
_ON_OFF = {"ON": 5, "OFF": 6}
_COMMANDS: Dict[str, Dict[str, int]] = {
    "switch": _ON_OFF, "light": _ON_OFF, "dimmer": _ON_OFF,
    "cover": {"OPEN": 34, "CLOSE": 35, "STOP": 8},
    "lock": {"LOCK": 42, "UNLOCK": 43},
    "scene": {"ON": 28},
}
_DIM = 20

# Kind -> type of class 20 -> state.
_STATES: Dict[str, Dict[int, str]] = {
    "switch": {3: "ON", 4: "OFF"}, "light": {3: "ON", 4: "OFF"}, "dimmer": {3: "ON", 4: "OFF"},
    "cover": {59: "opening", 60: "closing", 63: "open", 64: "closed", 65: "stopped",
              66: "stopped", 67: "stopped", 68: "stopped"},
    "lock": {75: "LOCKED", 76: "UNLOCKED"},
}
_LEVEL, _PRESET = 40, 48


class WrongCommand(ValueError):
    """A command that the thing doesn't know; the text says why."""


class Known(NamedTuple):
    """A thing with its ``id`` and its level in topics."""

    thing: Thing
    id: str
    topic: str
    platform: str

    @property
    def entity_id(self) -> str:
        """What Home Assistant is to call it, by its name of today."""
        return "%s.%s" % (self.platform, self.topic.replace("-", "_"))

    @property
    def has_state(self) -> bool:
        return _ALL not in (self.thing.zone, self.thing.subzone)


def known_things(things: Iterable[Thing]) -> Tuple[List[Known], List[str]]:
    """The things, and what is said against those that are left out."""
    found: Dict[str, Known] = {}
    topics: Dict[str, str] = {}
    against = []
    for thing in things:
        platform = _PLATFORMS[thing.kind]
        key = "%s_%d-%d_%d" % (platform, thing.zone, thing.subzone, thing.index)
        if thing.kind == "setpoint":
            if thing.vscp_type not in MEASURED:
                against.append("%s: type %s has no value to set" % (thing.name, thing.vscp_type))
                continue
            key += "_%d" % thing.vscp_type
        if key in found:
            against.append("%s is the same as %s" % (thing.name, found[key].thing.name))
            continue
        topic = slug(thing.name) or key
        if topic in topics:
            topic = "%s_%s" % (topic, key)
        topics[topic] = key
        found[key] = Known(thing, key, topic, platform)
    return list(found.values()), against


# ---- commands ----------------------------------------------------------------------------------


def command_event(known: Known, what: str, command: bytes) -> Event:
    """The event that a command on the topic's level ``what`` becomes.

    Raises ``WrongCommand`` with the reason.
    """
    try:
        text = command.decode("ascii").strip() if len(command) <= _LONGEST else ""
    except UnicodeDecodeError:
        text = ""
    thing = known.thing
    if thing.kind == "setpoint" and what == "command":
        return _set_value(thing, _number(text))
    if thing.kind == "dimmer" and what == "brightness":
        level = _number(text)
        if not 0 <= level <= 100:       # 254 and 255 are steps, which no slider means
            raise WrongCommand("a brightness is 0 to 100")
        return _control(thing, _DIM, int(round(level)))
    number = _COMMANDS.get(thing.kind, {}).get(text.upper())
    if what != "command" or number is None:
        raise WrongCommand("%s takes %s" % (thing.kind, ", ".join(
            _COMMANDS.get(thing.kind, ("a number",)))))
    return _control(thing, number, thing.index)


def _number(text: str) -> float:
    if not _NUMBER.match(text):
        raise WrongCommand("not a number")
    return float(text)


def _control(thing: Thing, vscp_type: int, first: int) -> Event:
    return _event(_CONTROL, vscp_type, bytes((first, thing.zone, thing.subzone)))


def _set_value(thing: Thing, value: float) -> Event:
    """The value in a unit of the type: Home Assistant's where it has it."""
    assert thing.vscp_type is not None
    form = MEASURED[thing.vscp_type]
    wanted = form.ours or form.unit
    number, unit = _unit(thing.vscp_type, wanted)
    changed = convert(value, wanted, unit) if unit else value
    assert changed is not None          # the table's unit measures what its type does
    return _event(_SET_VALUE, thing.vscp_type, encode("zone-coded", Measured(
        changed, number, thing.index, thing.zone, thing.subzone)))


def _unit(vscp_type: int, wanted: str) -> Tuple[int, str]:
    for number in range(4):             # two bits
        if unit_of(vscp_type, number) == wanted:
            return number, wanted
    return 0, unit_of(vscp_type, 0) or ""


def _event(vscp_class: int, vscp_type: int, data: bytes) -> Event:
    return Event(make_head(_PRIORITY), vscp_class, vscp_type, 0, 0, 0, ZERO, data)


# ---- states ------------------------------------------------------------------------------------


def is_stop(known: Known, event: Event) -> bool:
    """Whether the event tells a cover to stop: no event of a shutter says that it has, on its way,
    so its next level does."""
    return (known.thing.kind == "cover" and event.vscp_type == _COMMANDS["cover"]["STOP"]
            and plain_class(event.vscp_class) == _CONTROL and _is_of(known.thing, own_data(event)))


def said_of(known: Known, event: Event, is_stopping: bool) -> Optional[Dict[str, Any]]:
    """What an event says of the thing: the parts of its state; ``None`` if nothing.

    ``is_stopping`` says that it was told to stop, and has said nothing since.
    """
    thing = known.thing
    if not known.has_state or (thing.node is not None and event.guid != thing.node):
        return None
    vscp_class, data = plain_class(event.vscp_class), own_data(event)
    if not _is_of(thing, data):
        return None
    if thing.kind == "setpoint":
        return _value_of(thing, vscp_class, event)
    if vscp_class != _INFORMATION:
        return None
    if thing.kind == "cover" and is_stopping and event.vscp_type == _LEVEL:
        return {"value": "stopped"}
    return _state_of(thing, event.vscp_type, data)


def _is_of(thing: Thing, data: bytes) -> bool:
    return tuple(data[1:3]) == (thing.zone, thing.subzone)


def _value_of(thing: Thing, vscp_class: int, event: Event) -> Optional[Dict[str, Any]]:
    if (vscp_class, event.vscp_type) != (_ZONE_VALUE, thing.vscp_type):
        return None
    heard: Union[Heard, str] = hear(event)
    form = MEASURED[event.vscp_type]
    if isinstance(heard, str) or heard.unit != form.unit or isinstance(heard.value, str):
        return None
    least, most = _range(form)
    return {"value": heard.value, "unit": heard.unit} if least <= heard.value <= most else None


def _range(form: SensorForm) -> Tuple[int, int]:
    """What can be set; Home Assistant takes a state beyond that for an error."""
    return (0, 100) if form.unit == "%" else (-_FURTHEST, _FURTHEST)


def _state_of(thing: Thing, vscp_type: int, data: bytes) -> Optional[Dict[str, Any]]:
    if thing.kind == "scene":
        told = vscp_type == _PRESET and len(data) > 3
        return {"value": "ON" if data[3] == thing.index else "OFF"} if told else None
    if thing.kind == "dimmer" and vscp_type == _LEVEL:
        level = min(data[0], 100)
        return {"value": "ON" if level else "OFF", "brightness": level}
    state = _STATES[thing.kind].get(vscp_type)
    return None if state is None else {"value": state}


# ---- discovery ---------------------------------------------------------------------------------


def component(known: Known, topics: Topics, device: str, entity_id: str) -> Dict[str, Any]:
    """The one entity of a thing, which is the whole of its device ``device``."""
    thing = known.thing
    found: Dict[str, Any] = {
        "p": known.platform, "uniq_id": device, "name": None,
        "cmd_t": topics.command(known.topic, "command"),
        "default_entity_id": entity_id}
    if known.has_state and thing.kind != "scene":
        topic = topics.state(THINGS, known.id)
        found.update({"stat_t": topic, "json_attributes_topic": topic,
                      "json_attributes_template": AT})
    found.update(_MORE[thing.kind](known, topics))
    return found


def _more_switch(known: Known, topics: Topics) -> Dict[str, Any]:
    return dict(_template(known), optimistic=False)


def _more_light(known: Known, topics: Topics) -> Dict[str, Any]:
    return dict(_template(known, "state_value_template"), optimistic=False)


def _more_dimmer(known: Known, topics: Topics) -> Dict[str, Any]:
    found = dict(_more_light(known, topics), brightness_scale=100, on_command_type="brightness",
                 brightness_command_topic=topics.command(known.topic, "brightness"))
    if known.has_state:
        found.update(
            brightness_state_topic=topics.state(THINGS, known.id),
            brightness_value_template=BRIGHTNESS)
    return found


def _more_cover(known: Known, topics: Topics) -> Dict[str, Any]:
    return dict(_template(known), dev_cla="shutter", optimistic=False)


def _more_scene(known: Known, topics: Topics) -> Dict[str, Any]:
    return {"payload_on": "ON"}


def _more_number(known: Known, topics: Topics) -> Dict[str, Any]:
    assert known.thing.vscp_type is not None
    form = MEASURED[known.thing.vscp_type]
    least, most = _range(form)
    found = dict(_template(known), optimistic=False, mode="box", min=least, max=most,
                 step=1 if form.unit == "%" else 0.1)
    if form.unit:
        found["unit_of_meas"] = form.unit
    if form.device_class in SENSOR_CLASSES:
        found["dev_cla"] = form.device_class
    return found


def _template(known: Known, key: str = "val_tpl") -> Dict[str, Any]:
    return {key: VALUE} if known.has_state else {}


_MORE: Mapping[str, Callable[[Known, Topics], Dict[str, Any]]] = {
    "switch": _more_switch, "light": _more_light, "dimmer": _more_dimmer, "cover": _more_cover,
    "lock": _more_switch, "scene": _more_scene, "setpoint": _more_number}
