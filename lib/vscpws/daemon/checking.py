"""Reading all that the configuration names before anything is done with it: as the daemon would,
and with its rights."""

from __future__ import annotations

import argparse
import codecs
import os
from dataclasses import replace
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

from ..model.errors import Problem
from ..settings import Settings
from .process import listener, logs, privileges, samples
from .process.failures import complain, text_of

if TYPE_CHECKING:
    from ..access.authority import Secrets

__all__ = ["checked", "load_settings", "look"]

_STRICT = ("check_config", "setup")     # commands to which a bus that can't work is a problem


def load_settings(options: argparse.Namespace) -> Settings:
    """The settings of the files that the options name, and of the sockets that were passed."""
    from .config.load import load

    if options.names_none:
        samples.check(options.config, options.ini)
    settings = load(options.config, options.ini, options.driver)
    if options.passed_address:      # it listens there, and its secrets are judged by that
        host, port = options.passed_address
        settings = replace(settings, host=host, port=port)
    return replace(settings, debug=settings.debug or options.debug)


def checked(options: argparse.Namespace, who: Optional[privileges.Identity],
            hosts: Optional[Sequence[str]] = None) -> Tuple[Settings, Secrets]:
    """As ``look``; says what is odd."""
    settings, secrets, odd = look(options, who, hosts)
    complain(text_of(odd))
    if options.command not in _STRICT:
        from ..can.requirements import adapter_problems

        complain(text_of(adapter_problems(settings.interfaces, options.config)))
    return settings, secrets


def look(options: argparse.Namespace, who: Optional[privileges.Identity],
         hosts: Optional[Sequence[str]] = None) -> Tuple[Settings, Secrets, List[Problem]]:
    """Settings and secrets, after a look with the rights of ``who`` at all that they name, and what
    is odd with them. Raises ``ConfigurationError`` with all that is wrong.

    ``hosts`` are what the daemon listens on, by default what the settings say. What keeps a bus
    from working is a problem only where the command is about the configuration.
    """
    from ..can.check import bus_problems
    from .config import load  # noqa: F401  with fewer rights it might not be found
    from .vault import load_all

    for name in ("ascii", "idna", "utf-8-sig"):
        codecs.lookup(name)     # likewise
    if hosts is None and options.passed_address:
        hosts = options.passed_address[:1]

    def settings_of_files() -> Settings:
        settings = load_settings(options)
        if hosts is not None:
            return settings
        odd = listener.look_up(settings, options.command not in _STRICT)
        return replace(settings, oddities=(*settings.oddities, *odd))

    with privileges.acting_as(who):
        settings, secrets = load_all(
            settings_of_files, hosts, os.cpu_count() or 1,
            (lambda found: bus_problems(found.interfaces, options.config))
            if options.command in _STRICT else None)
        logs.check(settings.logging)
    return settings, secrets, [*settings.oddities, *secrets.problems]
