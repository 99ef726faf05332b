"""Two daemons and a front-end, each in a network of its own, with one broker between them.

The house's bus is a real SocketCAN one. Runs where ``test/system/uml/run`` has made a machine with
vcan: User Mode Linux or a network namespace. There CPU time is dear, so deadlines are generous.
"""

from __future__ import annotations

import json
import urllib.request

import pytest

import needs
from broker import Mosquitto
from local import free_port
from system.canbus import Candump, cansend
from system.clients import Event, Ws1
from system.daemon import Daemon, driver_block, wait_until
from system.namespaces import Namespace, ip

GUIDS = {"house": "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:00",
         "garage": "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:22:02:00:00"}
ON, TURN_ON = (20, 3), (30, 5)
PLACE = b"\0\2\1"


@pytest.fixture
def spaces():
    made = [Namespace(number) for number in (1, 2, 3)]
    yield dict(zip(("house", "garage", "front"), made))
    for space in made:
        space.close()


@pytest.fixture
def broker(tmp_path):
    needs.module("paho.mqtt.client")
    outside = free_port()
    with Mosquitto(tmp_path, "listener %d 0.0.0.0" % outside) as broker:
        broker.outside = outside
        yield broker


@pytest.fixture
def daemons(tmp_path, spaces, broker):
    """house and garage with a bus, and the front-end of the house without any."""
    made = {}
    for name, space in spaces.items():
        folder = tmp_path / name
        folder.mkdir()
        bridge = {"url": "mqtt://%s:%d" % (space.outside, broker.outside), "name": name,
                  "subscribe": '"vscp/#"'}
        if name == "front":
            bridge["forward-to"] = "house"
            config = "<vscpconfig/>"
        else:
            bridge["accept-as"] = "admin"
            config = driver_block(config="vcan0", guid=GUIDS[name])
        with space:
            if name != "front":
                ip("link", "add", "dev", "vcan0", "type", "vcan")
                ip("link", "set", "dev", "vcan0", "up")
            made[name] = Daemon(folder, config, settings={"mqtt": bridge})
            made[name].start()
    yield made
    for name, daemon in made.items():
        with spaces[name]:
            assert daemon.stop() == 0
            assert "Traceback" not in daemon.log()


def buses(daemon):
    """What its page shows of the buses."""
    url = "http://127.0.0.1:%d/healthz" % daemon.port
    with urllib.request.urlopen(url, timeout=30) as answer:
        return {bus["name"]: bus["state"] for bus in json.load(answer)["buses"]}


def heard(client, kind, data=PLACE):
    return [event for event in client.events
            if (event.vscp_class, event.vscp_type) == kind and event.data == data]


def test_a_switch_at_the_front_end_turns_a_lamp_of_the_house(tmp_path, spaces, daemons):
    house, front, garage = (spaces[name] for name in ("house", "front", "garage"))
    with front:
        assert wait_until(lambda: buses(daemons["front"]).get("house/demo") == "up")
        assert wait_until(lambda: buses(daemons["front"]).get("garage/demo") == "up")
        switch = Ws1(daemons["front"].port)
    with garage:
        neighbour = Ws1(daemons["garage"].port)
        garage_bus = Candump(tmp_path / "garage.log")
        garage_bus.__enter__()
    with house, Candump(tmp_path / "house.log") as bus:
        def turned():
            bus.catch_up()
            return [frame for frame in bus.frames()
                    if (frame.identifier >> 16 & 0x1FF, frame.identifier >> 8 & 0xFF) == TURN_ON]
        assert switch.send_event(Event(*TURN_ON, data=PLACE)) == 0
        assert wait_until(turned)
        # The lamp is on, and says so.
        cansend("0C140307#000201")
        assert switch.wait(lambda: heard(switch, ON))
        assert neighbour.wait(lambda: heard(neighbour, ON) and heard(neighbour, TURN_ON))
        assert len(turned()) == 1
    assert switch.ask("C;STATE;20;3") == "+;STATE;1"
    assert switch._reply().endswith(",0x00,0x02,0x01")
    assert len(heard(switch, ON)) == 1 and not heard(switch, TURN_ON)
    with garage:
        garage_bus.catch_up()
        assert garage_bus.frames() == []
        garage_bus.__exit__()

    # The house's daemon goes and comes back: the front-end says so, and all is as before.
    with house:
        daemons["house"].stop()
    with front:
        assert wait_until(lambda: buses(daemons["front"])["house/demo"] == "offline")
        assert switch.send_event(Event(*TURN_ON, data=PLACE)) == 3
    with house:
        daemons["house"].start()
    with front:
        assert wait_until(lambda: buses(daemons["front"])["house/demo"] == "up")
    assert wait_until(lambda: switch.send_event(Event(*TURN_ON, data=PLACE)) == 0)
    for client in (switch, neighbour):
        client.close()
