"""A full house: who may come in does, who has gone is gone, and nobody pays for our work."""

import http.client
import logging
import ssl
import threading

import pytest
from websockets.frames import Close

from certificate import make_certificate
from vscpws.settings import TlsSettings
from vscpws.web.tls import server_context
from web.stage import UPGRADE, Stage, login_text, read_all


class Waiting:
    """A session that waits for something of ours as soon as anything is received."""

    def __init__(self, wait):
        self._wait = wait
        self.authenticated = False
        self.channel_open = False
        self.user = None

    def __call__(self, codec, port, address, obid):
        session = Waiting(self._wait)
        session.port = port
        return session

    def greet(self):
        self.port.send("+;AUTH0;00")

    def receive_events(self, texts):
        return 0

    def settle(self):
        pass

    def end(self):
        pass

    def receive(self, text):
        self._wait(self.port)
        self.port.send("+;DONE")


def occupied(stage):
    """A websocket that has been greeted."""
    client = stage.connect()
    assert client.recv().startswith("+;AUTH0")
    return client


class TestFullHouse:
    def test_idle_connections_and_strangers_keep_nobody_out(self, tmp_path):
        with Stage(tmp_path) as stage:
            idle = [stage.socket() for _ in range(250)]
            strangers = [occupied(stage) for _ in range(120)]
            inside = [stage.log_in() for _ in range(20)]
            assert stage.call(lambda: len(stage.clients)) <= 100
            assert stage.call(lambda: stage.clients.connections) <= 300
            for client in inside:
                client.send("C;NOOP")
                assert client.recv() == "+;NOOP"
            for connection in idle + strangers + inside:
                connection.close()
            stage.until(lambda: stage.clients.connections == 0)

    def test_who_has_to_go_may_come_again(self, tmp_path):
        with Stage(tmp_path, max_clients=2, reserved_clients=0) as stage:
            first, second = occupied(stage), occupied(stage)
            third = occupied(stage)
            answer = read_all(first.sock)           # older clients know no 1013
            assert answer[:2] == bytes((0x88, len(answer) - 2))
            assert Close.parse(answer[2:]) == Close(1013, "the house is full")
            stage.until(lambda: stage.clients.closed["1013"] == 1)
            assert stage.call(lambda: len(stage.clients)) == 2
            for client in (second, third):
                client.send("C;NOOP")
                assert client.recv() == "+;NOOP"
                client.close()

    def test_all_users_can_be_inside_and_a_stranger_waits_outside(self, tmp_path):
        with Stage(tmp_path, max_clients=20) as stage:
            inside = [stage.log_in() for _ in range(20)]
            with stage.socket() as connection:
                connection.sendall(UPGRADE.encode())
                assert connection.recv(100).startswith(b"HTTP/1.1 503 ")
            for client in inside:
                client.close()


class TestGone:
    @pytest.mark.parametrize("more", [False, True], ids=["at once", "with more unread"])
    def test_a_wait_does_not_hold_the_slot_of_a_peer_that_has_gone(self, tmp_path, more):
        waiting = Waiting(lambda port: port.pause(3600))
        with Stage(tmp_path, make_session=waiting) as stage:
            client = occupied(stage)
            client.send("x")
            if more:
                client.send("x")
            stage.until(lambda: next(iter(stage.clients)).port.waits)
            client.sock.close()
            stage.until(lambda: stage.clients.connections == 0)
            assert stage.call(lambda: len(stage.clients)) == 0

    def test_nor_does_the_queue_of_the_checks(self, tmp_path):
        ready, begun = threading.Event(), []

        def check():
            begun.append(True)
            ready.wait(60)
        waiting = Waiting(lambda port: port.run(check))
        with Stage(tmp_path, make_session=waiting) as stage:
            clients = [occupied(stage) for _ in range(14)]
            try:
                for client in clients:
                    client.send("x")
                stage.until(lambda: len(begun) == 10 and all(
                    client.port.waits for client in stage.clients))
                for client in clients:
                    client.sock.close()
                stage.until(lambda: stage.clients.connections == 0)
            finally:
                ready.set()
            stage.until(lambda: len(stage.clients) == 0)
            assert len(begun) == 10         # nobody waits for the others


