"""What comes from a driver, judged by one rule."""

import errno
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import can
from canfakes import MOMENT
from vscpws.can.guard import Guard
from vscpws.can.source import BusMissing, SourceError
from vscpws.can.tunnel import Tunnel

GOOD = can.Message(arbitration_id=0x0C0A0601, data=b"x")


class Driver:
    """Gives what the list says, each after so many seconds of a clock that only it moves."""

    def __init__(self, *steps):
        self.now = 0.0
        self.steps = list(steps)
        self._buffer = bytearray(b"rest")

    def clock(self):
        return self.now

    def recv(self, timeout):
        seconds, item = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        self.now += timeout if seconds is None else seconds
        if isinstance(item, BaseException):
            raise item
        return item


def a_guard(driver, **kinds):
    tunnel = Tunnel(driver)
    for name, value in kinds.items():
        setattr(tunnel, name, value)
    return Guard(driver, tunnel, lambda: MOMENT, driver.clock)


def read_for(guard, driver, seconds):
    """How long the bus was well, and its frames."""
    frames = []
    try:
        while driver.now < seconds:
            frame = guard.receive()
            if frame:
                frames.append(frame)
    except SourceError as error:
        return driver.now, frames, str(error)
    return None, frames, ""


@pytest.mark.parametrize("wait, ends", [
    (0.0001, True), (0.002, True), (0.05, False), (0.1, False), (None, False),
])
def test_nothing_at_once_again_and_again_is_the_end(wait, ends):
    driver = Driver((wait, None))
    end, _, reason = read_for(a_guard(driver), driver, 5)
    assert (end is not None) is ends and ("returns at once" in reason) is ends
    assert end is None or end < 1.1


@pytest.mark.parametrize("returns, sent, ends", [
    (100, 0, False), (101, 0, True), (102, 1, False), (103, 1, True), (120, 10, False)])
def test_a_hundred_returns_a_second_and_two_for_each_sent_frame_are_well(returns, sent, ends):
    driver = Driver((0.0, None))
    guard = a_guard(driver)
    guard.sent += sent
    for _ in range(returns - 1):
        guard.receive()
    driver.now += 1.0                   # the last one ends the window, and is judged with it
    if ends:
        with pytest.raises(BusMissing, match="returns at once"):
            guard.receive()
        return
    guard.receive()
    for _ in range(100):                # a new window, in which nothing is sent
        guard.receive()
    driver.now += 1.0
    with pytest.raises(BusMissing, match="returns at once"):
        guard.receive()


@pytest.mark.parametrize("seconds, is_wait", [(0.1, True), (0.09, False)])
def test_half_of_the_wait_is_a_wait(seconds, is_wait):
    driver = Driver(*[(0.0, None)] * 90, (seconds, None), (0.0, None))
    guard = a_guard(driver)
    for _ in range(180):
        guard.receive()
    driver.now += 1.0
    if is_wait:
        guard.receive()                 # those before the wait are forgotten
    else:
        with pytest.raises(BusMissing, match="returns at once"):
            guard.receive()


def test_a_driver_is_asked_to_wait_a_fifth_of_a_second():
    driver = Driver((None, None))
    a_guard(driver).receive()
    assert driver.now == 0.2


def test_a_frame_and_a_wait_end_a_row_of_failures():
    for good in (GOOD, None):
        driver = Driver(*([(0.001, ValueError("noise"))] * 49 + [(None, good)]) * 3, (None, None))
        end, frames, _ = read_for(a_guard(driver), driver, 5)
        assert end is None and len(frames) == 3 * (good is GOOD)


def test_the_way_to_the_other_side_is_looked_at_once_a_second(monkeypatch):
    looks = []
    driver = Driver((0.25, None))
    monkeypatch.setattr(Tunnel, "check_way", lambda self: looks.append(driver.now))
    read_for(a_guard(driver), driver, 3)
    assert looks == [0.25, 1.25, 2.25]


def test_what_is_skipped_has_its_reason():
    driver = Driver((0.1, ValueError("foreign")), (None, None))
    guard = a_guard(driver)
    assert (guard.skipped, guard.reason, guard.sent) == (0, "", 0)
    guard.receive()
    assert (guard.skipped, guard.reason) == (1, "ValueError: foreign")


def test_driver_that_gives_frames_among_the_nothing_is_well():
    steps = ([(0.0001, None)] * 2000 + [(0.0001, GOOD)]) * 10
    driver = Driver(*steps, (None, None))
    end, frames, _ = read_for(a_guard(driver), driver, 5)
    assert end is None and len(frames) == 10


def test_returns_for_the_answers_to_what_is_sent_are_no_end():
    driver = Driver((0.002, None))
    guard = a_guard(driver)
    while driver.now < 5:
        guard.receive()
        guard.sent += 1


