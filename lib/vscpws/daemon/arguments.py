"""How the program is called: arguments in, options out, and what contradicts itself refused."""

from __future__ import annotations

import argparse
import difflib
import os
from typing import NoReturn, Optional, Sequence

from .. import __version__
from ..model.errors import ConfigurationError, Problem
from ..watch.arguments import add_options
from .config.texts import epilog
from .process import listener, samples
from .process.failures import CONFIGURATION, complain
from .process.places import Places, places

__all__ = ["parser", "read_options"]

SETUP_OPTIONS = ("interface", "lan", "tls", "port", "admin_password_file",
                 "admin_password_stdin", "yes")
_ACTIONS = ("start", "stop", "restart", "reload", "status")
_TOOLS = ("monitor", "state", "setup", "write_config", "make_key", "make_password", "make_cert",
          "make_kiosk", "withdraw_kiosk", "list_kiosks", "forget", "check_config")
_NEVER_EMPTY = ("config", "ini", "make_key", "make_kiosk", "withdraw_kiosk", "interface",
                "admin_password_file", "key_file", "ca")
_INSTEAD = {"action": "there are %s" % ", ".join(_ACTIONS), "option": "see --help"}
_SIMILAR = 0.7                  # as difflib measures
_REASONS = (                    # argparse's words and ours
    ("expected one argument", "needs a value"), ("ignored explicit argument", "takes no value"),
    ("not allowed with argument", "contradicts the option before it"))
# Options that mean nothing to other tools and actions, or something else than is hoped for.
_ONLY_WITH = {
    "json": ("status", "--monitor", "--state"),
    "filter": ("--monitor", "--state"),
    "login": ("--monitor", "--state"),
    "key_file": ("--monitor", "--state"),
    "ca": ("--monitor", "--state"),
    "demo": ("start", "--check-config"),
    **dict.fromkeys(SETUP_OPTIONS, ("--setup",)),
    "label": ("--make-kiosk",),
}
_NEVER_WITH = {         # of the daemon's user, and not of who logs in
    "user": ("--monitor", "--state", "--make-password"),
    "group": ("--monitor", "--state", "--make-password"),
}


def read_options(argv: Optional[Sequence[str]], checkout: Optional[str]) -> argparse.Namespace:
    """The options; ``command`` is the action or the tool, ``detaches`` whether it leaves the
    terminal. ``checkout`` as in ``process.places``.

    Raises ``ConfigurationError`` for options that contradict each other, and ``SystemExit`` for
    what argparse refuses.
    """
    made = parser()
    options, unknown = made.parse_known_args(argv)
    _refuse_unknown(options, unknown, made)
    tools = [name for name in _TOOLS if getattr(options, name) not in (None, False)]
    _refuse_contradictions(options, made, tools)
    options.action = options.action or "start"
    options.command = tools[0] if tools else options.action
    defaults = places(checkout, options.action)
    if options.demo:        # beside whatever daemon runs: in the foreground, without a PID file
        options.foreground, defaults = True, _demo_places()
    options.detaches = options.command in ("start", "restart") and not options.foreground
    usual = os.path.abspath(defaults.config), os.path.abspath(defaults.ini)
    if options.setup:
        defaults = defaults._replace(config=os.path.join(options.setup, "vscpd.conf"),
                                     ini=os.path.join(options.setup, "vscpwsd.ini"))
    options.names_none = not options.config and not options.ini
    if options.driver_json:
        _take_driver_json(options)
    options.config = os.path.abspath(options.config or defaults.config)
    options.ini = os.path.abspath(options.ini or defaults.ini)
    options.is_usual_place = usual == (options.config, options.ini)
    options.is_installed = not checkout
    if options.pidfile is None:
        options.pidfile = defaults.pidfile
    options.pidfile = options.pidfile and os.path.abspath(options.pidfile)
    options.passed = listener.passed()
    options.passed_address = listener.address_of(options.passed) if options.passed else None
    if options.passed and options.detaches:
        raise ConfigurationError([Problem("", "socket activation", "needs --foreground: a daemon "
                                          "that detaches is not the one the sockets are for")])
    return options


def _take_driver_json(options: argparse.Namespace) -> None:
    from .config.driverjson import has_blocks  # heavy, and rarely needed

    if options.ini:
        raise _wrong("--driver-json, --ini", "only one of them: both have the settings")
    options.ini = options.driver_json
    if not options.config and has_blocks(options.driver_json):
        options.config = options.driver_json


def _demo_places() -> Places:
    folder = samples.demo_folder()
    return Places(os.path.join(folder, "vscpd.conf"), os.path.join(folder, "vscpwsd.ini"), "")


def _refuse_unknown(options: argparse.Namespace, unknown: Sequence[str],
                    made: argparse.ArgumentParser) -> None:
    """``made.error`` with the first word that is neither option nor action, or one too many."""
    words = [*unknown, *([] if options.action in (None, *_ACTIONS) else [options.action])]
    if not words:
        return
    word = words[0].partition("=")[0][:80] or "''"
    if word in _ACTIONS:
        made.error("%s, %s: only one of them at a time" % (options.action, word))
    kind, known = ("option", [text for action in made._actions for text in action.option_strings]
                   ) if word.startswith("-") else ("action", list(_ACTIONS))
    near = difflib.get_close_matches(word, known, 1, _SIMILAR)
    made.error("%s: unknown %s; %s" % (word, kind, "did you mean %s?" % near[0] if near
                                       else _INSTEAD[kind]))


