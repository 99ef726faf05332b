"""The daemon was stopped for longer than a client may take: who has sent meanwhile isn't late."""

import contextlib
import http.client
import socket
import ssl
import time

import pytest

import local
from certificate import make_certificate
from system.daemon import Daemon, driver_block

TIME, AWAY = 2, 3               # s
ANSWERED = (200, 503)           # by the state of the bus
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


class Stopped(Daemon):
    """The daemon, which can be away."""

    def __init__(self, folder, **settings):
        super().__init__(folder, driver_block(config="virtual:absence"),
                         settings=dict(settings, limits={"request-time": TIME}))
        if "tls" in settings:
            self.configure({"interface": "wss://localhost:%d" % self.port})

    def _answers(self):
        return local.listens(self.port)


@contextlib.contextmanager
def away(daemon):
    daemon.freeze()
    yield
    time.sleep(AWAY)            # it is what is tested
    daemon.thaw()


def connect(daemon):
    return socket.create_connection(("127.0.0.1", daemon.port), timeout=30)


def ask(connection):
    """The status of the answer to a request."""
    connection.sendall(REQUEST)
    return status(connection)


def status(connection):
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status


@pytest.mark.parametrize("sent", [0, 20, len(REQUEST) - 2])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_request_that_has_come_meanwhile_is_answered(tmp_path, sent, is_first):
    with Stopped(tmp_path) as daemon, connect(daemon) as connection, connect(daemon) as later:
        if not is_first:
            assert ask(connection) in ANSWERED
        connection.sendall(REQUEST[:sent])
        assert ask(later) in ANSWERED       # so the one that came before is in, too
        with away(daemon):
            connection.sendall(REQUEST[sent:])
        assert status(connection) in ANSWERED


def test_a_tls_handshake_goes_on(tmp_path):
    cert, key = make_certificate(tmp_path)
    with Stopped(tmp_path, tls={"cert": cert, "key": key}) as daemon:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with connect(daemon) as connection, connect(daemon) as later:
            context.wrap_socket(later).close()      # so the one that came before is in, too
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = context.wrap_bio(incoming, outgoing)
            with away(daemon):
                finish(tls, connection, incoming, outgoing, waits=False)
            finish(tls, connection, incoming, outgoing)
            tls.write(REQUEST)
            connection.sendall(outgoing.read())
            incoming.write(connection.recv(65536))
            assert connection.recv(65536)


def finish(tls, connection, incoming, outgoing, waits=True):
    """A handshake, as far as it goes without an answer, or to its end."""
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            if not waits:
                return
            incoming.write(connection.recv(65536))
    connection.sendall(outgoing.read())


def test_who_sends_nothing_is_late_all_the_same(tmp_path):
    with Stopped(tmp_path) as daemon, connect(daemon) as connection, connect(daemon) as later:
        assert ask(later) in ANSWERED
        with away(daemon):
            pass
        assert status(connection) == 408
