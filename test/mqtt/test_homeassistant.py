"""A house in Home Assistant through a real broker: what mosquitto keeps, and a lamp that obeys."""

import json
import subprocess
import time

import pytest

import can
from appstage import FRAME, GUID
from broker import DEADLINE
from hass import check_all
from system.daemon import PYTHON, SCRIPT, Daemon, driver_block, wait_until
from vscpws.daemon.forgetting import _ask
from vscpws.daemon.overview import log_lines, status_lines
from vscpws.mqtt.homeassistant.memo import MEMO

NODE = (GUID[:15] + b"\x05").hex().upper()
DEVICE = "homeassistant/device/vscp_%s/config" % NODE
STATE = "vscpwsd/house/state/%s/10_6_0" % NODE
LAMP = "homeassistant/device/vscpwsd_house_light_2-1_4/config"
COLLECTED = 40.0                # s: ten to collect, some to remember, and a slow machine
NAMES = {"nodes": [{"interface": "demo", "nickname": 5, "name": "Boiler", "area": "Cellar"}],
         "things": [{"name": "Hall", "kind": "light", "zone": 2, "subzone": 1, "index": 4}]}


def frame(vscp_class, vscp_type, data, nickname=5):
    return can.Message(arbitration_id=3 << 26 | vscp_class << 16 | vscp_type << 8 | nickname,
                       is_extended_id=True, data=bytes.fromhex(data))


@pytest.fixture
def named(house, tmp_path):
    """A house with names, that remembers."""
    (tmp_path / "names.json").write_text(json.dumps(NAMES))
    (tmp_path / "state").mkdir(exist_ok=True)

    def make(**options):
        stage = house(homeassistant=True, state_directory=str(tmp_path / "state"), **options)
        stage.change(names_file=str(tmp_path / "names.json"))
        stage.reload()
        return stage
    return make


def retained(broker, *topics):
    """What the broker keeps."""
    return {topic: payload for is_retained, _, topic, payload in broker.sub(*topics).all()
            if is_retained}


def gone(broker, text):
    """Until the broker keeps nothing with this in its topic."""
    end = time.monotonic() + DEADLINE
    while [topic for topic in retained(broker, "vscpwsd/#", "homeassistant/#") if text in topic]:
        assert time.monotonic() < end


def test_a_house_appears_obeys_and_leaves(broker, named, tmp_path):
    heard = broker.sub("vscpwsd/house/#", "homeassistant/#")
    stage = named(accept_as="admin")
    stage.bus.send(FRAME)
    stage.bus.send(frame(20, 9, "000000"))
    heard.until("vscpwsd/house/state/%s/status" % NODE, b"online")
    _, _, _, payload = heard.until(STATE)
    assert json.loads(payload)["value"] == 21.5

    # All its devices, as Home Assistant would take them.
    heard.until(DEVICE, seconds=COLLECTED)
    devices = retained(broker, "homeassistant/#")
    end = time.monotonic() + DEADLINE
    while not {DEVICE, LAMP, "homeassistant/device/vscpwsd_house/config"} <= set(devices):
        assert time.monotonic() < end
        devices = retained(broker, "homeassistant/#")
    messages = check_all(devices)
    assert messages[DEVICE]["device"]["name"] == "Boiler"
    assert messages[DEVICE]["components"]["10_6_0"]["state_topic"] == STATE
    assert retained(broker, STATE).keys() == {STATE}

    # The lamp: a command is a frame, its answer the state.
    command = messages[LAMP]["components"]["light"]["command_topic"]
    assert command == "vscpwsd/house/set/hall/command"
    broker.pub(command, "ON")
    found = stage.bus.recv(DEADLINE)
    assert found.arbitration_id >> 8 & 0x1FFFF == 30 << 8 | 5
    assert bytes(found.data) == bytes((4, 2, 1))
    stage.bus.send(frame(20, 3, "000201", 7))
    _, _, _, payload = heard.until("vscpwsd/house/state/things/light_2-1_4")
    assert json.loads(payload)["value"] == "ON"
    broker.pub(command, "NONSENSE")
    stage.until(lambda: stage.bridge()["speaker"]["complaints"].get("wrong-command") == 1)
    assert stage.bus.recv(0) is None

    # Home Assistant comes up.
    heard.all()
    broker.pub("homeassistant/status", "online")
    heard.until(DEVICE)
    heard.until(STATE)

    # A node is no more.
    _ask(str(tmp_path / "state"), NODE)
    gone(broker, NODE)


def test_a_retained_command_switches_nothing_at_a_connection(broker, named):
    broker.pub("vscpwsd/house/set/hall/command", "ON", "-r")
    stage = named(accept_as="admin")
    stage.until(lambda: sum(stage.bridge()["speaker"]["complaints"].get(kind, 0)
                            for kind in ("retained", "unknown-thing")) == 1)
    assert stage.bus.recv(0) is None


