"""Topics of events and of daemons, and which filter passes which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.model.event import Event
from vscpws.model.guid import ZERO
from vscpws.mqtt.forms.topics import (
    Named,
    daemon_of,
    event_topic,
    fits,
    is_filter,
    is_name,
    named_by,
    own_topic,
    short_topic,
)

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060009")
TEXT = "FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:00:09"


def an_event(vscp_class, vscp_type, *data, guid=GUID):
    return Event(0x60, vscp_class, vscp_type, 1, 0, 0, guid, bytes(data))


@pytest.mark.parametrize("event, tail", [
    (an_event(20, 3, 0, 1, 2), "20/3/9"),
    (an_event(10, 6, 0x8A, 0x81, 1, 7), "10/6/9/2"),
    (an_event(15, 1, 0x63, 1), "15/1/9/3"),
    (an_event(60, 6, *bytes(8)), "60/6/9/0"),                    # no index in the data
    (an_event(70, 6, *bytes(4)), "70/6/9/0"),
    (an_event(65, 6, 1, 2, 3, 0x80, 0, 5), "65/6/9/1/2/3"),
    (an_event(85, 6, 1, 2, 3, 0x80, 0, 5), "85/6/9/1/2/3"),
    (an_event(1040, 6, 1, 2, 3, 0, 0x31), "1040/6/9/1/2/3"),
    (an_event(1060, 262, 7, 8, 9, 0, *bytes(8)), "1060/262/9/7/8/9"),
    (an_event(522, 6, *GUID, 0x8A, 0x81, 1, 7), "522/6/9/2"),    # 512 + 10 stays
    (an_event(577, 6, *GUID, 1, 2, 3, 0x80, 0, 5), "577/6/9/1/2/3"),
    (an_event(532, 3, *GUID, 0, 1, 2), "532/3/9"),
    (an_event(10, 6), "10/6/9/0"),                               # too short for what it should say
    (an_event(65, 6), "65/6/9/0"),
    (an_event(65, 6, 4), "65/6/9/4"),
    (an_event(65, 6, 4, 5), "65/6/9/4"),
    (an_event(65, 6, 4, 5, 6), "65/6/9/4/5/6"),
    (an_event(522, 6, *GUID), "522/6/9/0"),
    (an_event(0xFFFF, 0xFFFF, guid=ZERO), "65535/65535/0"),
])
def test_an_event_has_its_topic(event, tail):
    guid = TEXT if event.guid == GUID else ":".join(["00"] * 16)
    assert event_topic(event) == "vscp/%s/%s" % (guid, tail)
    assert short_topic(event) == "vscp/" + guid


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=32),
       st.binary(min_size=16, max_size=16))
def test_no_level_of_it_is_ever_empty_and_it_names_the_event(vscp_class, vscp_type, data, guid):
    topic = event_topic(an_event(vscp_class, vscp_type, *data, guid=guid))
    assert all(topic.split("/")) and is_filter(topic)
    assert fits(topic, "vscp/#") and fits(topic, "vscp/+/%d/%d/#" % (vscp_class, vscp_type))
    assert named_by(topic) == Named(guid, vscp_class, vscp_type)


@pytest.mark.parametrize("topic, named", [
    ("vscp/%s/30/5" % TEXT, Named(GUID, 30, 5)),
    ("vscp/%s/30/5/" % TEXT, Named(GUID, 30, 5)),                # an empty last level
    ("vscp/%s/0x1E/5/9/1" % TEXT.lower(), Named(GUID, 30, 5)),
    ("vscp/%s" % TEXT, Named(GUID)),
    ("vscp/%s/30" % TEXT, Named(GUID, 30)),
    ("vscp/%s/x/5" % TEXT, Named(GUID, None, 5)),
    ("vscp/%s/65536/5" % TEXT, Named(GUID, None, 5)),
    ("vscp", Named()), ("", Named()), ("vscp/house/30/5", Named()),
    ("vscpwsd/%s/30/5" % TEXT, Named()),                         # ours name no events
    ("vscp//30/5", Named(ZERO, 30, 5)),
])
def test_levels_2_to_4_say_what_the_event_is(topic, named):
    assert named_by(topic) == named


@given(st.text(max_size=60))
def test_any_topic_can_be_looked_at(topic):
    named_by(topic)
    daemon_of(topic)
    is_filter(topic)
    is_name(topic)


def test_a_daemons_topics_begin_with_its_name():
    assert own_topic("house", "send") == "vscpwsd/house/send"
    assert daemon_of("vscpwsd/house/state/FF/m_6_0") == ("house", "state/FF/m_6_0")
    assert daemon_of("vscpwsd/house/send") == ("house", "send")
    assert daemon_of("vscpwsd/house") is None and daemon_of("vscp/house/send") is None


@pytest.mark.parametrize("name", ["house", "a", "A-1_b.c", "x" * 63])
def test_a_name_is_one_plain_level(name):
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "a b", "caf\u00e9", ".a", "-a", "x" * 64,
                                  "a\n"])
def test_what_would_have_to_be_escaped_is_no_name(name):
    assert not is_name(name)


@pytest.mark.parametrize("topic, topic_filter, passes", [
    ("vscp/a/10/6/9/0", "vscp/+/10/6", False), ("vscp/a/10/6/9/0", "vscp/+/10/6/#", True),
    ("vscp/a/10/6", "vscp/+/10/6/#", True), ("vscp", "vscp/#", True), ("vscp2", "vscp/#", False),
    ("vscp/a", "#", True), ("$SYS/a", "#", False), ("$SYS/a", "+/a", False), ("a/b", "+/+", True),
    ("a/", "a/+", True), ("a", "a/+", False), ("a/b", "a", False), ("$SYS/a", "$SYS/#", True),
])
def test_filters_pass_as_mqtt_says(topic, topic_filter, passes):
    assert fits(topic, topic_filter) is passes


@pytest.mark.parametrize("text", ["a", "+", "#", "a/+/b/#", "+/+", "/", "x" * 65535, "a b"])
def test_what_a_broker_takes_is_a_filter(text):
    assert is_filter(text)


@pytest.mark.parametrize("text", ["", "a#", "a/b#", "a/#/b", "a+/b", "a\0", "a\nb", "x" * 65536])
def test_what_a_broker_would_refuse_is_no_filter(text):
    assert not is_filter(text)
