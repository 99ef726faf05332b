"""The ws1 texts: what is read from a client and what is written to it."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import EVENTS
from vscpws.codec.request import Command, DecodeFault
from vscpws.codec.ws1 import Ws1Codec
from vscpws.model.errors import BadSyntax, NotAuthorized, UnknownType
from vscpws.model.event import Event
from vscpws.model.filter import PASS_ALL, Filter, Pattern
from vscpws.model.guid import ZERO
from vscpws.model.memory import Query, State

CODEC = Ws1Codec()
NODE = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020009")
NODE_TEXT = "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:09"
MOMENT = 1732440000_000000              # 2024-11-24T09:20:00Z
SID = "00112233445566778899AABBCCDDEEFF"


def fault(text):
    with pytest.raises(DecodeFault) as caught:
        CODEC.decode(text)
    return caught.value.name, caught.value.error.code


def event(text):
    message = CODEC.decode(text)
    assert isinstance(message, Event)
    return message


@pytest.mark.parametrize("text, command", [
    ("C;NOOP", Command("NOOP", "NOOP", [])),
    ("  C;NOOP\r\n", Command("NOOP", "NOOP", [])),
    ("c;noop", Command("NOOP", "NOOP", [])),
    ("C; NoOp ;", Command("NOOP", "NOOP", [])),
    ("C;AUTH;00;11", Command("AUTH", "AUTH", ["00", "11"])),
    ("C;AUTH;;11", Command("AUTH", "AUTH", ["", "11"])),
    ("C;SF;a;b", Command("SF", "SETFILTER", ["a", "b"])),
    ("C;setfilter;a;b", Command("SF", "SETFILTER", ["a", "b"])),
    ("C;CLRQ", Command("CLRQ", "CLRQUEUE", [])),
    ("C;CLRQUEUE", Command("CLRQ", "CLRQUEUE", [])),
    ("C;OPENXYZ", Command("OPENXYZ", "OPENXYZ", [])),
    ("C;VER", Command("VER", "VER", [])),
])
def test_a_command_has_its_reply_name_its_action_and_its_arguments(text, command):
    assert CODEC.decode(text) == command


@pytest.mark.parametrize("name", ["VER\u017fION", "NOOP\u0131", "\u017fF", "ver\u0131fy"])
def test_only_ascii_letters_are_folded(name):
    assert CODEC.decode("C;" + name).action == name


def test_an_event_may_have_512_bytes_and_a_comma_behind_them():
    text = "E;0,20,3,0,,1,-" + ",7" * 512
    assert event(text).data == event(text + ",").data == b"\7" * 512
    assert fault(text + ",7") == fault(text + ",,") == ("EVENT", 8)


@pytest.mark.parametrize("args, query", [
    ([], Query()), (["10"], Query(10)), (["", "6"], Query(None, 6)), (["10", ""], Query(10)),
    (["0xFFFF", "65535"], Query(65535, 65535)),
])
def test_states_are_asked_for_by_class_and_type(args, query):
    assert CODEC.state_query(args) == query


@pytest.mark.parametrize("args", [["65536"], ["", "65536"], ["x"], ["-1"], ["1", "2", "3"]])
def test_states_that_can_not_be_are_a_syntax_error(args):
    with pytest.raises(BadSyntax):
        CODEC.state_query(args)


def test_a_state_is_its_event_with_its_age():
    what = Event(0, 20, 3, 0, MOMENT, 1, NODE, b"\1")
    assert CODEC.state(State(what, 2.26, True)) == "S;2.3;1;" + CODEC.event(what)[2:]
    assert CODEC.states("STATE", 3, MOMENT) == "+;STATE;3"


def test_a_data_byte_is_told_its_range():
    with pytest.raises(DecodeFault, match="0-255"):
        event("E;0,20,3,0,,1,-,256")


def test_a_comma_before_no_guid_ends_no_event():
    assert event("E;0,20,3,0,,1,") == event("E;0,20,3,0,,1,-")


def test_no_more_than_16_arguments_are_split_off():
    args = CODEC.decode("C;X;" + ";".join(map(str, range(20)))).args
    assert args == [*map(str, range(15)), "15;16;17;18;19"]


def test_a_long_name_is_not_sent_back_whole():
    assert CODEC.decode("C;" + "x" * 60000).name == "X" * 64


@pytest.mark.parametrize("text, name, code", [
    ("", "", 1),
    ("  \r\n", "", 1),
    ("C", "", 1),
    ("C;", "", 1),
    ("C; ;x", "", 1),
    ("X", "", 9),
    (";", "", 1),
    (";NOOP", "", 9),
    ("NOOP", "", 9),
    ("COMMAND;NOOP", "", 9),
    ('{"type":"CMD","command":"NOOP"}', "", 9),
    ("E", "EVENT", 8),
    ("E;", "EVENT", 8),
])
def test_what_is_no_message_has_its_error_and_as_much_name_as_there_is(text, name, code):
    assert fault(text) == (name, code)


@pytest.mark.parametrize("text, expected", [
    ("E;0,20,3,0,2024-11-24T09:20:00Z,1,%s,1,2" % NODE_TEXT,
     Event(0, 20, 3, 0, MOMENT, 1, NODE, b"\1\2")),
    ("e; 0x60 , 0x14 ,3, 0 , 2024-11-24T09:20:00Z , 0x10 , %s , 0xff , 255 " % NODE_TEXT.lower(),
     Event(96, 20, 3, 0, MOMENT, 16, NODE, b"\xff\xff")),
    ("E;65535,65535,65535,4294967295,2024-11-24T09:20:00Z,4294967295,-",
     Event(65535, 65535, 65535, 4294967295, MOMENT, 4294967295, ZERO, b"")),
])
def test_an_event_is_read_with_decimal_and_hex_numbers(text, expected):
    assert event(text) == expected


@pytest.mark.parametrize("text, moment", [
    ("", 0), ("0", 0), (" ", 0),
    ("2024-11-24T09:20:00", MOMENT),
    ("2024-11-24T09:20:00Z", MOMENT),
    ("2024-11-24 09:20:00Z", MOMENT),
    ("2024-11-24T11:20:00+02:00", MOMENT),
    ("2024-11-24T04:20:00-0500", MOMENT),
    ("2024-11-24T09:20:00.25Z", MOMENT + 250000),
])
def test_a_datetime_may_be_missing_and_have_a_fraction_and_a_zone(text, moment):
    assert event("E;0,20,3,0,%s,1,-" % text).datetime == moment


@pytest.mark.parametrize("timestamp", ["", "0", "0x0"])
def test_a_missing_timestamp_is_left_to_fill_in(timestamp):
    assert event("E;0,20,3,0,,%s,-" % timestamp).timestamp == 0


@pytest.mark.parametrize("moment", ["", "0"])
def test_without_a_datetime_a_long_timestamp_is_nanoseconds_and_gives_both(moment):
    sent = event("E;0,20,3,0,%s,1732440000123456789,-" % moment)
    assert sent.datetime == 1732440000123456
    assert sent.timestamp == 1732440000123456 & 0xFFFFFFFF


def test_without_a_datetime_a_short_timestamp_stays_microseconds():
    sent = event("E;0,20,3,0,,4294967295,-")
    assert (sent.datetime, sent.timestamp) == (0, 4294967295)


@pytest.mark.parametrize("guid, expected", [
    ("", ZERO), ("-", ZERO), ("::01", b"\xff" * 15 + b"\1"), ("-:02:01", bytes(14) + b"\2\1"),
    (NODE_TEXT, NODE), ("{FFFFFFFF-FFFF-FFFE-B827-EB0A11020009}", NODE),
])
def test_a_guid_may_have_any_of_its_forms(guid, expected):
    assert event("E;0,20,3,0,,1,%s,7" % guid).guid == expected


GOOD = ["0", "20", "3", "0", "2024-11-24T09:20:00Z", "1", NODE_TEXT, "1"]


@pytest.mark.parametrize("place, text", [
    (0, "65536"), (0, "-1"), (0, "x"), (0, "1.0"), (0, "1e3"), (0, "+1"), (0, "0x"),
    (0, "\u0661"), (0, "1_0"), (0, "9" * 5000), (0, "0x" + "F" * 5000), (0, "true"), (0, "NaN"),
    (1, ""), (1, "65536"), (1, "-1"), (2, ""), (2, "65536"), (2, "Infinity"),
    (3, "4294967296"), (3, "-1"),
    (4, "now"), (4, "2024-13-01T00:00:00Z"), (4, "2024-11-24"), (4, "1969-12-31T23:59:59Z"),
    (4, "2024-11-24T09:20:00+99:00"), (4, "0000-01-01T00:00:00Z"), (4, "1"),
    (5, "4294967296"), (5, "-1"), (5, "18446744073709551616"), (5, "soon"),
    (6, "01"), (6, NODE_TEXT + ":01"), (6, "GG" + NODE_TEXT[2:]), (6, "x" * 5000),
    (7, ","), (7, "1,,2"), (7, "1,,"), (7, " ,1"), (7, "256"),
    (7, "-1"), (7, "0x100"), (7, "FF"), (7, "1;2"),
])
def test_a_field_that_is_wrong_makes_it_a_parse_error(place, text):
    fields = list(GOOD)
    assert event("E;" + ",".join(fields))
    fields[place] = text
    assert fault("E;" + ",".join(fields)) == ("EVENT", 8)


@pytest.mark.parametrize("place", [0, 3])
@pytest.mark.parametrize("nothing", ["", " "])
def test_an_empty_head_or_obid_is_zero(place, nothing):
    fields = list(GOOD)
    fields[place] = nothing
    assert event("E;" + ",".join(fields)) == Event(0, 20, 3, 0, MOMENT, 1, NODE, b"\1")


@pytest.mark.parametrize("data", [[], ["1"], ["0"] * 512])
@pytest.mark.parametrize("end", [",", ", ", ",\0", ",\0\0 \r\n"])
def test_a_comma_at_the_end_starts_no_data(data, end):
    text = "E;" + ",".join(GOOD[:7] + data) + end
    assert event(text).data == bytes(map(int, data))


@pytest.mark.parametrize("count", [513, 514, 30000])
def test_more_data_than_any_event_has_is_a_parse_error_and_is_not_read(count, monkeypatch):
    read = []
    monkeypatch.setattr("vscpws.codec.ws1event.parse_number",
                        lambda text, limit: read.append(text) or 0)
    assert fault("E;" + ",".join(GOOD[:7] + ["0"] * count)) == ("EVENT", 8)
    assert not read


@pytest.mark.parametrize("end", ["\0", "\0\0\0", "\0\r\n", " \0 \0"])
@pytest.mark.parametrize("text", ["C;NOOP", "C;SF;0;0", "C;whatever", "E;" + ",".join(GOOD)])
def test_nuls_at_the_end_are_no_part_of_a_message(text, end):
    assert CODEC.decode(text + end) == CODEC.decode(text)


@pytest.mark.parametrize("text, name", [
    ("C;WHAT\0", "WHAT"), ("C;WHAT\0;1", "WHAT"), ("C;WHAT\0\0 ;", "WHAT"),
    ("C;NOOP\0X", "NOOP X"), ("C;" + "X" * 60 + "\0" * 60000, "X" * 60),
])
def test_no_name_that_is_sent_back_has_a_nul(text, name):
    command = CODEC.decode(text)
    assert (command.name, command.action) == (name, name)


def test_only_nuls_are_an_empty_message():
    assert fault("\0\0") == ("", 1)


@pytest.mark.parametrize("text", ["E;", "E;0,20,3", "e;" + ",".join(GOOD), "E;" + ",9" * 30000])
def test_an_event_of_a_stranger_is_refused_unread(text):
    with pytest.raises(DecodeFault) as caught:
        CODEC.decode(text, stranger=True)
    assert (caught.value.name, caught.value.error.code) == ("EVENT", 5)


def test_a_strangers_command_is_read_as_any_other():
    for text in ("C;NOOP", "C;AUTH;00;11", "C;AUTH;00;11;;", "C;SF;a;b", "C;x"):
        assert CODEC.decode(text, stranger=True) == CODEC.decode(text)
    assert CODEC.decode("C;NOOP" + ";x" * 30000, stranger=True).name == "NOOP"


def test_arguments_without_end_are_not_taken_apart():
    assert len(CODEC.decode("C;AUTH" + ";x" * 30000).args) < 20


@pytest.mark.parametrize("count", range(7))
def test_too_few_fields_are_a_parse_error(count):
    assert fault("E;" + ",".join(GOOD[:count])) == ("EVENT", 8)


@settings(deadline=None)
@given(EVENTS)
def test_an_event_comes_back_as_it_was_sent(sent):
    assert event(CODEC.event(sent)) == sent


@settings(deadline=None, max_examples=300)
@given(st.one_of(
    st.text(),
    st.text(alphabet="CE;,0x1F:-. \u0661\u00b2NaT", max_size=80),
    st.lists(st.sampled_from(GOOD + ["", "-1", "0x", "9" * 5000, "::", "{}", "\x00", "-:"]),
             max_size=12).map(lambda fields: "E;" + ",".join(fields))))
def test_any_text_is_a_message_or_a_fault(text):
    try:
        assert isinstance(CODEC.decode(text), (Command, Event))
    except DecodeFault as caught:
        assert caught.error.code in (1, 8, 9)


@pytest.mark.parametrize("sent, text", [
    (Event(96, 10, 6, 2, MOMENT + 999999, 4294967295, NODE, bytes([0, 10, 255])),
     "E;96,10,6,2,2024-11-24T09:20:00Z,4294967295," + NODE_TEXT + ",0x00,0x0A,0xFF"),
    (Event(0, 1024, 300, 0, 0, 0, ZERO, b""),
     "E;0,1024,300,0,1970-01-01T00:00:00Z,0," + ":".join(["00"] * 16)),
])
def test_an_event_is_written_in_one_form(sent, text):
    assert CODEC.event(sent) == text


def test_a_filter_is_read_from_both_parts():
    wanted = CODEC.filter_args(["1, 0x14,3,::01", "0x7,65535,0,-"])
    assert wanted == Filter(Pattern(1, 20, 3, b"\xff" * 15 + b"\1"), Pattern(7, 65535))


def test_missing_trailing_parts_of_a_pattern_are_zero():
    assert CODEC.filter_args(["0", "0"]) == PASS_ALL


@pytest.mark.parametrize("args", [
    [], ["0"], ["0", ""], ["", "0"], ["0", "0", "0"], ["8", "0"], ["0,65536", "0"], ["0", "x"],
    ["0,0,0,nonsense", "0"], ["0,0,0,-,0", "0"], ["9" * 5000, "0"],
])
def test_a_filter_that_is_wrong_is_a_syntax_error(args):
    with pytest.raises(BadSyntax):
        CODEC.filter_args(args)


def test_auth_has_exactly_two_arguments():
    assert CODEC.auth_args(["a", "b"]) == ("a", "b")
    for args in ([], ["a"], ["a", "b", "c"]):
        with pytest.raises(BadSyntax):
            CODEC.auth_args(args)


@pytest.mark.parametrize("reply, text", [
    (CODEC.greeting(SID), "+;AUTH0;" + SID),
    (CODEC.challenge("CHALLENGE", SID), "+;AUTH0;" + SID),
    (CODEC.positive("NOOP"), "+;NOOP"),
    (CODEC.version("VERSION"), "+;VERSION;1.0.0.0"),
    (CODEC.event_accepted(), "+;EVENT"),
    (CODEC.negative("OTHER", NotAuthorized("not for the client")), "-;OTHER;5;Not authorized."),
    (CODEC.negative("", UnknownType()),
     '-;;9;Unknown type, only know "COMMAND" and "EVENT".'),
])
def test_replies(reply, text):
    assert reply == text


def test_the_copyright_is_one_field():
    head, name, text = CODEC.copyright("COPYRIGHT").split(";")
    assert (head, name) == ("+", "COPYRIGHT") and "Copyright" in text


def user(**changes):
    values = dict(userid=3, fullname="Ann Example", rights=0x10002, remotes="+10.0.0.0/8,-10.1.0.9",
                  rules="20:*,TX:30:5:2", note="caf\u00e9",
                  filter=Filter(Pattern(1, 20, 3, NODE), Pattern(7, 0xFFFF)))
    values.update(changes)
    return SimpleNamespace(**values)


def test_auth1_tells_the_user_but_no_password():
    assert CODEC.authenticated("AUTH", user()) == (
        "+;AUTH1;3;;Ann Example;1,0x0014,0x0003," + NODE_TEXT + ";7,0xFFFF,0x0000,"
        + ":".join(["00"] * 16) + ";65538;+10.0.0.0/8,-10.1.0.9;20:*,TX:30:5:2;Y2Fmw6k=")


def test_auth1_always_has_ten_fields_after_the_sign():
    reply = CODEC.authenticated("AUTH", user(fullname="a;b\nc", note="x;y;z"))
    assert len(reply.split(";")) == 11
    assert reply.split(";")[4] == "a,b c"
