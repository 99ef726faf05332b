"""Each metric is moved by what it counts, and Prometheus' own tool takes the text."""

import dataclasses
import http.client
import re
import socket
import subprocess

import gevent
import pytest
import websocket as websocket_client

import needs
from appstage import FRAME, Stage
from canfakes import ScriptedSource
from certificate import make_certificate
from hubthread import TIMEOUT
from vscpws.can import state
from vscpws.can.source import BusDown
from vscpws.codec.canframe import ERROR, EXTENDED
from vscpws.daemon.config.options import OPTIONS
from vscpws.hub.latency import BOUNDS
from vscpws.model.event import Event
from vscpws.model.memory import State
from vscpws.settings import (
    BusLimits,
    ClientLimits,
    HostSettings,
    StateSettings,
    TlsSettings,
)
from vscpws.web.metrics import BUS_STATES, METRICS, metrics_text

SAMPLE = re.compile(r"(\w+)(\{.*\})? (\S+)\Z")
MOMENT = 1700000000000000
EXTENDED_ID = FRAME.arbitration_id | EXTENDED
EVENT = Event(96, 10, 6, 0, 0, 0, bytes(16), b"")
TEMPERATURE = EVENT._replace(data=b"\x88\x81\0\xd7")


def values(text):
    """Every sample by its name and labels."""
    return {match.group(1) + (match.group(2) or ""): float(match.group(3))
            for match in map(SAMPLE.match, text.splitlines()) if match}


class House(Stage):
    def __init__(self, folder, **changes):
        self.source = ScriptedSource()
        changes.setdefault("bus", BusLimits(reopen_first=0.01, reopen_last=0.01))
        super().__init__(folder, folder.name, self.source, **changes)

    def values(self):
        return values(self.metrics())

    def feed(self, *items):
        self.call(lambda: self.source.feed(*items))

    def moved(self, sample, before, by=None):
        """Wait until the sample has another value (or ``by`` more)."""
        def has_moved():
            now = values(metrics_text(self.shell.report())).get(sample, 0.0)
            return now != before.get(sample, 0.0) if by is None else (
                now == before.get(sample, 0.0) + by)
        self.until(has_moved)


@pytest.fixture
def house(tmp_path):
    with House(tmp_path, clients=ClientLimits(
            max_client_queue_size=2, hub_queue_size=16, drain_time=0.1)) as house:
        house.until(lambda: house.service.health()["status"] == "ok")
        yield house


def collected(house, count):
    """A client, logged in with a closed channel, for whom ``count`` events came."""
    client = house.log_in()
    house.call(lambda: house.service.hub.deliver("bus", [EVENT] * count))
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
        gevent.event.Event().wait()
    house.service.hub._fan_out = stop
    house.call(lambda: house.service.hub.deliver("bus", [EVENT]))
    house.until(lambda: house.service.hub.waiting == 0)
    house.call(lambda: house.service.hub.deliver("bus", [EVENT]))
    house.call(house.shell.probe)


def overruns(house):
    stands_still(house)
    house.call(lambda: house.service.hub.deliver("bus", [EVENT] * 100))


def dies(house):
    healthy = house.service.hub._fan_out

    def fail(batch):
        house.service.hub._fan_out = healthy
        raise RuntimeError("injected")
    house.service.hub._fan_out = fail
    house.call(lambda: house.service.hub.deliver("bus", [EVENT]))


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


def asks(path, **headers):
    """A request that gets an answer, whatever it is."""
    def ask(house):
        connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=TIMEOUT)
        connection.request("GET", path, headers={
            name.replace("_", "-"): value for name, value in headers.items()})
        connection.getresponse().read()
        connection.close()
    return ask


UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
           "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}


def limited(act, **limits):
    """The act in a house with other limits, and one client in it."""
    def run(house):
        house.clients = [house.log_in()]
        house.service.clients.limits = dataclasses.replace(house.service.clients.limits, **limits)
        act(house)
    return run


def comes_later(house):
    """An idle connection goes for the one that comes after it."""
    idle = socket.create_connection(("127.0.0.1", house.port))
    house.until(lambda: house.service.clients.connections == 1)
    limits = dataclasses.replace(house.service.clients.limits, max_http_connections=1)
    house.service.clients.limits = limits
    asks("/healthz")(house)
    idle.close()


