"""CAN interfaces from driver blocks, their remote variables and the host's MAC address.

Where several places say something the order is: the variable ``NAME_interface`` (``_filter``,
``_mask``), the same key in the JSON object ``NAME_config``, the configuration string. An empty
value says nothing. The driver's manual spells the object's variable ``NAMEconfig``, unlike the
others; that is taken, too.
"""

from __future__ import annotations

import json
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ...can.channel import DEFAULT_CHANNEL, first_part, resolve_channel
from ...model.errors import Oddity, Problem, errors_of
from ...model.filter import Filter, Pattern, parse_pattern
from ...model.guid import ZERO, format_guid, parse_guid
from ...settings import Interface
from .driverblock import DriverBlock
from .driverkeys import JSON_FILE, answer, flat_keys
from .options import where_of

__all__ = ["Variables", "make_interfaces"]

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

    def oddity(self, reason: str) -> Problem:
        return Oddity(self.file, self.where, reason)


def make_interfaces(blocks: Sequence[DriverBlock], variables: Variables,
                    mac: Callable[[], Optional[bytes]]
                    ) -> Tuple[Tuple[Interface, ...], List[Problem]]:
    """One interface for each block whose CAN interface is known, and all problems; with errors
    among these, to be looked at further and not to be run: a wrong filter passes everything there,
    a wrong GUID is zero.

    ``mac`` gives the host's MAC address (6 bytes) or None, and is asked only where needed.
    """
    problems = _variable_problems(variables) + _strangers(blocks, variables)
    interfaces = []
    for block in blocks:
        interface, found = _make_interface(block, variables, mac)
        problems += found
        if interface:
            interfaces.append(interface)
    return tuple(interfaces), problems + _twins(interfaces)


def _make_interface(block: DriverBlock, variables: Variables,
                    mac: Callable[[], Optional[bytes]]
                    ) -> Tuple[Optional[Interface], List[Problem]]:
    values, problems = _values(block, variables)
    unread = errors_of(problems)
    channel, found = _channel(block, values, variables.folder)
    problems += found
    event_filter, found = _filter(block, values)
    problems += found
    guid, found = _guid(block, mac)
    problems += found
    if unread or not channel:
        return None, problems
    return Interface(block.name, channel, guid, event_filter), problems


def _variable_problems(variables: Variables) -> List[Problem]:
    """Variables with an ending that no driver asks for: most likely misspelt."""
    problems: List[Problem] = []
    for key in variables.values:
        if not _driver_of(key):
            problems.append(Problem(variables.file, "[variables] %s" % key[:80], "not a variable: "
                                    "known are NAME_interface, NAME_filter, NAME_mask, "
                                    "NAME_config"))
    return problems


def _strangers(blocks: Sequence[DriverBlock], variables: Variables) -> List[Problem]:
    """Variables of drivers that don't run."""
    names = [block.name for block in blocks]
    found: List[Problem] = []
    for key in variables.values if names else ():
        name = _driver_of(key)
        if name and name not in names:
            found.append(Oddity(variables.file, "[variables] %s" % key, "no driver called %r runs "
                                "(but %s)" % (name, ", ".join(names))))
    return found


def _driver_of(key: str) -> str:
    """The name of the driver that a variable is for; empty if it is no variable."""
    name, _, ending = key.rpartition("_")
    if ending in KEYS + (CONFIG,):
        return name
    name = key[:-len(CONFIG)]
    return name if key.endswith(CONFIG) and name.strip("_") else ""


def _config_key(block: DriverBlock, variables: Variables) -> Tuple[str, List[Problem]]:
    """The variable that holds the block's JSON object: ``NAME_config``, or else ``NAMEconfig``."""
    key, other = "%s_%s" % (block.name, CONFIG), block.name + CONFIG
    # To a name that ends with a _ the other would be a neighbour's.
    if not variables.values.get(other) or block.name.endswith("_"):
        return key, []
    if variables.values.get(key):
        return key, [Oddity(variables.file, "[variables] %s" % other,
                            "does not count, for there is %s" % key)]
    return other, []


