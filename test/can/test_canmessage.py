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
    with pytest.raises(ValueError, match="a frame has at most 64"):
        frame_from_message(message, 9)


@pytest.mark.parametrize("last, is_extended", [(0x1FFFFFFF, True), (0x7FF, False)])
def test_identifiers_have_29_or_11_bits(last, is_extended):
    def frame(number):
        return frame_from_message(
            can.Message(arbitration_id=number, is_extended_id=is_extended), 9)

    assert frame(0)[0] & 0x1FFFFFFF == 0 and frame(last)[0] & 0x1FFFFFFF == last
    with pytest.raises(ValueError, match="identifier %X is out of range" % (last + 1)):
        frame(last + 1)


@pytest.mark.parametrize("code, length", [
    (9, 12), (10, 16), (11, 20), (12, 24), (13, 32), (14, 48), (15, 64)])
def test_each_code_of_a_length_is_known(code, length):
    message = can.Message(arbitration_id=5, is_fd=True, dlc=code, data=bytes(length))
    assert frame_from_message(message, 9)[1] == bytes(length)


@pytest.mark.parametrize("length", [9, 15])
def test_a_code_without_its_data_is_a_length_that_no_frame_has(length):
    message = can.Message(arbitration_id=5, is_fd=True, dlc=length, data=bytes(length))
    with pytest.raises(ValueError, match="no frame has %d data bytes" % length):
        frame_from_message(message, 9)


def test_a_frame_may_have_8_bytes_and_a_long_one_64():
    assert frame_from_message(can.Message(arbitration_id=5, data=bytes(8)), 9)[1] == bytes(8)
    message = can.Message(arbitration_id=5, is_fd=True, data=bytes(64))
    assert frame_from_message(message, 9)[1] == bytes(64)


def test_error_message_becomes_an_error_frame():
    message = can.Message(arbitration_id=0x40, is_error_frame=True, data=bytes(8))
    assert frame_from_message(message, 9)[0] & (ERROR | 0x40) == ERROR | 0x40


@pytest.mark.parametrize("data, fd", [(b"", False), (bytes(8), False), (bytes(12), True)])
def test_frame_to_send_is_extended_and_fd_only_where_needed(data, fd):
    message = message_from_frame(0x1FFFFFFF, data)
    assert (message.arbitration_id, bytes(message.data)) == (0x1FFFFFFF, data)
    assert message.is_extended_id and message.is_fd is message.bitrate_switch is fd


@pytest.mark.parametrize("timestamp, moment", [
    (1700000000.123456, 1700000000123456), (12.5, 7), (0.0, 7), (float("nan"), 7),
    (float("inf"), 7), (1e15, 7),
])
def test_time_stamp_that_is_no_time_of_day_is_replaced(timestamp, moment):
    assert moment_of(timestamp, 7) == moment


@pytest.mark.parametrize("timestamp, moment", [
    (1e9, 10 ** 15), (1e9 - 1, 7), (1e11 - 1, 10 ** 17 - 10 ** 6), (1e11, 7)])
def test_a_time_of_day_is_after_2001_and_before_the_year_5138(timestamp, moment):
    assert moment_of(timestamp, 7) == moment


@pytest.mark.parametrize("now", [10 ** 15, 10 ** 15 + 1, 1700000000000000])
def test_a_time_stamp_may_be_a_day_ahead_of_a_clock_that_is_set(now):
    ahead = now // 1000000 + 86400
    assert moment_of(ahead, now) == ahead * 1000000
    assert moment_of(ahead + 0.01, now) == now
    assert moment_of(ahead + 2, 10 ** 15 - 1) == (ahead + 2) * 1000000


@pytest.mark.parametrize("message", [
    can.Message(arbitration_id=0x20000000), can.Message(arbitration_id=-1),
    can.Message(arbitration_id=0x800, is_extended_id=False), can.Message(arbitration_id=1.5),
    can.Message(arbitration_id=None), can.Message(arbitration_id="5"),
    can.Message(arbitration_id=5, dlc=9, data=bytes(12)),
    can.Message(arbitration_id=5, dlc=3, data=b"ab"), can.Message(arbitration_id=5, data=bytes(9)),
    can.Message(arbitration_id=5, is_fd=True, data=bytes(13)),
    can.Message(arbitration_id=5, is_fd=True, dlc=15, data=bytes(48)),
])
def test_message_that_can_not_have_been_on_a_bus_is_refused(message):
    with pytest.raises(ValueError):
        frame_from_message(message, 9)


@pytest.mark.parametrize("length, data, taken", [
    (2, b"abcd", b"ab"), (9, bytes(12), bytes(12)), (15, bytes(64), bytes(64)),
    (16, bytes(20), bytes(16)), (0, b"", b"")])
def test_length_says_how_many_bytes_count(length, data, taken):
    message = can.Message(arbitration_id=5, is_fd=length > 8, dlc=length, data=data)
    assert frame_from_message(message, 9)[1] == taken


@pytest.mark.parametrize("timestamp", [-5.0, None, "now", 1.7e9 + 90000, 9e10, 1e300])
def test_time_stamp_far_from_now_is_replaced_where_the_clock_is_set(timestamp):
    now = 1700000000000000
    assert moment_of(timestamp, now) == now
