"""The server's side before a websocket is one: request heads, upgrades, refusals, TLS."""

import logging
import socket
import ssl

import pytest
from websockets.frames import Frame, Opcode

from vscpws.config.settings import TlsSettings
from vscpws.web.tls import server_context
from web.certificate import make_certificate
from web.stage import TIMEOUT, UPGRADE, Stage, read_all


def ask(stage, text):
    """The whole answer to a request, the connection being ended by the server or by us."""
    with stage.socket() as connection:
        connection.sendall(text.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        return read_all(connection).decode("latin-1")


class TestUpgrade:
    def test_the_accept_header_is_that_of_the_rfc(self, stage):
        with stage.socket() as connection:
            connection.sendall(UPGRADE.encode())
            head = connection.recv(65536).decode("latin-1")
        assert head.startswith("HTTP/1.1 101 ")
        # RFC 6455 section 1.3 gives this pair as its example.
        assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head

    def test_what_comes_in_one_piece_with_the_request_is_not_lost(self, stage):
        with stage.socket() as connection:
            connection.sendall(UPGRADE.encode()
                               + Frame(Opcode.TEXT, b"C;NOOP").serialize(mask=True))
            data = b""
            while b"+;NOOP" not in data:
                piece = connection.recv(65536)
                assert piece
                data += piece
            assert data.index(b"+;AUTH0") < data.index(b"+;NOOP")

    @pytest.mark.parametrize("offered", [[], ["vscp"], ["very-simple-control-protocol", "x"]])
    def test_an_offered_subprotocol_is_taken_and_none_is_needed(self, stage, offered):
        client = stage.connect(subprotocols=offered)
        assert client.recv().startswith("+;AUTH0;")
        assert client.getsubprotocol() == (offered[0] if offered else None)
        client.close()

    @pytest.mark.parametrize("change, status, text", [
        (("GET", "POST"), "405", "GET"),
        (("HTTP/1.1", "HTTP/1.0"), "400", "HTTP/1.1"),
        (("Connection: keep-alive, Upgrade", "Connection: close"), "400", "Connection: Upgrade"),
        (("Host: localhost\r\n", ""), "400", "Host"),
        (("Version: 13", "Version: 8"), "426", "version 13"),
        (("Sec-WebSocket-Version: 13\r\n", ""), "426", "version 13"),
        (("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), "400", "Sec-WebSocket-Key"),
        (("dGhlIHNhbXBsZSBub25jZQ==", "not base64"), "400", "Sec-WebSocket-Key"),
        (("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), "400", "Sec-WebSocket-Key"),
        (("/ws1", "/elsewhere"), "404", "Not found"),
        (("Upgrade: websocket\r\n", ""), "426", "websocket client"),
    ])
    def test_a_wrong_request_is_refused_with_a_clear_text(self, stage, change, status, text):
        answer = ask(stage, UPGRADE.replace(*change))
        head, _, body = answer.partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 %s " % status)
        assert text in body
        if status == "426":
            assert "Sec-WebSocket-Version: 13" in head

    def test_a_full_server_refuses_and_takes_again_when_one_has_left(self, tmp_path):
        with Stage(tmp_path, max_clients=2) as stage:
            clients = [stage.connect(), stage.connect("/ws2")]
            answer = ask(stage, UPGRADE)
            assert answer.startswith("HTTP/1.1 503 ")
            assert "Retry-After: 10" in answer
            clients[0].close()
            stage.until(lambda: len(stage.clients) == 1)
            assert stage.connect().recv().startswith("+;AUTH0;")

    def test_clients_of_one_address_have_a_limit_of_their_own(self, tmp_path):
        with Stage(tmp_path, max_clients_per_address=1) as stage:
            client = stage.connect()
            assert "1 clients from 127.0.0.1" in ask(stage, UPGRADE)
            client.close()


class TestDeadlines:
    @pytest.mark.parametrize("start", ["", "GET /ws1", "GET /ws1 HTTP/1.1\r\nHost: x\r\n"])
    def test_half_a_request_head_is_answered_with_408(self, tmp_path, start):
        with Stage(tmp_path, request_time=0.2) as stage, stage.socket() as connection:
            connection.sendall(start.encode())
            assert read_all(connection).startswith(b"HTTP/1.1 408 ")

    def test_the_deadline_is_that_of_the_head_and_not_of_the_websocket(self, tmp_path):
        with Stage(tmp_path, request_time=0.2) as stage:
            client, slow = stage.connect(), stage.socket()
            assert client.recv().startswith("+;AUTH0;")
            read_all(slow)              # ends with a deadline that began after the client's
            client.send("C;NOOP")
            assert client.recv() == "+;NOOP"
            client.close()
            slow.close()


class TestTls:
    @pytest.fixture
    def tls(self, tmp_path):
        return server_context(TlsSettings(*make_certificate(tmp_path)))

    def test_a_client_is_served(self, tmp_path, tls):
        with Stage(tmp_path, tls=tls) as stage:
            client = stage.log_in()
            stage.deliver(7)
            assert client.recv().startswith("E;0,10,7,")
            client.close()

    def test_much_output_arrives_whole(self, tmp_path, tls):
        with Stage(tmp_path, tls=tls) as stage:
            client = stage.log_in()
            for _ in range(20):
                stage.deliver(*range(1000))
            got = [int(client.recv().split(",")[2]) for _ in range(20000)]
            assert got == [number & 0xFF for number in range(1000)] * 20
            client.close()

    def test_a_silent_client_is_cut_with_one_log_line(self, tmp_path, tls, caplog):
        caplog.set_level(logging.INFO)
        with Stage(tmp_path, tls=tls, request_time=0.2) as stage, stage.socket() as connection:
            assert read_all(connection) == b""
        assert [r.getMessage() for r in caplog.records] == [
            "127.0.0.1: no TLS handshake in 0.2 s, cut"]

    def test_plain_http_on_the_tls_port_is_one_log_line(self, tmp_path, tls, caplog):
        caplog.set_level(logging.INFO)
        with Stage(tmp_path, tls=tls) as stage, stage.socket() as connection:
            connection.sendall(UPGRADE.encode())
            read_all(connection)
        lines = [record.getMessage() for record in caplog.records]
        assert len(lines) == 1
        assert lines[0].startswith("127.0.0.1: no TLS: ")

    @pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
    def test_tls_1_1_is_refused(self, tmp_path, tls, caplog):
        caplog.set_level(logging.INFO)
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("DEFAULT:@SECLEVEL=0")      # or the client itself would not try
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with Stage(tmp_path, tls=tls) as stage, pytest.raises(OSError):
            old.wrap_socket(socket.create_connection(("127.0.0.1", stage.port), TIMEOUT))
        assert "UNSUPPORTED_PROTOCOL" in caplog.text
