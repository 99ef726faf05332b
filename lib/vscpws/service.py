"""A service: hub, ends and web, joined from settings and secrets that are loaded already.

It is the server without the process: it reads no file (but for those of the memory, where the
settings name some), handles no signal, and changes nothing that belongs to the program it runs in.
The daemon is a shell around it (``daemon``); any program with a gevent loop can have one of its
own (``doc/embedding.md``)::

    service = Service(settings, Secrets(users, key), ends=[join_lamp])
    service.start()
    ...
    service.stop()

All of it happens in the thread that starts it. The end, in this order: stop accepting, let the hub
pass on what it has, close every websocket with 1001 behind what is queued for it (at most
``drain-time``), stop the ends.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections import Counter
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import gevent

from . import __version__
from .access.attempts import Attempts
from .access.authority import Authority, Secrets
from .access.rate import Allowance
from .access.users import Users
from .can.canbus import KIND as BUS
from .can.canbus import join_bus, wall_clock
from .codec.request import Codec
from .codec.ws1 import Ws1Codec
from .codec.ws2 import Ws2Codec
from .hub.hub import Hub
from .hub.ports import End, Join
from .loop.alarm import Alarm
from .loop.keeping import keep_running
from .memory.memory import join_memory
from .memory.namesfile import NamesFile
from .model.guid import ZERO
from .model.status import EndStatus
from .mqtt.ports import MakeSpeaker
from .port import Port
from .questions import Questions
from .reading.names import Names
from .session import Session, refusal_counters
from .settings import Settings
from .web.clients import Clients
from .web.exposition import Exposition
from .web.server import Server
from .web.site import PAGE, Site
from .web.vscpprotocol import VscpProtocol, protocol_of

__all__ = ["Secrets", "Service"]

log = logging.getLogger(__name__)

_ATTEMPTS_WINDOW = 600.0        # s that a failed login counts against its address
_PASS_ON = 0.5                  # s for the hub's queue at the end: a busy bus never empties it
_END = 3.0                      # s for servers and ends to stop
_BACKLOG = 128                  # connections that wait at a door of our own


class Service:
    """To be made and used in the thread of a gevent loop.

    ``ends`` are functions that make an end and join it to the hub (``hub.ports``); without them
    the CAN buses of ``settings.interfaces`` are made. ``listeners`` are bound, listening standard
    sockets, which it takes over; without them it listens where the settings say. Only the metrics
    are served on ``metrics_listeners``. ``gave_up()`` is called if a loop goes on dying: then the
    service is no good any more. ``more()`` adds to the report what only the program knows.
    """

    def __init__(self, settings: Settings, secrets: Secrets,
                 ends: Optional[Sequence[Join]] = None, listeners: Sequence[Any] = (),
                 metrics_listeners: Sequence[Any] = (),
                 gave_up: Callable[[], None] = lambda: None,
                 more: Callable[[], Dict[str, Any]] = dict) -> None:
        self._settings = self._running = settings   # what only a new start changes stays as it was
        self._is_encrypted = secrets.context is not None
        self._gave_up = gave_up
        self._more = more
        self._restarts = Counter(hub=0, tick=0)
        self._refusals = refusal_counters()
        self._started, self._started_at = time.monotonic(), time.time()
        self._loops: List[gevent.Greenlet[Any, Any]] = []
        self._authority = Authority(
            secrets.users, secrets.key, settings.auth_iv,
            Attempts(settings.clients.login_attempts_per_address, _ATTEMPTS_WINDOW,
                     time.monotonic), secrets.kiosks)
        self._alarm = Alarm()
        self.hub = Hub(settings.clients.hub_queue_size, settings.clients.batch_pause,
                       sleep=self._alarm.sleep)
        self.memory = join_memory(settings.state)(self.hub)
        self.names = NamesFile(settings.names_file, secrets.names or Names(), settings.guids)
        self._broker_password = secrets.broker_password
        self.ends: List[End] = [join(self.hub) for join in (
            [join_bus(interface, settings.bus) for interface in settings.interfaces]
            if ends is None else ends)]
        self.bridge = self._make_bridge(settings) if settings.mqtt.url else None
        if self.bridge is not None:
            self.ends.append(self.bridge)
        self.ends.append(self.memory)       # ends last, and writes what it has heard
        self.clients = Clients(self.hub, settings.clients, self._make_session)
        self.protocols = _protocols(settings)
        root = (settings.web_root or PAGE) if settings.enable_static else ""
        self._site = Site(root, self.protocols, self.health, settings.content_policy)
        self._servers = [Server(listener, self._site, self.protocols, self.clients,
                                secrets.context, settings.origins)
                         for listener in listeners or [_listen(settings)]]
        # With room of their own: a crowd at the one door doesn't close the other.
        self._readers = Clients(self.hub, settings.clients, self._make_session)
        self._metrics_servers = [Server(listener, Exposition(self.status), {}, self._readers)
                                 for listener in metrics_listeners]

    def _make_bridge(self, settings: Settings) -> Any:
        # Here, for it needs a library that not everybody has.
        from .mqtt.bridge import Surroundings, join_bridge

        return join_bridge(settings.mqtt, Surroundings(
            settings.interfaces, _guid(settings), lambda: self.users,
            lambda: self._broker_password, lambda: self.names.names, self._tell,
            settings.clients.max_message_rate, __version__, _state_directory(settings),
            _speakers(settings)))(self.hub)

    def _guid(self) -> bytes:
        """For events of clients that have none."""
        if self.bridge is not None and not self._running.interfaces:
            guid: bytes = self.bridge.guid
            return guid
        return _guid(self._running)

    def _tell(self) -> Dict[str, Any]:
        return {"version": __version__, "started": self._started_at, **self.statistics()}

    # ---- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Serve from now on; returns at once."""
        self._loops = [self._watched("hub", self.hub.run),
                       self._watched("tick", self.clients.run)]
        for end in self.ends:
            end.start()
        for server in self._servers + self._metrics_servers:
            server.start()

    def stop(self) -> None:
        """End in order; returns when nothing of it runs any more."""
        servers = self._servers + self._metrics_servers
        for server in servers:
            server.close()
        self.hub.wait_idle(_PASS_ON)
        self.clients.shut_down(self._settings.clients.drain_time)
        for server in servers:
            server.stop(timeout=_END)
        for end in self.ends:
            try:
                end.stop()
            except Exception:       # of what others wrote: ours that come after it end all the same
                log.exception("%s failed to stop", type(end).__name__)
        gevent.killall(self._loops, timeout=_END)
        self._alarm.close()

    def reload(self, settings: Settings, secrets: Secrets) -> None:
        """Put new settings and secrets in force, as far as that needs no new start.

        Clients stay; who could no longer log in is disconnected, another's rights and filter hold
        from now on. Where it listens, on which ends, and whether it is encrypted stays as it is.

        Who reads the file of names for it holds ``names.turn`` from before that: a client may write
        them meanwhile.
        """
        self._settings = settings
        if self._is_encrypted and secrets.context:
            for server in self._servers:
                server.renew(secrets.context)
        limits = settings.clients
        self._authority.replace(users=secrets.users, key=secrets.key, iv_rule=settings.auth_iv,
                                kiosks=secrets.kiosks)
        self._authority.attempts.set_limit(limits.login_attempts_per_address)
        self.clients.limits = self._readers.limits = limits
        self.hub.set_pause(limits.batch_pause)
        self.memory.reload(settings.state)
        self.names.replace(settings.names_file, secrets.names or Names())
        self._broker_password = secrets.broker_password
        if self.bridge is not None:
            self.bridge.reload(self.names.names)
        self._site.content_policy = settings.content_policy
        for client in self.clients:
            user = client.session.user
            client.session.recheck(self._authority.current(user) if user else None)

    def _watched(self, name: str, loop: Callable[[], None]) -> gevent.Greenlet[Any, Any]:
        """A loop that is restarted if it dies; one that goes on dying is given up."""
        def restarted() -> None:
            self._restarts[name] += 1
        return gevent.spawn(keep_running, name, loop, restarted, self._gave_up)

    def _make_session(self, codec: Codec, port: Port, address: str, obid: int) -> Session:
        limits = self._settings.clients
        return Session(codec, self._authority, port, address, obid,
                       self._guid(), wall_clock,
                       limits.login_attempts,
                       Allowance(limits.max_message_rate, time.monotonic), self._refusals,
                       Questions(codec, port, self.memory, self.names, wall_clock,
                                 buses=self._buses))

    # ---- seen from outside -----------------------------------------------------------------

    @property
    def addresses(self) -> List[Any]:
        """Where it listens, as ``getsockname`` says."""
        return [server.socket.getsockname() for server in self._servers]

    @property
    def metrics_addresses(self) -> List[Tuple[str, int]]:
        """Host and port of each door for the metrics."""
        return [server.socket.getsockname()[:2] for server in self._metrics_servers]

    @property
    def users(self) -> Users:
        """Who may log in."""
        return self._authority.users

    def end_statuses(self) -> List[EndStatus]:
        """What each end is doing, in the order in which they joined; the memory has a place of its
        own in what is told."""
        return [_status_of(end) for end in self.ends if end is not self.memory]

    def _buses(self) -> List[Dict[str, Any]]:
        return [end.as_dict() for end in self.end_statuses() if end.kind == BUS]

    def health(self) -> Dict[str, Any]:
        """The report of ``/healthz``: ``status`` is ``ok`` while every end that must is usable."""
        ends = self.end_statuses()
        ill = [end for end in ends if end.required and not end.usable]
        return {
            "status": "%s down" % ill[0].kind if ill else "ok",
            "demo": any(end.details.get("demo") for end in ends),
            "ends": [{"kind": end.kind, "name": end.name, "state": end.state} for end in ends],
            "buses": [{"name": end.name, "state": end.state} for end in ends if end.kind == BUS] + (
                self.bridge.buses() if self.bridge is not None else []),
            "clients": len(self.clients),
            "uptime": int(time.monotonic() - self._started),
            "paths": {protocol.name: path for path, protocol in self.protocols.items()},
        }

    def statistics(self) -> Dict[str, Any]:
        """All counters: of each end, of the hub, and of all clients together."""
        hub, ends = self.hub, [end.as_dict() for end in self.end_statuses()]
        return {"ends": ends, "buses": [end for end in ends if end["kind"] == BUS],
                "hub": dict(hub.counters, came=dict(hub.came), waiting=hub.waiting,
                            lag=round(hub.lag, 6)),
                "clients": self.clients.totals(), "memory": self.memory.report()}

    def status(self) -> Dict[str, Any]:
        """The statistics and all else that there is to know, fit for JSON."""
        return {
            "version": __version__,
            "started": self._started_at,
            "uptime": time.monotonic() - self._started,
            "connections": self.clients.connections,
            "present": self.clients.present(
                protocol.name for protocol in self.protocols.values()),
            "closed": dict(self.clients.closed),
            "dismissed": dict(self.clients.dismissed),
            "refused": dict(self.clients.slots.refused),
            "evicted": dict(self.clients.slots.evicted),
            "refusals": {kind: dict(codes) for kind, codes in self._refusals.items()},
            "answers": dict(self.clients.answers),
            "latency": self.hub.latency.as_dict(),
            "login_failures": self._authority.failures,
            "restarts": dict(self._restarts),
            **self.statistics(),
            **self._more(),
        }


