"""The daemon's shell: what a service needs to own a process.

It puts what belongs to the whole process in force (log levels, the switch interval, when garbage
is looked for, what gevent does with exceptions that nobody caught, the number of descriptors),
tells the log what runs, reads the files again when asked to, and says how it is to the service
manager and to ``status``.

Nothing that needs a gevent hub is made before ``run()``, so that the process may still fork.
"""

from __future__ import annotations

import gc
import itertools
import logging
import ssl
import sys
import time
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence

import gevent
from gevent.event import Event as Flag

from ..access.authority import Secrets
from ..hub.ports import Join
from ..model.errors import ConfigurationError, Problem
from ..service import Service
from ..settings import LogSettings, Settings
from ..web import descriptors
from ..web.tls import expiry, server_context
from .config.changes import changed_options, limits_in_force
from .config.options import RESTART
from .overview import listed, log_lines, summary
from .process.usage import usage
from .reload import Reload
from .stacks import stacks
from .vault import load_all, load_secrets

__all__ = ["Shell"]

log = logging.getLogger(__name__)

_SWITCH_INTERVAL = 0.001        # s; gevent runs what is ready for so long before it polls again
# Objects until the collector looks at young ones, and of these looks until it looks further: a
# batch's events are many and never garbage, and all are looked at as often as by default.
_COLLECTION = (7000, 5, 2)
_MOST_CLIENTS = 100             # described in the log; those first that get along worst
_MOST_STACKS = 2000             # lines of stacks
_DOWNLOAD = 2                   # descriptors of a connection that gets a file
_SOON = 14 * 86400.0            # s; a certificate that ends sooner is warned of


