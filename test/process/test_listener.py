import errno
import socket

import pytest

import needs
from vscpws.model.errors import ConfigurationError
from vscpws.process import listener
from vscpws.process.errors import StartFailed


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


def test_an_unknown_name_is_a_wrong_configuration(bind):
    with pytest.raises(ConfigurationError, match="interface: host no.such.host.invalid: "):
        bind("no.such.host.invalid", 8884)


def test_an_address_of_another_machine_is_a_wrong_configuration(bind):
    with pytest.raises(ConfigurationError, match="can't listen on 192.0.2.1:8884"):
        bind("192.0.2.1", 8884)


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
