"""What an event tells of which entity, where its value and its place lie in the data."""

import struct

import pytest

from vscpws.model.event import Event
from vscpws.mqtt.homeassistant.hearing import (
    ALIVE,
    BEAT,
    TERMINATED,
    Heard,
    Place,
    hear,
    is_command,
    place_of,
    sign_of,
)

AT = 1795503611 * 1000000       # 2026-11-24T07:00:11Z


def event(vscp_class, vscp_type, data=""):
    data = bytes.fromhex(data) if isinstance(data, str) else data
    return Event(0x60, vscp_class, vscp_type, 1, AT, 0, bytes(16), data)


def heard(vscp_class, vscp_type, data=""):
    return hear(event(vscp_class, vscp_type, data))


def double(value):
    return struct.pack(">d", value)


# ---- signs of life and commands ------------------------------------------------------------------


@pytest.mark.parametrize("over", [0, 512])
def test_there_are_three_signs_of_life(over):
    found = {number: sign_of(event(20 + over, number)) for number in range(256)}
    assert {number: sign for number, sign in found.items() if sign} == {
        5: ALIVE, 6: TERMINATED, 9: BEAT}
    assert not any(sign_of(event(vscp_class, number)) for vscp_class in (19, 21, 1044)
                   for number in range(256))


@pytest.mark.parametrize("vscp_type, is_one", [(5, True), (6, False), (9, True)])
def test_both_signs_of_a_node_that_is_alive_are_its_heartbeat(vscp_type, is_one):
    assert heard(20, vscp_type, "07FFFF") == (
        Heard("heartbeat", "0", "2026-11-24T07:00:11Z") if is_one else "")


def test_the_classes_of_commands_are_those_that_are_meant_for_nodes():
    commands = {0, 30, 40, 50, 85, 86, 87, 88, 89, *range(100, 111)}
    wanted = commands | {512 + each for each in commands} | {1024, 1028}
    assert {each for each in range(1100) if is_command(event(each, 1))} == wanted


# ---- places --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text, place", [
    ("0", Place(0)), ("255", Place(255)), ("256", None), ("2-1", Place(None, 2, 1)),
    ("2-255", Place(None, 2, 255)), ("2-256", None), ("2-1-5", Place(5, 2, 1)),
    ("2-1-256", None), ("2-1-5-0", None), ("01", None), ("2-01", None), ("", None), ("2-", None),
    ("-1", None), ("a", None), ("\u00b2", None), ("\u0662", None), ("2-x", None)])
def test_a_place_is_an_index_a_zone_or_both(text, place):
    assert place_of(text) == place


@pytest.mark.parametrize("vscp_class, vscp_type, data, place", [
    (20, 3, "", "0"), (20, 3, "05", "5"), (20, 3, "0502", "5"), (20, 3, "050201", "2-1"),
    (20, 3, "050201FF", "2-1"), (20, 7, "05", "0"), (20, 40, "32", "0"), (20, 40, "320201", "2-1"),
    (20, 49, "05", "5"), (20, 88, "05", "0"), (2, 6, "05", "0"), (2, 6, "050201FF", "2-1"),
    (2, 1, "05", "0"), (2, 1, "050201FF", "2-1"), (20, 1, "01", "0"), (20, 1, "010201FF", "2-1"),
    (508, 7, "05", "0"), (506, 7, "050201FF", "2-1"), (20, 48, "00020107", "2-1"),
    (20, 48, "03020107", "2-1-3"), (90, 52, "03020107", "2-1-3"),
    (20, 51, "FF020107", "2-1-255"), (20, 42, "0302010007", "2-1"),
    (10, 25, "6007", "0"), (10, 25, "6307", "3"), (65, 25, "0502016007", "2-1-5"),
    (65, 25, "0002016007", "2-1"), (65, 25, "05FFFF6007", "255-255-5")])
def test_where_it_is(vscp_class, vscp_type, data, place):
    assert heard(vscp_class, vscp_type, data).place == place


@pytest.mark.parametrize("vscp_class, vscp_type", [
    (20, 3), (20, 40), (20, 88), (2, 1), (2, 6), (20, 1), (506, 1), (508, 1)])
@pytest.mark.parametrize("place", ["FF01", "01FF", "FFFF"])
def test_all_zones_are_no_place_of_a_state(vscp_class, vscp_type, place):
    assert heard(vscp_class, vscp_type, "00" + place + "01") == "all-zones"


