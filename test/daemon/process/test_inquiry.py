"""The status socket: who asks is answered, or told quickly that nobody answers."""

import json
import os
import socket
import stat
import threading

import gevent.event
import pytest

import needs
from hubthread import HubThread
from vscpws.daemon.process import inquiry
from vscpws.daemon.process.privileges import Identity


@pytest.fixture
def pidfile(tmp_path):
    path = tmp_path / "vscpwsd.pid"
    path.write_text("5\n")
    return str(path)


@pytest.fixture
def listener(pidfile):
    sock = inquiry.listen(pidfile, None)
    yield sock
    sock.close()


@pytest.fixture
def patient(monkeypatch):
    """A busy machine is no daemon that hangs."""
    monkeypatch.setattr(inquiry, "_PATIENCE", 30.0)


def served(listener, report):
    """A daemon that answers with ``report()``."""
    end = gevent.event.Event()

    def run(ready):
        server = inquiry.serve(listener, report)
        ready()
        end.wait()
        server.stop(timeout=0)
    return HubThread(run, end.set)


@pytest.mark.parametrize("pidfile, path", [
    ("/run/vscpwsd/vscpwsd.pid", "/run/vscpwsd/vscpwsd.status"), ("/tmp/x", "/tmp/x.status"),
    ("/tmp/x.y", "/tmp/x.y.status")])
def test_it_lies_beside_the_pid_file(pidfile, path):
    assert inquiry.socket_path(pidfile) == path


def test_who_asks_is_answered_each_time(pidfile, listener, patient):
    answers = iter([{"clients": 1}, {"clients": 2}])
    with served(listener, lambda: next(answers)):
        assert inquiry.ask(pidfile) == {"clients": 1}
        assert inquiry.ask(pidfile) == {"clients": 2}


def test_a_long_answer_arrives_whole_and_an_endless_one_is_none(pidfile, listener, patient):
    answers = iter([{"a": "x" * 900000}, {"a": "x" * 2000000}])
    with served(listener, lambda: next(answers)):
        assert len(inquiry.ask(pidfile)["a"]) == 900000
        assert inquiry.ask(pidfile) is None


def test_it_is_its_owner_s_alone(pidfile, listener):
    mode = os.stat(inquiry.socket_path(pidfile)).st_mode
    assert (stat.S_ISSOCK(mode), mode & 0o777) == (True, 0o600)


def test_it_is_given_to_whom_the_daemon_becomes(pidfile):
    needs.root()
    sock = inquiry.listen(pidfile, Identity(65534, 65534, ()))
    assert os.stat(inquiry.socket_path(pidfile)).st_uid == 65534
    inquiry.close(pidfile, [sock])
    assert not os.path.exists(inquiry.socket_path(pidfile))


def test_what_a_dead_daemon_left_is_replaced_and_answers_nobody(pidfile):
    inquiry.listen(pidfile, None).close()
    assert inquiry.ask(pidfile) is None
    inquiry.close(pidfile, [inquiry.listen(pidfile, None)])


@pytest.mark.parametrize("spoil", [
    lambda path: open(path, "w").close(), os.mkdir, lambda path: os.symlink("/etc/passwd", path)])
def test_what_is_no_socket_is_left_alone_and_that_is_said(pidfile, spoil):
    spoil(inquiry.socket_path(pidfile))
    with pytest.raises(OSError):
        inquiry.listen(pidfile, None)
    assert os.path.lexists(inquiry.socket_path(pidfile))


def test_a_name_that_is_too_long_is_said(tmp_path):
    with pytest.raises(OSError, match="too long"):
        inquiry.listen(str(tmp_path / ("x" * 200)), None)


def test_a_daemon_without_a_socket_is_no_failure(pidfile):
    assert inquiry.ask(pidfile) is None


class Clock:
    """Each look at it is a quarter of a second later."""

    def __init__(self):
        self.time = 0.0

    def __call__(self):
        self.time += 0.25
        return self.time


def test_a_daemon_that_hangs_costs_a_second(pidfile, listener):
    with pytest.raises(inquiry.NoAnswer):
        inquiry.ask(pidfile)


def test_a_daemon_that_dribbles_costs_a_second_too(pidfile, listener):
    def dribble():
        client, _ = listener.accept()
        with client:
            for _ in range(3):
                client.sendall(b" ")
            done.wait(10)
    done = threading.Event()
    thread = threading.Thread(target=dribble)
    thread.start()
    with pytest.raises(inquiry.NoAnswer):
        inquiry.ask(pidfile, Clock())
    done.set()
    thread.join(10)


def test_a_crowd_that_is_not_answered_is_no_answer(pidfile, listener):
    crowd = []
    try:
        with pytest.raises(BlockingIOError):
            while len(crowd) < 1000:
                crowd.append(socket.socket(socket.AF_UNIX))
                crowd[-1].setblocking(False)
                crowd[-1].connect(inquiry.socket_path(pidfile))
        with pytest.raises(inquiry.NoAnswer):
            inquiry.ask(pidfile)
    finally:
        for each in crowd:
            each.close()


@pytest.mark.parametrize("answer", [b"", b"{", b"\xff", b"nonsense"])
def test_nonsense_is_no_report(pidfile, listener, answer):
    def say():
        client, _ = listener.accept()
        with client:
            client.sendall(answer)
    thread = threading.Thread(target=say)
    thread.start()
    assert inquiry.ask(pidfile) is None
    thread.join(10)


def test_a_stranger_s_socket_is_not_believed(pidfile, listener, monkeypatch, patient):
    with served(listener, lambda: {"clients": 1}):
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
        os.chown(pidfile, 4712, 4712) if os.getuid() == 0 else needs.root()
        # The listening side is this process: as root it is believed, as 4713 it wouldn't be.
        real = inquiry._CREDENTIALS
        monkeypatch.setattr(inquiry, "_CREDENTIALS", Forged(real, 4713))
        assert inquiry.ask(pidfile) is None
        monkeypatch.setattr(inquiry, "_CREDENTIALS", Forged(real, 4712))
        assert inquiry.ask(pidfile) == {"clients": 1}


class Forged:
    """``struct ucred`` with another user in it."""

    def __init__(self, real, user):
        self.size, self._user = real.size, user

    def unpack(self, raw):
        return 1, self._user, 1


def test_an_asker_who_leaves_costs_the_daemon_nothing(pidfile, listener, patient):
    with served(listener, lambda: {"a": "x" * 1000000}):
        for _ in range(20):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(inquiry.socket_path(pidfile))
        assert json.dumps(inquiry.ask(pidfile))
