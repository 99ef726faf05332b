"""The store of states: what replaces what, what goes, and how old it all is."""

import random

import pytest

from vscpws.hub.batch import Batch
from vscpws.hub.verdicts import Verdicts
from vscpws.memory import store as module
from vscpws.memory.store import Query, State, StateStore
from vscpws.model.event import Event
from vscpws.reading.states import node_key, state_key


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def guid(number):
    return bytes(12) + number.to_bytes(4, "big")


def on(number=1, zone=0, obid=1):
    return Event(0x60, 20, 3, obid, 0, 0, guid(number), bytes((0, zone, 0)))


def off(number=1, zone=0):
    return on(number, zone)._replace(vscp_type=4)


def heartbeat(number=1):
    return on(number)._replace(vscp_type=9)


def temperature(number=1, index=0, value=1, coding=0x88):
    return Event(0x60, 10, 6, 1, 0, 0, guid(number), bytes((coding | index, value)))


def ways(store):
    """To what is kept, by the data that were heard."""
    found = [entry for _, find in store._ways.of_kinds for entry in find.__self__.values()]
    assert len(found) == len(store._ways)
    return found


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return StateStore(100, 10, clock=clock)


def test_off_replaces_on(store):
    store.hear([on(), off()])
    assert store.snapshot() == [State(off(), 0.0, False)]


def test_a_batch_of_the_hub_is_heard_as_it_comes(store):
    assert store.take(Batch([temperature(value=1), temperature(value=2), on(zone=2)])) == 3
    assert [state.event for state in store.snapshot()] == [temperature(value=2), on(zone=2)]


def test_what_is_no_state_is_not_kept(store):
    button = on()._replace(vscp_type=1)
    command = on()._replace(vscp_class=30, vscp_type=5)
    assert store.take(Batch([button, command])) == 0
    assert len(store) == 0


def test_ages_count_from_when_it_was_heard(store, clock):
    store.hear([on(1)])
    clock.now += 12.4
    store.hear([on(2)])
    assert [round(state.age, 3) for state in store.snapshot()] == [12.4, 0.0]


def test_an_age_is_never_negative(store, clock):
    store.hear([on(1)])
    clock.now -= 86400
    assert store.snapshot()[0].age == 0.0


def test_any_event_of_a_node_renews_its_sign_of_life_but_no_other_state(store, clock):
    store.hear([heartbeat(1), on(1)])
    clock.now += 60
    store.hear([Event(0x60, 0, 1, 1, 0, 0, guid(1), b"")])
    ages = {state.event.vscp_type: state.age for state in store.snapshot()}
    assert ages == {9: 0.0, 3: 60.0}


def test_a_node_that_never_sent_a_sign_of_life_has_no_entry(store):
    store.hear([on(1)])
    assert [state.event for state in store.snapshot()] == [on(1)]


def test_the_state_renewed_longest_ago_goes_first(clock):
    store = StateStore(3, 3, clock=clock)
    store.hear([on(1), on(2), on(3), off(1), on(4)])
    assert [state.event for state in store.snapshot()] == [on(3), off(1), on(4)]
    assert store.evicted == {"size": 1, "size-per-guid": 0}


def test_one_node_can_not_fill_the_store(store):
    store.hear([on(2)])
    store.hear([on(1, zone) for zone in range(250)])
    events = [state.event for state in store.snapshot()]
    assert events == [on(2)] + [on(1, zone) for zone in range(240, 250)]
    assert store.evicted == {"size": 0, "size-per-guid": 240}


def test_a_sign_of_life_that_was_renewed_stays_when_others_go(clock):
    store = StateStore(3, 3, clock=clock)
    store.hear([heartbeat(1), on(2), on(3)])
    clock.now += 1
    store.hear([temperature(1)])
    assert heartbeat(1) in [state.event for state in store.snapshot()]


def test_ten_thousand_guids_leave_nothing_behind(store):
    for number in range(10000):
        store.hear([on(number), heartbeat(number)])
    assert len(store) == 100
    assert len(store._nodes) == 50


