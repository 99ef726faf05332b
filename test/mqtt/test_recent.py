"""Events that come back are known."""

from vscpws.model.event import Event
from vscpws.model.guid import ZERO
from vscpws.mqtt.recent import Recent

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060009")


def an_event(number=0, guid=GUID):
    return Event(96, 20, 3, 1, 1764141611000000, number + 1, guid, b"\0")


def knows(recent, event):
    return not recent.fresh([event])


def test_what_went_out_is_known_for_ten_seconds(clock):
    recent = Recent(clock)
    assert not knows(recent, an_event())
    recent.add(an_event())
    back = an_event()._replace(obid=9, head=0, datetime=1764141611000000)
    assert knows(recent, back) and not knows(recent, an_event(1))
    assert not knows(recent, an_event(guid=b"\1" * 16))
    clock.now += 10
    assert not knows(recent, back)
    recent.add(an_event(1))
    assert len(recent._times) == 1


def test_what_had_no_guid_is_known_with_the_one_it_was_given(clock):
    recent = Recent(clock)
    recent.add(an_event(guid=ZERO))
    assert knows(recent, an_event())
    recent.forget(an_event(guid=ZERO))
    assert not knows(recent, an_event())


def test_what_went_out_again_is_known_from_then_on_and_what_is_older_is_not_kept(clock):
    recent = Recent(clock)
    recent.add(an_event(1))
    recent.add(an_event(2))
    clock.now += 6
    recent.add(an_event(1))
    clock.now += 5
    recent.add(an_event(3))
    assert knows(recent, an_event(1)) and not knows(recent, an_event(2))
    assert len(recent._times) == 2


def test_of_many_events_those_are_fresh_that_did_not_go_out(clock):
    recent = Recent(clock)
    events = [an_event(number) for number in range(4)]
    assert recent.fresh(events) == events
    recent.add(events[1])
    recent.add(events[3]._replace(guid=ZERO))
    assert recent.fresh(events) == [events[0], events[2]]
    clock.now += 10
    assert recent.fresh(events) == events and not recent._times


def test_of_too_many_the_oldest_are_not_known(clock):
    recent = Recent(clock)
    for number in range(65537):
        recent.add(an_event(number))
    assert not knows(recent, an_event(0)) and knows(recent, an_event(1))
