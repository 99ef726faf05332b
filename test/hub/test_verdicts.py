"""Verdicts on kinds of events: remembered, the same as judging each event, and bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.access.rules import EventRules
from vscpws.access.selection import Selection
from vscpws.hub import verdicts as module
from vscpws.hub.verdicts import Verdicts
from vscpws.model.event import Event
from vscpws.model.filter import Pattern

GUID = bytes(16)


def event(vscp_type, vscp_class=10, head=0, guid=GUID, obid=1, data=b""):
    return Event(head, vscp_class, vscp_type, obid, 5, 6, guid, data)


class OnlyType:
    """Equal instances are equal; notes what it is asked."""

    def __init__(self, vscp_type, asked):
        self.vscp_type, self.asked = vscp_type, asked

    def __eq__(self, other):
        return self.vscp_type == other.vscp_type

    def __hash__(self):
        return self.vscp_type

    def passes(self, one):
        self.asked.append(one)
        return one.vscp_type == self.vscp_type


def marks(memory, selection, events):
    return list(memory.sorted(events).marks(selection))


heads = st.sampled_from([0x00, 0x60, 0xE0, 0x70])
few = st.sampled_from([0, 6, 10, 0xFFFF])
guids = st.sampled_from([GUID, bytes(15) + b"\x07", b"\xff" * 16])
events = st.lists(st.builds(event, few, few, heads, guids, st.integers(0, 3),
                            st.sampled_from([b"", b"\x01"])), max_size=12)
keys = st.builds(Pattern, st.integers(0, 7), few, few, guids).map(Pattern.key)
selections = st.builds(
    Selection, keys, keys, st.sampled_from(["", "RX;10;6;*", "RX;*;0;*,BOTH;6;*;*"]).map(
        lambda text: EventRules.parse(text).receiving))


@given(st.lists(st.tuples(st.lists(selections, max_size=3), events), max_size=6))
def test_what_passes_is_marked_whatever_came_and_was_asked_before(batches):
    memory = Verdicts()
    for asked, batch in batches:
        for selection in asked:
            assert marks(memory, selection, batch) == [selection.passes(one) for one in batch]


def test_a_kind_is_judged_once_for_all_equal_selections_and_all_batches():
    memory, asked = Verdicts(), []
    for _ in range(3):
        batch = [event(6, obid=2, data=b"x"), event(7), event(6)]
        assert marks(memory, OnlyType(6, asked), batch) == [1, 0, 1]
    assert marks(memory, OnlyType(6, asked), [event(8), event(6)]) == [0, 1]
    assert asked == [Event(0, 10, number, 0, 0, 0, GUID, b"") for number in (6, 7, 8)]


def test_a_verdict_that_comes_later_leaves_those_of_other_selections():
    memory, asked = Verdicts(), []
    selections = [OnlyType(vscp_type, asked) for vscp_type in (1, 6, 2)]
    for selection in selections:
        assert marks(memory, selection, [event(9)]) == [0]
    del asked[:]
    for _ in range(2):
        assert [marks(memory, selection, [event(6)]) for selection in selections[::-1]] == [
            [0], [1], [0]]
    assert len(asked) == 3


@pytest.mark.parametrize("other", [
    event(7), event(6, vscp_class=11), event(6, head=0x60), event(6, guid=b"\1" * 16)])
def test_events_that_differ_in_what_is_judged_are_of_different_kinds(other):
    by_kind = Verdicts().sorted([event(6), other, event(6, obid=9, data=b"1")])
    assert by_kind.numbers == [0, 1, 0]


def test_ever_new_kinds_don_t_fill_the_memory(monkeypatch):
    monkeypatch.setattr(module, "_KINDS", 3)
    memory, asked = Verdicts(), []
    for number in range(10):
        guid = bytes(15) + bytes((number,))
        assert marks(memory, OnlyType(6, asked), [event(6, guid=guid)]) == [1]
        assert len(memory._kinds) == len(memory._kinds.in_order) <= 3
    assert len(asked) == 10


def test_a_batch_stays_right_when_numbers_begin_anew_meanwhile(monkeypatch):
    monkeypatch.setattr(module, "_KINDS", 1)
    memory = Verdicts()
    before = memory.sorted([event(6), event(7)])
    memory.sorted([event(7), event(6)])
    assert before.marks(OnlyType(6, [])) == b"\1\0"


def test_ever_new_selections_don_t_fill_the_memory(monkeypatch):
    monkeypatch.setattr(module, "_SELECTIONS", 3)
    memory, judged = Verdicts(), []
    for vscp_type in (1, 2, 1, 3, 1, 4, 1):
        asked = []
        assert marks(memory, OnlyType(vscp_type, asked), [event(1)]) == [vscp_type == 1]
        judged += [vscp_type] * len(asked)
        assert len(memory._kinds.places) <= 3
    assert judged == [1, 2, 3, 1, 4]


def test_more_selections_than_are_remembered_are_judged_all_the_same(monkeypatch):
    monkeypatch.setattr(module, "_SELECTIONS", 2)
    by_kind = Verdicts().sorted([event(1), event(2), event(3)])
    for _ in range(2):
        for vscp_type in range(5):
            assert list(by_kind.marks(OnlyType(vscp_type, []))) == [
                vscp_type == 1, vscp_type == 2, vscp_type == 3]
    assert len(by_kind.kinds.places) == 2


def test_only_what_comes_is_judged():
    """A client that sets new filters all the time costs no more than its own events."""
    memory = Verdicts()
    memory.sorted([event(number) for number in range(100)])
    asked = []
    assert marks(memory, OnlyType(6, asked), [event(7), event(6)]) == [0, 1]
    assert len(asked) == 2


def test_a_batch_stays_right_when_selections_come_that_it_was_sorted_without():
    memory, one, other = Verdicts(), OnlyType(1, []), OnlyType(2, [])
    before = memory.sorted([event(1), event(2)])
    assert before.marks(one) == b"\1\0"
    assert memory.sorted([event(2), event(1)]).marks(other) == b"\1\0"
    assert before.marks(other) == b"\0\1"
    assert before.marks(one) == b"\1\0"
