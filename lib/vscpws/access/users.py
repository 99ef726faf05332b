"""The users, read from a JSON file that other VSCP programs may share.

``{"users": [{"name": …, "password": …, "rights": …}, …]}``; the spellings found in the field are
all read. An entry that is wrong is left out and reported, the others count.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from ..model.errors import ConfigurationError, Problem
from ..model.filter import PASS_ALL, Filter, Pattern, parse_pattern
from .credentials import PADDING, check_name, is_legacy, is_valid_stored, verify_password
from .files import read_text
from .remotes import Remotes
from .rights import USER, parse_rights
from .rules import EventRules

__all__ = ["User", "Users", "load_users"]

log = logging.getLogger(__name__)

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


@dataclass(frozen=True)
class User:
    """One user. ``userid`` is the entry's place in the file, 0 first; ``password`` as stored."""

    userid: int
    name: str
    password: str = field(repr=False)
    fullname: str = ""
    rights: int = USER
    remotes: Remotes = Remotes()
    rules: EventRules = EventRules()
    filter: Filter = PASS_ALL
    note: str = ""


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

    def names_with_password(self, password: str) -> Tuple[str, ...]:
        """Who has this password. Takes tens of milliseconds for each user."""
        return tuple(user.name for user in self
                     if verify_password(user.password, user.name, password))


def load_users(path: str) -> Tuple[Users, List[Problem]]:
    """The users of a file, and what is wrong with the entries that were left out.

    Raises ``ConfigurationError`` if the file can't be read or isn't such a file. Neither that nor a
    problem quotes a password.
    """
    users: Dict[str, User] = {}
    problems: List[Problem] = []
    for place, entry in enumerate(_read_entries(path)):
        try:
            user = _user(place, entry, path)
            if user.name in users:
                raise ValueError("a user of this name stands before it")
            users[user.name] = user
        except ValueError as error:
            problems.append(Problem(path, _title(place, entry), str(error)))
    if not users and not problems:
        problems.append(Problem(path, "users", "empty, so nobody can log in"))
    return Users(users.values()), problems


def _read_entries(path: str) -> List[Any]:
    text = read_text(path)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        reason = "not JSON: %s in line %d, column %d" % (error.msg, error.lineno, error.colno)
        raise ConfigurationError([Problem(path, "", reason)]) from None
    except (ValueError, RecursionError):        # a number or a nesting beyond all measure
        raise ConfigurationError([Problem(path, "", "not JSON that can be read")]) from None
    entries = content.get("users") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise ConfigurationError([Problem(path, "users", 'not {"users": [...]}')])
    return entries


def _title(place: int, entry: Any) -> str:
    for spelling in _SPELLINGS["name"]:
        name = entry.get(spelling) if isinstance(entry, dict) else None
        if name and isinstance(name, str):
            return "user %r" % name[:40]
    return "user number %d" % (place + 1)


def _user(place: int, entry: Any, path: str) -> User:
    if not isinstance(entry, dict):
        raise ValueError("not a JSON object")
    for key in sorted(set(entry) - _KNOWN):
        log.info("%s: %s: unknown key %r is ignored", path, _title(place, entry), key[:40])
    values = {key: _value(entry, key) for key in _SPELLINGS}
    return User(
        userid=place,
        name=_name(values["name"]),
        password=_password(values["password"]),
        fullname=_text(values["fullname"], "fullname"),
        rights=_checked("rights", parse_rights, values["rights"]),
        remotes=_checked("remotes", Remotes.parse, values["remotes"]),
        rules=_checked("events", EventRules.parse, values["events"]),
        filter=_filter(values, path, _title(place, entry)),
        note=_text(values["note"], "note"))


def _value(entry: Dict[str, Any], key: str) -> Any:
    """The key's value in any of its spellings; two that contradict each other are an error."""
    given = [entry[spelling] for spelling in _SPELLINGS[key]
             if entry.get(spelling) not in (None, "", [])]
    if any(value != given[0] for value in given):
        raise ValueError("%s differ" % " and ".join(_SPELLINGS[key]))
    return given[0] if given else None


def _checked(key: str, parse: Any, value: Any) -> Any:
    try:
        return parse(value)
    except ValueError as error:
        raise ValueError("%s: %s" % (key, error)) from None


def _text(value: Any, key: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("%s is not a text" % key)
    if _SURROGATE.search(value):        # JSON can write half a character, nothing can send it
        raise ValueError("%s holds half a character" % key)
    return value.strip()


def _name(value: Any) -> str:
    name = _text(value, "name").strip(PADDING)
    check_name(name)
    return name


def _password(value: Any) -> str:
    stored = _text(value, "password")
    if not stored:
        raise ValueError("has no password")
    if not is_valid_stored(stored):
        raise ValueError("password is neither SALT;HASH (32 and 64 hex digits) nor MD5 (32)")
    return stored


def _filter(values: Dict[str, Any], path: str, title: str) -> Filter:
    pattern, mask = (_checked(key, _pattern, values[key]) for key in ("filter", "mask"))
    if pattern != Pattern() and mask == Pattern():
        log.warning("%s: %s: the filter has no mask, so it passes every event", path, title)
    return Filter(pattern, mask)


def _pattern(value: Any) -> Pattern:
    return parse_pattern(_text(value, "it"))
