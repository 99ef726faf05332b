"""What the service manager hears, on a clock of our own; with a real hub in test_app."""

import socket

import pytest

from vscpws.daemon.process.supervision import Supervision


class App:
    """A hub that turns whenever it is probed, unless it hangs."""

    def __init__(self):
        self.text = "0 clients, can0 up"
        self.hangs = False
        self.turned = 0

    def summary(self):
        return self.text

    def turns(self):
        return self.turned

    def probe(self):
        if not self.hangs:
            self.turned += 1


class Watched:
    """A supervision with its clock; ``live(seconds)`` lets it beat through a time."""

    def __init__(self, monkeypatch, watchdog=""):
        monkeypatch.setenv("WATCHDOG_USEC", watchdog)
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        self.time = 0.0
        self.told = []
        self.app = App()
        self.supervision = Supervision(self.app, lambda text: self.told.append((self.time, text)),
                                       lambda: self.time)

    def live(self, seconds):
        end = self.time + seconds
        while self.time < end:
            self.time += self.supervision.pause
            self.supervision.beat()

    def pings(self):
        return [when for when, text in self.told if text == "WATCHDOG=1"]


def test_ready_and_status_come_in_one(monkeypatch):
    watched = Watched(monkeypatch)
    watched.supervision.ready()
    assert watched.told == [(0.0, "READY=1\nSTATUS=0 clients, can0 up")]


def test_the_status_is_told_when_it_changes_and_once_a_second_at_most(monkeypatch):
    watched = Watched(monkeypatch)
    watched.supervision.ready()
    watched.live(5)
    assert len(watched.told) == 1
    watched.app.text = "1 client, can0 up"
    watched.live(5)
    assert watched.told[1:] == [(6.0, "STATUS=1 client, can0 up")]
    assert watched.supervision.pause == 1.0


def test_a_hub_that_turns_is_pinged_for_at_half_the_time(monkeypatch):
    watched = Watched(monkeypatch, "120000000")
    watched.live(300)
    assert watched.pings() == [60.0, 120.0, 180.0, 240.0, 300.0]


def test_a_short_time_is_kept_too(monkeypatch):
    watched = Watched(monkeypatch, "1000000")
    watched.live(10)
    times = [0.0] + watched.pings()
    assert max(later - former for former, later in zip(times, times[1:])) < 1.0


def test_a_hub_that_hangs_earns_no_ping_though_all_else_goes_on(monkeypatch):
    watched = Watched(monkeypatch, "120000000")
    watched.live(100)
    watched.app.hangs = True
    watched.app.text = "still 3 clients"
    watched.live(1000)
    # One more for the token that had got through before.
    assert watched.pings() == [60.0, 120.0]
    assert (101.0, "STATUS=still 3 clients") in watched.told


def test_a_hub_that_turns_again_is_pinged_for_at_once(monkeypatch):
    watched = Watched(monkeypatch, "120000000")
    watched.app.hangs = True
    watched.live(100)
    watched.app.hangs = False
    watched.live(3)
    assert watched.pings() == [102.0]


def test_without_a_watchdog_there_are_no_pings_and_no_tokens(monkeypatch):
    watched = Watched(monkeypatch)
    watched.live(1000)
    assert watched.pings() == []
    assert watched.app.turned == 0


@pytest.mark.parametrize("usec", ["1000000", "400000"])
def test_it_arrives_at_a_real_socket(monkeypatch, tmp_path, usec):
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    app, time = App(), [0.0]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(5)
        supervision = Supervision(app, now=lambda: time[0])
        supervision.ready()
        assert manager.recv(100) == b"READY=1\nSTATUS=0 clients, can0 up"
        for _ in range(4):
            time[0] += supervision.pause
            supervision.beat()
        assert manager.recv(100) == b"WATCHDOG=1"
