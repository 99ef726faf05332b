"""The INI file: read with configobj, checked against the configspec, every problem reported.

Lists and interpolation are off, for filters and GUIDs hold commas and values may hold ``%``. That
leaves traps which are closed here:

* quotes around a value stay on it: they are taken off;
* ``#`` begins a comment even in the middle of a word, which would cut a value without a word: one
  right behind something else must be in quotes;
* blanks before a key, or a section line of brackets, can cost it minutes: the blanks are taken off,
  such sections refused;
* the C++ driver's JSON file is answered in a line that has each key, and so are its keys among
  ours;
* a section ``[DEFAULT]`` escapes the validator, and a section in a key's place confuses it: the
  shape is checked first.
"""

from __future__ import annotations

import difflib
import itertools
import json
import os
import re
from typing import Any, Dict, Iterable, List, NamedTuple, Tuple

from configobj import ConfigObj, ConfigObjError, flatten_errors, get_extra_values
from configobj.validate import Validator

from ...model.errors import ConfigurationError, Problem
from .checks import CHECKS
from .driverkeys import JSON_FILE, answer, driver_key, flat_keys, has_section
from .files import read_file
from .options import OPTIONS, VARIABLES, Option, configspec, where_of

__all__ = ["Ini", "read_ini"]

_MAX_LINE = 4096                # characters
_MAX_SECTION_LINE = 256         # characters
_MAX_BRACKETS = 16              # in it
_FEW_LINES = 2                  # with something wrong, of somebody who writes his first INI file
_MOST_LINES = 20                # with something wrong that are told one by one
_MOST_KEYS = 100                # of a JSON file that are looked at
_MOST_ROUNDS = 5                # of parsing: without the lines left out others may be wrong
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_GLUED_COMMENT = re.compile(r"\s*[^\s#\[=][^#=]*=\s*[^\s'\"#][^#]*(?<!\s)#")
_LINE_SUFFIX = re.compile(r" at line \d+\.\Z")
_SECTIONS = {option.section for option in OPTIONS if option.section} | {VARIABLES}


class Ini(NamedTuple):
    """What the file says. Paths are absolute; an option with a problem is missing."""

    file: str
    folder: str                             # what relative paths are relative to
    options: Dict[Tuple[str, str], Any]     # (section, key): value or default
    variables: Dict[str, str]


def read_ini(path: str) -> Tuple[Ini, List[Problem]]:
    """The INI file and all that is wrong with it. Never raises for what is in the file."""
    ini = Ini(path, os.path.dirname(os.path.abspath(path)), {}, {})
    problems: List[Problem] = []
    try:
        config = _parse(path, _lines(path, problems), problems)
    except ConfigurationError as error:
        return ini, problems + list(error.problems)
    if len(problems) > _FEW_LINES and not _holds_an_option(config):
        return ini, [Problem(path, "", "not an INI file: none of its lines is an option of this "
                             "program, such as interface = ws://localhost:8884")]
    problems = _bounded(path, problems)
    problems += _take_off_misplaced(config, path) + _take_off_quotes(config, path)
    validator = Validator(CHECKS)
    result = config.validate(validator, preserve_errors=True)
    problems += _unknown_keys(config, path)
    bad = set()
    for sections, key, wrong in flatten_errors(config, result):
        option = _option("".join(sections), key)
        bad.add(option)
        problems.append(Problem(path, option.where(), str(wrong)))
    for option in OPTIONS:
        if option not in bad:
            ini.options[option.section, option.key] = _value(config, option, ini.folder)
    ini.variables.update(config[VARIABLES])
    return ini, problems


def _holds_an_option(config: ConfigObj) -> bool:
    """Whether anything in it is ours; a file of another kind has something wrong in each line."""
    return bool(_SECTIONS.intersection(config.sections)) or any(
        option.key in config.scalars for option in OPTIONS)


def _bounded(path: str, problems: List[Problem]) -> List[Problem]:
    more = len(problems) - _MOST_LINES
    return problems if more <= 0 else problems[:_MOST_LINES] + [
        Problem(path, "", "and %d more such lines" % more)]


def _lines(path: str, problems: List[Problem]) -> List[str]:
    """The file's lines, those with problems empty. Raises ``ConfigurationError`` for what can't be
    taken line by line."""
    try:
        lines = read_file(path).decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        place_of_it = 1 + error.object.count(b"\n", 0, error.start)
        raise ConfigurationError([Problem(path, "line %d" % place_of_it, "not UTF-8")]) from None
    if next(filter(None, map(str.strip, lines)), "").startswith("{"):
        raise ConfigurationError([_json_problem(path, "\n".join(lines))])
    lines = [line[:-1] if line.endswith("\r") else line for line in lines]
    lines = [line.strip() if len(line) <= _MAX_LINE else line for line in lines]
    for number, line in enumerate(lines, 1):
        reason = _line_complaint(line)
        if reason:
            _leave_out(lines, number, Problem(path, "line %d" % number, reason), problems)
    return lines