def test_with_a_size_of_0_nothing_is_kept(clock):
    store = StateStore(0, 10, clock=clock)
    assert store.hear([on()]) == 0
    assert store.restore([State(on(), 1.0, True)]) == 0
    assert store.snapshot() == []


def test_a_new_size_counts_at_once(store):
    store.hear([on(number) for number in range(20)] + [on(1, zone) for zone in range(10)])
    store.resize(15, 4)
    assert len(store) <= 15
    assert sum(state.event.guid == guid(1) for state in store.snapshot()) == 4
    store.resize(0, 4)
    assert store.snapshot() == []


def test_a_new_size_counts_from_then_on(store):
    store.resize(3, 2)
    store.hear([on(number, zone) for number in range(4) for zone in range(3)])
    assert [state.event for state in store.snapshot()] == [on(2, 2), on(3, 1), on(3, 2)]


@pytest.mark.parametrize("query, expected", [
    (Query(), 3), (Query(vscp_class=20), 2), (Query(vscp_class=20, vscp_type=3), 1),
    (Query(vscp_type=6), 1), (Query(guid=guid(1)), 2), (Query(vscp_class=532), 0),
    (Query(max_age=5.0), 1), (Query(max_age=10.0), 3)])
def test_a_query_narrows(store, clock, query, expected):
    store.hear([on(1), off(2)])
    clock.now += 10
    store.hear([temperature(1)])
    assert len(store.snapshot(query)) == expected


def test_what_does_not_pass_is_not_told(store):
    store.hear([on(1), temperature(1)])
    found = store.snapshot(passes=lambda event: event.vscp_class == 10)
    assert [state.event for state in found] == [temperature(1)]


def test_the_same_state_over_level_2_is_one_with_that_of_level_1_and_told_as_it_came(store):
    over = temperature(1)._replace(vscp_class=522, data=bytes(16) + bytes((0x88, 7)))
    store.hear([temperature(1), over])
    assert [state.event for state in store.snapshot()] == [over]


def test_what_comes_from_a_file_is_marked_until_it_is_heard_again(store):
    assert store.restore([State(on(1), 30.0, False), State(on(2), 60.0, True)]) == 2
    assert store.restored == 2
    assert store.snapshot() == [State(on(2), 60.0, True), State(on(1), 30.0, True)]
    store.hear([off(1)])
    assert store.snapshot() == [State(on(2), 60.0, True), State(off(1), 0.0, False)]


def test_a_restored_sign_of_life_is_renewed_by_any_event(store):
    store.restore([State(heartbeat(1), 30.0, False)])
    store.hear([temperature(1)])
    assert State(heartbeat(1), 0.0, False) in store.snapshot()


def test_what_a_file_told_of_other_states_is_no_sign_of_life(store):
    told = [State(heartbeat(1), 100.0, True), State(on(1), 10.0, True)]
    store.restore(told)
    assert store.snapshot() == told


def test_a_file_never_overrules_what_was_heard(store):
    store.hear([off(1)])
    assert store.restore([State(on(1), 1.0, False), State(on(2), 1.0, False)]) == 1
    assert [state.event for state in store.snapshot()] == [on(2), off(1)]


def test_restored_ages_are_not_negative(store):
    store.restore([State(on(1), -500.0, False)])
    assert store.snapshot()[0].age == 0.0


def test_at_any_time_the_keys_of_the_guids_are_those_of_the_store(clock):
    store, chance = StateStore(50, 5, clock=clock), random.Random(7)
    for _ in range(5000):
        number, zone = chance.randrange(40), chance.randrange(9)
        store.hear([chance.choice((on, off))(number, zone)])
        if chance.random() < 0.01:
            store.resize(chance.randrange(20, 60), chance.randrange(1, 8))
    kept = [key for node in store._nodes.values() for key in node.entries]
    assert sorted(kept) == sorted(store._entries)
    assert all(node.entries for node in store._nodes.values())


