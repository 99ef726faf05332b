"""The memory of a house: states and history as one end of the hub, with their files.

Theory: the store is the receiver; it hands values on to the history. Two loops write, each aside
from the loop of the events: states every five minutes if anything changed, and at the end; of the
history each minute when it is over, and the running one at the end. Both files are read at the
start, aside as well; what is heard meanwhile is newer than what they tell. No file keeps the
program from starting or running: what is wrong is one line, and counted. A file of states that
could not be read, or that is none, is left as it is.
"""

from __future__ import annotations

import logging
import math
import os
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, Iterator, List, Optional, Tuple, Union

import gevent
from gevent.event import Event as Flag

from ..files import read_regular, write_file
from ..hub.hub import Hub
from ..loop.aside import FileThread, NoAnswer
from ..loop.crossing import Crossing
from ..model.errors import ConfigurationError
from ..model.event import Event
from ..model.memory import Answer, HistoryQuery, State
from ..model.status import EndStatus
from ..settings import StateSettings
from .database import Database, Past
from .history import History
from .series import MINUTE
from .statefile import MAX_SIZE, Restored, read_states, state_lines
from .store import StateStore

__all__ = ["KIND", "Memory", "join_memory"]

log = logging.getLogger(__name__)

Values = List[Tuple[bytes, Event]]      # with their keys

#: What such ends are called.
KIND = "memory"

_SAVE = 300.0                   # s from one writing of the states to the next
_FILE_TIME = 30.0               # s that the states' file may take; a disk may have to wake up
_END_TIME = 5.0                 # s that it may take at the end
_CLOSE_TIME = 12.0              # s for the history's file at the end; it takes up to ten itself
_LOAD_TIME = 30.0               # s for the history's file at the start
_GATHERED = 64                  # values that wait for the history: 200 µs of work
_PIECE = 256                    # of many that come together, heard in one turn of the hub
_TURN = 16                      # sensors taken over from it in one turn


def join_memory(settings: StateSettings) -> Callable[[Hub], Memory]:
    """Makes the memory, as an end of the hub that it is given."""
    def join(hub: Hub) -> Memory:
        memory = Memory(settings)
        hub.attach(memory.store, beside=True)
        return memory
    return join


