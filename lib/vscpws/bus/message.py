"""python-can's ``Message`` and our frames, both ways."""

from __future__ import annotations

import can

from ..codec.canframe import ERROR, EXTENDED, MAX_FD_DATA, REMOTE, CanFrame

__all__ = ["data_of", "frame_from_message", "message_from_frame", "moment_of"]

# Some adapters stamp frames with seconds since they were switched on. What lies before this
# (September 2001) is no time of day.
_FIRST_TIME_OF_DAY = 1e9


def moment_of(timestamp: float, now: int) -> int:
    """A message's time stamp (s since 1970) in µs, or ``now`` if it is no time of day."""
    return round(timestamp * 1000000) if _FIRST_TIME_OF_DAY <= timestamp < 1e11 else now


def data_of(message: can.Message) -> bytes:
    """A message's data; ``ValueError`` for more than a frame can carry.

    python-can checks no message that it reads.
    """
    data = bytes(message.data or b"")
    if len(data) > MAX_FD_DATA:
        raise ValueError("%d data bytes, a frame has at most %d" % (len(data), MAX_FD_DATA))
    return data


def frame_from_message(message: can.Message, moment: int) -> CanFrame:
    """The frame that a message is, received at ``moment`` (µs since 1970).

    Raises ``ValueError`` if none can be like that.
    """
    can_id = message.arbitration_id & 0x1FFFFFFF
    if message.is_extended_id:
        can_id |= EXTENDED
    if message.is_remote_frame:
        can_id |= REMOTE
    if message.is_error_frame:
        can_id |= ERROR
    return can_id, data_of(message), moment


def message_from_frame(can_id: int, data: bytes) -> can.Message:
    """The extended data frame to send; CAN FD where the data need it."""
    return can.Message(arbitration_id=can_id, data=data, is_extended_id=True,
                       is_fd=len(data) > 8, bitrate_switch=len(data) > 8)
