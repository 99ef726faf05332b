"""The command line: options in, exit code out; every error is a readable line, never a traceback.

Exit codes: 0 all well, 1 it failed, 2 wrong configuration or wrong usage. ``status`` has those of
the LSB: 0 running, 1 dead with a PID file, 3 not running, 4 unknown.

What is heavy is imported where it is needed: ``status`` and ``stop`` answer at once, and nothing of
gevent may be there before the daemon has forked.
"""

from __future__ import annotations

import argparse
import codecs
import gc
import json
import logging
import os
import socket
import sys
from dataclasses import replace
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from ..model.errors import ConfigurationError, Oddity, Problem
from ..model.escaping import escaped
from ..settings import ClientLimits, LogSettings, Settings
from .arguments import read_options
from .overview import status_lines
from .process import (
    control,
    daemonize,
    inquiry,
    listener,
    logs,
    privileges,
    samples,
    signals,
    terminal,
)
from .process.errors import StartFailed, reason
from .process.failures import CONFIGURATION, complain, explain, is_bug, log_failure, text_of
from .process.packages import absent, missing_package
from .process.pidfile import PidFile, state
from .process.places import make_run_folder
from .process.trust import Untrusted

if TYPE_CHECKING:
    from ..access.authority import Secrets

__all__ = ["main"]

log = logging.getLogger(__name__)


def main(argv: Optional[Sequence[str]] = None, checkout: Optional[str] = None) -> int:
    """Does what ``argv`` says and returns the exit code; ``checkout`` as in ``process.places``."""
    daemonize.open_standard_streams()
    terminal.prepare()
    options = None
    try:
        try:
            options = read_options(argv, checkout)
            return _command(options)(options)
        finally:
            sys.stdout.flush()
    except (BrokenPipeError, KeyboardInterrupt, Exception) as error:
        code, text = explain(error)
        if isinstance(error, OSError):
            terminal.give_up_output()
        complain(text)
        if options is not None and options.detaches:
            logs.apply(LogSettings(), foreground=False, debug=False)    # syslog: boot has no reader
            log_failure(text)
        if options is not None and options.debug and is_bug(error):
            raise
        return code


