"""What a client receives: right, both filters and the user's rules together."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.access import rights
from vscpws.access.rules import EventRules
from vscpws.access.selection import NOTHING, Selection
from vscpws.access.users import User
from vscpws.model.event import Event, make_head
from vscpws.model.filter import PASS_ALL, Filter, Pattern, parse_pattern


def event(vscp_class=10, vscp_type=6, priority=3, guid=bytes(16)):
    return Event(make_head(priority), vscp_class, vscp_type, 0, 0, 0, guid, b"")


def filter_of(pattern, mask):
    return Filter(parse_pattern(pattern), parse_pattern(mask))


def user(own_filter=PASS_ALL, events="", mask=rights.USER, **more):
    rules = EventRules.parse(events)
    return User(0, "anna", "", rights=mask, rules=rules, filter=own_filter, **more)


CLASS_10 = filter_of("0,10", "0,0xFFFF")
CLASS_20 = filter_of("0,20", "0,0xFFFF")
TYPE_6 = filter_of("0,0,6", "0,0,0xFFFF")


@pytest.mark.parametrize("own, session, events, vscp_class, vscp_type, passes", [
    (PASS_ALL, PASS_ALL, "", 10, 6, True),
    (CLASS_10, PASS_ALL, "", 10, 6, True),
    (CLASS_10, PASS_ALL, "", 20, 6, False),
    (PASS_ALL, CLASS_10, "", 10, 6, True),
    (PASS_ALL, CLASS_10, "", 20, 6, False),
    (CLASS_10, TYPE_6, "", 10, 6, True),
    (CLASS_10, TYPE_6, "", 10, 7, False),
    (CLASS_10, TYPE_6, "", 20, 6, False),
    (CLASS_10, CLASS_10, "", 10, 6, True),
    # a session can't have what its user may not
    (CLASS_10, CLASS_20, "", 10, 6, False),
    (CLASS_10, CLASS_20, "", 20, 6, False),
    # the user's events, where they bind receiving
    (PASS_ALL, PASS_ALL, "RX;10;*;*", 10, 6, True),
    (PASS_ALL, PASS_ALL, "RX;10;*;*", 20, 6, False),
    (PASS_ALL, PASS_ALL, "BOTH;10;6;*", 10, 7, False),
    (PASS_ALL, PASS_ALL, "20:*,TX;20;*;*", 10, 6, True),
    (PASS_ALL, TYPE_6, "RX;10;*;*", 10, 7, False),
])
def test_what_passes(own, session, events, vscp_class, vscp_type, passes):
    selection = Selection.of(user(own, events), session)
    assert selection.passes(event(vscp_class, vscp_type)) is passes


def test_priority_and_guid_count_as_well():
    own = filter_of("3", "7")
    session = filter_of("0,0,0,::01", "0,0,0,-:FF")
    selection = Selection.of(user(own), session)
    assert selection.passes(event(priority=3, guid=bytes(15) + b"\x01"))
    assert not selection.passes(event(priority=2, guid=bytes(15) + b"\x01"))
    assert not selection.passes(event(priority=3, guid=bytes(15) + b"\x02"))


def test_without_the_right_nothing_passes():
    selection = Selection.of(user(mask=rights.ADMIN & ~rights.RECEIVE_EVENTS))
    assert selection == NOTHING
    assert not selection.passes(event())
    assert Selection.of(user(mask=rights.RECEIVE_EVENTS)).passes(event())


def test_a_selection_of_nothing_in_particular_is_everything():
    assert Selection() == Selection(0, 0, None) == Selection.of(user())
    assert Selection().passes(event())


def test_nothing_is_nothing():
    assert not NOTHING.passes(event())


@pytest.mark.parametrize("own, session, events, everything", [
    (PASS_ALL, PASS_ALL, "", True),
    (filter_of("0,10", "0,0"), PASS_ALL, "", True),
    (PASS_ALL, PASS_ALL, "10:6,TX;*;*;3", True),
    (PASS_ALL, PASS_ALL, "RX;10;*;*,BOTH;*;*;*", True),
    (CLASS_10, PASS_ALL, "", False),
    (PASS_ALL, CLASS_10, "", False),
    (PASS_ALL, PASS_ALL, "RX;10;*;*", False),
])
def test_whatever_passes_everything_is_one_selection(own, session, events, everything):
    assert (Selection.of(user(own, events), session) == Selection()) is everything


@pytest.mark.parametrize("one, other", [
    (Selection.of(user(CLASS_10)), Selection.of(user(), CLASS_10)),
    (Selection.of(user(CLASS_10), TYPE_6), Selection.of(user(TYPE_6), CLASS_10)),
    (Selection.of(user(CLASS_10), CLASS_10), Selection.of(user(CLASS_10))),
    (Selection.of(user(filter_of("7,10,9", "0,0xFFFF"))), Selection.of(user(CLASS_10))),
    (Selection.of(user(events="RX;10;*;3,RX;20;*;*")),
     Selection.of(user(events="20:3,RX;20;*;*,BOTH;10;*;*"))),
    (Selection.of(user(CLASS_10), CLASS_20), NOTHING),
    (Selection.of(user(note="one")), Selection.of(user(note="other", mask=rights.ADMIN))),
])
def test_equal_selections_are_equal_and_hash_alike(one, other):
    assert one == other
    assert hash(one) == hash(other)


def test_different_selections_differ():
    different = {Selection.of(user()), Selection.of(user(CLASS_10)), Selection.of(user(CLASS_20)),
                 Selection.of(user(events="RX;10;*;*")), NOTHING}
    assert len(different) == 5


patterns = st.builds(Pattern, st.integers(0, 7), st.sampled_from([0, 10, 20, 0xFFFF]),
                     st.sampled_from([0, 6, 9, 0xFF]),
                     st.sampled_from([bytes(16), bytes(15) + b"\x07", b"\xff" * 16]))
filters = st.builds(Filter, patterns, patterns)
rule_texts = st.sampled_from(["", "10:6", "RX;10;6;*", "BOTH;20;*;3", "RX;*;6;0,TX;9;9;7"])
events = st.builds(event, st.sampled_from([0, 10, 20, 0xFFFF]), st.sampled_from([0, 6, 9, 0xFF]),
                   st.integers(0, 7), st.sampled_from([bytes(16), bytes(15) + b"\x07"]))


@settings(deadline=None)
@given(filters, filters, rule_texts, events)
def test_an_event_passes_exactly_if_both_filters_and_the_rules_let_it(own, session, rules, what):
    client = user(own, rules)
    expected = own.matches(what) and session.matches(what) and client.rules.may_receive(what)
    assert Selection.of(client, session).passes(what) is expected