def _values(block: DriverBlock, variables: Variables
            ) -> Tuple[Dict[str, _Value], List[Problem]]:
    """What the variables say about a block: the keys that are not empty."""
    config_key, odd = _config_key(block, variables)
    config = _Value(variables.values.get(config_key, ""), variables.file,
                    "[variables] %s" % config_key)
    values, problems = _from_json(config)
    for key in KEYS:
        name = "%s_%s" % (block.name, key)
        text = variables.values.get(name, "")
        if text:
            values[key] = _Value(text, variables.file, "[variables] %s" % name)
    return values, odd + problems


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
    values: Dict[str, _Value] = {}
    problems: List[Problem] = []
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
    config = _Value(written or DEFAULT_CHANNEL, block.file, "%s: config" % block.where())
    value = values.get("interface") or config
    odd: List[Problem] = []
    if block.config.partition(";")[2].strip(" ;"):
        odd.append(config.oddity("only the first part, %r, is used" % written))
    if value.text.lower().startswith(("ws://", "wss://")):
        return "", odd + [value.problem("%s is where to listen: write it as interface at the top "
                                        "of the INI file; here interface is the CAN interface"
                                        % value.text[:80])]
    if value.text.endswith(".json"):
        return "", odd + [value.problem("the CAN interface belongs here; " + JSON_FILE)]
    try:
        return resolve_channel(value.text, folder), odd
    except ValueError as error:
        return "", odd + [value.problem(error)]


def _filter(block: DriverBlock, values: Mapping[str, _Value]) -> Tuple[Filter, List[Problem]]:
    patterns: Dict[str, Pattern] = {}
    problems: List[Problem] = []
    for key in ("filter", "mask"):
        if key in values:
            try:
                patterns[key] = parse_pattern(values[key].text)
            except ValueError as error:
                problems.append(values[key].problem(error))
    if "filter" in values and "mask" not in values:
        problems.append(values["filter"].oddity("a filter without a mask lets everything pass"))
    return Filter(patterns.get("filter", Pattern()), patterns.get("mask", Pattern())), problems


def _guid(block: DriverBlock, mac: Callable[[], Optional[bytes]]) -> Tuple[bytes, List[Problem]]:
    value = _Value(block.guid, block.file, "%s: guid" % block.where())
    odd: List[Problem] = []
    try:
        guid = parse_guid(block.guid)
    except ValueError as error:
        return ZERO, [value.problem(error)]
    if guid[15]:
        guid = guid[:15] + b"\0"
        odd.append(value.oddity("the last byte belongs to the nodes, used as %s"
                                % format_guid(guid)))
    if guid != ZERO:
        return guid, odd
    if block.number > 255:
        return ZERO, odd + [value.problem("missing, and only the first 256 blocks of a file can "
                                          "get one from the MAC address")]
    address = mac()
    if address is None:
        odd.append(value.oddity("missing, and this host has no MAC address to make one from: it is "
                                "the same on other such hosts"))
    return _made_guid(block, address or bytes(6)), odd


def _made_guid(block: DriverBlock, mac: bytes) -> bytes:
    """Numbered by the place in the file, so that it doesn't depend on which blocks are taken."""
    return _MADE_GUID + mac + bytes([block.number, 0])


def _twins(interfaces: Sequence[Interface]) -> List[Problem]:
    """Copied blocks: legal, but rarely meant."""
    found: List[Problem] = []
    for number, interface in enumerate(interfaces):
        for other in interfaces[:number]:
            if interface.channel == other.channel:
                found.append(Oddity("", _both(other, interface), "both use %s, clients get its "
                                    "events twice" % interface.channel))
            if interface.guid == other.guid != ZERO:
                found.append(Oddity("", _both(other, interface), "the same GUID, their nodes can't "
                                    "be told apart"))
    return found


def _both(one: Interface, other: Interface) -> str:
    return "drivers %s and %s" % (one.name, other.name)
