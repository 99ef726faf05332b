"""One connection to a real broker, in the test's own thread."""

import select

from vscpws.mqtt.waiting import Outgoing
from vscpws.settings import MqttSettings

MOST = 1000                     # turns until a test gives up


class Stage:
    """A connection that hears itself. ``waits`` are whether it waited for reading, and how long;
    the clock moves by each turn, and by each rest."""

    def __init__(self, broker, clock):
        from vscpws.mqtt.connection import Connection, Subscription  # needs paho

        self.clock, self.waits, self.heard = clock, [], []
        self.connection = Connection(
            MqttSettings(url=broker.url), "", "test", "", self.heard.extend, lambda ticket: None,
            65536, self._wait, clock)
        assert self.connection.subscribe([Subscription("a/#")]) == []

    def _wait(self, fileno, reading, writing, seconds):
        self.waits.append((reading, seconds))
        if not reading:
            self.clock.now += seconds
            return False
        return bool(select.select([fileno], [fileno] if writing else [], [], 10)[0])

    def flood(self, count, first=0):
        """Publish so many messages and read all of them."""
        del self.heard[:], self.waits[:]
        for number in range(first, first + count):
            self.connection.publish(Outgoing("a/b", b"%d" % number))
        for _ in range(MOST):
            self.clock.now += 0.0001
            self.connection.turn(1.0)
            if len(self.heard) == count:
                break
        assert [int(message.payload) for message in self.heard] == list(range(first, first + count))


def test_what_comes_fast_gathers_between_two_readings(broker, clock):
    stage = Stage(broker, clock)
    rests = []
    for first in range(0, 5000, 1000):
        stage.flood(1000, first)
        rests += [seconds for reading, seconds in stage.waits if not reading]
    assert rests and max(rests) <= 0.0025
    stage.connection.close()


def test_a_single_message_is_read_at_once(broker, clock):
    stage = Stage(broker, clock)
    for number in range(5):
        clock.now += 1.0
        stage.flood(1, number)
        assert all(reading for reading, _ in stage.waits)
    stage.connection.close()
