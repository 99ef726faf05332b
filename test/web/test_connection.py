"""Bytes in and out of a connection without waiting, plain and in TLS."""

import os
import socket
import ssl
import threading
from types import SimpleNamespace

import gevent
import gevent.socket
import pytest

from certificate import make_certificate
from vscpws.settings import TlsSettings
from vscpws.web.connection import Connection
from vscpws.web.tls import server_context


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    return server_context(TlsSettings(*make_certificate(tmp_path_factory.mktemp("tls"))))


@pytest.fixture
def tcp():
    """Both ends of a TCP connection: gevent's, and a plain one that blocks."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = socket.create_connection(listener.getsockname(), timeout=10)
        ours, _ = listener.accept()
    with peer:
        yield gevent.socket.socket(fileno=ours.detach()), peer


@pytest.fixture(params=["plain", "tls"])
def pair(request, tcp):
    """A connection and its foreign peer."""
    ours, peer = tcp
    if request.param == "tls":
        ours, peer = in_tls(request.getfixturevalue("context"), ours, peer)
    connection = Connection(ours, b"", 1)
    yield connection, peer
    connection.close()
    peer.close()


def in_tls(context, ours, peer):
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    wrapped = []
    thread = threading.Thread(target=lambda: wrapped.append(trusting.wrap_socket(peer)))
    thread.start()
    ours = context.wrap_socket(ours, server_side=True)
    thread.join()
    return ours, wrapped[0]


def come(connection, size):
    """So many bytes, as they come."""
    data = b""
    with gevent.Timeout(10):
        while len(data) < size:
            piece = connection.read()
            if piece is None:
                gevent.socket.wait_read(connection.fileno())
            else:
                assert piece, "it has ended"
                data += piece
    return data


def test_what_comes_is_read_and_nothing_is_waited_for(pair):
    connection, peer = pair
    assert connection.read() is None
    peer.sendall(b"abc")
    assert come(connection, 3) == b"abc"
    assert connection.read() is None and not connection.has_more


def test_what_was_read_before_comes_first(tcp):
    connection = Connection(tcp[0], b"early", 1)
    assert connection.read() == b"early"
    assert connection.read() is None
    connection.close()


def test_much_is_read_whole(pair):
    connection, peer = pair
    data = os.urandom(300000)
    thread = threading.Thread(target=peer.sendall, args=(data,))
    thread.start()
    assert come(connection, len(data)) == data
    thread.join()


def test_one_read_gives_64_kib_at_most_and_the_next_one_the_rest():
    ours, peer = gevent.socket.socketpair()     # whose buffer holds more than that
    connection = Connection(ours, b"", 1)
    with peer:
        peer.sendall(bytes(70000))
        assert [len(connection.read()) for _ in range(2)] == [65536, 70000 - 65536]
        assert connection.read() is None
    connection.close()


def test_what_tls_holds_is_told_of_where_the_kernel_has_nothing_to_tell(tcp, context):
    ours, peer = in_tls(context, *tcp)
    connection = Connection(ours, b"", 1)
    peer.sendall(b"x" * 16000)          # one record
    gevent.socket.wait_read(connection.fileno(), timeout=10)
    connection._tls.read(1)             # of which somebody has read a part
    assert connection.has_more
    assert connection._tls.read(15998) == b"x" * 15998
    assert connection.has_more          # for one byte, too
    assert connection.read() == b"x"
    assert not connection.has_more
    connection.close()


class Renewing:
    """TLS that has to send before it reads on."""

    def __init__(self, times):
        self._times = times

    def read(self, size):
        if self._times:
            self._times -= 1
            raise ssl.SSLWantWriteError("new keys")
        return b"what was to be read"


@pytest.mark.parametrize("is_full", [False, True])
def test_tls_that_has_to_send_first_is_waited_for_as_long_as_there_is_patience(tcp, is_full):
    ours, _ = tcp
    connection = Connection(
        SimpleNamespace(_sslobj=Renewing(2), _sock=ours._sock, close=ours.close), b"", 0.01)
    if is_full:
        with pytest.raises(BlockingIOError):
            while True:
                ours._sock.send(b"x" * 65536)
        with pytest.raises(ssl.SSLWantWriteError):
            connection.read()
    else:
        assert connection.read() == b"what was to be read"
    connection.close()


@pytest.mark.parametrize("farewell", [True, False])
def test_the_end_is_an_empty_piece(pair, farewell):
    connection, peer = pair
    if farewell and isinstance(peer, ssl.SSLSocket):
        peer.settimeout(0)
        with pytest.raises(ssl.SSLWantReadError):
            peer.unwrap()
    else:
        peer.shutdown(socket.SHUT_WR)
    gevent.socket.wait_read(connection.fileno(), timeout=10)
    assert connection.read() == b""


def test_a_reset_is_an_error(tcp):
    ours, peer = tcp
    connection = Connection(ours, b"", 1)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    gevent.socket.wait_read(connection.fileno(), timeout=10)
    with pytest.raises(ConnectionResetError):
        connection.read()
    connection.close()


def test_a_full_socket_takes_nothing_and_says_when_it_takes_more(pair):
    connection, peer = pair
    sent = 0
    data = b"x" * 65536
    while True:
        taken = connection.send_now(data)
        if not taken:
            break
        sent += taken
    assert not connection.wait_writable(0.01)
    got = []

    def read():
        while sum(got) < sent:
            got.append(len(peer.recv(65536)))
    thread = threading.Thread(target=read)
    thread.start()
    assert connection.wait_writable(10)
    assert connection.send_now(data)    # in TLS the same bytes again, or it fails
    thread.join(10)
    assert not thread.is_alive()


def test_cut_it_sends_nothing_more_and_who_reads_sees_the_end(pair):
    connection, peer = pair
    peer.sendall(b"x")
    assert not connection.closed
    connection.cut()
    connection.cut()
    assert connection.closed
    with pytest.raises(ConnectionError, match="^closed$"):
        connection.send_now(b"x")
    while connection.read():
        pass
    assert connection.read() == b""


def test_the_last_word_arrives_though_input_is_unread(pair):
    connection, peer = pair
    peer.sendall(b"unread" * 100)
    connection.send_now(b"the last word")
    connection.end_output()
    assert peer.recv(100) == b"the last word"
    assert peer.recv(100) == b""


def test_its_descriptor_is_given_back_once(tcp):
    ours, peer = tcp
    number = ours.fileno()
    connection = Connection(ours, b"", 1)
    assert connection.fileno() == number
    connection.close()
    with pytest.raises(OSError):
        os.fstat(number)
    with pytest.raises(ConnectionError, match="^closed$"):
        connection.send_now(b"x")
    os.dup2(peer.fileno(), number)      # another has the number now
    try:
        connection.close()
        connection.cut()
        assert connection.acknowledged() == 0
        os.fstat(number)
        peer.sendall(b"not cut")
    finally:
        os.close(number)


def test_acknowledged_is_what_the_peer_has_taken(tcp):
    connection = Connection(tcp[0], b"", 1)
    connection.send_now(b"x" * 1000)
    tcp[1].recv(1000, socket.MSG_WAITALL)
    with gevent.Timeout(10):
        while connection.acknowledged() < 1000:
            gevent.sleep(0.001)
    connection.close()
