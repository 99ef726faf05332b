import gevent
import gevent.event
import pytest

from vscpws.codec.canframe import frame_from_event
from vscpws.hub.hub import Hub
from vscpws.model.errors import ParseError, TransmitBufferFull
from vscpws.model.event import Event
from vscpws.web.outbox import Outbox

BUS, CLIENT, OTHER = 1, 11, 12


class Everything:
    def passes(self, event):
        return True


def event(number, obid=BUS, vscp_class=10, data=b""):
    return Event(0, vscp_class, number, obid, 0, 0, bytes(16), data)


class Bus:
    """A carrier that takes Level I events, as long as it has room."""

    def __init__(self, name="bus", guid=bytes(16), room=1000, fd=False):
        self.name, self.guid, self.room, self.fd = name, guid, room, fd
        self.level1_data = 64 if fd else 8
        self.got, self.missed = [], []

    def carries(self, event):
        return frame_from_event(event, self.fd) is not None

    def has_room(self):
        return self.room > len(self.got)

    def put(self, event):
        self.got.append(event.vscp_type)

    def miss(self, event):
        self.missed.append(event.vscp_type)


class Refusing(Bus):
    """One that has room until it is given something."""

    def __init__(self, name, error=TransmitBufferFull):
        super().__init__(name)
        self._error = error

    def put(self, event):
        raise self._error("%s changed its mind" % self.name)


def a_hub(*args, **kwargs):
    """One with a channel of each kind."""
    hub = Hub(*args, **kwargs)
    hub.channel("bus")
    hub.channel("client")
    return hub


def join(hub, *carriers):
    for carrier in carriers:
        hub.add(carrier)


def guid(*last):
    """One that this host's MAC address gives an interface: the last two bytes are its number, 0."""
    return b"\xff" * 7 + b"\xfe\2\0\0\0\0\1" + bytes(last)


class Client:
    def __init__(self, hub, obid, send=None):
        self.got = b""
        self.lost = []
        self.outbox = Outbox("client %d" % obid, lambda event: b"<%d>" % event.vscp_type, obid,
                             100, 10000, send or self.send, lambda: None, self.lost.append)
        self.outbox.select(Everything())
        self.outbox.open()
        hub.attach(self.outbox)

    def send(self, data):
        self.got += data
        return len(data)


class Busy:
    """A hub whose batches take so long that it rests after them, on a clock of its own."""

    def __init__(self, work, pause):
        self.slept, self.now, self._work = [], 100.0, work
        self.at_rest = lambda: None
        self.hub = a_hub(50, pause=pause, now=lambda: self.now, sleep=self._sleep)
        self.client = Client(self.hub, CLIENT, self._send)

    def __enter__(self):
        self._loop = gevent.spawn(self.hub.run)
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self._loop.kill(block=False)

    def _send(self, data):
        self.now += self._work
        return self.client.send(data)

    def passes(self, seconds):
        self.now += seconds

    def _sleep(self, seconds):
        self.slept.append(seconds)
        if seconds:
            at_rest, self.at_rest = self.at_rest, lambda: None
            at_rest()
        gevent.sleep(0)

    def deliver(self):
        """Ten events, and all that follows from them."""
        self.hub.deliver("bus", [event(number) for number in range(10)])
        settle(self.hub)
        for _ in range(5):
            gevent.sleep(0)


@pytest.fixture
def hub():
    hub = a_hub(queue_size=50, pause=0)
    loop = gevent.spawn(hub.run)
    yield hub
    loop.kill()


def settle(hub):
    assert hub.wait_idle(5)


def until(condition):
    """Let the greenlets run until ``condition()`` is true; fail at the deadline."""
    with gevent.Timeout(5, AssertionError("too late")):
        while not condition():
            gevent.sleep(0)


