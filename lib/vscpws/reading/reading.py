"""An event as people read it: what it is called, what it says, and for which place."""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Tuple, Union

from ..model.event import Event, own_data
from .catalog import Catalog, Field, load_catalog
from .measurement import Measured, decode

__all__ = ["Reading", "describe", "place_and_fields", "read", "value_text"]

_ALL = 255                      # as zone or subzone
_SIZES = {"byte": 1, "uint16": 2, "uint32": 4, "single": 4}
_PLACE = ("index", "zone", "subzone")

Number = Union[int, float]


class Reading(NamedTuple):
    """What an event says. Texts are empty and numbers ``None`` where it doesn't."""

    class_token: str
    class_name: str             # "Class 300" for one that is not in the catalog
    type_token: str
    type_name: str              # "Type 7" likewise
    value: Union[Number, str, None]     # of a measurement
    unit: str
    index: Optional[int]        # type: ignore[assignment]  # tuple.index is hidden
    zone: Optional[int]
    subzone: Optional[int]
    fields: Dict[str, Number]   # the other named parts of the data


def read(event: Event, catalog: Optional[Catalog] = None) -> Reading:
    """The reading of an event, whatever its data is; ``catalog`` is the program's by default."""
    catalog = catalog or load_catalog()
    known = catalog.find_class(event.vscp_class)
    of_type = catalog.find_type(event.vscp_class, event.vscp_type)
    data = own_data(event)
    measured, unit = Measured(), ""
    fields: Dict[str, Number] = {}
    if known is not None and known.shape:
        measured = decode(known.shape, data)
        if of_type is not None and measured.value is not None:
            unit = of_type.unit(measured.unit)
    elif known is not None:
        fields = _read_fields(of_type.fields if of_type else known.fields, data)
        index, zone, subzone = (_place(fields.pop(name, None)) for name in _PLACE)
        measured = Measured(None, 0, index, zone, subzone)
    return Reading(
        known.token if known else "",
        known.name if known else "Class %d" % event.vscp_class,
        of_type.token if of_type else "",
        of_type.name if of_type else "Type %d" % event.vscp_type,
        measured.value, unit, measured.index, measured.zone, measured.subzone, fields)


def describe(reading: Reading) -> str:
    """One line: ``Measurement: Temperature 26.3 °C, index 2, zone 1``."""
    text = "%s: %s" % (reading.class_name, reading.type_name)
    if reading.value is not None:
        text += " %s" % value_text(reading)
    return ", ".join([text] + ["%s %s" % part for part in place_and_fields(reading)])


def value_text(reading: Reading) -> str:
    """The value with its unit; empty if there is none."""
    if reading.value is None:
        return ""
    return ("%s %s" % (_number_text(reading.value), reading.unit)).rstrip()


def place_and_fields(reading: Reading) -> Tuple[Tuple[str, str], ...]:
    """Index, zone, subzone and the other fields that there are, as pairs of texts."""
    place = [(name, getattr(reading, name)) for name in _PLACE]
    parts = [(name, "all" if name != "index" and value == _ALL else _number_text(value))
             for name, value in place if value is not None]
    return tuple(parts + [(name, _number_text(value)) for name, value in reading.fields.items()])


def _place(number: Optional[Number]) -> Optional[int]:
    return None if number is None else int(number)


def _number_text(value: Union[Number, str]) -> str:
    # Twelve digits: a sum of tenths is not to show its last bit.
    return "%.12g" % value if isinstance(value, float) else str(value)


def _read_fields(fields: Tuple[Field, ...], data: bytes) -> Dict[str, Number]:
    """The fields that are there as a whole; what is left over has no name."""
    values: Dict[str, Number] = {}
    start = 0
    for field in fields:
        size = _SIZES[field.type]
        if start + size > len(data):
            break
        part = data[start:start + size]
        value = (decode("single", part).value if field.type == "single"
                 else int.from_bytes(part, "big"))
        if isinstance(value, (int, float)):
            values[field.name] = value
        start += size
    return values
