import errno
import fcntl
import os
import socket
import subprocess
import sys

import pytest

import needs
from local import free_port
from vscpws.daemon.config.checks import CHECKS
from vscpws.daemon.process import listener
from vscpws.daemon.process.errors import StartFailed
from vscpws.model.errors import ConfigurationError


@pytest.fixture
def bind():
    """``listener.bind``, with everything closed in the end."""
    opened = []

    def call(host, port):
        sockets = listener.bind(host, port)
        opened.extend(sockets)
        return sockets

    yield call
    listener.close(opened)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def addresses(sockets):
    return [sock.getsockname()[0] for sock in sockets]


def test_localhost_is_both_loopback_addresses_on_one_port(bind):
    sockets = bind("localhost", 0)
    assert addresses(sockets) == (["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"])
    assert len({sock.getsockname()[1] for sock in sockets}) == 1


def test_connections_are_taken_before_anybody_accepts(bind):
    [sock] = bind("127.0.0.1", 0)
    with socket.create_connection(sock.getsockname()[:2], timeout=5) as client:
        server, _ = sock.accept()
        server.sendall(b"hello")
        assert client.recv(5) == b"hello"
        server.close()


@pytest.mark.parametrize("host", ["", "*", "::"])
def test_no_host_means_every_address(bind, host):
    assert addresses(bind(host, 0)) == (["0.0.0.0", "::"] if has_ipv6() else ["0.0.0.0"])


def test_a_name_is_resolved_and_twice_the_same_address_bound_once(bind, monkeypatch):
    def resolve(host, port, **_options):
        assert host == "house.example"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))] * 2

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert addresses(bind("house.example", 0)) == ["127.0.0.1"]


def test_a_name_that_is_not_known_yet_may_be_later(bind):
    with pytest.raises(StartFailed, match="interface: host no.such.host.invalid: "):
        bind("no.such.host.invalid", 8884)


@pytest.mark.parametrize("host", ["x" * 64, "x" * 64 + ".example", "a..b"])
def test_what_can_be_no_name_is_a_wrong_configuration(bind, host):
    with pytest.raises(ConfigurationError, match="interface: host .*: not a host name"):
        bind(host, 8884)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_an_address_that_is_not_here_may_be_later(bind, host):
    with pytest.raises(StartFailed, match="interface: can't listen on .*:8884: "):
        bind(host, 8884)


def test_a_link_local_address_has_its_zone(bind):
    needs.root()
    needs.condition(has_ipv6(), "IPv6")
    ip, own = needs.tool("ip"), ["address", "add", "fe80::7/64", "dev", "lo", "nodad"]
    needs.condition(subprocess.run([ip, *own]).returncode == 0, "to give an address")
    try:
        host, port, _ = CHECKS["listen"]("ws://[fe80::7%%25lo]:%d" % free_port())
        [sock] = bind(host, port)
        assert sock.getsockname()[3] == socket.if_nametoindex("lo")
        listener.close(listener.bind_at("[%s]:%d" % (host, free_port()), "x"))
        with pytest.raises(StartFailed, match=r"can't listen on \[fe80::7%lo\]:.*address in use"):
            bind(host, port)
    finally:
        subprocess.run([ip, "address", "del", "fe80::7/64", "dev", "lo"], check=True)


def test_a_zone_that_is_not_here_may_be_later(bind):
    with pytest.raises(StartFailed, match="interface: host fe80::7%s%d: "):
        bind("fe80::7%s%d", 8884)


# ---- whether it could be bound -----------------------------------------------------------------


def test_an_address_that_the_process_to_be_replaced_holds_is_free(bind):
    [sock] = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    for host in ("127.0.0.1", "0.0.0.0", "localhost", ""):
        listener.check_free(host, port, "interface", os.getpid())
    with pytest.raises(StartFailed, match="address in use"):
        listener.check_free("127.0.0.1", port, "interface", None)


def test_one_that_somebody_else_holds_is_not(bind):
    code = ("import socket, sys; s = socket.create_server(('127.0.0.1', 0));"
            "print(s.getsockname()[1], flush=True); sys.stdin.read()")
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as other:
        port = int(other.stdout.readline())
        for host in ("127.0.0.1", "0.0.0.0"):
            with pytest.raises(StartFailed, match="address in use"):
                listener.check_free(host, port, "interface", os.getpid())
            listener.check_free(host, port, "interface", other.pid)
        other.stdin.close()


def test_whether_it_could_be_bound_fails_as_binding_does():
    with pytest.raises(StartFailed, match="can't listen on 192.0.2.1:8884"):
        listener.check_free("192.0.2.1", 8884, "interface", os.getpid())
    listener.check_free("127.0.0.1", free_port(), "interface", None)


