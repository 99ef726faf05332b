"""Who gets in, and who has to go: without any socket."""

import pytest

from vscpws.settings import ClientLimits
from vscpws.web.slots import BUSY, CHECKED, IDLE, KNOWN, STRANGER, Slots

HOME, ATTACKER = "192.0.2.1", "198.51.100.9"


class House:
    def __init__(self, **limits):
        self.now = 0.0
        self.slots = Slots(ClientLimits(**limits), lambda: self.now)
        self.gone = []

    def enter(self, name, address=HOME):
        guest = self.slots.enter(address, lambda reason: self.gone.append(name))
        return guest

    def websocket(self, name, address=HOME, state=STRANGER):
        """The guest, or why there is none."""
        guest = self.enter(name, address)
        refusal = self.slots.upgrade(guest)
        if refusal:
            self.slots.leave(guest)
            return refusal
        self.slots.move(guest, state)
        return guest


def test_a_newcomer_sends_the_longest_idle_connection_away():
    house = House(max_http_connections=3)
    first, _, _ = (house.enter(name) for name in "abc")
    house.slots.move(first, BUSY)
    assert house.enter("d")
    assert house.gone == ["b"]
    assert len(house.slots) == 3


def test_who_is_being_answered_stays():
    house = House(max_http_connections=2)
    for name in "ab":
        house.slots.move(house.enter(name), BUSY)
    assert house.enter("c") is None
    assert +house.slots.refused == {"connections": 1}
    assert house.gone == []


def test_of_a_host_with_more_connections_one_goes_though_it_is_being_answered():
    house = House(max_http_connections=4)
    for name, address in [("b", HOME)] + [("a%d" % number, ATTACKER) for number in range(3)]:
        house.slots.move(house.enter(name, address), BUSY)
    assert house.enter("again", ATTACKER) is None
    house.slots.move(house.enter("c"), BUSY)
    assert house.enter("d") is None     # now the others have as many
    assert house.gone == ["a0"]
    assert +house.slots.refused == {"connections": 2}
    assert +house.slots.evicted == {BUSY: 1}


@pytest.mark.parametrize("limits", [{"max_http_connections": 3},
                                    {"max_http_connections_per_address": 3}])
def test_who_is_being_answered_for_long_goes_also_if_he_asks_again_and_again(limits):
    house = House(request_time=10, **limits)
    guests = []
    for name in "abc":
        guests.append(house.enter(name))
        house.slots.move(guests[-1], BUSY)
        house.now += 1
    house.slots.move(guests[0], IDLE)
    house.slots.move(guests[0], BUSY)
    house.now = 10
    assert house.enter("d") is None
    house.now = 10.5
    assert house.enter("d") and house.gone == ["a"]


@pytest.mark.parametrize("addresses", [
    [ATTACKER] * 6, ["2001:db8:0:1::%x" % number for number in range(6)],
    ["fe80::%x%%eth0" % number for number in range(6)]])
def test_a_host_that_fills_the_house_sends_its_own_away(addresses):
    house = House(max_http_connections=4, max_clients=8)
    house.enter("home")
    house.websocket("known", state=KNOWN)
    house.websocket("typing")
    for number, address in enumerate(addresses):
        assert house.enter("idle %d" % number, address)
        assert house.websocket("websocket %d" % number, address).state == STRANGER
    assert not {"home", "known", "typing"} & set(house.gone)


def test_a_host_has_a_limit_of_connections():
    house = House(max_http_connections_per_address=2)
    house.slots.move(house.enter("a"), BUSY)
    house.enter("b")
    house.enter("c")
    assert house.gone == ["b"]
    assert house.enter("other", ATTACKER)
    for guest in list(house.slots._guests["idle"]):
        house.slots.move(guest, BUSY)
    assert house.enter("d") is None
    assert +house.slots.refused == {"connections of an address": 1}


def test_strangers_go_oldest_first_when_the_house_is_full():
    house = House(max_clients=4, reserved_clients=0)
    for name in "abcd":
        house.websocket(name)
    for name in "ef":
        assert house.websocket(name).state == STRANGER
    assert house.gone == ["a", "b"]


def test_some_slots_are_for_those_who_are_logged_in():
    house = House(max_clients=4, reserved_clients=1)
    strangers = [house.websocket(name) for name in "abc"]
    assert house.websocket("d").state == STRANGER
    assert house.gone == ["a"]
    house.slots.move(strangers[1], KNOWN)
    assert house.websocket("e").state == STRANGER
    assert house.gone == ["a"]


def test_of_a_small_house_half_is_reserved_at_most():
    house = House(max_clients=1)
    assert house.websocket("a").state == STRANGER
    house = House(max_clients=3)
    assert [house.websocket(name).state for name in "ab"] == [STRANGER] * 2
    assert house.gone == []


def test_who_is_logged_in_or_being_checked_never_goes():
    house = House(max_clients=2)
    house.websocket("a", state=KNOWN)
    house.websocket("b", state=CHECKED)
    assert house.websocket("c") == "full: 2 clients"
    assert house.gone == []
    assert +house.slots.refused == {"clients": 1}


def test_a_host_s_limit_of_clients():
    house = House(max_clients_per_address=1)
    house.websocket("a")
    assert house.websocket("b").state == STRANGER
    assert house.gone == ["a"]
    house = House(max_clients_per_address=1)
    house.websocket("a", "2001:db8::1", KNOWN)
    assert house.websocket("b", "2001:db8::2") == "full: 1 clients from 2001:db8::/64"


def test_room_is_made_of_idle_connections_then_of_strangers():
    house = House()
    house.websocket("known", state=KNOWN)
    house.websocket("stranger")
    house.slots.move(house.enter("busy"), BUSY)
    house.enter("idle")
    assert house.slots.make_room() and house.slots.make_room()
    assert not house.slots.make_room()
    house.now = 60
    assert house.slots.make_room() and not house.slots.make_room()
    assert house.gone == ["idle", "stranger", "busy"]
    assert house.slots.evicted == {"idle": 1, "stranger": 1, "busy": 1}


def test_a_slot_is_freed_once_and_stays_free():
    house = House()
    guest = house.enter("a")
    house.slots.leave(guest)
    house.slots.leave(guest)
    house.slots.move(guest, BUSY)
    assert len(house.slots) == 0
