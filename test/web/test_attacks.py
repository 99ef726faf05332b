"""What one client does wrong ends with the right code in its time, and costs others nothing.

A hundred good clients listen to a stream of numbered events all the while.
"""

import logging
import ssl
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.frames import Close, Frame, Opcode

from certificate import make_certificate
from vscpws.settings import TlsSettings
from vscpws.web.tls import server_context
from web.crowd import Crowd
from web.stage import UPGRADE, Stage, read_all

GOOD = 100
AT_ONCE = 30                    # attackers
DEADLINE = 1.0                  # s; of a request head or TLS handshake
SLACK = 3.0                     # s; what a busy machine may add to any time
TEXT, CONTINUATION = 1, 0


def frame(opcode, payload=b"", fin=True):
    return Frame(Opcode(opcode), payload, fin=fin).serialize(mask=True)


AN_UNMASKED_FRAME = Frame(Opcode.TEXT, b"C;NOOP").serialize(mask=False)
A_LENGTH_OF_2_TO_THE_62 = b"\x81\xff" + struct.pack("!Q", 1 << 62)
SEVENTY_THOUSAND_FRAGMENTS = (frame(TEXT, b"x", False)
                              + frame(CONTINUATION, b"x", False) * 69998
                              + frame(CONTINUATION, b"x"))
WRONG_UTF8_IN_A_FRAME_THAT_NEVER_ENDS = b"\x81\xe4" + bytes(4) + b"ok\xff"


def close_of(stage, attack):
    """The close that ``attack`` gets, and the end of the connection, all in time."""
    client = stage.connect()
    client.recv()
    began = time.monotonic()
    client.sock.sendall(attack)
    opcode, payload = client.recv_data()
    assert opcode == Opcode.CLOSE
    assert read_all(client.sock) == b""
    assert time.monotonic() - began < SLACK
    client.shutdown()
    return Close.parse(payload)


def is_cut_at_the_deadline(stage, start):
    """What comes before the cut for a connection that says ``start`` and no more."""
    with stage.socket() as connection:
        began = time.monotonic()
        connection.sendall(start)
        answer = read_all(connection)
        assert DEADLINE * 0.9 < time.monotonic() - began < DEADLINE + SLACK
    return answer


def half_a_head(stage):
    assert is_cut_at_the_deadline(stage, UPGRADE[:40].encode()).startswith(b"HTTP/1.1 408 ")


def half_a_message_and_away(stage):
    client = stage.connect()
    client.recv()
    client.sock.sendall(frame(TEXT, b"C;NOOP")[:5])
    client.shutdown()


def closed_with(code, reason, attack):
    def run(stage):
        close = close_of(stage, attack)
        assert (close.code, close.reason) == (code, reason)
    return run


ATTACKS = {
    "an unmasked frame": closed_with(1002, "frame not masked", AN_UNMASKED_FRAME),
    "a length of 2^62": closed_with(1009, "message over 65536 bytes",
                                    A_LENGTH_OF_2_TO_THE_62),
    "70,000 fragments of a byte": closed_with(1009, "message of over 1024 fragments",
                                              SEVENTY_THOUSAND_FRAGMENTS),
    "wrong UTF-8, no end": closed_with(1007, "not UTF-8", WRONG_UTF8_IN_A_FRAME_THAT_NEVER_ENDS),
    "half a head": half_a_head,
    "half a message": half_a_message_and_away,
}


def nobody_is_left_or_lost(stage, crowd):
    crowd.check()
    stage.until(lambda: len(stage.clients) == GOOD)
    assert stage.call(stage.clients.totals)["dropped"] == 0


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    with Stage(tmp_path_factory.mktemp("attacks"), max_clients=GOOD + AT_ONCE,
               request_time=DEADLINE) as stage, Crowd(stage, GOOD) as crowd:
        yield stage, crowd


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
def test_a_hundred_good_clients_lose_nothing(scene, attack):
    stage, crowd = scene
    attack(stage)
    nobody_is_left_or_lost(stage, crowd)


def test_nor_when_all_comes_at_once(scene):
    stage, crowd = scene
    attacks = [attack for name, attack in ATTACKS.items() if not name.startswith("70,000")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(attacks[number % len(attacks)], stage)
                     for number in range(AT_ONCE)]:
            done.result()
    nobody_is_left_or_lost(stage, crowd)


def half_a_handshake():
    """The first part of a TLS client's first message."""
    hello = ssl.MemoryBIO()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(ssl.SSLWantReadError):
        client.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost").do_handshake()
    return hello.read()[:100]


@pytest.mark.parametrize("start", [b"", half_a_handshake()], ids=["silence", "half a handshake"])
def test_a_tls_handshake_without_end(tmp_path, caplog, start):
    caplog.set_level(logging.INFO)
    context = server_context(TlsSettings(*make_certificate(tmp_path)))
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with Stage(tmp_path, tls=context, max_clients=GOOD,
               request_time=DEADLINE) as stage, Crowd(stage, GOOD, trusting) as crowd:
        caplog.clear()
        assert is_cut_at_the_deadline(stage, start) == b""
        assert [record.getMessage() for record in caplog.records] == [
            "127.0.0.1: no TLS handshake in 1 s, cut"]
        nobody_is_left_or_lost(stage, crowd)