def test_an_address_in_use_says_so_and_leaves_nothing_open(bind):
    [sock] = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    with pytest.raises(StartFailed, match="can't listen on 127.0.0.1:%d: address in use" % port):
        bind("127.0.0.1", port)


def test_a_taken_second_address_closes_the_first(bind):
    needs.condition(has_ipv6(), "IPv6")
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as taken:
        taken.bind(("::1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with pytest.raises(StartFailed, match="localhost:%d: address in use" % port):
            bind("localhost", port)
        bind("127.0.0.1", port)


def test_a_machine_without_ipv6_still_has_localhost(bind, monkeypatch):
    real = listener._listen

    def no_ipv6(family, address):
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return real(family, address)

    monkeypatch.setattr(listener, "_listen", no_ipv6)
    assert addresses(bind("localhost", 0)) == ["127.0.0.1"]


def test_a_port_that_just_was_in_use_can_be_had_again_at_once(bind):
    [sock] = bind("127.0.0.1", 0)
    address = sock.getsockname()
    with socket.create_connection(address, timeout=5):
        server, _ = sock.accept()
        server.close()      # the server closes first: its side stays in TIME_WAIT
    sock.close()
    bind(*address)


# ---- passed by a service manager ---------------------------------------------------------------


@pytest.fixture
def manager():
    """Passes sockets to this process, as descriptors in a row: the environment and the first."""
    opened = []

    def call(*sockets, **changes):
        numbers = [fcntl.fcntl(each.fileno(), fcntl.F_DUPFD, 700) for each in sockets]
        opened.extend(numbers)
        environ = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sockets)),
                   "LISTEN_FDNAMES": "x"}
        environ.update(changes)
        return environ, numbers[0] if numbers else 700
    yield call
    for number in opened:
        try:
            os.close(number)
        except OSError:
            pass        # taken over


def test_passed_sockets_are_taken_in_their_order_and_once(bind, manager):
    first, second = bind("127.0.0.1", 0) + bind("127.0.0.1", 0)
    environ, number = manager(first, second)
    taken = listener.passed(environ, number)
    assert [sock.getsockname() for sock in taken] == [first.getsockname(), second.getsockname()]
    assert not any(os.get_inheritable(sock.fileno()) for sock in taken)
    assert environ == {}
    assert listener.passed(environ, number) == []
    listener.close(taken)


@pytest.mark.parametrize("environ", [
    {}, {"LISTEN_FDS": "1"}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"},
    {"LISTEN_PID": "own"}])
def test_what_is_passed_to_another_process_is_not_ours(environ):
    if environ.get("LISTEN_PID") == "own":
        environ["LISTEN_PID"] = str(os.getpid())
    assert listener.passed(dict(environ)) == []


@pytest.mark.parametrize("count", ["0", "x", "-1", "65", "1000000000000"])
def test_a_count_that_can_t_be_is_a_wrong_configuration(manager, count):
    environ, number = manager(LISTEN_FDS=count)
    with pytest.raises(ConfigurationError, match="socket activation: LISTEN_FDS is '%s'" % count):
        listener.passed(environ, number)


def not_listening():
    return socket.socket()


def datagrams():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def unix():
    return socket.socket(socket.AF_UNIX)


@pytest.mark.parametrize("make", [not_listening, datagrams, unix])
def test_only_listening_tcp_sockets_will_do(manager, make):
    with make() as sock:
        environ, number = manager(sock)
        with pytest.raises(ConfigurationError, match="%d is no listening TCP socket" % number):
            listener.passed(environ, number)


def test_a_file_is_no_socket(manager, tmp_path):
    with open(str(tmp_path / "x"), "w") as file:
        environ, number = manager(file)
        with pytest.raises(ConfigurationError, match="descriptor %d is no socket" % number):
            listener.passed(environ, number)


def test_one_that_others_can_reach_stands_for_them_all(bind):
    inner, outer = bind("127.0.0.1", 0) + bind("0.0.0.0", 0)
    assert listener.address_of([inner]) == inner.getsockname()
    assert listener.address_of([inner, outer]) == outer.getsockname()


def test_host_and_port_in_one_text(bind):
    assert listener.bind_at("", "x") == []
    [sock] = listener.bind_at("127.0.0.1:%d" % free_port(), "x")
    sock.close()
    with pytest.raises(StartFailed, match="metrics: host no.such.host.invalid"):
        listener.bind_at("no.such.host.invalid:1", "metrics")
