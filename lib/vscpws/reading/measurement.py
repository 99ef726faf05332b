"""Measured values in an event's data: out of it and into it.

The *shapes*, each of a range of classes::

    coded        10-15          coding, value
    zone-coded   65-69, 85-89   index, zone, subzone, coding, value
    double       60-64          IEEE 754 double in the default unit
    single       70-74          IEEE 754 single in the default unit
    text         1040           index, zone, subzone, unit, the number as text
    float        1060           index, zone, subzone, unit, IEEE 754 double

The *coding* is one byte: bits 7-5 the format, 4-3 the number of the unit (0 the default one), 2-0
the index of the sensor. The formats, big endian: bits and bytes (read as a number), text (ASCII), a
signed integer of up to 7 bytes, a normalized integer (a byte that moves the decimal point, to the
left where its bit 7 is set, then a signed integer of up to 6 bytes), IEEE 754 single and double.

Data comes from anybody. What is too short, too long or no number has the value ``None``.

VSCP specification, "Data coding" and the classes named.
"""

from __future__ import annotations

import math
import re
import struct
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Callable, Dict, NamedTuple, Optional, Union

__all__ = [
    "BITS", "BYTES", "DOUBLE", "INTEGER", "Measured", "NORMALIZED", "SINGLE", "TEXT", "decode",
    "encode",
]

BITS, BYTES, TEXT, INTEGER, NORMALIZED, SINGLE, DOUBLE = range(7)

Value = Union[int, float, str, None]

_MOST_BYTES = 7                 # of an integer: what fits beside the coding into eight bytes
_LARGEST_EXACT = 2 ** 53        # beyond it not every whole number is a double
_MOST_PLACES = 127              # that a normalized integer's point can move
_PADDING = b" \0"
_TEXT = re.compile(rb"[ -~]+\Z")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")


class Measured(NamedTuple):
    """A value, the number of its unit, and whose it is; ``None`` for what the data doesn't say."""

    value: Value = None
    unit: int = 0
    index: Optional[int] = None         # type: ignore[assignment]  # tuple.index is hidden
    zone: Optional[int] = None
    subzone: Optional[int] = None


# ---- out of the data ---------------------------------------------------------------------------


def decode(shape: str, data: bytes) -> Measured:
    """What data of this shape says; never raises."""
    return _DECODERS[shape](data)


def _decode_coded(data: bytes) -> Measured:
    if not data:
        return Measured()
    coding = data[0]
    return Measured(_VALUES[coding >> 5](data[1:]), coding >> 3 & 3, coding & 7)


def _decode_zone_coded(data: bytes) -> Measured:
    coded = _decode_coded(data[3:])
    return _with_place(data, coded.value, coded.unit)


def _decode_double(data: bytes) -> Measured:
    return Measured(_double(data[:8]))


def _decode_single(data: bytes) -> Measured:
    return Measured(_single(data[:4]))


def _decode_text(data: bytes) -> Measured:
    return _with_place(data, _text(data[4:]), _byte(data, 3) or 0)


def _decode_float(data: bytes) -> Measured:
    return _with_place(data, _double(data[4:12]), _byte(data, 3) or 0)


def _with_place(data: bytes, value: Value, unit: int) -> Measured:
    return Measured(value, unit, _byte(data, 0), _byte(data, 1), _byte(data, 2))


def _byte(data: bytes, at: int) -> Optional[int]:
    return data[at] if at < len(data) else None


def _unsigned(data: bytes) -> Value:
    return int.from_bytes(data, "big") if 1 <= len(data) <= _MOST_BYTES else None


def _signed(data: bytes) -> Value:
    return int.from_bytes(data, "big", signed=True) if 1 <= len(data) <= _MOST_BYTES else None


def _normalized(data: bytes) -> Value:
    if not 2 <= len(data) <= _MOST_BYTES:
        return None
    places = -(data[0] & 0x7F) if data[0] & 0x80 else data[0]
    # As text, for a power of ten with a negative exponent is no double: 263 * 0.1 isn't 26.3.
    return _simple(float("%de%d" % (int.from_bytes(data[1:], "big", signed=True), places)))


def _single(data: bytes) -> Value:
    """The shortest decimal number that a single stands for: 26.3, not 26.299999237060547."""
    if len(data) != 4:
        return None
    value, = struct.unpack(">f", data)
    if not math.isfinite(value):
        return None
    for digits in (6, 7, 8):
        shorter = float("%.*g" % (digits, value))
        if _packs_to(shorter, data):
            return _simple(shorter)
    return _simple(float("%.9g" % value))


def _packs_to(value: float, data: bytes) -> bool:
    try:
        return struct.pack(">f", value) == data
    except OverflowError:
        return False


def _double(data: bytes) -> Value:
    return _simple(struct.unpack(">d", data)[0]) if len(data) == 8 else None


def _text(data: bytes) -> Value:
    """A number where the text is one, else the text; ``None`` if it isn't printable ASCII."""
    data = data.strip(_PADDING)
    if not _TEXT.match(data):
        return None
    text = data.decode("ascii")
    number = _simple(float(text)) if _NUMBER.match(text) else None
    return text if number is None else number


def _nothing(data: bytes) -> Value:
    return None