class Memory:
    """To be made in the loop. ``settings`` say how much is kept, and where.

    ``now`` is in seconds since 1970, ``clock`` in seconds that never go back, ``sleep`` a
    cooperative wait.
    """

    def __init__(self, settings: StateSettings, now: Callable[[], float] = time.time,
                 clock: Callable[[], float] = time.monotonic,
                 sleep: Callable[[float], None] = gevent.sleep) -> None:
        self._settings = settings
        self._now = now
        self._sleep = sleep
        self.history = History(settings.history_size, settings.history_hours, now)
        self.store = StateStore(_store_size(settings), settings.state_size_per_guid,
                                self._hear_values, clock)
        self.counters = {"saved": 0, "failed": 0, "wrong": 0, "old": 0}
        self._state_file = settings.state_file if settings.state_size else ""
        self._saved_version = self.store.version
        self._loaded = False            # else what is in the file would be lost by writing it
        self._failure = ""
        self._files = FileThread()
        self._database: Optional[Database] = None
        self._written = 0               # the last minute that went to the file
        self._loops: List[gevent.Greenlet[Any, Any]] = []
        self._heard: Deque[Tuple[float, Values]] = deque()
        self._waiting = 0               # values in it

    def _hear_values(self, values: Values) -> None:
        """Keep them for the history until there are some, or somebody looks: one by one they would
        cost three times as much."""
        moment = self._now()
        for start in range(0, len(values), _PIECE):
            self._heard.append((moment, values[start:start + _PIECE]))
        self._waiting += len(values)
        if self._waiting >= _GATHERED:
            self._settle(_PIECE)

    def _settle(self, most: float = math.inf) -> None:
        """The history hears what has waited, or about so many values of it."""
        while self._heard and most > 0:
            moment, values = self._heard.popleft()
            most -= len(values)
            self._waiting -= len(values)
            self.history.hear(values, moment)

    # ---- an end of the hub -----------------------------------------------------------------

    def start(self) -> None:
        """Begin to read the files and to write them; returns at once."""
        if self._state_file:
            self._loops.append(gevent.spawn(self._keep_states))
        if self._settings.history_file and self.history.hours and self._settings.history_size:
            self._database = Database(self._settings.history_file, self.history.hours * 60,
                                      self._settings.history_file_size)
            self._written = math.floor(self._now() / MINUTE) - 1
            self._loops.append(gevent.spawn(self._keep_history))

    def stop(self) -> None:
        """Write what is not written yet, and end."""
        gevent.killall(self._loops)
        if self._state_file:
            self._save_states(_END_TIME)
        if self._database is not None:
            self._write_minutes(math.floor(self._now() / MINUTE))
            database, self._database = self._database, None
            if self._aside(_CLOSE_TIME, database.close) is not True:
                log.warning("history file %s: it takes too long, left behind",
                            self._settings.history_file)

    def reload(self, settings: StateSettings) -> None:
        """New sizes count at once, files and hours with the next start."""
        self._settings = settings
        self.store.resize(_store_size(settings), settings.state_size_per_guid)
        self.history.resize(settings.history_size)

    def status(self) -> EndStatus:
        """What it is doing. It is never ill: what is wrong with a file is told in its place."""
        return EndStatus(KIND, KIND, "up", required=False, details=self.report())

    def report(self) -> Dict[str, Any]:
        """What is kept, and how that goes; fit for JSON."""
        self._settle()
        database = self._database
        states = len(self.store) if self._settings.state_size else 0
        restored = self.store.restored if self._settings.state_size else 0
        return {
            "states": {"heard": states - restored, "restored": restored},
            "states_evicted": dict(self.store.evicted),
            "sensors": len(self.history), "sensors_evicted": self.history.evicted,
            "values_left_out": self.history.left_out, "samples_thinned": self.store.thinned,
            "series_anew": self.history.anew,
            "state_file": dict(self.counters, failure=self._failure),
            "history_file": {"failed": database.dropped if database else 0,
                             "failure": database.failure if database else ""},
        }

    # ---- asking ----------------------------------------------------------------------------

    def states(self) -> Iterator[State]:
        """All states as they are now, between two turns of the hub, oldest first."""
        return self.store.capture() if self._settings.state_size else iter(())

    def past(self, query: HistoryQuery, passes: Callable[[Event], bool]) -> Callable[[], Answer]:
        """As ``History.prepared``."""
        self._settle()
        return self.history.prepared(query, passes)

    # ---- the states' file ------------------------------------------------------------------

    def _keep_states(self) -> None:
        self._load_states()
        while True:
            self._sleep(_SAVE)
            self._save_states(_FILE_TIME)

    def _load_states(self) -> None:
        path = self._state_file
        restored = self._aside(_FILE_TIME, _read, path, self._now(), self._settings.state_age)
        if isinstance(restored, str):
            self._fail("can't be read: %s; it is left as it is" % restored)
            return
        self.counters["wrong"] += restored.wrong
        self.counters["old"] += restored.old
        if restored.wrong and not restored.states and not restored.old:
            self._fail("has no states in it; it is left as it is")
            return
        self._loaded = True
        count = self.store.restore(restored.states)
        if count or restored.old:
            log.info("state file %s: %d states restored, %d too old", path, count, restored.old)
        if restored.wrong:
            log.warning("state file %s: %d lines are wrong, left out", path, restored.wrong)

    def _save_states(self, seconds: float) -> None:
        version = self.store.version
        if version == self._saved_version or not self._loaded:
            return
        states, now = self.store.capture(), self._now()
        reason = self._aside(seconds, _write, self._state_file, states, now)
        if reason:
            self._fail("can't be written: %s" % reason)
            return
        self._saved_version = version
        self.counters["saved"] += 1
        if self._failure:
            log.info("state file %s: written again", self._state_file)
        self._failure = ""

    def _aside(self, seconds: float, function: Callable[..., Any], *args: Any) -> Any:
        """The result, or why there is none."""
        try:
            return self._files.run(seconds, function, *args)
        except NoAnswer:
            return "no answer within %g s" % seconds

    def _fail(self, reason: str) -> None:
        self.counters["failed"] += 1
        if reason != self._failure:
            log.warning("state file %s %s", self._state_file, reason)
        self._failure = reason

    # ---- the history's file ----------------------------------------------------------------

    def _keep_history(self) -> None:
        self._load_history()
        while True:
            self._sleep(MINUTE - self._now() % MINUTE)
            self._write_minutes(math.floor(self._now() / MINUTE) - 1)

    def _load_history(self) -> None:
        minutes = self.history.hours * 60 + 1
        loaded = Flag()
        past: List[Past] = []

        def take(found: List[List[Past]]) -> None:
            past.extend(found[0])
            loaded.set()
        crossing: Crossing[List[Past]] = Crossing(take, 1)
        try:
            assert self._database is not None
            self._database.load(math.floor(self._now() / MINUTE) - minutes, minutes, crossing.put)
            loaded.wait(_LOAD_TIME)
        finally:
            crossing.close()        # what comes later still is dropped
        count = 0
        for number, each in enumerate(past):
            count += self.history.adopt(each)
            if not number % _TURN:
                self._sleep(0)
        if past:
            log.info("history file %s: %d sensors", self._settings.history_file, count)

    def _write_minutes(self, last: int) -> None:
        first = max(self._written + 1, last - self.history.hours * 60)
        if last < first:        # the clock was set back
            first = last
        self._written = last
        self._settle()
        assert self._database is not None
        self._database.write(self.history.rows(first, last), last)


def _store_size(settings: StateSettings) -> int:
    """Values are told apart by the store, also where nobody may ask for states."""
    return settings.state_size or (settings.history_size if settings.history_hours else 0)


def _read(path: str, now: float, max_age: float) -> Union[Restored, str]:
    """What the file told, or why it can't be read."""
    if not os.path.lexists(path):
        return Restored([], 0, 0)
    try:
        return read_states(read_regular(path, MAX_SIZE), now, max_age)
    except ConfigurationError as error:
        return error.problems[0].reason


def _write(path: str, states: Iterator[State], now: float) -> str:
    """Why the file can't be written; empty if it is."""
    try:
        write_file(path, state_lines(states, now))
    except OSError as error:
        return error.strerror or str(error)
    return ""
