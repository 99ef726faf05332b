"""New secrets: a key file, a user's entry for the user file."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any, Optional, Sequence

from ...access.credentials import DEFAULT_KEY, PADDING, hash_password, make_key, parse_key
from ...model.errors import ConfigurationError, Problem
from ...model.escaping import escaped
from ..config.files import read_text
from .atomicfile import Access, access_of, replace_file, target
from .errors import StartFailed, reason
from .privileges import Identity

__all__ = ["ask_password", "user_entry", "write_key"]

_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_WARNING = re.compile(r"\bpassword\b.*\bpublished\b|\bpublished\b.*\bpassword\b", re.I | re.S)


def write_key(path: str, owner: Optional[Identity], like: Optional[Access] = None) -> None:
    """Writes a new random key, readable by its owner alone.

    The published default key is replaced, and who may read it stays as it was, unless everybody
    may; any other file is refused, for clients depend on it. ``owner``: whom to give the file to;
    without one a new file gets the access that is ``like``, if that is known.
    """
    path = target(path)
    if os.path.lexists(path):
        if not _is_default(path):
            raise StartFailed("%s exists already; remove it first, if no client needs it" % path)
        like = access_of(path)
    try:
        replace_file(path, make_key() + "\n", owner, like=like)
    except OSError as error:
        raise StartFailed("can't write %s: %s" % (path, reason(error))) from None


def user_entry(name: str, password: str, entries: Sequence[Any] = ()) -> str:
    """A complete JSON entry for the user file: that of ``entries`` with the name, all but its
    password as it is, or that of a new user. What its note says of a published password is true no
    longer and left out. ConfigurationError for what can't log in."""
    try:
        stored = hash_password(name, password)
    except ValueError as error:
        raise ConfigurationError([Problem("", "user %r" % name, str(error))]) from None
    entry = dict(next((each for each in entries if _is_of(each, name)), {
        "name": name, "password": "", "fullname": "", "rights": "user", "remotes": [],
        "events": [], "filter": "", "mask": "", "note": ""}))
    for key in [key for key in ("password", "credentials") if key in entry] or ["password"]:
        entry[key] = stored
    if isinstance(entry.get("note"), str):
        entry["note"] = _without_warning(entry["note"])
    text = json.dumps(entry, indent=4, ensure_ascii=False)
    return text if _can_be_shown(text) else json.dumps(entry, indent=4)


def _without_warning(note: str) -> str:
    """A note less the sentences that tell of a published password, as the sample users have."""
    sentences = _BETWEEN_SENTENCES.split(note)
    kept = [each for each in sentences if not _WARNING.search(each)]
    return note if len(kept) == len(sentences) else " ".join(kept)


def _is_of(entry: Any, name: str) -> bool:
    """Whether an entry of the user file is this user's, in either spelling."""
    return isinstance(entry, dict) and any(
        isinstance(entry.get(key), str) and entry[key].strip(PADDING).strip() == name
        for key in ("name", "user"))


def _can_be_shown(text: str) -> bool:
    """Whether the terminal has the characters, and shows each of them."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return all(escaped(line) == line for line in text.split("\n"))


def ask_password(name: str) -> str:
    """Twice from a terminal, without echo; else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    import getpass

    first = getpass.getpass("Password for %s: " % name)
    if getpass.getpass("Again: ") != first:
        raise StartFailed("the two passwords differ")
    return first


def _is_default(path: str) -> bool:
    try:
        return parse_key(read_text(path), path) == DEFAULT_KEY
    except ConfigurationError:
        return False
