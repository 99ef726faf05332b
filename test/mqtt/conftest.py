"""A broker for each test, and daemons with a bridge to it."""

import pytest

import needs
from broker import Mosquitto
from mqtthouse import House


class Clock:
    """Seconds that a test moves."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def broker(tmp_path):
    needs.module("paho.mqtt.client")
    with Mosquitto(tmp_path) as broker:
        yield broker


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