class TestFanOut:
    def test_events_of_a_bus_reach_every_client_in_order(self, hub):
        clients = [Client(hub, obid) for obid in (CLIENT, OTHER)]
        hub.deliver("bus", [event(1), event(2)])
        hub.deliver("bus", [event(3)])
        settle(hub)
        assert [client.got for client in clients] == [b"<1><2><3>"] * 2
        assert hub.counters["delivered"] == 6
        assert hub.came == {"bus": 3, "client": 0}

    def test_all_that_waits_is_one_batch(self, hub):
        client = Client(hub, CLIENT)
        for number in range(5):
            hub.deliver("bus", [event(number)])
        settle(hub)
        assert hub.counters["batches"] == 1
        assert client.got == b"<0><1><2><3><4>"

    def test_a_client_that_left_gets_nothing(self, hub):
        client = Client(hub, CLIENT)
        hub.detach(client.outbox)
        hub.deliver("bus", [event(1)])
        settle(hub)
        assert client.got == b""

    @pytest.mark.parametrize("error", [ConnectionResetError("gone"), RuntimeError("bug")])
    def test_a_client_that_fails_is_lost_alone(self, hub, error):
        def fail(data):
            raise error
        bad, good = Client(hub, CLIENT, fail), Client(hub, OTHER)
        hub.deliver("bus", [event(1)])
        settle(hub)
        hub.deliver("bus", [event(2)])
        settle(hub)
        assert good.got == b"<1><2>"
        assert len(bad.lost) == 1

    def test_beyond_the_queue_events_are_counted_as_overrun(self, hub):
        client = Client(hub, CLIENT)
        hub.deliver("bus", [event(number) for number in range(60)])
        settle(hub)
        assert hub.counters["overrun"] == 10
        assert client.got.endswith(b"<49>")

    def test_what_waits_takes_its_place_in_the_queue(self, hub):
        client = Client(hub, CLIENT)
        for first in (0, 30):
            hub.deliver("bus", [event(number) for number in range(first, first + 30)])
        settle(hub)
        assert (hub.counters["overrun"], hub.came["bus"]) == (10, 50)
        assert client.got.endswith(b"<49>")

    @pytest.mark.parametrize("work, rest", [(0.1, 0.4), (0.2, 0.3), (0.6, 0)])
    def test_after_a_batch_it_rests_as_its_work_demands(self, work, rest):
        with Busy(work, pause=0.5) as busy:
            busy.deliver()
            assert busy.slept == [0]            # nothing is known yet of how fast events come
            busy.deliver()
            assert busy.slept == [0, pytest.approx(rest), 0] if rest else [0, 0]

    def test_another_pause_counts_from_the_next_batch_on(self):
        with Busy(0.1, pause=0.5) as busy:
            busy.deliver()
            busy.hub.set_pause(0.25)
            busy.deliver()
            assert busy.slept == [0, pytest.approx(0.15), 0]

    def test_a_reader_rests_with_the_hub_and_its_events_are_in_the_next_batch(self):
        with Busy(0.1, pause=0.5) as busy:
            channel, order = busy.hub.channel("bus"), []

            def read():
                channel.rest()
                order.append("read")
                channel.deliver([event(99)])

            def at_rest():
                gevent.spawn(read)
                for _ in range(3):
                    gevent.sleep(0)
                order.append("at rest")
            busy.at_rest = at_rest
            busy.deliver()
            channel.rest()                      # it doesn't rest: at once
            busy.deliver()
            assert order == ["at rest", "read"]
            assert busy.client.got.endswith(b"<99>")
            assert busy.hub.counters["batches"] == 3

    def test_a_hub_that_is_ended_at_rest_leaves_no_reader_waiting(self):
        with Busy(0.1, pause=0.5) as busy:
            busy.at_rest = busy.end
            busy.deliver()
            busy.deliver()
            with gevent.Timeout(5):
                busy.hub.channel("bus").rest()

    def test_how_long_events_took_is_counted_by_the_oldest_of_a_batch(self):
        now = [100.0]

        def send(data):
            now[0] += 0.02
            return len(data)
        hub = a_hub(50, pause=0, now=lambda: now[0])
        Client(hub, CLIENT, send)
        hub.deliver("bus", [event(1), event(2)])
        now[0] += 0.01
        hub.deliver("bus", [event(3)])
        loop = gevent.spawn(hub.run)
        settle(hub)
        hub.deliver("bus", [event(4)])
        settle(hub)
        loop.kill()
        latency = hub.latency.as_dict()
        assert {bound: count for bound, count in zip(latency["bounds"], latency["counts"])
                if count} == {0.05: 3, 0.025: 1}
        assert latency["sum"] == pytest.approx(3 * 0.03 + 0.02)

    def test_an_event_that_can_t_be_written_is_counted(self, hub):
        client = Client(hub, CLIENT)
        hub.deliver("bus", [event(1), event(None), event(2)])
        settle(hub)
        assert (client.got, hub.counters["unwritable"]) == (b"<1><2>", 1)


