"""The user file without the published users, and with an administrator."""

from __future__ import annotations

import json
from typing import Any, Dict, List, NamedTuple, Optional

from ...access.credentials import (
    DEFAULT_PASSWORD,
    PADDING,
    has_default_password,
    is_valid_stored,
    verify_password,
)
from ...model.errors import ConfigurationError, Problem
from ..process.newsecret import user_entry

__all__ = ["ADMIN", "UserList", "read_list"]

ADMIN = "admin"
_PUBLISHED = "published"        # in the notes of the users that come with the program


class UserList:
    """The entries of a user file as they are, and what becomes of them."""

    def __init__(self, content: Dict[str, Any]):
        self._content = content
        self._entries: List[Any] = content["users"]
        self._published = [entry for entry in self._entries if _is_published(entry)]

    @property
    def published(self) -> List[str]:
        """The names of those whose password is the published one."""
        return [_text(entry, "name", "user") for entry in self._published]

    @property
    def needs_admin(self) -> bool:
        """Whether without a new password there would be nobody, or no administrator but the
        published one."""
        return ADMIN in self.published or len(self._published) == len(self._entries)

    def changed(self, password: Optional[str]) -> Changed:
        """The file's new text: ``password`` is a new one of the administrator, who is made where
        he is not there. ConfigurationError for one that can't be."""
        if password == DEFAULT_PASSWORD:
            raise ConfigurationError([Problem("", "user '%s'" % ADMIN, "anybody knows the password "
                                              "'%s': choose another" % DEFAULT_PASSWORD)])
        entries = [entry for entry in self._entries if entry not in self._published]
        changes = ["without the published users %s" % ", ".join(self.published)] if (
            self._published) else []
        if password is not None and not self._has(password):
            entries = self._with_admin(entries, password)
            changes.insert(0, "a new password of %s" % ADMIN)
        text = json.dumps(dict(self._content, users=entries), indent=4) + "\n"
        return Changed(text, changes)

    def _has(self, password: str) -> bool:
        entry = self._admin()
        stored = _text(entry, "password", "credentials") if entry else ""
        return is_valid_stored(stored) and verify_password(stored, ADMIN, password)

    def _admin(self) -> Optional[Dict[str, Any]]:
        return next((entry for entry in self._entries
                     if isinstance(entry, dict) and _text(entry, "name", "user") == ADMIN), None)

    def _with_admin(self, entries: List[Any], password: str) -> List[Any]:
        old = self._admin()
        entry = json.loads(user_entry(ADMIN, password, [old] if old else []))
        if old is None:
            entry["rights"] = ADMIN
        elif old in self._published and _PUBLISHED in str(entry.get("note", "")):
            entry["note"] = ""
        place = entries.index(old) if old in entries else 0
        return [*entries[:place], entry, *(each for each in entries[place:] if each is not old)]


class Changed(NamedTuple):
    """``changes`` are for people; without any the text says what it said."""

    text: str
    changes: List[str]


def read_list(text: str, file: str) -> UserList:
    """The list of a user file's text; of an empty one, if there is none.

    Raises ``ConfigurationError`` for what is no user file.
    """
    if not text:
        return UserList({"users": []})
    try:
        content = json.loads(text)
        if isinstance(content["users"], list):
            return UserList(content)
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    raise ConfigurationError([Problem(file, "", "not a user file: a JSON object with a list "
                                      "\"users\"")])


def _is_published(entry: Any) -> bool:
    if not isinstance(entry, dict):
        return False
    stored = _text(entry, "password", "credentials")
    return is_valid_stored(stored) and has_default_password(stored, _text(entry, "name", "user"))


def _text(entry: Dict[str, Any], *keys: str) -> str:
    return next((entry[key].strip(PADDING).strip() for key in keys
                 if isinstance(entry.get(key), str)), "")
