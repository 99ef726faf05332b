"""What is remembered of events' texts changes nothing of what they say."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vscpws.codec import ws1event
from vscpws.codec.request import DecodeFault
from vscpws.codec.ws1 import Ws1Codec
from vscpws.model.event import Event

CODEC = Ws1Codec()
GUID = "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:07"
LEADS = ["E;0,20,3,0,,,-", "E;0x60,20,0x03,7,,0,", "e;0,1040,3,,0,," + GUID, "E ; 0 , 20,3,0,, ,-:",
         "E;0,20,3,0,2026-01-02T03:04:05Z,,-", "E;0,20,3,0,,5,-", "E;,512,3,0,,,{-}"]
# Bytes in the form that is written, in others that are read, and what is none of both.
PIECES = [",0x01", ",0xFF", ",0xa0", ",0xA0", ",0Xa0", ",0xf", ",0x", ",1", ",255", ",256",
          ",0x100", ",0x001", ",", ",,", " ", "\0", "\t", "0", "01", ",0x 1", ",0x1 ", ", 0x01",
          ",0x0 1", ",0x01,0x", ",0x\uff11\uff12", ",0x-1", ",0x+1", ",0x1_1", ",0x0x", "x", ";",
          ",0x01 02"]


@pytest.fixture(autouse=True)
def nothing_remembered():
    ws1event._leads.clear()
    yield
    ws1event._leads.clear()


def said(text):
    """The event, or the fault's name, code and reason."""
    try:
        return CODEC.decode(text)
    except DecodeFault as fault:
        return fault.name, fault.error.code, str(fault)


def read_anew(text):
    ws1event._leads.clear()
    return said(text)


def remember(*leads):
    for lead in leads:
        CODEC.decode(lead + ",0x00" * 16)
        CODEC.decode(lead + ",0x00" * 16)


def is_looked_up(text):
    return ws1event.recurring_event(text) is not None


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(LEADS), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example(LEADS[0], ",0x0102,0x,0x03")           # as long as three bytes are, with their digits
@example(LEADS[0], ",0x01 ,0x 2")
@example(LEADS[0], ",0x01" * 512)
@example(LEADS[0], ",0x01" * 513)
def test_a_text_says_the_same_whether_its_lead_is_remembered_or_not(lead, data):
    text = lead + data
    expected = read_anew(text)
    remember(*LEADS)
    assert said(text) == expected
    assert said(text) == expected


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(LEADS), st.text(alphabet="0123456789abcdefxX, ;\0\t\u00a0", max_size=40))
def test_neither_does_it_for_any_other_characters(lead, data):
    text = lead + data
    expected = read_anew(text)
    remember(*LEADS)
    assert said(text) == expected


@given(st.binary(max_size=512))
@example(bytes(512))
def test_data_in_the_form_that_is_written_are_looked_up_and_not_read(data):
    remember(LEADS[0])
    for form in (",0x%02X", ",0x%02x"):
        text = LEADS[0] + "".join(form % byte for byte in data)
        assert ws1event.recurring_event(text) == Event(0, 20, 3, 0, 0, 0, bytes(16), data)


@pytest.mark.parametrize("end", ["\0", "\r\n", " ", ","])
def test_what_stands_behind_a_lead_is_no_part_of_it(end):
    for text in (LEADS[0], LEADS[0] + ",0x01"):
        assert said(text + end) == read_anew(text)
        assert not is_looked_up(text + end)
    remember(LEADS[0])
    assert said(LEADS[0] + end + ",0x01") == read_anew(LEADS[0] + end + ",0x01")


@pytest.mark.parametrize("lead", [LEADS[0], LEADS[2], LEADS[3]])
def test_a_lead_without_times_is_remembered(lead):
    remember(lead)
    assert is_looked_up(lead + ",0x12") and is_looked_up(lead)


@pytest.mark.parametrize("lead", [LEADS[4], LEADS[5], "E;0,20,3,0,,,-" + 300 * " "])
def test_one_with_a_time_or_a_long_one_is_not(lead):
    remember(lead)
    assert not ws1event._leads


@pytest.mark.parametrize("size, is_short", [(256, True), (257, False)])
def test_a_lead_of_256_characters_is_the_longest_that_is_remembered(size, is_short):
    lead = "E;%s,20,3,0,,,-" % "0".rjust(size - len("E;,20,3,0,,,-"))
    assert len(lead) == size
    remember(lead)
    assert is_looked_up(lead + ",0x12") is is_short


def test_nothing_is_remembered_of_what_is_refused():
    for data in (",0x100", ",0x01,x", ",0x01" * 513):
        said(LEADS[0] + data)
    said("E;0,20,3,0,,,wrong,0x01")
    assert not ws1event._leads


def test_a_stranger_is_not_served_from_the_memory_either():
    remember(LEADS[0])
    with pytest.raises(DecodeFault) as caught:
        CODEC.decode(LEADS[0] + ",0x01", stranger=True)
    assert caught.value.error.code == 5


def test_the_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(ws1event, "_LEADS", 10)
    for number in range(100):
        event = CODEC.decode("E;0,20,%d,0,,,-,0x01" % number)
        assert event.vscp_type == number
        assert len(ws1event._leads) <= 10
