"""Events as people read them. ``vectors.json`` is read by the page's tests, too."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.model.event import Event
from vscpws.reading.reading import describe, place_and_fields, read, value_text

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))


def event(vscp_class, vscp_type, data=b""):
    return Event(0x60, vscp_class, vscp_type, 1, 0, 0, bytes(16), data)


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["note"])
def test_vectors(case):
    found = read(event(case["class"], case["type"], bytes.fromhex(case["data"])))
    assert (found.value, found.unit, found.index, found.zone, found.subzone) == (
        case["value"], case["unit"], case["index"], case["zone"], case["subzone"])
    assert found.fields == case.get("fields", {})


def test_an_event_is_called_by_the_names_of_the_specification():
    found = read(event(10, 6))
    assert found[:4] == ("CLASS1.MEASUREMENT", "Measurement", "VSCP_TYPE_MEASUREMENT_TEMPERATURE",
                         "Temperature")


def test_what_is_not_known_is_called_by_its_number():
    assert read(event(300, 7))[:4] == ("", "Class 300", "", "Type 7")
    assert read(event(20, 200))[:4] == ("CLASS1.INFORMATION", "Information", "", "Type 200")


@pytest.mark.parametrize("vscp_class, vscp_type, data, text", [
    (10, 6, "8A810107", "Measurement: Temperature 26.3 °C, index 2"),
    (10, 1, "6007", "Measurement: Count 7, index 0"),
    (65, 35, "0102036032", "Measurement with zone: Damp/moist (Hygrometer reading) 50 %, "
                           "index 1, zone 2, subzone 3"),
    (20, 3, "00FFFF", "Information: On, index 0, zone all, subzone all"),
    (20, 1, "0101020007", "Information: Button, zone 1, subzone 2, action 1, code 7"),
    (20, 3, "FF", "Information: On, index 255"),
    (1040, 4, "000000006E6F6F6E", "Level II Measurement string: Time noon s, index 0, zone 0, "
                                  "subzone 0"),
    (60, 6, "3FD3333333333334", "Double precision floating point measurement: Temperature 0.3 K"),
    (300, 7, "01", "Class 300: Type 7"),
])
def test_one_line_says_it_all(vscp_class, vscp_type, data, text):
    assert describe(read(event(vscp_class, vscp_type, bytes.fromhex(data)))) == text


def test_value_and_place_by_themselves():
    found = read(event(65, 6, bytes.fromhex("01FF03898100D7")))
    assert value_text(found) == "21.5 °C"
    assert place_and_fields(found) == (("index", "1"), ("zone", "all"), ("subzone", "3"))
    assert value_text(read(event(20, 3))) == ""


@settings(deadline=None)
@given(st.sampled_from([0, 10, 20, 60, 65, 206, 300, 522, 577, 1026, 1040, 1060, 65535]),
       st.integers(0, 1300), st.binary(max_size=64))
def test_any_event_has_a_line(vscp_class, vscp_type, data):
    text = describe(read(event(vscp_class, vscp_type, data)))
    assert text.isprintable()
    json.dumps(read(event(vscp_class, vscp_type, data))._asdict(), allow_nan=False)
