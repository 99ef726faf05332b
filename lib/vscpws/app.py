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
from typing import Callable, Dict, Sequence

import gevent
from gevent.event import Event as Flag

from .access.attempts import Attempts
from .access.authority import Authority
from .access.rate import Allowance
from .bus.canbus import CanBus
from .codec.ws1 import Ws1Codec
from .codec.ws2 import Ws2Codec
from .config.settings import LogSettings, Settings
from .hub.hub import Hub
from .model.errors import ConfigurationError, Problem
from .secrets import Secrets, load_secrets
from .session import Session
from .web.clients import Clients, Protocol, make_protocol
from .web.server import Server
from .web.site import PAGE, Site
from .web.tls import renew, server_context

__all__ = ["App"]

log = logging.getLogger(__name__)

_ATTEMPTS_WINDOW = 600.0        # s that a failed login counts against its address
_RESTARTS = 5                   # of one loop; a loop that dies more often ends the daemon
_PASS_ON = 0.5                  # s for the hub's queue at the end: a busy bus never empties it
_SWITCH_INTERVAL = 0.001        # s; gevent runs what is ready for so long before it polls again
_END = 3.0                      # s for servers and buses to stop


class App:
    """The daemon's inside. ``listeners`` are bound, listening standard sockets.

    ``reload_settings()`` reads the files again (``ConfigurationError`` if they are wrong),
    ``apply_logging(settings)`` puts log settings in force, ``make_bus`` makes the buses.
    """

    def __init__(self, settings: Settings, listeners: Sequence,
                 reload_settings: Callable[[], Settings],
                 apply_logging: Callable[[LogSettings], None],
                 make_bus: Callable[..., CanBus] = CanBus):
        self._settings = settings
        self._listeners = listeners
        self._reload_settings = reload_settings
        self._apply_logging = apply_logging
        self._make_bus = make_bus
        self._secrets = _load_secrets(settings)
        self._context = _tls_context(settings)
        self._exit_code = 0

    # ---- start -----------------------------------------------------------------------------

    def run(self, ready: Callable[[], None] = lambda: None) -> int:
        """Serve until ``stop()``; returns the exit code. ``ready()`` is called when it listens."""
        self._build()
        for bus in self._buses:
            bus.start()
        for server in self._servers:
            server.start()
        self._announce()
        ready()
        self._stop.wait()
        self._shut_down()
        return self._exit_code

    def _build(self) -> None:
        settings = self._settings
        sys.setswitchinterval(_SWITCH_INTERVAL)
        gevent.get_hub().print_exception = _log_uncaught
        self._stop = Flag()
        self._started = time.monotonic()
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
        site = Site(root, protocols, self.health)
        self._servers = [Server(listener, site, protocols, self._clients, self._context,
                                settings.origins)
                         for listener in self._listeners]
        self._loops = [self._watched("hub", self._hub.run),
                       self._watched("tick", self._clients.run)]

    def _make_session(self, codec, port, address: str, obid: int) -> Session:
        limits = self._settings.clients
        return Session(codec, self._authority, port, address, obid,
                       self._settings.interfaces[0].guid, _now, limits.login_attempts,
                       Allowance(limits.max_message_rate, time.monotonic))

    def _watched(self, name: str, loop: Callable[[], None]) -> gevent.Greenlet:
        """A loop that is restarted if it dies, and ends the daemon if it goes on dying."""
        def run():
            for _ in range(_RESTARTS):
                try:
                    loop()
                except Exception:
                    log.exception("the %s loop died and is restarted", name)
            log.critical("the %s loop dies again and again, the daemon ends", name)
            self._exit_code = 1
            self._stop.set()
        return gevent.spawn(run)

    def _announce(self) -> None:
        settings = self._settings
        secure = "s" if settings.tls else ""
        host = "[%s]" % settings.host if ":" in settings.host else settings.host
        place = "%s://%s:%d" % ("%s" + secure, host, settings.port)
        for path, protocol in self._protocols.items():
            log.info("%s at %s%s", protocol.name, place % "ws", path)
        if settings.enable_static:
            log.info("page at %s/", place % "http")
        for bus in self._buses:
            if bus.is_replay:
                log.warning("DEMO: %s replays recorded events (%s), there is no real bus",
                            bus.name, bus.channel)
        for name in self._authority.users.legacy_names:
            log.warning("user %s still has an MD5 password: renew it with --make-password", name)

    # ---- health ----------------------------------------------------------------------------

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
        }

    def statistics(self) -> Dict:
        """All counters: of each bus, of the hub, and of all clients together."""
        return {"buses": [bus.status() for bus in self._buses], "hub": dict(self._hub.counters),
                "clients": self._clients.totals()}

    # ---- reload ----------------------------------------------------------------------------

    def reload(self) -> None:
        """Read all files again. Whatever is wrong is logged, and then nothing changes."""
        log.info("reload")
        try:
            settings = self._reload_settings()
            users, key, _ = _load_secrets(settings)
            if settings.tls and self._context:
                _checked(renew, self._context, settings.tls)
        except ConfigurationError as error:
            for problem in error.problems:
                log.error("reload refused, the old settings stay: %s", problem)
            return
        self._apply_logging(settings.logging)
        self._warn_of_restart(settings)
        self._settings = settings
        self._authority.replace(users=users, key=key, iv_rule=settings.auth_iv)
        self._clients.limits = settings.clients
        self._hub.set_pause(settings.clients.batch_pause)
        for client in self._clients:
            user = client.session.user
            client.session.recheck(users.get(user.name) if user else None)
        log.info("reloaded: %d users", len(list(users)))

    def _warn_of_restart(self, new: Settings) -> None:
        old = self._settings
        for name in ("interfaces", "host", "port", "url_ws1", "url_ws2", "enable_ws1", "enable_ws2",
                     "enable_static", "web_root", "origins", "event_keys", "bus"):
            if getattr(old, name) != getattr(new, name):
                log.warning("%s has changed: needs a restart", name.replace("_", "-"))
        if bool(old.tls) != bool(new.tls):
            log.warning("tls was switched on or off: needs a restart")

    # ---- the end ---------------------------------------------------------------------------

    def stop(self) -> None:
        """End the daemon; returns at once."""
        self._stop.set()

    def _shut_down(self) -> None:
        log.info("shutting down")
        for server in self._servers:
            server.close()
        self._hub.wait_idle(_PASS_ON)
        self._clients.shut_down(self._settings.clients.drain_time)
        for server in self._servers:
            server.stop(timeout=_END)
        for bus in self._buses:
            bus.stop()
        gevent.killall(self._loops, timeout=_END)
        statistics = self.statistics()
        for name in ("hub", "clients"):
            log.info("ended: %s: %s", name, ", ".join(
                "%s %d" % item for item in statistics[name].items()))


def _load_secrets(settings: Settings) -> Secrets:
    secrets = load_secrets(settings)
    for problem in secrets.problems:
        log.warning("%s", problem)
    return secrets


def _log_uncaught(context, kind, error, traceback) -> None:
    """In place of gevent's printing to stderr, which a daemon doesn't have."""
    log.error("uncaught in %s", context, exc_info=(kind, error, traceback))


def _now() -> int:
    return time.time_ns() // 1000


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
