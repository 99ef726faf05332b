"""A carrier that takes its time for one event, and what becomes of its sender meanwhile."""

import socket
import threading

import gevent.event
import pytest
from websocket import ABNF
from websockets.frames import Close, Frame, Opcode

from web.stage import Stage

LINE = b"E;0,20,9,0,,,-,0x%02X"


class Slow:
    """Takes all events; the one of this number once it is told to go on."""

    name, guid, level1_data = "slow", bytes(16), 8

    def __init__(self, number):
        self.taken = []
        self.waits = False
        self._number = number
        self.go_on = gevent.event.Event()

    def carries(self, event):
        return True

    def has_room(self):
        return True

    def put(self, event):
        if event.data[0] == self._number:
            self.waits = True
            self.go_on.wait()
            self.waits = False
        self.taken.append(event.data[0])

    def miss(self, event):
        raise AssertionError("it takes everything")


def send(client, *numbers):
    """All of them in one piece."""
    client.sock.sendall(b"".join(
        Frame(Opcode.TEXT, LINE % number).serialize(mask=True) for number in numbers))


@pytest.fixture
def slow(tmp_path):
    """A stage with a carrier that waits for event 5, and a client that has sent events 1 to 9."""
    with Stage(tmp_path, ping_interval=5, pong_wait=5) as stage:
        stage.slow = stage.call(lambda: Slow(5))
        stage.hub.add(stage.slow)
        stage.client = stage.log_in()
        send(stage.client, 1)
        assert stage.client.recv() == "+;EVENT"
        send(stage.client, *range(2, 10))
        stage.until(lambda: stage.slow.waits)
        yield stage
        stage.client.shutdown()


def test_the_replies_that_are_due_come_with_the_next_tick_and_no_silence_is_counted(slow):
    slow.tick(1000)
    assert [slow.client.recv() for _ in range(3)] == ["+;EVENT"] * 3
    slow.call(slow.slow.go_on.set)
    assert [slow.client.recv() for _ in range(5)] == ["+;EVENT"] * 5
    assert slow.slow.taken == list(range(1, 10))


def test_who_is_closed_meanwhile_has_them_and_no_more_is_passed_on(slow):
    shutting = threading.Thread(target=lambda: slow.call(lambda: slow.clients.shut_down(5)))
    shutting.start()
    assert [slow.client.recv() for _ in range(3)] == ["+;EVENT"] * 3
    opcode, data = slow.client.recv_data()
    assert (opcode, Close.parse(data)) == (ABNF.OPCODE_CLOSE, Close(1001, "shutting down"))
    slow.call(slow.slow.go_on.set)
    slow.client.shutdown()
    shutting.join(10)
    assert slow.slow.taken == [1, 2, 3, 4, 5]


def test_of_who_is_cut_meanwhile_no_more_is_passed_on(slow):
    slow.call(lambda: [client.cut("test") for client in slow.clients])
    slow.call(slow.slow.go_on.set)
    slow.until(lambda: not slow.clients.connections)
    assert slow.slow.taken == [1, 2, 3, 4, 5]


def test_who_takes_his_replies_slowly_is_not_taken_for_gone(tmp_path):
    with Stage(tmp_path, ping_interval=5, pong_wait=5, max_message_rate=0) as stage:
        client = stage.log_in(sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
        held, = stage.clients
        client.sock.settimeout(0.2)
        many = Frame(Opcode.TEXT, b"C;COPYRIGHT").serialize(mask=True) * 100
        while not stage.call(lambda: held.port.waits):
            try:
                client.sock.sendall(many)
            except socket.timeout:
                pass
        stage.tick(1000)
        client.sock.settimeout(10)
        assert stage.call(lambda: list(stage.clients)) == [held]
        client.shutdown()
