"""What the daemon keeps secret: users and key, read together and judged by where it listens."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Iterable, List, Optional, Sequence, Tuple, Type

from ..access.authority import Secrets
from ..access.credentials import DEFAULT_KEY, has_default_password, parse_key
from ..access.kiosks import Kiosks, parse_kiosks
from ..access.rights import MQTT, RECEIVE_EVENTS, SEND_EVENTS, WEBSOCKETS, right_names
from ..access.users import User, Users, parse_users
from ..model.errors import ConfigurationError, Oddity, Problem, errors_of
from ..settings import MqttSettings, Settings
from .config.filecheck import file_complaint, folder_complaint
from .config.files import read_text
from .config.load import SettingsError
from .config.safety import first_exposed, problems_of_exposure, problems_of_replay
from .names import load_names

__all__ = ["load_all", "load_secrets", "users_text"]


def load_all(load: Callable[[], Settings], hosts: Optional[Sequence[str]] = None,
             threads: int = 1, look: Optional[Callable[[Settings], List[Problem]]] = None
             ) -> Tuple[Settings, Secrets]:
    """The settings that ``load()`` gives, and the secrets as ``load_secrets`` gives them.

    Raises ``ConfigurationError`` with all that is wrong with either, in one round, and with what
    ``look`` finds wrong with the settings besides.
    """
    try:
        settings = load()
        problems = list(settings.oddities)
    except SettingsError as error:
        settings, problems = error.settings, list(error.problems)
    problems += look(settings) if look else []
    errors = errors_of(problems)
    if errors:
        raise ConfigurationError([*problems, *_others(settings, errors, hosts, threads)])
    try:
        return settings, load_secrets(settings, hosts, threads)
    except ConfigurationError as error:
        raise ConfigurationError([*problems, *error.problems]) from None


def _others(settings: Settings, known: List[Problem], hosts: Optional[Sequence[str]],
            threads: int) -> List[Problem]:
    """The problems of the secrets that wrong settings name, but for files already spoken of, or
    not named at all."""
    try:
        problems: Iterable[Problem] = load_secrets(settings, hosts, threads).problems
    except ConfigurationError as found:
        problems = found.problems
    said = "\n".join(map(str, known))
    return [problem for problem in problems
            if problem.file and problem.file not in said or not problem.file and problem.where]


def load_secrets(settings: Settings, hosts: Optional[Sequence[str]] = None,
                 threads: int = 1) -> Secrets:
    """Reads the files; what is wrong but bearable is among the problems of the result: entries of
    the user file and of the kiosks that had to be left out, keys that are not known, files that
    everybody may read, an ``auth-iv`` that lets logins be repeated, and whatever is wrong with
    names and with the places of states and history.

    ``hosts`` are what the daemon listens on, by default what the settings say; with ``threads`` at
    a time their passwords are compared with the published one.

    Raises ``ConfigurationError`` with all that is wrong if one of them can't be used or can be
    written by everybody, or if the daemon listens beyond loopback with a published key or password.
    """
    fatal: List[Problem] = []
    bearable: List[Problem] = []
    users, key, kiosks = Users(), b"", Kiosks()
    try:
        users, bearable = parse_users(read_text(settings.path_users), settings.path_users)
    except ConfigurationError as error:
        fatal += error.problems
    try:
        key = parse_key(read_text(settings.key_file), settings.key_file)
    except ConfigurationError as error:
        fatal += error.problems
    try:
        kiosks, found = _load_kiosks(settings.path_kiosks, users)
        bearable += found
    except ConfigurationError as error:
        fatal += error.problems
    password, found = _broker_password(settings.mqtt)
    fatal += found + _commander_problems(settings.mqtt, users, settings.path_users)
    files = [settings.path_users, settings.key_file, settings.path_kiosks] + [
        tls.key for tls in [settings.tls] if tls]
    files += [path for path in (settings.mqtt.password_file, settings.mqtt.key)
              if path and settings.mqtt.url]
    fatal += _open_to_all(files, stat.S_IWOTH, Problem, "everybody may write it: chmod o-w")
    if key != DEFAULT_KEY:      # what is published needs no hiding
        bearable += _open_to_all(files, stat.S_IROTH, Oddity, "everybody may read it: chmod o-r")
    exposed = first_exposed([settings.host] if hosts is None else hosts)
    if exposed is not None:
        fatal += problems_of_exposure(exposed, key == DEFAULT_KEY,
                                      _with_default_password(users, threads))
        bearable += problems_of_replay(exposed, settings.auth_iv)
    names, found = load_names(settings.names_file, settings.guids)
    bearable += found + _state_problems(settings)
    if fatal:
        raise ConfigurationError(fatal + bearable)
    return Secrets(users, key, tuple(bearable), names=names, kiosks=kiosks,
                   broker_password=password)


def _broker_password(mqtt: MqttSettings) -> Tuple[str, List[Problem]]:
    """The first line of the file, if there is one; what is wrong with it never quotes it."""
    if not mqtt.url or not mqtt.password_file:
        return "", []
    try:
        lines = read_text(mqtt.password_file).splitlines()
    except ConfigurationError as error:
        return "", list(error.problems)
    if not lines or not lines[0] or any(lines[1:]):
        return "", [Problem(mqtt.password_file, "", "not one line with the broker's password")]
    return lines[0], []


def _commander_problems(mqtt: MqttSettings, users: Users, path: str) -> List[Problem]:
    """Commands are taken as one of the users, who must be there and may do that."""
    name = mqtt.accept_as
    if not mqtt.url or not name:
        return []
    user = users.get(name)
    if user is None:
        return [Problem(path, "[mqtt] accept-as", "there is no user %r" % name)]
    missing = right_names((MQTT | SEND_EVENTS) & ~user.rights)
    return [Problem(path, "[mqtt] accept-as", "user %r has not the right %s" % (name, right))
            for right in missing]


def _load_kiosks(path: str, users: Users) -> Tuple[Kiosks, List[Problem]]:
    """None where there is no file."""
    if not path or not os.path.lexists(path):
        return Kiosks(), []
    return parse_kiosks(read_text(path), path, users)


def _state_problems(settings: Settings) -> List[Problem]:
    """States and history are kept in memory all the same."""
    found = []
    for key, path in (("state-file", settings.state.state_file),
                      ("history-file", settings.state.history_file)):
        complaint = path and (file_complaint(path) if os.path.lexists(path) else
                              folder_complaint(os.path.dirname(path)))
        if complaint:
            found.append(Problem("", "[state] %s" % key, complaint))
    return found


def users_text(users: Users, path: str = "") -> str:
    """Each user and what he may do, for ``--check-config``; the rights by their names."""
    lines = ["Users" + (" from %s" % path if path else "")]
    return "\n".join(lines + ["    %-28s %s" % (user.name, _rights_text(user)) for user in users])


def _rights_text(user: User) -> str:
    text = ", ".join(right_names(user.rights)) or "no rights"
    if not user.rights & WEBSOCKETS:
        return text + " (can't log in: no websockets)"
    if not user.rights & RECEIVE_EVENTS:
        return text + " (gets no events: no receive-events)"
    return text


def _open_to_all(files: List[str], bit: int, kind: Type[Problem], reason: str) -> List[Problem]:
    found = []
    for file in files:
        try:
            if os.stat(file).st_mode & bit:
                found.append(kind(file, "", reason))
        except OSError:
            continue            # whoever reads it says so
    return found


def _with_default_password(users: Users, threads: int) -> List[str]:
    """Who has the published password. Slow the first time: the entries that are known by now cost
    nothing."""
    everybody = list(users)
    with ThreadPoolExecutor(threads) as pool:
        has = pool.map(has_default_password, [user.password for user in everybody],
                       [user.name for user in everybody])
        return [user.name for user, published in zip(everybody, has) if published]
