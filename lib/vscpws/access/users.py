"""The users, as they stand in a JSON file that other VSCP programs may share.

``{"users": [{"name": …, "password": …, "rights": …}, …]}``; the spellings found in the field are
all read. An entry that is wrong is left out and reported with all its faults, the others count.
Unknown keys are passed over, but one that looks like a misspelt restriction, or like another word
for one, is a fault: who wrote ``remtoes`` or ``hosts`` has meant to shut somebody out.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple

from ..model.errors import ConfigurationError, Oddity, Problem
from ..model.filter import PASS_ALL, Filter, Pattern, parse_pattern
from .credentials import PADDING, check_name, is_legacy, is_valid_stored
from .remotes import Remotes
from .rights import USER, WEBSOCKETS, parse_rights
from .rules import EventRules
from .spelling import LOGIN, meant, restriction

__all__ = ["MAX_USERS", "User", "Users", "parse_users"]

MAX_USERS = 1000                # with a check of each one's password that is half a minute's work

_SPELLINGS = {
    "name": ("name", "user"),
    "password": ("password", "credentials"),
    "fullname": ("fullname", "full-name"),
    "rights": ("rights",),
    "remotes": ("remotes",),
    "events": ("events", "allow-events"),
    "filter": ("filter",),
    "mask": ("mask",),
    "note": ("note",),
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_KNOWN = frozenset(spelling for spellings in _SPELLINGS.values() for spelling in spellings)
_RESTRICTING = tuple(spelling for key in ("rights", "remotes", "events", "filter", "mask")
                     for spelling in _SPELLINGS[key])
_MOST_UNKNOWN = 10              # unknown keys of one user that are named
_LONGEST = {"fullname": 200, "note": 4000, "filter": 200, "mask": 200}      # characters


@dataclass(frozen=True)
class User:
    """One user. ``userid`` is the entry's place in the file, 0 first; ``password`` as stored;
    ``kiosk`` is the id of the kiosk whose token he logged in by, if he did."""

    userid: int
    name: str
    password: str = field(repr=False)
    fullname: str = ""
    rights: int = USER
    remotes: Remotes = Remotes()
    rules: EventRules = EventRules()
    filter: Filter = PASS_ALL
    note: str = ""
    kiosk: str = ""

    def barred(self, address: str) -> str:
        """Why he can't be served at a websocket from this address; empty if he can."""
        if not self.remotes.allows(address):
            return "not from this address"
        if not self.rights & WEBSOCKETS:
            return "no right to use websockets"
        return ""


class Users:
    """All users by name; names are exact."""

    def __init__(self, users: Iterable[User] = ()):
        self._users: Dict[str, User] = {user.name: user for user in users}

    def __iter__(self) -> Iterator[User]:
        return iter(self._users.values())

    def __len__(self) -> int:
        return len(self._users)

    def get(self, name: str) -> Optional[User]:
        return self._users.get(name)

    @property
    def legacy_names(self) -> Tuple[str, ...]:
        """Who still has a password in the old form, MD5."""
        return tuple(user.name for user in self if is_legacy(user.password))


def parse_users(text: str, file: str) -> Tuple[Users, List[Problem]]:
    """The users of a user file's text, and what is wrong with it: the entries that were left out,
    with all their faults, and what is odd in the others.

    Raises ``ConfigurationError`` if this isn't the text of such a file. Neither that nor a problem
    quotes a password; all name ``file``.
    """
    users: Dict[str, User] = {}
    problems: List[Problem] = []
    entries = _entries(text, file)
    for place, entry in enumerate(entries[:MAX_USERS]):
        reader = _Entry(entry)
        user = reader.user(place)
        if user and user.name in users:
            reader.faults.append("a user of this name stands before it")
        elif user:
            users[user.name] = user
        title = _title(place, entry)
        problems += [Problem(file, title, fault + "; left out") for fault in reader.faults]
        problems += [Oddity(file, title, oddity) for oddity in reader.oddities]
    if len(entries) > MAX_USERS:
        problems.append(Problem(file, "users", "%d of them, at most %d: the others are left out"
                                % (len(entries), MAX_USERS)))
    if not entries:
        problems.append(Oddity(file, "users", "empty, so nobody can log in"))
    return Users(users.values()), problems


class _Object(Dict[str, Any]):
    """A JSON object that knows which keys stand in it more than once: the last one would count."""

    def __init__(self, pairs: List[Tuple[str, Any]]):
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs)
        self.repeated = sorted(key for key, count in counts.items() if count > 1)