class TestSubmit:
    def test_an_event_goes_to_the_others_and_to_the_bus_but_never_back(self, hub):
        bus = Bus()
        join(hub, bus)
        sender, other = Client(hub, CLIENT), Client(hub, OTHER)
        hub.submit("client", event(5, obid=CLIENT))
        settle(hub)
        assert (sender.got, other.got, bus.got) == (b"", b"<5>", [5])
        assert hub.came == {"bus": 0, "client": 1}

    def test_a_bus_that_left_carries_nothing(self, hub):
        gone, bus = Bus("gone"), Bus()
        join(hub, gone, bus)
        hub.remove(gone)
        hub.remove(gone)
        hub.submit("client", event(5, obid=CLIENT))
        assert (gone.got, gone.missed, bus.got) == ([], [], [5])

    @pytest.mark.parametrize("vscp_class", [1024, 1040])
    def test_level_2_events_go_to_clients_only(self, hub, vscp_class):
        bus = Bus()
        join(hub, bus)
        other = Client(hub, OTHER)
        hub.submit("client", event(5, obid=CLIENT, vscp_class=vscp_class))
        settle(hub)
        assert (other.got, bus.got) == (b"<5>", [])

    def test_a_bus_without_room_misses_what_the_other_buses_and_the_clients_get(self, hub):
        buses = Bus("a"), Bus("b", room=0), Bus("c")
        join(hub, *buses)
        sender, other = Client(hub, CLIENT), Client(hub, OTHER)
        hub.submit("client", event(5, obid=CLIENT))
        hub.submit("client", event(6, obid=CLIENT))
        settle(hub)
        assert [bus.got for bus in buses] == [[5, 6], [], [5, 6]]
        assert [bus.missed for bus in buses] == [[], [5, 6], []]
        assert (sender.got, other.got) == (b"", b"<5><6>")

    def test_if_no_bus_that_carries_it_has_room_nothing_is_sent_anywhere(self, hub):
        buses = Bus("a", room=0), Bus("b", room=0)
        join(hub, *buses)
        other = Client(hub, OTHER)
        with pytest.raises(TransmitBufferFull, match="a, b"):
            hub.submit("client", event(5, obid=CLIENT))
        settle(hub)
        assert (other.got, [bus.got + bus.missed for bus in buses]) == (b"", [[], []])
        assert hub.came["client"] == 0

    def test_a_bus_that_does_not_carry_it_neither_takes_nor_misses_it(self, hub):
        classic, fd = Bus("classic"), Bus("fd", room=0, fd=True)
        join(hub, classic, fd)
        with pytest.raises(TransmitBufferFull):
            # Only the full bus carries so much.
            hub.submit("client", event(5, CLIENT, data=bytes(20)))
        fd.room = 1
        hub.submit("client", event(6, CLIENT, data=bytes(20)))
        assert (classic.got, classic.missed, fd.got, fd.missed) == ([], [], [6], [])

    def test_full_buses_are_nothing_to_an_event_that_no_bus_carries(self, hub):
        bus = Bus(room=0)
        join(hub, bus)
        other = Client(hub, OTHER)
        hub.submit("client", event(5, CLIENT, 1040))
        settle(hub)
        assert (other.got, bus.missed) == (b"<5>", [])

    @pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
    @pytest.mark.parametrize("error", [TransmitBufferFull, ValueError])
    def test_a_bus_that_refuses_after_all_misses_what_others_take(self, hub, order, error):
        buses = Bus("a"), Refusing("b", error), Bus("c")
        join(hub, *(buses[number] for number in order))
        other = Client(hub, OTHER)
        hub.submit("client", event(5, obid=CLIENT))
        settle(hub)
        assert [bus.got for bus in buses] == [[5], [], [5]]
        assert [bus.missed for bus in buses] == [[], [5], []]
        assert other.got == b"<5>"

    def test_one_that_fails_at_what_it_missed_costs_nobody_the_event(self, hub, caplog):
        failing, bus, other = Bus("a", room=0), Bus("b"), Client(hub, OTHER)
        failing.miss = lambda event: 1 // 0
        join(hub, failing, bus)
        hub.submit("client", event(5, obid=CLIENT))
        settle(hub)
        assert (other.got, bus.got, hub.came["client"]) == (b"<5>", [5], 1)
        assert "a: failed" in caplog.text

    def test_where_all_refuse_after_all_nothing_is_sent_anywhere(self, hub):
        buses = Refusing("a"), Refusing("b"), Bus("c", room=0)
        join(hub, *buses)
        other = Client(hub, OTHER)
        with pytest.raises(TransmitBufferFull, match="b changed its mind"):
            hub.submit("client", event(5, obid=CLIENT))
        settle(hub)
        assert (other.got, [bus.got + bus.missed for bus in buses]) == (b"", [[], [], []])
        assert hub.came["client"] == 0

    def test_a_carrier_that_waits_in_its_put_holds_up_that_event_alone(self, hub):
        patient, other = Bus(), Client(hub, OTHER)
        answered = gevent.event.Event()
        patient.put = lambda event: answered.wait()
        patient.carries = lambda event: event.vscp_type == 5
        join(hub, patient)
        sender = gevent.spawn(hub.submit, "client", event(5, obid=CLIENT))
        gevent.sleep(0)
        hub.submit("client", event(6, obid=CLIENT))
        hub.deliver("bus", [event(7)])
        settle(hub)
        assert other.got == b"<6><7>"
        answered.set()
        sender.get()
        settle(hub)
        assert (other.got, hub.waiting) == (b"<6><7><5>", 0)

    def test_events_of_all_kinds_keep_the_order_they_came_in(self, hub):
        other = Client(hub, OTHER)
        for number in range(0, 9, 3):
            hub.submit("client", event(number, obid=CLIENT))
            hub.deliver("bus", (event(number + 1), event(number + 2)))
        assert hub.waiting == 9
        settle(hub)
        assert other.got == b"".join(b"<%d>" % number for number in range(9))

    def test_a_full_hub_refuses(self, hub):
        hub.deliver("bus", [event(number) for number in range(50)])
        with pytest.raises(TransmitBufferFull):
            hub.submit("client", event(5, obid=CLIENT))

    def test_level_1_over_level_2_goes_to_the_interface_it_names_and_to_the_clients(self, hub):
        # Two interfaces of one host differ in byte 14 only; byte 15 is the node's.
        first, second = Bus("first", guid(0, 0)), Bus("second", guid(1, 0))
        join(hub, first, second)
        sender, other = Client(hub, CLIENT), Client(hub, OTHER)
        hub.submit("client", event(5, CLIENT, 522, guid(1, 7)))
        hub.submit("client", event(6, CLIENT, 522, guid(0, 7) + bytes(8)))
        settle(hub)
        assert (first.got, second.got, first.missed, second.missed) == ([6], [5], [], [])
        assert (sender.got, other.got) == (b"", b"<5><6>")

    @pytest.mark.parametrize("vscp_class", [512, 522, 1023])
    @pytest.mark.parametrize("data, error", [
        (guid(1, 0) + bytes(8), TransmitBufferFull),        # that interface has no room
        (guid(0, 0) + bytes(9), ParseError),                # too long for that one alone
        (guid(0, 0) + bytes(64), ParseError),
        (guid(2, 0) + bytes(65), ParseError),
        (guid(3, 0), ParseError),                           # nobody has that GUID
        (bytes(16), ParseError), (b"\xff" * 16, ParseError),
        (guid(0, 0)[:15], ParseError),                      # not even a whole GUID
        (guid(0, 0)[:14], ParseError), (b"", ParseError),
    ])
    def test_what_can_not_go_to_the_interface_it_names_goes_nowhere(
            self, hub, vscp_class, data, error):
        buses = Bus("a", guid(0, 0)), Bus("b", guid(1, 0), room=0), Bus("c", guid(2, 0), fd=True)
        join(hub, *buses)
        other = Client(hub, OTHER)
        with pytest.raises(error):
            hub.submit("client", event(5, CLIENT, vscp_class, data))
        settle(hub)
        assert other.got == b""
        assert [bus.got + bus.missed for bus in buses] == [[], [], []]

    def test_an_interface_with_can_fd_gets_more_and_the_others_nothing(self, hub):
        classic, fd = Bus("classic", guid(0, 0)), Bus("fd", guid(1, 0), fd=True)
        join(hub, classic, fd)
        for size in (9, 12, 64):
            hub.submit("client", event(size, CLIENT, 522, guid(1, 3) + bytes(size)))
        assert (classic.got, fd.got) == ([], [9, 12, 64])

    def test_driver_blocks_with_the_same_guid_are_both_meant(self, hub):
        twins = Bus("a", guid(0, 0)), Bus("b", guid(0, 0), room=1)
        third = Bus("c", guid(1, 0))
        join(hub, *twins, third)
        hub.submit("client", event(5, CLIENT, 522, guid(0, 7)))
        hub.submit("client", event(6, CLIENT, 522, guid(0, 7)))
        assert [bus.got for bus in (*twins, third)] == [[5, 6], [5], []]
        assert twins[1].missed == [6]

    def test_of_driver_blocks_with_the_same_guid_those_take_it_that_carry_it(self, hub):
        classic, fd = Bus("classic", guid(0, 0)), Bus("fd", guid(0, 0), fd=True)
        join(hub, classic, fd)
        hub.submit("client", event(5, CLIENT, 522, guid(0, 7) + bytes(9)))
        assert (classic.got, classic.missed, fd.got) == ([], [], [5])

    def test_the_most_data_of_a_level_1_event_is_what_some_bus_can_carry(self, hub):
        assert hub.level1_data == 8
        join(hub, Bus(), Bus(fd=True))
        assert hub.level1_data == 64


