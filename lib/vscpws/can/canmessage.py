"""python-can's ``Message`` and our frames, both ways.

python-can checks no message that it reads, and some of its drivers make one of whatever came. What
can't have been on a bus is refused here: half a frame is no value.
"""

from __future__ import annotations

import can

from ..codec.canframe import ERROR, EXTENDED, FD_LENGTHS, MAX_FD_DATA, REMOTE, CanFrame

__all__ = ["data_of", "frame_from_message", "message_from_frame", "moment_of"]

# Some adapters stamp frames with seconds since they were switched on. What lies before this
# (September 2001) is no time of day.
_FIRST_TIME_OF_DAY = 1e9
_MOST_AHEAD = 86400 * 1000000           # µs; clocks that are set differ by less than a day
_LAST_STANDARD = 0x7FF
_LAST_EXTENDED = 0x1FFFFFFF


def moment_of(timestamp: float, now: int) -> int:
    """A message's time stamp (s since 1970) in µs, or ``now`` if it is no time of day.

    Days ahead of ``now`` is none either, unless our own clock isn't set.
    """
    if not isinstance(timestamp, (int, float)) or not _FIRST_TIME_OF_DAY <= timestamp < 1e11:
        return now
    moment = round(timestamp * 1000000)
    clock_is_set = now >= _FIRST_TIME_OF_DAY * 1000000
    return now if clock_is_set and moment > now + _MOST_AHEAD else moment


def data_of(message: can.Message) -> bytes:
    """A message's data; ``ValueError`` if they are fewer than it says, or no frame can carry them.
    """
    data = bytes(message.data or b"")
    if len(data) > MAX_FD_DATA:
        raise ValueError("%d data bytes, a frame has at most %d" % (len(data), MAX_FD_DATA))
    if message.is_remote_frame or message.is_error_frame:
        return data
    # Some readers give the length of CAN FD data, others its code.
    length = message.dlc
    if message.is_fd and 9 <= length <= 15:
        length = max(length, FD_LENGTHS[length - 9]) if len(data) > length else length
    if length > len(data):
        raise ValueError("%d data bytes of %d" % (len(data), length))
    if length > 8 and length not in FD_LENGTHS:
        raise ValueError("no frame has %d data bytes" % length)
    return data[:length]


def frame_from_message(message: can.Message, moment: int) -> CanFrame:
    """The frame that a message is, received at ``moment`` (µs since 1970).

    Raises ``ValueError`` if none can be like that.
    """
    number = message.arbitration_id
    if not isinstance(number, int):
        raise ValueError("no number as identifier")
    if not 0 <= number <= (_LAST_EXTENDED if message.is_extended_id else _LAST_STANDARD):
        raise ValueError("identifier %X is out of range" % number)
    if message.is_extended_id:
        number |= EXTENDED
    if message.is_remote_frame:
        number |= REMOTE
    if message.is_error_frame:
        number |= ERROR
    return number, data_of(message), moment


def message_from_frame(can_id: int, data: bytes) -> can.Message:
    """The extended data frame to send; CAN FD where the data need it."""
    return can.Message(arbitration_id=can_id, data=data, is_extended_id=True,
                       is_fd=len(data) > 8, bitrate_switch=len(data) > 8)
