"""Values of JSON as events have them: numbers, also in texts, GUIDs, times and data."""

from __future__ import annotations

from typing import Any

from ..model.event import MAX_DATA, parse_datetime
from ..model.filter import parse_number
from ..model.guid import ZERO, parse_guid

__all__ = ["data", "guid", "moment", "number"]

_ONLY_INT = frozenset((int,))   # and no bool, which is one, too
_LARGEST_EXACT = 2 ** 53        # floats above it are no longer certain integers


def number(value: Any, limit: int) -> int:
    """A JSON number, or a text with a decimal or ``0x…`` number, from 0 to ``limit``.

    Raises ``ValueError``, as the others do.
    """
    if type(value) is int and 0 <= value <= limit:
        return value
    if isinstance(value, str):
        return parse_number(value, limit)
    if isinstance(value, float) and value.is_integer() and abs(value) <= _LARGEST_EXACT:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("not a number: %.40r" % (value,))
    if not 0 <= value <= limit:
        raise ValueError("number is not in 0-%d" % limit)
    return value


def guid(value: Any) -> bytes:
    """The 16 bytes of a GUID's text; all zero for nothing."""
    if value is None:
        return ZERO
    if not isinstance(value, str):
        raise ValueError("GUID is no text")
    return parse_guid(value)


def moment(value: Any) -> int:
    """The microseconds since 1970 of a date and time; 0 for nothing."""
    if value is None or value == 0 and not isinstance(value, bool):
        return 0
    if not isinstance(value, str):
        raise ValueError("datetime is no text")
    return parse_datetime(value) if value.strip() not in ("", "0") else 0


def data(value: Any) -> bytes:
    """The bytes of a list of numbers; none for nothing."""
    if value is None:
        return b""
    if not isinstance(value, list):
        raise ValueError("data is no list")
    if len(value) > MAX_DATA:
        raise ValueError("%d data bytes, at most %d" % (len(value), MAX_DATA))
    if _ONLY_INT.issuperset(map(type, value)):
        try:
            return bytes(value)
        except ValueError:
            pass                # one is out of its range: what comes next tells it
    return bytes([number(byte, 0xFF) for byte in value])