class Named:
    """A carrier of some classes."""

    def __init__(self, guid, *classes):
        self.guid, self._classes = guid, classes

    def carries(self, event):
        return event.vscp_class in self._classes


class TestOthersCarry:
    """Who forwards what has no other way out asks for it."""

    @pytest.mark.parametrize("vscp_class", [10, 511, 1024, 1040])
    def test_one_that_carries_the_class_is_enough_and_the_asking_one_is_none(
            self, hub, vscp_class):
        asking = Named(guid(0, 0), vscp_class)
        join(hub, asking)
        # To name an interface means nothing for these classes.
        asked = event(5, CLIENT, vscp_class, guid(1, 7))
        assert hub.others_carry(asking, asked) is False
        join(hub, Named(guid(1, 0)))
        assert hub.others_carry(asking, asked) is False
        join(hub, Named(guid(2, 0), vscp_class))
        assert hub.others_carry(asking, asked) is True

    @pytest.mark.parametrize("vscp_class", [512, 522, 1023])
    def test_level_1_over_level_2_is_of_the_interface_that_it_names_and_of_no_other(
            self, hub, vscp_class):
        asking, other = Named(guid(0, 0), vscp_class), Named(guid(1, 0), vscp_class)
        join(hub, asking, other)
        for named, is_other_s in ((guid(0, 7), False), (guid(1, 7), True), (guid(2, 7), False)):
            assert hub.others_carry(asking, event(5, CLIENT, vscp_class, named)) is is_other_s