def shuts_down(house):
    house.service.clients._closing = True
    asks("/ws1", **UPGRADE)(house)


def gives_up(house):
    """Five failed logins, and the client is closed."""
    client = house.log_in("nobody", expect="-;AUTH;5")
    for _ in range(4):
        client.send("C;AUTH;x;y")
        assert client.recv().startswith("-;AUTH;1")
    assert client.recv_data()[0] == 8
    house.clients = [client]


def says(text, reply):
    def say(house):
        client = house.open()
        client.send(text)
        assert client.recv().startswith(reply)
        house.clients = [client]
    return say


def is_refused(house):
    """The bus is down: its event comes back with error 3."""
    goes_down(house)
    house.until(lambda: house.service.health()["status"] != "ok")
    says("E;0,30,5,0,,0,-:09,1", "-;EVENT;3")(house)


def writes_nothing(house):
    house.clients = [house.open()]
    house.call(lambda: house.service.hub.deliver("bus", [EVENT._replace(data="no bytes")]))


def fails_to_hand_on(house):
    def fail(events):
        raise RuntimeError("injected")
    house.service.hub._put = fail
    receive = FRAME.arbitration_id | EXTENDED, b"", MOMENT
    house.feed(receive)


def works(house):
    house.call(lambda: sum(range(10 ** 6)))


def holds(house):
    """The bus takes nothing, and an event waits behind the one that is being sent."""
    house.call(house.source.sending.clear)
    client = house.open()
    for _ in range(2):
        client.send("E;0,30,5,0,,0,-:09,1")
        assert client.recv() == "+;EVENT"
    house.clients = [client]


def misses(house):
    house.call(lambda: house.service.ends[0].miss(EVENT))


def lets_go(house):
    """There is room for fewer than before."""
    house.feed((EXTENDED_ID, b"\x88\x81\0\xd7", MOMENT), (EXTENDED_ID, b"\x89\x81\0\xd7", MOMENT))
    house.until(lambda: len(house.service.memory.store) == 2)
    house.call(lambda: house.service.memory.reload(StateSettings(state_size=1, history_size=1)))


def restores(house):
    house.call(lambda: house.service.memory.store.restore([State(TEMPERATURE, 5.0, True)]))


def thins(house):
    house.call(lambda: house.service.memory.store.hear([TEMPERATURE] * 10001))


def fails_to_write(house):
    house.call(lambda: house.service.memory._fail("no room"))


def fed(*frame):
    return lambda house: house.feed(frame)


