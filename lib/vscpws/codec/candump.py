"""A line of a log that ``candump -L`` or ``-l`` wrote, checked to the last digit.

::

    (1700000000.000123) can0 0C0A0601#0102 R      extended frame; received (T: sent), optional
    (1700000000.000123) can0 123#R4               remote request
    (1700000000.000123) can0 0C0A0601##10102      CAN FD: a digit of flags before the data
    (1700000000.000123) can0 20000080#0000…       error frame: bit 29 of the identifier

Pure text work. Logs are written by programs that are killed and onto disks that fill up, so
whatever is not exactly a frame is refused: half a byte is no value.

Source: can-utils, ``lib.h`` (the "compact" format) and candump(1).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .canframe import ERROR, EXTENDED, FD_LENGTHS, REMOTE

__all__ = ["LoggedFrame", "parse_candump"]

_LINE = re.compile(r"\(([^()\s]{1,40})\)\s+(\S{1,40})\s+([0-9A-Fa-f]{1,8})(#\S*)(?:\s+[RTrt])?\Z",
                   re.ASCII)
_CLASSIC = re.compile(r"#((?:[0-9A-Fa-f]{2}){0,8})(?:_[9A-Fa-f])?\Z", re.ASCII)
_FD = re.compile(r"##[0-9A-Fa-f]((?:[0-9A-Fa-f]{2}){0,64})\Z", re.ASCII)
_REMOTE = re.compile(r"#[Rr][0-8]?\Z", re.ASCII)
_STANDARD_DIGITS = 3            # more are an extended identifier
_LAST_STANDARD = 0x7FF


class LoggedFrame(NamedTuple):
    """``seconds`` as written (may be nan or inf); ``can_id`` with flags as in ``canframe``."""

    seconds: float
    interface: str
    can_id: int
    data: bytes


def parse_candump(line: str) -> LoggedFrame:
    """The frame of a line without its end; raises ``ValueError`` with a reason if it is none."""
    match = _LINE.match(line)
    if not match:
        raise ValueError("no line of a candump log (candump -L writes them)")
    seconds, interface, digits, body = match.groups()
    can_id, data = _identifier(digits), b""
    if body.startswith("###"):
        raise ValueError("CAN XL")
    if _REMOTE.match(body):
        can_id |= REMOTE
    else:
        data = _data(body)
    try:
        return LoggedFrame(float(seconds), interface, can_id, data)
    except ValueError:
        raise ValueError("%r is no time" % seconds) from None


def _identifier(digits: str) -> int:
    number = int(digits, 16)
    if len(digits) <= _STANDARD_DIGITS:
        if number > _LAST_STANDARD:
            raise ValueError("%s is no 11-bit identifier" % digits)
        return number
    if number & ~0x1FFFFFFF & ~ERROR:
        raise ValueError("%s is no 29-bit identifier" % digits)
    return number | EXTENDED


def _data(body: str) -> bytes:
    match = _FD.match(body) or _CLASSIC.match(body)
    if not match:
        raise ValueError("%r are no data of a frame" % body[:40])
    data = bytes.fromhex(match.group(1))
    if len(data) > 8 and len(data) not in FD_LENGTHS:
        raise ValueError("a CAN FD frame can't have %d bytes" % len(data))
    return data