def _refuse_contradictions(options: argparse.Namespace, made: argparse.ArgumentParser,
                           tools: Sequence[str]) -> None:
    named = [_option(name) for name in tools] + [options.action] * (options.action is not None)
    if len(named) > 1:
        raise _wrong(", ".join(named), "only one of them at a time")
    command = named[0] if named else "start"
    given = [name for name in (*_ONLY_WITH, *_NEVER_WITH)
             if getattr(options, name) != made.get_default(name)]
    for name in _NEVER_EMPTY:
        if getattr(options, name) == "":
            raise _wrong(_option(name), "needs a value")
    for name in given:
        fitting = _ONLY_WITH.get(name, (command,))
        if command not in fitting:
            raise _wrong(_option(name), "only with %s" % " or ".join(fitting))
        if command in _NEVER_WITH.get(name, ()):
            raise _wrong(_option(name), "not with %s: it is whom the daemon runs as" % command)
    if options.pidfile == "" and command in ("stop", "restart", "reload", "status"):
        raise _wrong("--pidfile", "%s needs one" % command)


def _option(name: str) -> str:
    return "--" + {"lan": "lan or --loopback", "tls": "tls or --no-tls"}.get(
        name, name.replace("_", "-"))


def _wrong(where: str, reason: str) -> ConfigurationError:
    return ConfigurationError([Problem("", where, reason)])


class _Parser(argparse.ArgumentParser):
    """Its complaints are one line, like all others."""

    def error(self, message: str) -> NoReturn:
        where, _, text = message.partition(": ")
        if where.startswith("argument "):
            message = "%s: %s" % (where[len("argument "):], next(
                (ours for theirs, ours in _REASONS if text.startswith(theirs)), text))
        complain(message)
        self.exit(CONFIGURATION)


def parser() -> argparse.ArgumentParser:
    made = _Parser(
        prog="vscpwsd.py", allow_abbrev=False,
        description="VSCP websocket server (ws1 and ws2) for CAN.",
        epilog=epilog())
    add = made.add_argument
    add("action", nargs="?", metavar="{%s}" % ",".join(_ACTIONS), help="the default is start")
    add("-c", "--config", metavar="FILE", help="XML file with the driver blocks")
    add("--ini", metavar="FILE", help="INI file with settings and remote variables")
    add("--driver-json", metavar="FILE",
        help="the C++ driver's JSON file, or vscpd's that names it, in place of the INI file; "
             "vscpd's has the driver blocks, too, unless --config is there")
    add("--driver", metavar="NAME", help="the driver block to use; default: those that fit")
    add("-f", "-s", "--foreground", action="store_true", help="stay, and log to the terminal")
    add("-d", "--debug", action="store_true", help="log everything")
    add("--pidfile", metavar="FILE", help="the PID file; '' for none (in the foreground)")
    add("--user", metavar="NAME", default="", help="run as this user (from root)")
    add("--group", metavar="NAME", default="", help="run as this group (from root)")
    add("--json", action="store_true",
        help="the status as one JSON object; watched events and states one a line")
    add("-t", "--check-config", action="store_true",
        help="read everything, show what would run, and end")
    add("--demo", action="store_true",
        help="run the sample configuration that comes with the program, on localhost, in the "
             "foreground")
    _add_setup(made)
    add("--write-config", metavar="FOLDER", nargs="?", const="",
        help="write the sample configuration, to begin with, and end; replaces no file; default: "
             "the folder of the INI file")
    add("--make-key", metavar="FILE",
        help="write a new random key and end; replaces the published default key, no other file")
    add("--make-password", metavar="USER",
        help="ask for a password, or read a line; print the entry for the user file and end")
    add("--make-cert", metavar="FOLDER", nargs="?", const="",
        help="write a self-signed certificate for this host and its key, and end; default: beside "
             "the INI file")
    add("--forget", metavar="NODE",
        help="have a node that is no more leave Home Assistant, and end; its GUID, its id or its "
             "name of the names file; whether the daemon runs or not")
    add("--make-kiosk", metavar="USER",
        help="make a link by which a screen on the wall logs in with this user's rights, print it "
             "and end")
    add("--label", metavar="TEXT", default="", help="what the kiosk is, for the list")
    add("--withdraw-kiosk", metavar="ID", help="the kiosk's link is good no longer, and end")
    add("--list-kiosks", action="store_true", help="show the kiosks and end")
    add_options(made)
    add("--version", action="version", version="vscpwsd %s" % __version__)
    return made


def _add_setup(made: argparse.ArgumentParser) -> None:
    add = made.add_argument
    add("--setup", metavar="FOLDER", nargs="?", const="",
        help="from the demo to a house: ask for CAN interface, password, LAN and TLS, write key, "
             "users, certificate, driver block and INI file, and say what comes next; shows first "
             "what it changes; default: where the files are")
    add("--interface", metavar="NAME",
        help="with --setup: the CAN interface, such as can0 or slcan:/dev/ttyUSB0@125000")
    where, tls, password = (made.add_mutually_exclusive_group() for _ in range(3))
    where.add_argument("--lan", action="store_const", const=True,
                       help="with --setup: others may connect")
    where.add_argument("--loopback", dest="lan", action="store_const", const=False,
                       help="with --setup: only this host may")
    tls.add_argument("--tls", action="store_const", const=True,
                     help="with --setup: encrypt, with a certificate made here if there is none")
    tls.add_argument("--no-tls", dest="tls", action="store_const", const=False,
                     help="with --setup: don't encrypt")
    password.add_argument("--admin-password-file", metavar="FILE",
                          help="with --setup: the first line is the password of admin")
    password.add_argument("--admin-password-stdin", action="store_true",
                          help="with --setup: the first line of standard input is")
    add("--port", metavar="NUMBER", type=_port, help="with --setup: the port to listen on")
    add("--yes", action="store_true", help="with --setup: ask nothing, and write")


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("%r is not in 1-65535" % text[:40])
    return int(text)
