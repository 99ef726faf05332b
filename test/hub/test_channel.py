"""The way of an end into the hub."""

import pytest

from vscpws.hub.hub import Hub
from vscpws.model.errors import TransmitBufferFull
from vscpws.model.event import Event


def event(obid=1):
    return Event(0, 10, 6, obid, 0, 0, bytes(16), b"")


class Carrier:
    name, guid, level1_data = "bus", bytes(16), 64

    def __init__(self):
        self.got, self.is_full = [], False

    def carries(self, event):
        return True

    def has_room(self):
        return not self.is_full

    def put(self, event):
        self.got.append(event)

    def miss(self, event):
        raise AssertionError("nothing else takes it")


@pytest.fixture
def hub():
    return Hub(queue_size=3, pause=0)


def test_each_has_an_obid_of_its_own_and_none_has_zero(hub):
    assert [hub.channel(kind).obid for kind in ("bus", "client", "bus")] == [1, 2, 3]


def test_what_comes_in_is_counted_by_its_kind(hub):
    bus, client = hub.channel("bus"), hub.channel("client")
    assert (bus.kind, client.kind, hub.came) == ("bus", "client", {"bus": 0, "client": 0})
    bus.deliver([event(), event()])
    client.submit(event())
    hub.channel("bus")
    assert (hub.came, hub.waiting) == ({"bus": 2, "client": 1}, 3)


def test_what_waits_for_the_hub_is_told_on_every_way_in(hub):
    bus, client = hub.channel("bus"), hub.channel("client")
    assert (bus.waiting, client.waiting) == (0, 0)
    bus.deliver([event(), event()])
    assert (bus.waiting, client.waiting) == (2, 2)


def test_what_is_delivered_has_happened_and_what_is_submitted_is_to_happen(hub):
    carrier, channel = Carrier(), hub.channel("client")
    hub.add(carrier)
    channel.deliver([event(5)])
    assert carrier.got == []
    channel.submit(event(6))
    assert [each.obid for each in carrier.got] == [6]


def test_a_refusal_reaches_who_has_submitted(hub):
    carrier, channel = Carrier(), hub.channel("client")
    carrier.is_full = True
    hub.add(carrier)
    with pytest.raises(TransmitBufferFull, match="bus: nothing is taken"):
        channel.submit(event())


def test_it_tells_how_much_data_an_event_may_have(hub):
    channel = hub.channel("client")
    assert channel.level1_data == 8
    hub.add(Carrier())
    assert channel.level1_data == 64
