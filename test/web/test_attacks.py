"""What one client does wrong costs a hundred others nothing."""

import ssl
import struct
import time

import pytest
from websockets.frames import Close, Frame, Opcode

from vscpws.config.settings import TlsSettings
from vscpws.web.tls import server_context
from web.certificate import make_certificate
from web.stage import TIMEOUT, UPGRADE, Stage, read_all

GOOD = 100
EVENTS = 50                     # delivered before, during and after each attack
DEADLINE = 0.5                  # s; of a request head


def frame(opcode, payload=b"", **options):
    return Frame(Opcode(opcode), payload, **options).serialize(mask=True)


def closed_with(stage, attack):
    """The close code that a client gets for ``attack``."""
    client = stage.connect()
    client.recv()
    client.sock.sendall(attack)
    _, payload = client.recv_data()
    client.shutdown()
    return Close.parse(payload).code


def an_unmasked_frame(stage):
    assert closed_with(stage, Frame(Opcode.TEXT, b"C;NOOP").serialize(mask=False)) == 1002


def a_length_of_2_to_the_62(stage):
    assert closed_with(stage, b"\x81\xff" + struct.pack("!Q", 1 << 62)) == 1009


def seventy_thousand_fragments_of_a_byte(stage):
    client = stage.connect()
    client.recv()
    try:
        client.sock.sendall(frame(1, b"x", fin=False) + frame(0, b"x", fin=False) * 70000)
    except OSError:
        pass                    # the server need not read all of it
    _, payload = client.recv_data()
    assert Close.parse(payload).code == 1009
    client.shutdown()


def half_a_head(stage):
    began = time.monotonic()
    with stage.socket() as connection:
        connection.sendall(UPGRADE[:40].encode())
        assert read_all(connection).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began >= DEADLINE * 0.9


def half_a_message(stage):
    client = stage.connect()
    client.recv()
    client.sock.sendall(frame(1, b"C;NOOP")[:5])
    client.shutdown()


ATTACKS = [an_unmasked_frame, a_length_of_2_to_the_62, seventy_thousand_fragments_of_a_byte,
           half_a_head, half_a_message]


def check_all(stage, clients, delivered):
    """Every client has got all that was delivered, in order."""
    for client in clients:
        numbers = [int(client.recv().split(",")[2]) for _ in range(delivered)]
        assert numbers == [number & 0xFF for number in range(delivered)]
    assert stage.call(stage.clients.totals)["dropped"] == 0


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_hundred_good_clients_lose_nothing(tmp_path, attack):
    with Stage(tmp_path, max_clients=GOOD + 5, request_time=DEADLINE) as stage:
        clients = [stage.log_in() for _ in range(GOOD)]
        stage.deliver(*range(EVENTS))
        attack(stage)
        stage.deliver(*range(EVENTS, 2 * EVENTS))
        check_all(stage, clients, 2 * EVENTS)
        for client in clients:
            client.shutdown()


def test_half_a_tls_handshake_is_cut_and_costs_nobody_else(tmp_path):
    context = server_context(TlsSettings(*make_certificate(tmp_path)))
    with Stage(tmp_path, tls=context, request_time=DEADLINE) as stage:
        clients = [stage.log_in() for _ in range(10)]
        stage.deliver(*range(EVENTS))
        hello = ssl.MemoryBIO()
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        with pytest.raises(ssl.SSLWantReadError):
            client.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost").do_handshake()
        with stage.socket() as connection:
            connection.settimeout(TIMEOUT)
            connection.sendall(hello.read()[:100])
            assert read_all(connection) == b""
        stage.deliver(*range(EVENTS, 2 * EVENTS))
        check_all(stage, clients, 2 * EVENTS)
        for client in clients:
            client.shutdown()
