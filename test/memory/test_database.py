"""The history's file: what outlives a restart, and what no file can do to the daemon."""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from vscpws.memory import database as module
from vscpws.memory.database import Database, Row
from vscpws.model.event import Event

LIB = Path(__file__).resolve().parents[2] / "lib"
NOW = 1795680000 // 60
SIZE = 1 << 20
TIMEOUT = 60.0


def row(number=NOW, sensor=1, value=20.0, unit="°C"):
    event = Event(0x60, 10, 6, 0, 0, 0, bytes(15) + bytes((sensor,)), bytes((0x88, 0x81, 0, 200)))
    return Row(b"key %d" % sensor, event, unit, number, value, 2 * value, value + 1, 2)


def load(database, first=NOW - 100):
    ready, found = threading.Event(), []
    database.load(first, 1441, lambda past: (found.extend(past), ready.set()))
    assert ready.wait(TIMEOUT)
    return found


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "history.db")


def written(path, rows, now=NOW, minutes=1440, size=SIZE):
    database = Database(path, minutes, size)
    database.write(rows, now)
    assert database.close()
    return database


def test_what_was_written_is_read_after_a_restart(path):
    written(path, [row(), row(NOW - 1, value=18.0), row(sensor=2, unit="K")])
    database = Database(path, 1440, SIZE)
    past = {each.event: each.series for each in load(database)}
    assert set(past) == {row().event, row(sensor=2).event}
    assert past[row().event].minute(NOW) == (20.0, 40.0, 21.0, 2)
    assert past[row().event].minute(NOW - 1) == (18.0, 36.0, 19.0, 2)
    assert past[row(sensor=2).event].unit == "K"
    assert database.close()


def test_a_minute_with_more_samples_than_there_can_be_is_left_out(path):
    """A series counts in 32 bits, and goes on counting."""
    written(path, [row()._replace(count=1 << 18), row(NOW - 1)._replace(count=(1 << 18) + 1)])
    database = Database(path, 1440, SIZE)
    series, = [each.series for each in load(database)]
    assert series.minute(NOW) == (20.0, 40.0, 21.0, 1 << 18) and series.minute(NOW - 1) is None
    assert database.close()


@pytest.mark.parametrize("column, value", [
    ("head", "x"), ("head", 1 << 16), ("class", 1.5), ("type", b"6"), ("type", -1),
    ("guid", bytes(15)), ("guid", "FF" * 8), ("data", bytes(65)), ("data", "x"), ("unit", b"K")])
def test_a_sensor_that_no_bus_could_have_is_left_out(path, column, value):
    written(path, [row(), row(sensor=2)])
    with sqlite3.connect(path) as file:
        file.execute("UPDATE sensor SET %s = ? WHERE key = ?" % column, (value, b"key 1"))
    database = Database(path, 1440, SIZE)
    assert [past.event for past in load(database)] == [row(sensor=2).event]
    assert database.failure == "" and database.close()


@pytest.mark.parametrize("column, value", [
    ("number", -1), ("number", 1 << 32), ("number", 1.5), ("count", 0), ("count", 1.5),
    ("least", "x"), ("sum", float("inf")), ("greatest", float("-inf"))])
def test_a_minute_that_nobody_could_have_written_is_left_out(path, column, value):
    written(path, [row(), row(NOW - 1)])
    with sqlite3.connect(path) as file:
        file.execute("UPDATE minute SET %s = ? WHERE number = ?" % column, (value, NOW - 1))
    database = Database(path, 1440, SIZE)
    series, = [past.series for past in load(database, -9)]
    assert series.minute(NOW) == (20.0, 40.0, 21.0, 2) and series.minute(NOW - 1) is None
    assert database.failure == "" and database.close()


@pytest.mark.parametrize("number", [1, (1 << 32) - 1])
def test_a_minute_may_be_of_any_time(path, number):
    """Of a clock that was wrong, too; and of one sample alone."""
    written(path, [row(number)._replace(count=1)], now=0)
    database = Database(path, 1440, SIZE)
    series, = [past.series for past in load(database, 0)]
    assert series.minute(number) == (20.0, 40.0, 21.0, 1)
    assert database.close()


def test_a_minute_written_again_counts_once(path):
    written(path, [row(value=1.0)])
    written(path, [row(value=2.0)])
    database = Database(path, 1440, SIZE)
    assert load(database)[0].series.minute(NOW) == (2.0, 4.0, 3.0, 2)
    assert database.close()


def test_what_is_too_old_goes_and_a_sensor_with_it(path):
    written(path, [row(NOW - 2000, sensor=2), row()], minutes=1440)
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT number FROM minute").fetchall() == [(NOW,)]
        assert database.execute("SELECT count(*) FROM sensor").fetchone() == (1,)


