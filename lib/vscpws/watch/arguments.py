"""The options of ``--monitor``; imported by every command, so there is nothing heavy in here."""

from __future__ import annotations

import argparse

__all__ = ["PASSWORD_VARIABLE", "add_options"]

PASSWORD_VARIABLE = "VSCPWSD_PASSWORD"      # of the environment


def add_options(parser: argparse.ArgumentParser) -> None:
    """``--json`` is there already, for the status."""
    add = parser.add_argument
    add("--monitor", metavar="URL", nargs="?", const="",
        help="print the events of a server in readable form; default: this host's daemon, as "
             "the INI file has it")
    add("--filter", metavar="CLASS[,TYPE]", help="watch only these events, by number or name")
    add("--login", metavar="NAME", default="admin",
        help="the user who watches, admin by default; the password is asked for, or is in %s, or "
             "is the first line of standard input" % PASSWORD_VARIABLE)
    add("--key-file", metavar="FILE", help="the key of the login; default: the INI file's")
    add("--ca", metavar="FILE", help="trust only this certificate of a server watched over wss://")