def any_event(chance):
    """Of few nodes, so that all meet: every form, with places of every length, and what is none."""
    vscp_class = chance.choice((10, 10, 20, 20, 20, 30, 60, 65, 522, 532, 1040))
    vscp_type = chance.choice((3, 4, 6, 9, 40))
    data = bytes(chance.randrange(3) for _ in range(chance.choice((0, 1, 2, 3, 4, 5, 8))))
    if vscp_class in (522, 532):
        data = bytes(16) + data
    return Event(0x60, vscp_class, vscp_type, 1, 0, chance.randrange(1 << 32),
                 guid(chance.randrange(12)), data)


class Plain:
    """The same store, written for the reader: a list, renewed last comes last."""

    def __init__(self, size, size_per_guid):
        self.size, self.size_per_guid = size, size_per_guid
        self.kept = []                          # [key, event, heard]

    def hear(self, event, now):
        key = state_key(event)
        for entry in [entry for entry in self.kept
                      if entry[0] in (key, node_key(event.guid)) and entry[1].guid == event.guid]:
            self.kept.remove(entry)
            self.kept.append([entry[0], event if entry[0] == key else entry[1], now])
        if key is None or key in [entry[0] for entry in self.kept]:
            return
        own = [entry for entry in self.kept if entry[1].guid == event.guid]
        if len(own) >= self.size_per_guid:
            self.kept.remove(own[0])
        elif len(self.kept) >= self.size:
            del self.kept[0]
        self.kept.append([key, event, now])


@pytest.mark.parametrize("seed", range(8))
def test_it_keeps_what_a_plain_list_would(clock, seed):
    chance = random.Random(seed)
    store, plain = StateStore(40, 9, clock=clock), Plain(40, 9)
    for _ in range(3000):
        clock.now += chance.choice((0, 0, 1, 60))
        event = any_event(chance)
        store.hear([event])
        plain.hear(event, clock.now)
    assert {state_key(state.event): (state.event, state.age) for state in store.snapshot()} == {
        key: (event, clock.now - heard) for key, event, heard in plain.kept}


@pytest.mark.parametrize("seed", range(8))
def test_how_events_come_in_batches_changes_nothing(clock, seed):
    chance = random.Random(seed)
    one, other = [], []
    whole = StateStore(10000, 1000, one.extend, clock)
    single = StateStore(10000, 1000, other.extend, clock)
    for _ in range(100):
        clock.now += 20
        events = [any_event(chance) for _ in range(chance.randrange(60))]
        whole.take(Batch(events))
        for event in events:
            single.hear([event])
    assert sorted(whole.snapshot()) == sorted(single.snapshot())
    assert one == other and whole.thinned == single.thinned == 0


def test_a_full_store_that_is_churned_keeps_no_more_than_it_says(clock):
    store = StateStore(50, 5, clock=clock)
    for number in range(3000):
        store.hear([temperature(number % 400, zone) for zone in range(7)])
        assert len(store) <= 50
    assert 50 <= len(ways(store)) <= 2 * 50
    assert not [entry for entry in ways(store) if entry.gone]
    assert len(store._oldest._heap) <= 2 * 50 + 1


def test_where_sensors_change_their_coding_all_the_time_two_ways_are_known_for_each_place(clock):
    store, known = StateStore(4, 4, clock=clock), []
    for coding in range(0, 256, 8):
        store.hear([temperature(index=index, coding=coding) for index in range(4)])
        known.append(len(ways(store)))
    assert known == [4, 8] * 16 and len(store) == 4


def test_what_a_node_lets_go_of_is_not_kept_in_the_order_of_all(clock):
    store, longest = StateStore(4, 2, clock=clock), 0
    store.hear([on(number) for number in range(5)])             # now it is full
    for zone in range(100):
        store.hear([on(4, zone)])
        longest = max(longest, len(store._oldest._heap))
    assert longest <= 2 * 4 + 1
    assert store.evicted == {"size": 2, "size-per-guid": 98}
    assert [state.event for state in store.snapshot()] == [on(2), on(3), on(4, 98), on(4, 99)]


