"""The catalog against the facts of the VSCP specification, and how names are found in it."""

import json

import pytest

from vscpws.reading import catalog as module
from vscpws.reading.catalog import load_catalog, plain_class

FILE = module.FOLDER / "catalog.json"
MEASUREMENTS = (10, 60, 65, 70, 85, 1040, 1060)
NO_UNIT = {0, 1, 47, 48, 50, 63}        # general, count, two reserved, relative level, power factor
TEMPERATURE = 6


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


def test_it_has_all_classes_and_types(catalog):
    assert len(list(catalog.classes())) == 57
    assert sum(len(known.types) for known in catalog.classes()) == 1114


@pytest.mark.parametrize("vscp_class, token, name, types", [
    (0, "CLASS1.PROTOCOL", "VSCP Protocol Functionality", 52),
    (1, "CLASS1.ALARM", "Alarm functionality", 14),
    (2, "CLASS1.SECURITY", "Security", 38),
    (10, "CLASS1.MEASUREMENT", "Measurement", 66),
    (15, "CLASS1.DATA", "Data", 7),
    (20, "CLASS1.INFORMATION", "Information", 89),
    (30, "CLASS1.CONTROL", "Control", 54),
    (65, "CLASS1.MEASUREZONE", "Measurement with zone", 66),
    (90, "CLASS1.WEATHER", "Weather", 53),
    (206, "CLASS1.GNSS", "Position (GNSS)", 3),
    (508, "CLASS1.ERROR", "Error", 38),
    (1024, "CLASS2.PROTOCOL", "Level II Protocol Functionality", 11),
    (1060, "CLASS2.MEASUREMENT_FLOAT", "Level II Measurement float", 66),
    (65535, "CLASS2.VSCPD", "Level II VSCP Daemon internal events", 12),
])
def test_classes_are_those_of_the_specification(catalog, vscp_class, token, name, types):
    known = catalog.find_class(vscp_class)
    assert (known.token, known.name, len(known.types)) == (token, name, types)


@pytest.mark.parametrize("vscp_class, number, token, name", [
    (0, 57, "VSCP_TYPE_PROTOCOL_BOOT_LOADER_ABORT_NACK", "Bootloader abort NACK"),
    (10, 6, "VSCP_TYPE_MEASUREMENT_TEMPERATURE", "Temperature"),
    (10, 65, "VSCP_TYPE_MEASUREMENT_REACTIVE_ENERGY", "Reactive Energy"),
    (20, 9, "VSCP_TYPE_INFORMATION_NODE_HEARTBEAT", "Node Heartbeat"),
    (30, 5, "VSCP_TYPE_CONTROL_TURNON", "TurnOn"),
    (62, 0, "VSCP_TYPE_MEASUREMENTX2_GENERAL", "General event"),
    (110, 49, "VSCP_TYPE_REMOTE_MAPITO", "MAPito Remote Format"),
    (1026, 2, "VSCP2_TYPE_INFORMATION_HEART_BEAT", "Level II Node Heartbeat"),
    (65535, 12, "VSCP2_TYPE_VSCPD_DRV3_CONFIG", "Config"),
])
def test_types_are_those_of_the_specification(catalog, vscp_class, number, token, name):
    known = catalog.find_type(vscp_class, number)
    assert (known.number, known.token, known.name) == (number, token, name)


@pytest.mark.parametrize("vscp_class", MEASUREMENTS)
def test_every_measurement_type_has_short_units(catalog, vscp_class):
    for number, known in catalog.find_class(vscp_class).types.items():
        assert (number in NO_UNIT) != bool(known.units), known.name
        for unit in known.units:
            assert 0 < len(unit) <= 12 and " " not in unit and unit.isprintable()


def test_units_keep_their_numbers(catalog):
    assert catalog.find_type(10, TEMPERATURE).units == ("K", "°C", "°F")
    assert catalog.find_type(65, 13).units == ("J", "kWh", "Wh", "eV")
    assert catalog.find_type(10, 28).units == ("m³", "L", "mL", "dL")
    assert catalog.find_type(1060, 28).units == ("m³", "L", "mL", "dL", "cL")


@pytest.mark.parametrize("vscp_class", [60, 70])
def test_where_there_is_no_coding_only_the_default_unit_is_left(catalog, vscp_class):
    for number, known in catalog.find_class(vscp_class).types.items():
        assert known.units == catalog.find_type(10, number).units[:1]


