"""Events as payloads, byte for byte."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.model.event import Event
from vscpws.mqtt.forms.incoming import read_payload
from vscpws.mqtt.forms.outgoing import KEYS, event_json, writer

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060009")
TEXT = "FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:00:09"
MOMENT = 1764141611123456       # 2025-11-26T07:20:11.123456Z


def an_event(vscp_class, vscp_type, *data):
    return Event(0x60, vscp_class, vscp_type, 1, MOMENT, 1234567, GUID, bytes(data))


START = '{"head":96,"obid":1,"datetime":"2025-11-26T07:20:11Z","timestamp":1234567,'


def test_todays_keys():
    assert writer("short")(an_event(20, 3, 0, 1, 2)).decode() == (
        START + '"class":20,"type":3,"guid":"%s","data":[0,1,2],"note":""}' % TEXT)


def test_the_keys_of_ws2():
    assert writer("vscp")(an_event(20, 3)).decode() == (
        '{"vscpHead":96,"vscpObId":1,"vscpDateTime":"2025-11-26T07:20:11Z",'
        '"vscpTimeStamp":1234567,"vscpClass":20,"vscpType":3,"vscpGuid":"%s","vscpData":[],'
        '"vscpNote":""}' % TEXT)


def test_both():
    both = json.loads(writer("both")(an_event(10, 6, 0x8A, 0x81, 1, 7)))
    short, vscp = (json.loads(writer(keys)(an_event(10, 6, 0x8A, 0x81, 1, 7)))
                   for keys in ("short", "vscp"))
    assert both == {**short, **vscp}


@pytest.mark.parametrize("event, measurement", [
    (an_event(10, 6, 0x8A, 0x81, 1, 7),
     '{"value":26.3,"unit":"\u00b0C","sensorindex":2,"zone":0,"subzone":0}'),
    (an_event(65, 6, 1, 2, 3, 0x88, 0x81, 1, 7),
     '{"value":26.3,"unit":"\u00b0C","sensorindex":1,"zone":2,"subzone":3}'),
    (an_event(522, 6, *GUID, 0x8A, 0x81, 1, 7),
     '{"value":26.3,"unit":"\u00b0C","sensorindex":2,"zone":0,"subzone":0}'),
    (an_event(1040, 6, 1, 2, 3, 1, *b"26.3"),
     '{"value":26.3,"unit":"\u00b0C","sensorindex":1,"zone":2,"subzone":3}'),
    (an_event(10, 6, 0x98, 0x81, 1, 7),                     # a temperature has three units
     '{"value":26.3,"unit":"","sensorindex":0,"zone":0,"subzone":0}'),
    (an_event(60, 16, *bytes.fromhex("4067200000000000")),
     '{"value":185,"unit":"V","sensorindex":0,"zone":0,"subzone":0}'),
])
def test_a_measurement_has_a_block_of_its_own(event, measurement):
    text = writer()(event).decode()
    assert text.endswith(',"note":"","measurement":%s}' % measurement)


@pytest.mark.parametrize("event", [
    an_event(10, 6), an_event(10, 6, 0x88), an_event(1040, 6, 1, 2, 3, 1, *b"warm"),
    an_event(30, 5, 1), an_event(1024, 1), an_event(0xFFFF, 1)])
def test_what_is_no_number_has_none(event):
    assert "measurement" not in json.loads(writer()(event))


def test_a_topic_of_our_own_may_have_more_keys():
    payload = event_json(an_event(20, 3), **{"from": "front"})
    assert payload.endswith(b'"note":"","from":"front"}')
    assert read_payload(payload, "vscpwsd/house/send").sender == "front"


@given(st.sampled_from(KEYS), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF),
       st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.integers(1, 4102444800),
       st.integers(1, 0xFFFFFFFF), st.binary(min_size=16, max_size=16).filter(any),
       st.binary(max_size=512))
def test_what_is_written_is_json_and_reads_back(keys, head, vscp_class, vscp_type, obid, second,
                                                timestamp, guid, data):
    event = Event(head, vscp_class, vscp_type, obid, second * 1000000, timestamp, guid, data)
    payload = writer(keys)(event)
    text = payload.decode("utf-8")
    assert json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False) == text
    assert read_payload(payload, "any").event == event
