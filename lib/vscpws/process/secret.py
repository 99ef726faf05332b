"""New secrets: a key file, a user's entry for the user file."""

from __future__ import annotations

import json
import os
import sys
from typing import Optional

from ..access.credentials import DEFAULT_KEY, hash_password, load_key, make_key
from ..model.errors import ConfigurationError, Problem
from .errors import StartFailed, reason
from .files import replace_file
from .privileges import Identity

__all__ = ["ask_password", "user_entry", "write_key"]


def write_key(path: str, owner: Optional[Identity]) -> None:
    """Writes a new random key, readable by its owner alone.

    The published default key is replaced, and keeps its file's owner; any other file is refused,
    for clients depend on it. ``owner``: whom to give the file to.
    """
    path = os.path.realpath(path)
    if os.path.exists(path) and not _is_default(path):
        raise StartFailed("%s exists already; remove it first, if no client needs it" % path)
    try:
        replace_file(path, make_key() + "\n", owner)
    except OSError as error:
        raise StartFailed("can't write %s: %s" % (path, reason(error))) from None


def user_entry(name: str, password: str) -> str:
    """A complete JSON entry for the user file; ConfigurationError for what can't log in."""
    try:
        stored = hash_password(name, password)
    except ValueError as error:
        raise ConfigurationError([Problem("", "user %r" % name, str(error))]) from None
    return json.dumps({
        "name": name, "password": stored, "fullname": "", "rights": "user", "remotes": [],
        "events": [], "filter": "", "mask": "", "note": ""}, indent=4, ensure_ascii=False)


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
        return load_key(path) == DEFAULT_KEY
    except ConfigurationError:
        return False
