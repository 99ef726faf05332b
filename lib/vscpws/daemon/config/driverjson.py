"""The C++ driver's JSON files, read as they are: the driver's own, and vscpd's with its drivers.

::

    websocksrv.json     {"interface": "ws://localhost:8884", "logging": {"log-level": "info"}, …}
    vscpd.json          {"drivers": {"level2": [{"name": "…", "enable": true,
                          "path-driver": "/…/vscpl2drv-websocksrv.so",
                          "path-config": "/etc/vscp/websocksrv.json", "guid": "FF:…"}]}}

Each key of the driver is taken (``driverkeys``), or an oddity says what to do instead; so are keys
that nobody knows. Any option of the INI file may stand in it under its own name, in the object that
is called as its section or at the top, and ``variables`` too. A value that can't be is a problem.

What these files have always got away with is odd here and no problem: a folder of pages or of logs
that isn't there, certificates that ``ws://`` has no use for.
"""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from configobj.validate import ValidateError

from ...model.errors import ConfigurationError, Oddity, Problem
from .checks import CHECKS
from .driverblock import DriverBlock, choose_blocks, plain_name
from .driverkeys import answer, driver_key, flat_keys, plain_key, plain_section
from .filecheck import folder_complaint
from .files import read_text
from .ini import Ini, hint
from .options import OPTIONS, VARIABLES, Option, default_text, where_of

__all__ = ["has_blocks", "is_json", "read_driver_json", "read_json_blocks", "read_json_text"]

_OPTIONS = {(option.section, option.key): option for option in OPTIONS}
_LOG_FILE, _PAGES = ("logging", "file-path"), ("", "web-root")
_SWITCHES = ("file-enable", "file-enable-log", "file-log-enable")   # of the driver's log file
_MOST_SHOWN = 80                # characters of a name


def is_json(text: str) -> bool:
    """Whether a file, or what stands for one, is a JSON object."""
    return text.lstrip("\ufeff \t\r\n").startswith("{")


def read_driver_json(path: str, driver: Optional[str] = None) -> Tuple[Ini, List[Problem]]:
    """The options in a file of either kind; ``driver`` names the one of vscpd's. Never raises for
    what is in it."""
    ini = Ini(path, os.path.dirname(os.path.abspath(path)), {}, {})
    try:
        return read_json_text(read_text(path), path, ini.folder, driver)
    except ConfigurationError as error:
        return ini, list(error.problems)


def read_json_text(text: str, file: str, folder: str, driver: Optional[str] = None
                   ) -> Tuple[Ini, List[Problem]]:
    """The same for its text; ``file`` is for messages, relative paths are relative to ``folder``.

    Raises ``ConfigurationError`` for what is no JSON object.
    """
    content = _parsed(text, file)
    entries = _entries(content)
    if entries is None:
        return _Reader(file, folder).read(content)
    blocks, problems = choose_blocks(_blocks(entries, file), driver, file)
    place = next((entry for entry, block in zip(entries, _blocks(entries, file))
                  if block in blocks), {})
    path = _text(place.get("path-config") or place.get("config"))
    if not path:
        raise ConfigurationError([*problems, Problem(
            file, "path-config", "must name the driver's own file")])
    path = os.path.abspath(os.path.join(folder, path))
    inner = _parsed(read_text(path), path)
    if _entries(inner) is not None:
        raise ConfigurationError([Problem(path, "drivers", "vscpd's file, not the driver's own")])
    ini, found = _Reader(path, os.path.dirname(path)).read(inner)
    return ini, found


def read_json_blocks(text: str, file: str) -> Tuple[DriverBlock, ...]:
    """The driver blocks of vscpd's file; none of the driver's own. Raises ``ConfigurationError`` as
    ``read_json_text``."""
    return _blocks(_entries(_parsed(text, file)) or [], file)


def has_blocks(path: str) -> bool:
    """Whether a file is vscpd's, with drivers in it; no if it can't be read."""
    try:
        text = read_text(path)
        return is_json(text) and _entries(_parsed(text, path)) is not None
    except ConfigurationError:
        return False


# ---- vscpd's file ------------------------------------------------------------------------------


def _parsed(text: str, file: str) -> Dict[str, Any]:
    try:
        content = json.loads(text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise ConfigurationError([Problem(file, "line %d" % error.lineno,
                                          "not JSON: %s" % error.msg)]) from None
    except (ValueError, RecursionError):
        raise ConfigurationError([Problem(file, "", "not JSON: too deep, or too long a number")
                                  ]) from None
    if not isinstance(content, dict):
        raise ConfigurationError([Problem(file, "", "not a JSON object")])
    return content


def _entries(content: Dict[str, Any]) -> Optional[List[Dict[str, Any]]]:
    drivers = content.get("drivers")
    if not isinstance(drivers, dict):
        return None
    entries = drivers.get("level2")
    return [{plain_key(key): value for key, value in entry.items()} for entry in entries
            if isinstance(entry, dict)] if isinstance(entries, list) else []


def _blocks(entries: List[Dict[str, Any]], file: str) -> Tuple[DriverBlock, ...]:
    return tuple(
        DriverBlock(plain_name(_text(entry.get("name"))),
                    _text(entry.get("path-driver") or entry.get("path")), "",
                    _text(entry.get("guid")), _text(entry.get("enable")).lower() == "true",
                    number=number, file=file)
        for number, entry in enumerate(entries))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, (dict, list)) else str(value).strip()


