"""The host as an end of a hub, over an edge that this file makes."""

import os
import types

import gevent
import pytest

from canfakes import until
from vscpws.driver import host
from vscpws.driver.host import join_host
from vscpws.hub.hub import Hub
from vscpws.model.errors import ParseError, TransmitBufferFull
from vscpws.model.event import Event
from vscpws.model.filter import Filter, parse_pattern
from vscpws.settings import HostSettings, Interface

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060700")
EVENT = Event(0x60, 10, 6, 0, 1, 2, GUID, b"\1")


class FakeEdge:
    """The queues of one handle; its descriptor is a pipe's."""

    def __init__(self, pipe, size=16):
        self.size, self.pipe = size, pipe
        self.inward, self.outward = [], []
        self.refused, self.why = 0, ""

    def prepare(self, number, layout, inward, outward):
        self.layout = layout
        return self.pipe[0]

    def take(self, number, most, kind, obid, guid):
        events, self.inward = self.inward[:most], self.inward[most:]
        return [event._replace(obid=obid, guid=event.guid if any(event.guid) else guid)
                for event in events]

    def put(self, number, event):
        if len(self.outward) >= self.size:
            return False
        self.outward.append(event)
        return True

    def room(self, number):
        return self.size - len(self.outward)

    def counts(self, number):
        return len(self.inward), len(self.outward), self.refused, self.why, 0


class Ear:
    label = "ear"

    def __init__(self):
        self.heard = []

    def take(self, batch):
        self.heard += batch.events
        return len(batch.events)

    def fail(self, reason):
        raise AssertionError(reason)


class Stage:
    def __init__(self, edge, settings=None, **interface):
        self.edge, self.hub, self.ear = edge, Hub(10000, 0), Ear()
        self.hub.attach(self.ear)
        self.host = join_host(edge, 7, settings or HostSettings(),
                              Interface("host", "", GUID, **interface))(self.hub)
        self.loop = gevent.spawn(self.hub.run)
        self.channel = self.hub.channel("client")

    def submit(self, event):
        self.channel.submit(event._replace(obid=self.channel.obid))

    def end(self):
        self.host.stop()
        self.loop.kill()


def let_turn(times):
    """So many turns of the loop, each with all that is ready."""
    for _ in range(times):
        gevent.sleep(0.0001)


@pytest.fixture
def edge():
    pipe = os.pipe()
    os.write(pipe[1], b"x")         # always readable, as where more waits
    yield FakeEdge(pipe)
    for each in pipe:
        os.close(each)


@pytest.fixture
def stage(edge):
    stage = Stage(edge)
    yield stage
    stage.end()


def test_what_the_host_writes_is_heard_and_does_not_come_back(stage, edge):
    edge.inward += [EVENT, EVENT._replace(guid=bytes(16))]
    stage.host.start()
    until(lambda: len(stage.ear.heard) == 2)
    assert [event.guid for event in stage.ear.heard] == [GUID, GUID[:14] + b"\0\0"]
    assert not edge.outward and stage.hub.came["host"] == 2
    assert stage.host.status().details["received"] == 2


def test_what_a_client_sends_is_accepted_when_its_queue_has_it(stage, edge):
    stage.submit(EVENT)
    assert [event.data for event in edge.outward] == [b"\1"]
    edge.size = 1
    assert stage.host.status().state == "full" and not stage.host.status().usable
    with pytest.raises(TransmitBufferFull, match="host"):
        stage.submit(EVENT)
    assert stage.host.status().details["no_room"] == 1


def test_an_event_for_any_interface_is_for_the_host(stage, edge):
    stage.submit(EVENT._replace(vscp_class=522, data=bytes(range(16)) + b"\1"))
    assert len(edge.outward) == 1


def test_a_carrier_with_the_guid_comes_before_a_gateway(stage, edge):
    class Lamp:
        name, guid, level1_data = "lamp", GUID, 8
        taken = []
        carries = staticmethod(lambda event: True)
        has_room = staticmethod(lambda: True)
        put = taken.append
    stage.hub.add(Lamp)
    stage.submit(EVENT._replace(vscp_class=522, data=GUID + b"\1"))
    assert len(Lamp.taken) == 1 and not edge.outward
    stage.hub.remove(stage.host)
    with pytest.raises(ParseError):
        stage.submit(EVENT._replace(vscp_class=522, data=bytes(range(16)) + b"\1"))


def test_one_that_is_too_long_goes_to_the_clients_alone(edge, caplog):
    stage = Stage(edge, HostSettings(host_data_size=8))
    stage.submit(EVENT._replace(vscp_class=1024, data=bytes(9)))
    until(lambda: stage.ear.heard)
    assert not edge.outward and stage.host.status().details["too_long"] == 1
    assert "9 data bytes: see host-data-size" in caplog.text
    stage.end()


def test_one_may_have_as_many_bytes_as_the_host_takes(edge):
    stage = Stage(edge, HostSettings(host_data_size=8))
    stage.submit(EVENT._replace(vscp_class=1024, data=bytes(8)))
    assert len(edge.outward) == 1 and not stage.host.status().details["too_long"]
    stage.end()


