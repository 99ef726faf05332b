"""python-can's messages and our frames."""

import pytest

import can
from vscpws.can.canmessage import frame_from_message, message_from_frame, moment_of
from vscpws.codec.canframe import ERROR, EXTENDED, REMOTE


@pytest.mark.parametrize("message, frame", [
    (can.Message(arbitration_id=5, data=b"ab"), (EXTENDED | 5, b"ab", 9)),
    (can.Message(arbitration_id=5, is_extended_id=False), (5, b"", 9)),
    (can.Message(arbitration_id=5, is_remote_frame=True, dlc=2), (EXTENDED | REMOTE | 5, b"", 9)),
    (can.Message(arbitration_id=5, is_fd=True, data=bytes(12)), (EXTENDED | 5, bytes(12), 9)),
])
def test_message_becomes_a_frame(message, frame):
    assert frame_from_message(message, 9) == frame


def test_more_data_than_a_frame_can_carry_is_refused():
    message = can.Message(arbitration_id=5, is_fd=True, data=bytes(65))
    with pytest.raises(ValueError, match="65 data bytes"):
        frame_from_message(message, 9)


def test_error_message_becomes_an_error_frame():
    message = can.Message(arbitration_id=0x40, is_error_frame=True, data=bytes(8))
    assert frame_from_message(message, 9)[0] & (ERROR | 0x40) == ERROR | 0x40


@pytest.mark.parametrize("data, fd", [(b"", False), (bytes(8), False), (bytes(12), True)])
def test_frame_to_send_is_extended_and_fd_only_where_needed(data, fd):
    message = message_from_frame(0x1FFFFFFF, data)
    assert (message.arbitration_id, bytes(message.data)) == (0x1FFFFFFF, data)
    assert message.is_extended_id and message.is_fd is fd


@pytest.mark.parametrize("timestamp, moment", [
    (1700000000.123456, 1700000000123456), (12.5, 7), (0.0, 7), (float("nan"), 7),
    (float("inf"), 7), (1e15, 7),
])
def test_time_stamp_that_is_no_time_of_day_is_replaced(timestamp, moment):
    assert moment_of(timestamp, 7) == moment


@pytest.mark.parametrize("message", [
    can.Message(arbitration_id=0x20000000), can.Message(arbitration_id=-1),
    can.Message(arbitration_id=0x800, is_extended_id=False), can.Message(arbitration_id=1.5),
    can.Message(arbitration_id=None), can.Message(arbitration_id="5"),
    can.Message(arbitration_id=5, dlc=3, data=b"ab"), can.Message(arbitration_id=5, data=bytes(9)),
    can.Message(arbitration_id=5, is_fd=True, data=bytes(13)),
    can.Message(arbitration_id=5, is_fd=True, dlc=15, data=bytes(48)),
])
def test_message_that_can_not_have_been_on_a_bus_is_refused(message):
    with pytest.raises(ValueError):
        frame_from_message(message, 9)


@pytest.mark.parametrize("length, data, taken", [(2, b"abcd", b"ab"), (9, bytes(12), bytes(12)),
                                                 (15, bytes(64), bytes(64)), (0, b"", b"")])
def test_length_says_how_many_bytes_count(length, data, taken):
    message = can.Message(arbitration_id=5, is_fd=length > 8, dlc=length, data=data)
    assert frame_from_message(message, 9)[1] == taken


@pytest.mark.parametrize("timestamp", [-5.0, None, "now", 1.7e9 + 90000, 9e10, 1e300])
def test_time_stamp_far_from_now_is_replaced_where_the_clock_is_set(timestamp):
    now = 1700000000000000
    assert moment_of(timestamp, now) == now
