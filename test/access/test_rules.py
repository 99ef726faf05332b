"""The events a user may send and receive."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.access.rules import EventRules
from vscpws.model.errors import NotAllowed
from vscpws.model.event import Event, make_head, priority_of


def event(vscp_class, vscp_type, priority=3):
    head = make_head(priority, hard_coded=True)
    return Event(head, vscp_class, vscp_type, 0, 0, 0, bytes(16), b"")


def sent_priority(rules, what):
    """The priority the event goes out with, None where it may not."""
    try:
        return priority_of(EventRules.parse(rules).may_send(what).head)
    except NotAllowed:
        return None


@pytest.mark.parametrize("rules, vscp_class, vscp_type, may_send, may_receive", [
    ("", 10, 6, True, True),
    # class:type binds sending only
    ("10:6", 10, 6, True, True),
    ("10:6", 10, 7, False, True),
    ("10:6", 11, 6, False, True),
    ("10:*", 10, 255, True, True),
    ("10:*", 20, 255, False, True),
    ("*:6", 20, 6, True, True),
    ("*:6", 20, 7, False, True),
    ("*:*", 20, 7, True, True),
    ("0x0A:0x06", 10, 6, True, True),
    ("0x0A:-1", 10, 6, True, True),
    ("10:6,20:*", 20, 9, True, True),
    # so does TX
    ("TX;10;6;0", 10, 6, True, True),
    ("TX;10;6;0", 10, 7, False, True),
    ("TX;*;*;*", 10, 7, True, True),
    ("TX;-1;-1;-1", 10, 7, True, True),
    # RX binds receiving only
    ("RX;10;6;0", 10, 6, True, True),
    ("RX;10;6;0", 10, 7, True, False),
    ("RX;10;*;0", 10, 7, True, True),
    ("RX;*;7;0", 20, 7, True, True),
    ("RX;*;7;0", 20, 8, True, False),
    ("RX;*;*;*", 20, 8, True, True),
    # BOTH binds both
    ("BOTH;10;6;0", 10, 6, True, True),
    ("BOTH;10;6;0", 10, 7, False, False),
    # each direction for itself
    ("20:3,RX;10;*;*", 20, 3, True, False),
    ("20:3,RX;10;*;*", 10, 3, False, True),
    ("TX;20;3;*,RX;10;*;*,BOTH;15;*;*", 15, 1, True, True),
    # case, blanks, missing priority, colons throughout
    (" tx ; 10 ; 6 ", 10, 6, True, True),
    ("tx;10;6", 10, 7, False, True),
    ("Both:10:6:3", 10, 7, False, False),
    # a class is not its mirror
    ("10:6", 522, 6, False, True),
])
def test_what_passes_in_which_direction(rules, vscp_class, vscp_type, may_send, may_receive):
    what = event(vscp_class, vscp_type)
    assert (sent_priority(rules, what) is not None) is may_send
    assert EventRules.parse(rules).may_receive(what) is may_receive


@pytest.mark.parametrize("rules, wanted, sent", [
    ("TX;10;6;3", 0, 3),
    ("TX;10;6;3", 2, 3),
    ("TX;10;6;3", 3, 3),
    ("TX;10;6;3", 7, 7),
    ("TX;10;6;7", 0, 7),
    ("TX;10;6;0", 0, 0),
    ("TX;10;6;*", 0, 0),
    ("TX;10;6;-1", 0, 0),
    ("TX;10;6", 0, 0),
    ("10:6", 0, 0),
    ("BOTH;10;6;3", 1, 3),
    ("RX;10;6;3", 1, 1),
    # the most generous of all that match, wherever it stands
    ("TX;10;6;3,TX;10;*;5", 1, 3),
    ("TX;10;6;5,TX;10;*;3", 1, 3),
    ("TX;10;6;5,TX;10;6;2", 1, 2),
    ("TX;10;6;2,TX;10;6;5", 1, 2),
    ("TX;10;6;5,10:*", 1, 1),
    ("TX;*;*;4,TX;*;6;6", 1, 4),
    ("TX;10;6;5,TX;20;*;1", 1, 5),
])
def test_a_too_high_priority_is_lowered(rules, wanted, sent):
    assert sent_priority(rules, event(10, 6, wanted)) == sent


def test_lowering_changes_nothing_but_the_priority():
    what = event(10, 6, 1)
    lowered = EventRules.parse("TX;10;6;5").may_send(what)
    assert lowered == what._replace(head=make_head(5, hard_coded=True))


def test_an_event_that_may_pass_is_passed_itself():
    what = event(10, 6)
    assert EventRules.parse("TX;10;6;3").may_send(what) is what


def test_the_refusal_names_class_and_type():
    with pytest.raises(NotAllowed, match="class 10 type 7 is not among the user's events"):
        EventRules.parse("10:6").may_send(event(10, 7))


@pytest.mark.parametrize("value", [None, "", [], " , "])
def test_nothing_is_any_event(value):
    assert EventRules.parse(value) == EventRules()
    assert EventRules.parse(value).receiving is None


def test_a_list_and_a_text_with_commas_are_the_same():
    from_list = EventRules.parse(["10:6", "RX;0x14;*;-1"])
    from_text = EventRules.parse("10:6,RX;20;-1;*")
    assert from_list == from_text
    assert hash(from_list) == hash(from_text)
    assert from_list != EventRules.parse("10:6")


def test_rules_show_what_they_were_made_of():
    assert repr(EventRules()) == "EventRules(rules=())"


@pytest.mark.parametrize("text, printed", [
    ("0x0A:6", "10:6"),
    ("10:*,*:-1", "10:*,*:*"),
    ("tx;10;6;3,RX;*;7,BOTH;0x14;*;-1", "TX:10:6:3,RX:*:7:0,BOTH:20:*:0"),
    ("", ""),
])
def test_the_printed_form_has_no_semicolon(text, printed):
    assert str(EventRules.parse(text)) == printed


@pytest.mark.parametrize("text", [
    "10", "*", "10;6", "10:6:3", "10:", ":6", "TX", "TX;10", "TX;10;6;3;1", "XX;10;6;3", ";10;6;3",
    "65536:1", "1:65536", "TX;10;6;8", "TX;10;6;x", "-2:1", "10:1.5", "ten:6", "10:²", "TX;10;6;",
])
def test_anything_else_is_refused_and_quoted(text):
    with pytest.raises(ValueError) as caught:
        EventRules.parse("10:6," + text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("value", [10, {"10": 6}, [10], [["10:6"]], True])
def test_other_json_is_refused(value):
    with pytest.raises(ValueError):
        EventRules.parse(value)


numbers = st.one_of(st.integers(0, 0xFFFF).map(str), st.integers(0, 0xFFFF).map(hex),
                    st.sampled_from(["*", "-1", "10", "20"]))
priorities = st.one_of(st.integers(0, 7).map(str), st.sampled_from(["*", "-1"]))
entries = st.one_of(
    st.builds("{}:{}".format, numbers, numbers),
    st.builds("{};{};{};{}".format, st.sampled_from(["TX", "RX", "BOTH"]), numbers, numbers,
              priorities))
events = st.builds(event, st.integers(0, 0xFFFF) | st.sampled_from([10, 20]),
                   st.integers(0, 0xFFFF) | st.sampled_from([10, 20]), st.integers(0, 7))


@settings(deadline=None)
@given(st.lists(entries, max_size=6), events)
def test_the_printed_form_reads_back_the_same(texts, what):
    rules = EventRules.parse(texts)
    again = EventRules.parse(str(rules))
    assert again == rules
    assert again.may_receive(what) == rules.may_receive(what)
    assert sent_priority(texts, what) == sent_priority(str(rules), what)


@settings(deadline=None)
@given(st.lists(entries, max_size=6), events)
def test_no_event_is_sent_at_a_higher_priority_than_asked_for(texts, what):
    sent = sent_priority(texts, what)
    assert sent is None or sent >= priority_of(what.head)


@settings(deadline=None)
@given(st.text(alphabet="TXRBOH0123456789x*:;,- ") | st.text())
def test_any_text_gives_rules_or_a_value_error(text):
    try:
        rules = EventRules.parse(text)
    except ValueError:
        return
    assert EventRules.parse(str(rules)) == rules
