"""States in a file: there and back, and everything that can be wrong with it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import EVENTS
from vscpws.memory import statefile
from vscpws.memory.statefile import read_states, state_lines
from vscpws.memory.store import State
from vscpws.model.event import Event, check

NOW = 1795680000.0
ON = Event(0x60, 20, 3, 7, 1795679999000000, 123, bytes(15) + b"\1", bytes((0, 1, 2)))
LONG = ON._replace(vscp_class=1040, vscp_type=6, data=bytes(512))
DAY = 86400.0


def content(*states):
    return "".join(state_lines(states, NOW)).encode("utf-8")


def valid(event):
    try:
        check(event, 64)
    except ValueError:
        return False
    return not event.head & 0x0300


@given(EVENTS.filter(valid), st.floats(0, 80000))
def test_there_and_back(event, age):
    found = read_states(content(State(event, age, False)), NOW, DAY)
    assert (found.wrong, found.old) == (0, 0)
    state, = found.states
    assert state.event == event and state.restored
    assert state.age == pytest.approx(age, abs=0.002)


def test_ages_go_on_while_nothing_runs():
    state, = read_states(content(State(ON, 10.0, False)), NOW + 600, DAY).states
    assert state.age == 610.0


def test_what_is_too_old_is_left_out_and_counted():
    found = read_states(content(State(ON, 10.0, False), State(ON, DAY, False)), NOW + 1, DAY)
    assert (len(found.states), found.old) == (1, 1)
    assert len(read_states(content(State(ON, DAY, False)), NOW, DAY).states) == 1


def test_a_time_has_milliseconds():
    assert json.loads(content(State(ON, 0.12345, False)))["time"] == 1795679999.877


def test_what_would_make_the_file_too_large_is_left_out_the_oldest_first(monkeypatch):
    old, new = State(ON, 60.0, False), State(ON, 10.0, False)
    both = len(content(old, new))
    monkeypatch.setattr(statefile, "MAX_SIZE", both)
    assert len(content(old, new)) == both
    monkeypatch.setattr(statefile, "MAX_SIZE", both - 1)
    assert content(old, new) == content(new)


def test_a_file_of_all_states_with_64_bytes_fits():
    assert content(*[State(ON._replace(data=bytes(64)), 0.0, False)] * 4096).count(b"\n") == 4096


def test_a_file_has_four_megabytes_at_most():
    lines = content(*[State(LONG, 0.0, False)] * 4096)
    room = (4 << 20) - len(lines)
    assert 0 <= room < len(lines) // lines.count(b"\n")


def test_a_line_has_4096_bytes_at_most():
    line = content(State(ON, 0.0, False)).rstrip()
    for length, count in ((4096, 1), (4097, 0)):
        found = read_states(line.replace(b"{", b"{" + b" " * (length - len(line))), NOW, DAY)
        assert (len(found.states), found.wrong) == (count, 1 - count)


@pytest.mark.parametrize("name, least, most", [
    ("class", 0, 0xFFFF), ("type", 0, 0xFFFF), ("obid", 0, 0xFFFFFFFF),
    ("timestamp", 0, 0xFFFFFFFF), ("datetime", 1, 253402300798999999)])
def test_a_number_is_read_from_its_least_to_its_limit(name, least, most):
    entry = {**LINE, "class": 0xFFFF}
    for value, wrong in ((least - 1, 1), (least, 0), (most, 0), (most + 1, 1)):
        assert read_states(json.dumps({**entry, name: value}).encode(), NOW, DAY).wrong == wrong


@pytest.mark.parametrize("change", [{"datetime": 0}, {"head": 0x100}, {"head": 0x200}])
def test_what_is_not_completed_as_every_event_is_is_wrong(change):
    assert read_states(json.dumps({**LINE, **change}).encode(), NOW, DAY).wrong == 1


def test_after_the_clock_was_set_back_no_age_is_negative():
    state, = read_states(content(State(ON, 10.0, False)), NOW - DAY, DAY).states
    assert state.age == 0.0


def test_a_file_cut_in_the_middle_loses_the_line_that_is_cut():
    whole = content(*[State(ON, float(age), False) for age in range(10)])
    for length in range(0, len(whole), 7):
        found = read_states(whole[:length], NOW, DAY)
        assert len(found.states) >= whole[:length].count(b"\n")
        assert found.wrong <= 1


LINE = json.loads(content(State(ON, 0.0, False)))


@pytest.mark.parametrize("change", [
    {"time": None}, {"time": "now"}, {"time": True}, {"time": float("nan")}, {"class": -1},
    {"class": 70000}, {"class": "20"}, {"class": 20.5}, {"type": 256}, {"guid": "FF"},
    {"guid": 5}, {"data": "0"}, {"data": "zz"}, {"data": "00" * 513}, {"head": None},
    {"obid": True}, {"obid": 1 << 40}, {"datetime": 1 << 70},
    {"datetime": False}, {"timestamp": []}, {"timestamp": 0.5}])
def test_a_wrong_line_costs_itself(change):
    lines = [json.dumps(LINE), json.dumps({**LINE, **change}), json.dumps(LINE)]
    found = read_states("\n".join(lines).encode("utf-8"), NOW, DAY)
    assert (len(found.states), found.wrong) == (2, 1)


def test_an_empty_line_is_none():
    line = content(State(ON, 0.0, False))
    found = read_states(b"\n" + line + b" \r\n\n" + line, NOW, DAY)
    assert (len(found.states), found.wrong) == (2, 0)


@pytest.mark.parametrize("junk", [
    b"\xff\xfe\n", b"\0\0\0\n", b"[]\n", b"5\n", b"null\n", b"{}\n", b"[" * 4000 + b"\n",
    b"{" + b" " * 10000 + b"}\n", b"{\"time\": 1e999}\n"])
def test_junk_is_counted_and_raises_nothing(junk):
    found = read_states(junk + content(State(ON, 0.0, False)), NOW, DAY)
    assert (len(found.states), found.wrong) == (1, 1)


@given(st.binary(max_size=500))
def test_any_bytes_will_do(junk):
    read_states(junk, NOW, DAY)