def _entries(text: str, file: str) -> List[Any]:
    try:
        content = json.loads(text, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        reason = "not JSON: %s in line %d, column %d" % (error.msg, error.lineno, error.colno)
        raise ConfigurationError([Problem(file, "", reason)]) from None
    except (ValueError, RecursionError):        # a number or a nesting beyond all measure
        raise ConfigurationError([Problem(file, "", "not JSON that can be read")]) from None
    entries = content.get("users") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise ConfigurationError([Problem(file, "users", 'not {"users": [...]}')])
    if "users" in content.repeated:
        raise ConfigurationError([Problem(file, "users", "stands in the file more than once")])
    return entries


def _title(place: int, entry: Any) -> str:
    for spelling in _SPELLINGS["name"]:
        name = entry.get(spelling) if isinstance(entry, dict) else None
        if name and isinstance(name, str):
            return "user %r" % name[:40]
    return "user number %d" % (place + 1)


class _Entry:
    """Reads one entry. ``faults`` are what forbids to take it, ``oddities`` what doesn't."""

    def __init__(self, entry: Any):
        self.faults: List[str] = []
        self.oddities: List[str] = []
        self._entry = entry

    def user(self, place: int) -> Optional[User]:
        """The user, or ``None`` if there are faults."""
        if not isinstance(self._entry, dict):
            self.faults.append("not a JSON object")
            return None
        values = {key: self._value(key) for key in _SPELLINGS}
        pattern = self._read(_pattern, values, "filter", Pattern())
        mask = self._read(_pattern, values, "mask", Pattern())
        if pattern != Pattern() and mask == Pattern():
            self.oddities.append("the filter has no mask, so it passes every event")
        user = User(
            userid=place,
            name=self._read(_name, values, "name", ""),
            password=self._read(_password, values, "password", ""),
            fullname=self._read(_text, values, "fullname", ""),
            rights=self._read(parse_rights, values, "rights", 0),
            remotes=self._read(Remotes.parse, values, "remotes", Remotes()),
            rules=self._read(EventRules.parse, values, "events", EventRules()),
            filter=Filter(pattern, mask),
            note=self._read(_text, values, "note", ""))
        self._look_at_keys()
        return None if self.faults else user

    def _value(self, key: str) -> Any:
        """The key's value in any of its spellings; two that contradict each other are a fault."""
        given = [self._entry[spelling] for spelling in _SPELLINGS[key]
                 if self._entry.get(spelling) not in (None, "", [])]
        if any(value != given[0] for value in given):
            self.faults.append("%s differ" % " and ".join(_SPELLINGS[key]))
        return given[0] if given else None

    def _read(self, parse: Callable[[Any], Any], values: Dict[str, Any], key: str,
              otherwise: Any) -> Any:
        value = values[key]
        try:
            if isinstance(value, str) and len(value) > _LONGEST.get(key, len(value)):
                raise ValueError("more than %d characters" % _LONGEST[key])
            return parse(value)
        except ValueError as error:
            self.faults.append("%s: %s" % (key, error))
            return otherwise

    def _look_at_keys(self) -> None:
        self.faults += ["the key %r stands in it more than once" % key[:40]
                        for key in self._entry.repeated[:_MOST_UNKNOWN]]
        passed_over = []
        for key in sorted(set(self._entry) - _KNOWN):
            name = meant(key, _RESTRICTING) or restriction(key)
            if name == LOGIN:
                self.faults.append("unknown key %r: who may not log in must not be in the file"
                                   % key[:40])
            elif name:
                self.faults.append("unknown key %r: is %s meant?" % (key[:40], name))
            else:
                passed_over.append("unknown key %r is ignored" % key[:40])
        self.oddities += passed_over[:_MOST_UNKNOWN]
        if len(passed_over) > _MOST_UNKNOWN:
            self.oddities.append("%d more unknown keys" % (len(passed_over) - _MOST_UNKNOWN))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("not a text")
    if _SURROGATE.search(value):        # JSON can write half a character, nothing can send it
        raise ValueError("holds half a character")
    return value.strip()


def _name(value: Any) -> str:
    name = _text(value).strip(PADDING)
    check_name(name)
    return name


def _password(value: Any) -> str:
    stored = _text(value)
    if not stored:
        raise ValueError("missing")
    if not is_valid_stored(stored):
        raise ValueError("neither SALT;HASH (32 and 64 hex digits) nor MD5 (32)")
    return stored


def _pattern(value: Any) -> Pattern:
    return parse_pattern(_text(value))