class TestProbe:
    def test_a_token_makes_the_loop_turn_and_is_no_batch(self, hub):
        client = Client(hub, CLIENT)
        turns = hub.turns
        hub.probe()
        gevent.sleep(0.01)
        assert hub.turns == turns + 1
        assert hub.counters["batches"] == 0
        assert client.got == b""

    def test_the_lag_is_how_long_it_waited(self):
        time = [100.0]
        hub = a_hub(50, 0, lambda: time[0])
        assert hub.lag == 0
        hub.probe()
        time[0] = 103.0
        hub.probe()                 # one at a time
        assert hub.lag == 3.0       # so far: no loop runs
        loop = gevent.spawn(hub.run)
        gevent.sleep(0.01)
        time[0] = 110.0
        assert (hub.lag, hub.turns) == (3.0, 1)
        hub.probe()
        gevent.sleep(0.01)
        assert hub.lag == 0
        loop.kill()

    def test_a_loop_that_is_stuck_in_a_batch_does_not_turn(self, hub):
        stuck = gevent.event.Event()
        hub._fan_out = lambda batch: stuck.wait()
        hub.deliver("bus", [event(1)])
        gevent.sleep(0.01)
        turns = hub.turns
        hub.probe()
        gevent.sleep(0.01)
        assert hub.turns == turns
        stuck.set()
        gevent.sleep(0.01)
        assert hub.turns > turns

    def test_a_token_keeps_no_event_waiting(self):
        with Busy(0.1, pause=5.0) as busy:
            busy.deliver()
            busy.deliver()
            turns = busy.hub.turns
            busy.hub.probe()
            until(lambda: busy.hub.turns == turns + 1)
            gevent.sleep(0)
            assert busy.slept == [0, pytest.approx(0.4), 0, 0]


