"""What the daemon keeps secret: users and key, read together and judged by where it listens."""

from __future__ import annotations

from typing import List, NamedTuple, Tuple

from .access.credentials import DEFAULT_KEY, DEFAULT_PASSWORD, load_key
from .access.users import Users, load_users
from .config.safety import problems_of_exposure
from .config.settings import Settings
from .model.errors import ConfigurationError, Problem

__all__ = ["Secrets", "load_secrets"]


class Secrets(NamedTuple):
    """The users, the key (16 bytes), and the entries of the user file that had to be left out."""

    users: Users
    key: bytes
    left_out: Tuple[Problem, ...]


def load_secrets(settings: Settings) -> Secrets:
    """Reads both files.

    Raises ``ConfigurationError`` with all that is wrong if one of them can't be used, or if the
    daemon would listen beyond loopback with a published key or password.
    """
    fatal: List[Problem] = []
    left_out: List[Problem] = []
    users, key = Users(), b""
    try:
        users, left_out = load_users(settings.path_users)
    except ConfigurationError as error:
        fatal += error.problems
    try:
        key = load_key(settings.key_file)
    except ConfigurationError as error:
        fatal += error.problems
    fatal += _exposure(settings.host, key, users)
    if fatal:
        raise ConfigurationError(fatal)
    return Secrets(users, key, tuple(left_out))


def _exposure(host: str, key: bytes, users: Users) -> List[Problem]:
    if not problems_of_exposure(host, True, ("anyone",)):
        return []       # loopback: the slow look at every password is not needed
    return list(problems_of_exposure(host, key == DEFAULT_KEY,
                                     users.names_with_password(DEFAULT_PASSWORD)))
