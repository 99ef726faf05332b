"""What the command line says about watching, made into a plan: whom, what, and as whom."""

from __future__ import annotations

import argparse
import os
import ssl
import sys
from typing import Callable, List, NamedTuple, Optional, Tuple, TypeVar

from ..access.credentials import check_name, parse_key
from ..daemon.config.files import read_text
from ..daemon.process.errors import StartFailed
from ..model.errors import ConfigurationError, Problem
from ..model.filter import Filter, Pattern
from ..reading.catalog import load_catalog
from ..settings import Settings
from .arguments import PASSWORD_VARIABLE
from .target import Target, own_daemon, parse_url

__all__ = ["Plan", "ask_password", "make_plan", "parse_filter"]


_T = TypeVar("_T")


class Plan(NamedTuple):
    target: Target
    context: Optional[ssl.SSLContext]       # for TLS
    key: bytes
    user: str
    filter: Optional[Filter]
    json: bool


def make_plan(options: argparse.Namespace, load_settings: Callable[[], Settings]) -> Plan:
    """The plan; the daemon's settings are read only if something of it is needed.

    Raises ``ConfigurationError``.
    """
    problems: List[Problem] = []
    target = _checked("--monitor", parse_url, options.monitor, problems)
    wanted = _checked("--filter", parse_filter, options.filter, problems)
    _checked("--login", check_name, options.login, problems)
    if problems:
        raise ConfigurationError(problems)
    key_file, certificate = options.key_file, None
    if target is None or not key_file:
        settings = _settings(load_settings, target is not None)
        key_file = key_file or settings.key_file
        if target is None:
            certificate = settings.tls.cert if settings.tls else None
            target = own_daemon(settings)
    return Plan(target, _context(options.ca, certificate) if target.tls else None,
                parse_key(read_text(key_file), key_file), options.login, wanted, options.json)


def parse_filter(text: str) -> Filter:
    """``CLASS`` or ``CLASS,TYPE``, numbers or names; ``ValueError`` with a reason."""
    catalog = load_catalog()
    class_text, comma, type_text = text.partition(",")
    vscp_class = catalog.class_number(class_text)
    if not comma:
        return Filter(Pattern(vscp_class=vscp_class), Pattern(vscp_class=0xFFFF))
    vscp_type = catalog.type_number(vscp_class, type_text)
    return Filter(Pattern(vscp_class=vscp_class, vscp_type=vscp_type),
                  Pattern(vscp_class=0xFFFF, vscp_type=0xFFFF))


def ask_password(user: str) -> str:
    """From the environment, from a terminal without echo, or from the first line of a pipe."""
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None and sys.stdin.isatty():
        import getpass

        password = getpass.getpass("Password for %s: " % user)
    elif password is None:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise StartFailed("no password: type it, write it as a line to standard input, or set %s"
                          % PASSWORD_VARIABLE)
    if not password.isprintable():
        raise StartFailed("the password holds control characters or bytes that are no text")
    return password


def _checked(option: str, check: Callable[[str], _T], text: Optional[str],
             problems: List[Problem]) -> Optional[_T]:
    if not text and option != "--login":
        return None
    try:
        return check(text or "")
    except ValueError as error:
        problems.append(Problem("", option, str(error)))
        return None


def _settings(load_settings: Callable[[], Settings], only_key: bool) -> Settings:
    try:
        return load_settings()
    except ConfigurationError as error:
        hint: Tuple[Problem, ...] = ()
        if only_key:
            hint = (Problem("", "--key-file", "names the key where there is no configuration"),)
        raise ConfigurationError(error.problems + hint) from None


def _context(ca: Optional[str], certificate: Optional[str]) -> ssl.SSLContext:
    """Trusts ``ca`` alone, or else what the system trusts and the daemon's own certificate."""
    try:
        if ca and not os.path.isfile(ca):       # OpenSSL would wait for a FIFO
            os.stat(ca)
            raise OSError(0, "not a regular file")
        context = ssl.create_default_context(cafile=ca)
        if certificate and not ca:
            context.load_verify_locations(certificate)
    except (OSError, ValueError) as error:
        reason = "no usable certificate" if isinstance(error, ssl.SSLError) else str(
            getattr(error, "strerror", None) or error)
        raise ConfigurationError([Problem("--ca", ca or str(certificate), reason)]) from None
    return context
