import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import needs
from vscpws.daemon.process import control
from vscpws.daemon.process.errors import StartFailed
from vscpws.daemon.process.pidfile import DEAD, RUNNING, STOPPED, PidFile, State


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

    def stop(self, drain_time=5.0, say=lambda text: None):
        return control.stop(self.pidfile.path, drain_time, self.sleep, lambda: self.time, say)

    def hang_up(self):
        return control.hang_up(self.pidfile.path, self.sleep, lambda: self.time)


@pytest.fixture
def daemon(tmp_path, monkeypatch):
    daemon = Daemon(str(tmp_path / "pid"), monkeypatch)
    daemon.pidfile.acquire()
    daemon.pidfile.write(4711000)
    yield daemon
    daemon.pidfile.release()


def test_stop_signals_once_and_waits_for_the_end(daemon):
    daemon.events[3.0] = daemon.pidfile.release
    assert daemon.stop() is True
    assert daemon.got == [(4711000, signal.SIGTERM)]
    assert 3.0 <= daemon.time < 3.1


def test_one_that_outlives_the_drain_time_and_a_margin_is_killed(daemon):
    told = []
    daemon.events[10.5] = daemon.pidfile.release
    assert daemon.stop(drain_time=5.0, say=told.append) is True
    assert daemon.got == [(4711000, signal.SIGTERM), (4711000, signal.SIGKILL)]
    assert told == ["process 4711000 did not end within 10 s, and is killed"]
    assert 10.5 <= daemon.time < 10.6


def test_one_that_outlives_even_that_is_a_failure(daemon):
    with pytest.raises(StartFailed,
                       match="process 4711000 is still running 5 s after it was killed"):
        daemon.stop(drain_time=5.0)
    assert 15.0 <= daemon.time < 15.1
    assert daemon.got == [(4711000, signal.SIGTERM), (4711000, signal.SIGKILL)]


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
    assert daemon.got == [(4711000, signal.SIGTERM)]


def test_stop_without_a_daemon_signals_nobody_and_removes_what_a_dead_one_left(
        tmp_path, monkeypatch):
    daemon = Daemon(str(tmp_path / "pid"), monkeypatch)
    assert daemon.stop() is False
    Path(daemon.pidfile.path).write_text("4711000\n")
    assert daemon.stop() is False
    assert not os.path.exists(daemon.pidfile.path)
    assert daemon.got == []


def test_where_nothing_is_there_is_nothing_to_believe(tmp_path):
    tmp_path.chmod(0o777)
    assert control.stop(str(tmp_path / "pid"), 5.0) is False


def test_a_signal_that_is_not_allowed_is_one_readable_line(daemon, monkeypatch):
    def refuse(_pid, _number):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "kill", refuse)
    with pytest.raises(StartFailed, match="can't signal process 4711000: Operation not permitted"):
        daemon.stop()


def reloads(done, refused, *problems):
    return {"reloads": {"done": done, "refused": refused}, "reload_problems": list(problems)}


@pytest.mark.parametrize("answers, result", [
    ([reloads(1, 0), reloads(1, 0), reloads(2, 0)], []),
    ([reloads(1, 4, "old"), reloads(1, 4, "old"), reloads(1, 5, "a: b", "c")], ["a: b", "c"]),
    ([reloads(0, 0), None, reloads(1, 0)], []),
])
def test_hang_up_waits_for_what_comes_of_it(daemon, monkeypatch, answers, result):
    monkeypatch.setattr(control.inquiry, "ask", lambda path: answers.pop(0))
    assert daemon.hang_up() == result
    assert daemon.got == [(4711000, signal.SIGHUP)]


def no_answer(_path):
    raise control.inquiry.NoAnswer()


@pytest.mark.parametrize("ask", [
    no_answer, lambda path: None, lambda path: {}, lambda path: {"reloads": 7},
    lambda path: {"reloads": {"done": "x", "refused": None}}])
def test_a_daemon_that_does_not_tell_is_told_all_the_same(daemon, monkeypatch, ask):
    monkeypatch.setattr(control.inquiry, "ask", ask)
    with pytest.raises(StartFailed, match="can't be asked what came of it"):
        daemon.hang_up()
    assert daemon.got == [(4711000, signal.SIGHUP)]


def test_a_reload_that_never_ends_is_a_failure_and_so_is_an_end(daemon, monkeypatch):
    monkeypatch.setattr(control.inquiry, "ask", lambda path: reloads(1, 1))
    with pytest.raises(StartFailed, match="process 4711000 has not reloaded within 60 s"):
        daemon.hang_up()
    daemon.events[daemon.time + 1.0] = daemon.pidfile.release
    with pytest.raises(StartFailed, match="process 4711000 ended when it was told to reload"):
        daemon.hang_up()


def test_hang_up_signals_no_dead_daemon(daemon):
    daemon.pidfile.release()
    Path(daemon.pidfile.path).write_text("4711000\n")
    assert daemon.hang_up() is None
    assert daemon.got == []
    os.unlink(daemon.pidfile.path)


def test_a_process_that_has_not_the_file_open_is_not_signalled(daemon, monkeypatch):
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"],
                          stdin=subprocess.PIPE) as other:
        daemon.pidfile.write(other.pid)
        monkeypatch.setattr(control.inquiry, "ask", lambda path: reloads(1, 1))
        for act in (daemon.stop, daemon.hang_up):
            with pytest.raises(StartFailed, match="process %d, which .* names, is not the daemon"
                               % other.pid):
                act()
        assert daemon.got == [] and other.poll() is None
        other.stdin.close()


def test_another_user_sees_a_daemon_run_and_is_told_why_he_can_t_stop_it():
    """In a folder of its own: pytest's are root's alone."""
    needs.root()
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    path = os.path.join(folder, "vscpwsd.pid")
    holder = PidFile(path)
    holder.acquire()
    holder.write(os.getpid())
    reading, writing = os.pipe()
    try:
        child = os.fork()
        if not child:
            os.setgroups([])
            os.setuid(65534)
            found = control.pidfile.state(path).condition
            for act in (lambda: control.stop(path, 1.0), lambda: control.hang_up(path)):
                try:
                    act()
                except StartFailed as error:
                    found += "; %s" % error
            os.write(writing, found.encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(writing)
        refusal = "can't signal process %d: Operation not permitted" % os.getpid()
        assert os.read(reading, 4096).decode() == "running; %s; %s" % (refusal, refusal)
    finally:
        os.close(reading)
        holder.release()
        os.rmdir(folder)


def test_what_a_dead_daemon_left_is_removed_with_its_socket(daemon):
    control.inquiry.listen(daemon.pidfile.path, None).close()
    daemon.events[1.0] = daemon.pidfile.release
    assert daemon.stop() is True
    assert os.listdir(os.path.dirname(daemon.pidfile.path)) == []


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
