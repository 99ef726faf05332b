"""The sockets of adapters on the network."""

import ipaddress
import queue
import select
import socket
import struct

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


@pytest.fixture
def datagrams():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        yield sock


def test_receive_buffer_is_set_where_one_is_wished(datagrams):
    found = Tunnel(Holder(sock=datagrams), "house")
    assert found.is_datagram and not found.is_stream
    assert datagrams.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 8192
    Tunnel(Holder(sock=datagrams), "house", 150000)
    assert datagrams.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 300000


class Unprivileged:
    """A socket of a process that may not force a buffer; the kernel gives what its bound allows."""

    def __init__(self, bound):
        self.bound, self.size = bound, 0

    def setsockopt(self, level, option, value):
        if option == 33:                    # SO_RCVBUFFORCE
            raise PermissionError(1, "Operation not permitted")
        assert (level, option) == (socket.SOL_SOCKET, socket.SO_RCVBUF)
        self.size = 2 * min(value, self.bound)

    def getsockopt(self, level, option):
        return self.size


@pytest.mark.parametrize("bound, told", [(1000, True), (1499, True), (1500, False)])
def test_smaller_buffer_than_wished_is_told(caplog, bound, told):
    caplog.set_level("INFO")
    sock = Unprivileged(bound)
    tunnel.set_receive_buffer(sock, 1500, "house")
    assert sock.size == 2 * bound
    assert caplog.messages == ["house: receive buffer of %d bytes instead of 1500; raise "
                               "net.core.rmem_max" % bound] * told


def test_dead_peer_is_missed_after_half_a_minute(pair):
    ours, _ = pair
    Tunnel(Holder(sock=ours))
    assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert [ours.getsockopt(socket.IPPROTO_TCP, option) for option in (
        socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
    ] == [10, 5, 3, 25000]


def test_sockets_that_are_none_of_the_internet_are_left_alone(pair):
    one, other = socket.socketpair()
    with one, other:
        found = Tunnel(Holder(sock=one))
        other.close()
        assert not found.is_stream and not found.has_ended()
    pair[0].close()
    assert not Tunnel(Holder(sock=pair[0])).is_stream


def test_end_of_one_of_several_streams_is_the_end(pair):
    ours, theirs = pair
    found = Tunnel(Holder(one=ours, other=theirs))
    assert not found.has_ended()
    theirs.shutdown(socket.SHUT_WR)
    assert select.select([ours], [], [], 10)[0]
    assert found.has_ended()


def test_search_goes_three_deep_and_past_what_it_has_seen(pair):
    sock, _ = pair
    assert list(find_sockets(Holder(a=Holder(b=Holder(sock=sock))))) == [sock]
    assert list(find_sockets(Holder(a=Holder(b=Holder(c=Holder(sock=sock)))))) == []
    twice = Holder()
    assert list(find_sockets(Holder(kind=Holder, a=twice, b=twice, sock=sock, again=sock))) == [
        sock]


@pytest.mark.parametrize("others, found", [(199, True), (200, False)])
def test_search_ends_after_two_hundred_things(pair, others, found):
    bus = Holder(**{"x%d" % number: float(number) for number in range(others)})
    bus.sock = pair[0]
    assert bool(list(find_sockets(bus))) is found


@pytest.mark.parametrize("flags, runs", [
    (0x41, True), (0x1043, True), (0x01, False), (0x40, False), (0x42, False)])
def test_interface_runs_that_is_up_and_has_a_carrier(monkeypatch, datagrams, flags, runs):
    monkeypatch.setattr(tunnel.fcntl, "ioctl", lambda fileno, request, name: (
        b"eth0".ljust(16, b"\0") + struct.pack("H14x", flags)))
    assert tunnel._is_running(datagrams, "eth0") is runs


def test_interface_that_is_not_there_does_not_run(datagrams):
    assert tunnel._is_running(datagrams, "nosuchcan0") is False


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


def test_one_living_interface_in_the_group_is_enough(network):
    bus, files, running = network
    line = "3\twlan1     :     1      V3\n\t\t\t\t02A34AEF     1 0:00000000\t\t0\n"
    files["/proc/net/igmp"] += line
    Tunnel(bus, "239.74.163.2").check_way()


@pytest.mark.parametrize("group, names", [
    ("224.0.0.1", {"lo", "eth9"}), ("239.74.163.2", {"eth0"}), ("239.9.9.9", set())])
def test_members_of_a_group_are_read_between_odd_lines(network, group, names):
    network[1]["/proc/net/igmp"] = IGMP.replace("2\teth0", "\n7\n\t\t\t\t02A34AEF\n2\teth0") + (
        "9\teth9:\n\t\t\t\t010000E0\n")
    assert tunnel._members_4(ipaddress.ip_address(group)) == names


def test_members_of_a_group_of_ipv6_are_read_between_odd_lines(network):
    network[1]["/proc/net/igmp6"] = "4 eth1\n\n5 eth2 ff157079746800000000000000000001\n" + IGMP6
    assert tunnel._members_6(ipaddress.ip_address("ff15:7079:7468::1")) == {"eth2", "wlan0"}


def test_what_the_kernel_does_not_tell_has_no_lines(tmp_path):
    (tmp_path / "igmp").write_text("one\ntwo\n")
    assert tunnel._lines(str(tmp_path / "igmp")) == ["one", "two"]
    assert tunnel._lines(str(tmp_path / "igmp6")) == []


def test_socket_that_can_not_be_asked_has_dropped_nothing(datagrams):
    found = Tunnel(Holder(sock=datagrams))
    datagrams.close()
    assert found.drops() == 0


def test_stream_that_another_has_read_meanwhile_has_not_ended(pair, monkeypatch):
    ours, theirs = pair
    found = Tunnel(Holder(sock=ours))

    class Poll:
        def register(self, *_):
            pass

        def poll(self, timeout):
            return [(ours.fileno(), select.POLLIN)]

    monkeypatch.setattr(tunnel.select, "poll", Poll)
    assert not found.has_ended()


def test_host_that_does_not_tell_its_groups_is_believed(network):
    bus, files, running = network
    files.update(dict.fromkeys(files, ""))
    running.clear()
    Tunnel(bus, "239.74.163.2").check_way()