def test_shapes_belong_to_the_classes_of_measurements(catalog):
    shapes = {}
    for known in catalog.classes():
        shapes.setdefault(known.shape, []).append(known.number)
    del shapes[""]
    assert shapes == {
        "coded": list(range(10, 16)), "double": list(range(60, 65)), "single": list(range(70, 75)),
        "zone-coded": list(range(65, 70)) + list(range(85, 90)), "text": [1040], "float": [1060]}


def test_fields_have_a_known_form_a_text_and_one_name_each(catalog):
    for known in catalog.classes():
        for fields in [known.fields] + [entry.fields for entry in known.types.values()]:
            assert all(field.type in ("byte", "uint16", "uint32", "single") for field in fields)
            assert all(field.text for field in fields)
            assert len({field.name for field in fields}) == len(fields)


@pytest.mark.parametrize("vscp_class", [1, 2, 20, 30])
def test_index_zone_and_subzone_come_first_in_classes_with_zones(catalog, vscp_class):
    names = [field.name for field in catalog.find_class(vscp_class).fields]
    assert names == ["index", "zone", "subzone"]


def test_a_type_may_have_fields_of_its_own(catalog):
    assert [field.name for field in catalog.find_type(20, 1).fields] == [
        "action", "zone", "subzone", "code", "page"]
    assert catalog.find_type(20, 3).fields == catalog.find_class(20).fields


def test_the_file_is_sorted_with_a_type_a_line(catalog):
    table = json.loads(FILE.read_text(encoding="utf-8"))["classes"]
    assert list(table) == sorted(table, key=int)
    for entry in table.values():
        assert list(entry["types"]) == sorted(entry["types"], key=int)
    lines = FILE.read_text(encoding="utf-8").splitlines()
    assert sum("_TYPE_" in line for line in lines) == 1114


@pytest.mark.parametrize("text", [
    "20", "0x14", "CLASS1.INFORMATION", "class1.information", "INFORMATION", " Information "])
def test_a_class_is_found_by_number_token_and_name(catalog, text):
    assert catalog.find_class(text).number == 20
    assert catalog.class_number(text) == 20


@pytest.mark.parametrize("text", [
    "9", "0x9", "VSCP_TYPE_INFORMATION_NODE_HEARTBEAT", "NODE_HEARTBEAT", "Node Heartbeat",
    "node-heartbeat", "node  HEARTBEAT"])
def test_a_type_is_found_by_number_token_and_name(catalog, text):
    assert catalog.find_type(20, text).number == 9
    assert catalog.type_number(20, text) == 9


def test_of_equal_names_the_lowest_number_is_meant(catalog):
    assert catalog.find_class("Measurement").number == 10
    assert catalog.find_class("class2.information").number == 1026
    assert catalog.find_type(65535, "pause").number == 3


def test_a_number_stands_for_itself_even_if_nothing_is_known_of_it(catalog):
    assert catalog.class_number("300") == 300
    assert catalog.type_number(300, "7") == 7
    assert catalog.find_class(300) is None
    assert catalog.find_type(300, 7) is None
    assert catalog.find_type(20, 200) is None


@pytest.mark.parametrize("text", ["", "warp", "65536", "-1"])
def test_what_is_called_nothing_is_refused_with_a_reason(catalog, text):
    with pytest.raises(ValueError, match="no class is called"):
        catalog.class_number(text)
    with pytest.raises(ValueError, match="no type of class Information is called"):
        catalog.type_number(20, text)
    assert catalog.find_class(text) is None
    assert catalog.find_type(20, text) is None


def test_level1_over_level2_has_the_names_of_level1(catalog):
    assert plain_class(511) == 511 and plain_class(512) == 0
    assert plain_class(1023) == 511 and plain_class(1024) == 1024
    assert catalog.find_class(522).number == 10
    assert catalog.find_type(522, "temperature").number == TEMPERATURE


@pytest.mark.parametrize("vscp_class", [1040, 1060])
def test_types_of_level2_measurements_go_on_in_the_classes_from_11(catalog, vscp_class):
    assert catalog.find_type(vscp_class, TEMPERATURE).name == "Temperature"
    assert catalog.find_type(vscp_class, 256).token == "VSCP_TYPE_MEASUREMENTX1_GENERAL"
    assert catalog.find_type(vscp_class, 1024).token == "VSCP_TYPE_MEASUREMENTX4_GENERAL"
    assert catalog.find_type(vscp_class, 1280) is None
