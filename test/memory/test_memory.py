"""States and history over a restart, and files that are wrong."""

import json
import logging
import os
import sqlite3
import time

import gevent
import pytest

from vscpws.hub.batch import Batch
from vscpws.hub.hub import Hub
from vscpws.loop.aside import NoAnswer
from vscpws.memory import memory
from vscpws.memory.database import Past
from vscpws.memory.memory import Memory, join_memory
from vscpws.memory.series import Series
from vscpws.model.event import Event
from vscpws.model.memory import HistoryQuery, Sensor
from vscpws.settings import StateSettings

NOW = 1795680000.0
ON = Event(0x60, 20, 3, 7, 1795679999000000, 123, bytes(15) + b"\1", bytes((0, 1, 2)))
AIR = Event(0x60, 10, 6, 7, 1795679999000000, 123, bytes(15) + b"\2", b"\x88\x81\0\xd7")
DAY = 86400.0
MINUTE = int(NOW) // 60


class Clock:
    """Wall clock and steady clock; ``sleep`` ends when ``wake`` is called."""

    def __init__(self):
        self.wall, self.steady = NOW, 50.0
        self._woken = gevent.event.Event()
        self.sleeps = 0
        self.slept = []

    def sleep(self, seconds):
        if not seconds:
            return
        self.slept.append(seconds)
        self.sleeps += 1
        self._woken.wait()
        self._woken.clear()

    def go_on(self):
        self._woken.set()

    def wake(self):
        before = self.sleeps
        self.go_on()
        until(lambda: self.sleeps > before)


def until(condition):
    with gevent.Timeout(10):
        while not condition():
            gevent.sleep(0.005)


class Run:
    """One life of the daemon's memory."""

    def __init__(self, clock=None, **settings):
        self.clock = clock or Clock()
        self.memory = Memory(StateSettings(**settings), lambda: self.clock.wall,
                             lambda: self.clock.steady, self.clock.sleep)
        self.loops = bool(settings.get("state_file")) + bool(settings.get("history_file"))

    def __enter__(self):
        self.memory.start()
        until(lambda: self.clock.sleeps >= self.loops)
        return self

    def __exit__(self, *exception):
        self.memory.stop()

    def hear(self, *events):
        self.memory.store.take(Batch(events))

    def states(self):
        return [(state.event, state.age, state.restored) for state in self.memory.states()]

    def mean(self, event=AIR, hours=24):
        query = HistoryQuery(Sensor(event.guid, 10, 6), hours, 3600)
        return [value for value in self.memory.past(query, lambda event: True)().points.mean
                if value is not None]


@pytest.fixture
def file(tmp_path):
    return str(tmp_path / "states")


def test_states_outlive_a_restart_and_are_marked_until_they_are_heard_again(file):
    with Run(state_file=file) as run:
        run.hear(ON, AIR)
        run.clock.steady += 10
        run.hear(AIR)
    with Run(state_file=file) as run:
        assert run.states() == [(ON, 10.0, True), (AIR, 0.0, True)]
        run.clock.steady += 5
        run.hear(ON._replace(vscp_type=4))
        assert run.states() == [(AIR, 5.0, True), (ON._replace(vscp_type=4), 0.0, False)]
        assert run.memory.report()["states"] == {"heard": 1, "restored": 1}


@pytest.mark.parametrize("later, restored, old", [(0.0, 1, 0), (DAY + 1, 0, 1)])
def test_what_a_file_told_is_said_and_what_was_too_old_is_counted(file, caplog, later, restored,
                                                                  old):
    caplog.set_level(logging.INFO)
    with Run(state_file=file) as run:
        run.hear(ON)
    assert caplog.messages == []
    clock = Clock()
    clock.wall += later
    with Run(clock, state_file=file) as run:
        assert run.memory.counters["old"] == old
    assert caplog.messages == ["state file %s: %d states restored, %d too old" % (
        file, restored, old)]


