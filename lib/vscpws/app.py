"""The wiring: builds all parts, and owns their start, reload and end.

Nothing that needs a gevent hub is made before ``run()``, so that the process may still fork.

The end, in this order: stop accepting, let the hub pass on what it has, close every websocket with
1001 behind what is queued for it (at most ``drain-time``), stop the buses.
"""

from __future__ import annotations

import itertools
import logging
import sys
import time
from collections import Counter
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence

import gevent
import gevent.util
from gevent.event import Event as Flag

from . import __version__
from .access.attempts import Attempts
from .access.authority import Authority
from .access.rate import Allowance
from .can.canbus import CanBus
from .codec.ws1 import Ws1Codec
from .codec.ws2 import Ws2Codec
from .daemon.config.changes import changed_options, limits_in_force
from .daemon.config.options import RESTART
from .daemon.overview import describe, listed, summary
from .daemon.process.usage import usage
from .daemon.reload import Reload
from .daemon.vault import Secrets, load_all, load_secrets
from .hub.hub import Hub
from .loop.keeping import keep_running
from .model.errors import ConfigurationError, Problem
from .session import Session, refusal_counters
from .settings import LogSettings, Settings
from .web import descriptors
from .web.clients import Clients, Protocol, make_protocol
from .web.exposition import Exposition
from .web.server import Server
from .web.site import PAGE, Site
from .web.tls import expiry, server_context

__all__ = ["App"]

log = logging.getLogger(__name__)

_ATTEMPTS_WINDOW = 600.0        # s that a failed login counts against its address
_PASS_ON = 0.5                  # s for the hub's queue at the end: a busy bus never empties it
_SWITCH_INTERVAL = 0.001        # s; gevent runs what is ready for so long before it polls again
_END = 3.0                      # s for servers and buses to stop
_MOST_CLIENTS = 100             # described in the log; those first that get along worst
_MOST_STACKS = 2000             # lines of greenlets' stacks
_DOWNLOAD = 2                   # descriptors of a connection that gets a file
_SOON = 14 * 86400.0            # s; a certificate that ends sooner is warned of


