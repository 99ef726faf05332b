"""Clients that say nothing cost no greenlet, and those that wait for something cost nobody else."""

import gc
import logging
import os
import socket
import ssl
import struct

import gevent
import greenlet
import pytest
from websockets.frames import Close, Frame, Opcode

import needs
from certificate import make_certificate
from vscpws.settings import TlsSettings
from vscpws.web.tls import server_context
from web.stage import TIMEOUT, UPGRADE, Stage, login_text, read_all

MANY = 200
PING = Frame(Opcode.PING, b"12345678").serialize(mask=True)
PONG = Frame(Opcode.PONG, b"12345678").serialize(mask=False)
FREE = 8                        # greenlets that stay though nobody needs them
OTHERS = 8                      # that come and go: an answer to HTTP, a call of the test


def frame(text):
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=True)


def greenlets():
    gc.collect()
    return sum(isinstance(one, greenlet.greenlet) for one in gc.get_objects())


def descriptors():
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture
def house(tmp_path):
    with Stage(tmp_path, max_clients=0, max_clients_per_address=0, login_attempts=10) as stage:
        yield stage


def upgraded(stage):
    """A client that isn't logged in, and its session id."""
    client = stage.connect()
    return client, client.recv().split(";")[2]


def test_hundreds_of_them_have_no_greenlet_and_are_answered_when_they_speak(house):
    before = greenlets()
    crowd = [upgraded(house)[0] for _ in range(MANY)]
    inside = house.log_in()
    assert greenlets() - before <= FREE + OTHERS
    for client in crowd:
        client.sock.sendall(frame("C;NOOP") * 3)
    inside.send("C;NOOP")
    assert inside.recv() == "+;NOOP"
    for client in crowd:
        assert [client.recv() for _ in range(3)] == ["+;NOOP"] * 3
    assert greenlets() - before <= FREE + OTHERS
    house.deliver(7)
    assert inside.recv().startswith("E;0,10,7,")
    for client in crowd:
        client.shutdown()
    inside.close()


def test_who_waits_for_the_check_of_his_password_keeps_nobody_else(house):
    before, wakes = greenlets(), []

    def authenticate(address, iv, crypto, run, wait):
        wait(wakes.append)
        return house._authority.users.get("admin")
    crowd = [upgraded(house) for _ in range(MANY)]
    inside = house.log_in()
    house.call(lambda: setattr(house._authority, "authenticate", authenticate))
    for client, sid in crowd:
        client.sock.sendall(frame(login_text(sid)) + frame("C;NOOP"))
    house.until(lambda: len(wakes) == MANY)
    inside.send("C;NOOP")
    assert inside.recv() == "+;NOOP"
    house.call(lambda: [wake() for wake in wakes])
    for client, _ in crowd:
        assert client.recv().startswith("+;AUTH1")
        assert client.recv() == "+;NOOP"
        client.shutdown()
    house.until(lambda: len(house.clients) == 1)
    assert greenlets() - before <= FREE + OTHERS
    inside.close()


def reset(connection, _):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def close_frame(connection, _):
    connection.sendall(Frame(Opcode.CLOSE, Close(1000, "").serialize()).serialize(mask=True))
    read_all(connection)


def fault(connection, _):
    connection.sendall(b"\xff" * 100)
    read_all(connection)
    connection.close()


def sent_away(connection, stage):
    stage.call(stage.clients.slots.make_room)
    read_all(connection)


def cut(connection, stage):
    stage.call(lambda: [client.cut("test") for client in stage.clients])
    read_all(connection)


def closed_by_us(connection, stage):
    stage.call(lambda: [client.close(1008, "test") for client in stage.clients])
    close_frame(connection, stage)


def of_the_house(connection, stage):
    stage.call(lambda: stage.clients.shut_down(0))
    read_all(connection)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("way", [reset, close_frame, fault, sent_away, cut, closed_by_us,
                                 of_the_house])
def test_whatever_ends_one_frees_its_place_and_its_descriptor_once(tmp_path, caplog, way, tls):
    caplog.set_level(logging.INFO)
    context = server_context(TlsSettings(*make_certificate(tmp_path))) if tls else None
    with Stage(tmp_path, tls=context) as stage:
        stage.call(lambda: None)        # what the loop opens when it's first used is open
        before = descriptors()
        client = stage.connect()
        client.recv()
        way(client.sock, stage)
        stage.until(lambda: not stage.clients.connections)
        client.shutdown()
        stage.until(lambda: descriptors() == before)
        assert sum(stage.clients.closed.values()) == 1
        stage.call(lambda: gevent.sleep(0.01))
    assert caplog.text.count(": connected") == caplog.text.count("events sent, 0 dropped") == 1
    assert not [record for record in caplog.records if record.exc_info]


def test_a_fault_of_ours_closes_that_one_with_1011(tmp_path, caplog):
    def make_session(codec, port, address, obid):
        session = stage._real_session(codec, port, address, obid)
        if obid == bad:
            session.receive = lambda text: 1 // 0
        return session
    stage, bad = Stage(tmp_path, make_session=make_session), 3
    with stage:
        clients = [stage.connect() for _ in range(3)]
        for client in clients:
            client.recv()
            client.send("C;NOOP")
        assert [client.recv() for client in (clients[0], clients[2])] == ["+;NOOP"] * 2
        opcode, payload = clients[1].recv_data()
        assert (opcode, Close.parse(payload).code) == (Opcode.CLOSE, 1011)
        for client in clients:
            client.shutdown()
    assert caplog.text.count("reader failed") == 1 and "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("count", [1, 500, 3000])
def test_what_comes_in_one_piece_with_the_upgrade_is_answered_in_tls_too(tmp_path, count):
    """More than buffers of HTTP and of TLS hold, and nothing more comes to wake anybody."""
    context = server_context(TlsSettings(*make_certificate(tmp_path)))
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with Stage(tmp_path, tls=context) as stage:
        with trusting.wrap_socket(stage.socket()) as connection:
            connection.settimeout(TIMEOUT)
            connection.sendall(UPGRADE.encode() + PING * count)
            data = b""
            while data.count(PONG) < count:
                data += connection.recv(65536)
            assert data.startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize("size", [10, 16384, 60000])
def test_a_message_of_any_size_arrives_at_once_in_tls(tmp_path, size):
    context = server_context(TlsSettings(*make_certificate(tmp_path)))
    with Stage(tmp_path, tls=context) as stage:
        client = stage.log_in()
        for _ in range(3):
            client.send("C;" + "X" * size)
            assert client.recv().startswith("-;XX")
        client.close()


def test_another_foreign_client_is_silent_and_then_talks(tmp_path):
    connect = needs.module("websockets.sync.client").connect
    with Stage(tmp_path) as stage:
        with connect("ws://127.0.0.1:%d/ws1" % stage.port) as client:
            sid = client.recv(timeout=TIMEOUT).split(";")[2]
            client.send(login_text(sid))
            assert client.recv(timeout=TIMEOUT).startswith("+;AUTH1")
            for number in range(3):
                client.send("C;NOOP")
                assert client.recv(timeout=TIMEOUT) == "+;NOOP"
                client.ping()
                stage.tick(number)
        stage.until(lambda: not stage.clients.connections)
        assert stage.clients.closed == {"1000": 1}
