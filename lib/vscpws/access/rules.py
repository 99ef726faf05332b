"""The events that a user may send and receive.

Two forms, mixed freely; class and type decimal, ``0x…`` or any:

* ``class:type`` binds sending; ``*`` is any.
* ``TX;class;type;priority`` binds sending, ``RX;…`` receiving, ``BOTH;…`` both; ``*`` or ``-1`` is
  any, and the priority may be missing.

A direction that no entry binds is free. ``priority`` is the highest one (the lowest number) that
the user may send with; it has no meaning for receiving. Where several entries match, the one that
allows most counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Collection, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from ..model.errors import NotAllowed
from ..model.event import Event, priority_of, with_priority
from ..model.filter import parse_number
from .lists import split_list

__all__ = ["EventRules", "Kind", "kinds_of"]

Kind = Tuple[Optional[int], Optional[int]]      # class and type; None is any

_DIRECTIONS = {"TX": (True, False), "RX": (False, True), "BOTH": (True, True)}
_HIGHEST_PRIORITY = 0
_ANY = ("*", "-1")


class Rule(NamedTuple):
    direction: str                      # TX, RX, BOTH, or empty for class:type
    kind: Kind
    priority: int = _HIGHEST_PRIORITY

    def __str__(self) -> str:
        """With colons throughout: in ws1 a semicolon ends the field that this is sent in."""
        kind = _kind_text(self.kind)
        return "%s:%s:%d" % (self.direction, kind, self.priority) if self.direction else kind


@dataclass(frozen=True)
class EventRules:
    """The entries in the order of the file; none means any event.

    ``receiving`` holds the kinds of event that may be received, ``None`` if any.
    """

    rules: Tuple[Rule, ...] = ()
    receiving: Optional[FrozenSet[Kind]] = field(init=False, compare=False, repr=False)
    _sending: Optional[Dict[Kind, int]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "receiving", _receiving(self.rules))
        object.__setattr__(self, "_sending", _sending(self.rules))

    @classmethod
    def parse(cls, value: Any) -> EventRules:
        """From a list of texts or one text with commas; ``ValueError`` with a reason.

        ``None``, an empty text and an empty list mean any event.
        """
        return cls(tuple(map(_rule, split_list(value, "it"))))

    def may_send(self, event: Event) -> Event:
        """The event as it may go out: the same, or at a lower priority. Raises ``NotAllowed``."""
        if self._sending is None:
            return event
        allowed = [self._sending[kind] for kind in kinds_of(event) if kind in self._sending]
        if not allowed:
            raise NotAllowed("class %d type %d is not among the user's events" % (
                event.vscp_class, event.vscp_type))
        highest = min(allowed)
        return with_priority(event, highest) if priority_of(event.head) < highest else event

    @property
    def sends(self) -> Optional[List[str]]:
        """The kinds that may be sent, as ``class:type`` with ``*`` for any; ``None`` if all."""
        if self._sending is None:
            return None
        return [_kind_text(kind) for kind in self._sending]

    def may_receive(self, event: Event) -> bool:
        return self.receiving is None or not self.receiving.isdisjoint(kinds_of(event))

    def __str__(self) -> str:
        return ",".join(map(str, self.rules))


def kinds_of(event: Event) -> Collection[Kind]:
    """The four kinds that an event belongs to, from its own class and type to any."""
    vscp_class, vscp_type = event.vscp_class, event.vscp_type
    return ((vscp_class, vscp_type), (vscp_class, None), (None, vscp_type), (None, None))


def _sending(rules: Tuple[Rule, ...]) -> Optional[Dict[Kind, int]]:
    priorities: Dict[Kind, int] = {}
    for direction, kind, priority in rules:
        if _DIRECTIONS[direction or "TX"][0]:
            priorities[kind] = min(priority, priorities.get(kind, priority))
    return priorities or None


def _receiving(rules: Tuple[Rule, ...]) -> Optional[FrozenSet[Kind]]:
    kinds = frozenset(rule.kind for rule in rules if _DIRECTIONS[rule.direction or "TX"][1])
    return None if (None, None) in kinds else kinds or None


def _rule(text: str) -> Rule:
    parts = [part.strip() for part in text.replace(";", ":").split(":")]
    direction = parts[0].upper() if len(parts) > 2 else ""
    numbers = parts[1:] if direction else parts
    known = direction in _DIRECTIONS and len(numbers) in (2, 3)
    if not known and (direction or len(numbers) != 2 or ";" in text):
        raise ValueError("%r is neither class:type nor TX|RX|BOTH;class;type;priority" % text[:60])
    try:
        kind = _number(numbers[0], 0xFFFF), _number(numbers[1], 0xFFFF)
        priority = _number(numbers[2], 7) if len(numbers) == 3 else None
    except ValueError as error:
        raise ValueError("%r: %s" % (text[:60], error)) from None
    return Rule(direction, kind, _HIGHEST_PRIORITY if priority is None else priority)


def _kind_text(kind: Kind) -> str:
    return "%s:%s" % tuple("*" if number is None else number for number in kind)


def _number(text: str, limit: int) -> Optional[int]:
    return None if text in _ANY else parse_number(text, limit)
