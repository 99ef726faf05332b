"""The carrier to another daemon, with a broker of the test's own."""

import json

import gevent
import pytest

from vscpws.model.errors import TransmitBufferFull
from vscpws.model.event import Event
from vscpws.model.guid import ZERO, format_guid
from vscpws.mqtt import forward
from vscpws.mqtt.forward import Forward
from vscpws.mqtt.recent import Recent

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060009")
EVENT = Event(96, 30, 5, 1, 1764141611000000, 7, GUID, b"\0")
FROM_BROKER = 5


class Hub:
    carried = False

    def others_carry(self, asking, event):
        return self.carried


class Stage:
    """``answer`` is what the broker says: whether it has taken it, or None for nothing at all."""

    def __init__(self, clock):
        self.hub, self.recent, self.reason = Hub(), Recent(clock), ""
        self.sent, self.takes, self.answer = [], True, True
        self.forward = Forward("house", "front", self.hub, frozenset([FROM_BROKER]),
                               lambda: self.reason, lambda: 64, self.publish, self.recent)

    def publish(self, message):
        assert self.forward.waiting >= 1 and not self.recent.fresh([EVENT])
        self.sent.append(message)
        if self.answer is not None:
            message.ticket.set(self.answer)
        return self.takes


@pytest.fixture
def stage(clock):
    return Stage(clock)


def test_what_the_broker_has_taken_is_forwarded(stage):
    stage.forward.put(EVENT)
    (topic, payload, retain, qos, _), = stage.sent
    assert (topic, retain, qos) == ("vscpwsd/house/send", False, 1)
    found = json.loads(payload)
    assert (found["from"], found["class"], found["guid"]) == ("front", 30, format_guid(GUID))
    assert stage.forward.counts == {"forwarded": 1, "unanswered": 0, "refused": 0}
    assert stage.forward.waiting == 0 and not stage.recent.fresh([EVENT])


def test_it_is_known_in_the_hub_as_often_as_it_was_forwarded(stage):
    assert not stage.forward.is_ours(EVENT)
    stage.forward.put(EVENT)
    stage.forward.put(EVENT)
    other = EVENT._replace(data=b"\1")
    assert [stage.forward.is_ours(each) for each in (other, EVENT, EVENT, EVENT)] == [
        False, True, True, False]


@pytest.mark.parametrize("takes, answer", [(False, None), (True, False), (True, None)])
def test_what_it_has_not_taken_is_the_senders_to_know(stage, monkeypatch, takes, answer):
    monkeypatch.setattr(forward, "_TIME", 0.01)
    stage.takes, stage.answer = takes, answer
    with pytest.raises(TransmitBufferFull, match="mqtt to house: the broker did not take it"):
        stage.forward.put(EVENT)
    assert stage.forward.counts == {"forwarded": 0, "unanswered": 1, "refused": 0}
    assert stage.forward.waiting == 0
    assert stage.recent.fresh([EVENT]) and not stage.forward.is_ours(EVENT)


def test_a_client_waits_five_seconds_for_the_answer(stage, monkeypatch):
    waited = []

    class Answer:
        wait = staticmethod(waited.append)
        set = staticmethod(lambda taken: None)

    monkeypatch.setattr(forward, "AsyncResult", Answer)
    with pytest.raises(TransmitBufferFull):
        stage.forward.put(EVENT)
    assert waited == [5.0]


def test_it_carries_what_is_of_here_and_nobody_else_carries(stage):
    assert stage.forward.guid == ZERO and stage.forward.level1_data == 64
    assert stage.forward.carries(EVENT)
    assert not stage.forward.carries(EVENT._replace(obid=FROM_BROKER))
    stage.hub.carried = True
    assert not stage.forward.carries(EVENT)


def test_256_may_wait_and_nothing_while_it_is_not_ready(stage):
    stage.answer = None
    clients = [gevent.spawn(stage.forward.put, EVENT) for _ in range(255)]
    try:
        gevent.idle()
        assert stage.forward.waiting == 255 and stage.forward.has_room()
        stage.reason = "the broker is away"
        assert not stage.forward.has_room()
        stage.reason = ""
        clients.append(gevent.spawn(stage.forward.put, EVENT))
        gevent.idle()
        assert not stage.forward.has_room()
    finally:
        for message in stage.sent:
            message.ticket.set(True)
        gevent.joinall(clients, timeout=10)
    assert stage.forward.has_room() and stage.forward.counts["forwarded"] == 256


def test_its_state_has_the_reason_and_is_nothing_that_the_daemon_needs(stage):
    status = stage.forward.status()
    assert (status.kind, status.name, status.state, status.reason) == (
        "forward", "mqtt to house", "up", "")
    assert status.usable and not status.required and status.details["forwarded"] == 0
    stage.reason = "no such daemon"
    status = stage.forward.status()
    assert (status.state, status.reason, status.usable) == ("down", "no such daemon", False)