def test_its_version_tells_whether_anything_changed(store):
    before = store.version
    store.hear([on()._replace(vscp_class=30)])
    assert store.version == before
    store.hear([on()])
    assert store.version != before
    before = store.version
    store.hear([on()._replace(vscp_class=30)])
    assert store.version == before
    for event in (heartbeat(), on(zone=2), on(zone=2), Event(0x60, 0, 1, 1, 0, 0, guid(1), b"")):
        before = store.version
        store.hear([event])
        assert store.version != before


def test_what_renews_a_sign_of_life_that_is_gone_is_no_change(clock):
    store = StateStore(2, 2, clock=clock)
    store.hear([heartbeat(1), on(1), on(2)])
    assert [state.event for state in store.snapshot()] == [on(1), on(2)]
    before = store.version
    store.hear([on()._replace(vscp_class=30)])
    assert store.version == before


def test_a_state_that_goes_was_a_sign_of_life_all_the_same(store, clock):
    store.hear([on(), heartbeat()])
    clock.now += 10
    store.hear([on()])
    store.resize(1, 10)
    assert store.snapshot() == [State(heartbeat(), 0.0, False)]


def test_values_are_handed_on_with_their_keys_and_nothing_else_is(clock):
    heard = []
    store = StateStore(10, 10, heard.append, clock)
    store.hear([on(), temperature(value=1), heartbeat(), temperature(value=2)])
    store.hear([off()])
    assert [[event for _, event in values] for values in heard] == [
        [temperature(value=1), temperature(value=2)]]
    assert {key for key, _ in heard[0]} == {state_key(temperature())}


def some(count, guid=1):
    return [temperature(guid, value=value % 256) for value in range(count)]


@pytest.fixture
def handing(clock):
    """A store, and the values that it hands on."""
    heard = []
    return StateStore(10, 10, heard.extend, clock), heard


def test_every_value_is_handed_on_though_many_come_together(clock, handing):
    store, heard = handing
    for _ in range(10):
        store.hear(some(200))
    assert (len(heard), store.thinned) == (2000, 0)
    for _ in range(60):                 # a bus full of one sensor
        clock.now += 0.5
        store.hear(some(1000))
    assert (len(heard), store.thinned) == (62000, 0)


def test_in_a_flood_one_value_a_second_of_each_sensor_is_handed_on(clock, handing):
    store, heard = handing
    store.hear(some(2000))              # then there is no room for more of all
    heard.clear()
    store.hear(some(200) + some(100, 2))
    assert (len(heard), store.thinned) == (2, 298)
    clock.now += 0.4
    store.hear(some(999) + some(2, 3))
    assert (len(heard), store.thinned) == (3, 1298)
    assert store.snapshot()[-1].event == temperature(3, value=1)
    clock.now += 0.4
    store.hear(some(2000))
    assert (len(heard), store.thinned) == (4, 3297)
    clock.now += 0.65                   # the next one is due at 2.0
    store.hear(some(4000))
    assert (len(heard), store.thinned) == (4, 7297)


@pytest.mark.parametrize("late, count", [(0.4375, 1), (0.5, 2)])
def test_in_a_flood_a_value_may_come_half_a_second_before_it_is_due(clock, handing, late, count):
    store, heard = handing
    store.hear(some(2001))
    clock.now += late
    store.hear(some(2001))
    assert len(heard) == count


def test_after_a_flood_every_value_is_handed_on_again(clock, handing):
    store, heard = handing
    store.hear(some(2001))
    assert (len(heard), store.thinned) == (1, 2000)
    clock.now += 0.5
    store.hear(some(1000))
    assert (len(heard), store.thinned) == (1001, 2000)


def test_room_for_more_values_comes_with_the_time_and_once(clock, handing):
    store, heard = handing
    store.hear(some(1999))
    store.hear(some(2))                 # a flood: one
    assert (len(heard), store.thinned) == (2000, 1)
    clock.now += 0.25
    store.hear(some(501))               # one too many
    assert (len(heard), store.thinned) == (2000, 502)
    clock.now += 0.5
    store.hear(some(999))
    store.hear(some(1))
    assert (len(heard), store.thinned) == (3000, 502)
    clock.now += 60
    store.hear(some(2001))
    assert (len(heard), store.thinned) == (3001, 2502)


