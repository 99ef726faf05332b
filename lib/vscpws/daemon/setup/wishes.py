"""What is wanted: as options say it, as somebody answers, or else as it is."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import List, NamedTuple, Optional

from ...model.errors import ConfigurationError, Problem
from ..config.files import read_text
from ..process import terminal
from ..process.errors import StartFailed
from . import host
from .present import Present
from .userlist import ADMIN

__all__ = ["Wishes", "agrees", "wishes"]

_PASSWORD_OPTIONS = "--admin-password-file or --admin-password-stdin"
_TRIES = 3                      # of a password typed twice


class Wishes(NamedTuple):
    interface: str              # of CAN, as a driver block has it
    is_on_lan: bool
    has_tls: bool
    port: int
    password: Optional[str]     # of the administrator; None: as it is


def wishes(options: argparse.Namespace, present: Present, can_ask: bool) -> Wishes:
    """Raises ``ConfigurationError`` with all that is missing where nobody can be asked."""
    problems: List[Problem] = []
    interface = options.interface or (_asked_interface(present) if can_ask else present.bus)
    if not interface:
        problems.append(Problem("", "--interface", "which CAN interface? found: %s"
                                % (", ".join(host.interfaces()) or "none")))
    lan = options.lan
    if lan is None:
        default = present.is_on_lan or can_ask and present.is_new
        lan = _yes("May other devices in the house connect, such as a phone?", default) if (
            can_ask) else default
    tls = options.tls
    if tls is None:
        default = present.listen.tls if present.is_on_lan and not present.is_new else lan
        tls = _yes("Encrypt with TLS? Browsers warn once of a certificate made here.", default) if (
            can_ask and lan) else default
    password = _password(options, present, can_ask)
    if password is None and present.users.needs_admin:
        problems.append(Problem("", _PASSWORD_OPTIONS, "a password for %s is needed" % ADMIN))
    if problems:
        raise ConfigurationError(problems)
    return Wishes(interface, lan, tls, options.port or present.listen.port, password)


def agrees() -> bool:
    """Whether what was shown may be done."""
    return _yes("Write this?", False)


def _asked_interface(present: Present) -> str:
    found = host.interfaces()
    if found:
        terminal.say("CAN interfaces found: %s" % ", ".join(found))
    default = present.bus or (found or ["can0"])[0]
    return _answer("CAN interface [%s]: " % default) or default


def _yes(question: str, default: bool) -> bool:
    while True:
        answer = _answer("%s [%s] " % (question, "Y/n" if default else "y/N")).lower()
        if answer in ("y", "yes", "n", "no", ""):
            return answer.startswith("y") if answer else default


def _answer(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        raise StartFailed("no answer: nothing was written") from None


def _password(options: argparse.Namespace, present: Present, can_ask: bool) -> Optional[str]:
    if options.admin_password_file:
        return read_text(options.admin_password_file).split("\n")[0].rstrip("\r")
    if options.admin_password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return _asked_password(present.users.needs_admin) if can_ask else None


def _asked_password(is_needed: bool) -> Optional[str]:
    keeps = "" if is_needed else " (none: as it is)"
    for _ in range(_TRIES):
        first = getpass.getpass("New password for %s%s: " % (ADMIN, keeps))
        if not first and not is_needed:
            return None
        if first and getpass.getpass("Again: ") == first:
            return first
        terminal.say("The two differ." if first else "There must be one.")
    raise StartFailed("no password: nothing was written")
