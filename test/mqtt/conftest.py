"""A broker for each test, and daemons on a stage with a bridge to it."""

import pytest

import needs
from appstage import Stage
from broker import Mosquitto
from vscpws.settings import ClientLimits, MqttSettings


@pytest.fixture
def broker(tmp_path):
    needs.module("paho.mqtt.client")
    with Mosquitto(tmp_path) as broker:
        yield broker


class House(Stage):
    """A daemon with a bridge and one virtual bus, or none; ``mqtt`` are settings of the bridge."""

    def __init__(self, folder, broker, name="house", bus=True, users=None, ends=None, **mqtt):
        self.bus_name = "%s-%s" % (folder.name, name)
        folder = folder / name
        folder.mkdir(exist_ok=True)
        self.entries = users or {"admin": {}}
        super().__init__(folder, self.bus_name, ends=ends if bus else [], mqtt=MqttSettings(
            **{"url": broker.url, "name": name, **mqtt}), clients=ClientLimits(drain_time=0.0))

    def write_users(self, **entries):
        super().write_users(**self.entries)

    def bridge(self):
        return self.service.bridge.status().as_dict()

    def up(self):
        self.until(lambda: self.service.bridge.status().state == "up")
        self.until(lambda: all(bus["state"] == "up" for bus in self.service.health()["buses"]))
        return self


@pytest.fixture
def house(tmp_path, broker):
    """``house(**mqtt)`` makes one that is up; all end with the test."""
    houses = []

    def make(**options):
        made = House(tmp_path, broker, **options)
        made.__enter__()
        houses.append(made)
        return made.up()
    yield make
    for made in reversed(houses):
        made.__exit__(None, None, None)
