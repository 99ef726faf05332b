"""Each metric is moved by what it counts, and Prometheus' own tool takes the text."""

import http.client
import re
import socket
import subprocess

import gevent
import pytest
import websocket as websocket_client

import needs
from appstage import FRAME, Stage
from bus.fakes import ScriptedSource
from certificate import make_certificate
from hubthread import TIMEOUT
from vscpws.bus import state
from vscpws.bus.canbus import CanBus
from vscpws.bus.source import BusDown
from vscpws.codec.canframe import ERROR, EXTENDED
from vscpws.config.settings import BusLimits, ClientLimits, TlsSettings
from vscpws.model.event import Event
from vscpws.web.metrics import BUS_STATES, METRICS, metrics_text

SAMPLE = re.compile(r"(\w+)(\{.*\})? (\S+)\Z")
MOMENT = 1700000000000000
EVENT = Event(96, 10, 6, 0, 0, 0, bytes(16), b"")


def values(text):
    """Every sample by its name and labels."""
    return {match.group(1) + (match.group(2) or ""): float(match.group(3))
            for match in map(SAMPLE.match, text.splitlines()) if match}


class Bus:
    """A bus with a scripted source, made for an App."""

    def __init__(self):
        self.source = ScriptedSource()

    def __call__(self, interface, limits, obid, deliver):
        return CanBus(interface, limits, obid, deliver, source=self.source)


class House(Stage):
    def __init__(self, folder, **changes):
        self.made = Bus()
        changes.setdefault("bus", BusLimits(reopen_first=0.01, reopen_last=0.01))
        super().__init__(folder, folder.name, self.made, **changes)
        self.source = self.made.source

    def values(self):
        return values(self.metrics())

    def feed(self, *items):
        self.call(lambda: self.source.feed(*items))

    def moved(self, sample, before, by=None):
        """Wait until the sample has another value (or ``by`` more)."""
        def has_moved():
            now = values(metrics_text(self.app.report())).get(sample, 0.0)
            return now != before.get(sample, 0.0) if by is None else (
                now == before.get(sample, 0.0) + by)
        self.until(has_moved)


@pytest.fixture
def house(tmp_path):
    with House(tmp_path, clients=ClientLimits(
            max_client_queue_size=2, hub_queue_size=16, drain_time=0.1)) as house:
        house.until(lambda: house.app.health()["status"] == "ok")
        yield house


def collected(house, count):
    """A client, logged in with a closed channel, for whom ``count`` events came."""
    client = house.log_in()
    house.call(lambda: house.app._hub.deliver([EVENT] * count))
    return client


def connects(house):
    house.clients = [house.log_in()]


def opens(house):
    house.clients = [house.open()]


def leaves(house):
    client = house.open()
    client.send_close(1000)
    client.recv_data()
    client.shutdown()


def fails(house):
    house.log_in("nobody", expect="-;AUTH;5").close()


def sends(house):
    client = house.open()
    client.send("E;0,30,5,0,,0,-:09,1")
    assert client.recv() == "+;EVENT"
    house.clients = [client]


def receives(house):
    client = house.open()
    house.feed((FRAME.arbitration_id | EXTENDED, b"\1", MOMENT))
    client.recv()
    house.clients = [client]


def loses(house):
    house.clients = [collected(house, 5)]


def waits(house):
    house.clients = [collected(house, 2)]


def stands_still(house):
    """The hub's loop can't turn, and events wait."""
    def stop(batch):
        gevent.sleep(TIMEOUT)
    house.app._hub._fan_out = stop
    house.call(lambda: house.app._hub.deliver([EVENT]))
    house.until(lambda: house.app._hub.waiting == 0)
    house.call(lambda: house.app._hub.deliver([EVENT]))
    house.call(house.app.probe)


def overruns(house):
    stands_still(house)
    house.call(lambda: house.app._hub.deliver([EVENT] * 100))


def dies(house):
    healthy = house.app._hub._fan_out

    def fail(batch):
        house.app._hub._fan_out = healthy
        raise RuntimeError("injected")
    house.app._hub._fan_out = fail
    house.call(lambda: house.app._hub.deliver([EVENT]))


def reloads(house):
    house.reload()


def breaks(house):
    house.feed(BusDown("unplugged"))


def goes_down(house):
    house.source.opens += [BusDown("unplugged")] * 10000
    house.feed(BusDown("unplugged"))


def drops(house):
    house.source.drops = 7
    house.feed((FRAME.arbitration_id | EXTENDED, b"", MOMENT))


def holds(house):
    """The bus takes nothing, and an event waits behind the one that is being sent."""
    house.call(house.source.sending.clear)
    client = house.open()
    for _ in range(2):
        client.send("E;0,30,5,0,,0,-:09,1")
        assert client.recv() == "+;EVENT"
    house.clients = [client]


def misses(house):
    house.call(lambda: house.app._buses[0].miss(EVENT))


def fed(*frame):
    return lambda house: house.feed(frame)


EXTENDED_ID = FRAME.arbitration_id | EXTENDED

