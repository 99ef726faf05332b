"""The command line: options in, exit code out; every error is a readable line, never a traceback.

Exit codes: 0 all well, 1 it failed, 2 wrong configuration or wrong usage. ``status`` has those of
the LSB: 0 running, 1 dead with a PID file, 3 not running, 4 unknown.

What is heavy is imported where it is needed: ``status`` and ``stop`` answer at once, and nothing of
gevent may be there before the daemon has forked.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import sys
from dataclasses import replace
from typing import Any, Callable, NamedTuple, Optional, Sequence, Tuple

from . import __version__
from .config.settings import ClientLimits, LogSettings, Settings
from .config.texts import epilog
from .model.errors import ConfigurationError, Problem
from .monitor.options import add_options
from .overview import report_lines
from .process import (
    control,
    daemonize,
    inquiry,
    listener,
    logs,
    privileges,
    samples,
    signals,
    tools,
)
from .process.errors import StartFailed, reason
from .process.failures import complain, explain, give_up_output, is_bug, log_failure
from .process.pidfile import PidFile, state
from .process.places import Places, make_run_folder, places

__all__ = ["main"]

log = logging.getLogger(__name__)

_ACTIONS = ("start", "stop", "restart", "reload", "status")


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
        code, text = explain(error)
        if isinstance(error, OSError):
            give_up_output()
        complain(text)
        if options is not None and _detaches(options):
            logs.apply(LogSettings(), foreground=False, debug=False)    # syslog: boot has no reader
            log_failure(text)
        if options is not None and options.debug and is_bug(error):
            raise
        return code


# ---- options -----------------------------------------------------------------------------------


def _options(argv: Optional[Sequence[str]], checkout: Optional[str]) -> argparse.Namespace:
    options = _parser().parse_args(argv)
    defaults = places(checkout, options.action)
    if options.demo:        # beside whatever daemon runs: in the foreground, without a PID file
        if options.action != "start":
            raise StartFailed("--demo can only be started; ctrl-C ends it")
        defaults = _demo_places()
        options.foreground = True
    options.names_none = not options.config and not options.ini
    options.config = os.path.abspath(options.config or defaults.config)
    options.ini = os.path.abspath(options.ini or defaults.ini)
    if options.pidfile is None:
        options.pidfile = defaults.pidfile
    options.pidfile = options.pidfile and os.path.abspath(options.pidfile)
    options.passed = listener.passed()
    options.place = listener.place(options.passed) if options.passed else None
    if options.passed and _detaches(options):
        raise ConfigurationError([Problem("", "socket activation", "needs --foreground: a daemon "
                                          "that detaches is not the one the sockets are for")])
    return options


def _demo_places() -> Places:
    folder = samples.demo_folder()
    return Places(os.path.join(folder, "vscpd.conf"), os.path.join(folder, "vscpwsd.ini"), "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vscpwsd.py", allow_abbrev=False,
        description="VSCP websocket server (ws1 and ws2) for CAN.",
        epilog=epilog())
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
    add("--json", action="store_true",
        help="the status as one JSON object; watched events one a line")
    add("-t", "--check-config", action="store_true",
        help="read everything, show what would run, and end")
    add("--demo", action="store_true",
        help="run the sample configuration that comes with the program, on localhost, in the "
             "foreground")
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
    add_options(parser)
    add("--version", action="version", version="vscpwsd %s" % __version__)
    return parser


def _command(options: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    if options.monitor is not None:
        return _monitor
    if options.write_config is not None:
        return _write_config
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

    if options.names_none:
        samples.check(options.config, options.ini)
    settings = load(options.config, options.ini, options.driver)
    if options.place:       # this says where it listens, and so what must be no published secret
        settings = replace(settings, host=options.place[0], port=options.place[1])
    return replace(settings, debug=settings.debug or options.debug)


def _checked(options, hosts: Optional[Sequence[str]] = None) -> Tuple[Settings, Any]:
    """Settings and secrets, after a look at all that they name; says what will be left out.

    ``hosts`` are what the daemon listens on, by default what the settings say. What keeps a bus
    from working is a problem for ``--check-config``, and else only said.
    """
    from .bus.check import bus_problems
    from .config.adapters import adapter_problems
    from .secrets import load_all


    logs.before()
    if hosts is None and options.place:
        hosts = options.place[:1]
    look = (lambda found: bus_problems(found.interfaces, options.config)) if (
        options.check_config) else None
    settings, secrets = load_all(lambda: _load(options), hosts, os.cpu_count() or 1, look)
    for problem in secrets.problems:
        complain(str(problem))
    if not options.check_config:
        for problem in adapter_problems(settings.interfaces, options.config):
            complain(str(problem))
    return settings, secrets


def _check_config(options: argparse.Namespace) -> int:
    from .config.report import describe
    from .secrets import describe_users

    settings, secrets = _checked(options)
    print(describe(settings, options.config, options.ini),
          describe_users(secrets.users, settings.path_users), sep="\n\n")
    return 0


def _monitor(options: argparse.Namespace) -> int:
    from .monitor.run import monitor

    return monitor(options, lambda: _load(options))


def _write_config(options: argparse.Namespace) -> int:
    folder = os.path.abspath(options.write_config or os.path.dirname(options.ini))
    print(samples.write_samples(folder, _owner(options)))
    return 0


def _make_key(options: argparse.Namespace) -> int:
    print(tools.new_key(options.make_key, _owner(options)))
    return 0


def _make_password(options: argparse.Namespace) -> int:
    print(tools.new_entry(options.make_password))
    return 0


def _make_cert(options: argparse.Namespace) -> int:
    print(tools.new_certificate(options.make_cert, options.ini, _owner(options)))
    return 0


def _owner(options: argparse.Namespace) -> Optional[privileges.Identity]:
    return privileges.identity(options.user, options.group)


# ---- actions on a running daemon ---------------------------------------------------------------


def _status(options: argparse.Namespace) -> int:
    try:
        found = state(options.pidfile)
    except OSError as error:
        text = "can't read %s: %s" % (options.pidfile, reason(error))
        print(json.dumps({"condition": "unknown", "reason": text}) if options.json
              else "vscpwsd: unknown, " + text)
        return control.UNKNOWN
    answers, report = control.inquire(found, options.pidfile)
    if options.json:
        print(json.dumps(dict(report, condition=found.condition, pid=found.pid, answers=answers)))
    else:
        print("vscpwsd: " + control.status_line(found, options.pidfile, answers))
        for line in report_lines(report) if report else ():
            print("  " + line)
    return control.STATUS_CODES[found.condition]


def _stop(options: argparse.Namespace) -> int:
    if not control.stop(options.pidfile, _drain_time(options)):
        print("vscpwsd: not running")
    return 0


def _restart(options: argparse.Namespace) -> int:
    settings, _ = _checked(options)     # with a broken one the old daemon had better go on
    control.stop(options.pidfile, settings.clients.drain_time)
    return _launch(options, settings)


def _reload(options: argparse.Namespace) -> int:
    _checked(options, hosts=())     # only the daemon knows where it listens
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
    return _launch(options, _checked(options)[0])


class _Sockets(NamedTuple):
    """What is opened before the fork."""

    clients: Sequence
    metrics: Sequence
    status: Sequence            # one, or none


def _launch(options: argparse.Namespace, settings: Settings) -> int:
    """PID file and sockets first, while errors reach the terminal; then the daemon."""
    who = _owner(options)
    signals.ignore_early()
    pidfile = _pidfile(options)
    try:
        sockets = _sockets(options, settings, who)
    except Exception:
        pidfile.release()
        raise

    def work(report) -> int:
        return _serve(options, settings, pidfile, sockets, who, report)

    if options.foreground:
        return work(_Terminal())
    code, text = daemonize.background(
        work, [pidfile, *sockets.clients, *sockets.metrics, *sockets.status])
    complain(text)
    return code


def _sockets(options, settings, who) -> _Sockets:
    clients = options.passed or listener.bind(settings.host, settings.port)
    try:
        metrics = listener.bind_at(settings.metrics_listen, "[metrics] listen")
    except Exception:
        listener.close(clients)
        raise
    status = inquiry.listen(options.pidfile, who) if options.pidfile else None
    return _Sockets(clients, metrics, [status] if status else [])


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
        pass        # the service manager is told in any case

    def failed(self, code: int, text: str) -> None:
        complain(text)


def _serve(options, settings, pidfile, sockets, who, report) -> int:
    """The daemon's whole life, detached or not; returns its exit code."""
    try:
        pidfile.write(os.getpid())
        privileges.drop(who)
        logs.apply(settings.logging, options.foreground, settings.debug)
        return _run(options, settings, sockets, pidfile, report)
    except Exception as error:
        code, text = explain(error)
        if not options.foreground or is_bug(error):
            log_failure(text, error)
        report.failed(code, text)
        return code
    finally:
        listener.close([*sockets.clients, *sockets.metrics])
        inquiry.close(options.pidfile, sockets.status)
        pidfile.release()   # last: whoever waits for our end wants the address


def _run(options, settings, sockets, pidfile, report) -> int:
    import gevent

    from .app import App
    from .process.supervision import Supervision

    def apply_logging(new: LogSettings) -> None:
        try:
            logs.apply(new, options.foreground, settings.debug)
        except ConfigurationError as error:
            log.error("the log stays where it is: %s", error)

    app = App(settings, sockets.clients, lambda: _load(options), apply_logging,
              metrics_listeners=sockets.metrics)
    supervision = Supervision(app)
    signals.install(app, pidfile.release)

    def ready() -> None:
        for each in sockets.status:
            inquiry.serve(each, app.report)
        supervision.ready()
        gevent.spawn(supervision.run)
        gc.freeze()             # what is here stays: the collector need not hold all up for it
        report.ready()

    return app.run(ready)