def test_they_are_written_when_something_has_changed_and_only_then(file):
    with Run(state_file=file) as run:
        run.clock.wake()
        assert not os.path.exists(file)
        run.hear(ON)
        run.clock.wake()
        first = os.stat(file).st_ino
        run.clock.wake()
        assert os.stat(file).st_ino == first and run.memory.counters["saved"] == 1
    assert os.stat(file).st_ino == first


def test_they_are_written_every_five_minutes_and_the_history_when_its_minute_is_over(tmp_path):
    clock = Clock()
    clock.wall += 20
    with Run(clock, state_file=str(tmp_path / "states"), history_file=str(tmp_path / "history")):
        pass
    assert sorted(clock.slept) == [40.0, 300.0]


class Disk:
    """A thread for files that answers as long as ``answers``; ``asked`` is how long it might."""

    def __init__(self):
        self.answers, self.asked = True, []

    def run(self, seconds, function, *args):
        self.asked.append(seconds)
        result = function(*args)
        if not self.answers:
            raise NoAnswer
        return result


@pytest.fixture
def disk(monkeypatch):
    disk = Disk()
    monkeypatch.setattr(memory, "FileThread", lambda: disk)
    return disk


def test_a_disk_that_does_not_answer_is_given_half_a_minute_and_five_seconds_at_the_end(
        file, disk, caplog):
    with Run(state_file=file) as run:
        disk.answers = False
        for number in range(2):
            run.hear(ON._replace(timestamp=number))
            run.clock.wake()
        assert run.memory.report()["state_file"]["failure"] == (
            "can't be written: no answer within 30 s")
    assert disk.asked == [30.0, 30.0, 30.0, 5.0]
    assert caplog.messages == ["state file %s can't be written: no answer within %d s" % (
        file, seconds) for seconds in (30, 5)]


def test_after_the_end_nothing_is_written(file, disk):
    with Run(state_file=file) as run:
        run.hear(ON)
    before = list(disk.asked)
    run.hear(AIR)
    run.clock.go_on()
    gevent.idle()
    assert disk.asked == before


def test_a_history_s_file_that_takes_too_long_at_the_end_is_left_behind(tmp_path, disk, caplog):
    file = str(tmp_path / "history")
    with Run(history_file=file) as run:
        run.hear(AIR)
        disk.answers = False
    assert disk.asked == [12.0]
    assert caplog.messages == ["history file %s: it takes too long, left behind" % file]


class Database:
    """A history's file: ``past`` is what it tells if it is ``readable``, ``rows`` what is kept."""

    dropped, failure = 0, ""

    def __init__(self):
        self.past, self.readable, self.asked, self.rows = [], True, [], []

    def load(self, first, minutes, done):
        self.asked.append((first, minutes))
        self.done = done
        if self.readable:
            done(self.past)

    def write(self, rows, now):
        self.rows += [(row.number, row.total, now) for row in rows]

    def close(self):
        if not self.readable:
            self.done(self.past)            # too late
        return True


@pytest.fixture
def database(monkeypatch):
    database = Database()
    monkeypatch.setattr(memory, "Database", lambda path, minutes, size: database)
    return database


def past_of(event, number, value):
    series = Series(1441, "\u00b0C")
    series.add_minute(number, value, value, value, 1)
    return Past(event, series)


def test_a_history_s_file_that_is_not_read_within_half_a_minute_is_done_without(
        database, monkeypatch):
    waited = []

    class Flag(gevent.event.Event):
        def wait(self, seconds):
            waited.append(seconds)

    monkeypatch.setattr(memory, "Flag", Flag)
    database.readable, database.past = False, [past_of(AIR, MINUTE - 1, 18.0)]
    with Run(history_file="history") as run:
        run.hear(AIR)
        run.clock.wall += 60
        run.clock.wake()
        assert run.mean() == [21.5]
    assert waited == [30.0]
    assert database.rows == [(MINUTE, 21.5, MINUTE)]


