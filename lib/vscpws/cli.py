"""The command line: options in, exit code out; every error is a readable line, never a traceback.

Exit codes: 0 all well, 1 it failed, 2 wrong configuration or wrong usage. ``status`` has those of
the LSB: 0 running, 1 dead with a PID file, 3 not running, 4 unknown.

What is heavy is imported where it is needed: ``status`` and ``stop`` answer at once, and nothing of
gevent may be there before the daemon has forked.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from dataclasses import replace
from typing import Callable, List, Optional, Sequence, Tuple

from . import __version__
from .config.settings import ClientLimits, LogSettings, Settings
from .model.errors import ConfigurationError
from .process import control, daemonize, logs, privileges, signals
from .process.errors import StartFailed, reason
from .process.notify import notify
from .process.pidfile import PidFile, state
from .process.places import make_run_folder, places

__all__ = ["main"]

log = logging.getLogger(__name__)

_ACTIONS = ("start", "stop", "restart", "reload", "status")
_FAILED, _CONFIGURATION = 1, 2


def main(argv: Optional[Sequence[str]] = None, checkout: Optional[str] = None) -> int:
    """Does what ``argv`` says and returns the exit code; ``checkout`` as in ``process.places``."""
    daemonize.open_standard_streams()
    options = None
    try:
        try:
            options = _options(argv, checkout)
            return _command(options)(options)
        finally:
            sys.stdout.flush()
    except (BrokenPipeError, KeyboardInterrupt, Exception) as error:
        code, text = _explain(error)
        if isinstance(error, OSError):
            _give_up_output()
        _complain(text)
        if options is not None and _detaches(options):
            logs.apply(LogSettings(), foreground=False, debug=False)    # syslog: boot has no reader
            _log_failure(text)
        if options is not None and options.debug and _is_bug(error):
            raise
        return code


# ---- options -----------------------------------------------------------------------------------


def _options(argv: Optional[Sequence[str]], checkout: Optional[str]) -> argparse.Namespace:
    options = _parser().parse_args(argv)
    defaults = places(checkout, options.action)
    options.config = os.path.abspath(options.config or defaults.config)
    options.ini = os.path.abspath(options.ini or defaults.ini)
    if options.pidfile is None:
        options.pidfile = defaults.pidfile
    options.pidfile = options.pidfile and os.path.abspath(options.pidfile)
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vscpwsd.py", allow_abbrev=False,
        description="VSCP websocket server (ws1 and ws2) for CAN.",
        epilog="Exit codes: 0 all well, 1 it failed, 2 wrong configuration or usage; of status: "
               "0 running, 1 dead with a PID file, 3 not running, 4 unknown. Signals: TERM and INT "
               "end the daemon in order, HUP reloads.")
    add = parser.add_argument
    add("action", nargs="?", default="start", choices=_ACTIONS, help="the default is start")
    add("-c", "--config", metavar="FILE", help="XML file with the driver blocks")
    add("--ini", metavar="FILE", help="INI file with settings and remote variables")
    add("--driver", metavar="NAME", help="the driver block to use; default: those that fit")
    add("-f", "-s", "--foreground", action="store_true", help="stay, and log to the terminal")
    add("-d", "--debug", action="store_true", help="log everything")
    add("--pidfile", metavar="FILE", help="the PID file; '' for none (in the foreground)")
    add("--user", metavar="NAME", default="", help="run as this user (from root)")
    add("--group", metavar="NAME", default="", help="run as this group (from root)")
    add("-t", "--check-config", action="store_true",
        help="read everything, show what would run, and end")
    add("--make-key", metavar="FILE",
        help="write a new random key and end; replaces the published default key, no other file")
    add("--make-password", metavar="USER",
        help="ask for a password, or read a line; print the entry for the user file and end")
    add("--make-cert", metavar="FOLDER", nargs="?", const="",
        help="write a self-signed certificate for this host and its key, and end; default: beside "
             "the INI file")
    add("--version", action="version", version="vscpwsd %s" % __version__)
    return parser


def _command(options: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    if options.make_key is not None:
        return _make_key
    if options.make_password is not None:
        return _make_password
    if options.make_cert is not None:
        return _make_cert
    if options.check_config:
        return _check_config
    return {"start": _start, "stop": _stop, "restart": _restart, "reload": _reload,
            "status": _status}[options.action]


def _detaches(options: argparse.Namespace) -> bool:
    return _command(options) in (_start, _restart) and not options.foreground


# ---- settings ----------------------------------------------------------------------------------


def _load(options: argparse.Namespace) -> Settings:
    from .config.load import load

    settings = load(options.config, options.ini, options.driver)
    return replace(settings, debug=settings.debug or options.debug)


def _checked(options: argparse.Namespace) -> Settings:
    """The settings, after a look at all that they name; says what will be left out."""
    from .secrets import load_secrets

    logs.before()
    settings = _load(options)
    for problem in load_secrets(settings).problems:
        _complain(str(problem))
    return settings


def _check_config(options: argparse.Namespace) -> int:
    from .config.report import describe

    print(describe(_checked(options), options.config, options.ini))
    return 0


def _make_key(options: argparse.Namespace) -> int:
    from .process.secret import write_key

    write_key(options.make_key, privileges.identity(options.user, options.group))
    print("wrote a new key to %s; the daemon and its clients need it" % options.make_key)
    return 0


def _make_password(options: argparse.Namespace) -> int:
    from .process.secret import ask_password, user_entry

    print(user_entry(options.make_password, ask_password(options.make_password)))
    return 0


def _make_cert(options: argparse.Namespace) -> int:
    from .process.certificate import write_certificate
    from .process.hostnames import host_addresses, host_names

    names, addresses = host_names(), host_addresses()
    cert, key = write_certificate(options.make_cert or os.path.dirname(options.ini), names,
                                  addresses, privileges.identity(options.user, options.group))
    print("wrote a certificate for %s\n\nIn %s:\n\ninterface = wss://%s:8884\n\n"
          "[tls]\ncert = %s\nkey = %s" % (", ".join(names + addresses), options.ini, names[0],
                                         cert, key))
    return 0


# ---- actions on a running daemon ---------------------------------------------------------------


def _status(options: argparse.Namespace) -> int:
    try:
        found = state(options.pidfile)
    except OSError as error:
        print("vscpwsd: unknown, can't read %s: %s" % (options.pidfile, reason(error)))
        return control.UNKNOWN
    print("vscpwsd: %s" % control.status_line(found, options.pidfile))
    return control.STATUS_CODES[found.condition]


def _stop(options: argparse.Namespace) -> int:
    if not control.stop(options.pidfile, _drain_time(options)):
        print("vscpwsd: not running")
    return 0


def _restart(options: argparse.Namespace) -> int:
    settings = _checked(options)    # with a broken configuration the old daemon had better go on
    control.stop(options.pidfile, settings.clients.drain_time)
    return _launch(options, settings)


def _reload(options: argparse.Namespace) -> int:
    _checked(options)
    if not control.hang_up(options.pidfile):
        raise StartFailed("not running")
    return 0


def _drain_time(options: argparse.Namespace) -> float:
    """A daemon can be stopped whatever has become of its configuration."""
    logging.getLogger().addHandler(logging.NullHandler())   # warnings are none of its business
    try:
        return _load(options).clients.drain_time
    except ConfigurationError:
        return ClientLimits().drain_time


# ---- start -------------------------------------------------------------------------------------


def _start(options: argparse.Namespace) -> int:
    return _launch(options, _checked(options))


def _launch(options: argparse.Namespace, settings: Settings) -> int:
    """PID file and listener first, while errors reach the terminal; then the daemon."""
    from .process import listener

    who = privileges.identity(options.user, options.group)
    signals.ignore_hangup()
    pidfile = _pidfile(options)
    try:
        listeners = listener.bind(settings.host, settings.port)
    except Exception:
        pidfile.release()
        raise

    def work(report) -> int:
        return _serve(options, settings, pidfile, listeners, who, report)

    if options.foreground:
        return work(_Terminal())
    code, text = daemonize.background(work, [pidfile, *listeners])
    _complain(text)
    return code


def _pidfile(options: argparse.Namespace) -> PidFile:
    if not options.pidfile and not options.foreground:
        raise StartFailed("only in the foreground it can do without a PID file")
    pidfile = PidFile(options.pidfile)
    if options.pidfile:
        make_run_folder(options.pidfile)
        pidfile.acquire()
    return pidfile


class _Terminal:
    """The report of a start in the foreground; the counterpart of ``daemonize.Report``."""

    def ready(self) -> None:
        notify("READY=1")

    def failed(self, code: int, text: str) -> None:
        _complain(text)


def _serve(options, settings, pidfile, listeners, who, report) -> int:
    """The daemon's whole life, detached or not; returns its exit code."""
    from .process import listener

    try:
        pidfile.write(os.getpid())
        privileges.drop(who)
        logs.apply(settings.logging, options.foreground, settings.debug)
        return _run(options, settings, listeners, pidfile, report)
    except Exception as error:
        code, text = _explain(error)
        if not options.foreground or _is_bug(error):
            _log_failure(text, error)
        report.failed(code, text)
        return code
    finally:
        listener.close(listeners)
        pidfile.release()   # last: whoever waits for our end wants the address


