"""CAN interfaces from driver blocks, their remote variables and the host's MAC address.

Where several places say something the order is: the variable ``NAME_interface`` (``_filter``,
``_mask``), the same key in the JSON object ``NAME_config``, the configuration string. An empty
value says nothing. The driver's manual spells the object's variable ``NAMEconfig``, unlike the
others; that is taken, too.
"""

from __future__ import annotations

import json
import logging
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ...can.channel import DEFAULT_CHANNEL, first_part, resolve_channel
from ...model.errors import Problem
from ...model.filter import Filter, Pattern, parse_pattern
from ...model.guid import ZERO, format_guid, parse_guid
from ...settings import Interface
from .driverblock import DriverBlock
from .driverkeys import JSON_FILE, answer, flat_keys
from .options import where_of

__all__ = ["Variables", "make_interfaces"]

log = logging.getLogger(__name__)

KEYS = ("interface", "filter", "mask")
CONFIG = "config"
_MADE_GUID = b"\xff" * 7 + b"\xfe"      # then the MAC address, the interface's number and 0


class Variables(NamedTuple):
    """The remote variables: the INI file, its folder, and what its ``[variables]`` says."""

    file: str
    folder: str
    values: Mapping[str, str]


class _Value(NamedTuple):
    """One value and where it was found."""

    text: str
    file: str
    where: str

    def problem(self, reason: object) -> Problem:
        return Problem(self.file, self.where, str(reason))


def make_interfaces(blocks: Sequence[DriverBlock], variables: Variables,
                    mac: Callable[[], Optional[bytes]]
                    ) -> Tuple[Tuple[Interface, ...], List[Problem]]:
    """One interface for each block that has no problem, and all problems.

    ``mac`` gives the host's MAC address (6 bytes) or None, and is asked only where needed.
    """
    problems = _variable_problems(variables)
    _warn_of_strangers(blocks, variables)
    interfaces = []
    for block in blocks:
        interface, found = _make_interface(block, variables, mac)
        problems += found
        if interface:
            interfaces.append(interface)
    _warn_of_twins(interfaces)
    return tuple(interfaces), problems


def _make_interface(block: DriverBlock, variables: Variables,
                    mac: Callable[[], Optional[bytes]]
                    ) -> Tuple[Optional[Interface], List[Problem]]:
    values, problems = _values(block, variables)
    channel, found = _channel(block, values, variables.folder)
    problems += found
    event_filter, found = _filter(block, values)
    problems += found
    guid, found = _guid(block, mac)
    problems += found
    if problems:
        return None, problems
    return Interface(block.name, channel, guid, event_filter), []


def _variable_problems(variables: Variables) -> List[Problem]:
    """Variables with an ending that no driver asks for: most likely misspelt."""
    problems = []
    for key in variables.values:
        if not _driver_of(key):
            problems.append(Problem(variables.file, "[variables] %s" % key[:80], "not a variable: "
                                    "known are NAME_interface, NAME_filter, NAME_mask, "
                                    "NAME_config"))
    return problems


def _warn_of_strangers(blocks: Sequence[DriverBlock], variables: Variables) -> None:
    names = [block.name for block in blocks]
    for key in variables.values if names else ():
        name = _driver_of(key)
        if name and name not in names:
            log.warning("%s: [variables] %s: no driver called %r runs (but %s)",
                        variables.file, key, name, ", ".join(names))


def _driver_of(key: str) -> str:
    """The name of the driver that a variable is for; empty if it is no variable."""
    name, _, ending = key.rpartition("_")
    if ending in KEYS + (CONFIG,):
        return name
    name = key[:-len(CONFIG)]
    return name if key.endswith(CONFIG) and name.strip("_") else ""


def _config_key(block: DriverBlock, variables: Variables) -> str:
    """The variable that holds the block's JSON object: ``NAME_config``, or else ``NAMEconfig``."""
    key, other = "%s_%s" % (block.name, CONFIG), block.name + CONFIG
    # To a name that ends with a _ the other would be a neighbour's.
    if not variables.values.get(other) or block.name.endswith("_"):
        return key
    if variables.values.get(key):
        log.warning("%s: [variables] %s: does not count, for there is %s", variables.file, other,
                    key)
        return key
    return other


def _values(block: DriverBlock, variables: Variables
            ) -> Tuple[Dict[str, _Value], List[Problem]]:
    """What the variables say about a block: the keys that are not empty."""
    config_key = _config_key(block, variables)
    config = _Value(variables.values.get(config_key, ""), variables.file,
                    "[variables] %s" % config_key)
    values, problems = _from_json(config)
    for key in KEYS:
        name = "%s_%s" % (block.name, key)
        text = variables.values.get(name, "")
        if text:
            values[key] = _Value(text, variables.file, "[variables] %s" % name)
    return values, problems