# ---- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize("vscp_type, data, value, unit", [
    (40, "000201", 0, "%"), (40, "640201", 100, "%"), (40, "650201", 101, ""),
    (40, "FF0201", 255, ""), (42, "0002010080", 128, ""), (48, "000201FF", 255, ""),
    (51, "00020180", -128, ""), (51, "0002017FFF", 32767, ""),
    (51, "000201FFFFFFFFFE", -2, ""), (51, "000201010000000000", 1 << 32, "")])
def test_a_number_is_a_byte_or_a_signed_one_of_up_to_five(vscp_type, data, value, unit):
    found = heard(20, vscp_type, data)
    assert (found.stem, found.value, found.unit) == ("20_%d" % vscp_type, value, unit)


def test_the_uv_index_has_its_unit():
    assert heard(90, 52, "00020107") == Heard("90_52", "2-1", 7, "UV index")


@pytest.mark.parametrize("data, value", [("000201", "OFF"), ("010201", "ON"), ("80", "ON")])
def test_a_switch_is_off_where_it_is_0(data, value):
    assert heard(1, 3, data).value == value


@pytest.mark.parametrize("data, value, has_end", [
    ("000201", "ON", False), ("00020100", "ON", False), ("00020101", "ON", True),
    ("00020102", "OFF", True), ("00020103", "ON", False), ("0002010102", "ON", True)])
def test_motion_tells_its_end_in_byte_3(data, value, has_end):
    assert heard(2, 1, data) == Heard("2_1", "2-1", value, has_end=has_end)


@pytest.mark.parametrize("vscp_class, vscp_type, stem, value", [
    (2, 6, "2_6", "ON"), (20, 3, "on", "ON"), (20, 69, "button", "long"),
    (508, 7, "508_7", "error"), (506, 255, "506_255", "diagnostic")])
def test_what_else_begins_has_no_end_of_its_own(vscp_class, vscp_type, stem, value):
    assert heard(vscp_class, vscp_type, "00020101") == Heard(stem, "2-1", value)


@pytest.mark.parametrize("byte, value", [
    ("00", "release"), ("01", "press"), ("02", "press"), ("03", None), ("07", None),
    ("08", "release"), ("F9", "press")])
def test_a_button_is_pressed_as_three_bits_of_byte_0_say(byte, value):
    found = heard(20, 1, byte + "0201")
    assert found == ("short" if value is None else Heard("button", "2-1", value))


@pytest.mark.parametrize("data, code", [
    ("01020102", None), ("0102010203", 0x0203), ("010201020304", 0x0203)])
def test_a_button_s_code_is_in_two_bytes_behind_its_place(data, code):
    assert heard(20, 1, data) == Heard("button", "2-1", "press", code=code)


# ---- measurements --------------------------------------------------------------------------------


@pytest.mark.parametrize("vscp_class, vscp_type, data, wanted", [
    (10, 6, "6815", Heard("10_6", "0", 21, "\u00b0C")),
    (10, 45, "6807", Heard("10_45", "0", 7, "ppm")), (10, 1, "6007", Heard("10_1", "0", 7, "")),
    (10, 50, "6007", Heard("10_50", "0", 7, "%")), (15, 4, "6007", Heard("15_4", "0", 7, "%")),
    (15, 1, "7807", Heard("15_1", "0", 7, "")),
    (1040, 6, "04020100" + "323733", Heard("1040_6", "2-1-4", -0.15, "\u00b0C")),
    (522, 6, "00" * 16 + "6815", Heard("10_6", "0", 21, "\u00b0C"))])
def test_a_measurement_is_in_the_unit_of_its_type(vscp_class, vscp_type, data, wanted):
    assert heard(vscp_class, vscp_type, data) == wanted


@pytest.mark.parametrize("sent, told", [
    (1.5, "1500"), (0.0005, "0.5"), (9.99e11, "999000000000000"), (1e12, "1000000000000000.0"),
    (1.5e12, "1500000000000000.0"), (-1.5e12, "-1500000000000000.0"), (1 / 3, "333.333333333")])
def test_a_whole_number_is_written_as_one_as_long_as_it_is_exact(sent, told):
    assert repr(heard(60, 28, double(sent)).value) == told      # m3, told in litres


@pytest.mark.parametrize("sent", [1e306, -1e306])
def test_what_is_beyond_all_numbers_in_its_unit_is_no_value(sent):
    assert heard(60, 28, double(sent)) == "unit"
    assert heard(60, 2, double(sent)).value == sent


@pytest.mark.parametrize("vscp_class, vscp_type", [
    (506, 256), (508, 256), (507, 1), (509, 1), (505, 1), (21, 1), (20, 2), (15, 7), (16, 1),
    (10, 31)])
def test_what_nobody_mapped_tells_nothing(vscp_class, vscp_type):
    assert heard(vscp_class, vscp_type, "0002016007") == ""
