"""The sockets of adapters on the network."""

import queue
import socket

import pytest

from vscpws.can import tunnel
from vscpws.can.source import BusDown, BusMissing
from vscpws.can.tunnel import Tunnel, find_sockets


class Holder:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


@pytest.fixture
def pair():
    listener = socket.create_server(("127.0.0.1", 0))
    ours = socket.create_connection(listener.getsockname())
    theirs, _ = listener.accept()
    listener.close()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_socket_is_found_wherever_a_driver_keeps_it(pair):
    sock, _ = pair
    for bus in (Holder(_Bus__socket=sock), Holder(_multicast=Holder(_socket=sock)),
                Holder(port=Holder(serial=Holder(_socket=sock)))):
        assert list(find_sockets(bus)) == [sock]


@pytest.mark.parametrize("bus", [object(), Holder(), Holder(a=1, b="x", c=Holder, d=queue.Queue())])
def test_driver_without_a_socket_has_none(bus):
    assert list(find_sockets(bus)) == []


def test_objects_that_hold_each_other_end_the_search(pair):
    one, two = Holder(), Holder(sock=pair[0])
    one.two, two.one = two, one
    assert list(find_sockets(one)) == [pair[0]]


@pytest.mark.parametrize("limit", [None, 5.0, 0.0])
def test_end_of_a_stream_is_seen_when_all_is_read(pair, limit):
    ours, theirs = pair
    ours.settimeout(limit)
    found = Tunnel(Holder(sock=ours))
    assert found.is_stream and not found.is_datagram and not found.has_ended()
    theirs.sendall(b"x")
    theirs.close()
    ours.settimeout(5)
    assert not found.has_ended()
    assert ours.recv(1) == b"x"
    deadline = 1000
    while not found.has_ended() and deadline:
        deadline -= 1
    assert found.has_ended()


def test_stream_that_was_closed_under_us_has_ended(pair):
    found = Tunnel(Holder(sock=pair[0]))
    pair[0].close()
    assert found.has_ended()


def test_datagrams_that_find_no_place_are_counted():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as foreign:
        ours.bind(("127.0.0.1", 0))
        found = Tunnel(Holder(sock=ours), "127.0.0.1")
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        for _ in range(100):
            foreign.sendto(b"x" * 100, ours.getsockname())
        ours.setblocking(False)
        taken = 0
        while True:
            try:
                ours.recv(200)
            except BlockingIOError:
                break
            taken += 1
        assert 0 < found.drops() == 100 - taken


def test_receive_buffer_is_set():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        Tunnel(Holder(sock=sock), "house", 150000)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= 150000


IGMP = """Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
1\tlo        :     1      V3
\t\t\t\t010000E0     1 0:00000000\t\t0
2\teth0      :     2      V3
\t\t\t\t02A34AEF     1 0:00000000\t\t0
"""
IGMP6 = """1    lo              ff020000000000000000000000000001     1 0000000C 0
3    wlan0           ff157079746800000000000000000001     1 00000004 0
"""


@pytest.fixture
def network(monkeypatch):
    files = {"/proc/net/igmp": IGMP, "/proc/net/igmp6": IGMP6}
    running = {"eth0", "wlan0"}
    monkeypatch.setattr(tunnel, "_lines", lambda path: files[path].splitlines())
    monkeypatch.setattr(tunnel, "_is_running", lambda sock, name: name in running)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        yield Holder(sock=sock), files, running


@pytest.mark.parametrize("group, name, path", [
    ("239.74.163.2", "eth0", "/proc/net/igmp"), ("ff15:7079:7468::1", "wlan0", "/proc/net/igmp6")])
def test_group_whose_interface_is_down_or_gone_is_told(network, group, name, path):
    bus, files, running = network
    found = Tunnel(bus, group)
    found.check_way()
    running.clear()
    with pytest.raises(BusDown, match=name):
        found.check_way()
    files[path] = ""
    with pytest.raises(BusMissing, match=name):
        found.check_way()


def test_host_that_does_not_tell_its_groups_is_believed(network):
    bus, files, running = network
    files.update(dict.fromkeys(files, ""))
    running.clear()
    Tunnel(bus, "239.74.163.2").check_way()
