"""The history in a file: SQLite, in a native thread of its own.

Theory: the thread alone has the database. Others put jobs into a bounded queue and go on; a job
that finds the queue full is dropped and counted, for the next minute's brings what this one would
have. WAL and one transaction a minute: who is killed loses a minute. A database that can't be
opened or written is said once, with the reason, and tried again at the next minute; history in
memory goes on meanwhile. A file that is no database is left as it is.

Bounded by age, and by the size of the file: what would not fit costs the oldest tenth.
"""

from __future__ import annotations

import logging
import math
import os
import queue
import sqlite3
import threading
from typing import Any, Callable, Iterable, List, NamedTuple, Optional

from ..model.event import MAX_FD_DATA, Event, check
from .series import Series

__all__ = ["Database", "Past", "Row"]

log = logging.getLogger(__name__)

_WAITING = 8                    # jobs
_GUID = 16                      # bytes
_PAGE = 4096                    # bytes
_SMALLEST = 64                  # pages: an empty database with its indexes
_MOST_SAMPLES = 1 << 18         # in a minute; a sensor has half as many at most
_CLOSE_TIME = 5.0               # s for the last job at the end
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sensor (
    id INTEGER PRIMARY KEY, key BLOB UNIQUE NOT NULL, unit TEXT NOT NULL, head INTEGER NOT NULL,
    class INTEGER NOT NULL, type INTEGER NOT NULL, guid BLOB NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS minute (
    sensor INTEGER NOT NULL, number INTEGER NOT NULL, least REAL NOT NULL, sum REAL NOT NULL,
    greatest REAL NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (number, sensor)) WITHOUT ROWID;
"""
_KNOW_SENSOR = """
INSERT INTO sensor (key, unit, head, class, type, guid, data) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET unit = excluded.unit, head = excluded.head,
    class = excluded.class, data = excluded.data
"""
_KEEP_MINUTE = """
INSERT OR REPLACE INTO minute (sensor, number, least, sum, greatest, count)
SELECT id, ?, ?, ?, ?, ? FROM sensor WHERE key = ?
"""


class Row(NamedTuple):
    """One minute of one sensor; ``event`` is the last one it sent."""

    key: bytes
    event: Event
    unit: str
    number: int                 # of the minute since 1970
    least: float
    total: float
    greatest: float
    count: int                  # type: ignore[assignment]  # tuple.count is hidden


class Past(NamedTuple):
    """A sensor as the file knows it."""

    event: Event
    series: Series


class Database:
    """The file at ``path``; ``minutes`` are kept, in at most ``size`` bytes.

    ``dropped`` counts jobs that the full queue could not take or the database could not do;
    ``failure`` is why it can't be used now, empty if it can.
    """

    def __init__(self, path: str, minutes: int, size: int) -> None:
        self.dropped = 0
        self.failure = ""
        self._path = path
        self._minutes = minutes
        self._pages = max(_SMALLEST, size // _PAGE)
        self._connection: Optional[sqlite3.Connection] = None
        self._jobs: "queue.Queue[Optional[Callable[[], None]]]" = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    def load(self, first: int, minutes: int, done: Callable[[List[Past]], Any]) -> None:
        """Read what there is from the minute ``first`` on, into series of ``minutes``.

        ``done`` is called in the database's thread, with an empty list if nothing can be read.
        """
        def job() -> None:
            past: List[Past] = []
            self._attempt(lambda: past.extend(self._read(first, minutes)))
            done(past)
        self._put(job)

    def write(self, rows: Iterable[Row], now: int) -> None:
        """Keep ``rows``; forget minutes that are too old in the minute ``now``."""
        kept = list(rows)
        self._put(lambda: self._attempt(lambda: self._write(kept, now)))

    def close(self) -> bool:
        """Do what waits and end; False if that took too long and the thread was left behind."""
        try:
            self._jobs.put(None, timeout=_CLOSE_TIME)
        except queue.Full:
            return False
        self._thread.join(_CLOSE_TIME)
        return not self._thread.is_alive()

    def _put(self, job: Callable[[], None]) -> None:
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self.dropped += 1

    # ---- in the thread ---------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                break
            job()
        self._disconnect()

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (sqlite3.Error, OSError, ValueError, OverflowError) as error:
            self.dropped += 1
            self._fail(str(error))
        else:
            self._succeed()

    def _fail(self, reason: str) -> None:
        if reason != self.failure:
            log.warning("history file %s: %s; history is kept in memory alone", self._path, reason)
        self.failure = reason
        self._disconnect()

    def _succeed(self) -> None:
        if self.failure:
            log.info("history file %s: in use again", self._path)
            self.failure = ""

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except sqlite3.Error:
                pass

    def _database(self) -> sqlite3.Connection:
        if self._connection is None:
            _check_kind(self._path)
            _create(self._path)
            connection = sqlite3.connect(self._path, timeout=1.0, isolation_level=None)
            self._connection = connection
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA max_page_count = %d" % self._pages)
            connection.executescript(_SCHEMA)
        return self._connection

    def _read(self, first: int, minutes: int) -> List[Past]:
        database = self._database()
        past = {}
        for number, unit, head, vscp_class, vscp_type, guid, data in database.execute(
                "SELECT id, unit, head, class, type, guid, data FROM sensor"):
            event = Event(head, vscp_class, vscp_type, 0, 0, 0, guid, data)
            if _is_sound(event) and isinstance(unit, str):
                past[number] = Past(event, Series(minutes, unit))
        for sensor, number, least, total, greatest, count in database.execute(
                "SELECT sensor, number, least, sum, greatest, count FROM minute WHERE number >= ?",
                (first,)):
            if sensor in past and _is_minute(number, count, least, total, greatest):
                past[sensor].series.add_minute(number, least, total, greatest, count)
        return list(past.values())

    def _write(self, rows: List[Row], now: int) -> None:
        database = self._database()
        try:
            self._insert(database, rows, now)
        except sqlite3.OperationalError as error:
            if "full" not in str(error) or not self._make_room(database):
                raise
            self._insert(database, rows, now)

    def _insert(self, database: sqlite3.Connection, rows: List[Row], now: int) -> None:
        with _Transaction(database):
            database.executemany(_KNOW_SENSOR, [
                (row.key, row.unit, row.event.head, row.event.vscp_class, row.event.vscp_type,
                 row.event.guid, row.event.data) for row in rows])
            database.executemany(_KEEP_MINUTE, [(*row[3:], row.key) for row in rows])
            database.execute("DELETE FROM minute WHERE number < ?", (now - self._minutes,))
            database.execute(
                "DELETE FROM sensor WHERE id NOT IN (SELECT DISTINCT sensor FROM minute)")

    def _make_room(self, database: sqlite3.Connection) -> bool:
        """The oldest tenth goes; False if the file isn't full, but the disk."""
        pages, = database.execute("PRAGMA page_count").fetchone()
        if pages < self._pages - 1:
            return False
        oldest, newest = database.execute(
            "SELECT min(number), max(number) FROM minute").fetchone()
        if oldest is None:
            return False
        with _Transaction(database):
            database.execute("DELETE FROM minute WHERE number <= ?",
                             (oldest + (newest - oldest) // 10,))
        return True


class _Transaction:
    """All or nothing; sqlite3's own manager doesn't begin one for what it is given as a script."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        if self._database.in_transaction:
            self._database.execute("COMMIT" if kind is None else "ROLLBACK")


def _is_sound(event: Event) -> bool:
    """Whether it is one that a bus could have sent: a column of SQLite holds anything."""
    numbers = (event.head, event.vscp_class, event.vscp_type)
    if not all(isinstance(value, int) for value in numbers) or not all(
            isinstance(value, bytes) for value in (event.guid, event.data)):
        return False
    try:
        check(event, MAX_FD_DATA)
    except ValueError:
        return False
    return len(event.guid) == _GUID


def _is_minute(number: object, count: object, *values: object) -> bool:
    return (isinstance(number, int) and 0 < number < 1 << 32
            and isinstance(count, int) and 0 < count <= _MOST_SAMPLES
            and all(isinstance(value, float) and math.isfinite(value) for value in values))


def _create(path: str) -> None:
    """An empty file that others may not read; nothing if there is one."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640))
    except FileExistsError:
        pass


def _check_kind(path: str) -> None:
    """SQLite would wait for ever for the end of a FIFO."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise ValueError("not a regular file")
