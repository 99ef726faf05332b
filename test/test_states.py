"""What is on right now, asked of a whole daemon by foreign clients."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import websocket as websocket_client

from appstage import FRAME, GUID, Stage
from hubthread import TIMEOUT
from login import DEFAULT_KEY, crypto_text
from vscpws.model.event import Event
from vscpws.settings import StateSettings

SCRIPT = str(Path(__file__).resolve().parents[1] / "vscpwsd.py")
NODE = GUID[:15] + b"\5"
TEMPERATURE = Event(0x60, 10, 6, 1, 1700000000000000, 77, NODE, b"\x88\x81\0\xd7")
ON = Event(0x60, 20, 3, 1, 1700000000000000, 78, NODE, b"\0\1\2")
COMMAND = Event(0x60, 30, 5, 1, 1700000000000000, 79, NODE, b"\0\1\2")


class Ws2:
    """A ws2 client, logged in."""

    def __init__(self, stage, name="admin"):
        self.socket = websocket_client.create_connection(
            "ws://127.0.0.1:%d/ws2" % stage.port, timeout=TIMEOUT)
        sid = self.read()["args"][1]
        assert self.ask("AUTH", iv=sid, crypto=crypto_text(name, "secret", sid, DEFAULT_KEY))[
            "type"] == "+"

    def read(self):
        return json.loads(self.socket.recv())

    def ask(self, command, **args):
        self.socket.send(json.dumps({"type": "CMD", "command": command, "args": args}))
        return self.read()

    def states(self, **args):
        reply = self.ask("STATE", **args)
        return [self.read() for _ in range(reply["args"]["count"])]


def deliver(stage, *events):
    """Let the hub pass these on, and wait until it has."""
    def put():
        stage.service.hub.channel("test").deliver(events)
    stage.call(put)
    stage.call(lambda: stage.service.hub.wait_idle(TIMEOUT))


def number_of(message):
    return message["event"]["vscpTimeStamp"]


@pytest.fixture
def stage(tmp_path, request):
    with Stage(tmp_path, request.node.name[:40]) as stage:
        yield stage


def test_what_was_said_before_anybody_came_is_told(stage):
    stage.bus.send(FRAME)
    stage.until(lambda: len(stage.service.memory.store) == 1)
    (state,) = Ws2(stage).states()
    assert state["event"]["vscpGuid"].endswith(":01:00:05") and not state["restored"]
    assert 0 <= state["age"] < TIMEOUT and state["event"]["vscpData"] == [136, 129, 0, 215]


def test_what_a_client_sends_is_in_its_own_states(stage):
    client = stage.open()
    client.send("E;0,20,3,0,,0,::05,0,1,2")
    assert client.recv() == "+;EVENT"
    stage.call(lambda: stage.service.hub.wait_idle(TIMEOUT))
    client.send("C;STATE")
    assert client.recv() == "+;STATE;1"
    assert client.recv().startswith("S;0.")


def test_a_user_learns_of_what_he_may_hear(stage):
    stage.write_users(admin={}, ann={"rights": "ws/receive-events", "events": "RX;20;*"})
    stage.reload()
    deliver(stage, TEMPERATURE, ON)
    assert [number_of(state) for state in Ws2(stage, "ann").states()] == [78]
    assert [number_of(state) for state in Ws2(stage).states()] == [77, 78]


def test_between_the_states_and_open_nothing_is_lost(stage):
    client = Ws2(stage)
    deliver(stage, ON._replace(timestamp=1))
    assert [number_of(state) for state in client.states()] == [1]
    deliver(stage, ON._replace(timestamp=2))
    assert client.ask("OPEN")["type"] == "+"
    assert [number_of(client.read()) for _ in range(2)] == [1, 2]
    deliver(stage, ON._replace(timestamp=3))
    assert number_of(client.read()) == 3


def test_two_at_a_time_are_told_the_same(stage):
    deliver(stage, *[TEMPERATURE._replace(timestamp=number, guid=number.to_bytes(16, "big"))
                     for number in range(1, 1001)])
    clients = [Ws2(stage), Ws2(stage)]
    for client in clients:
        client.socket.send('{"type":"CMD","command":"STATE"}')
    told = [[client.read() for _ in range(1001)] for client in clients]
    assert all(each[0]["args"]["count"] == 1000 for each in told)
    assert ([[number_of(state) for state in each[1:]] for each in told]
            == [list(range(1, 1001))] * 2)


def test_one_who_takes_nothing_of_it_holds_up_nobody(tmp_path):
    with Stage(tmp_path, "slow", state=StateSettings(state_size=16384,
                                                     state_size_per_guid=16384)) as stage:
        deliver(stage, *[Event(0, 1040, 6, 1, 0, number, number.to_bytes(16, "big"),
                               b"\0\0\0\0" + b"1" * 500) for number in range(3000)])
        slow, quick = Ws2(stage), Ws2(stage)
        slow.socket.send('{"type":"CMD","command":"STATE"}')
        stage.until(lambda: max(client.outbox.waiting_bytes
                                for client in stage.service.clients) > 100000)
        assert quick.ask("OPEN")["type"] == "+"
        for number in range(20):
            deliver(stage, ON._replace(timestamp=number))
            assert number_of(quick.read()) == number
        # All of it is encoded only as far as it is taken.
        assert max(client.outbox.waiting_bytes for client in stage.service.clients) < 1 << 20
        assert slow.read()["args"]["count"] == 3000
        assert [number_of(slow.read()) for _ in range(3000)] == list(range(3000))


def test_who_never_asks_sees_no_byte_of_it(stage):
    deliver(stage, TEMPERATURE, ON)
    client = stage.open()
    deliver(stage, ON._replace(timestamp=5))
    assert client.recv().startswith("E;96,20,3,")
    for command in ("NOOP", "CLOSE", "VERSION"):
        client.send("C;" + command)
        assert client.recv().startswith("+;" + command)
    ws2 = Ws2(stage)
    assert ws2.ask("OPEN") == {"type": "+", "command": "OPEN", "args": None}
    deliver(stage, ON._replace(timestamp=6))
    message = ws2.read()
    assert (set(message), message["type"], number_of(message)) == ({"type", "event"}, "EVENT", 6)
    assert ws2.ask("NOOP") == {"type": "+", "command": "NOOP", "args": None}


def test_ten_thousand_guids_leave_no_more_than_there_is_room_for(stage):
    for start in range(0, 10000, 1000):
        deliver(stage, *[TEMPERATURE._replace(guid=number.to_bytes(16, "big"))
                         for number in range(start, start + 1000)])
    status = stage.call(stage.shell.report)["memory"]
    assert status["states"] == {"heard": 4096, "restored": 0}
    assert status["states_evicted"] == {"size": 10000 - 4096, "size-per-guid": 0}
    assert (status["sensors"], status["sensors_evicted"]) == (256, 1)
    assert status["values_left_out"] == 10000 - 256 - 1
    store = stage.service.memory.store
    assert len(store._nodes) == 4096        # nothing else is left of those that had to go


def test_after_a_restart_it_is_told_again_and_marked(tmp_path):
    state = StateSettings(state_file=str(tmp_path / "states"),
                          history_file=str(tmp_path / "history"))
    with Stage(tmp_path, "before", state=state) as stage:
        deliver(stage, TEMPERATURE, ON)
    with Stage(tmp_path, "after", state=state) as stage:
        stage.until(lambda: stage.service.memory.report()["states"]["restored"] == 2)
        stage.until(lambda: stage.service.memory.report()["sensors"] == 1)
        client = Ws2(stage)
        told = {number_of(state): state for state in client.states()}
        assert {number: state["restored"] for number, state in told.items()} == {
            77: True, 78: True}
        answer = client.ask("HISTORY", guid="::05", hours=1)["errcode"]
        assert answer == 1
        answer = client.ask("HISTORY", guid=told[77]["event"]["vscpGuid"], **{
            "class": 10, "type": 6, "index": 0, "hours": 1, "step": 3600})["args"]
        assert answer["unit"] == "\u00b0C" and 21.5 in answer["mean"]


def test_names_are_reloaded_and_a_broken_file_is_said(tmp_path, caplog):
    path = tmp_path / "names.json"
    path.write_text('{"nodes": [{"guid": "::05", "name": "Hall"}]}')
    with Stage(tmp_path, "names", names_file=str(path)) as stage:
        client = Ws2(stage)
        assert client.ask("NAMES")["args"]["nodes"][0]["name"] == "Hall"
        path.write_text('{"nodes": [{"guid": "::05", "name": "Kitchen"}, 5]}')
        stage.reload()
        assert client.ask("NAMES")["args"]["nodes"] == [
            {"guid": "FF:" * 15 + "05", "name": "Kitchen"}]
        assert "%s: nodes[1]: not an object; left out" % path in caplog.text
        path.write_text("{")
        stage.reload()
        assert client.ask("NAMES")["args"] == {"nodes": [], "zones": []}
        stage.change(names_file="")
        stage.reload()
        assert client.ask("SETNAMES", nodes=[])["errcode"] == 7


def test_names_that_a_client_gives_are_everybody_s(tmp_path):
    path = tmp_path / "names.json"
    with Stage(tmp_path, "set", names_file=str(path)) as stage:
        clients = [Ws2(stage), Ws2(stage)]
        assert clients[0].ask("SETNAMES", zones=[{"zone": 1, "name": "Hall"}])["type"] == "+"
        assert clients[1].ask("NAMES")["args"]["zones"] == [{"zone": 1, "name": "Hall"}]
        stage.reload()
        assert clients[1].ask("NAMES")["args"]["zones"] == [{"zone": 1, "name": "Hall"}]


def test_who_may_not_change_names_learns_so_without_trying(tmp_path):
    path = tmp_path / "names.json"
    with Stage(tmp_path, "may", names_file=str(path)) as stage:
        stage.write_users(admin={}, ann={"rights": "ws/receive-events"})
        stage.reload()
        admin, ann = Ws2(stage), Ws2(stage, "ann")
        admin.socket.send('{"type":"CMD","command":"SETNAMES"}')
        assert admin.read()["errcode"] == 1
        refused = ann.ask("SETNAMES", nodes=[])
        assert (refused["errcode"], "reason" in refused) == (7, False)
        refused = admin.ask("SETNAMES", zones=[{"zone": 1, "name": "A"}, {"zone": -1, "name": "B"}])
        assert refused == {"type": "-", "command": "SETNAMES", "errcode": 1,
                           "errstr": "Syntax error.",
                           "reason": "zones[1] (B): zone is no whole number in 0-255"}
        assert not path.exists()
        path.mkdir()
        assert "can't be written" in admin.ask("SETNAMES", nodes=[])["reason"]
        stage.change(names_file="")
        stage.reload()
        assert admin.ask("SETNAMES", nodes=[])["reason"] == "no names-file is set"


def test_the_terminal_shows_it_as_a_table_and_for_pipes(tmp_path):
    path = tmp_path / "names.json"
    path.write_text(json.dumps({"nodes": [{"interface": "demo", "nickname": 5, "name": "Hall"}]}))
    with Stage(tmp_path, "table", names_file=str(path)) as stage:
        deliver(stage, TEMPERATURE, ON, COMMAND)
        command = [sys.executable, SCRIPT, "--state", "ws://127.0.0.1:%d" % stage.port,
                   "--key-file", str(stage.key)]
        options = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                       env=dict(os.environ, VSCPWSD_PASSWORD="secret", PYTHONIOENCODING="utf-8"))
        done = subprocess.run(command, **options)
        lines = done.stdout.decode().splitlines()
        assert (done.returncode, done.stderr, len(lines)) == (0, b"", 3)
        assert lines[1].startswith("Hall  Temperature, index 0") and "21.5 \u00b0C" in lines[1]
        assert lines[2].startswith("Hall  index 0, zone 1, subzone 2") and "On" in lines[2]
        done = subprocess.run(command + ["--json", "--filter", "10,6"], **options)
        (line,) = done.stdout.splitlines()
        assert json.loads(line)["reading"]["value"] == 21.5
        assert json.loads(line)["names"] == {"node": "Hall"}