def test_who_writes_into_its_states_reaches_nobody_and_a_birth_puts_them_right(broker, named):
    stage = named(accept_as="admin")
    stage.bus.send(FRAME)
    assert wait_until(lambda: DEVICE in retained(broker, "homeassistant/#"), COLLECTED)
    wanted = retained(broker, "vscpwsd/house/state/%s/#" % NODE, "vscpwsd/house/nodes/#", DEVICE)
    assert len(wanted) == 4
    for topic in wanted:
        broker.pub(topic, '{"class":30,"type":5,"value":"ON","data":[0,2,1]}', "-r")
    broker.clear(STATE)
    broker.pub("homeassistant/status", "online")
    assert wait_until(lambda: retained(broker, *wanted) == wanted, COLLECTED)
    assert stage.bus.recv(0) is None
    assert stage.bridge()["commands"] == 0 and stage.bridge()["connects"] == 1


def test_metrics_and_status_show_it(broker, named):
    stage = named(accept_as="admin")
    stage.bus.send(FRAME)
    broker.pub("vscpwsd/house/set/hall/command", "ON")
    broker.pub("vscpwsd/house/set/hall/command", "NONSENSE")
    stage.until(lambda: stage.bridge()["speaker"]["complaints"] == {"wrong-command": 1})
    text = stage.metrics()
    for line in ("nodes 1", "entities 1", "announced_total 0", "commands_total 1",
                 "thinned_total 0", 'complaints_total{reason="wrong-command"} 1'):
        assert "vscpwsd_homeassistant_%s\n" % line in text
    report = stage.shell.report()
    assert any(line.endswith("1 node in Home Assistant") for line in status_lines(report))
    assert any("nodes 1" in line for line in log_lines(report, []))
    assert json.dumps(report)


def test_names_that_a_client_has_written_count_at_once(broker, named):
    stage = named(accept_as="admin")
    other = dict(NAMES, things=[dict(NAMES["things"][0], name="Stairs")])
    stage.call(lambda: stage.service.names.write(other, "admin"))
    end, found = time.monotonic() + DEADLINE, None
    while found is None:
        assert time.monotonic() < end
        broker.pub("vscpwsd/house/set/stairs/command", "ON")
        found = stage.bus.recv(0.5)
    assert bytes(found.data) == bytes((4, 2, 1))


def test_forget_is_heard_by_the_daemon_that_runs_and_by_the_next_one(broker, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    settings = {"mqtt": {"url": broker.url, "name": "house", "accept-as": "admin",
                         "homeassistant": "true", "state-directory": str(state)}}
    options = ["--config", str(tmp_path / "vscpd.conf"), "--ini", str(tmp_path / "vscpwsd.ini"),
               "--pidfile", str(tmp_path / "vscpwsd.pid")]

    def forget(called):
        done = subprocess.run([PYTHON, str(SCRIPT), "--forget", called, *options],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True, timeout=60)
        assert "Traceback" not in done.stderr
        return done.returncode, (done.stdout + done.stderr).strip()

    def is_remembered(node):
        memo = state / MEMO
        return memo.exists() and node in memo.read_text()

    with Daemon(tmp_path, driver_block(config="virtual:%s" % tmp_path.name),
                settings=settings):
        broker.sub("vscpwsd/house/status").until("vscpwsd/house/status", b"online")
        for nickname in (5, 6):
            broker.pub("vscpwsd/house/send", json.dumps({
                "class": 20, "type": 3, "data": [0, 2, 1],
                "guid": "FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:%02X" % nickname}))
        other = NODE[:-2] + "06"
        assert wait_until(lambda: is_remembered(NODE) and is_remembered(other))
        code, text = forget("Nobody")
        assert code == 1 and NODE in text and "no node is called Nobody" in text
        assert forget(NODE) == (0, "node %s: forgotten" % NODE)
        gone(broker, NODE)
    assert forget(other) == (0, "node %s: the next start forgets it" % other)
    assert [topic for topic in retained(broker, "vscpwsd/#") if other in topic]
    with Daemon(tmp_path, driver_block(config="virtual:%s" % tmp_path.name),
                settings=settings):
        gone(broker, other)


def test_where_it_is_switched_off_the_next_start_clears_all(broker, named, house, tmp_path):
    stage = named()
    stage.bus.send(FRAME)
    stage.until(lambda: stage.bridge()["speaker"]["nodes"] == 1)
    stage.until(lambda: STATE in retained(broker, "vscpwsd/house/#"))
    stage.__exit__(None, None, None)
    assert (tmp_path / "state" / MEMO).exists()
    house(state_directory=str(tmp_path / "state"))
    gone(broker, "/state/")
    end = time.monotonic() + DEADLINE
    while (tmp_path / "state" / MEMO).exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_other_daemons_nodes_are_not_ours(broker, named):
    stage = named(subscribe=("vscp/#",))
    broker.pub("vscp/FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:00:09/20/3/9",
               '{"head":96,"class":20,"type":3,"guid":"FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:'
               '00:09","data":[0,2,1]}')
    stage.until(lambda: stage.bridge()["received"] == 1)
    assert stage.bridge()["speaker"]["nodes"] == 0
