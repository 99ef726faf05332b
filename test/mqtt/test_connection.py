"""One connection to a real broker, or to one that the test plays, in the test's own thread."""

import select
import socket
import time

import pytest

import needs
from vscpws.mqtt.forms.packets import Message
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


class Played:
    """A connection to a broker that lets it in, says ``stream``, in pieces of so many bytes, and
    then goes."""

    def __init__(self, monkeypatch, stream, protocol="3.1.1", size=1000,
                 clock=time.monotonic):
        needs.module("paho.mqtt.client")
        from vscpws.mqtt import connection
        self.ours, self.broker = socket.socketpair()
        self.ours.setblocking(False)
        self.ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        monkeypatch.setattr(connection, "connect", lambda *to: self.ours)
        self.left = list(LETS_IN[protocol])
        self.left += [stream[at:at + size] for at in range(0, len(stream), size)]
        self.heard, self.lost = [], ""
        self.clock, self.unread = clock, 0
        try:
            made = connection.Connection(
                MqttSettings(url="mqtt://x", protocol=protocol), "", "test", "",
                self.heard.extend, lambda ticket: None, 65536, self._wait, clock)
            try:
                made.subscribe([connection.Subscription("a/#")])
                for _ in range(MOST):
                    made.turn(1.0)
            finally:
                made.close()
        except connection.Lost as lost:
            self.lost = str(lost)
        finally:
            self.ours.close()
            self.broker.close()

    def _wait(self, fileno, reading, writing, seconds):
        if not reading:
            return False
        if self.left:
            self.broker.sendall(self.left.pop(0))
        else:
            self.broker.close()
        return True


#: The answers to the login and to the subscription.
LETS_IN = {"3.1.1": (b"\x20\x02\0\0", b"\x90\x03\0\1\0"),
           "5": (b"\x20\x03\0\0\0", b"\x90\x04\0\1\0\0")}

GONE = ("", "the broker closed the connection", "Connection reset by peer")


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("protocol, packet", [
    ("3.1.1", b"\x20\0"), ("3.1.1", b"\x40\1\0"), ("3.1.1", b"\x90\0"), ("3.1.1", b"\x32\0"),
    ("3.1.1", b"\x34\4\0\1a\0"), ("3.1.1", b"\xf0\0"), ("3.1.1", b"\0\0"),
    ("5", b"\x90\x05\0\1\1\x7f\0"), ("5", b"\x40\4\0\1\x69\0"),
    ("5", b"\xb0\6\0\1\3\x23\0\1"), ("5", b"\x32\7\0\1a\0\1\1\x65"), ("5", b"\xf0\1\xff"),
    ("5", b"\x32\x0d\0\1a\0\1\x07\x26\0\1\x80\0\1\xff")])
def test_a_packet_that_nobody_can_read_ends_the_connection_in_order(monkeypatch, protocol, packet,
                                                                    size):
    played = Played(monkeypatch, packet, protocol, size)
    assert played.lost not in GONE and "\n" not in played.lost
    assert played.heard == []


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_topic_that_is_no_text_is_heard_alike_at_any_quality(monkeypatch, protocol):
    none = b"\0" if protocol == "5" else b""
    rests = {b"\x30": b"\0\2\x80a" + none, b"\x32": b"\0\2\x80a\0\1" + none}
    stream = b"".join(b"%b%c%b!" % (first, len(rest) + 1, rest) for first, rest in rests.items())
    played = Played(monkeypatch, stream, protocol)
    assert played.heard == [Message("\ufffda", b"!", False)] * 2
    assert played.lost in GONE


class Deaf(Played):
    """A broker that takes nothing as long as it is read; the clock moves as it does."""

    taken = b""

    def _wait(self, fileno, reading, writing, seconds):
        self.clock.now += 1.0
        if reading and self.left:
            return super()._wait(fileno, reading, writing, seconds)
        self.broker.setblocking(False)
        try:
            while True:
                self.taken += self.broker.recv(1 << 20)
        except BlockingIOError:
            self.broker.setblocking(True)
        self.unread += not reading
        return reading and super()._wait(fileno, reading, writing, seconds)


def test_a_broker_that_takes_no_answers_is_not_read_until_it_does(monkeypatch, clock):
    monkeypatch.setattr("vscpws.mqtt.wire._ROOM", 100)          # eight times as much at most
    messages = [b"\x32\6\0\1a%b!" % number.to_bytes(2, "big") for number in range(1, 10001)]
    played = Deaf(monkeypatch, b"".join(messages), size=5000, clock=clock)
    assert played.unread
    assert len(played.heard) == 10000
    acknowledged = [played.taken[at - 2:at] for at in range(len(played.taken) - 39996,
                                                            len(played.taken) + 1, 4)]
    assert acknowledged == [message[5:7] for message in messages]


def test_answers_that_nobody_waits_for_are_not_kept(monkeypatch):
    monkeypatch.setattr("vscpws.mqtt.connection.Connection.close",
                        lambda self, seconds=0.0: kept.append(self._granted))
    kept = []
    answers = b"".join(b"\x90\3" + number.to_bytes(2, "big") + b"\0" for number in range(2, 500))
    assert Played(monkeypatch, answers).lost
    assert kept == [[0]]