def _json_problem(path: str, text: str) -> Problem:
    """What to do with a JSON file that was taken for an INI file, and with the keys of it that the
    C++ driver has."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = {}
    keys: Dict[str, List[str]] = {}     # by what becomes of them
    if isinstance(content, dict):
        for section, key, _ in itertools.islice(flat_keys(content), _MOST_KEYS):
            row = driver_key(section, key)
            keys.setdefault(row.becomes() if row else "unknown", []).append(
                where_of(section[:80], key))
    found = ["%s: %s" % (", ".join(names), what) for what, names in keys.items()]
    known = [what for what in keys if what != "unknown"]
    return Problem(path, "", "JSON, not lines KEY = VALUE" + (
        "; %s; %s" % (JSON_FILE, "; ".join(found)) if known else ""))


def _line_complaint(line: str) -> str:
    if len(line) > _MAX_LINE:
        return "longer than %d characters" % _MAX_LINE
    if _CONTROL.search(line):
        return "control character"
    if line.startswith("[") and (len(line) > _MAX_SECTION_LINE
                                 or line.count("[") + line.count("]") > _MAX_BRACKETS):
        return "too long for a section, which is written [name]"
    if _GLUED_COMMENT.match(line):
        return "a value with '#' in it needs quotes, a comment a blank before it"
    return ""


def _leave_out(lines: List[str], number: int, problem: Problem, problems: List[Problem]) -> None:
    """Go on without a line that is wrong, so that what is wrong with the others shows, too.

    Without the line of a section that can't be: its keys would be taken for another's.
    """
    if lines[number - 1].startswith("["):
        raise ConfigurationError([problem])
    problems.append(problem)
    lines[number - 1] = ""


def _parse(path: str, lines: List[str], problems: List[Problem]) -> ConfigObj:
    for _ in range(_MOST_ROUNDS):
        try:
            return ConfigObj(lines, configspec=configspec(), interpolation=False,
                             list_values=False)
        except ConfigObjError as error:
            for each in getattr(error, "errors", None) or [error]:
                reason = _LINE_SUFFIX.sub("", str(each))[:200]
                _leave_out(lines, each.line_number,
                           Problem(path, "line %d" % each.line_number, reason), problems)
    raise ConfigurationError([])


def _take_off_misplaced(config: ConfigObj, path: str) -> List[Problem]:
    """Remove sections and keys that stand where the other belongs."""
    problems = []
    for name in list(config.sections):
        if name not in _SECTIONS:
            problems += _unknown_section(config, path, name)
            del config[name]
            continue
        for inner in list(config[name].sections):
            problems.append(Problem(path, "[%s] [[%s]]" % (name, inner[:80]), "unknown section"))
            del config[name][inner]
    for name in _SECTIONS.intersection(config.scalars):
        problems.append(Problem(path, name, "a section: write [%s]" % name))
        del config[name]
    return problems


def _unknown_section(config: ConfigObj, path: str, name: str) -> List[Problem]:
    known = [key for key in config[name].scalars if answer(name, key)] if has_section(name) else []
    if not known:
        return [Problem(path, "[%s]" % name[:80], _hint("unknown section", name, _SECTIONS))]
    return [Problem(path, where_of(name, key), answer(name, key)) for key in known]


def _take_off_quotes(config: ConfigObj, path: str) -> List[Problem]:
    problems = []
    for name, section in [("", config)] + [(name, config[name]) for name in config.sections]:
        for key in list(section.scalars):
            value = section[key]
            if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
                section[key] = value[1:-1].strip()
            if "\n" in value:
                problems.append(Problem(path, where_of(name, key), "more than one line"))
                del section[key]
    return problems


def _unknown_keys(config: ConfigObj, path: str) -> List[Problem]:
    problems = []
    for sections, key in get_extra_values(config):
        section = "".join(sections)
        elsewhere = [option.where() for option in OPTIONS if option.key == key]
        known = [option.key for option in OPTIONS if option.section == section]
        if elsewhere:
            reason = "unknown key here; it belongs to %s" % _home(elsewhere[0])
        elif key.lower().replace("_", "-") in known:
            reason = _hint("unknown key", key, known)
        else:
            reason = answer(section, key) or _hint("unknown key", key, known)
        problems.append(Problem(path, where_of(section, key), reason))
    return problems


def _home(where: str) -> str:
    section = where.rpartition(" ")[0]
    return section or "the top, before the first section"


def _hint(reason: str, name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name[:80].lower().replace("_", "-"), sorted(known), 1)
    return "%s; did you mean %s?" % (reason, near[0]) if near else reason


def _option(section: str, key: str) -> Option:
    return next(option for option in OPTIONS if (option.section, option.key) == (section, key))


def _value(config: ConfigObj, option: Option, folder: str) -> Any:
    value = (config[option.section] if option.section else config)[option.key]
    if option.check == "path()" and value:
        return os.path.abspath(os.path.join(folder, value))
    return value
