"""The loop's thread: one for the life of the process, with a service for each open handle.

``run`` is what the library's C part calls in that thread. The host's threads ask for handles to be
opened and closed; each request is served by a greenlet of its own, so that one handle's files or
clients hold no other up.
"""

from __future__ import annotations

import atexit
import functools
import gc
import logging
import os
import threading
from typing import Any, Callable, Dict, List, Optional, TypeVar, cast

import gevent
import gevent.hub
from gevent._hub_local import set_hub
from gevent.event import Event as Flag

from ..access.authority import Secrets
from ..daemon.config.load import SettingsError, load_for_host
from ..daemon.process import listener
from ..daemon.process.errors import StartFailed
from ..daemon.vault import load_all
from ..loop.aside import FileThread, NoAnswer
from ..model.errors import ConfigurationError
from ..service import Service
from ..settings import Settings
from ..web.tls import server_context
from .brake import Brake
from .edge import CLOSE, END, OPEN, Edge
from .host import Host, join_host
from .record import Record

__all__ = ["Drivers", "run"]

log = logging.getLogger(__name__)

_END_TIME = 5.0                 # s for the loop's thread to end
_READ_TIME = 110.0              # s that files may take; the host waits 120 s
_T = TypeVar("_T")


def run(edge: Edge) -> None:
    """Serve what comes over the edge, for ever; in a Python program, until that ends."""
    # The default loop is for programs of our own: it looks after child processes, which are the
    # host's here.
    hub: Any = gevent.hub.Hub(default=False)
    set_hub(hub)
    hub.print_exception = _log_uncaught
    gc.freeze()                 # all modules are there: no collection need look at them
    drivers = Drivers(edge)
    watcher = hub.loop.io(edge.descriptor(), 1)
    watcher.start(drivers.serve)
    over, ended = Flag(), threading.Event()
    if threading.current_thread() is not threading.main_thread():
        # The host is a Python program, whose Python ends before the process does.
        atexit.register(_end, hub.loop, over, ended)
    over.wait()
    watcher.stop()
    ended.set()


def _end(loop: Any, over: Flag, ended: threading.Event) -> None:
    """In a thread of the host: the loop's is to want nothing of Python any more."""
    loop.run_callback_threadsafe(over.set)
    ended.wait(_END_TIME)


class Drivers:
    """The open handles. To be made in the loop."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._files = FileThread()
        self._record: Optional[Record] = None
        self._services: Dict[int, Service] = {}
        self._opening: Dict[int, gevent.Greenlet[Any, Any]] = {}

    def serve(self) -> None:
        """Begin with all requests that there are."""
        while True:
            request = self._edge.request()
            if request is None:
                return
            kind, number, configuration, guid = request
            if kind == OPEN:
                self._opening[number] = gevent.spawn(self._open, number, configuration, guid)
            elif kind == CLOSE:
                gevent.spawn(self._close, number)
            elif kind == END:
                gevent.spawn(self._end)

    # ---- opening ---------------------------------------------------------------------------

    def _open(self, number: int, configuration: bytes, guid: bytes) -> None:
        done = False
        try:
            self._begin(number, os.fsdecode(configuration), guid)
            done = True
        except (ConfigurationError, StartFailed, OSError) as error:
            for line in str(error).splitlines():
                log.error("can't be opened: %s", line)
        except Exception:
            log.exception("can't be opened: unexpected error")
        finally:
            if not done:
                self._forget_log(number)
            self._edge.answer(number, done)
            self._opening.pop(number, None)

    def _begin(self, number: int, configuration: str, guid: bytes) -> None:
        opening = _Opening(configuration, guid)
        if self._record is None:
            self._record = self._aside(Record)
        try:
            self._aside(opening.read)
        finally:                # what is wrong is said where the configuration wants it, if it can
            self._log_for(number, opening.settings)
        settings, secrets = opening.settings, opening.secrets
        assert settings is not None and secrets is not None
        for problem in [*settings.oddities, *secrets.problems]:
            log.warning("%s", problem)
        for name in secrets.users.legacy_names:
            log.warning("user %s still has an MD5 password: renew it with --make-password", name)
        sockets = self._aside(listener.bind, settings.host, settings.port)
        metrics: List[Any] = []
        try:
            metrics = self._aside(listener.bind_at, settings.metrics_listen, "[metrics] listen")
            service = Service(
                settings, secrets,
                [join_host(self._edge, number, settings.host_program, settings.interfaces[0])],
                sockets, metrics, functools.partial(self._give_up, number))
        except BaseException:
            listener.close([*sockets, *metrics])
            raise
        self._services[number] = service
        brake = Brake(lambda: service.clients, settings.clients)
        _host_of(service).must_wait = brake.holds
        service.start()
        for path, protocol in service.protocols.items():
            log.info("open: %s at %s://%s:%d%s", protocol.name, "wss" if settings.tls else "ws",
                     settings.host, settings.port, path)

    def _log_for(self, number: int, settings: Optional[Settings]) -> None:
        if settings is not None and self._record is not None:
            try:
                self._aside(self._record.open, number, settings.logging, settings.debug)
            except (ConfigurationError, StartFailed, OSError) as error:
                log.error("the log stays where it is: %s", error)

    def _aside(self, function: Callable[..., _T], *args: Any) -> _T:
        """The result of what may wait for a disk or a name server."""
        try:
            return self._files.run(_READ_TIME, function, *args)
        except NoAnswer:
            raise OSError("no answer from the disk or the network within %g s" % _READ_TIME
                          ) from None

    def _give_up(self, number: int) -> None:
        log.critical("the handle is good for nothing any more: its host has to close and open it")
        gevent.spawn(self._stop, number)

    # ---- closing ---------------------------------------------------------------------------

    def _close(self, number: int) -> None:
        try:
            opening = self._opening.get(number)
            if opening is not None:
                opening.join()
            self._stop(number)
        except Exception:
            log.exception("closing: unexpected error")
        finally:
            self._forget_log(number)
            self._edge.answer(number, True)

    def _stop(self, number: int) -> None:
        service = self._services.pop(number, None)
        if service is None:
            return
        _host_of(service).drain()
        service.stop()
        log.info("closed")
        gc.collect()            # or memory would grow from one open to the next for a while

    def _forget_log(self, number: int) -> None:
        if self._record is not None:
            try:
                self._aside(self._record.close, number)
            except OSError as error:
                log.error("%s", error)

    def _end(self) -> None:
        gevent.joinall([gevent.spawn(self._stop, number) for number in list(self._services)])
        self._edge.stand_still()


class _Opening:
    """What files say of a handle; ``settings`` are known in part where they are wrong."""

    def __init__(self, configuration: str, guid: bytes) -> None:
        self.settings: Optional[Settings] = None
        self.secrets: Optional[Secrets] = None
        self._configuration = configuration
        self._guid = guid

    def read(self) -> None:
        """Raises ``ConfigurationError`` with all that is wrong."""
        settings, secrets = load_all(self._load)
        try:
            context = server_context(settings.tls) if settings.tls else None
        except OSError as error:
            raise StartFailed("[tls] %s" % error) from None
        self.secrets = secrets._replace(context=context)

    def _load(self) -> Settings:
        try:
            self.settings = load_for_host(self._configuration, self._guid)
        except SettingsError as error:
            self.settings = error.settings
            raise
        return self.settings


def _host_of(service: Service) -> Host:
    return cast(Host, service.ends[0])


def _log_uncaught(context: Any, kind: Any, error: Any, traceback: Any) -> None:
    log.error("uncaught in %s", context, exc_info=(kind, error, traceback))