# What is done, the sample that it moves, and by how much where that is exact.
MOVED = [
    (connects, 'vscpwsd_clients{protocol="ws1",state="authenticated"}', 1),
    (opens, 'vscpwsd_clients{protocol="ws1",state="open"}', 1),
    (connects, "vscpwsd_connections", 1),
    (connects, "vscpwsd_clients_accepted_total", 1),
    (leaves, 'vscpwsd_close_total{code="1000"}', 1),
    (fails, "vscpwsd_auth_failures_total", 1),
    (receives, 'vscpwsd_events_total{direction="in",source="bus"}', 1),
    (receives, 'vscpwsd_events_total{direction="out",source="client"}', 1),
    (sends, 'vscpwsd_events_total{direction="in",source="client"}', 1),
    (sends, 'vscpwsd_events_total{direction="out",source="bus"}', 1),
    (loses, 'vscpwsd_events_dropped_total{reason="outbox full"}', 3),
    (overruns, 'vscpwsd_events_dropped_total{reason="hub full"}', 85),
    (waits, "vscpwsd_outbox_events", 2),
    (waits, "vscpwsd_outbox_bytes", None),
    (waits, "vscpwsd_outbox_depth_max", 2),
    (stands_still, "vscpwsd_hub_queue_events", 1),
    (stands_still, "vscpwsd_loop_lag_seconds", None),
    (receives, "vscpwsd_hub_batches_total", 1),
    (dies, 'vscpwsd_loop_restarts_total{loop="hub"}', 1),
    (reloads, 'vscpwsd_reloads_total{result="done"}', 1),
    (goes_down, 'vscpwsd_can_state{bus="demo",state="up"}', -1),
    (goes_down, 'vscpwsd_can_state{bus="demo",state="down"}', 1),
    (breaks, 'vscpwsd_can_reopens_total{bus="demo"}', 1),
    (fed(EXTENDED_ID, b"", MOMENT), 'vscpwsd_can_frames_total{bus="demo",direction="in"}', 1),
    (sends, 'vscpwsd_can_frames_total{bus="demo",direction="out"}', 1),
    (fed(0x123, b"", MOMENT), 'vscpwsd_can_ignored_total{bus="demo",kind="standard"}', 1),
    (fed(ERROR, bytes(8), MOMENT), 'vscpwsd_can_errors_total{bus="demo"}', 1),
    (drops, 'vscpwsd_can_receive_drops_total{bus="demo"}', 7),
    (misses, 'vscpwsd_can_missed_total{bus="demo"}', 1),
    (holds, 'vscpwsd_can_transmit_queue_events{bus="demo"}', 1),
]
TESTED_BELOW = {"vscpwsd_build_info", "vscpwsd_start_time_seconds",
                "vscpwsd_certificate_expiry_timestamp_seconds"}


def test_the_table_moves_every_metric():
    assert {sample.partition("{")[0] for _, sample, _ in MOVED} | TESTED_BELOW == {
        metric.name for metric in METRICS}


@pytest.mark.parametrize("act, sample, by", MOVED, ids=[row[1] for row in MOVED])
def test_it_moves(house, act, sample, by):
    before = house.values()
    act(house)
    house.moved(sample, before, by)


def test_the_build_and_the_start_are_told(house):
    found = house.values()
    info, = (name for name in found if name.startswith("vscpwsd_build_info"))
    assert re.match(r'vscpwsd_build_info\{version="[0-9.]+\w*",python="3\.', info)
    assert found[info] == 1
    assert found["vscpwsd_start_time_seconds"] > 1.7e9


def test_the_end_of_the_certificate_is_told_and_moves_with_it(tmp_path):
    first = make_certificate(tmp_path, "first")
    with Stage(tmp_path, "tls", tls=TlsSettings(*first)) as stage:
        name = "vscpwsd_certificate_expiry_timestamp_seconds"
        before = values(stage.metrics())[name]
        assert before > stage.call(stage.app.report)["started"]
        stage.app._expiry = 5.0
        stage.reload()
        assert values(stage.metrics())[name] == before


def test_names_and_addresses_of_people_are_nowhere(house):
    client = house.open()
    text = house.metrics()
    assert "admin" not in text and "127.0.0.1" not in text
    client.close()


def test_a_bus_s_states_are_those_that_a_bus_has():
    assert set(BUS_STATES) == {
        getattr(state, name) for name in state.__all__ if name.isupper()} - {state.LEFT_THE_BUS}


def test_what_is_odd_in_a_name_is_escaped(house):
    report = house.call(house.app.report)
    report["buses"][0]["name"] = 'a"b\\c\nd'
    assert r'{bus="a\"b\\c\nd"}' in metrics_text(report)


@pytest.mark.parametrize("path, method, status", [
    ("/", "GET", "404"), ("/ws1", "GET", "404"), ("/metrics", "POST", "405"),
    ("/metrics", "HEAD", "200")])
def test_nothing_else_is_served_there(house, path, method, status):
    connection = http.client.HTTPConnection("127.0.0.1", house.metrics_port, timeout=TIMEOUT)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert str(answer.status) == status
    assert (body == b"") == (method == "HEAD")


def test_they_are_not_served_where_clients_connect(house):
    with pytest.raises(websocket_client.WebSocketBadStatusException, match="404"):
        websocket_client.create_connection("ws://127.0.0.1:%d/metrics" % house.port,
                                           timeout=TIMEOUT)


def test_a_crowd_of_clients_doesn_t_close_the_door_for_them(tmp_path):
    with House(tmp_path, clients=ClientLimits(max_http_connections=1)) as house:
        with socket.create_connection(("127.0.0.1", house.port), TIMEOUT):
            house.until(lambda: house.app._clients.connections == 1)
            assert house.values()["vscpwsd_connections"] == 1


def test_promtool_accepts_them(house):
    tool = needs.tool("promtool")
    client = house.open()
    leaves(house)
    done = subprocess.run([tool, "check", "metrics"], input=house.metrics().encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    client.close()
    assert (done.returncode, done.stdout) == (0, b"")