def test_a_flood_that_goes_on_makes_no_room_of_what_it_leaves_out(clock, handing):
    store, heard = handing
    store.hear(some(2001))
    for _ in range(100):                # ten seconds of 2,500 values a second
        clock.now += 0.1
        store.hear(some(250))
    assert len(heard) <= 12 and store.thinned == 27001 - len(heard)


def test_what_is_no_value_takes_no_room(handing):
    store, heard = handing
    for _ in range(30):
        store.hear([on()] * 1999)
    store.hear(some(2000))
    assert len(heard) == 2000


@pytest.fixture(params=["no flood", "flood"])
def flood(request, monkeypatch):
    """All that comes is a flood, or nothing is."""
    if request.param == "flood":
        monkeypatch.setattr(module, "_VALUES", 0)


def any_measurement(chance):
    """Most of one coding, priority and place, some of others."""
    event = temperature(chance.randrange(12), chance.choice((0, 0, 0, 1, 2)), chance.randrange(9),
                        chance.choice((0x88,) * 6 + (0x80, 0x08)))
    return event._replace(head=chance.choice((0x60, 0x60, 0x60, 0)))


@pytest.mark.parametrize("of", [any_event, any_measurement])
@pytest.mark.parametrize("seed", range(4))
def test_between_two_batches_it_knows_exactly_what_clients_have_been_offered(
        clock, flood, seed, of):
    """Of each state the last event of all batches so far, whoever else they were sorted for."""
    chance, verdicts = random.Random(seed), Verdicts()
    store, last = StateStore(10000, 1000, clock=clock), {}
    for _ in range(60):
        batch = Batch([of(chance) for _ in range(chance.randrange(1, 30))], verdicts)
        if chance.random() < 0.1:
            store.hear(batch.events)        # not by the hub's kinds
        else:
            store.take(batch)
        last.update({state_key(event): event for event in batch.events})
        last.pop(None, None)
        assert {state_key(state.event): state.event for state in store.capture()} == last


@pytest.mark.parametrize("of", [any_event, any_measurement])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_while_others_go_is_the_newest_of_its_key(clock, flood, seed, of):
    chance = random.Random(seed)
    store, last = StateStore(10, 2, clock=clock), {}
    for _ in range(1000):
        event = of(chance)
        store.hear([event])
        last[state_key(event)] = event
        kept = {state_key(state.event): state.event for state in store.capture()}
        assert kept == {key: last[key] for key in kept}
    assert len(store) == 10 and store.evicted["size"] and store.evicted["size-per-guid"]


def test_the_newest_event_counts_however_its_value_is_put(store):
    low = temperature(value=1)
    other, over = temperature(value=2, coding=0x80), low._replace(
        vscp_class=522, data=bytes(16) + low.data)
    for newest, events in enumerate((
            (low, over), (low, over, low), (low, other), (low, other, low), (other, low, other))):
        last = events[-1]._replace(timestamp=newest)
        store.hear([*events, last])
        assert store.snapshot() == [State(last, 0.0, False)]
        urgent = last._replace(head=0, timestamp=newest + 10)
        store.hear([last, urgent])
        assert store.snapshot() == [State(urgent, 0.0, False)]
        store.hear([urgent, last])
        assert store.snapshot() == [State(last, 0.0, False)]


@pytest.mark.parametrize("data", [b"", b"\x88"])
def test_an_event_with_too_few_data_hides_none_of_its_kind(store, data):
    store.hear([temperature(value=7)])
    store.hear([temperature(value=8), temperature()._replace(data=data)])
    assert store.snapshot() == [State(temperature(value=8), 0.0, False)]


def test_a_sensor_that_went_and_came_again_is_heard(clock):
    store = StateStore(1, 1, clock=clock)
    for value in range(3):
        store.hear([temperature(1, value=value)] * 2 + [temperature(2, value=value)] * 2)
        assert store.snapshot() == [State(temperature(2, value=value), 0.0, False)]
        store.hear([temperature(1, value=value)])
        assert store.snapshot() == [State(temperature(1, value=value), 0.0, False)]
