"""The retained topics as they ought to be, and how the broker comes to have them."""

from hypothesis import given
from hypothesis import strategies as st

from hass import Broker
from vscpws.mqtt.homeassistant.board import Board
from vscpws.mqtt.homeassistant.memo import MOST_GONE


def board(connected=True):
    broker = Broker()
    made = Board(broker.publish)
    made.connected = connected
    return broker, made


def test_what_is_pinned_is_published_at_once_or_when_the_broker_comes():
    broker, made = board()
    made.pin("a", b"1")
    assert broker.messages == [("a", b"1", True, 0)]
    made.connected = False
    made.pin("a", b"2")
    made.pin("b", b"1", 1)
    made.pin("b", b"2", 1)
    assert len(broker.messages) == 1 and made.flush(10) == 0
    made.connected = True
    assert made.flush(10) == 2 and made.flush(10) == 0
    assert broker.messages[1:] == [("a", b"2", True, 0), ("b", b"2", True, 1)]


def test_what_was_due_and_is_pinned_anew_goes_out_once():
    broker, made = board(False)
    made.pin("a", b"1")
    made.connected = True
    made.pin("a", b"2")
    assert made.flush(10) == 0 and broker.messages == [("a", b"2", True, 0)]


def test_once_more_is_in_the_order_that_was_asked_for():
    broker, made = board(False)
    for topic in "abc":
        made.pin(topic, b"x")
    made.again("ba")
    made.connected = True
    made.flush(10)
    assert [topic for topic, *_ in broker.messages] == ["c", "b", "a"]


def test_no_more_than_was_asked_for_is_published_and_what_has_no_room_waits():
    broker, made = board(False)
    for number in range(10):
        made.pin("%d" % number, b"x")
    made.connected = True
    assert made.flush(4) == 4
    broker.is_full = True
    assert made.flush(4) == 0
    broker.is_full = False
    assert made.flush(10) == 6
    assert list(broker.retained) == ["%d" % number for number in range(10)]


def test_what_is_to_go_goes_first_and_comes_back_if_it_is_pinned():
    broker, made = board()
    for topic in "abc":
        made.pin(topic, b"x")
    made.clear(["a", "b", "never"])
    made.pin("b", b"y")
    made.again(["c", "a", "unknown"])
    assert made.gone == ["a", "never"]
    assert made.flush(10) == 3
    assert broker.messages[3:] == [("b", b"y", True, 0), ("a", b"", True, 1),
                                   ("never", b"", True, 1), ("c", b"x", True, 0)]
    assert broker.retained == {"b": b"y", "c": b"x"} and len(made) == 2


def test_what_somebody_else_publishes_again_is_kept():
    broker, made = board()
    made.clear(["a", "b"])
    made.keep("a")
    made.flush(10)
    assert [topic for topic, *_ in broker.messages] == ["b"]


def test_what_waits_to_be_cleared_has_a_limit():
    _, made = board(False)
    made.clear("%d" % number for number in range(MOST_GONE + 10))
    assert len(made.gone) == MOST_GONE


@given(st.lists(st.tuples(st.sampled_from(["pin", "clear", "flush", "again", "full", "lost"]),
                          st.sampled_from("abcd"), st.integers(0, 3)), max_size=60))
def test_in_the_end_the_broker_has_what_is_pinned_and_nothing_else(calls):
    broker, made = board()
    pinned = {}
    for name, topic, number in calls:
        if name == "pin":
            pinned[topic] = b"%d" % number
            made.pin(topic, pinned[topic])
        elif name == "clear":
            pinned.pop(topic, None)
            made.clear([topic])
        elif name == "flush":
            made.flush(number)
        elif name == "again":
            made.again([topic])
        elif name == "full":
            broker.is_full = not broker.is_full
        else:
            made.connected = not made.connected
    broker.is_full, made.connected = False, True
    made.flush(100)
    assert broker.retained == pinned