def _simple(value: float) -> Value:
    """A whole number as such; ``None`` for what is no number."""
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) <= _LARGEST_EXACT else value


_VALUES = (_unsigned, _unsigned, _text, _signed, _normalized, _single, _double, _nothing)

_DECODERS: Dict[str, Callable[[bytes], Measured]] = {
    "coded": _decode_coded, "zone-coded": _decode_zone_coded, "double": _decode_double,
    "single": _decode_single, "text": _decode_text, "float": _decode_float,
}


# ---- into the data -----------------------------------------------------------------------------


def encode(shape: str, measured: Measured, format: int = NORMALIZED, room: int = 8) -> bytes:
    """The data of this shape that says the same; ``format`` counts where there is a coding.

    ``room`` is how many bytes the data may have where a coding leads to more or fewer: 8 in a
    classic CAN frame. A number that doesn't fit a normalized integer or a single is rounded.

    Raises ``ValueError`` with the reason for what can't be said that way.
    """
    if shape == "coded":
        return _encode_coded(measured, format, measured.index or 0, room)
    if shape == "zone-coded":
        return _place(measured) + _encode_coded(measured, format, 0, room - 3)
    if shape == "double":
        return _pack_double(measured.value)
    if shape == "single":
        return _pack_single(measured.value)
    unit = bytes((_in_range("unit", measured.unit, 0xFF),))
    if shape == "text":
        return _place(measured) + unit + _pack_text(measured.value)
    return _place(measured) + unit + _pack_double(measured.value)


def _encode_coded(measured: Measured, format: int, index: int, room: int) -> bytes:
    _in_range("unit", measured.unit, 3)
    _in_range("index", index, 7)
    _in_range("format", format, DOUBLE)
    if format == NORMALIZED:
        value = _pack_normalized(measured.value, min(room - 1, _MOST_BYTES) - 1)
    else:
        value = _PACKERS[format](measured.value)
    if 1 + len(value) > room:
        raise ValueError("%r needs %d bytes, there is room for %d" % (
            measured.value, len(value), room - 1))
    return bytes((format << 5 | measured.unit << 3 | index,)) + value


def _place(measured: Measured) -> bytes:
    return bytes(_in_range(name, value or 0, 0xFF) for name, value in (
        ("index", measured.index), ("zone", measured.zone), ("subzone", measured.subzone)))


def _in_range(name: str, value: int, limit: int) -> int:
    if not 0 <= value <= limit:
        raise ValueError("%s %d is not in 0-%d" % (name, value, limit))
    return value


def _number(value: Value) -> Union[int, float]:
    if not isinstance(value, (int, float)) or isinstance(value, float) and not math.isfinite(value):
        raise ValueError("%r is no number" % (value,))
    return value


def _whole(value: Value) -> int:
    value = _number(value)
    if value != int(value):
        raise ValueError("%r is no whole number" % (value,))
    return int(value)


def _pack_unsigned(value: Value) -> bytes:
    value = _whole(value)
    if not 0 <= value < 1 << 8 * _MOST_BYTES:
        raise ValueError("%d is not in 0-%d" % (value, (1 << 8 * _MOST_BYTES) - 1))
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def _pack_signed(value: Value) -> bytes:
    value = _whole(value)
    size = _signed_size(value)
    if size > _MOST_BYTES:
        raise ValueError("%d has over %d bytes" % (value, _MOST_BYTES))
    return value.to_bytes(size, "big", signed=True)


def _signed_size(value: int) -> int:
    return (value if value >= 0 else ~value).bit_length() // 8 + 1


def _pack_normalized(value: Value, room: int) -> bytes:
    """The integer with the most digits that ``room`` bytes hold, and where its point is."""
    if room < 1:
        raise ValueError("no room for %r" % (value,))
    exact = Decimal(repr(_number(value)))
    exponent = exact.normalize().as_tuple().exponent
    places = max(min(int(exponent), 0), -_MOST_PLACES)
    while True:
        digits = int(exact.scaleb(-places).to_integral_value(ROUND_HALF_EVEN))
        if _signed_size(digits) <= room:
            break
        places += 1
    if places > _MOST_PLACES:
        raise ValueError("%r is too large" % (value,))
    moved = 0x80 | -places if places < 0 else places
    return bytes((moved,)) + digits.to_bytes(_signed_size(digits), "big", signed=True)


def _pack_single(value: Value) -> bytes:
    try:
        return struct.pack(">f", float(_number(value)))
    except OverflowError:
        raise ValueError("%r is too large for single precision" % (value,)) from None


def _pack_double(value: Value) -> bytes:
    try:
        return struct.pack(">d", float(_number(value)))
    except OverflowError:
        raise ValueError("%r is too large for double precision" % (value,)) from None


def _pack_text(value: Value) -> bytes:
    text = value if isinstance(value, str) else repr(_number(value))
    data = text.encode("ascii", "replace")
    if not _TEXT.match(data) or data != data.strip(_PADDING) or data.decode("ascii") != text:
        raise ValueError("%r is no printable ASCII" % (value,))
    return data


_PACKERS = {BITS: _pack_unsigned, BYTES: _pack_unsigned, TEXT: _pack_text, INTEGER: _pack_signed,
            SINGLE: _pack_single, DOUBLE: _pack_double}
