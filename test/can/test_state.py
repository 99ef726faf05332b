"""Bus states and what the log says about them."""

import logging

import pytest

from vscpws.can.address import parse_channel
from vscpws.can.state import BusState

CONTROLLER, BUS_OFF, RESTARTED, ACK = 0x20000004, 0x20000040, 0x20000100, 0x20000020


def controller(problem):
    return CONTROLLER, bytes((0, problem, 0, 0, 0, 0, 100, 0))


@pytest.fixture
def state(caplog):
    caplog.set_level(logging.INFO)
    state = BusState("house", parse_channel("can0"))
    state.change("up")
    caplog.clear()
    return state


@pytest.mark.parametrize("frame, expected, usable", [
    (controller(0x04), "warning", True), (controller(0x08), "warning", True),
    (controller(0x10), "passive", True), (controller(0x20), "passive", True),
    (controller(0x24), "passive", True),
    (controller(0x40), "up", True), (controller(0x01), "up", True),
    ((BUS_OFF, bytes(8)), "bus-off", False),
    ((BUS_OFF | 4, bytes(8)), "bus-off", False),
    ((ACK, bytes(8)), "up", True), ((CONTROLLER, b""), "up", True),
])
def test_error_frame_leads_to_a_state(state, frame, expected, usable):
    state.take_error(*frame)
    assert (state.state, state.usable) == (expected, usable)


def test_controller_without_errors_is_up_again(state):
    state.take_error(*controller(0x08))
    state.take_error(*controller(0x40))
    assert (state.state, state.reason) == ("up", "the bus errors have ended")


@pytest.mark.parametrize("frame", [
    controller(0x01), (0x20000001, bytes((0, 0x10, 0, 0, 0, 0, 0, 0))), (CONTROLLER, b"\0"),
    (ACK, bytes((0, 0x10, 0, 0, 0, 0, 0, 0))),
])
def test_other_error_frames_change_nothing(state, caplog, frame):
    state.take_error(*frame)
    assert (state.state, state.reason, caplog.messages) == ("up", "", [])


def test_two_bytes_tell_of_the_controller(state):
    state.take_error(CONTROLLER, b"\0\x10")
    assert state.state == "passive"


def test_recorded_error_frames_are_long_past():
    state = BusState("demo", parse_channel("replay:demo.log"))
    state.change("up")
    state.take_error(BUS_OFF, bytes(8))
    assert state.usable


def test_restarted_controller_is_up_again(state):
    state.take_error(BUS_OFF, bytes(8))
    state.take_error(RESTARTED, bytes(8))
    assert state.usable


@pytest.mark.parametrize("new, reason, line", [
    ("down", "the interface is switched off",
     "house: can0 is down: the interface is switched off; run: ip link set can0 up"),
    ("waiting", "there is no CAN interface can0",
     "house: can0 is waiting: there is no CAN interface can0; trying again until it is there"),
])
def test_change_is_one_line_with_advice(state, caplog, new, reason, line):
    state.change(new, reason)
    assert [record.getMessage() for record in caplog.records] == [line]
    assert caplog.records[0].levelno == logging.WARNING


def test_bus_off_says_how_to_restart(state, caplog):
    state.take_error(BUS_OFF, bytes(8))
    assert "ip link set can0 type can restart" in caplog.text


def test_repeats_are_counted_and_told_with_the_next_change(state, caplog):
    for _ in range(4):
        state.change("waiting", "no such device")
    assert state.repeats == 3
    state.change("up")
    assert len(caplog.records) == 2
    assert "was waiting, found so 4 times" in caplog.records[1].getMessage()
    assert state.repeats == 0


def test_being_up_and_being_closed_are_no_warnings(caplog):
    caplog.set_level(logging.INFO)
    state = BusState("house", parse_channel("can0"))
    for name in ("up", "waiting", "waiting", "closed"):
        state.change(name, "gone" if name == "waiting" else "")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "house: can0 is up"),
        ("WARNING", "house: can0 is waiting: gone; trying again until it is there"),
        ("INFO", "house: can0 is closed")]


def test_a_bus_is_closed_at_first_for_no_reason_and_was_never_found_so_again():
    state = BusState("house", parse_channel("can0"), lambda: 5.0)
    assert (state.state, state.reason, state.repeats, state.seconds) == ("closed", "", 0, 0.0)
    assert state.usable is False and state.text == ""


def test_replay_says_that_it_is_no_bus(caplog):
    caplog.set_level(logging.INFO)
    BusState("demo", parse_channel("replay:demo.log")).change("up")
    assert "a recorded log, not a bus" in caplog.text


def test_other_interfaces_get_no_socketcan_advice(caplog):
    BusState("stick", parse_channel("slcan:/dev/ttyUSB0")).change("bus-off", "gone")
    assert "ip link" not in caplog.text


def test_seconds_count_from_the_last_change_of_state():
    now = [10.0]
    state = BusState("house", parse_channel("can0"), lambda: now[0])
    state.change("waiting", "a")
    now[0] = 12.0
    state.change("waiting", "b")
    assert state.seconds == 2.0
    state.change("up")
    assert state.seconds == 0.0
