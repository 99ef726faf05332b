import os
import signal
from pathlib import Path

import pytest

from vscpws.process import control
from vscpws.process.errors import StartFailed
from vscpws.process.pidfile import DEAD, RUNNING, STOPPED, PidFile, State


class Daemon:
    """A PID file's holder with a number of its own, and a clock that ``sleep`` moves."""

    def __init__(self, path, monkeypatch):
        self.pidfile = PidFile(path)
        self.time = 0.0
        self.got = []
        self.events = {}        # what happens at which time
        monkeypatch.setattr(os, "kill", lambda pid, number: self.got.append((pid, number)))

    def sleep(self, seconds):
        self.time += seconds
        for when in [when for when in self.events if when <= self.time]:
            self.events.pop(when)()

    def stop(self, drain_time=5.0):
        return control.stop(self.pidfile.path, drain_time, self.sleep, lambda: self.time)


@pytest.fixture
def daemon(tmp_path, monkeypatch):
    daemon = Daemon(str(tmp_path / "pid"), monkeypatch)
    daemon.pidfile.acquire()
    daemon.pidfile.write(4711)
    yield daemon
    daemon.pidfile.release()


def test_stop_signals_once_and_waits_for_the_end(daemon):
    daemon.events[3.0] = daemon.pidfile.release
    assert daemon.stop() is True
    assert daemon.got == [(4711, signal.SIGTERM)]
    assert 3.0 <= daemon.time < 3.1


def test_stop_gives_up_after_the_drain_time_and_a_margin(daemon):
    with pytest.raises(StartFailed, match="process 4711 is still running 10 s after"):
        daemon.stop(drain_time=5.0)
    assert 10.0 <= daemon.time < 10.1
    assert daemon.got == [(4711, signal.SIGTERM)]


def test_stop_waits_for_the_number_of_a_daemon_that_is_starting(tmp_path, monkeypatch):
    daemon = Daemon(str(tmp_path / "pid"), monkeypatch)
    daemon.pidfile.acquire()
    daemon.events[1.0] = lambda: daemon.pidfile.write(99)
    daemon.events[2.0] = daemon.pidfile.release
    assert daemon.stop() is True
    assert daemon.got == [(99, signal.SIGTERM)]


def test_stop_does_not_wait_for_a_successor(daemon):
    daemon.events[1.0] = lambda: daemon.pidfile.write(4712)
    assert daemon.stop() is True
    assert daemon.got == [(4711, signal.SIGTERM)]


def test_stop_without_a_daemon_signals_nobody_and_removes_what_a_dead_one_left(
        tmp_path, monkeypatch):
    daemon = Daemon(str(tmp_path / "pid"), monkeypatch)
    assert daemon.stop() is False
    Path(daemon.pidfile.path).write_text("4711\n")
    assert daemon.stop() is False
    assert not os.path.exists(daemon.pidfile.path)
    assert daemon.got == []


def test_a_signal_that_is_not_allowed_is_one_readable_line(daemon, monkeypatch):
    def refuse(_pid, _number):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "kill", refuse)
    with pytest.raises(StartFailed, match="can't signal process 4711: Operation not permitted"):
        daemon.stop()


def test_hang_up_signals_a_running_daemon_and_no_other(daemon):
    assert control.hang_up(daemon.pidfile.path) is True
    assert daemon.got == [(4711, signal.SIGHUP)]
    daemon.pidfile.release()
    Path(daemon.pidfile.path).write_text("4711\n")
    assert control.hang_up(daemon.pidfile.path) is False
    assert len(daemon.got) == 1
    os.unlink(daemon.pidfile.path)


@pytest.mark.parametrize("state, code, line", [
    (State(RUNNING, 5), 0, "running as process 5"),
    (State(RUNNING), 0, "starting"),
    (State(DEAD, 5), 1, "not running, but process 5 left its PID file /run/x"),
    (State(STOPPED), 3, "not running"),
])
def test_the_status_has_the_lsb_s_codes(state, code, line):
    assert control.STATUS_CODES[state.condition] == code
    assert control.status_line(state, "/run/x") == line


def test_a_daemon_that_does_not_answer_is_running_all_the_same():
    assert control.status_line(State(RUNNING, 5), "/run/x", False) == (
        "running as process 5, but it does not answer")
    assert control.status_line(State(RUNNING, 5), "/run/x", True) == "running as process 5"


def test_only_a_daemon_that_runs_is_asked(monkeypatch):
    monkeypatch.setattr(control.inquiry, "ask", lambda path: {"clients": 1})
    assert control.inquire(State(RUNNING, 5), "/run/x") == (True, {"clients": 1})
    for state in (State(RUNNING), State(DEAD, 5), State(STOPPED)):
        assert control.inquire(state, "/run/x") == (None, {})
    monkeypatch.setattr(control.inquiry, "ask", lambda path: None)
    assert control.inquire(State(RUNNING, 5), "/run/x") == (None, {})