def _command(options: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    return {"monitor": _monitor, "state": _monitor, "write_config": _write_config,
            "make_key": _make_key, "make_password": _make_password, "make_cert": _make_cert,
            "forget": _forget, "check_config": _check_config, "start": _start, "stop": _stop,
            "restart": _restart, "reload": _reload, "status": _status}[options.command]


# ---- settings ----------------------------------------------------------------------------------


def _load(options: argparse.Namespace) -> Settings:
    from .config.load import load

    if options.names_none:
        samples.check(options.config, options.ini)
    settings = load(options.config, options.ini, options.driver)
    if options.passed_address:      # it listens there, and its secrets are judged by that
        host, port = options.passed_address
        settings = replace(settings, host=host, port=port)
    return replace(settings, debug=settings.debug or options.debug)


def _checked(options: argparse.Namespace, who: Optional[privileges.Identity],
             hosts: Optional[Sequence[str]] = None) -> Tuple[Settings, Secrets]:
    """Settings and secrets, after a look with the rights of ``who`` at all that they name; says
    what will be left out.

    ``hosts`` are what the daemon listens on, by default what the settings say. What keeps a bus
    from working is a problem for ``--check-config``, and else only said.
    """
    from ..can.check import bus_problems
    from ..can.requirements import adapter_problems
    from .config import load  # noqa: F401  with fewer rights it might not be found
    from .vault import load_all

    for name in ("ascii", "idna", "utf-8-sig"):
        codecs.lookup(name)     # likewise
    if hosts is None and options.passed_address:
        hosts = options.passed_address[:1]

    def settings_of_files() -> Settings:
        settings = _load(options)
        if hosts is not None:
            return settings
        odd = listener.look_up(settings, options.command != "check_config")
        return replace(settings, oddities=(*settings.oddities, *odd))

    look = (lambda found: bus_problems(found.interfaces, options.config)) if (
        options.check_config) else None
    with privileges.acting_as(who):
        settings, secrets = load_all(settings_of_files, hosts, os.cpu_count() or 1, look)
        logs.check(settings.logging)
    complain(text_of([*settings.oddities, *secrets.problems]))
    if not options.check_config:
        complain(text_of(adapter_problems(settings.interfaces, options.config)))
    return settings, secrets


def _check_config(options: argparse.Namespace) -> int:
    from .config.printout import settings_text
    from .vault import users_text

    settings, secrets = _checked(options, _owner(options) or privileges.owner_of_service(
        options.pidfile))
    terminal.say(settings_text(settings, options.config, options.ini))
    terminal.say("\n" + users_text(secrets.users, settings.path_users))
    return 0


def _monitor(options: argparse.Namespace) -> int:
    from ..watch.run import monitor

    return monitor(options, lambda: _load(options))


def _write_config(options: argparse.Namespace) -> int:
    folder = os.path.abspath(options.write_config or os.path.dirname(options.ini))
    terminal.say(samples.write_samples(folder, _owner(options)))
    return 0


def _make_key(options: argparse.Namespace) -> int:
    from .process import tools

    terminal.say(tools.new_key(options.make_key, options.ini, _owner(options)))
    return 0


def _make_password(options: argparse.Namespace) -> int:
    from .process import tools

    terminal.say(tools.new_entry(options.make_password, options.ini))
    return 0


def _make_cert(options: argparse.Namespace) -> int:
    from .process import tools

    terminal.say(tools.new_certificate(options.make_cert, options.ini, _owner(options)))
    return 0


def _forget(options: argparse.Namespace) -> int:
    from .forgetting import forget

    terminal.say(forget(options.forget, _load(options), options.ini, options.pidfile))
    return 0


def _owner(options: argparse.Namespace) -> Optional[privileges.Identity]:
    return privileges.identity(options.user, options.group)


# ---- actions on a running daemon ---------------------------------------------------------------


def _status(options: argparse.Namespace) -> int:
    try:
        found = state(options.pidfile)
    except OSError as error:
        text = "can't read %s: %s" % (options.pidfile, reason(error))
        if options.json:
            print(json.dumps({"condition": "unknown", "reason": text}))
        else:
            terminal.say("vscpwsd: unknown, " + text)
        return control.UNKNOWN
    answers, report = control.inquire(found, options.pidfile)
    if options.json:
        print(json.dumps(dict(report, condition=found.condition, pid=found.pid, answers=answers)))
    else:
        terminal.say("vscpwsd: " + control.status_line(found, options.pidfile, answers))
        for line in _status_lines(report):
            terminal.say("  " + escaped(line))
    return control.STATUS_CODES[found.condition]


def _status_lines(report: Dict[str, Any]) -> Sequence[str]:
    try:
        return status_lines(report) if report else ()
    except (LookupError, TypeError, ValueError, AttributeError):
        return ["its answer is another version's: restart it, or ask with the program it runs"]


def _stop(options: argparse.Namespace) -> int:
    if not control.stop(options.pidfile, _drain_time(options), say=complain):
        terminal.say("vscpwsd: not running")
    return 0


def _restart(options: argparse.Namespace) -> int:
    """With anything wrong that can be known before, the old daemon had better go on."""
    who = _owner(options)
    settings, _ = _checked(options, who)
    missing = absent()
    if missing:
        raise StartFailed(missing_package(missing[0]))
    pid = control.running(options.pidfile)
    if not options.passed:
        listener.check_free(settings.host, settings.port, "interface", pid)
    if settings.metrics_listen:
        listener.check_free(*listener.split(settings.metrics_listen), "[metrics] listen", pid)
    control.stop(options.pidfile, settings.clients.drain_time, say=complain)
    return _launch(options, settings)


def _reload(options: argparse.Namespace) -> int:
    pid = control.running(options.pidfile)
    who = privileges.identity_of(pid) if pid else None
    _checked(options, who or _owner(options), hosts=())     # it knows itself where it listens
    problems = control.hang_up(options.pidfile)
    if problems is None:
        raise StartFailed("not running")
    if problems:
        complain("\n".join("reload refused, the old settings stay: %s" % escaped(problem)
                           for problem in problems))
        return CONFIGURATION
    return 0


def _drain_time(options: argparse.Namespace) -> float:
    """A daemon can be stopped whatever has become of its configuration, or of our packages."""
    try:
        return _load(options).clients.drain_time
    except (ConfigurationError, ImportError):
        return ClientLimits().drain_time


# ---- start -------------------------------------------------------------------------------------


def _start(options: argparse.Namespace) -> int:
    return _launch(options, _checked(options, _owner(options))[0])


class _Sockets(NamedTuple):
    """What is opened before the fork."""

    clients: Sequence[socket.socket]
    metrics: Sequence[socket.socket]
    status: Sequence[socket.socket]     # one, or none


def _launch(options: argparse.Namespace, settings: Settings) -> int:
    """PID file and sockets first, while errors reach the terminal; then the daemon."""
    who = _owner(options)
    started_from = signals.Terminal()
    signals.ignore_early()
    pidfile, odd = _pidfile(options)
    try:
        sockets, found = _sockets(options, settings, who)
    except BaseException:
        pidfile.release()
        raise
    odd += found
    complain(text_of(odd))

    def work(report: daemonize.StartReport) -> int:
        return _serve(options, settings, odd, pidfile, sockets, who, report)

    options.is_hung_up = started_from.is_closed if options.foreground else lambda: False
    if options.foreground:
        return work(daemonize.TerminalReport())
    code, text = daemonize.background(
        work, [pidfile, *sockets.clients, *sockets.metrics, *sockets.status])
    complain(text)
    return code


def _sockets(options: argparse.Namespace, settings: Settings,
             who: Optional[privileges.Identity]) -> Tuple[_Sockets, List[Problem]]:
    clients = options.passed or listener.bind(settings.host, settings.port)
    try:
        metrics = listener.bind_at(settings.metrics_listen, "[metrics] listen")
        status, odd = _status_socket(options.pidfile, who)
    except BaseException:
        listener.close(clients)
        raise
    return _Sockets(clients, metrics, status), odd


def _status_socket(pidfile: str, who: Optional[privileges.Identity]
                   ) -> Tuple[List[socket.socket], List[Problem]]:
    try:
        return [inquiry.listen(pidfile, who)] if pidfile else [], []
    except OSError as error:
        return [], [Oddity("", "", "status will tell less, for there can be no socket %s: %s"
                           % (inquiry.socket_path(pidfile), reason(error)))]


def _pidfile(options: argparse.Namespace) -> Tuple[PidFile, List[Problem]]:
    if not options.pidfile and not options.foreground:
        raise StartFailed("only in the foreground it can do without a PID file")
    pidfile = PidFile(options.pidfile)
    if options.pidfile:
        make_run_folder(options.pidfile)
        try:
            pidfile.acquire()
        except Untrusted as error:
            text = "no PID file %s: %s" % (options.pidfile, reason(error))
            if not options.foreground:
                raise StartFailed(text) from None
            options.pidfile = ""
            return pidfile, [Oddity("", "", text + "; status, stop and reload won't find this "
                                    "daemon")]
    return pidfile, []


def _serve(options: argparse.Namespace, settings: Settings, odd: Sequence[Problem],
           pidfile: PidFile, sockets: _Sockets, who: Optional[privileges.Identity],
           report: daemonize.StartReport) -> int:
    """The daemon's whole life, detached or not; returns its exit code."""
    try:
        pidfile.write(os.getpid())
        privileges.drop(who)
        logs.apply(settings.logging, options.foreground, settings.debug)
        logs.record([*settings.oddities, *odd])
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


def _run(options: argparse.Namespace, settings: Settings, sockets: _Sockets, pidfile: PidFile,
         report: daemonize.StartReport) -> int:
    import gevent

    from .process.supervision import Supervision
    from .shell import Shell

    shell = Shell(settings, sockets.clients, lambda: _load(options),
                  lambda new: logs.apply(new, options.foreground, settings.debug),
                  metrics_listeners=sockets.metrics)
    supervision = Supervision(shell)
    signals.install(shell, pidfile.release, is_hung_up=options.is_hung_up)

    def ready() -> None:
        for each in sockets.status:
            inquiry.serve(each, shell.report)
        supervision.ready()
        gevent.spawn(supervision.run)
        gc.freeze()             # what is here stays: the collector need not hold all up for it
        report.ready()

    return shell.run(ready)
