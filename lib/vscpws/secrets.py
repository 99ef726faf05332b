"""What the daemon keeps secret: users and key, read together and judged by where it listens."""

from __future__ import annotations

import os
import stat
from typing import List, NamedTuple, Tuple

from .access.credentials import DEFAULT_KEY, DEFAULT_PASSWORD, load_key
from .access.users import Users, load_users
from .config.safety import problems_of_exposure
from .config.settings import Settings
from .model.errors import ConfigurationError, Problem

__all__ = ["Secrets", "load_secrets"]


class Secrets(NamedTuple):
    """The users, the key (16 bytes), and what is wrong but bearable: entries of the user file that
    had to be left out, files that everybody may read."""

    users: Users
    key: bytes
    problems: Tuple[Problem, ...]


def load_secrets(settings: Settings) -> Secrets:
    """Reads both files.

    Raises ``ConfigurationError`` with all that is wrong if one of them can't be used or can be
    written by everybody, or if the daemon would listen beyond loopback with a published key or
    password.
    """
    fatal: List[Problem] = []
    bearable: List[Problem] = []
    users, key = Users(), b""
    try:
        users, broken = load_users(settings.path_users)
        bearable = [entry._replace(reason=entry.reason + "; left out") for entry in broken]
    except ConfigurationError as error:
        fatal += error.problems
    try:
        key = load_key(settings.key_file)
    except ConfigurationError as error:
        fatal += error.problems
    files = [settings.path_users, settings.key_file] + [tls.key for tls in [settings.tls] if tls]
    fatal += _open_to_all(files, stat.S_IWOTH, "everybody may write it: chmod o-w")
    fatal += _exposure(settings.host, key, users)
    if fatal:
        raise ConfigurationError(fatal)
    if key != DEFAULT_KEY:      # what is published needs no hiding
        bearable = bearable + _open_to_all(files, stat.S_IROTH, "everybody may read it: chmod o-r")
    return Secrets(users, key, tuple(bearable))


def _open_to_all(files: List[str], bit: int, reason: str) -> List[Problem]:
    found = []
    for file in files:
        try:
            if os.stat(file).st_mode & bit:
                found.append(Problem(file, "", reason))
        except OSError:
            continue            # whoever reads it says so
    return found


def _exposure(host: str, key: bytes, users: Users) -> List[Problem]:
    if not problems_of_exposure(host, True, ("anyone",)):
        return []       # loopback: the slow look at every password is not needed
    return list(problems_of_exposure(host, key == DEFAULT_KEY,
                                     users.names_with_password(DEFAULT_PASSWORD)))