class App:
    """The daemon's inside. ``listeners`` are bound, listening standard sockets, as are
    ``metrics_listeners``, where only the metrics are served.

    ``reload_settings()`` reads the files again (``ConfigurationError`` if they are wrong),
    ``apply_logging(settings)`` puts log settings in force, ``make_bus`` makes the buses.
    """

    def __init__(self, settings: Settings, listeners: Sequence,
                 reload_settings: Callable[[], Settings],
                 apply_logging: Callable[[LogSettings], None],
                 make_bus: Callable[..., CanBus] = CanBus, metrics_listeners: Sequence = ()):
        self._settings = settings
        self._listeners = listeners
        self._metrics_listeners = metrics_listeners
        self._reload_settings = reload_settings
        self._apply_logging = apply_logging
        self._make_bus = make_bus
        self._hosts = [listener.getsockname()[0] for listener in listeners]
        self._secrets = load_secrets(settings, self._hosts)
        self._context = _tls_context(settings)
        self._running = settings        # what only a restart changes stays as it is here
        self._expiry = _expiry(settings)
        self._exit_code = 0
        self._restarts = Counter(hub=0, tick=0)
        self._refusals = refusal_counters()

    # ---- start -----------------------------------------------------------------------------

    def run(self, ready: Callable[[], None] = lambda: None) -> int:
        """Serve until ``stop()``; returns the exit code. ``ready()`` is called when it listens."""
        self._build()
        for bus in self._buses:
            bus.start()
        for server in self._servers:
            server.start()
        for server in self._metrics_servers:
            server.start()
        self._announce()
        ready()
        self._stop.wait()
        self._shut_down()
        return self._exit_code

    def _build(self) -> None:
        settings = self._settings
        sys.setswitchinterval(_SWITCH_INTERVAL)
        descriptors.provide(_most_descriptors(settings))
        gevent.get_hub().print_exception = _log_uncaught
        self._stop = Flag()
        self._reload = Reload(self._read, self._put_in_force)
        self._started, self._started_at = time.monotonic(), time.time()
        self._obids = itertools.count(1)
        self._authority = Authority(
            self._secrets.users, self._secrets.key, settings.auth_iv,
            Attempts(settings.clients.login_attempts_per_address, _ATTEMPTS_WINDOW,
                     time.monotonic))
        self._hub = Hub(settings.clients.hub_queue_size, settings.clients.batch_pause)
        self._buses = [self._make_bus(interface, settings.bus, next(self._obids), self._hub.deliver)
                       for interface in settings.interfaces]
        self._hub.sinks = self._buses
        self._clients = Clients(self._hub, settings.clients, self._make_session,
                                lambda: next(self._obids))
        self._protocols = protocols = _protocols(settings)
        root = (settings.web_root or PAGE) if settings.enable_static else ""
        self._site = Site(root, protocols, self.health, settings.content_policy)
        self._servers = [Server(listener, self._site, protocols, self._clients, self._context,
                                settings.origins)
                         for listener in self._listeners]
        # With room of their own: a crowd at the one door doesn't close the other.
        self._readers = Clients(self._hub, settings.clients, self._make_session,
                                lambda: next(self._obids))
        self._metrics_servers = [Server(listener, Exposition(self.report), {}, self._readers)
                                 for listener in self._metrics_listeners]
        self._loops = [self._watched("hub", self._hub.run),
                       self._watched("tick", self._clients.run)]

    def _make_session(self, codec, port, address: str, obid: int) -> Session:
        limits = self._settings.clients
        return Session(codec, self._authority, port, address, obid,
                       self._running.interfaces[0].guid, _now, limits.login_attempts,
                       Allowance(limits.max_message_rate, time.monotonic), self._refusals)

    def _watched(self, name: str, loop: Callable[[], None]) -> gevent.Greenlet:
        """A loop that is restarted if it dies, and ends the daemon if it goes on dying."""
        def restarted():
            self._restarts[name] += 1

        def give_up():
            self._exit_code = 1
            self._stop.set()
        return gevent.spawn(keep_running, name, loop, restarted, give_up)

    def _announce(self) -> None:
        settings = self._settings
        secure = "s" if settings.tls else ""
        place = "%s://%s:%d" % (secure, _bracketed(settings.host), settings.port)
        for path, protocol in self._protocols.items():
            log.info("%s at ws%s%s", protocol.name, place, path)
        if settings.enable_static:
            log.info("page at http%s/", place)
        for server in self._metrics_servers:
            host, port = server.address[:2]
            log.info("metrics at http://%s:%d/metrics", _bracketed(host), port)
        self._tell_expiry()
        _tell_problems(self._secrets.problems)
        for bus in self._buses:
            if bus.is_replay:
                log.warning("DEMO: %s replays recorded events (%s), there is no real bus",
                            bus.name, bus.channel)
        for name in self._authority.users.legacy_names:
            log.warning("user %s still has an MD5 password: renew it with --make-password", name)

    # ---- seen from outside -----------------------------------------------------------------

    def health(self) -> Dict:
        """The report of ``/healthz``: ``status`` is ``ok`` while every bus is up."""
        buses = [bus.status() for bus in self._buses]
        up = all(bus["usable"] for bus in buses)
        return {
            "status": "ok" if up else "bus down",
            "demo": any(bus.is_replay for bus in self._buses),
            "buses": [{"name": bus["name"], "state": bus["state"]} for bus in buses],
            "clients": len(self._clients),
            "uptime": int(time.monotonic() - self._started),
            "paths": {protocol.name: path for path, protocol in self._protocols.items()},
        }

    def statistics(self) -> Dict:
        """All counters: of each bus, of the hub, and of all clients together."""
        hub = self._hub
        return {"buses": [bus.status() for bus in self._buses],
                "hub": dict(hub.counters, waiting=hub.waiting, lag=round(hub.lag, 6)),
                "clients": self._clients.totals()}

    def report(self) -> Dict:
        """The statistics and all else that there is to know, fit for JSON."""
        return {
            "version": __version__,
            "started": self._started_at,
            "uptime": time.monotonic() - self._started,
            "connections": self._clients.connections,
            "present": self._clients.present(
                protocol.name for protocol in self._protocols.values()),
            "closed": dict(self._clients.closed),
            "dismissed": dict(self._clients.dismissed),
            "refused": dict(self._clients.slots.refused),
            "evicted": dict(self._clients.slots.evicted),
            "refusals": {kind: dict(codes) for kind, codes in self._refusals.items()},
            "answers": dict(self._clients.answers),
            "latency": self._hub.latency.as_dict(),
            "limits": limits_in_force(self._running, self._settings),
            "process": usage(),
            "login_failures": self._authority.failures,
            "restarts": dict(self._restarts),
            "reloads": dict(self._reload.counts),
            "reload_refused": self._reload.refused,
            "reload_problems": self._reload.problems,
            "certificate_expiry": self._expiry,
            **self.statistics(),
        }

    def summary(self) -> str:
        """One line: how many clients, which buses."""
        return summary([bus.status() for bus in self._buses], len(self._clients),
                       self._reload.refused)

    def turns(self) -> int:
        """How often the hub's loop has turned."""
        return self._hub.turns

    def probe(self) -> None:
        """Let the hub's loop turn, if it does."""
        self._hub.probe()

    def describe(self) -> None:
        """Write the state of everything to the log, whatever its level is; when debugging with
        the stack of each greenlet."""
        level = max(logging.INFO, log.getEffectiveLevel())
        clients = [client.describe() for client in self._clients.fullest(_MOST_CLIENTS)]
        if len(self._clients) > len(clients):
            clients.append("and %d more clients" % (len(self._clients) - len(clients)))
        for line in describe(self.report(), clients):
            log.log(level, "state: %s", line)
        if log.isEnabledFor(logging.DEBUG):
            for line in itertools.islice(_stacks(), _MOST_STACKS):
                log.debug("state: %s", line)

    # ---- reload ----------------------------------------------------------------------------

    def reload(self) -> None:
        """Read all files again. Whatever is wrong is logged, and then nothing changes."""
        self._reload()

    def _read(self) -> _Files:
        """All that files say; not in the loop, for it may take its time."""
        settings, secrets = load_all(self._reload_settings, self._hosts)
        return _Files(settings, secrets, _tls_context(settings), _expiry(settings))

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
        settings, secrets = new.settings, new.secrets
        self._settings = settings
        if new.context and self._context:
            for server in self._servers:
                server.renew(new.context)
            before, self._expiry = self._expiry, new.expiry
            if self._expiry != before:
                self._tell_expiry()
        limits = settings.clients
        descriptors.provide(_most_descriptors(settings))
        self._authority.replace(users=secrets.users, key=secrets.key, iv_rule=settings.auth_iv)
        self._authority.attempts.set_limit(limits.login_attempts_per_address)
        self._clients.limits = self._readers.limits = limits
        self._hub.set_pause(limits.batch_pause)
        self._site.content_policy = settings.content_policy
        for client in self._clients:
            user = client.session.user
            client.session.recheck(secrets.users.get(user.name) if user else None)

    def _tell_expiry(self) -> None:
        if self._expiry is not None:
            left = self._expiry - time.time()
            log.log(logging.INFO if left > _SOON else logging.WARNING,
                    "the certificate %s %s", "is valid until" if left > 0 else "has expired on",
                    time.strftime("%Y-%m-%d", time.gmtime(self._expiry)))

    # ---- the end ---------------------------------------------------------------------------

    def stop(self) -> None:
        """End the daemon; returns at once."""
        self._stop.set()

    def _shut_down(self) -> None:
        log.info("shutting down")
        for server in self._servers + self._metrics_servers:
            server.close()
        self._hub.wait_idle(_PASS_ON)
        self._clients.shut_down(self._settings.clients.drain_time)
        for server in self._servers + self._metrics_servers:
            server.stop(timeout=_END)
        for bus in self._buses:
            bus.stop()
        gevent.killall(self._loops, timeout=_END)
        statistics = self.statistics()
        for name in ("hub", "clients"):
            log.info("ended: %s: %s", name, listed(statistics[name]))


