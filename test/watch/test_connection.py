"""One websocket, against the ``websockets`` package and against servers that are none."""

import contextlib
import socket
import ssl
import threading

import pytest
from websockets.utils import accept_key

from certificate import make_certificate
from local import free_port
from vscpws.codec.wsframe import FrameReader as ServersReader
from vscpws.codec.wsframe import Ping, Pong
from vscpws.watch.connection import Connection, Lost, Refused, connect
from vscpws.watch.target import Target
from watch.foreign import TIMEOUT, Foreign

AGREED = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Accept: ACCEPT\r\n")


def target(port, path="/ws2", tls=False, host="127.0.0.1"):
    return Target(host, port, path, tls)


@contextlib.contextmanager
def scripted(answer):
    """The port of a server that reads a request and answers with these bytes, ``ACCEPT`` among them
    as what answers the request's key."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT)

        def serve():
            stream, _ = listener.accept()
            with stream:
                stream.settimeout(TIMEOUT)
                with contextlib.suppress(OSError):
                    request = stream.recv(65536).decode("latin-1")
                    key = request.split("Sec-WebSocket-Key: ")[-1].split("\r\n")[0]
                    stream.sendall(answer.replace(b"ACCEPT", accept_key(key).encode()))
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(TIMEOUT)


def flat(texts, count):
    found = []
    while len(found) < count:
        found += next(texts)
    return found


def test_messages_of_all_sizes_go_both_ways():
    async def echo(websocket):
        async for text in websocket:
            await websocket.send(text)
    sent = ["", "a", "ä" * 100, "b" * 126, "c" * 65536, "d" * 200000]
    with Foreign(echo) as server, connect(target(server.port), None) as connection:
        for text in sent:
            connection.send(text)
        assert flat(connection.texts(), len(sent)) == sent


def test_fragments_are_joined_and_pings_answered():
    async def talk(websocket):
        await websocket.send(iter(["one ", "mess", "age"]))
        await (await websocket.ping(b"still there?"))
        await websocket.send("answered")
        await websocket.wait_closed()
    with Foreign(talk) as server, connect(target(server.port), None) as connection:
        assert flat(connection.texts(), 2) == ["one message", "answered"]


@pytest.mark.parametrize("code, failure, busy", [
    (1000, Lost, False), (1001, Lost, False), (1011, Lost, False), (4000, Lost, False),
    (1008, Lost, True), (1013, Lost, True), (1002, Refused, None), (1007, Refused, None)])
def test_the_close_code_decides_whether_another_try_makes_sense(code, failure, busy):
    async def talk(websocket):
        await websocket.send("first")
        await websocket.close(code, "so\x1b[2J it is")
    with Foreign(talk) as server, connect(target(server.port), None) as connection:
        texts = connection.texts()
        assert next(texts) == ["first"]
        with pytest.raises(failure, match=r"%d so\?\[2J it is" % code) as ended:
            next(texts)
    assert getattr(ended.value, "busy", None) == busy


@pytest.mark.parametrize("message, code", [(b"binary", 1003), ("x" * (1 << 20) + "y", 1009)])
def test_a_server_that_breaks_the_rules_is_told_so(message, code):
    seen = []

    async def talk(websocket):
        await websocket.send(message)
        await websocket.wait_closed()
        seen.append(websocket.close_code)
    with Foreign(talk) as server:
        with connect(target(server.port), None) as connection:
            with pytest.raises(Refused, match="breaks the websocket protocol"):
                next(connection.texts())
    assert seen == [code]


def test_leaving_the_block_closes_in_order():
    seen = []

    async def talk(websocket):
        await websocket.wait_closed()
        seen.append(websocket.close_code)
    with Foreign(talk) as server:
        with connect(target(server.port), None):
            pass
    assert seen == [1000]


def test_a_silent_server_is_pinged_and_then_given_up():
    ours, theirs = socket.socketpair()
    with theirs:
        connection = Connection(ours, b"", silence=0.05)
        with pytest.raises(Lost, match="silent"):
            next(connection.texts())
        connection.close(1000)
        theirs.settimeout(TIMEOUT)
        received = list(ServersReader(1000, 1).feed(theirs.recv(1000)))
    assert received[0] == Ping(b"")


def test_any_answer_to_the_ping_keeps_the_connection():
    ours, theirs = socket.socketpair()

    def serve():
        reader = ServersReader(1000, 1)
        while not any(isinstance(frame, Ping) for frame in reader.feed(theirs.recv(1000))):
            pass
        theirs.sendall(b"\x8a\x00\x81\x02hi")
        theirs.shutdown(socket.SHUT_WR)
    with theirs, Connection(ours, b"", silence=1.0) as connection:
        theirs.settimeout(TIMEOUT)
        thread = threading.Thread(target=serve)
        thread.start()
        assert next(connection.texts()) == ["hi"]
        thread.join(TIMEOUT)


def test_what_came_with_the_handshake_is_read_first():
    ours, theirs = socket.socketpair()
    with theirs, Connection(ours, b"\x81\x02hi\x89\x00", silence=0.05) as connection:
        theirs.settimeout(TIMEOUT)
        assert next(connection.texts()) == ["hi"]
        assert list(ServersReader(1000, 1).feed(theirs.recv(1000))) == [Pong(b"")]


def test_a_line_that_is_cut_is_lost():
    ours, theirs = socket.socketpair()
    theirs.close()
    with Connection(ours, b"") as connection:
        with pytest.raises(Lost, match="connection lost"):
            next(connection.texts())
        with pytest.raises(Lost, match="connection lost"):
            connection.send("x")


def test_nobody_listens():
    with pytest.raises(Lost, match="can't connect to 127.0.0.1:.*refused"):
        connect(target(free_port()), None)
    with pytest.raises(Lost, match="can't connect to"):
        connect(target(1, host="a" * 70 + ".example"), None)


@pytest.mark.parametrize("answer, failure, text", [
    (b"", Lost, r"wss://\?"),
    (b"HTTP/1.1 404 Not Found\r\n\r\n", Refused, "no ws2: 404 Not Found"),
    (b"HTTP/1.1 301 Mo\x1bved\r\nLocation: x\r\n\r\n", Refused, r"no ws2: 301 Mo\?ved"),
    (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", Lost, "503 Service Unavailable"),
    (b"SSH-2.0-OpenSSH\r\n\r\n", Refused, "no answer of a web server"),
    (b"x" * 70000, Refused, "no answer of a web server"),
    (b"HTTP/1.1 1010 Nearly\r\n\r\n", Refused, "no ws2: 1010 Nearly"),
    (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", Refused, "no answer of a websocket server"),
    (AGREED.replace(b"Connection: Upgrade", b"Connection: close") + b"\r\n", Refused,
     "of a websocket server"),
    (AGREED.replace(b"Upgrade: websocket", b"Upgrade: h2c") + b"\r\n", Refused,
     "of a websocket server"),
    (AGREED + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", Refused,
     "of a websocket server"),
    (AGREED + b"Sec-WebSocket-Protocol: mqtt\r\n\r\n", Refused, "of a websocket server"),
    (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
     b"AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n", Refused, "no answer of a websocket server"),
])
def test_an_answer_that_is_no_websocket(answer, failure, text):
    with scripted(answer) as port:
        with pytest.raises(failure, match=text):
            connect(target(port), None)


def test_a_server_that_agrees_is_one_and_what_it_sent_at_once_is_read():
    with scripted(AGREED + b"\r\n\x81\x02hi") as port:
        with connect(target(port), None) as connection:
            assert next(connection.texts()) == ["hi"]


def test_a_full_house_is_busy_and_a_failing_one_is_not():
    for status, busy in ((b"503 Service Unavailable", True), (b"500 Internal Server Error", False)):
        with scripted(b"HTTP/1.1 " + status + b"\r\n\r\n") as port:
            with pytest.raises(Lost) as lost:
                connect(target(port), None)
        assert lost.value.busy == busy


def test_a_server_without_tls_is_told_from_one_that_is_away():
    with scripted(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        with pytest.raises(Refused, match="speaks no TLS"):
            connect(target(port, tls=True), ssl.create_default_context())


def test_a_certificate_must_be_trusted_and_for_that_host(tmp_path):
    trusted, _ = make_certificate(tmp_path, "localhost")
    other = make_certificate(tmp_path, "elsewhere")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*other)

    def refusal(ca):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def serve():
                stream, _ = listener.accept()
                with stream, contextlib.suppress(OSError):
                    server.wrap_socket(stream, server_side=True).close()
            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            with pytest.raises(Refused, match="not to be trusted") as refused:
                connect(target(listener.getsockname()[1], tls=True, host="localhost"),
                        ssl.create_default_context(cafile=ca))
            thread.join(TIMEOUT)
        return str(refused.value)
    assert "self" in refusal(trusted)
    assert "localhost" in refusal(other[0])