def _run(options, settings, listeners, pidfile, report) -> int:
    from .app import App

    def apply_logging(new: LogSettings) -> None:
        try:
            logs.apply(new, options.foreground, settings.debug)
        except ConfigurationError as error:
            log.error("the log stays where it is: %s", error)

    app = App(settings, listeners, lambda: _load(options), apply_logging)
    signals.install(app, pidfile.release)
    return app.run(report.ready)


# ---- errors ------------------------------------------------------------------------------------


def _explain(error: BaseException) -> Tuple[int, str]:
    """The exit code and the text for people, one line per problem."""
    if isinstance(error, ConfigurationError):
        return _CONFIGURATION, str(error)
    if isinstance(error, StartFailed):
        return _FAILED, str(error)
    if isinstance(error, KeyboardInterrupt):
        return _FAILED, "interrupted"
    if isinstance(error, BrokenPipeError):
        return _FAILED, ""
    if isinstance(error, ModuleNotFoundError):
        return _FAILED, "the Python package %s is missing" % error.name
    if isinstance(error, OSError):
        return _FAILED, ": ".join(str(part) for part in (error.filename, reason(error)) if part)
    return _FAILED, "internal error: %s: %s" % (type(error).__name__, error)


def _is_bug(error: BaseException) -> bool:
    return not isinstance(error, (ConfigurationError, StartFailed, KeyboardInterrupt,
                                  ModuleNotFoundError, OSError))


def _complain(text: str) -> None:
    for line in _lines(text):
        try:
            print("vscpwsd: %s" % line, file=sys.stderr, flush=True)
        except OSError:
            return      # the terminal is gone


def _log_failure(text: str, error: Optional[BaseException] = None) -> None:
    bug = error if error is not None and _is_bug(error) else None
    for line in _lines(text):
        log.error("start failed: %s", line, exc_info=bug)


def _lines(text: str) -> List[str]:
    return [line for line in text.split("\n") if line]


def _give_up_output() -> None:
    """Else the interpreter tries to write what is left once more, and complains itself."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
