"""The command line: options in, exit code out; every error is a readable line, never a traceback.

Exit codes: 0 all well, 1 it failed, 2 wrong configuration or wrong usage. ``status`` has those of
the LSB: 0 running, 1 dead with a PID file, 3 not running, 4 unknown.

What is heavy is imported where it is needed: ``status`` and ``stop`` answer at once, and nothing of
gevent may be there before the daemon has forked.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import logging
import os
import socket
import sys
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..model.errors import ConfigurationError, Oddity, Problem
from ..model.escaping import escaped
from ..settings import ClientLimits, LogSettings, Settings
from . import checking, toolbox
from .arguments import read_options
from .overview import status_lines
from .process import (
    control,
    daemonize,
    inquiry,
    listener,
    logs,
    privileges,
    signals,
    terminal,
)
from .process.errors import StartFailed, ToldToEnd, reason
from .process.failures import CONFIGURATION, FAILED, complain, explain, is_bug, log_failure, text_of
from .process.packages import absent, missing_package
from .process.pidfile import DEAD, PidFile, state
from .process.places import make_run_folder
from .process.trust import Untrusted

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
            _expect_signals(options)
            return _command(options)(options)
        finally:
            sys.stdout.flush()
    except (BrokenPipeError, KeyboardInterrupt, ToldToEnd, Exception) as error:
        code, text = explain(error)
        if isinstance(error, OSError):
            terminal.give_up_output()
        complain(text)
        if options is not None and options.detaches and code:
            logs.apply(LogSettings(), foreground=False, debug=False)    # syslog: boot has no reader
            log_failure(text)
        if options is not None and options.debug and is_bug(error):
            raise
        return code


def _expect_signals(options: argparse.Namespace) -> None:
    """From the beginning: a start takes its time, and may be told to end. All else ends as any
    program does."""
    if options.command not in ("start", "restart"):
        signals.let_through()
        return
    started_from = signals.Terminal()
    signals.ignore_early()
    options.is_hung_up = started_from.is_closed if options.foreground else lambda: False


def _command(options: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    if options.command in toolbox.TOOLS:
        return lambda options: toolbox.use(options, _owner(options))
    return {"monitor": _monitor, "state": _monitor, "setup": _setup, "forget": _forget,
            "check_config": _check_config, "start": _start, "stop": _stop, "restart": _restart,
            "reload": _reload, "status": _status}[options.command]


# ---- tools ------------------------------------------------------------------------------------


def _check_config(options: argparse.Namespace) -> int:
    from .config.printout import settings_text
    from .vault import users_text

    settings, secrets = checking.checked(options, _owner(options) or privileges.owner_of_service(
        options.pidfile))
    terminal.say(settings_text(settings, options.config, options.ini))
    terminal.say("\n" + users_text(secrets.users, settings.path_users))
    return 0


def _monitor(options: argparse.Namespace) -> int:
    from ..watch.run import monitor

    return monitor(options, lambda: checking.load_settings(options))


def _setup(options: argparse.Namespace) -> int:
    from .setup.run import set_up

    service = _owner(options) or privileges.owner_of_service(options.pidfile)

    def look(config: str, ini: str) -> Tuple[Settings, List[Problem]]:
        tried = argparse.Namespace(**dict(vars(options), config=config, ini=ini))
        return checking.look(tried, service)[::2]

    return set_up(options, service, look)


def _forget(options: argparse.Namespace) -> int:
    from .forgetting import forget

    terminal.say(forget(options.forget, checking.load_settings(options), options.ini,
                        options.pidfile))
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
    _end(options, _drain_time(options))
    return 0


def _end(options: argparse.Namespace, drain_time: float) -> None:
    """Stops the daemon, and says what came of it."""
    found = control.find(options.pidfile)
    if control.stop(options.pidfile, drain_time, say=complain):
        terminal.say("vscpwsd: stopped" + (", it was process %d" % found.pid if found.pid else ""))
    elif found.condition == DEAD:
        terminal.say("vscpwsd: not running; the PID file that process %s left is removed"
                     % (found.pid or "?"))
    else:
        terminal.say("vscpwsd: not running")


def _restart(options: argparse.Namespace) -> int:
    """With anything wrong that can be known before, the old daemon had better go on."""
    who = _owner(options)
    settings, _ = checking.checked(options, who)
    missing = absent()
    if missing:
        raise StartFailed(missing_package(missing[0]))
    pid = control.running(options.pidfile)
    if not options.passed:
        listener.check_free(settings.host, settings.port, "interface", pid)
    if settings.metrics_listen:
        listener.check_free(*listener.split(settings.metrics_listen), "[metrics] listen", pid)
    _end(options, settings.clients.drain_time)
    return _launch(options, settings)


def _reload(options: argparse.Namespace) -> int:
    pid = control.running(options.pidfile)
    who = privileges.identity_of(pid) if pid else None
    checking.checked(options, who or _owner(options), ())   # it knows itself where it listens
    problems = control.hang_up(options.pidfile)
    if problems is None:
        raise StartFailed("not running")
    if problems:
        complain("\n".join("reload refused, the old settings stay: %s" % escaped(problem)
                           for problem in problems))
        return CONFIGURATION
    terminal.say("vscpwsd: reloaded")
    return 0


def _drain_time(options: argparse.Namespace) -> float:
    """A daemon can be stopped whatever has become of its configuration, or of our packages."""
    try:
        return checking.load_settings(options).clients.drain_time
    except (ConfigurationError, ImportError):
        return ClientLimits().drain_time


# ---- start -------------------------------------------------------------------------------------


def _start(options: argparse.Namespace) -> int:
    return _launch(options, checking.checked(options, _owner(options))[0])


class _Sockets(NamedTuple):
    """What is opened before the fork."""

    clients: Sequence[socket.socket]
    metrics: Sequence[socket.socket]
    status: Sequence[socket.socket]     # one, or none


def _launch(options: argparse.Namespace, settings: Settings) -> int:
    """PID file and sockets first, while errors reach the terminal; then the daemon."""
    who, pidfile = _owner(options), PidFile(options.pidfile)
    with contextlib.ExitStack() as held:
        held.callback(pidfile.release)      # last: whoever waits for our end wants the address
        odd = _take_pidfile(options, pidfile)
        sockets, found = _sockets(options, settings, who)
        held.callback(_close, options, sockets)
        odd += found
        complain(text_of(odd))

        def work(report: daemonize.StartReport) -> int:
            with held:
                return _serve(options, settings, odd, pidfile, sockets, who, report)

        if options.foreground:
            return work(daemonize.TerminalReport())
        code, text = daemonize.background(
            work, [pidfile, *sockets.clients, *sockets.metrics, *sockets.status])
        held.pop_all()      # all that is the daemon's
    complain(text)
    if code == 0:
        pid = control.find(options.pidfile).pid
        terminal.say("vscpwsd: running%s" % (" as process %d" % pid if pid else ""))
    return code


def _close(options: argparse.Namespace, sockets: _Sockets) -> None:
    listener.close([*sockets.clients, *sockets.metrics])
    inquiry.close(options.pidfile, sockets.status)


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


def _take_pidfile(options: argparse.Namespace, pidfile: PidFile) -> List[Problem]:
    """What is odd with it, if anything."""
    if not options.pidfile:
        if not options.foreground:
            raise StartFailed("only in the foreground it can do without a PID file")
        return []
    make_run_folder(options.pidfile)
    try:
        pidfile.acquire()
    except Untrusted as error:
        text = "no PID file %s: %s" % (options.pidfile, reason(error))
        if not options.foreground:
            raise StartFailed(text) from None
        options.pidfile = ""
        return [Oddity("", "", text + "; status, stop and reload won't find this daemon")]
    return []


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
    except ToldToEnd as told:
        code, text = explain(told)
        if not options.foreground:
            log.info("%s", text)
        report.failed(FAILED, text)     # there is no daemon for whoever waits for one
        return code
    except Exception as error:
        code, text = explain(error)
        if not options.foreground or is_bug(error):
            log_failure(text, error)
        report.failed(code, text)
        return code


def _run(options: argparse.Namespace, settings: Settings, sockets: _Sockets, pidfile: PidFile,
         report: daemonize.StartReport) -> int:
    import gevent

    from .process.supervision import Supervision
    from .shell import Shell

    shell = Shell(settings, sockets.clients, lambda: checking.load_settings(options),
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
