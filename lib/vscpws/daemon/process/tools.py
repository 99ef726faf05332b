"""The tools beside the daemon, which do one thing and end: a new key, a user's entry, a
certificate. Each returns what to print.

They work before there is a right configuration, but look at what there is of one.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, List, Optional, Tuple

from ...model.errors import ConfigurationError
from ...settings import Settings
from ..config.files import read_file, read_text
from ..config.ini import Ini, read_ini
from ..config.safety import is_loopback
from .failures import complain
from .privileges import Identity
from .secretfolder import access_of_secrets

__all__ = ["new_certificate", "new_entry", "new_key"]


def new_key(path: str, ini: str, owner: Optional[Identity]) -> str:
    """Writes a key; raises ``StartFailed``."""
    from .newsecret import write_key

    write_key(path, owner, access_of_secrets(ini, path))
    return "wrote a new key to %s; the daemon and its clients need it" % path


def new_entry(user: str, ini: str) -> str:
    """Asks for a password; raises ``StartFailed``, ``ConfigurationError``."""
    from .newsecret import ask_password, user_entry

    entries = _entries(ini)
    return user_entry(user, ask_password(user), entries)


def new_certificate(folder: str, ini: str, owner: Optional[Identity]) -> str:
    """Writes certificate and key for this host, beside ``ini`` where ``folder`` is empty; raises
    ``StartFailed``."""
    from .certificate import write_certificate
    from .hostnames import host_addresses, host_names

    names, addresses = host_names(), host_addresses()
    folder = folder or os.path.dirname(ini)
    cert, key = write_certificate(folder, names, addresses, owner,
                                  access_of_secrets(ini, os.path.join(folder, "key")))
    return "\n".join(["wrote a certificate for %s" % ", ".join(names + addresses), "",
                      *_what_to_write(ini, cert, key)])


def _what_to_write(path: str, cert: str, key: str) -> List[str]:
    """For the INI file: what replaces a line that is there, and what may be added at the end."""
    ini, _ = read_ini(path)
    interface, section = _lines(path)
    lines = ["In %s, %s, so that other hosts can connect:" % (
        path, "in place of line %d" % interface if interface else "at the top"),
        "", "interface = wss://%s" % _place(ini), ""]
    if _has_published_secrets(ini):
        lines[:0] = ["First a key and passwords of your own: anybody knows those that are there, "
                     "and only", "this host may connect with them (--make-key FILE, "
                     "--make-password USER).", ""]
    if section:
        return lines + ["In its section [tls], which begins in line %d, in place of what is there:"
                        % section, "", "cert = %s" % cert, "key = %s" % key]
    return lines + ["At the end:", "", "[tls]", "cert = %s" % cert, "key = %s" % key]


def _place(ini: Ini) -> str:
    """Host and port that are listened on, or all addresses in place of those of this host."""
    listen: Any = ini.options.get(("", "interface"))
    host, port = (listen.host, listen.port) if listen else ("", Settings.port)
    if not host or is_loopback(host):
        host = "0.0.0.0"
    return "%s:%d" % ("[%s]" % host if ":" in host else host, port)


def _lines(path: str) -> Tuple[int, int]:
    """The numbers of the lines with ``interface`` and ``[tls]``; 0 for one that isn't there."""
    interface = section = 0
    inside = False
    try:
        text = read_file(path).decode("utf-8-sig", "replace")
    except ConfigurationError:
        return 0, 0
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        inside = inside or line.startswith("[")
        if not inside and line.partition("=")[0].strip().strip("'\"") == "interface":
            interface = number
        if line.startswith("[") and line.partition("]")[0].strip("[ \"'") == "tls":
            section = number
    return interface, section


def _has_published_secrets(ini: Ini) -> bool:
    from ...access.credentials import DEFAULT_KEY, parse_key

    try:
        path = str(ini.options.get(("", "key-file"), ""))
        return parse_key(read_text(path), path) == DEFAULT_KEY
    except ConfigurationError:
        return False


def _entries(ini: str) -> List[Any]:
    """The user file's entries as they are; says where they can't be had."""
    path = str(read_ini(ini)[0].options.get(("", "path-users"), ""))
    if not path or not os.path.lexists(path):
        return []
    try:
        content = json.loads(read_file(path).decode("utf-8-sig"))
        return list(content["users"])
    except ConfigurationError as error:
        text = str(error)
    except (ValueError, LookupError, TypeError, RecursionError):
        text = "%s: not a user file" % path
    complain("%s; if there is a user of this name, keep his rights and all else" % text)
    sys.stderr.flush()
    return []
