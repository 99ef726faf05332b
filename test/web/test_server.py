"""The server's side before a websocket is one: request heads, upgrades, refusals, TLS."""

import errno
import logging
import socket
import ssl
import struct
import time

import gevent.event
import pytest
from websockets.frames import Frame, Opcode

from certificate import make_certificate
from vscpws.settings import TlsSettings
from vscpws.web import handler
from vscpws.web.tls import server_context
from web.stage import TIMEOUT, UPGRADE, Stage, read_all


def ask(stage, text):
    """The whole answer to a request, the connection being ended by the server or by us."""
    with stage.socket() as connection:
        connection.sendall(text.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        return read_all(connection).decode("latin-1")


def until_released(stage):
    """An application whose answers wait for ``stage.released``; counts in ``stage.asked``."""
    stage.asked, stage.released = 0, gevent.event.Event()

    def application(environ, start_response):
        stage.asked += 1
        stage.released.wait()
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]
    return application


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
        (("Upgrade: websocket", "Upgrade: h2c"), "426", "websocket client"),
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
            clients = [stage.log_in(), stage.log_in()]
            answer = ask(stage, UPGRADE)
            assert answer.startswith("HTTP/1.1 503 ")
            assert "Retry-After: 10" in answer
            clients[0].close()
            stage.until(lambda: len(stage.clients) == 1)
            assert stage.connect().recv().startswith("+;AUTH0;")

    def test_clients_of_one_address_have_a_limit_of_their_own(self, tmp_path):
        with Stage(tmp_path, max_clients_per_address=1) as stage:
            client = stage.log_in()
            assert "1 clients from 127.0.0.1" in ask(stage, UPGRADE)
            client.close()

    @pytest.mark.parametrize("change", [
        ("Upgrade: websocket", "Upgrade: h2c, WebSocket"),
        ("Upgrade: websocket", "Upgrade: h2c\r\nupgrade: websocket"),
        ("Connection: keep-alive, Upgrade", "Connection: keep-alive\r\nConnection: upgrade"),
        ("Host: localhost", "Host: localhost\r\nContent-Length: 0"), ("/ws1", "/ws1?any=thing"),
        ("/ws1", "http://localhost:8884/ws1"), ("/ws1", "HTTPS://house/ws1?any=thing"),
        ("\r\n", "\n")])
    def test_other_ways_to_ask_for_it(self, stage, change):
        assert ask(stage, UPGRADE.replace(*change)).startswith("HTTP/1.1 101 ")

    @pytest.mark.parametrize("origin, status", [
        ("http://localhost:3000", "101"), ("http://evil.example", "403"), ("null", "403"),
        ("https://house.example", "101")])
    def test_pages_of_other_hosts_are_refused_unless_they_are_listed(
            self, tmp_path, origin, status):
        with Stage(tmp_path, origins=["https://house.example"]) as stage:
            answer = ask(stage, UPGRADE.replace("Host:", "Origin: %s\r\nHost:" % origin))
        assert answer.startswith("HTTP/1.1 %s " % status)


    @pytest.mark.parametrize("origin, status", [
        ("http://house", "101"), ("http://localhost", "403")])
    def test_the_host_of_a_whole_url_counts_more_than_the_header(self, stage, origin, status):
        request = UPGRADE.replace("/ws1", "http://house:8884/ws1")
        answer = ask(stage, request.replace("Host:", "Origin: %s\r\nHost:" % origin))
        assert answer.startswith("HTTP/1.1 %s " % status)


    def test_connections_that_are_no_websockets_are_limited(self, tmp_path, caplog):
        with Stage(tmp_path, max_http_connections=3) as stage:
            clients = [stage.connect() for _ in range(5)]       # these don't count
            stage.call(lambda: setattr(stage.server, "application", until_released(stage)))
            busy = [stage.socket() for _ in range(3)]
            for connection in busy:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            stage.until(lambda: stage.asked == 3)
            for _ in range(2):
                with stage.socket() as one_too_many:
                    assert read_all(one_too_many).startswith(b"HTTP/1.1 503 ")
            stage.call(stage.released.set)
            clients.append(stage.connect())
            assert clients[-1].recv().startswith("+;AUTH0;")
            for connection in clients + busy:
                connection.close()
            stage.until(lambda: stage.clients.connections == 0)
        assert caplog.text.count("more are turned away") == 1