class Shell:
    """``listeners`` are bound, listening standard sockets, as are ``metrics_listeners``, where only
    the metrics are served.

    ``reload_settings()`` reads the files again (``ConfigurationError`` if they are wrong),
    ``apply_logging(settings)`` puts log settings in force, ``ends`` are as for ``Service``.
    """

    def __init__(self, settings: Settings, listeners: Sequence[Any],
                 reload_settings: Callable[[], Settings],
                 apply_logging: Callable[[LogSettings], None],
                 ends: Optional[Sequence[Join]] = None,
                 metrics_listeners: Sequence[Any] = ()) -> None:
        self._settings = self._running = settings   # what only a restart changes stays as it was
        self._listeners = listeners
        self._metrics_listeners = metrics_listeners
        self._reload_settings = reload_settings
        self._apply_logging = apply_logging
        self._ends = ends
        self._hosts = [listener.getsockname()[0] for listener in listeners]
        self._secrets = load_secrets(settings, self._hosts)._replace(
            context=_tls_context(settings))
        self._expiry = _expiry(settings)
        self._exit_code = 0

    # ---- life ------------------------------------------------------------------------------

    def run(self, ready: Callable[[], None] = lambda: None) -> int:
        """Serve until ``stop()``; returns the exit code. ``ready()`` is called when it listens."""
        settings = self._settings
        sys.setswitchinterval(_SWITCH_INTERVAL)
        gc.set_threshold(*_COLLECTION)
        descriptors.provide(_most_descriptors(settings))
        # In place of gevent's printing to stderr, which a daemon doesn't have.
        loop: Any = gevent.get_hub()
        loop.print_exception = _log_uncaught
        self._stop = Flag()
        self.service = Service(settings, self._secrets, self._ends, self._listeners,
                               self._metrics_listeners, self._give_up, self._more)
        self._reload = Reload(self._read, self._put_in_force, self.service.names.turn)
        self.service.start()
        self._announce()
        ready()
        self._stop.wait()
        log.info("shutting down")
        self.service.stop()
        statistics = self.service.statistics()
        for name in ("hub", "clients"):
            log.info("ended: %s: %s", name, listed(statistics[name]))
        return self._exit_code

    def stop(self) -> None:
        """End the daemon; returns at once."""
        self._stop.set()

    def _give_up(self) -> None:
        self._exit_code = 1
        self._stop.set()

    def _announce(self) -> None:
        settings, service = self._settings, self.service
        secure = "s" if settings.tls else ""
        place = "%s://%s:%d" % (secure, _bracketed(settings.host), settings.port)
        for path, protocol in service.protocols.items():
            log.info("%s at ws%s%s", protocol.name, place, path)
        if settings.enable_static:
            log.info("page at http%s/", place)
        for host, port in service.metrics_addresses:
            log.info("metrics at http://%s:%d/metrics", _bracketed(host), port)
        self._tell_expiry()
        _tell_problems(self._secrets.problems)
        for end in service.end_statuses():
            if end.details.get("demo"):
                log.warning("DEMO: %s %s (%s), there is no real bus", end.name,
                            "replays recorded events" if end.details["replay"]
                            else "is a simulated house", end.details["channel"])
        for name in service.users.legacy_names:
            log.warning("user %s still has an MD5 password: renew it with --make-password", name)

    # ---- seen from outside -----------------------------------------------------------------

    def report(self) -> Dict[str, Any]:
        """All that there is to know, fit for JSON."""
        return self.service.status()

    def _more(self) -> Dict[str, Any]:
        return {
            "limits": limits_in_force(self._running, self._settings),
            "process": usage(),
            "reloads": dict(self._reload.counts),
            "reload_refused": self._reload.refused,
            "reload_problems": self._reload.problems,
            "certificate_expiry": self._expiry,
        }

    def summary(self) -> str:
        """One line: how many clients, which ends."""
        return summary([end.as_dict() for end in self.service.end_statuses()],
                       len(self.service.clients), self._reload.refused)

    def turns(self) -> int:
        """How often the hub's loop has turned."""
        return self.service.hub.turns

    def probe(self) -> None:
        """Let the hub's loop turn, if it does."""
        self.service.hub.probe()

    def describe(self) -> None:
        """Write the state of everything to the log, whatever its level is; when debugging with
        all stacks."""
        level = max(logging.INFO, log.getEffectiveLevel())
        everybody = self.service.clients
        clients = [client.line() for client in everybody.fullest(_MOST_CLIENTS)]
        if len(everybody) > len(clients):
            clients.append("and %d more clients" % (len(everybody) - len(clients)))
        for line in log_lines(self.report(), clients):
            log.log(level, "state: %s", line)
        if log.isEnabledFor(logging.DEBUG):
            for line in itertools.islice(stacks(), _MOST_STACKS):
                log.debug("state: %s", line)

    # ---- reload ----------------------------------------------------------------------------

    def reload(self) -> None:
        """Read all files again. Whatever is wrong is logged, and then nothing changes."""
        self._reload()

    def _read(self) -> _Files:
        """All that files say; not in the loop, for it may take its time."""
        settings, secrets = load_all(self._reload_settings, self._hosts)
        return _Files(settings, secrets._replace(context=_tls_context(settings)),
                      _expiry(settings))

    def _put_in_force(self, new: _Files) -> None:
        _tell_problems([*new.settings.oddities, *new.secrets.problems])
        try:
            self._reload.aside(self._apply_logging, new.settings.logging)
        except ConfigurationError as error:
            log.error("the log stays where it is: %s", error)
        applied = self._tell_changes(new.settings)
        self._replace(new)
        log.info("reloaded: %d users%s", len(new.secrets.users),
                 "; new values of %s" % ", ".join(applied) if applied else "")

    def _tell_changes(self, new: Settings) -> List[str]:
        """Warns of what a reload doesn't change; returns the names of what it does."""
        for option in changed_options(self._running, new):
            if option.reload == RESTART:
                log.warning("%s has changed: needs a restart", option.where())
        if new.interfaces != self._running.interfaces:
            log.warning("the driver blocks or their remote variables have changed: needs a restart")
        return [option.key for option in changed_options(self._settings, new)
                if option.reload != RESTART]

    def _replace(self, new: _Files) -> None:
        self._settings = new.settings
        descriptors.provide(_most_descriptors(new.settings))
        self.service.reload(new.settings, new.secrets)
        if self._running.tls and new.settings.tls and new.expiry != self._expiry:
            self._expiry = new.expiry
            self._tell_expiry()

    def _tell_expiry(self) -> None:
        if self._expiry is not None:
            left = self._expiry - time.time()
            log.log(logging.INFO if left > _SOON else logging.WARNING,
                    "the certificate %s %s", "is valid until" if left > 0 else "has expired on",
                    time.strftime("%Y-%m-%d", time.gmtime(self._expiry)))


class _Files(NamedTuple):
    """What a reload has read."""

    settings: Settings
    secrets: Secrets
    expiry: Optional[float]     # of the certificate


def _most_descriptors(settings: Settings) -> int:
    """What all connections that are allowed at once need; 0 where there is no limit."""
    limits = settings.clients
    if not limits.max_clients:
        return 0
    doors = 2 if settings.metrics_listen else 1
    return limits.max_clients + doors * limits.max_http_connections * _DOWNLOAD


def _tell_problems(problems: Iterable[Problem]) -> None:
    for problem in problems:
        log.warning("%s", problem)


def _log_uncaught(context: Any, kind: Any, error: Any, traceback: Any) -> None:
    log.error("uncaught in %s", context, exc_info=(kind, error, traceback))


def _bracketed(host: str) -> str:
    """A host as URLs have it."""
    return "[%s]" % host if ":" in host else host


def _expiry(settings: Settings) -> Optional[float]:
    """Until when the certificate is valid; None without one, or one that only OpenSSL can read."""
    try:
        return expiry(settings.tls) if settings.tls else None
    except (OSError, ValueError):
        return None


def _tls_context(settings: Settings) -> Optional[ssl.SSLContext]:
    """Raises ``ConfigurationError`` if the files can't be used."""
    if not settings.tls:
        return None
    try:
        return server_context(settings.tls)
    except OSError as error:
        raise ConfigurationError([Problem(settings.tls.cert, "[tls]", str(error))]) from None