def test_a_full_file_forgets_its_oldest_and_goes_on(path):
    database, first = Database(path, 10 ** 6, 64 * 4096), None
    for block in range(80):
        database.write([row(NOW + block * 200 + number) for number in range(200)], NOW)
        load(database)                      # one after the other: the queue is short
        if first is None:
            with sqlite3.connect(path) as file:
                oldest, = file.execute("SELECT min(number) FROM minute").fetchone()
            first = None if oldest == NOW else (oldest - NOW, (block * 200 - 1) // 10 + 1)
    assert first is not None and first[0] == first[1]       # of the minutes that it had
    assert (database.failure, database.dropped) == ("", 0)
    assert database.close()
    assert os.path.getsize(path) <= 64 * 4096
    with sqlite3.connect(path) as file:
        oldest, newest, count = file.execute(
            "SELECT min(number), max(number), count(*) FROM minute").fetchone()
    assert newest == NOW + 80 * 200 - 1 and oldest > NOW and count == newest - oldest + 1


def test_a_process_that_is_killed_loses_only_what_it_had_not_written(path):
    code = ("import sys, time\nsys.path[:0] = [%r, %r]\n"
            "from test_database import *\n"
            "database = Database(%r, 1440, SIZE)\n"
            "database.write([row()], NOW)\nload(database)\nprint('written', flush=True)\n"
            "time.sleep(60)\n" % (str(LIB), str(Path(__file__).parent), path))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"written\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    database = Database(path, 1440, SIZE)
    assert load(database)[0].series.minute(NOW) == (20.0, 40.0, 21.0, 2)
    assert database.close()


def test_a_file_that_is_no_database_is_said_once_and_left_as_it_is(path, caplog):
    content = b"this is no database, it is a diary\n" * 100
    Path(path).write_bytes(content)
    database = Database(path, 1440, SIZE)
    assert load(database) == []
    database.write([row()], NOW)
    database.write([row()], NOW)
    assert database.close()
    assert Path(path).read_bytes() == content
    assert database.dropped == 3
    said = [record for record in caplog.records if path in record.getMessage()]
    assert len(said) == 1 and "not a database" in said[0].getMessage()


def test_a_fifo_or_a_folder_does_not_hold_it_up(tmp_path, caplog):
    os.mkfifo(tmp_path / "fifo")
    for name in ("fifo", "."):
        database = Database(str(tmp_path / name), 1440, SIZE)
        assert load(database) == []
        assert database.failure == "not a regular file"
        assert database.close()


def test_a_database_of_another_program_is_not_touched(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE minute (what TEXT)")
        other.execute("INSERT INTO minute VALUES ('mine')")
    database = written(path, [row()])
    assert database.failure
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT what FROM minute").fetchall() == [("mine",)]


def test_a_file_that_was_put_in_order_is_opened_anew(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE minute (what TEXT)")
    database = Database(path, 1440, SIZE)
    assert load(database) == [] and database.failure
    os.remove(path)
    database.write([row()], NOW)
    assert len(load(database)) == 1 and database.failure == ""
    assert database.close()


def test_what_is_not_in_the_file_yet_stands_beside_it_and_nothing_does_at_the_end(path):
    database = Database(path, 1440, SIZE)
    database.write([row()], NOW)
    load(database)
    assert os.path.getsize(path + "-wal") > 0
    assert database.close()
    assert os.listdir(os.path.dirname(path)) == [os.path.basename(path)]


def test_when_it_can_be_written_again_it_says_so(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    folder = tmp_path / "later"
    database = Database(str(folder / "history.db"), 1440, SIZE)
    assert load(database) == []
    assert database.failure
    folder.mkdir()
    database.write([row()], NOW)
    assert len(load(database)) == 1
    assert database.close()
    assert database.failure == ""
    assert "in use again" in caplog.text


def test_a_full_disk_is_one_line_and_history_goes_on(caplog):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    database = Database("/dev/full", 1440, SIZE)
    assert load(database) == []
    assert database.close()
    assert len([record for record in caplog.records if "/dev/full" in record.getMessage()]) == 1


def test_jobs_that_pile_up_are_dropped_and_counted(path):
    database = Database(path, 1440, SIZE)
    held, go_on = threading.Event(), threading.Event()
    database.load(0, 10, lambda past: (held.set(), go_on.wait(TIMEOUT)))
    assert held.wait(TIMEOUT)
    for _ in range(20):
        database.write([row()], NOW)
    assert database.dropped == 12
    go_on.set()
    assert database.close()


@pytest.mark.parametrize("jobs", [0, 8])
def test_one_that_takes_too_long_at_the_end_is_left_behind_and_holds_up_no_process(
        path, monkeypatch, jobs):
    monkeypatch.setattr(module, "_CLOSE_TIME", 0.01)
    database = Database(path, 1440, SIZE)
    held, go_on = threading.Event(), threading.Event()
    database.load(0, 10, lambda past: (held.set(), go_on.wait(TIMEOUT)))
    assert held.wait(TIMEOUT)
    for _ in range(jobs):
        database.write([row()], NOW)
    assert database.close() is False
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "history")
    go_on.set()
    monkeypatch.undo()
    assert database.close()


def test_a_file_may_have_more_than_an_empty_one_needs(path):
    written(path, [row(NOW + number) for number in range(16000)], size=256 * 4096)
    assert 64 * 4096 < os.path.getsize(path) <= 256 * 4096
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM minute").fetchone() == (16000,)


def test_other_users_may_not_read_it(path):
    written(path, [row()])
    assert os.stat(path).st_mode & 0o777 == 0o640