def test_each_minute_goes_to_the_history_s_file_and_what_it_told_does_not_go_back(database):
    database.past = [past_of(AIR, MINUTE - 1, 18.0)]
    with Run(history_file="history") as run:
        assert database.asked == [(MINUTE - 1441, 1441)]
        for number in range(3):
            run.hear(AIR._replace(data=bytes((0x68, number))))
            run.clock.wall += 60 if number < 2 else 0
        run.clock.wake()
        assert database.rows == [(MINUTE, 0.0, MINUTE + 1), (MINUTE + 1, 1.0, MINUTE + 1)]
        assert run.mean() == [18.0, 1.0]
    assert database.rows[2:] == [(MINUTE + 2, 2.0, MINUTE + 2)]


def test_where_the_clock_was_set_back_its_minutes_are_written_again(database):
    with Run(history_file="history") as run:
        run.hear(AIR)
        run.clock.wall += 60
        run.clock.wake()
        run.clock.wall -= 3600
        run.hear(AIR)
        run.clock.wall += 60
        run.clock.wake()
        run.hear(AIR)
        run.clock.wall += 60
        run.clock.wake()
    assert [number for number, _, _ in database.rows] == [MINUTE, MINUTE - 59, MINUTE - 58]


def test_a_history_s_file_keeps_as_many_hours_as_are_kept_in_memory(tmp_path):
    file = str(tmp_path / "history")
    for seconds, count in ((0, 1), (3600, 1), (3660, 0)):
        clock = Clock()
        clock.wall += seconds
        with Run(clock, history_file=file, history_hours=1) as run:
            if not seconds:
                run.hear(AIR)
        with sqlite3.connect(file) as database:
            assert database.execute("SELECT count(*) FROM minute").fetchone() == (count,)


@pytest.mark.parametrize("shift, count, age", [(-DAY, 1, 0.0), (3600, 1, 3600.0), (DAY + 1, 0, 0)])
def test_the_clock_may_have_been_set(file, shift, count, age):
    with Run(state_file=file) as run:
        run.hear(ON)
    clock = Clock()
    clock.wall += shift
    with Run(clock, state_file=file) as run:
        assert [(round(age), restored) for _, age, restored in run.states()] == [
            (age, True)] * count
        clock.wall -= DAY           # and back while it runs
        run.hear(AIR)
        assert min(age for _, age, _ in run.states()) == 0.0


def test_a_file_that_is_cut_costs_the_line_that_it_is_cut_in(file, caplog):
    with Run(state_file=file) as run:
        run.hear(ON, AIR)
    with open(file, "r+b") as cut:
        cut.truncate(os.path.getsize(file) - 20)
    with Run(state_file=file) as run:
        assert len(run.states()) == 1
        assert run.memory.counters["wrong"] == 1
    assert "state file %s: 1 lines are wrong, left out" % file in caplog.text


@pytest.mark.parametrize("content", [b'{"users": []}\n', b"\0" * 1000, b"x" * (5 << 20)])
def test_a_file_that_is_none_is_said_and_left_as_it_is(file, content, caplog):
    with open(file, "wb") as wrong:
        wrong.write(content)
    with Run(state_file=file) as run:
        run.hear(ON)
        run.clock.wake()
        assert run.memory.report()["state_file"]["failed"] == 1
        assert "left as it is" in run.memory.report()["state_file"]["failure"]
    assert len(caplog.records) == 1
    with open(file, "rb") as left:
        assert left.read() == content


def test_a_fifo_and_a_folder_keep_nobody_waiting(tmp_path, file):
    os.mkfifo(file)
    for path in (file, str(tmp_path)):
        began = time.monotonic()
        with Run(state_file=path) as run:
            run.hear(ON)
            assert "left as it is" in run.memory.report()["state_file"]["failure"]
        assert time.monotonic() - began < 10


