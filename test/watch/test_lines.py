import json
import re
import time

import pytest

from vscpws.model.event import Event
from vscpws.model.memory import State
from vscpws.reading.names import parse_names
from vscpws.watch.lines import Columns, json_line, state_json, state_table, text_line

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE020000000001000A")
TEMPERATURE = Event(0x60, 10, 6, 3, 1700000000000000, 77, GUID, bytes.fromhex("8A810107"))


@pytest.fixture(autouse=True)
def in_utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("event, line", [
    (TEMPERATURE,
     "22:13:20  node 10  Measurement: Temperature  26.3 °C  index 2  [8A 81 01 07]"),
    (TEMPERATURE._replace(vscp_class=20, vscp_type=3, data=b"\0\1\xff"),
     "22:13:20  node 10  Information: On  index 0, zone 1, subzone all  [00 01 FF]"),
    (TEMPERATURE._replace(vscp_class=300, vscp_type=7, data=b""),
     "22:13:20  node 10  Class 300: Type 7"),
    (TEMPERATURE._replace(vscp_class=1029, vscp_type=0, data=bytes(25)),
     "22:13:20  FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:0A  Level II Custom: General event  "
     "[" + "00 " * 24 + "… 25 bytes]"),
])
def test_a_line_for_people(event, line):
    assert text_line(event, colour=False) == line


def test_colour_changes_nothing_but_the_colour():
    line = text_line(TEMPERATURE, colour=True)
    assert "\033[32;1m26.3 °C\033[0m" in line
    for code in ("2", "36", "1", "32;1", "0"):
        line = line.replace("\033[%sm" % code, "")
    assert line == text_line(TEMPERATURE, colour=False)


def test_a_line_for_pipes_has_the_raw_event_and_its_reading():
    line = json_line(TEMPERATURE)
    assert "\n" not in line
    assert json.loads(line) == {
        "datetime": "2023-11-14T22:13:20Z", "timestamp": 77, "head": 0x60, "priority": 3, "obid": 3,
        "class": 10, "type": 6, "guid": "FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:0A",
        "nickname": 10, "data": [0x8A, 0x81, 1, 7],
        "reading": {"class_token": "CLASS1.MEASUREMENT", "class_name": "Measurement",
                    "type_token": "VSCP_TYPE_MEASUREMENT_TEMPERATURE", "type_name": "Temperature",
                    "value": 26.3, "unit": "°C", "index": 2, "zone": None, "subzone": None,
                    "fields": {}}}


NAMES, _ = parse_names({
    "nodes": [{"guid": "FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:0A", "name": "Living room",
               "sensors": [{"class": 10, "type": 6, "index": 2, "name": "Air"}]}],
    "zones": [{"zone": 1, "name": "Ground floor"}]}, {})
ON = TEMPERATURE._replace(vscp_class=20, vscp_type=3, data=b"\0\1\2")


@pytest.mark.parametrize("event, line", [
    (TEMPERATURE, "22:13:20  Living room, Air  Measurement: Temperature  26.3 \u00b0C  index 2  "
                  "[8A 81 01 07]"),
    (TEMPERATURE._replace(data=bytes.fromhex("88810107")),
     "22:13:20  Living room  Measurement: Temperature  26.3 \u00b0C  index 0  [88 81 01 07]"),
    (ON, "22:13:20  Living room  Information: On  Ground floor (index 0, zone 1, subzone 2)  "
         "[00 01 02]"),
    (ON._replace(guid=bytes(16)),
     "22:13:20  node 0  Information: On  Ground floor (index 0, zone 1, subzone 2)  [00 01 02]"),
])
def test_names_stand_where_there_are_any(event, line):
    assert text_line(event, False, NAMES) == line


def test_names_are_in_the_json_where_there_are_any():
    assert json.loads(json_line(TEMPERATURE, NAMES))["names"] == {
        "node": "Living room", "sensor": "Air"}
    assert json.loads(json_line(ON, NAMES))["names"]["zone"] == "Ground floor"
    assert "names" not in json.loads(json_line(ON._replace(guid=bytes(16), data=b""), NAMES))


def test_states_are_a_table_by_node():
    states = [State(ON, 7300.0, False), State(TEMPERATURE, 59.9, True),
              State(ON._replace(guid=bytes(16), vscp_type=9, data=b"\0\2\3"), 90000.0, False)]
    lines = state_table(states, NAMES)
    assert [line.split("  ")[0] for line in lines] == ["node", "Living room", "Living room",
                                                       "node 0"]
    assert [line.split()[-2:] for line in lines[1:]] == [["s", "*"], ["2", "h"], ["1", "d"]]
    assert {line.index(part) for line, part in zip(lines, (
        "what", "Air, index 2", "Ground floor (", "zone 2, subzone 3"))} == {13}
    assert len({line.index(part) for line, part in zip(lines, (
        "value", "26.3 \u00b0C", "On", "Node Heartbeat"))}) == 1
    assert state_table([], NAMES) == []


def test_a_state_for_pipes_is_an_event_with_its_age():
    found = json.loads(state_json(State(TEMPERATURE, 12.5, True), NAMES))
    assert (found.pop("age"), found.pop("restored")) == (12.5, True)
    assert found == json.loads(json_line(TEMPERATURE, NAMES))


def places(lines, *texts):
    """In which column of the terminal each text begins, in each line that has it."""
    return [{line.index(text) for line in lines if text in line} for text in texts]


@pytest.mark.parametrize("colour", [False, True])
def test_columns_stand_below_each_other_whatever_is_missing(colour):
    columns = Columns()
    events = [TEMPERATURE, ON, TEMPERATURE._replace(vscp_class=300, vscp_type=7, data=b""),
              TEMPERATURE._replace(guid=bytes(15) + b"\xc8", vscp_type=35)]
    for _ in range(2):          # the first round finds the widths
        lines = [text_line(event, colour, NAMES, columns) for event in events]
    if colour:
        lines = [re.sub("\033\\[[0-9;]*m", "", line) for line in lines]
    for place in places(lines, "Measurement:", "26.3 ", "index 2", "[", "Class 300"):
        assert len(place) == 1
    assert places(lines, "Measurement:") == places(lines, "Information:")
    assert places(lines, "index 2") == places(lines, "Ground floor (")
    assert all(line == line.rstrip() for line in lines)


def test_a_column_is_never_wider_than_a_guid():
    columns = Columns()
    columns.padded([("x" * 1000, "x" * 1000), ("y", "y")])
    assert columns.padded([("a", "a"), ("y", "y")]) == "a" + " " * 48 + "y"


def test_wide_characters_and_marks_take_the_room_that_they_have():
    columns = Columns()
    texts = "\u5c45\u9593", "e\u0301a"
    assert [columns.padded([(text, text), ("|", "|")]) for text in texts] == [
        "\u5c45\u9593      |", "e\u0301a        |"]
