"""Payloads of all the programs that there are, and what is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.model.event import Event
from vscpws.model.guid import ZERO
from vscpws.mqtt.forms.incoming import MALFORMED, MAX_PAYLOAD, Malformed, read_payload

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060009")
TEXT = "FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:00:09"
OTHER = bytes(14) + b"\1\2"
SEND = "vscpwsd/house/send"
MOMENT = 1764141611000000
EVENT = Event(96, 30, 5, 7, MOMENT, 1234567, GUID, b"\0\1\2")


def read(payload, topic=SEND):
    if not isinstance(payload, bytes):
        payload = (payload if isinstance(payload, str) else json.dumps(payload)).encode()
    return read_payload(payload, topic).event


SHORT = {"head": 96, "obid": 7, "datetime": "2025-11-26T07:20:11Z", "timestamp": 1234567,
         "class": 30, "type": 5, "guid": TEXT, "data": [0, 1, 2], "note": "lamp"}
VSCP = {"vscpHead": 96, "vscpObId": 7, "vscpDateTime": "2025-11-26T07:20:11Z",
        "vscpTimeStamp": 1234567, "vscpClass": 30, "vscpType": 5, "vscpGuid": TEXT,
        "vscpData": [0, 1, 2], "vscpNote": ""}
STRING = "96,30,5,7,2025-11-26T07:20:11Z,1234567,%s,0,0x01,2" % TEXT
XML = ('<event head="96" obid="7" datetime="2025-11-26T07:20:11Z" timestamp="1234567" class="30" '
       'type="5" guid="%s" data="0,0x01,2" />' % TEXT)


@pytest.mark.parametrize("payload", [
    SHORT, VSCP, {**SHORT, **VSCP}, STRING, XML,
    {key.upper(): value for key, value in SHORT.items()},
    {key.lower(): value for key, value in VSCP.items()},
    {**{key: value for key, value in VSCP.items() if key != "vscpGuid"}, "vscpGUID": TEXT},
    {**SHORT, "class": "30", "type": "0x05", "head": "0x60"},
    {**SHORT, "data": ["0", "0x1", 2]},
    {**SHORT, "measurement": {"value": 1}, "unknown": [[[]]]},
    " \r\n\t" + json.dumps(SHORT) + "\n",
    STRING.replace(",", " , "), STRING + ",", "\n" + STRING + "\n",
    XML.replace("head", "HEAD").replace("guid", "vscpGuid"), "\n<?xml version='1.0'?>" + XML,
    XML.replace(" />", "></event>"), XML.replace("<event", "<EVENT"),
])
def test_every_form_is_read(payload):
    assert read(payload) == EVENT


@pytest.mark.parametrize("payload, event", [
    ({"class": 30, "type": 5}, Event(0, 30, 5, 0, 0, 0, ZERO, b"")),
    ({"class": 30, "type": 5, "data": None, "guid": "-", "datetime": "", "timestamp": 0},
     Event(0, 30, 5, 0, 0, 0, ZERO, b"")),
    ({"class": 0, "type": 0}, Event(0, 0, 0, 0, 0, 0, ZERO, b"")),
    ({"class": 30, "type": 5, "timestamp_ns": "0x0641D5A6E1F3C000"},
     Event(0, 30, 5, 0, 0x0641D5A6E1F3C000 // 1000, 0x0641D5A6E1F3C000 // 1000 & 0xFFFFFFFF, ZERO,
           b"")),
    ({"class": 30, "type": 5, "timestamp": MOMENT * 1000},
     Event(0, 30, 5, 0, MOMENT, MOMENT & 0xFFFFFFFF, ZERO, b"")),
    (",30,5,,,%d,-" % (MOMENT * 1000), Event(0, 30, 5, 0, MOMENT, MOMENT & 0xFFFFFFFF, ZERO, b"")),
    ("<event class='30' type='5'/>", Event(0, 30, 5, 0, 0, 0, ZERO, b"")),
    ("<event class='30' type='5' data=''/>", Event(0, 30, 5, 0, 0, 0, ZERO, b"")),
])
def test_what_is_missing_has_its_default(payload, event):
    assert read(payload) == event


@pytest.mark.parametrize("payload", ["{}", '{"guid":null,"class":0,"type":null}',
                                     '{"guid":"-","class":"0"}', "0,0,0,0,,0,-",
                                     "<event/>", "<event guid='' class='0'/>"])
def test_the_topic_says_what_the_payload_does_not(payload):
    event = read(payload, "vscp/%s/30/5" % TEXT)
    assert (event.guid, event.vscp_class, event.vscp_type, event.data) == (GUID, 30, 5, b"")


def test_the_payload_counts_before_the_topic():
    event = read({"guid": "-:01:02", "class": 20, "type": 3}, "vscp/%s/30/5/" % TEXT)
    assert (event.guid, event.vscp_class, event.vscp_type) == (OTHER, 20, 3)


@pytest.mark.parametrize("payload, kind", [
    (b"", "empty"), (b" \n", "empty"), (b"\0\x10\1\2", "binary"), (b" \0", "binary"),
    ('[{"class":30,"type":5}]', "array"), ("{", "json"), ("{]", "json"), ('{"class":30}x', "json"),
    (b'{"class":30,"type":5,"note":"\xff"}', "json"), ('{"class":NaN,"type":5}', "json"),
    ('{"a":' * 5000, "json"), ('{"class":30}', "event"), ('{"type":5}', "event"), ("{}", "event"),
    ('{"class":-1,"type":5}', "event"), ('{"class":65536,"type":5}', "event"),
    ('{"class":1e400,"type":5}', "event"), ('{"class":true,"type":5}', "event"),
    ('{"class":30,"type":5,"data":[256]}', "event"), ('{"class":30,"type":5,"data":"1"}', "event"),
    ('{"class":30,"type":5,"data":{}}', "event"), ('{"class":30,"type":5,"guid":9}', "event"),
    ('{"class":30,"type":5,"guid":"1:2"}', "event"),
    ('{"class":30,"type":5,"data":%s}' % ([0] * 513), "event"),
    ('{"class":%s,"type":5}' % ("9" * 5000), "event"),
    ('{"class":30,"type":5,"datetime":"yesterday"}', "event"),
    ("hello", "string"), ("1,2,3", "string"), (b"\xff\xfe", "string"),
    ("0,30,5,0,,0,-,300", "string"), ("0,30,5,0,,0,-" + ",1" * 513, "string"),
    ("<event", "xml"), ("<events><event/></events>", "xml"), ("<lamp/>", "xml"),
    ('<!DOCTYPE a [<!ENTITY b "c">]><event class="30" type="5"/>', "xml"),
    ('<?xml version="1.0" encoding="nonsense"?><event/>', "xml"),
    ("<event class='30' type='x'/>", "event"), ("<event class='30' type='5' data='1,x'/>", "event"),
    (b"x" * (MAX_PAYLOAD + 1), "size"),
])
def test_what_is_none_is_refused_by_its_kind(payload, kind):
    with pytest.raises(Malformed) as refusal:
        read(payload)
    assert refusal.value.kind == kind
    assert str(refusal.value) and "\n" not in str(refusal.value)


@given(st.one_of(
    st.binary(max_size=300), st.text(max_size=100).map(str.encode),
    st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
                 lambda inner: st.lists(inner) | st.dictionaries(
                     st.sampled_from(sorted({*SHORT, *VSCP, "vscpGUID", "timestamp_ns", "x"})),
                     inner), max_leaves=20).map(lambda value: json.dumps(value).encode())),
    st.sampled_from([SEND, "vscp/%s/30/5" % TEXT, "vscp/x", ""]))
def test_anything_is_an_event_or_refused_with_a_known_kind(payload, topic):
    try:
        event = read_payload(payload, topic).event
    except Malformed as error:
        assert error.kind in MALFORMED
    else:
        assert 0 <= event.vscp_class <= 0xFFFF and len(event.guid) == 16 and len(event.data) <= 512
