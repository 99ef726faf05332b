"""Handles opened and closed over an edge that this file makes, in a loop of the test's own."""

import os
import queue
from collections import deque

import gevent
import gevent.event
import pytest

from driverstage import client_of, write_files
from hubthread import HubThread
from vscpws.driver import loop
from vscpws.driver.loop import Drivers


class FakeEdge:
    def __init__(self):
        self.requests, self.answers = deque(), queue.Queue()
        self.pipe = os.pipe()

    def descriptor(self):
        return self.pipe[0]

    def request(self):
        return self.requests.popleft() if self.requests else None

    def prepare(self, number, layout, inward, outward):
        return self.pipe[0]

    def answer(self, number, done):
        self.answers.put((number, done))

    def counts(self, number):
        return 0, 0, 0, "", 0

    def room(self, number):
        return 1

    def stand_still(self):
        self.answers.put("still")


class Stage(HubThread):
    def __init__(self):
        self.edge = FakeEdge()
        super().__init__(self._serve, self._stop)

    def _serve(self, ready):
        self.drivers, self._over = Drivers(self.edge), gevent.event.Event()
        ready()
        self._over.wait()

    def _stop(self):
        self.edge.requests.append(("end", 0, b"", bytes(16)))
        self.drivers.serve()
        self._over.set()

    def ask(self, kind, number, configuration=""):
        self.edge.requests.append((kind, number, os.fsencode(str(configuration)), bytes(16)))
        self.call(self.drivers.serve)

    def asked(self, *words):
        self.ask(*words)
        return self.edge.answers.get(timeout=20)


@pytest.fixture
def stage(monkeypatch):
    applied = []
    monkeypatch.setattr("vscpws.daemon.process.logs.apply",
                        lambda settings, foreground, debug: applied.append(settings.file_path))
    with Stage() as stage:
        stage.applied = applied
        yield stage


def test_a_handle_is_served_until_it_is_closed(stage, tmp_path):
    path, port = write_files(tmp_path)
    assert stage.asked("open", 5, path) == (5, True)
    client = client_of(port)
    client.close()
    assert stage.asked("close", 5) == (5, True)
    with pytest.raises(OSError):
        client_of(port)
    assert stage.applied == ["", str(tmp_path / "log"), ""]


@pytest.mark.parametrize("text, said", [
    ("", "no configuration is given"), ("/no/such", "No such file"), ("{", "not JSON"),
    ('{"interface": "ws://0.0.0.0", "key-file": "/no/such", "path-users": "/none"}', "/no/such")])
def test_what_is_wrong_is_said_and_there_is_no_handle(stage, caplog, text, said):
    assert stage.asked("open", 5, text) == (5, False)
    assert "can't be opened: " in caplog.text and said in caplog.text
    assert stage.asked("close", 5) == (5, True)


def test_an_address_in_use_costs_only_that_handle(stage, tmp_path, caplog):
    path, port = write_files(tmp_path)
    assert stage.asked("open", 5, path) == (5, True)
    assert stage.asked("open", 6, path) == (6, False)
    assert "address in use" in caplog.text
    client_of(port).close()


def test_a_close_waits_for_the_open(stage, tmp_path):
    path, port = write_files(tmp_path)
    stage.ask("open", 5, path)
    stage.ask("close", 5)
    assert [stage.edge.answers.get(timeout=20) for _ in range(2)] == [(5, True), (5, True)]
    with pytest.raises(OSError):
        client_of(port)


def test_an_unexpected_error_has_its_traceback_in_the_log(stage, tmp_path, caplog, monkeypatch):
    path, _ = write_files(tmp_path)
    monkeypatch.setattr(loop, "Service", lambda *args: 1 / 0)
    assert stage.asked("open", 5, path) == (5, False)
    assert "ZeroDivisionError" in caplog.text


def test_where_the_process_ends_all_are_closed_and_the_loop_stands_still(stage, tmp_path):
    path, port = write_files(tmp_path)
    assert stage.asked("open", 5, path) == (5, True)
    assert stage.asked("end", 0) == "still"
    with pytest.raises(OSError):
        client_of(port)
