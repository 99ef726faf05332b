"""A kiosk at the whole server: its token lets in over both protocols, until it is withdrawn."""

import json

import pytest
import websocket as websocket_client

from appstage import Stage
from hubthread import TIMEOUT
from login import crypto_text
from vscpws.access.credentials import DEFAULT_KEY
from vscpws.access.kiosks import Kiosks, kiosks_text, make_kiosk
from vscpws.codec.wsframe import POLICY

KIOSK, TOKEN = make_kiosk("panel", "Hall", "2026-11-26", Kiosks())


@pytest.fixture
def stage(tmp_path, request):
    (tmp_path / "kiosks.json").touch(0o600)
    (tmp_path / "kiosks.json").write_text(kiosks_text(Kiosks([KIOSK])))
    with Stage(tmp_path, request.node.name) as stage:
        stage.write_users(admin={}, panel={"rights": "ws/receive-events"})
        stage.reload()
        yield stage


def connect(stage, path):
    client = websocket_client.create_connection(
        "ws://127.0.0.1:%d/%s" % (stage.port, path), timeout=TIMEOUT)
    return client, client.recv()


def log_in_ws1(stage, password=TOKEN):
    client, greeting = connect(stage, "ws1")
    sid = greeting.split(";")[2]
    client.send("C;AUTH;%s;%s" % (sid, crypto_text("panel", password, sid, DEFAULT_KEY.hex())))
    return client, client.recv()


def log_in_ws2(stage, password=TOKEN):
    client, greeting = connect(stage, "ws2")
    sid = json.loads(greeting)["args"][1]
    client.send(json.dumps({"type": "CMD", "command": "AUTH", "args": {
        "iv": sid, "crypto": crypto_text("panel", password, sid, DEFAULT_KEY.hex())}}))
    return client, json.loads(client.recv())


def withdraw(stage):
    (stage.folder / "kiosks.json").write_text(kiosks_text(Kiosks()))
    stage.reload()


def end_of(client):
    """The close code and reason that the server ends with."""
    code, content = client.recv_data()
    assert code == websocket_client.ABNF.OPCODE_CLOSE
    return int.from_bytes(content[:2], "big"), content[2:].decode()


def test_a_token_lets_in_over_either_protocol_with_its_user_s_rights(stage, caplog):
    caplog.set_level("INFO")
    client, reply = log_in_ws1(stage)
    assert reply.startswith("+;AUTH1;1;;")
    client.send("E;0,30,5,0,,,-")
    assert client.recv() == "-;EVENT;6;Not authorized to send events."
    client.close()
    client, reply = log_in_ws2(stage)
    assert reply == {"type": "+", "command": "AUTH", "args": None}
    client.close()
    assert "user='panel' protocol=ws1 kiosk=%s" % KIOSK.id in caplog.text
    assert TOKEN not in caplog.text


def test_who_came_by_a_token_is_sent_away_when_it_is_withdrawn(stage):
    by_token, _ = log_in_ws1(stage)
    by_password, _ = log_in_ws1(stage, "secret")
    withdraw(stage)
    assert end_of(by_token) == (POLICY, "the kiosk's link was withdrawn")
    by_password.send("C;NOOP")
    assert by_password.recv() == "+;NOOP"
    by_password.close()
    assert log_in_ws1(stage)[1] == "-;AUTH;5;Not authorized."


def test_other_rights_of_the_user_hold_for_the_kiosk_too(stage):
    client, _ = log_in_ws1(stage)
    stage.write_users(admin={}, panel={"rights": "user"})
    stage.reload()
    client.send("E;0,30,5,0,,,-")
    assert client.recv() == "+;EVENT"
    stage.write_users(admin={})
    stage.reload()
    assert end_of(client)[0] == POLICY


def test_a_file_that_is_broken_at_a_reload_changes_nothing(stage, caplog):
    client, _ = log_in_ws1(stage)
    (stage.folder / "kiosks.json").write_text("{")
    stage.reload()
    assert "reload refused" in caplog.text and "kiosks.json" in caplog.text
    client.send("C;NOOP")
    assert client.recv() == "+;NOOP"
    client.close()


def test_a_wrong_token_counts_as_a_failed_login(stage):
    client, reply = log_in_ws2(stage, TOKEN[:-2])
    assert reply["errcode"] == 5
    assert stage.call(lambda: stage.service.status()["login_failures"]) == 1
    client.close()


def test_the_kiosks_are_not_in_what_everybody_may_read(stage):
    client, _ = log_in_ws1(stage)
    assert KIOSK.id not in json.dumps(stage.health())
    client.close()