def _status_of(end: End) -> EndStatus:
    """Also of one that fails to tell: whoever asks wants to know of the others as well."""
    try:
        return end.status()
    except Exception as error:
        name = type(end).__name__
        log.exception("%s failed to tell how it is", name)
        return EndStatus("end", name, "failed", str(error) or type(error).__name__, usable=False)


def _guid(settings: Settings) -> bytes:
    """The GUID for events that come in without one."""
    return settings.interfaces[0].guid if settings.interfaces else ZERO


def _state_directory(settings: Settings) -> str:
    """Where files of the bridge may be; the service manager may name several, with colons."""
    return settings.mqtt.state_directory or os.environ.get("STATE_DIRECTORY", "").partition(":")[0]


def _speakers(settings: Settings) -> List[MakeSpeaker]:
    """What speaks through the bridge besides the events."""
    from .mqtt.remembering import speakers

    return speakers(settings.mqtt.homeassistant, _state_directory(settings))


def _listen(settings: Settings) -> Any:
    """A listening socket where the settings say; ``OSError`` if there can't be one."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)


def _protocols(settings: Settings) -> Dict[str, VscpProtocol]:
    """What is spoken, by path."""
    protocols = {}
    if settings.enable_ws1:
        protocols[settings.url_ws1] = protocol_of(Ws1Codec())
    if settings.enable_ws2:
        protocols[settings.url_ws2] = protocol_of(Ws2Codec(settings.event_keys))
    return protocols
