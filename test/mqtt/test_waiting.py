"""What waits for the broker: every event goes once, or is counted."""

from hypothesis import given
from hypothesis import strategies as st

from vscpws.model.event import Event
from vscpws.mqtt.waiting import Outgoing, Waiting

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060009")


def an_event(number=0, guid=GUID):
    return Event(96, 20, 3, 1, 1764141611000000, number + 1, guid, b"\0")


def events(*numbers):
    return tuple(map(an_event, numbers))


def all_of(waiting, most=1000):
    found = []
    while len(waiting):
        found += [event.timestamp - 1 for event in waiting.take(most)]
    return found


def waiting(clock, size=5, keep=0, age=60.0):
    woken = []
    made = Waiting(size, keep, age, lambda: woken.append(1), clock)
    made.woken = woken
    return made


def test_nothing_waits_for_a_broker_that_is_away(clock):
    made = waiting(clock)
    made.put(events(0, 1))
    assert len(made) == 0 and made.dropped["away"] == 2 and not made.woken
    assert not made.put_message(Outgoing("a", b"")) and made.dropped["messages"] == 1


def test_of_too_many_the_oldest_go(clock):
    made = waiting(clock)
    made.open()
    for number in range(0, 9, 3):
        made.put(events(number, number + 1, number + 2))
    assert made.dropped["full"] == 4 and len(made.woken) == 3
    assert all_of(made, 2) == [4, 5, 6, 7, 8]


def test_some_are_kept_if_asked_for_and_late_ones_dropped(clock):
    made = waiting(clock, keep=3, age=10.0)
    made.put(events(0, 1))
    clock.now += 8
    made.put(events(2, 3))
    assert made.dropped["away"] == 1
    clock.now += 8
    made.open()
    assert made.dropped["late"] == 1 and all_of(made) == [2, 3]


def test_a_loss_leaves_what_may_be_kept_and_gives_back_the_messages(clock):
    made = waiting(clock, size=100, keep=2)
    made.open()
    made.put(events(*range(10)))
    assert made.put_message(Outgoing("a", b"", ticket=7))
    assert [message.ticket for message in made.shut()] == [7]
    assert made.dropped["away"] == 8 and all_of(made) == [8, 9]
    made.lose(5)
    assert made.dropped["away"] == 13


def test_an_event_is_late_when_it_is_older_than_its_age(clock):
    made = waiting(clock, keep=3, age=10.0)
    made.put(events(0))
    clock.now += 10
    made.open()
    assert made.dropped["late"] == 0 and all_of(made) == [0]
    made.shut()
    made.put(events(1, 2))
    clock.now += 10.5
    made.open()
    assert made.dropped["late"] == 2 and len(made) == 0


def test_after_a_loss_nothing_more_waits_until_the_broker_is_back(clock):
    made = waiting(clock)
    made.open()
    made.shut()
    made.put(events(0))
    assert not made.put_message(Outgoing("a", b"")) and not made.woken
    assert made.dropped == {"away": 1, "full": 0, "late": 0, "messages": 1} and len(made) == 0


def test_who_takes_all_that_came_together_gets_the_next_after_it(clock):
    made = waiting(clock)
    made.open()
    made.put(events(0, 1))
    made.put(events(2))
    assert (made.take(2), made.take(2), made.take(2)) == (events(0, 1), events(2), ())


def test_where_just_those_go_that_came_together_the_next_are_taken_after_it(clock):
    made = waiting(clock, size=2)
    made.open()
    made.put(events(0, 1))
    made.put(events(2, 3))
    assert made.dropped["full"] == 2 and made.take(9) == events(2, 3)


def test_messages_go_in_their_order_and_those_of_a_broker_that_is_lost_are_counted(clock):
    made = waiting(clock)
    made.open()
    messages = [Outgoing(str(number), b"") for number in range(5)]
    assert all(map(made.put_message, messages)) and len(made.woken) == 5
    assert messages[0] == ("0", b"", False, 0, None)
    assert (made.take_messages(2), made.take_messages(1)) == (messages[:2], messages[2:3])
    assert (made.shut(), made.shut()) == (messages[3:], [])
    assert made.dropped["messages"] == 2 and made.take_messages(9) == []


def test_messages_have_room_for_all_states_of_a_house(clock):
    made = waiting(clock)
    made.open()
    assert all(made.put_message(Outgoing("a", b"")) for _ in range(16384))
    assert not made.put_message(Outgoing("a", b"")) and made.dropped["messages"] == 1
    assert len(made.take_messages(20000)) == 16384


@given(st.lists(st.one_of(st.integers(1, 9), st.sampled_from(["open", "shut", "take"]))),
       st.integers(1, 10), st.integers(0, 10))
def test_every_event_is_sent_once_or_counted(steps, size, keep):
    made = waiting(lambda: 0.0, size, keep)
    number, sent = 0, []
    for step in steps:
        if isinstance(step, int):
            made.put(events(*range(number, number + step)))
            number += step
        elif step == "take":
            sent += [event.timestamp - 1 for event in made.take(4)]
        else:
            getattr(made, step)()
        assert len(made) <= max(size, keep)
    left = all_of(made)
    assert sent + left == sorted({*sent, *left})
    assert len(sent) + len(left) + sum(made.dropped.values()) == number
