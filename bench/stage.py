"""A stage: one server with its feeder and a number of connected clients, ready to be measured.

::

    with Stage("mosquitto", Kind(clients=100), folder, on_time=0.1) as stage:
        stage.run(1000, seconds=3)      # 1,000 events/s for 3 s: a Run

Everything that a stage starts it ends again, by its pid.
"""

from __future__ import annotations

import pathlib
import tempfile
import time
from functools import partial
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from events import Schedule
from helper import Failure, Helper
from machine import LOAD_CORE, SERVER_CORE, pin, resident
from protocols import KEY, PASSWORD, USER, Place
from servers import SERVERS

__all__ = ["Kind", "Run", "Stage"]

_LEAD = 0.05                    # s from the command until the first event is due
_SETTLE = 10.0                  # s for what a lost run left in the queues
_FLOWING = 1.0                  # s of events before a page is loaded
_BESIDE = 10                    # clients of a second server
_WARM_CLIENTS = 20              # connected before memory is looked at
_PATIENCE = 0.9                 # s after that until a run is given up


class Kind(NamedTuple):
    """What clients there are; ``filters`` is how many different ones they have (0: none),
    ``audience`` how many more there are that hear what those send who don't listen."""

    clients: int
    dialect: str = ""           # empty: the server's first
    filters: int = 0
    listen: bool = True
    audience: int = 0


class Run(NamedTuple):
    """What came of one schedule. CPU is in cores; latencies are in ms, empty if it was lost."""

    rate: float                 # events/s
    ok: bool                    # every client got everything, in order, in time
    complete: bool              # the same, be it late
    fault: str                  # else why
    delivered: float            # messages/s, to all clients together
    bytes: int
    late: float                 # s that the last event was late
    seconds: float
    server_cpu: float
    client_cpu: float
    feeder_cpu: float
    latency: Dict[str, float]


