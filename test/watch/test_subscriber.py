"""ws2 as the monitor speaks it: against our server, and against one that says strange things."""

import json

import pytest

from vscpws.model.event import Event
from vscpws.model.filter import Filter, Pattern
from vscpws.watch.connection import Lost, Refused, connect
from vscpws.watch.subscriber import Subscriber
from vscpws.watch.target import Target
from watch.foreign import SID, Foreign
from web.stage import KEY, Stage

GREETING = '{"type":"+","args":["AUTH0","%s"]}' % SID


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path) as stage:
        yield stage


def connected(port, path="/ws2"):
    return connect(Target("127.0.0.1", port, path, False), None)


def event(vscp_type, data=b""):
    return Event(0x60, 10, vscp_type, 7, 1700000000000000, 42, bytes(range(16)), data)


def take(client, count):
    found = []
    for events in client.events():
        found += events
        if len(found) >= count:
            return found


def test_events_arrive_as_they_were_sent(stage):
    sent = [event(6, bytes.fromhex("80810107")), event(7), event(8, bytes(range(200)))]
    with connected(stage.port) as connection:
        client = Subscriber(connection)
        client.log_in(KEY, "admin", "secret")
        client.open()
        stage.call(lambda: stage.hub.deliver("bus", sent))
        assert take(client, 3) == sent


def test_what_waited_comes_with_the_channel(stage):
    with connected(stage.port) as connection:
        client = Subscriber(connection)
        client.log_in(KEY, "admin", "secret")
        stage.call(lambda: stage.hub.deliver("bus", [event(number) for number in range(50)]))
        client.open()
        assert [found.vscp_type for found in take(client, 50)] == list(range(50))


def test_a_filter_is_the_servers_business(stage):
    with connected(stage.port) as connection:
        client = Subscriber(connection)
        client.log_in(KEY, "admin", "secret")
        client.set_filter(Filter(Pattern(0, 10, 6), Pattern(0, 0xFFFF, 0xFFFF)))
        client.open()
        stage.call(lambda: stage.hub.deliver("bus", [event(5), event(6), event(7), event(6)]))
        assert [found.vscp_type for found in take(client, 2)] == [6, 6]


@pytest.mark.parametrize("key, user, password", [
    (KEY, "admin", "wrong"), (KEY, "nobody", "secret"), (bytes(16), "admin", "secret")])
def test_a_wrong_login_is_refused_in_one_line(stage, key, user, password):
    with connected(stage.port) as connection:
        with pytest.raises(Refused, match="login of '%s' refused: Not authorized" % user):
            Subscriber(connection).log_in(key, user, password)


def test_ws1_is_not_ws2(stage):
    with connected(stage.port, "/ws1") as connection:
        with pytest.raises(Refused, match="speaks no ws2"):
            Subscriber(connection).log_in(KEY, "admin", "secret")


@pytest.mark.parametrize("greeting", [
    "", "hello", "[]", "{}", '{"type":"+"}', '{"type":"+","args":[]}', '{"type":"+","args":{}}',
    '{"type":"+","args":["AUTH0"]}', '{"type":"+","args":["AUTH0","12"]}',
    '{"type":"+","args":["AUTH0",12]}', '{"type":"+","args":["AUTH1","%s"]}' % SID, "[" * 100000])
def test_a_greeting_of_something_else(greeting):
    async def talk(websocket):
        await websocket.send(greeting)
        await websocket.wait_closed()
    with Foreign(talk) as server, connected(server.port) as connection:
        with pytest.raises(Refused, match="speaks no ws2"):
            Subscriber(connection).log_in(KEY, "admin", "secret")


def test_what_cannot_be_read_is_passed_over():
    async def talk(websocket):
        await websocket.send(GREETING)
        for name in ("AUTH", "OPEN"):
            asked = json.loads(await websocket.recv())
            assert asked["command"] == name
            for text in ("nonsense", "[1]", '{"type":"?"}', '{"type":"+","command":"NOOP"}',
                         '{"type":"EVENT","event":{}}',
                         '{"type":"EVENT","event":{"class":10,"type":%d}}' % len(name),
                         '{"type":"+","command":"%s","args":null}' % name):
                await websocket.send(text)
        await websocket.send('{"type":"EVENT","event":{"vscpClass":10,"vscpType":"0x07"}}')
        await websocket.wait_closed()
    with Foreign(talk) as server, connected(server.port) as connection:
        client = Subscriber(connection)
        client.log_in(KEY, "admin", "secret")
        client.open()
        assert [found.vscp_type for found in take(client, 3)] == [4, 4, 7]


@pytest.mark.parametrize("call, text", [
    (lambda client: client.open(), r"no events for this user: no\?\[2J"),
    (lambda client: client.set_filter(Filter()), r"filter refused: no\?\[2J")])
def test_a_refusal_is_told_without_what_a_terminal_would_obey(call, text):
    async def talk(websocket):
        await websocket.send(GREETING)
        command = json.loads(await websocket.recv())["command"]
        await websocket.send(json.dumps({"type": "-", "command": command, "errcode": 7,
                                         "errstr": "no\x1b[2J"}))
        await websocket.wait_closed()
    with Foreign(talk) as server, connected(server.port) as connection:
        client = Subscriber(connection)
        with pytest.raises(Refused, match=text):
            call(client)


@pytest.mark.parametrize("code, failure", [
    (3, Lost), (4, Lost), (10, Lost), (1, Refused), (5, Refused), (7, Refused), (None, Refused),
    ("3", Refused), ([3], Refused)])
@pytest.mark.parametrize("call", [
    lambda client: client.log_in(KEY, "admin", "secret"), lambda client: client.open(),
    lambda client: client.set_filter(Filter())], ids=["log_in", "open", "set_filter"])
def test_what_a_server_is_short_of_is_no_refusal(call, code, failure):
    async def talk(websocket):
        await websocket.send(GREETING)
        command = json.loads(await websocket.recv())["command"]
        await websocket.send(json.dumps({"type": "-", "command": command, "errcode": code,
                                         "errstr": "so it is"}))
        await websocket.wait_closed()
    with Foreign(talk) as server, connected(server.port) as connection:
        with pytest.raises(failure, match="so it is") as failed:
            call(Subscriber(connection))
    assert failure is Refused or failed.value.busy


def test_a_server_that_goes_while_it_is_asked_is_lost():
    async def talk(websocket):
        await websocket.send(GREETING)
        await websocket.recv()
        await websocket.close(1001)
    with Foreign(talk) as server, connected(server.port) as connection:
        with pytest.raises(Lost, match="1001 it stops"):
            Subscriber(connection).log_in(KEY, "admin", "secret")
