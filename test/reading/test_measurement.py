"""Values out of data and into it."""

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.reading.measurement import (
    BITS,
    BYTES,
    DOUBLE,
    INTEGER,
    NORMALIZED,
    SINGLE,
    TEXT,
    Measured,
    decode,
    encode,
)

SHAPES = ["coded", "zone-coded", "double", "single", "text", "float"]
BYTE = st.integers(0, 255)
UNIT = st.integers(0, 3)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
SINGLES = st.floats(allow_nan=False, allow_infinity=False, width=32)
many = settings(deadline=None)


def same(shape, measured, format=NORMALIZED, room=8):
    return decode(shape, encode(shape, measured, format, room))


def test_the_protocols_example():
    assert decode("coded", bytes.fromhex("80810107")) == Measured(26.3, 0, 0)
    assert encode("coded", Measured(26.3, 0, 0)) == bytes.fromhex("80810107")


@many
@given(st.sampled_from(SHAPES), st.binary(max_size=70))
def test_any_data_has_a_reading(shape, data):
    value = decode(shape, data).value
    assert value is None or isinstance(value, str) and value.isprintable() or math.isfinite(value)


@many
@given(st.sampled_from([BITS, BYTES]), st.integers(0, 2 ** 56 - 1), UNIT, st.integers(0, 7))
def test_bits_and_bytes_round_trip(format, value, unit, index):
    assert same("coded", Measured(value, unit, index), format) == Measured(value, unit, index)


@many
@given(st.integers(-2 ** 55, 2 ** 55 - 1), UNIT, st.integers(0, 7))
def test_integers_round_trip(value, unit, index):
    assert same("coded", Measured(value, unit, index), INTEGER) == Measured(value, unit, index)


@many
@given(st.integers(-10 ** 14, 10 ** 14), st.integers(-20, 0), UNIT, st.integers(0, 7))
def test_decimal_numbers_round_trip_normalized(digits, places, unit, index):
    value = float("%de%d" % (digits, places))
    measured = Measured(value, unit, index)
    assert same("coded", measured, NORMALIZED) == measured


@many
@given(st.integers(-99999, 99999), st.integers(0, 6), UNIT, BYTE, BYTE, BYTE)
def test_decimal_numbers_round_trip_with_a_zone(digits, places, unit, index, zone, subzone):
    measured = Measured(digits / 10 ** places, unit, index, zone, subzone)
    assert same("zone-coded", measured) == measured
    assert len(encode("zone-coded", measured)) <= 8


@many
@given(FINITE.filter(lambda value: abs(value) < 1e100))
def test_a_normalized_integer_is_as_near_as_its_bytes_allow(value):
    assert same("coded", Measured(value, 0, 0)).value == pytest.approx(value, rel=1e-13, abs=1e-126)


@many
@given(SINGLES, UNIT, st.integers(0, 7))
def test_singles_round_trip(value, unit, index):
    for shape, measured in (("coded", Measured(value, unit, index)), ("single", Measured(value))):
        found = same(shape, measured, SINGLE)
        assert struct.pack(">f", found.value) == struct.pack(">f", value + 0.0)
        assert found[1:] == measured[1:]


@many
@given(FINITE, UNIT, st.integers(0, 7))
def test_doubles_round_trip(value, unit, index):
    assert same("coded", Measured(value, unit, index), DOUBLE, 9) == Measured(value, unit, index)
    assert same("double", Measured(value)) == Measured(value)


@many
@given(FINITE, BYTE, BYTE, BYTE, BYTE)
def test_level2_measurements_round_trip(value, unit, index, zone, subzone):
    measured = Measured(value, unit, index, zone, subzone)
    assert same("float", measured) == measured
    assert same("text", measured) == measured


@many
@given(st.integers(-999999, 999999) | st.sampled_from(["noon", "12h", "1e999", "a b"]), UNIT)
def test_texts_round_trip(value, unit):
    assert same("coded", Measured(value, unit, 0), TEXT) == Measured(value, unit, 0)


@pytest.mark.parametrize("value, single", [
    (26.3, "41D26666"), (0.1, "3DCCCCCD"), (16777216, "4B800000"),
    (3.4028235e38, "7F7FFFFF"), (-0.33333334, "BEAAAAAB")])
def test_a_single_is_read_as_the_shortest_number_that_means_it(value, single):
    assert decode("single", bytes.fromhex(single)).value == value


@pytest.mark.parametrize("shape", SHAPES)
def test_data_cut_anywhere_has_no_value_or_another_but_no_error(shape):
    whole = encode(shape, Measured(26.25, 1, 1, 2, 3))
    assert decode(shape, whole).value == 26.25
    assert decode(shape, b"") == Measured()
    for size in range(len(whole)):
        decode(shape, whole[:size])


@pytest.mark.parametrize("shape, measured, format, reason", [
    ("coded", Measured(1.5), INTEGER, "no whole number"),
    ("coded", Measured(-1), BITS, "not in 0-"),
    ("coded", Measured(2 ** 56), BYTES, "not in 0-"),
    ("coded", Measured(2 ** 55), INTEGER, "over 7 bytes"),
    ("coded", Measured("warm"), NORMALIZED, "no number"),
    ("coded", Measured(None), SINGLE, "no number"),
    ("coded", Measured(float("nan")), NORMALIZED, "no number"),
    ("coded", Measured(1e300), NORMALIZED, "too large"),
    ("coded", Measured(1e300), SINGLE, "too large"),
    ("coded", Measured(10 ** 400), DOUBLE, "too large"),
    ("coded", Measured(1.5), DOUBLE, "needs 8 bytes, there is room for 7"),
    ("coded", Measured("too long for it"), TEXT, "room for 7"),
    ("coded", Measured("°C"), TEXT, "printable ASCII"),
    ("coded", Measured(" x"), TEXT, "printable ASCII"),
    ("coded", Measured(""), TEXT, "printable ASCII"),
    ("coded", Measured(1, unit=4), INTEGER, "unit 4 is not in 0-3"),
    ("coded", Measured(1, index=8), INTEGER, "index 8 is not in 0-7"),
    ("coded", Measured(1), 7, "format 7 is not in 0-6"),
    ("zone-coded", Measured(1, zone=256), INTEGER, "zone 256"),
    ("float", Measured(1, unit=256), 0, "unit 256"),
])
def test_what_cannot_be_said_is_refused_with_a_reason(shape, measured, format, reason):
    with pytest.raises(ValueError, match=reason):
        encode(shape, measured, format)