def test_answers_that_are_read_late_are_no_end_either():
    """Of a window with two hundred sent frames they come in the next one, in which none is sent."""
    driver = Driver((0.0, None))
    guard = a_guard(driver)
    guard.sent += 200
    driver.now += 1.0
    guard.receive()                 # the first of them, with which the window ends
    for _ in range(398):
        guard.receive()
    driver.now += 1.0
    guard.receive()                 # the last
    for _ in range(101):
        guard.receive()
    driver.now += 1.0
    with pytest.raises(BusMissing, match="returns at once"):
        guard.receive()


def test_one_failure_a_second_for_ever_closes_nothing():
    steps = [(0.1, ValueError("foreign"))] + [(None, None)] * 4
    driver = Driver(*(steps * 200), (None, None))
    end, _, _ = read_for(a_guard(driver), driver, 150)
    assert end is None


def test_failures_in_a_row_are_the_end():
    driver = Driver((0.001, ValueError("noise")))
    guard = a_guard(driver)
    with pytest.raises(BusMissing, match="50 messages in a row can't be read: ValueError: noise"):
        while True:
            guard.receive()
    assert guard.skipped == 50


def test_a_time_out_by_exception_is_nothing_and_no_failure():
    driver = Driver((0.0001, TimeoutError("nothing came")))
    guard = a_guard(driver)
    end, _, reason = read_for(guard, driver, 5)
    assert end < 1.1 and "returns at once" in reason and guard.skipped == 0


def test_a_device_that_is_gone_is_the_end_at_once():
    driver = Driver((0.1, OSError(errno.ENODEV, "No such device")), (None, None))
    guard = a_guard(driver)
    with pytest.raises(BusMissing, match="No such device"):
        guard.receive()
    assert guard.skipped == 0


@pytest.mark.parametrize("item", [ValueError("half a message"), None])
def test_a_connection_that_the_other_side_has_closed_is_the_end(item, monkeypatch):
    monkeypatch.setattr(Tunnel, "has_ended", lambda self: True)
    driver = Driver((0.1, item), (None, None))
    guard = a_guard(driver)
    with pytest.raises(BusMissing, match="the other side has closed the connection"):
        guard.receive()
    assert guard.skipped == 0


def test_failures_of_datagrams_are_never_the_end(monkeypatch):
    monkeypatch.setattr(Tunnel, "is_datagram", True)
    driver = Driver((0.001, ValueError("foreign")))
    assert read_for(a_guard(driver), driver, 5)[0] is None


def test_what_a_driver_could_not_read_does_not_stay_in_its_buffer():
    driver = Driver((0.1, UnicodeDecodeError("utf-8", b"re", 0, 1, "bad")), (None, None))
    a_guard(driver).receive()
    assert driver._buffer == b"st"


@pytest.mark.parametrize("item", [
    can.Message(arbitration_id=1 << 40), can.Message(arbitration_id=5, dlc=8, data=b"x"), 5, "x",
    (1, 2), True, object(),
])
def test_message_that_is_no_frame_is_skipped(item):
    driver = Driver((0.1, item), (0.1, GOOD), (None, None))
    guard = a_guard(driver)
    assert guard.receive() is None
    assert guard.receive()[1] == b"x" and guard.skipped == 1


class Plain(can.BusABC):
    """A driver that leaves the waiting to python-can, which asks it again and again."""

    def __init__(self):
        self.asked = []

    def _recv_internal(self, timeout):
        self.asked.append(timeout)
        return (GOOD if len(self.asked) == 1 else None), True

    def send(self, msg, timeout=None):
        pass

    def shutdown(self):
        self._is_shutdown = True


def test_driver_without_a_way_to_wait_is_asked_itself():
    driver = Plain()
    guard = Guard(driver, Tunnel(driver), lambda: MOMENT)
    assert guard.receive()[1] == b"x"
    assert guard.receive() is None
    assert driver.asked == [0.2, 0.2] and guard.skipped == 0
    driver.shutdown()


@given(st.lists(st.sampled_from([None, GOOD, 5, ValueError(), KeyError(), can.CanError("x"),
                                 OSError(5, "gone"), TimeoutError(), MemoryError()]),
                max_size=300), st.integers(0, 1000))
def test_nothing_but_a_source_s_error_ever_leaves(items, seed):
    pick = random.Random(seed)
    driver = Driver(*[(pick.choice((0.0, 0.001, None)), item) for item in items], (None, None))
    end, frames, reason = read_for(a_guard(driver), driver, 20)
    assert all(frame[1] == b"x" for frame in frames)
    assert end is None or reason
