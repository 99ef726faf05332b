"""The tools for kiosks: make a token and its link, withdraw one, list them. Each returns what to
print, and raises ``StartFailed`` and ``ConfigurationError``.

The file is written whole, by whoever may write it; only hashes are in it. The daemon takes it at a
reload.
"""

from __future__ import annotations

import os
import time
from typing import Any, Optional, Tuple
from urllib.parse import quote, urlencode, urlsplit

from ...access.credentials import parse_key
from ...access.kiosks import Kiosks, kiosks_text, make_kiosk, parse_kiosks
from ...access.rights import RECEIVE_EVENTS, WEBSOCKETS
from ...access.users import User, Users, parse_users
from ...model.errors import ConfigurationError, errors_of
from ...settings import Settings
from ..config.files import read_text
from ..config.ini import Ini, read_ini
from ..config.safety import is_loopback
from .atomicfile import access_of, replace_file, target
from .errors import StartFailed, reason
from .hostnames import reached_at
from .privileges import Identity
from .secretfolder import access_of_secrets

__all__ = ["listed", "make", "withdraw"]

_RELOAD = "The daemon knows it after a reload: vscpwsd.py reload"


def make(name: str, label: str, ini_path: str, owner: Optional[Identity]) -> Tuple[str, str]:
    """A new kiosk of the user ``name``: the text, and the link in it, which is nowhere else; empty
    where no other device can open it."""
    ini = _read(ini_path)
    _known_user(_option(ini, "path-users"), name)
    path = _path(ini)
    kiosks = _kiosks(path)
    try:
        kiosk, token = make_kiosk(name, label, time.strftime("%Y-%m-%d"), kiosks)
    except ValueError as error:
        raise StartFailed("no kiosk was made: %s" % error) from None
    _write(path, Kiosks([*kiosks, kiosk]), ini_path, owner)
    link = _link(ini, name, token)
    text = "\n".join([
        "kiosk %s%s logs in as %s by this link, to be opened on the screen once:" % (
            kiosk.id, label and " (%s)" % label, name), "",
        link, "",
        "Whoever has the link has the rights of %s; it is kept nowhere." % name,
        "To withdraw it: vscpwsd.py --withdraw-kiosk %s" % kiosk.id, _RELOAD])
    return text, link if _is_for_others(link) else ""


def withdraw(id: str, ini_path: str, owner: Optional[Identity]) -> str:
    """Its link is good no more."""
    path = _path(_read(ini_path))
    kiosks = _kiosks(path)
    kiosk = kiosks.get(id)
    if kiosk is None:
        known = ", ".join(each.id for each in kiosks)
        raise StartFailed("there is no kiosk %r in %s%s" % (
            id[:40], path, "; there are %s" % known if known else ""))
    _write(path, kiosks.without(id), ini_path, owner)
    return "\n".join(["kiosk %s%s of %s is withdrawn, and whoever is logged in by it goes" % (
        id, kiosk.label and " (%s)" % kiosk.label, kiosk.user), _RELOAD])


def listed(ini_path: str) -> str:
    """A line for each kiosk."""
    path = _path(_read(ini_path))
    kiosks = _kiosks(path)
    if not len(kiosks):
        return "there is no kiosk in %s" % path
    width = max(len(kiosk.user) for kiosk in kiosks)
    return "\n".join(("%s  %-*s  %s  %s" % (
        kiosk.id, width, kiosk.user, kiosk.made, kiosk.label)).rstrip() for kiosk in kiosks)


def _read(path: str) -> Ini:
    ini, problems = read_ini(path)
    errors = errors_of(problems)
    if errors:
        raise ConfigurationError(errors)
    return ini


def _option(ini: Ini, key: str) -> str:
    path = str(ini.options.get(("", key), ""))
    if not path:
        raise StartFailed("%s: %s names no file" % (ini.file, key))
    return path


def _path(ini: Ini) -> str:
    return Settings((), path_users=_option(ini, "path-users")).path_kiosks


def _known_user(path: str, name: str) -> User:
    users, _ = parse_users(read_text(path), path)
    user = users.get(name)
    if user is None:
        raise StartFailed("%s has no user %r%s" % (path, name[:100], _others(users)))
    for right, text in ((WEBSOCKETS, "no right to use websockets, so nobody can log in as he"),
                        (RECEIVE_EVENTS, "no right to receive events, so a screen shows nothing")):
        if not user.rights & right:
            raise StartFailed("%s: user %r has %s" % (path, name, text))
    return user


def _others(users: Users) -> str:
    names = ", ".join(user.name for user in users) if len(users) <= 20 else ""
    return "; there are %s" % names if names else ""


def _kiosks(path: str) -> Kiosks:
    """Those of the file, none where there is none. What is wrong in it would be lost by writing, so
    that is an error here."""
    if not os.path.lexists(path):
        return Kiosks()
    kiosks, problems = parse_kiosks(read_text(path), path)
    errors = errors_of(problems)
    if errors:
        raise ConfigurationError(errors)
    return kiosks


def _write(path: str, kiosks: Kiosks, ini: str, owner: Optional[Identity]) -> None:
    path = target(path)
    like = access_of(path) or access_of_secrets(ini, path)
    try:
        replace_file(path, kiosks_text(kiosks), owner, like=like)
    except OSError as error:
        raise StartFailed("can't write %s: %s" % (path, reason(error))) from None


def _link(ini: Ini, name: str, token: str) -> str:
    """What logs in is behind the ``#``: a browser sends that to nobody."""
    listen: Any = ini.options.get(("", "interface"))
    secure = bool(listen and listen.tls)
    host, port = (listen.host, listen.port) if listen else (Settings.host, Settings.port)
    host = reached_at(host)[0]
    path = _option(ini, "key-file")
    key = parse_key(read_text(path), path).hex().upper()
    return "%s://%s:%d/%s#%s" % (
        "https" if secure else "http", "[%s]" % host if ":" in host else host, port, _page(ini),
        urlencode({"kiosk": "%s:%s" % (name, token), "key": key}, safe=":", quote_via=quote))


def _is_for_others(link: str) -> bool:
    return not is_loopback(str(urlsplit(link).hostname))


def _page(ini: Ini) -> str:
    """The panel; in a ``web-root`` without one, what is at its root."""
    root = str(ini.options.get(("", "web-root"), ""))
    return "" if root and not os.path.exists(os.path.join(root, "panel.html")) else "panel.html"
