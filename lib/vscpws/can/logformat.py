"""The text formats of recorded logs, one line at a time.

candump's format is read here to the last digit, python-can's CSV too; for ASC and TRC each line
goes to python-can's reader by itself, behind the header that it needs. So a line that can't be read
costs itself alone, and a log without a header loses nothing.

A decoder takes a line without its end and returns a ``Line``, or None if the line is not meant to
be a frame (blank, a comment, a header, another kind of record); it raises whatever it likes for one
that should be a frame and is none.
"""

from __future__ import annotations

import base64
import io
import logging
import re
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, TextIO

import can

from ..codec.candump import parse_candump
from .canmessage import frame_from_message

__all__ = ["DECODERS", "Decoder", "Line", "line_from_message"]

log = logging.getLogger(__name__)


class Line(NamedTuple):
    """A frame of a log: ``seconds`` on the log's clock, ``interface`` as the log names it."""

    seconds: float
    interface: str
    can_id: int                 # with flags as in ``canframe``
    data: bytes


Decoder = Callable[[str], Optional[Line]]


def line_from_message(message: can.Message, first_channel: int = 0) -> Line:
    """A message as a line; python-can counts some formats' channels from 0 and not from 1."""
    can_id, data, _ = frame_from_message(message, 0)
    channel = message.channel
    name = str(channel + first_channel) if isinstance(channel, int) else str(channel or "")
    return Line(float(message.timestamp), name, can_id, data)


# ---- candump -----------------------------------------------------------------------------------


def _candump() -> Decoder:
    def decode(line: str) -> Optional[Line]:
        if not line or line.startswith(("#", ";", "//")):
            return None
        return Line(*parse_candump(line))
    return decode


# ---- CSV ---------------------------------------------------------------------------------------


def _csv() -> Decoder:
    def decode(line: str) -> Optional[Line]:
        if not line or line.startswith(("#", "timestamp,")):
            return None
        fields = line.split(",")
        if len(fields) != 7 or not set(fields[2:5]) <= {"0", "1"}:
            raise ValueError("not the seven fields of python-can's CSV")
        seconds, number, extended, remote, error, length, data = fields
        return line_from_message(can.Message(
            timestamp=float(seconds), arbitration_id=int(number, 16), dlc=int(length),
            is_extended_id=extended == "1", is_remote_frame=remote == "1",
            is_error_frame=error == "1", is_fd=int(length) > 8,
            data=base64.b64decode(data, validate=True)))
    return decode


# ---- ASC ---------------------------------------------------------------------------------------

_ASC_BASE = re.compile(r"base\s+(hex|dec)\b", re.IGNORECASE)
_ASC_OTHER = re.compile(
    r"(date|base|(no\s+)?internal\s+events|(begin|end)\s+triggerblock|//)"
    r"|-?\d+\.\d+\s+(?!\s|\d+\s+[0-9A-F]+x?\s+(Rx|Tx)\b|CANFD\s)", re.IGNORECASE)
_ASC_HEADER = "date Thu Jan 1 00:00:00.000 am 1970\nbase %s timestamps absolute\n" \
              "no internal events logged\n"


def _asc() -> Decoder:
    base = "hex"

    def decode(line: str) -> Optional[Line]:
        nonlocal base
        match = _ASC_BASE.match(line)
        if match:
            base = match.group(1).lower()
        if not line:
            return None
        message = _first(can.ASCReader, _ASC_HEADER % base + line)
        if message is None:
            if _ASC_OTHER.match(line):
                return None
            raise ValueError("no line of an ASC log")
        _check_bytes(line, message, "%02X" if base == "hex" else "%d")
        return line_from_message(message, 1)
    return decode


# ---- TRC ---------------------------------------------------------------------------------------

_MOST_HEADER_LINES = 20         # that python-can looks at; a log has five


def _trc() -> Decoder:
    header: List[str] = []

    def decode(line: str) -> Optional[Line]:
        if line.startswith(";$") and len(header) < _MOST_HEADER_LINES:
            header.append(line + "\n")
        if not line or line.startswith(";"):
            return None
        message = _first(can.TRCReader, "".join(header) + line)
        if message is None:
            raise ValueError("no frame of a TRC log")
        _check_bytes(line, message, "%02X")
        return line_from_message(message)
    return decode


def _first(reader: Callable[[TextIO], Iterable[can.Message]], text: str) -> Optional[can.Message]:
    """The frame that a reader of python-can's finds, or None; its errors speak of its code."""
    try:
        return next(iter(reader(io.StringIO(text + "\n"))), None)
    except Exception as error:          # the readers raise what they like
        log.debug("%r: %r", text[-200:], error)
        return None


def _check_bytes(line: str, message: can.Message, form: str) -> None:
    """int() also takes ``A``, ``+5`` and ``1_0``: the bytes must stand in the line as they are."""
    data = " ".join(form % value for value in message.data or b"")
    if data and " %s " % data not in " %s " % " ".join(line.upper().split()):
        raise ValueError("half a byte, or no digits")


#: What makes a decoder, by the ending of a log's name; a decoder remembers its log's header.
DECODERS: Dict[str, Callable[[], Decoder]] = {
    ".log": _candump, ".asc": _asc, ".csv": _csv, ".trc": _trc}