class TestOurTime:
    def test_waiting_for_us_counts_neither_as_silence_nor_as_no_login(self, tmp_path):
        ready = threading.Event()
        waiting = Waiting(lambda port: port.run(ready.wait, 60))
        with Stage(tmp_path, make_session=waiting, login_time=5, ping_interval=5,
                   pong_wait=5) as stage:
            client = occupied(stage)
            client.send("x")
            stage.until(lambda: next(iter(stage.clients)).port.waits)
            stage.tick(1000)
            ready.set()
            assert client.recv() == "+;DONE"
            client.close()

    def test_who_logs_in_late_because_many_do_is_let_in(self, tmp_path):
        with Stage(tmp_path, max_clients=400, login_time=1) as stage:
            late = [stage.connect() for _ in range(60)]
            sids = [client.recv().split(";")[2] for client in late]
            for client, sid in zip(late, sids):
                client.send(login_text(sid))
            stage.until(lambda: all(client.port.waits or client.session.authenticated
                                    for client in stage.clients))
            stage.tick(20)
            assert all(client.recv().startswith("+;AUTH1") for client in late)
            for client in late:
                client.close()


class TestConnectionHeader:
    @pytest.mark.parametrize("value", [
        "close", "Upgrade, close", "close,keep-alive", "keep-alive,  Close",
        "x\r\nConnection: close"])
    def test_close_among_the_words_closes(self, stage, value):
        with stage.socket() as connection:
            connection.sendall(("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: %s\r\n\r\n"
                                % value).encode())
            answer = read_all(connection).decode()
        assert answer.startswith("HTTP/1.1 200 ")
        assert "\r\nConnection: close\r\n" in answer

    @pytest.mark.parametrize("version, value", [
        ("1.1", "keep-alive, x"), ("1.1", "closed"), ("1.0", "x, Keep-Alive")])
    def test_and_otherwise_the_connection_is_kept(self, stage, version, value):
        request = "GET /healthz HTTP/%s\r\nHost: x\r\nConnection: %s\r\n\r\n" % (version, value)
        with stage.socket() as connection:
            for _ in range(2):
                connection.sendall(request.encode())
                answer = connection.recv(65536)
                while b"\r\n\r\n{" not in answer:
                    answer += connection.recv(65536)
                assert b"Connection: close" not in answer

    def test_a_websocket_with_both_is_one_and_ends_with_its_connection(self, stage):
        with stage.socket() as connection:
            connection.sendall(UPGRADE.replace("keep-alive, Upgrade", "Upgrade, close").encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 101 ")


class TestPlainHttpOnTheTlsPort:
    def test_it_is_sent_to_https_where_it_is_answered(self, tmp_path, caplog):
        caplog.set_level(logging.INFO)
        context = server_context(TlsSettings(*make_certificate(tmp_path)))
        with Stage(tmp_path, tls=context) as stage:
            plain = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=10)
            plain.request("GET", "/healthz?a=b")
            answer = plain.getresponse()
            place = "https://127.0.0.1:%d/healthz?a=b" % stage.port
            assert (answer.status, answer.getheader("Location")) == (308, place)
            answer.read()
            trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            secure = http.client.HTTPSConnection("127.0.0.1", stage.port, timeout=10,
                                                 context=trusting)
            secure.request("GET", "/healthz")
            assert secure.getresponse().status == 200
            secure.close()
        assert "plain HTTP, sent to https" in caplog.text

    def test_half_a_request_has_the_deadline_of_a_handshake(self, tmp_path):
        context = server_context(TlsSettings(*make_certificate(tmp_path)))
        with Stage(tmp_path, tls=context, request_time=0.2) as stage, stage.socket() as connection:
            connection.sendall(b"GET / HT")
            assert read_all(connection) == b""