def test_what_can_t_be_written_is_said_once_and_when_it_works_again(tmp_path, caplog, capfd):
    caplog.set_level(logging.INFO)
    file = str(tmp_path / "gone" / "states")
    with Run(state_file=file) as run:
        for number in range(3):
            run.hear(ON._replace(timestamp=number))
            run.clock.wake()
        assert run.memory.counters["failed"] == 3
        os.mkdir(str(tmp_path / "gone"))
        run.clock.wake()
        assert run.memory.report()["state_file"] == {
            "saved": 1, "failed": 3, "wrong": 0, "old": 0, "failure": ""}
    assert [record.getMessage() for record in caplog.records] == [
        "state file %s can't be written: No such file or directory" % file,
        "state file %s: written again" % file]
    assert capfd.readouterr() == ("", "")       # no traceback of any thread


def test_an_end_before_the_file_was_read_leaves_it(file):
    with Run(state_file=file) as run:
        run.hear(ON)
    clock = Clock()
    memory = Memory(StateSettings(state_file=file), lambda: clock.wall, lambda: clock.steady,
                    clock.sleep)
    memory.start()
    memory.store.hear([AIR])
    memory.stop()
    with Run(state_file=file) as run:
        assert [event for event, _, _ in run.states()] == [ON]


def test_a_full_store_s_file_can_be_read_again(file):
    long = [AIR._replace(vscp_class=1040, vscp_type=6, guid=number.to_bytes(16, "big"),
                         data=b"\0\0\0\0" + b"1" * 508) for number in range(6000)]
    with Run(state_file=file, state_size=16384) as run:
        run.hear(*long)
        assert len(run.states()) == 6000
    with Run(state_file=file, state_size=16384) as run:
        assert 3000 < len(run.states()) < 6000      # as many as the file may hold
        assert run.memory.counters["wrong"] == 0


def test_the_history_outlives_a_restart(tmp_path):
    file = str(tmp_path / "history")
    with Run(history_file=file) as run:
        run.hear(AIR)
    clock = Clock()
    clock.wall += 120
    with Run(clock, history_file=file) as run:
        assert run.mean() == [21.5]
        run.hear(AIR._replace(data=b"\x88\x81\0\xd9"))
        assert run.mean() == [pytest.approx(21.6)]


def test_a_history_s_file_that_is_none_is_said_once(tmp_path, caplog):
    file = tmp_path / "history"
    file.write_bytes(b"no database at all, " * 100)
    with Run(history_file=str(file)) as run:
        run.hear(AIR)
        run.clock.wake()
        assert run.mean() == [21.5]
        assert run.memory.report()["history_file"]["failure"]
    assert len(caplog.records) == 1
    assert file.read_bytes() == b"no database at all, " * 100


def test_a_history_s_file_with_odd_columns_costs_what_is_odd(tmp_path):
    file = str(tmp_path / "history")
    with Run(history_file=file) as run:
        run.hear(AIR, AIR._replace(guid=bytes(15) + b"\3"))
    with sqlite3.connect(file) as database:
        database.execute("UPDATE sensor SET guid = 1000000000000 WHERE guid = ?", (AIR.guid,))
        database.execute("INSERT INTO minute SELECT sensor, number - 1, 'x', sum, greatest, count "
                         "FROM minute")
    with Run(history_file=file) as run:
        assert len(run.memory.history) == 1
        assert run.mean(AIR._replace(guid=bytes(15) + b"\3")) == [21.5]


def test_new_sizes_count_at_once():
    run = Run()
    run.hear(ON, AIR, AIR._replace(guid=bytes(15) + b"\3"))
    run.memory.reload(StateSettings(state_size=1, history_size=1))
    status = run.memory.report()
    assert (sum(status["states"].values()), status["sensors"]) == (1, 1)
    run.memory.reload(StateSettings(state_size=0, history_size=0, history_hours=0))
    run.hear(ON, AIR)
    assert run.states() == [] and run.memory.report()["sensors"] == 0


