"""Values of JSON as ws2 reads them: numbers, also in texts, and GUIDs."""

from __future__ import annotations

from typing import Any

from ..model.filter import parse_number
from ..model.guid import ZERO, parse_guid

__all__ = ["guid", "number"]

_LARGEST_EXACT = 2 ** 53        # floats above it are no longer certain integers


def number(value: Any, limit: int) -> int:
    """A JSON number, or a text with a decimal or ``0x…`` number, from 0 to ``limit``.

    Raises ``ValueError``, as ``guid`` does.
    """
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