class TestWhoHearsBeside:
    def test_hears_when_all_clients_have_and_no_event_waits_for_it(self, hub):
        heard = []
        for name, beside in (("store", True), ("client", False), ("other", False)):
            hub.attach(Noting(name, heard), beside)
        hub.deliver("bus", [event(1)])
        until(lambda: len(heard) == 3)
        assert sorted(heard[:2]) == ["client", "other"]
        assert heard[2:] == ["store"]

    @pytest.mark.parametrize("count, first", [(63, "client"), (64, "store"), (100, "store")])
    def test_hears_a_batch_of_many_before_the_clients(self, count, first):
        hub, heard = a_hub(queue_size=1000, pause=0), []
        hub.attach(Noting("store", heard), beside=True)
        hub.attach(Noting("client", heard))
        running = gevent.spawn(hub.run)
        try:
            hub.deliver("bus", [event(number) for number in range(count)])
            until(lambda: len(heard) == 2)
            assert heard[0] == first
        finally:
            running.kill()

    def test_hears_nothing_more_when_it_has_left(self, hub):
        heard = []
        receiver = Noting("store", heard)
        hub.attach(receiver, beside=True)
        hub.detach(receiver)
        hub.deliver("bus", [event(1)])
        gevent.sleep(0.01)
        assert heard == []

    def test_is_not_counted_as_what_events_wait_for(self):
        times = [0.0]
        hub = Hub(100, 0.0, now=lambda: sum(times))
        hub.attach(Slow(times.append, 0.2), beside=True)
        hub.attach(Slow(times.append, 0.1))
        running = gevent.spawn(hub.run)
        try:
            hub.deliver(hub.channel("bus").kind, [event(1)])
            gevent.sleep(0.01)
            assert hub.latency.as_dict()["sum"] == pytest.approx(0.1)
        finally:
            running.kill()

    @pytest.mark.parametrize("takes, rest", [(0.1, 0.3), (0.4, 0), (0.7, 0)])
    def test_hears_in_the_rest_after_a_batch(self, takes, rest):
        with Busy(work=0.1, pause=0.5) as busy:
            busy.deliver()
            busy.deliver()              # ten in no time: from now on it rests
            busy.slept.clear()
            busy.hub.attach(Slow(busy.passes, takes), beside=True)
            busy.deliver()
            assert busy.slept == [pytest.approx(rest), 0] if rest else [0]


class Noting:
    """Says when it hears."""

    def __init__(self, label, heard):
        self.label, self._heard = label, heard

    def take(self, batch):
        self._heard.append(self.label)
        return 0


class Slow:
    """Takes so long, which it tells ``passes``."""

    label = "slow"

    def __init__(self, passes, seconds):
        self._passes, self._seconds = passes, seconds

    def take(self, batch):
        self._passes(self._seconds)
        return 0