# What is done, the sample that it moves, and by how much where that is exact.
MOVED = [
    (connects, 'vscpwsd_clients{protocol="ws1",state="authenticated"}', 1),
    (opens, 'vscpwsd_clients{protocol="ws1",state="open"}', 1),
    (connects, "vscpwsd_connections", 1),
    (connects, "vscpwsd_clients_accepted_total", 1),
    (leaves, 'vscpwsd_close_total{code="1000"}', 1),
    (gives_up, 'vscpwsd_dismissed_total{reason="too many failed logins"}', 1),
    (limited(asks("/ws1", **UPGRADE), max_clients=1), 'vscpwsd_refused_total{reason="clients"}', 1),
    (limited(asks("/ws1", **UPGRADE), max_clients_per_address=1),
     'vscpwsd_refused_total{reason="clients of an address"}', 1),
    (limited(asks("/"), max_http_connections=0),
     'vscpwsd_refused_total{reason="connections"}', 1),
    (asks("/ws1", Origin="http://evil.example", **UPGRADE),
     'vscpwsd_refused_total{reason="origin"}', 1),
    (asks("/ws1", **dict(UPGRADE, Sec_WebSocket_Version="7")),
     'vscpwsd_refused_total{reason="handshake"}', 1),
    (shuts_down, 'vscpwsd_refused_total{reason="shutting down"}', 1),
    (comes_later, 'vscpwsd_evicted_total{state="idle"}', 1),
    (asks("/missing"), 'vscpwsd_http_responses_total{code="404"}', 1),
    (asks("/"), 'vscpwsd_http_responses_total{code="200"}', 1),
    (asks("/", Content_Length="5"), 'vscpwsd_http_responses_total{code="413"}', 1),
    (is_refused, 'vscpwsd_messages_refused_total{kind="event",code="3"}', 1),
    (says("E;0,30,5,0,,0,x,1", "-;EVENT;8"),
     'vscpwsd_messages_refused_total{kind="event",code="8"}', 1),
    (says("C;NONSENSE", "-;NONSENSE;2"),
     'vscpwsd_messages_refused_total{kind="command",code="2"}', 1),
    (fails, 'vscpwsd_messages_refused_total{kind="command",code="5"}', 1),
    (fails, "vscpwsd_auth_failures_total", 1),
    (receives, 'vscpwsd_events_total{direction="in",source="bus"}', 1),
    (receives, 'vscpwsd_events_total{direction="out",source="client"}', 1),
    (sends, 'vscpwsd_events_total{direction="in",source="client"}', 1),
    (sends, 'vscpwsd_events_total{direction="out",source="bus"}', 1),
    (loses, 'vscpwsd_events_dropped_total{reason="outbox full"}', 3),
    (overruns, 'vscpwsd_events_dropped_total{reason="hub full"}', 85),
    (writes_nothing, 'vscpwsd_events_dropped_total{reason="unwritable"}', 1),
    (fails_to_hand_on, 'vscpwsd_events_dropped_total{reason="bus fault"}', 1),
    (waits, "vscpwsd_outbox_events", 2),
    (waits, "vscpwsd_outbox_bytes", None),
    (waits, "vscpwsd_outbox_depth_max", 2),
    (stands_still, "vscpwsd_hub_queue_events", 1),
    (receives, "vscpwsd_hub_latency_seconds_count", 1),
    (receives, "vscpwsd_hub_latency_seconds_sum", None),
    (receives, 'vscpwsd_hub_latency_seconds_bucket{le="+Inf"}', 1),
    (stands_still, "vscpwsd_loop_lag_seconds", None),
    (receives, "vscpwsd_hub_batches_total", 1),
    (dies, 'vscpwsd_loop_restarts_total{loop="hub"}', 1),
    (reloads, 'vscpwsd_reloads_total{result="done"}', 1),
    (goes_down, 'vscpwsd_end_usable{kind="bus",name="demo"}', -1),
    (goes_down, 'vscpwsd_can_state{bus="demo",state="up"}', -1),
    (goes_down, 'vscpwsd_can_state{bus="demo",state="down"}', 1),
    (receives, 'vscpwsd_can_last_event_timestamp_seconds{bus="demo"}', MOMENT // 1000000),
    (breaks, 'vscpwsd_can_reopens_total{bus="demo"}', 1),
    (fed(EXTENDED_ID, b"", MOMENT), 'vscpwsd_can_frames_total{bus="demo",direction="in"}', 1),
    (sends, 'vscpwsd_can_frames_total{bus="demo",direction="out"}', 1),
    (fed(0x123, b"", MOMENT), 'vscpwsd_can_ignored_total{bus="demo",kind="standard"}', 1),
    (fed(ERROR, bytes(8), MOMENT), 'vscpwsd_can_errors_total{bus="demo"}', 1),
    (drops, 'vscpwsd_can_receive_drops_total{bus="demo"}', 7),
    (misses, 'vscpwsd_can_missed_total{bus="demo"}', 1),
    (holds, 'vscpwsd_can_transmit_queue_events{bus="demo"}', 1),
    (fed(EXTENDED_ID, b"\x88\x81\0\xd7", MOMENT), 'vscpwsd_states{source="heard"}', 1),
    (restores, 'vscpwsd_states{source="restored"}', 1),
    (lets_go, 'vscpwsd_states_evicted_total{limit="size"}', 1),
    (fed(EXTENDED_ID, b"\x88\x81\0\xd7", MOMENT), "vscpwsd_history_sensors", 1),
    (lets_go, 'vscpwsd_history_dropped_total{kind="sensor"}', 1),
    (thins, 'vscpwsd_history_dropped_total{kind="thinned"}', 10000),
    (fails_to_write, 'vscpwsd_memory_file_failures_total{file="state"}', 1),
    (works, "process_cpu_seconds_total", None),
]
TESTED_BELOW = {"vscpwsd_build_info", "vscpwsd_start_time_seconds", "vscpwsd_limit",
                "vscpwsd_certificate_expiry_timestamp_seconds"}
# In test/mqtt, with a broker.
TESTED_BELOW |= {"vscpwsd_mqtt_%s" % name for name in (
    "connects_total", "waiting_events", "dropped_total", "refused_total", "own_total", "lost_total",
    "forwarded_total")}
TESTED_BELOW |= {"vscpwsd_homeassistant_%s" % name for name in (
    "nodes", "entities", "announced_total", "commands_total", "thinned_total", "complaints_total")}
TESTED_AS_USAGE = {"process_resident_memory_bytes", "process_virtual_memory_bytes",
                   "process_open_fds", "process_max_fds", "process_start_time_seconds"}
PARTS = re.compile(r"_(bucket|sum|count)\Z")      # of a histogram's name


def test_the_table_moves_every_metric():
    moved = {PARTS.sub("", sample.partition("{")[0]) for _, sample, _ in MOVED}
    assert moved | TESTED_BELOW | TESTED_AS_USAGE == {metric.name for metric in METRICS}


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
        assert before > stage.call(stage.shell.report)["started"]
        stage.shell._expiry = 5.0
        stage.reload()
        assert values(stage.metrics())[name] == before


def test_every_limit_is_told_as_it_is_in_force(house):
    before = house.values()
    assert {name for name in before if name.startswith("vscpwsd_limit")} == {
        'vscpwsd_limit{option="%s"}' % option.key for option in OPTIONS
        if option.section == "limits" and option.group is not HostSettings
        or option.key in ("max-clients", "max-client-queue-size")
        or option.section == "state" and option.check != "path()"}
    clients, bus = house.settings.clients, house.settings.bus
    house.change(clients=dataclasses.replace(clients, max_clients=7, batch_pause=0.25,
                                             hub_queue_size=99),
                 bus=dataclasses.replace(bus, transmit_age=5.0))
    house.reload()
    after = house.values()
    assert {name: after[name] for name in after if after[name] != before.get(name)
            and name.startswith("vscpwsd_limit")} == {
        'vscpwsd_limit{option="max-clients"}': 7, 'vscpwsd_limit{option="batch-pause"}': 0.25}


@pytest.mark.parametrize("metric, label", [
    ("vscpwsd_refused_total", "reason"), ("vscpwsd_events_dropped_total", "reason"),
    ("vscpwsd_messages_refused_total", "code"), ("vscpwsd_loop_restarts_total", "loop"),
    ("vscpwsd_reloads_total", "result"), ("vscpwsd_memory_file_failures_total", "file")])
def test_what_an_alarm_watches_is_there_before_it_happens(house, metric, label):
    """For the growth of a series is only seen from its first value on."""
    assert [value for name, value in house.values().items()
            if name.startswith(metric + "{") and label in name]


def test_the_buckets_of_the_histogram_rise_to_its_count(house):
    receives(house)
    house.until(lambda: house.shell.report()["hub"]["batches"] > 0)
    buckets = re.findall(r'^vscpwsd_hub_latency_seconds_bucket\{le="(.*)"\} (\d+)$',
                         house.metrics(), re.M)
    assert [float(end) for end, _ in buckets] == [*BOUNDS, float("inf")]
    counts = [int(count) for _, count in buckets]
    assert counts == sorted(counts)
    assert counts[-1] == house.values()["vscpwsd_hub_latency_seconds_count"] > 0


def test_names_and_addresses_of_people_are_nowhere(house):
    client = house.open()
    text = house.metrics()
    assert "admin" not in text and "127.0.0.1" not in text
    client.close()


def test_a_bus_s_states_are_those_that_a_bus_has():
    assert set(BUS_STATES) == {
        getattr(state, name) for name in state.__all__ if name.isupper()} - {state.LEFT_THE_BUS}


def test_what_is_odd_in_a_name_is_escaped(house):
    report = house.call(house.shell.report)
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
            house.until(lambda: house.service.clients.connections == 1)
            assert house.values()["vscpwsd_connections"] == 1


def test_promtool_accepts_them(house):
    tool = needs.tool("promtool")
    client = house.open()
    leaves(house)
    done = subprocess.run([tool, "check", "metrics"], input=house.metrics().encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    client.close()
    assert (done.returncode, done.stdout) == (0, b"")