def test_where_states_are_switched_off_by_a_reload_nobody_is_told_any():
    run = Run()
    run.hear(ON, AIR)
    run.memory.reload(StateSettings(state_size=0))
    run.hear(AIR)
    assert run.states() == [] and run.mean() == [21.5]
    assert run.memory.report()["states"] == {"heard": 0, "restored": 0}


def test_a_value_stands_in_the_history_at_the_time_it_came_however_late_it_is_looked_at():
    run = Run()
    run.hear(AIR)
    run.clock.wall += 600
    answer = run.memory.past(HistoryQuery(Sensor(AIR.guid, 10, 6), 1, 60), lambda event: True)()
    assert [place for place, value in enumerate(answer.points.mean) if value] == [
        (NOW - answer.start) // 60]


def test_only_so_many_values_wait_for_the_history():
    run = Run()
    for _ in range(200):
        run.hear(AIR)
        assert sum(len(values) for _, values in run.memory._heard) == run.memory._waiting < 64
    assert run.memory.report()["values_left_out"] == 0
    assert run.memory._waiting == 0


def test_what_has_been_heard_goes_before_what_the_file_tells(tmp_path):
    file, other = str(tmp_path / "history"), AIR._replace(guid=bytes(15) + b"\5")
    with Run(history_file=file) as run:
        run.hear(AIR)
    run = Run(history_file=file, history_size=1)
    run.hear(other)
    with run:
        assert run.mean(other) == [21.5] and run.mean() == []


def test_values_that_come_together_are_heard_in_pieces_and_all_of_them():
    run = Run()
    run.hear(*(AIR._replace(data=b"\x88\x81" + value.to_bytes(2, "big"))
               for value in range(1, 1001)))
    assert run.memory._waiting == 1000 - 256
    run.hear(AIR)
    assert run.memory._waiting == 1001 - 512
    answer = run.memory.past(HistoryQuery(Sensor(AIR.guid, 10, 6), 1, 60), lambda event: True)()
    assert run.memory._waiting == 0
    points = answer.points
    assert (points.least[-1], points.greatest[-1]) == (0.1, 100.0)
    assert points.mean[-1] == pytest.approx((sum(range(1, 1001)) + 215) / 10010)


def test_values_have_a_history_where_no_state_may_be_asked_for():
    run = Run(state_size=0)
    run.hear(ON, AIR)
    assert run.states() == [] and run.mean() == [21.5]
    assert run.memory.report()["states"] == {"heard": 0, "restored": 0}


def test_the_status_is_fit_for_json():
    run = Run()
    run.hear(ON)
    report = json.loads(json.dumps(run.memory.report()))
    assert report["states"] == {"heard": 1, "restored": 0}
    assert report["history_file"] == {"failed": 0, "failure": ""}


def test_it_hears_what_comes_when_all_clients_have_heard_it():
    class Client:
        label = "client"
        known = None

        def take(self, batch):
            self.known = len(joined.store)
            return len(batch.events)

        def fail(self, reason):
            raise AssertionError(reason)

    hub, clients = Hub(10, 0), [Client() for _ in range(20)]
    joined = join_memory(StateSettings())(hub)
    for client in clients:
        hub.attach(client)
    loop = gevent.spawn(hub.run)
    hub.channel("bus").deliver([ON])
    assert hub.wait_idle(10)
    assert {client.known for client in clients} == {0} and len(joined.store) == 1
    loop.kill()


def test_it_joins_the_hub_as_an_end_that_nobody_s_health_depends_on():
    hub = Hub(10, 0)
    memory = join_memory(StateSettings())(hub)
    memory.start()
    loop = gevent.spawn(hub.run)
    hub.channel("bus").deliver([ON])
    assert hub.wait_idle(10)
    status = memory.status()
    assert (status.kind, status.state, status.required) == ("memory", "up", False)
    assert status.details["states"] == {"heard": 1, "restored": 0}
    loop.kill()
    memory.stop()