# ---- the driver's own file ---------------------------------------------------------------------


class _Found(NamedTuple):
    """A value for an option; ``own``: under the option's own name, which wins."""

    own: bool
    where: str
    value: object


class _Reader:
    def __init__(self, file: str, folder: str) -> None:
        self._file = file
        self._folder = folder
        self._problems: List[Problem] = []
        self._found: Dict[Tuple[str, str], List[_Found]] = {}
        self._variables: Dict[str, str] = {}
        self._no_log_file = False
        self._known = 0                 # keys that are somebody's

    def read(self, content: Dict[str, Any]) -> Tuple[Ini, List[Problem]]:
        for section, key, value in flat_keys(content):
            self._sort(section, key, value)
        options: Dict[Tuple[str, str], Any] = {}
        for place, option in _OPTIONS.items():
            try:
                options[place] = self._value(option)
            except ValidateError as error:
                self._problems.append(Problem(self._file, option.where(), str(error)))
        if content and not self._known:
            raise ConfigurationError([Problem(self._file, "", "JSON, and no key in it that the C++ "
                                              "driver or vscpwsd.ini has")])
        given = frozenset(place for place in self._found if place in options)
        self._excuse(options)
        return Ini(self._file, self._folder, options, self._variables, given), self._problems

    def _sort(self, section: str, key: str, value: object) -> None:
        where = where_of(section[:_MOST_SHOWN], key)
        place = _place_of(section, key)
        self._known += bool(place or plain_key(section) == VARIABLES or driver_key(section, key))
        if plain_key(section) == VARIABLES:
            self._variables[key] = _text(value)
            return
        if place is not None:
            own = plain_key(key) == place[1]
            self._found.setdefault(place, []).append(_Found(own, where, value))
            return
        if plain_key(key) in _SWITCHES:
            self._no_log_file |= _text(value).lower() in ("false", "0", "no", "off")
            return
        known = [option.key for option in OPTIONS]
        self._odd(where, answer(section, key) or hint("unknown key, not used", key, known))

    def _odd(self, where: str, reason: str) -> None:
        self._problems.append(Oddity(self._file, where, reason))

    def _value(self, option: Option) -> Any:
        found = self._best((option.section, option.key))
        text = default_text(option)
        if found is not None:
            text = self._text_of(option, found)
        name, _, arguments = option.check[:-1].partition("(")
        value = CHECKS[name](text, *(each.strip() for each in arguments.split(",") if each))
        if name == "path" and value:
            return os.path.abspath(os.path.join(self._folder, str(value)))
        return value

    def _best(self, place: Tuple[str, str]) -> Optional[_Found]:
        """The one that counts; an empty one says nothing."""
        given = [each for each in self._found.get(place, ())
                 if each.value is not None and (each.value != "" or place[1] == "content-policy")]
        if not given:
            self._found.pop(place, None)
            return None
        best = next((each for each in given if each.own), given[0])
        for other in given:
            if other.value != best.value:
                self._odd(other.where, "does not count, for there is %s" % best.where)
        return best

    def _text_of(self, option: Option, found: _Found) -> str:
        value = found.value
        if isinstance(value, dict):
            raise ValidateError("a JSON object is no value")
        if isinstance(value, list):
            return " ".join(map(str, value))
        text = _text(value)
        if option.check == "level()" and text.lower() == "off":
            self._odd(found.where, "there is no level off, it is error")
            return "error"
        return text

    def _excuse(self, options: Dict[Tuple[str, str], Any]) -> None:
        """Let what the C++ driver lets pass be odd."""
        listen = options.get(("", "interface"))
        for key in ("cert", "key", "ca"):
            if listen and not listen.tls and options.get(("tls", key)):
                self._odd(where_of("tls", key), "not used, for interface says ws:// and nothing is "
                          "encrypted; write wss://")
                options["tls", key] = ""
        if self._no_log_file:
            options[_LOG_FILE] = ""
        if options.get(_LOG_FILE):
            complaint = folder_complaint(os.path.dirname(options[_LOG_FILE]))
            if complaint:
                self._odd(where_of(*_LOG_FILE), "no log file: %s" % complaint)
                options[_LOG_FILE] = ""
        if options.get(_PAGES) and options.get(("", "enable-static")):
            complaint = folder_complaint(options[_PAGES])
            if complaint:
                self._odd(where_of(*_PAGES), "the page that comes with the program is served: %s"
                          % complaint)
                options[_PAGES] = ""


def _place_of(section: str, key: str) -> Optional[Tuple[str, str]]:
    """The option that takes a key; None if none does."""
    place = plain_section(section), plain_key(key)
    if place in _OPTIONS:
        return place
    row = driver_key(section, key)
    if row is not None:
        return row.takes if row.takes[1] else None
    elsewhere = [each for each in _OPTIONS if each[1] == place[1]]
    return elsewhere[0] if len(elsewhere) == 1 and not place[0] else None