class TestHead:
    @pytest.mark.parametrize("request_text", [
        "GET /%s HTTP/1.1\r\n" % ("x" * 9000),
        "GET / HTTP/1.1\r\nX: %s\r\n\r\n" % ("x" * 9000),
        "GET / HTTP/1.1\r\n" + "X: y\r\n" * 2000 + "\r\n",
        "x" * 9000,
    ])
    def test_a_head_that_is_too_large_is_answered_with_431(self, stage, request_text):
        answer = ask(stage, request_text)
        assert answer.startswith("HTTP/1.1 431 ")
        assert stage.connect().recv().startswith("+;AUTH0;")

    def test_many_small_headers_within_the_size_are_no_traceback(self, stage, capfd):
        assert ask(stage, "GET / HTTP/1.1\r\n" + "X: y\r\n" * 150 + "\r\n").startswith(
            "HTTP/1.1 431 ")
        assert capfd.readouterr().err == ""

    def test_a_large_head_within_the_limit_is_read(self, tmp_path):
        with Stage(tmp_path, max_request_head=20000) as stage:
            upgrade = UPGRADE.replace("Host:", "X: %s\r\nHost:" % ("x" * 19000))
            assert ask(stage, upgrade).startswith("HTTP/1.1 101 ")

    @pytest.mark.parametrize("request_text", [
        "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % ("x" * 3000), "x" * 3000])
    def test_a_request_line_over_a_small_limit(self, tmp_path, request_text, capfd):
        with Stage(tmp_path, max_request_head=2000) as stage:
            assert ask(stage, request_text).startswith("HTTP/1.1 431 ")
        assert capfd.readouterr().err == ""

    @pytest.mark.parametrize("size", [1, 20, len(UPGRADE) - 2])
    def test_a_request_that_ends_within_its_head_is_none(self, stage, size):
        assert ask(stage, UPGRADE[:size]).startswith("HTTP/1.1 400 ")
        assert stage.call(lambda: stage.clients.counters["accepted"]) == 0

    @pytest.mark.parametrize("header, text", [
        ("Host: elsewhere", "host twice"), ("Origin: http://a\r\nOrigin: http://b", "origin twice"),
        ("Sec-WebSocket-Protocol: a\r\n X-Evil: y", "not a header line"),
        ("Sec-WebSocket-Protocol: a\rX-Evil: y", "not a header line"),
        ("Sec-WebSocket-Protocol: a\0", "not a header line"), ("rubbish", "not a header line"),
        ("Sec-WebSocket-Protocol: a\x85X-Evil: y", "Sec-WebSocket-Protocol")])
    def test_no_header_is_slipped_in(self, stage, header, text, capfd):
        answer = ask(stage, UPGRADE.replace("Upgrade:", header + "\r\nUpgrade:", 1))
        head, _, body = answer.partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 400 ")
        assert "Connection: close" in head and "Evil" not in answer
        assert text in body
        assert capfd.readouterr().err == ""

    @pytest.mark.parametrize("header", ["Content-Length: 5", "Transfer-Encoding: chunked"])
    @pytest.mark.parametrize("start", ["GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", UPGRADE[:-2]])
    def test_nothing_reads_a_body(self, stage, start, header):
        host = "" if "Host" in start else "Host: x\r\n"
        assert ask(stage, "%s%s%s\r\n\r\nhello" % (start, host, header)).startswith("HTTP/1.1 413 ")

    @pytest.mark.parametrize("request_text", [
        "rubbish\r\n\r\n", "GET / HTTP/7.0\r\nHost: x\r\n\r\n", "GET /\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 x\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n",
    ])
    def test_rubbish_is_answered_with_400(self, stage, request_text, capfd):
        assert ask(stage, request_text).startswith("HTTP/1.1 400 ")
        assert capfd.readouterr().err == ""


class TestDeadlines:
    def test_a_trickle_of_bytes_gains_no_time(self, tmp_path):
        with Stage(tmp_path, request_time=0.3) as stage, stage.socket() as connection:
            connection.settimeout(0.02)
            end = time.monotonic() + TIMEOUT
            answer = b""
            while not answer and time.monotonic() < end:
                try:
                    connection.sendall(b"X")
                    answer = connection.recv(65536)
                except socket.timeout:
                    continue
            assert answer.startswith(b"HTTP/1.1 408 ")

    def test_who_takes_nothing_of_a_response_is_cut(self, tmp_path, caplog, capfd):
        caplog.set_level(logging.INFO)
        ended = []

        def endless(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            try:
                while True:
                    yield b"x" * 65536
            finally:
                ended.append(True)

        with Stage(tmp_path, write_time=0.3) as stage, stage.socket() as connection:
            stage.server.application = endless
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            stage.until(lambda: ended)
        assert [record.getMessage() for record in caplog.records] == [
            "127.0.0.1: took nothing of a response for 0.3 s, cut"]
        assert capfd.readouterr().err == ""

    @pytest.mark.parametrize("error", [
        ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "EOF occurred in violation of protocol"),
        ssl.SSLError(ssl.SSL_ERROR_SSL, "bad length"), OSError(errno.ETIMEDOUT, "timed out"),
        OSError(errno.EHOSTUNREACH, "no route"), OSError(errno.ENETDOWN, "down")])
    def test_who_goes_in_the_middle_of_a_response_is_no_fault(self, tmp_path, caplog, capfd,
                                                              monkeypatch, error):
        def fail(handler, data):
            raise error

        monkeypatch.setattr("gevent.pywsgi.WSGIHandler._sendall", fail)
        with Stage(tmp_path) as stage, stage.socket() as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_all(connection) == b""
        assert not caplog.records
        assert capfd.readouterr().err == ""

    def test_who_takes_no_answer_to_rubbish_is_cut(self, tmp_path, caplog, capfd):
        caplog.set_level(logging.INFO)

        def brimful(environ, start_response):
            start_response("200 OK", [("Content-Length", "1")])
            yield b"x"
            raw = start_response.__self__.socket._sock
            for size in (65536, 1):
                try:
                    while True:
                        raw.send(b"x" * size)
                except BlockingIOError:
                    pass

        with Stage(tmp_path, write_time=0.3) as stage, stage.socket() as connection:
            stage.server.application = brimful
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nrubbish\r\n")
            stage.until(lambda: "took nothing" in caplog.text)
        assert [record.getMessage() for record in caplog.records] == [
            "127.0.0.1: bad request: 'not an HTTP request'",
            "127.0.0.1: took nothing of a response for 0.3 s, cut"]
        assert capfd.readouterr().err == ""

    @pytest.mark.parametrize("start", ["GET / HT", "GET / HTTP/1.1\r\nHo"])
    def test_a_reset_within_the_head_is_no_request_and_no_traceback(
            self, stage, start, caplog, capfd):
        caplog.set_level(logging.INFO)
        ended = []
        serve = stage.server._serve

        def watched(connection, address, guest):
            try:
                serve(connection, address, guest)
            finally:
                ended.append(True)

        stage.server._serve = watched
        with stage.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(start.encode())
        stage.until(lambda: ended)
        assert stage.connect().recv().startswith("+;AUTH0;")
        assert "bad request" not in caplog.text
        assert capfd.readouterr().err == ""

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

    @pytest.mark.parametrize("request_text", [UPGRADE, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"],
                             ids=["websocket", "page"])
    @pytest.mark.parametrize("rest", [b"", b"rubbish" * 9, b"\x15\x03\x03\x00\x02\x02\x28"],
                             ids=["no farewell", "no TLS any more", "a broken alert"])
    def test_a_client_that_goes_without_a_farewell_is_no_fault(self, tmp_path, tls, caplog, capfd,
                                                               request_text, rest):
        with Stage(tmp_path, tls=tls) as stage:
            for _ in range(10):
                client = ssl._create_unverified_context().wrap_socket(
                    socket.create_connection(("127.0.0.1", stage.port), TIMEOUT))
                client.sendall(request_text.encode() * (1 if rest else 200))
                with socket.socket(fileno=client.detach()) as plain:
                    plain.sendall(rest)
            stage.until(lambda: not stage.clients.slots)
        assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
        assert capfd.readouterr().err == ""

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


def test_no_part_of_an_answer_waits_for_the_acknowledgement_of_another(stage, monkeypatch):
    """Nor does a websocket's frame: the connection keeps what it was given at the door."""
    seen = []
    serve = handler.Handler.handle_one_request

    def look(handler):
        seen.append(handler.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        return serve(handler)
    monkeypatch.setattr(handler.Handler, "handle_one_request", look)
    assert ask(stage, "GET /healthz HTTP/1.0\r\n\r\n").startswith("HTTP/1.")
    assert seen and all(seen)
