"""The section ``[mqtt]`` as a whole: what it names and isn't there, and what doesn't fit."""

from __future__ import annotations

import importlib.util
import ssl
from typing import List, Optional

from ...model.broker import Broker, parse_broker
from ...model.errors import Oddity, Problem
from .filecheck import file_complaint, folder_complaint, tls_reason
from .ini import Ini
from .options import OPTIONS, default_text, value_text, where_of
from .safety import is_loopback

__all__ = ["MISSING_PAHO", "bridge_problems", "has_bridge"]

SECTION = "mqtt"
MISSING_PAHO = ("needs the Python package paho-mqtt, which is not installed: pip install "
                "'vscpwsd[mqtt]' (Debian: apt install python3-paho-mqtt)")


def has_bridge(ini: Ini) -> bool:
    """Whether a broker is named."""
    return bool(ini.options.get((SECTION, "url")))


def bridge_problems(ini: Ini) -> List[Problem]:
    """All that is wrong or odd; options with a problem of their own are left out."""
    if not has_bridge(ini):
        return _without_url(ini) + _files(ini, None)
    problems: List[Problem] = []
    if not _is_there("paho"):
        problems.append(_problem(ini, "url", MISSING_PAHO))
    broker = parse_broker(ini.options[SECTION, "url"])
    problems += _files(ini, broker) + _login(ini, broker)
    name, other = _value(ini, "name"), _value(ini, "forward-to")
    if name and name == other:
        problems.append(_problem(ini, "forward-to", "%s is this daemon's own name" % other))
    return problems


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _without_url(ini: Ini) -> List[Problem]:
    if (SECTION, "url") not in ini.options:
        return []
    return [Oddity(ini.file, where_of(SECTION, option.key), "is set, but without url there is no "
                   "bridge") for option in OPTIONS
            if option.section == SECTION and option.check != "path()"
            and (SECTION, option.key) in ini.options
            and value_text(ini.options[SECTION, option.key]) != default_text(option)]


def _files(ini: Ini, broker: Optional[Broker]) -> List[Problem]:
    problems: List[Problem] = []
    for key in ("password-file", "ca", "cert", "key"):
        path = _value(ini, key)
        if path and broker is not None and not broker.tls and key != "password-file":
            # Whoever names a certificate believes that the connection is encrypted.
            problems.append(_problem(ini, key, "is set, but url says mqtt:// and would not be "
                                     "encrypted: write mqtts://"))
            continue
        complaint = file_complaint(path) if path else None
        if complaint:
            problems.append(_problem(ini, key, complaint))
    folder = _value(ini, "state-directory")
    complaint = folder_complaint(folder) if folder else None
    if complaint:
        problems.append(_problem(ini, "state-directory", complaint))
    if not problems and broker is not None and broker.tls:
        problems += _tls(ini)
    return problems


def _tls(ini: Ini) -> List[Problem]:
    ca, cert, key = (_value(ini, name) for name in ("ca", "cert", "key"))
    if bool(cert) != bool(key):
        return [_problem(ini, "key" if cert else "cert", "must name a file, for %s does" % (
            "cert" if cert else "key"))]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    problems: List[Problem] = []
    try:
        if cert:
            # Without the empty password an encrypted key would ask for one on the terminal.
            context.load_cert_chain(cert, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        problems.append(Problem(cert, "[mqtt] cert, key", "no usable pair with %s (%s)" % (
            key, tls_reason(error))))
    try:
        if ca:
            context.load_verify_locations(ca)
    except (OSError, ValueError) as error:
        problems.append(Problem(ca, "[mqtt] ca", "no usable CA certificate (%s)"
                                % tls_reason(error)))
    return problems


def _login(ini: Ini, broker: Broker) -> List[Problem]:
    if not _value(ini, "password-file"):
        return []
    if not broker.user:
        return [_problem(ini, "password-file", "is set, but url names no user: write "
                         "mqtt://USER@HOST")]
    if not broker.tls and not is_loopback(broker.host, lambda host: []):
        return [Oddity(ini.file, where_of(SECTION, "url"), "the password goes to %s as it is, for "
                       "all on the way to read: write mqtts://" % broker.host)]
    return []


def _value(ini: Ini, key: str) -> str:
    return ini.options.get((SECTION, key)) or ""


def _problem(ini: Ini, key: str, reason: str) -> Problem:
    return Problem(ini.file, where_of(SECTION, key), reason)