def _most_descriptors(settings: Settings) -> int:
    """What all connections that are allowed at once need; 0 where there is no limit."""
    limits = settings.clients
    if not limits.max_clients:
        return 0
    doors = 2 if settings.metrics_listen else 1
    return limits.max_clients + doors * limits.max_http_connections * _DOWNLOAD


class _Files(NamedTuple):
    """What a reload has read."""

    settings: Settings
    secrets: Secrets
    context: Any                # the TLS context, if there is encryption
    expiry: Optional[float]     # of its certificate


def _tell_problems(problems: Sequence[Problem]) -> None:
    for problem in problems:
        log.warning("%s", problem)


def _log_uncaught(context, kind, error, traceback) -> None:
    """In place of gevent's printing to stderr, which a daemon doesn't have."""
    log.error("uncaught in %s", context, exc_info=(kind, error, traceback))


def _now() -> int:
    return time.time_ns() // 1000


def _bracketed(host: str) -> str:
    """A host as URLs have it."""
    return "[%s]" % host if ":" in host else host


def _stacks() -> Iterator[str]:
    for text in gevent.util.format_run_info():
        yield from text.rstrip().split("\n")


def _expiry(settings: Settings) -> Optional[float]:
    """Until when the certificate is valid; None without one, or one that only OpenSSL can read."""
    try:
        return expiry(settings.tls) if settings.tls else None
    except (OSError, ValueError):
        return None


def _tls_context(settings: Settings):
    return _checked(server_context, settings.tls) if settings.tls else None


def _checked(function, *args):
    """The call with its ``OSError`` as what it is: a problem of the configuration."""
    try:
        return function(*args)
    except OSError as error:
        raise ConfigurationError([Problem(args[-1].cert, "[tls]", str(error))]) from None


def _protocols(settings: Settings) -> Dict[str, Protocol]:
    """What is spoken, by path."""
    protocols = {}
    if settings.enable_ws1:
        protocols[settings.url_ws1] = make_protocol(Ws1Codec())
    if settings.enable_ws2:
        protocols[settings.url_ws2] = make_protocol(Ws2Codec(settings.event_keys))
    return protocols
