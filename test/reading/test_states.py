"""Which events are states, and which of them replace each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import EVENTS
from vscpws.model.event import Event
from vscpws.reading.states import NODE, VALUE, node_key, state_key, state_of

GUID, OTHER = bytes(range(16)), bytes(range(1, 17))
INTERFACE = bytes.fromhex("FFFFFFFFFFFFFFFE0200000000010000")
DOUBLE, SINGLE = bytes(8), bytes(4)


def event(vscp_class, vscp_type, data=b"", guid=GUID):
    return Event(0x60, vscp_class, vscp_type, 1, 0, 0, guid, bytes(data))


def key(*args, **kwargs):
    return state_key(event(*args, **kwargs))


@pytest.mark.parametrize("vscp_class", [*range(10, 16), *range(60, 75), 1040, 1060])
def test_measurements_are_values(vscp_class):
    assert state_of(vscp_class, 6) == VALUE
    assert key(vscp_class, 6, bytes(12)) is not None


def test_a_type_that_the_catalog_does_not_know_is_a_value_where_its_class_is():
    assert state_of(10, 250) == VALUE
    assert state_of(1040, 6 + 256) == VALUE
    assert state_of(20, 250) == ""
    assert state_of(9999, 1) == ""


@pytest.mark.parametrize("vscp_class, vscp_type, name", [
    (20, 3, "on"), (20, 4, "on"), (20, 7, "open"), (20, 8, "open"), (20, 10, "limit"),
    (20, 11, "limit"), (20, 32, "active"), (20, 33, "active"), (20, 34, "busy"), (20, 35, "busy"),
    (20, 75, "lock"), (20, 76, "lock"), (20, 81, "connection"), (20, 82, "connection"),
    (20, 84, "presence"), (20, 85, "presence"), (1, 2, "alarm"), (1, 13, "alarm"),
    (1, 10, "armed"), (1, 11, "armed"), (2, 35, "motion"), (2, 36, "motion"),
    (20, 59, "shutter"), (20, 60, "shutter"), (20, 63, "shutter"), (20, 64, "shutter"),
    (20, 40, VALUE), (20, 42, VALUE), (20, 48, VALUE), (20, 51, VALUE),
    (20, 5, NODE), (20, 6, NODE), (20, 9, NODE)])
def test_pairs_values_and_signs_of_life(vscp_class, vscp_type, name):
    assert state_of(vscp_class, vscp_type) == name
    assert state_of(vscp_class + 512, vscp_type) == name


@pytest.mark.parametrize("vscp_class, vscp_type", [
    (0, 1), (512, 1), (30, 5), (40, 1), (50, 1), (85, 6), (89, 6), (100, 1), (110, 1),
    (20, 1), (20, 12), (20, 36), (20, 69), (20, 70), (20, 71), (20, 72), (20, 13), (20, 49),
    (1, 1), (2, 1), (2, 6), (1028, 1)])
def test_commands_buttons_clicks_pulses_streams_and_dates_are_no_states(vscp_class, vscp_type):
    assert key(vscp_class, vscp_type, bytes(8)) is None


def test_off_replaces_on_at_the_same_place_whatever_the_index():
    assert key(20, 3, [0, 1, 2]) == key(20, 4, [5, 1, 2])
    assert key(20, 3, [0, 1, 2]) != key(20, 3, [0, 1, 3])
    assert key(20, 3, [0, 1, 2]) != key(20, 7, [0, 1, 2])


def test_where_a_pair_has_no_zone_its_index_tells_it_apart():
    assert key(20, 3, [1]) == key(20, 4, [1]) != key(20, 3, [2])
    assert key(20, 3) == key(20, 4) != key(20, 3, [0])


def test_an_alarm_and_its_reset_are_one():
    assert key(1, 2, [0, 1, 2]) == key(1, 13, [0, 1, 2])


def test_sensors_of_a_node_are_told_apart_by_the_index_in_the_coding():
    assert key(10, 6, [0b10001000, 1]) == key(10, 6, [0b01110000, 9, 9])
    assert key(10, 6, [0b10001000, 1]) != key(10, 6, [0b10001001, 1])
    assert key(10, 6, [0b10001000, 1]) != key(11, 6, [0b10001000, 1])
    assert key(10, 6, [0b10001000, 1]) != key(10, 7, [0b10001000, 1])


@pytest.mark.parametrize("vscp_class, rest", [(65, [0x88, 1]), (1040, b"\0" b"21"),
                                              (1060, b"\0" + DOUBLE)])
def test_with_zones_by_index_zone_and_subzone(vscp_class, rest):
    assert key(vscp_class, 6, bytes([1, 2, 3]) + bytes(rest)) != key(
        vscp_class, 6, bytes([1, 2, 4]) + bytes(rest))


@pytest.mark.parametrize("vscp_class, data", [(60, DOUBLE), (70, SINGLE)])
def test_plain_floats_have_no_place(vscp_class, data):
    assert key(vscp_class, 6, data) == key(vscp_class, 6, b"\1" + data[1:])


def test_a_level_is_that_of_a_zone_and_its_first_byte_is_the_level():
    assert key(20, 40, [10, 1, 2]) == key(20, 40, [90, 1, 2]) != key(20, 40, [10, 1, 3])


@pytest.mark.parametrize("vscp_class, data", [
    (10, [0x88]), (10, []), (65, [0, 1, 2, 0x88]), (60, bytes(7)), (70, bytes(3)),
    (1040, bytes(4)), (1060, bytes(11)), (20, [5, 1])])
def test_too_few_data_are_no_state(vscp_class, data):
    assert key(vscp_class, 40 if vscp_class == 20 else 6, data) is None


def test_level_1_over_level_2_counts_as_what_it_carries():
    assert key(522, 6, INTERFACE + bytes([0x88, 1])) == key(10, 6, [0x88, 1])
    assert key(522, 6, INTERFACE) is None


def test_every_node_has_states_of_its_own():
    assert key(20, 3, [0, 1, 2]) != key(20, 3, [0, 1, 2], guid=OTHER)


def test_a_nodes_sign_of_life_is_kept_once():
    assert key(20, 9, [0, 1, 2]) == key(20, 5) == key(20, 6, [1]) == node_key(GUID)


@given(EVENTS)
def test_any_event_has_a_key_that_begins_with_its_guid_or_none(event):
    found = state_key(event)
    assert found is None or found.startswith(event.guid) and len(found) > 16


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=32))
def test_any_data_will_do(vscp_class, vscp_type, data):
    key(vscp_class, vscp_type, data)