def _from_json(config: _Value) -> Tuple[Dict[str, _Value], List[Problem]]:
    if not config.text:
        return {}, []
    if config.text.endswith(".json"):
        return {}, [config.problem("a JSON object on one line, not the name of a file; " +
                                   JSON_FILE)]
    try:
        found = json.loads(config.text)
    except (ValueError, RecursionError) as error:
        return {}, [config.problem("not JSON (%s)" % error)]
    if not isinstance(found, dict):
        return {}, [config.problem("not a JSON object")]
    values, problems = {}, []
    for section, key, value in flat_keys(found):
        if section or key not in KEYS:
            reason = answer(section, key)
            problems.append(config.problem(
                "%s: %s" % (where_of(section[:40], key), reason) if reason else
                "unknown key %r: known are %s" % (key[:40], ", ".join(KEYS))))
        elif value is not None and not isinstance(value, str):
            problems.append(config.problem("%s is not a string" % key))
        elif value and value.strip():
            values[key] = config._replace(text=value.strip(),
                                          where="%s, %s" % (config.where, key))
    return values, problems


def _channel(block: DriverBlock, values: Mapping[str, _Value], folder: str
             ) -> Tuple[str, List[Problem]]:
    written = first_part(block.config)
    value = values.get("interface") or _Value(
        written or DEFAULT_CHANNEL, block.file, "%s: config" % block.where())
    if block.config.partition(";")[2].strip(" ;"):
        log.warning("%s: %s: config: only the first part, %r, is used",
                    block.file, block.where(), written)
    if value.text.lower().startswith(("ws://", "wss://")):
        return "", [value.problem("%s is where to listen: write it as interface at the top of the "
                                  "INI file; here interface is the CAN interface"
                                  % value.text[:80])]
    if value.text.endswith(".json"):
        return "", [value.problem("the CAN interface belongs here; " + JSON_FILE)]
    try:
        return resolve_channel(value.text, folder), []
    except ValueError as error:
        return "", [value.problem(error)]


def _filter(block: DriverBlock, values: Mapping[str, _Value]) -> Tuple[Filter, List[Problem]]:
    patterns, problems = {}, []
    for key in ("filter", "mask"):
        if key in values:
            try:
                patterns[key] = parse_pattern(values[key].text)
            except ValueError as error:
                problems.append(values[key].problem(error))
    if "filter" in values and "mask" not in values:
        log.warning("%s: %s: a filter without a mask lets everything pass",
                    values["filter"].file, values["filter"].where)
    return Filter(patterns.get("filter", Pattern()), patterns.get("mask", Pattern())), problems


def _guid(block: DriverBlock, mac: Callable[[], Optional[bytes]]) -> Tuple[bytes, List[Problem]]:
    try:
        guid = parse_guid(block.guid)
    except ValueError as error:
        return ZERO, [Problem(block.file, "%s: guid" % block.where(), str(error))]
    if guid[15]:
        guid = guid[:15] + b"\0"
        log.warning("%s: %s: guid: the last byte belongs to the nodes, used as %s",
                    block.file, block.where(), format_guid(guid))
    if guid != ZERO:
        return guid, []
    if block.number > 255:
        return ZERO, [Problem(block.file, "%s: guid" % block.where(), "missing, and only the "
                              "first 256 blocks of a file can get one from the MAC address")]
    return _made_guid(block, mac()), []


def _made_guid(block: DriverBlock, mac: Optional[bytes]) -> bytes:
    """Numbered by the place in the file, so that it doesn't depend on which blocks are taken."""
    if mac is None:
        log.warning("%s: %s: guid: missing, and this host has no MAC address to make one from: "
                    "it is the same on other such hosts", block.file, block.where())
    return _MADE_GUID + (mac or bytes(6)) + bytes([block.number, 0])


def _warn_of_twins(interfaces: Sequence[Interface]) -> None:
    """Copied blocks: legal, but rarely meant."""
    for number, interface in enumerate(interfaces):
        for other in interfaces[:number]:
            if interface.channel == other.channel:
                log.warning("drivers %s and %s: both use %s, clients get its events twice",
                            other.name, interface.name, interface.channel)
            if interface.guid == other.guid:
                log.warning("drivers %s and %s: the same GUID, their nodes can't be told apart",
                            other.name, interface.name)