def test_all_is_counted_from_nothing(stage, edge):
    status = stage.host.status()
    assert (status.kind, status.name, status.state, status.reason) == ("host", "host", "up", "")
    assert status.usable and set(status.details.values()) == {0}
    stage.host.put(EVENT)
    stage.host.put(EVENT)
    edge.size = 2
    stage.host.put(EVENT)
    stage.host.miss(EVENT)
    edge.inward += [EVENT] * 3
    status = stage.host.status()
    assert (status.state, status.reason) == ("full", "the host reads no events")
    assert {name: value for name, value in status.details.items() if value} == {
        "receive_queue": 3, "transmit_queue": 2, "sent": 2, "missed": 2}


def test_its_filter_acts_on_what_the_host_writes(edge):
    stage = Stage(edge, filter=Filter(parse_pattern("0,10"), parse_pattern("0,0xFFFF")))
    edge.inward += [EVENT._replace(vscp_class=20), EVENT]
    stage.host.start()
    until(lambda: stage.ear.heard)
    assert [event.vscp_class for event in stage.ear.heard] == [10]
    assert stage.host.status().details["filtered"] == 1
    stage.end()


@pytest.mark.parametrize("count", [1, 3])
def test_what_was_refused_is_told_once_with_the_layout(stage, edge, caplog, count):
    edge.refused, edge.why = count, "no date"
    stage.host.start()
    until(lambda: "it has no date" in caplog.text)
    gevent.sleep(0.01)
    assert caplog.text.count("was refused") == 1 and "event-layout 56" in caplog.text


def test_nothing_is_taken_while_it_must_wait_but_all_of_it_at_the_end(stage, edge):
    must_wait = [True]
    stage.host.must_wait = lambda: must_wait[0]
    edge.inward += [EVENT] * 600
    stage.host.start()
    gevent.sleep(0.02)
    assert len(edge.inward) == 600
    stage.host.drain()
    assert not edge.inward
    until(lambda: len(stage.ear.heard) == 600)


def test_all_is_taken_at_the_end_though_the_hub_is_behind(stage, edge):
    edge.inward += [EVENT] * 5000
    stage.host.start()
    stage.host.drain()
    until(lambda: len(stage.ear.heard) == 5000)


def test_an_end_at_which_nothing_can_be_taken_is_no_wait_for_ever(stage, edge, monkeypatch):
    def fail(*_):
        raise LookupError("no handle 7")

    monkeypatch.setattr(edge, "take", fail)
    edge.inward.append(EVENT)
    stage.host.start()
    with gevent.Timeout(5), pytest.raises(LookupError):
        stage.host.drain()


def test_no_more_is_taken_than_the_hub_may_be_behind(stage, edge):
    stage.loop.kill()
    edge.inward += [EVENT] * 5000
    stage.host.start()
    let_turn(30)
    assert len(edge.inward) == 5000 - 2048


def test_it_takes_nothing_after_its_stop(stage, edge):
    stage.host.start()
    stage.host.stop()
    stage.host.stop()
    edge.inward.append(EVENT)
    let_turn(3)
    stage.host.drain()
    assert len(edge.inward) == 1


def test_while_it_must_wait_it_looks_now_and_then(stage, edge, monkeypatch):
    looks = []
    monkeypatch.setattr(host, "_REST", 600)
    stage.host.must_wait = lambda: looks.append(1) or True
    stage.host.start()
    let_turn(10)
    assert len(looks) == 1


class FakeLoop:
    """One of gevent's, whose watchers a test calls."""

    def __init__(self):
        self.called = {}

    def io(self, *_):
        return FakeWatcher(self.called, "io")

    def timer(self, *_):
        return FakeWatcher(self.called, "timer")


class FakeWatcher:
    def __init__(self, called, name):
        self._called, self._name = called, name

    def start(self, callback):
        self._called[self._name] = callback

    again = start

    def stop(self):
        self._called.pop(self._name, None)

    close = stop


def test_it_waits_for_the_clock_or_for_the_host_and_never_for_both(stage, edge, monkeypatch):
    loop = FakeLoop()
    must_wait = [True]
    stage.host.must_wait = lambda: must_wait[0]
    monkeypatch.setattr(gevent, "get_hub", lambda: types.SimpleNamespace(loop=loop))
    stage.host.start()
    assert set(loop.called) == {"io"}
    loop.called["io"]()
    assert set(loop.called) == {"timer"}
    loop.called["timer"]()
    assert set(loop.called) == {"io"}
    loop.called["io"]()
    assert set(loop.called) == {"timer"}
    stage.host.stop()
    assert not loop.called


def test_it_goes_on_when_it_need_not_wait_any_more(stage, edge):
    must_wait = [True]
    stage.host.must_wait = lambda: must_wait[0]
    edge.inward += [EVENT] * 600
    stage.host.start()
    gevent.sleep(0.01)
    must_wait[0] = False
    until(lambda: len(stage.ear.heard) == 600)