class Stage:
    """Use it in a ``with``. A run whose last event comes over ``on_time`` seconds late counts as
    lost, for then the server only piles up what it can't send. ``memory_per_client`` is in bytes,
    None for few clients; ``sustained`` is the highest rate (events/s) that a search has found, None
    before one."""

    def __init__(self, name: str, kind: Kind, folder: pathlib.Path, on_time: float):
        self.name = name
        self.kind = kind
        self._on_time = on_time
        self.memory_per_client: Optional[float] = None
        self.sustained: Optional[float] = None
        self.server = SERVERS[name](pathlib.Path(tempfile.mkdtemp(dir=str(folder))))
        self._feeder: Optional[Helper] = None
        self._load: Optional[Helper] = None
        self._hostile: Optional[Helper] = None
        self._next = 1          # number of the next event

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    def _start(self) -> None:
        self._feeder = Helper("feeder.py", LOAD_CORE)
        self._load = Helper("loadclient.py", LOAD_CORE)
        self.server.start(self._feeder)
        pin(self.server.pid, None)      # a login costs much by design: not part of any figure
        warm = min(self.kind.clients, _WARM_CLIENTS)
        self._connect(warm)
        before = resident(self.server.pid)
        if self.kind.clients > warm:
            self._connect(self.kind.clients - warm)
        if self.kind.audience:
            self._load.call("connect", self._place, self.kind.audience, 0, True)
        if self.server.beside is not None:
            place = self.server.beside.place(self._place.dialect)
            self._load.call("connect", place, _BESIDE, self.kind.filters, self.kind.listen)
        self._settle()
        if self.kind.clients >= 5 * warm:
            self.memory_per_client = (
                resident(self.server.pid) - before) / (self.kind.clients - warm)
        pin(self.server.pid, SERVER_CORE)

    def _connect(self, count: int) -> None:
        self._load.call("connect", self._place, count, self.kind.filters, self.kind.listen)

    @property
    def guess(self) -> float:
        """Events/s where a search begins."""
        return min(self.server.guess / self.kind.clients, self.server.guess_rate)

    @property
    def _place(self) -> Place:
        return self.server.place(self.kind.dialect or self.server.dialects[0])

    def _stop(self) -> None:
        if self._hostile is not None:
            self._hostile.call("stop")
            self._hostile.close()
            self._hostile = None
        if self._load is not None:
            self._load.close()
        self.server.stop()
        if self._feeder is not None:
            self._feeder.close()

    def restart(self) -> None:
        """Begin again with a new server, after a run that left this one in disorder."""
        self._stop()
        self.server = type(self.server)(
            pathlib.Path(tempfile.mkdtemp(dir=str(self.server.folder.parent))))
        self._start()

    def _settle(self) -> None:
        if not self._load.call("settle", _SETTLE):
            raise Failure("%s goes on sending, or has closed connections" % self.name)

    def run(self, rate: float, seconds: float, latency: bool = False,
            empty: bool = False, size: int = 4, meanwhile: Callable[[], None] = lambda: None
            ) -> Run:
        """Feed ``rate`` events/s for so long and see what arrives; clears up after a loss. The
        events have ``size`` bytes of data, or if ``empty`` none. ``meanwhile`` is called when they
        begin, and must not take long."""
        count = max(1, round(rate * seconds))
        plan = Schedule(self._next, count, rate, 0.0, int(time.time() * 1000000), empty,
                        size)
        self._next += count
        for helper in (self._load, self._feeder):
            helper.begin("prepare", plan)
        for helper in (self._load, self._feeder):
            helper.result()
        start = time.monotonic() + _LEAD
        self._load.begin("watch", start, self._on_time + _PATIENCE, latency, self.server.pid)
        self._feeder.begin("feed", start)
        meanwhile()
        try:
            seen, fed = self._load.result(), self._feeder.result()
        finally:
            self._clear()
        return _judged(plan, seen, fed, self._on_time)

    def page_loads(self, rate: float, seconds: float, repeats: int
                   ) -> Tuple[List[float], List[Run]]:
        """A browser loads the page amid ``rate`` events/s, ``seconds`` long: the seconds to its
        first event, and what the clients got meanwhile."""
        browser = Helper("pageload.py", LOAD_CORE)
        try:
            browser.call("open", self.server.port, KEY, USER, PASSWORD)
            loads, runs = [], []
            for _ in range(repeats):
                runs.append(self.run(rate, seconds, meanwhile=partial(
                    browser.begin, "load", _FLOWING)))
                loads.append(browser.result())
            return loads, runs
        finally:
            browser.call("close")
            browser.close()

    def attack(self, **kinds: int) -> int:
        """Bring in hostile clients for the rest of the stage; how many of them could be dead."""
        self._hostile = Helper("hostile.py", LOAD_CORE)
        return self._hostile.call("start", self.server.port, *kinds.values())

    def _clear(self) -> None:
        try:
            self._settle()
        except Failure:
            self.restart()

    def ingest(self, window: int, seconds: float) -> dict:
        """All clients send for so long; see ``LoadClient.ingest``. ``fault`` is empty if every
        acknowledged event came out at the bus, in order, and at who listens."""
        is_bus = self.server.feed_kind == "frames"
        if is_bus:
            self._feeder.begin("collect", self.kind.clients)
        result = self._load.call("ingest", window, seconds, self.server.pid)
        faults = ["%d %s" % (result[name], name) for name in ("refused", "unanswered", "unheard")
                  if result[name]]
        if is_bus:
            self._feeder.say(str(result["accepted"]))
            bus = self._feeder.result()
            if bus["frames"] != result["accepted"]:
                faults.append("%d of %d at the bus" % (bus["frames"], result["accepted"]))
            if bus["faults"] and not result["refused"]:
                faults.append("%d out of order" % bus["faults"])
        result["fault"] = ", ".join(faults)
        return result


def _judged(plan: Schedule, seen: dict, fed: dict, on_time: float) -> Run:
    fault = seen["fault"]
    complete = not fault
    seconds = max(seen["seconds"], plan.seconds)
    if not fault and seen["late"] > on_time:
        fault = "the last event came %.2f s late" % seen["late"]
    return Run(plan.rate, not fault, complete, fault, seen["delivered"] / seconds, seen["bytes"],
               seen["late"], seconds, seen["server_cpu"] / seconds, seen["client_cpu"] / seconds,
               fed["cpu"] / seconds, seen.get("latency", {}))
