"""In a process of its own: signals go to whole processes."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

LIB = str(Path(__file__).resolve().parents[3] / "lib")

PROGRAM = """
import sys; sys.path.insert(0, %r)
from vscpws.daemon.process import logs, signals
logs.reopen = lambda: print("reopened", flush=True)
signals.ignore_early()
print("ignoring", flush=True)
sys.stdin.readline()
import gevent
from gevent.event import Event
class App:
    def __init__(self): self.ended = Event()
    def stop(self): print("stop", flush=True); end and self.ended.set()
    def reload(self): print("reload", flush=True)
    def describe(self): print("describe", flush=True)
app = App()
end = sys.argv[1] == "end"
signals.install(app, lambda: print("tidied", flush=True))
gevent.spawn(print, "up", flush=True)
app.ended.wait(timeout=30)
print("end", flush=True)
""" % LIB


class Program:
    def __init__(self, mode):
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.expect("ignoring")

    def install(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        self.expect("up")

    def expect(self, line):
        assert self.process.stdout.readline().decode().strip() == line

    def send(self, number):
        self.process.send_signal(number)


@pytest.fixture
def program():
    programs = []

    def start(mode):
        programs.append(Program(mode))
        return programs[-1]

    yield start
    for each in programs:
        each.process.kill()
        each.process.wait()
        each.process.stdin.close()
        each.process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_in_order(program, number):
    running = program("end")
    running.install()
    running.send(number)
    running.expect("stop")
    running.expect("end")
    assert running.process.wait(30) == 0


def test_a_second_signal_ends_at_once_but_tidily(program):
    running = program("linger")
    running.install()
    running.send(signal.SIGTERM)
    running.expect("stop")
    running.send(signal.SIGINT)
    running.expect("tidied")
    assert running.process.wait(30) == 1


def test_hangup_reloads_each_time(program):
    running = program("linger")
    running.install()
    for _ in range(2):
        running.send(signal.SIGHUP)
        running.expect("reload")


@pytest.mark.parametrize("number, line", [
    (signal.SIGUSR1, "reopened"), (signal.SIGUSR2, "describe")])
def test_the_log_is_opened_again_and_the_state_described_each_time(program, number, line):
    running = program("linger")
    running.install()
    for _ in range(2):
        running.send(number)
        running.expect(line)


def test_the_service_manager_sees_a_reload_begin_and_end(program, tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(30)
        running = program("linger")
        running.install()
        running.send(signal.SIGHUP)
        assert re.match(rb"RELOADING=1\nMONOTONIC_USEC=[0-9]+\Z", manager.recv(100))
        assert manager.recv(100) == b"READY=1"
        running.expect("reload")


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_some_are_ignored_before_the_event_loop_is_there(program, number):
    running = program("end")
    running.send(number)
    running.install()
    running.send(signal.SIGTERM)
    running.expect("stop")


def test_hangup_while_stopping_reloads_nothing(program):
    running = program("linger")
    running.install()
    running.send(signal.SIGTERM)
    running.expect("stop")
    running.send(signal.SIGHUP)
    running.send(signal.SIGTERM)
    running.expect("tidied")
