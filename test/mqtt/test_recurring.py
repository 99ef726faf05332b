"""The short way to read what daemons publish: the same events as the long way, or none."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.model.event import MAX_FD_DATA, Event, check, complete
from vscpws.mqtt.forms import recurring
from vscpws.mqtt.forms.incoming import Malformed, read_payload
from vscpws.mqtt.forms.outgoing import writer
from vscpws.mqtt.forms.recurring import recurring_event, remember_parts

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060009")
MOMENT = 1764141611000000
NOW = 1795680000000000
EVENT = Event(96, 10, 6, 1, MOMENT, 1234567, GUID, b"\x88\x81\1\7")
TEXT = writer()(EVENT)
OBID = 42


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    monkeypatch.setattr(recurring, "_leads", {})
    monkeypatch.setattr(recurring, "_kinds", {})


def short_way(payload):
    return recurring_event(payload, lambda guid: OBID)


def long_way(payload, topic="vscp/x"):
    """As ``Hearing`` does it; None for what is refused."""
    try:
        event = read_payload(payload, topic).event
        check(event, MAX_FD_DATA)
    except (Malformed, ValueError):
        return None
    remember_parts(payload, event)
    return complete(event, OBID, NOW, bytes(16))


@pytest.mark.parametrize("data", [b"", b"\0", b"\x88\x81\1\7", b"\x80\x85\0\1", b"\x98\1",
                                  b"\x88\x81\xff\7", b"\xa8\x4b\x80\0\0"])
@pytest.mark.parametrize("vscp_type", [6, 18, 28, 52, 45])
@pytest.mark.parametrize("timestamp", [1, 1234567, 999999999, 1000000000, 0xFFFFFFFF])
def test_what_a_daemon_writes_is_read_the_short_way_from_its_second_time_on(data, vscp_type,
                                                                            timestamp):
    event = EVENT._replace(vscp_type=vscp_type, data=data, timestamp=timestamp)
    first = EVENT._replace(vscp_type=vscp_type)
    assert short_way(writer()(first)) is None
    assert long_way(writer()(first)) == first._replace(obid=OBID)
    assert short_way(writer()(event)) == event._replace(obid=OBID)


@pytest.mark.parametrize("event", [
    EVENT._replace(vscp_class=1040, data=b"\1\0\0" + b"21.5"),
    EVENT._replace(vscp_class=522, data=bytes(16) + b"\x88\x81\1\7"),
    EVENT._replace(vscp_class=20, vscp_type=3, data=bytes(64))])
def test_so_are_events_of_all_levels(event):
    assert long_way(writer()(event)) == short_way(writer()(event)) == event._replace(obid=OBID)


@pytest.mark.parametrize("first, then", [
    (EVENT._replace(timestamp=0), EVENT._replace(timestamp=0)),
    (EVENT._replace(guid=bytes(16)), EVENT._replace(guid=bytes(16))),
    (EVENT._replace(datetime=0), EVENT._replace(datetime=0)),
    (EVENT._replace(head=0x0360), EVENT._replace(head=0x0360)),
    (EVENT._replace(vscp_class=0), EVENT._replace(vscp_class=0)),
    (EVENT, EVENT._replace(data=bytes(65))), (EVENT, EVENT._replace(timestamp=0x100000000)),
    (EVENT._replace(vscp_class=522, data=bytes(16)), EVENT._replace(vscp_class=522))])
def test_what_is_to_be_filled_in_or_refused_goes_the_long_way(first, then):
    long_way(writer()(first))
    assert short_way(writer()(then)) is None


@pytest.mark.parametrize("old, new", [
    (b'}}', b'},"vscpHead":1}'), (b'"note":""', b'"note":"x"'),
    (b'"note":""', b'"note":"","class":11'), (b'"note":""', b'"note":"","vscpDateTime":"0"'),
    (b'"zone":0', b'"zone":00'), (b'"subzone":0}}', b'"subzone":0}'), (b'{"head"', b' {"head"'),
    (b':1234567,', b':01234567,'), (b':1234567,', b':"1234567",'), (b':1234567,', b':,'),
    (b':1234567,', b':1234567,"timestamp":8,'), (b':1234567,', '\u0661,'.encode()),
    (b'[136,', b'[0136,'), (b'[136,', b'[136,,'), (b'[136,', b'[256,'), (b'[136,', b'[ 136,'),
    (b'[136,', b'["136",'), (b'}}', b'}}}'), (b'}}', b'}} '),
    (b'"class":10', b'"class":010'), (b'"head":96', b'"HEAD":96')])
def test_any_other_spelling_goes_the_long_way_and_nothing_of_it_is_remembered(old, new):
    payload = writer()(EVENT).replace(old, new)
    assert payload != TEXT
    long_way(payload)
    assert short_way(TEXT) is None
    long_way(TEXT)
    known = dict(recurring._leads), dict(recurring._kinds)
    assert short_way(payload) is None
    long_way(payload)
    assert short_way(TEXT) == EVENT._replace(obid=OBID)
    assert all(parts[text] == value for parts, before in zip(
        (recurring._leads, recurring._kinds), known) for text, value in before.items())


@pytest.mark.parametrize("value", [
    b"1" * 65500, b"0." + b"1" * 65500, b"1e+" + b"1" * 65500, b"-1." + b"1" * 40 + b"e+1000"])
def test_a_payload_that_is_too_long_is_so_for_both_ways(value):
    long_way(TEXT)
    payload = re.sub(rb'"value":[0-9.]+', b'"value":' + value, TEXT)
    assert payload != TEXT
    found = short_way(payload)
    assert found is None or found == long_way(payload)


def test_the_topic_says_nothing_of_what_is_remembered():
    payload = TEXT.replace(b'"class":10', b'"class":0').replace(
        b"FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:00:09", b"00:" * 15 + b"00")
    assert long_way(payload, "vscp/%s/10/6" % ("01:" * 15 + "01")) is not None
    assert recurring._kinds == {} and recurring._leads == {}


def test_a_time_that_stands_in_the_timestamp_is_remembered_of_no_lead():
    """Without a datetime, which is that of a clock that was never set, a long timestamp is one."""
    first, then = (writer()(EVENT._replace(datetime=0, timestamp=stamp))
                   for stamp in (5000000000, 7))
    assert long_way(first).datetime == 5000000
    assert long_way(then).datetime == NOW
    assert short_way(then) is None


def test_what_is_remembered_is_bounded():
    for number in range(5000):
        long_way(writer()(EVENT._replace(guid=GUID[:14] + number.to_bytes(2, "big"),
                                         datetime=MOMENT + number * 1000000)))
    assert len(recurring._kinds) <= 4096 and len(recurring._leads) <= 1024
    assert short_way(writer()(EVENT._replace(guid=GUID[:14] + (4999).to_bytes(2, "big"),
                                             datetime=MOMENT + 4999 * 1000000))) is not None


_EVENTS = st.builds(
    Event, st.integers(0, 0xFFFFF), st.integers(0, 1100), st.integers(0, 300), st.just(7),
    st.one_of(st.integers(0, 4102444800), st.integers(0, 1)).map(lambda second: second * 1000000),
    st.integers(0, 2 ** 33),
    st.binary(min_size=16, max_size=16), st.one_of(st.binary(max_size=12),
                                                   st.binary(max_size=520)))


@given(_EVENTS, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400),
                                   st.one_of(st.binary(max_size=4), st.sampled_from(
                                       [b"0", b"1", b",", b"]", b'"', b'"note":""', b"}"])))),
       st.binary(max_size=12), st.integers(0, 2 ** 33))
def test_both_ways_make_the_same_event_of_the_same_text(event, cuts, data, timestamp):
    payload = writer()(event)
    texts = [payload, writer()(event._replace(data=data, timestamp=timestamp)),
             payload.replace(b"1", b"999", 1)]
    for start, end, put in cuts:
        texts.append(payload[:start] + put + payload[end:])
        texts.append(payload[:start] + put + payload[start:])
    for text in texts + texts[::-1]:
        found = short_way(text)
        assert found is None or found == long_way(text)
        long_way(text)
