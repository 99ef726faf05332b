"""What the kernel tells about network interfaces."""

import io
import socket
import time

import gevent
import pytest

from canfakes import until
from vscpws.can import link
from vscpws.can.link import LinkWatch, carrier_of, mtu_of


@pytest.fixture
def watch():
    watch = LinkWatch()
    yield watch
    watch.close()


def test_mtu_of_a_known_and_an_unknown_interface():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        with open("/sys/class/net/lo/mtu") as file:
            assert mtu_of("lo", sock.fileno()) == int(file.read())
        assert mtu_of("nosuchcan0", sock.fileno()) is None


def test_carrier_of_an_unknown_interface_is_unknown():
    assert carrier_of("nosuchcan0") is None
    assert carrier_of("lo") is not False


@pytest.mark.parametrize("content, carrier", [("1\n", True), ("0\n", False)])
def test_carrier_is_what_the_kernel_s_file_says(monkeypatch, content, carrier):
    monkeypatch.setattr(link, "open", lambda *_, **__: io.StringIO(content), raising=False)
    assert carrier_of("can0") is carrier


def test_the_kernel_tells_each_watch_of_the_links(watch):
    other = LinkWatch()
    groups = [each._socket.getsockname()[1] for each in (watch, other)]
    other.close()
    assert groups == [1, 1]                 # RTMGRP_LINK


class Reports:
    """A netlink socket of which a test says what comes."""

    def __init__(self, *items):
        self.items = list(items)
        self.is_closed = False

    def __call__(self, *_):
        return self

    def bind(self, address):
        raise PermissionError(1, "Operation not permitted")

    def settimeout(self, seconds):
        pass

    def recv(self, size):
        item = self.items.pop(0)
        if isinstance(item, Exception):
            raise item
        return item

    def close(self):
        self.is_closed = True


def test_socket_that_may_not_listen_is_closed_and_not_waited_for(monkeypatch):
    reports, slept = Reports(), []
    monkeypatch.setattr(gevent.socket, "socket", reports)
    monkeypatch.setattr(LinkWatch, "_is_told", False)
    watch = LinkWatch()
    assert reports.is_closed
    monkeypatch.setattr(gevent, "sleep", slept.append)
    watch.wait(0.5, 30.0)
    assert slept == [0.5, 29.5]


def test_all_that_was_reported_is_forgotten_though_some_was_dropped(watch, monkeypatch):
    watch.close()
    reports = Reports(b"one", OSError(105, "No buffer space available"), b"two", b"three",
                      BlockingIOError())
    monkeypatch.setattr(watch, "_socket", reports)
    watch.forget()
    assert reports.items == []
    watch.close()
    watch.close()
    assert reports.is_closed


def test_wait_without_a_change_lasts_to_its_end(watch):
    start = time.monotonic()
    watch.forget()
    watch.wait(0.01, 0.05)
    assert time.monotonic() - start >= 0.045


@pytest.mark.parametrize("shortest, longest, sleeps", [
    (0.5, 30.0, [0.5, 29.5]), (0.5, 0.5, [0.5]), (0.5, 0.1, [0.1])])
def test_wait_is_the_shortest_and_the_rest(watch, monkeypatch, shortest, longest, sleeps):
    watch.close()                           # as on a host that tells nothing
    slept = []
    monkeypatch.setattr(gevent, "sleep", slept.append)
    watch.forget()
    watch.wait(shortest, longest)
    assert slept == sleeps


def test_change_ends_the_wait_but_not_before_the_shortest(watch, monkeypatch):
    reports, kernel = gevent.socket.socketpair()
    monkeypatch.setattr(watch, "_socket", reports)
    kernel.send(b"older than the last look")
    watch.forget()
    waiting = gevent.spawn(watch.wait, 0.05, 60)
    start = time.monotonic()
    gevent.sleep(0)
    kernel.send(b"an interface changed")
    until(lambda: waiting.dead)
    assert 0.045 <= time.monotonic() - start < 30
    kernel.close()


def test_host_that_gives_no_such_socket_waits_plainly_and_says_so_once(monkeypatch, caplog):
    def refuse(*_):
        raise OSError(97, "Address family not supported by protocol")

    monkeypatch.setattr(gevent.socket, "socket", refuse)
    monkeypatch.setattr(LinkWatch, "_is_told", False)
    LinkWatch()
    watch = LinkWatch()
    start = time.monotonic()
    watch.forget()
    watch.wait(0.01, 0.03)
    watch.close()
    assert time.monotonic() - start >= 0.025
    line, = [record.getMessage() for record in caplog.records]
    assert "netlink: Address family not supported" in line and "AF_NETLINK" in line
