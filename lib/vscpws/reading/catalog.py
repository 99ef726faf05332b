"""The catalog: what the protocol calls its classes and types, and how their data is laid out.

The table is ``data/catalog.json``, made from the facts of the VSCP specification::

    {"classes": {"10": {"token", "name", "state", "shape", "fields", "types": {
        "6": {"token", "name", "state", "units", "fields"}}}}}

``shape`` says how a measurement lies in the data (see ``measurement``). ``fields`` lists, for the
other classes, what the bytes from the first one on mean; a type's own list replaces its class's.
``units`` holds the default unit and then the optional ones by their number. ``state`` says what an
event is the state of (see ``states``); a type's own word replaces its class's.

A name is found in any case, with or without blanks, ``_`` and ``-``: the number, the whole token,
the token without its prefix (``CLASS1.``, ``VSCP_TYPE_MEASUREMENT_``), or the name. Where several
are called the same, the lowest number is meant.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterable, NamedTuple, Optional, Tuple, Union

from ..model.event import OVER_LEVEL2_CLASS, is_over_level2
from ..model.filter import parse_number

__all__ = ["Catalog", "EventClass", "EventType", "FOLDER", "Field", "load_catalog", "plain_class"]

#: The folder of the table alone; web pages read the same file.
FOLDER = Path(__file__).with_name("data")
_LARGEST = 0xFFFF               # of a class and of a type
_BLANKS = re.compile(r"[\s_-]+")
_PREFIX = re.compile(r"(?:CLASS[12]\.|VSCP2?_TYPE_[A-Z0-9]+_)")

_LEVEL2_MEASUREMENTS = (1040, 1060)     # their type's high byte counts the classes from 10 on
_MEASUREMENT = 10
_LAST_MEASUREMENT = 14


class Field(NamedTuple):
    """One part of the data: its name, what it is, and its form: byte, uint16, uint32 or single."""

    name: str
    text: str
    type: str


class EventType(NamedTuple):
    """``units[0]`` is the default unit, the others are the optional ones by their number."""

    number: int
    token: str
    name: str
    units: Tuple[str, ...] = ()
    fields: Tuple[Field, ...] = ()      # the class's where the type has none of its own
    state: str = ""                     # the class's likewise; empty: not a state

    def unit(self, number: int) -> str:
        """The text of a unit; empty for one that the type hasn't."""
        return self.units[number] if number < len(self.units) else ""


class EventClass(NamedTuple):
    """``shape`` is empty where the data is no measurement."""

    number: int
    token: str
    name: str
    shape: str
    fields: Tuple[Field, ...]
    types: Dict[int, EventType]
    state: str = ""             # of types that the class doesn't know, too


class Catalog:
    """All classes and types; made from the parsed table."""

    def __init__(self, table: Dict[str, Any]):
        self._classes = {int(number): _class(int(number), entry)
                         for number, entry in table["classes"].items()}
        self._class_names = _names(self._classes.values())
        self._type_names: Dict[int, Dict[str, int]] = {}

    def classes(self) -> Iterable[EventClass]:
        """All of them, by their number."""
        return self._classes.values()

    def find_class(self, which: Union[int, str]) -> Optional[EventClass]:
        """The class with this number or name; of 512-1023 the one whose events they carry."""
        if isinstance(which, str):
            number = self._number(which, self._class_names)
            return None if number is None else self.find_class(number)
        return self._classes.get(plain_class(which))

    def find_type(self, vscp_class: int, which: Union[int, str]) -> Optional[EventType]:
        """The type of a class, by number or name.

        A type over 255 of the Level II measurements is one of the classes 11 to 14.
        """
        known = self.find_class(vscp_class)
        if known is None:
            return None
        if isinstance(which, str):
            number = self._number(which, self._names_of(known))
            return None if number is None else self.find_type(vscp_class, number)
        further = _MEASUREMENT + (which >> 8)
        if known.number in _LEVEL2_MEASUREMENTS and _MEASUREMENT < further <= _LAST_MEASUREMENT:
            return self._classes[further].types.get(which & 0xFF)
        return known.types.get(which)

    def class_number(self, text: str) -> int:
        """The number of a class by number or name, known or not; ``ValueError`` with a reason."""
        number = self._number(text, self._class_names)
        if number is None:
            raise ValueError("no class is called %r" % text.strip()[:60])
        return number

    def type_number(self, vscp_class: int, text: str) -> int:
        """The number of a type by number or name, known or not; ``ValueError`` with a reason."""
        known = self.find_class(vscp_class)
        number = self._number(text, self._names_of(known) if known else {})
        if number is None:
            raise ValueError("no type of class %s is called %r" % (
                known.name if known else vscp_class, text.strip()[:60]))
        return number

    def _names_of(self, known: EventClass) -> Dict[str, int]:
        if known.number not in self._type_names:
            self._type_names[known.number] = _names(known.types.values())
        return self._type_names[known.number]

    @staticmethod
    def _number(text: str, names: Dict[str, int]) -> Optional[int]:
        try:
            return parse_number(text, _LARGEST)
        except ValueError:
            return names.get(_folded(text))


@lru_cache(maxsize=1)
def load_catalog() -> Catalog:
    """The catalog that comes with the program; read once."""
    return Catalog(json.loads((FOLDER / "catalog.json").read_text(encoding="utf-8")))


def plain_class(vscp_class: int) -> int:
    """The class whose events a class carries: of Level I over Level II the one of Level I."""
    over = is_over_level2(vscp_class)
    return vscp_class - OVER_LEVEL2_CLASS if over else vscp_class


def _class(number: int, entry: Dict[str, Any]) -> EventClass:
    fields, state = _fields(entry), entry.get("state", "")
    types = {int(key): EventType(int(key), value["token"], value["name"],
                                 tuple(value.get("units", ())),
                                 _fields(value) if "fields" in value else fields,
                                 value.get("state", state))
             for key, value in entry["types"].items()}
    return EventClass(number, entry["token"], entry["name"], entry.get("shape", ""), fields, types,
                      state)


def _fields(entry: Dict[str, Any]) -> Tuple[Field, ...]:
    return tuple(Field(**field) for field in entry.get("fields", ()))


def _names(entries: Iterable[Union[EventClass, EventType]]) -> Dict[str, int]:
    """What can be said for a number. Tokens go before names, and lower numbers before higher."""
    entries = sorted(entries, key=lambda entry: entry.number)
    names: Dict[str, int] = {}
    for called in (lambda entry: entry.token,
                   lambda entry: _PREFIX.sub("", entry.token, count=1),
                   lambda entry: entry.name):
        for entry in entries:
            names.setdefault(_folded(called(entry)), entry.number)
    return names


def _folded(text: str) -> str:
    return _BLANKS.sub("", text).lower()
