"""What is known of a user's kinds of events changes no verdict."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.access import admission
from vscpws.access.admission import Admission, Origin, admit
from vscpws.access.rights import ADMIN, SEND_EVENTS, USER
from vscpws.access.rules import EventRules
from vscpws.access.users import User
from vscpws.model.errors import NotAllowed, NotAuthorizedToSend, ParseError, VscpError
from vscpws.model.event import Event, data_sizes

OBID, GUID, NOW = 7, bytes(range(16)), 1767323045_678901

USERS = st.builds(
    User, userid=st.just(0), name=st.just("ann"), password=st.just(""),
    rights=st.sampled_from([0, SEND_EVENTS, USER, ADMIN]),
    rules=st.sampled_from(["", "20:3", "TX;20;3;4", "TX;20;*;2,TX;*;3;5", "*:9",
                           "RX;*;*"]).map(EventRules.parse))
EVENTS = st.builds(
    Event, head=st.sampled_from([0, 0x60, 0xE0, 0x0310, 0xFFFF, 0x10000]),
    vscp_class=st.sampled_from([0, 20, 511, 512, 532, 1024, 1028, 1040, 65535, 65536]),
    vscp_type=st.sampled_from([3, 9, 255, 256, 65536]), obid=st.sampled_from([0, 99]),
    datetime=st.sampled_from([0, 5]), timestamp=st.sampled_from([0, 7, 1 << 33]),
    guid=st.sampled_from([bytes(16), bytes(15) + b"\1"]),
    data=st.sampled_from([0, 1, 8, 9, 15, 16, 24, 25, 64, 65, 80, 81, 512, 513]).map(bytes))


def an_event(vscp_class=20, data=b"\1", head=0, vscp_type=3):
    return Event(head, vscp_class, vscp_type, 0, 0, 0, bytes(16), data)


def an_admission(level1_data=lambda: 8, now=lambda: NOW, **fields):
    user = User(0, "ann", "", **fields)
    return Admission(user, OBID, GUID, level1_data, now)


def verdict(admit_event, *args):
    try:
        return admit_event(*args)
    except VscpError as error:
        return type(error), error.detail


@settings(max_examples=500, deadline=None)
@given(USERS, st.lists(EVENTS, min_size=1, max_size=10), st.sampled_from([8, 64]))
def test_the_verdict_is_the_functions_however_often_it_is_asked_for(user, events, level1_data):
    known = Admission(user, OBID, GUID, lambda: level1_data, lambda: NOW)
    for event in events * 3:
        assert verdict(known.admit, event) == verdict(
            admit, event, user, Origin(OBID, GUID, level1_data, NOW))


def test_a_kind_is_judged_once(monkeypatch):
    judged = []
    monkeypatch.setattr(admission, "admit", lambda *args: judged.append(args) or admit(*args))
    known = an_admission()
    for number in range(100):
        assert known.admit(an_event(data=bytes((number,)))).data == bytes((number,))
    for size in (0, 8):
        assert known.admit(an_event(data=bytes(size))).data == bytes(size)
    assert len(judged) == 1


def test_a_kind_that_is_known_may_have_no_more_data_for_it():
    known = an_admission()
    known.admit(an_event(data=bytes(8)))
    with pytest.raises(ParseError):
        known.admit(an_event(data=bytes(9)))
    known.admit(an_event(532, bytes(24)))
    for size in (15, 25):
        with pytest.raises(ParseError):
            known.admit(an_event(532, bytes(size)))


def test_a_bus_that_takes_longer_events_counts_at_once():
    sizes = [8]
    known = an_admission(lambda: sizes[0])
    known.admit(an_event(data=bytes(8)))
    for sizes[0], fits in ((64, True), (8, False), (64, True)):
        for _ in range(2):
            assert isinstance(verdict(known.admit, an_event(data=bytes(64))), Event) == fits


def test_a_priority_is_lowered_each_time():
    known = an_admission(rules=EventRules.parse("TX;20;3;4"))
    for _ in range(3):
        assert known.admit(an_event(head=0x0310)).head == 0x0090
        assert known.admit(an_event(head=0x00E0)).head == 0x00E0


def test_the_time_is_that_of_each_event():
    times = iter(range(100, 200))
    known = an_admission(now=lambda: next(times))
    assert [known.admit(an_event()).datetime for _ in range(3)] == [100, 101, 102]


def test_several_that_are_known_are_admitted_alike_at_one_time():
    times = iter(range(100, 200))
    known = an_admission(now=lambda: next(times), rules=EventRules.parse("TX;20;3;4"))
    first = [known.admit(an_event(head=0x00E0)), known.admit(an_event(head=0))]
    events = known.admit_known([an_event(head=0x00E0), an_event(head=0, data=b"\1")])
    assert events == [first[0]._replace(datetime=102, timestamp=102),
                      first[1]._replace(datetime=102, timestamp=102, data=b"\1")]


@pytest.mark.parametrize("other", [
    None, an_event(vscp_type=4), an_event(head=0x0060), an_event(data=bytes(9))],
    ids=["no event", "another kind", "another priority", "more data than a bus takes"])
def test_several_end_before_the_first_that_has_to_be_looked_at(other):
    known = an_admission()
    known.admit(an_event())
    assert len(known.admit_known([an_event(), other, an_event()])) == 1
    assert known.admit_known([other, an_event()]) == []


@pytest.mark.parametrize("fields, vscp_class, error", [
    ({"rights": 0}, 20, NotAuthorizedToSend),
    ({"rights": SEND_EVENTS}, 0, NotAllowed),
    ({"rules": EventRules.parse("10:6")}, 20, NotAllowed),
])
def test_what_is_refused_is_refused_again(fields, vscp_class, error):
    known = an_admission(**fields)
    for _ in range(3):
        with pytest.raises(error):
            known.admit(an_event(vscp_class))


def test_what_is_known_is_bounded(monkeypatch):
    monkeypatch.setattr(admission, "_KINDS", 10)
    known = an_admission()
    for number in range(100):
        known.admit(an_event(1024 + 16, vscp_type=number))
        assert len(known._known) <= 10


@pytest.mark.parametrize("vscp_class, level1_data, sizes", [
    (0, 8, (0, 8)), (511, 64, (0, 64)), (512, 8, (16, 24)), (1023, 64, (16, 80)),
    (1024, 8, (0, 512)), (65535, 8, (0, 512))])
def test_the_sizes_of_a_class(vscp_class, level1_data, sizes):
    assert data_sizes(vscp_class, level1_data) == sizes
