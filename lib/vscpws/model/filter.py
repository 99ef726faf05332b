"""Filter and mask over priority, class, type and GUID.

A mask bit of 1 means that the filter's bit must equal the event's, 0 means don't care. The four
fields stand side by side in one large integer, so that a match is one xor and one and::

    priority (3 bits) | class (16) | type (16) | GUID (128)
"""

from __future__ import annotations

import re
from typing import NamedTuple, Sequence, Tuple

from .event import Event, priority_of
from .guid import ZERO, format_guid, parse_guid

__all__ = ["Filter", "PASS_ALL", "Pattern", "event_key", "parse_number", "parse_pattern"]

_HEX_NUMBER = re.compile(r"0[xX]([0-9A-Fa-f]{1,16})\Z")
_MOST_DIGITS = 20               # of a decimal one
_LIMITS = (("priority", 0x7), ("class", 0xFFFF), ("type", 0xFFFF))


class Pattern(NamedTuple):
    """One side of a filter: the wanted bits, or the mask that says which bits matter."""

    priority: int = 0
    vscp_class: int = 0
    vscp_type: int = 0
    guid: bytes = ZERO

    def key(self) -> int:
        return (self.priority << 160 | self.vscp_class << 144 | self.vscp_type << 128
                | int.from_bytes(self.guid, "big"))

    def __str__(self) -> str:
        """``priority,class,type,GUID`` as ``parse_pattern`` reads it."""
        return "%d,0x%04X,0x%04X,%s" % (
            self.priority, self.vscp_class, self.vscp_type, format_guid(self.guid))


class Filter(NamedTuple):
    """Filter and mask; equal filters are equal and hash alike, so that clients can share work."""

    filter: Pattern = Pattern()
    mask: Pattern = Pattern()

    def passes_all(self) -> bool:
        return not self.mask.key()

    def matches(self, event: Event) -> bool:
        return not (event_key(event) ^ self.filter.key()) & self.mask.key()


PASS_ALL = Filter()


def event_key(event: Event) -> int:
    """The event's four fields as one integer, laid out like ``Pattern.key()``."""
    return (priority_of(event.head) << 160 | event.vscp_class << 144 | event.vscp_type << 128
            | int.from_bytes(event.guid, "big"))


def parse_number(text: str, limit: int) -> int:
    """A number from 0 to ``limit``, decimal or ``0x…``; ``ValueError`` with a reason otherwise."""
    bare = text.strip()
    if bare.isdigit() and bare.isascii() and len(bare) <= _MOST_DIGITS:
        value = int(bare)
    else:
        found = _HEX_NUMBER.match(bare)
        if not found:
            raise ValueError("not a number: %r" % text[:40])
        value = int(found.group(1), 16)
    if value > limit:
        raise ValueError("%s is not in 0-%d" % (bare, limit))
    return value


def parse_pattern(text: str) -> Pattern:
    """``priority,class,type,GUID`` with missing trailing parts zero.

    Raises ``ValueError`` with the reason.
    """
    parts = text.split(",", 4)
    if len(parts) > 4:
        raise ValueError("more parts than priority,class,type,GUID")
    return Pattern(*_numbers(parts[:3]), parse_guid(parts[3]) if len(parts) == 4 else ZERO)


def _numbers(parts: Sequence[str]) -> Tuple[int, int, int]:
    numbers = [0, 0, 0]
    for place, (part, (name, limit)) in enumerate(zip(parts, _LIMITS)):
        try:
            numbers[place] = parse_number(part, limit) if part.strip() else 0
        except ValueError as error:
            raise ValueError("%s: %s" % (name, error)) from None
    return numbers[0], numbers[1], numbers[2]
