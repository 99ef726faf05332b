"""The ws2 objects: what is read from a client and what is written to it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vscpws.codec.ws2
from strategies import EVENTS
from vscpws.codec.request import Command, DecodeFault
from vscpws.codec.ws2 import Ws2Codec
from vscpws.model.errors import BadSyntax, NotAuthorized, UnknownType
from vscpws.model.event import Event
from vscpws.model.filter import Filter, Pattern
from vscpws.model.guid import ZERO
from vscpws.model.memory import Answer, Points, Query, Sensor, State

CODEC = Ws2Codec()
SHORT = Ws2Codec("short")
NODE = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020009")
NODE_TEXT = "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:09"
MOMENT = 1732440000_000000              # 2024-11-24T09:20:00Z
SID = "00112233445566778899AABBCCDDEEFF"


def fault(text):
    with pytest.raises(DecodeFault) as caught:
        CODEC.decode(text)
    return caught.value.name, caught.value.error.code


def event(raw=None, **fields):
    """The event read from ``fields`` over a class and a type, or from the JSON text ``raw``."""
    raw = raw or json.dumps(dict({"vscpClass": 20, "vscpType": 3}, **fields))
    message = CODEC.decode('{"type":"EVENT","event":%s}' % raw)
    assert isinstance(message, Event)
    return message


def event_fault(raw=None, **fields):
    raw = raw or json.dumps(dict({"vscpClass": 20, "vscpType": 3}, **fields))
    return fault('{"type":"EVENT","event":%s}' % raw)


@pytest.mark.parametrize("kind", ["C", "CMD", "COMMAND", "cmd", "Command", " CMD "])
def test_each_word_for_a_command_is_known(kind):
    assert CODEC.decode(json.dumps({"type": kind, "command": "NOOP"})) == Command(
        "NOOP", "NOOP", None)


@pytest.mark.parametrize("kind", ["E", "EVENT", "event", "Event"])
def test_each_word_for_an_event_is_known(kind):
    text = json.dumps({"type": kind, "event": {"class": 20, "type": 3}})
    assert CODEC.decode(text).vscp_class == 20


@pytest.mark.parametrize("received, name, action", [
    ("noop", "NOOP", "NOOP"),
    ("SF", "SF", "SETFILTER"),
    ("SetFilter", "SETFILTER", "SETFILTER"),
    ("CLRQ", "CLRQ", "CLRQUEUE"),
    ("clrqueue", "CLRQUEUE", "CLRQUEUE"),
    ("VER", "VER", "VERSION"),
    ("VERSION", "VERSION", "VERSION"),
    ("openxyz", "OPENXYZ", "OPENXYZ"),
    ("\u017ff", "\u017ff", "\u017ff"),
])
def test_a_reply_carries_the_received_name_in_capitals(received, name, action):
    assert CODEC.decode(json.dumps({"type": "CMD", "command": received}))[:2] == (name, action)


@pytest.mark.parametrize("args", [None, {}, {"iv": 1}, [1]])
def test_arguments_are_handed_on_as_they_are(args):
    assert CODEC.decode(json.dumps({"type": "C", "command": "X", "args": args})).args == args


def test_unknown_keys_are_ignored():
    assert CODEC.decode('{"id":7,"type":"C","x":{"y":[]},"command":"NOOP"}').name == "NOOP"


def test_of_equal_keys_the_last_one_counts():
    assert CODEC.decode('{"type":"E","type":"C","command":"A","command":"B"}').name == "B"


@pytest.mark.parametrize("text, name, code", [
    ("", "", 8),
    ("C;NOOP", "", 8),
    ("{", "", 8),
    ('{"type":"CMD","command":"NOOP"} x', "", 8),
    ("\ufeff{}", "", 8),
    ('{"type":NaN}', "", 8),
    ('{"type":"CMD","command":"NOOP","x":-Infinity}', "", 8),
    ("[" * 60000, "", 8),
    ('{"a":' * 10000 + "1" + "}" * 10000, "", 8),
    ("{}", "", 9),
    ("[]", "", 9),
    ('"CMD"', "", 9),
    ("null", "", 9),
    ("9" * 5000, "", 9),
    ('{"command":"NOOP"}', "", 9),
    ('{"type":null,"command":"NOOP"}', "", 9),
    ('{"type":1,"command":"NOOP"}', "", 9),
    ('{"type":["CMD"],"command":"NOOP"}', "", 9),
    ('{"type":"+","command":"NOOP"}', "", 9),
    ('{"type":"CMD"}', "", 1),
    ('{"type":"CMD","command":""}', "", 1),
    ('{"type":"CMD","command":7}', "", 1),
    ('{"type":"CMD","command":null}', "", 1),
    ('{"type":"EVENT"}', "EVENT", 8),
    ('{"type":"EVENT","event":null}', "EVENT", 8),
    ('{"type":"EVENT","event":[]}', "EVENT", 8),
    ('{"type":"EVENT","event":{}}', "EVENT", 8),
])
def test_what_is_no_message_has_its_error_and_as_much_name_as_there_is(text, name, code):
    assert fault(text) == (name, code)


def test_a_huge_number_under_an_unknown_key_does_no_harm():
    assert CODEC.decode('{"type":"C","command":"NOOP","x":%s}' % ("9" * 50000)).name == "NOOP"


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
              st.sampled_from(["CMD", "EVENT", "NOOP", "0x10", "1", NODE_TEXT, 2 ** 80])),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(
        st.sampled_from(["type", "command", "args", "event", "vscpClass", "vscpType", "vscpData",
                         "vscpGuid", "vscpHead", "datetime", "timestamp_ns", "timestamp"]),
        inner, max_size=6)), max_leaves=12)

WHOLE = Event(96, 20, 3, 7, MOMENT, 16, NODE, b"\1\xff")


@pytest.mark.parametrize("fields", [
    {"vscpHead": 96, "vscpObId": 7, "vscpDateTime": "2024-11-24T09:20:00Z", "vscpTimeStamp": 16,
     "vscpClass": 20, "vscpType": 3, "vscpGuid": NODE_TEXT, "vscpData": [1, 255], "vscpNote": "n"},
    {"head": 96, "obid": 7, "datetime": "2024-11-24T09:20:00Z", "timestamp": 16,
     "class": 20, "type": 3, "guid": NODE_TEXT.lower(), "data": [1, 255], "note": ""},
    {"head": "0x60", "obid": "7", "dateTime": "2024-11-24T10:20:00+01:00", "timestamp": "0x10",
     "class": "20", "type": "0x3", "guid": NODE_TEXT, "data": ["1", "0xff"], "note": 3},
    {"head": 96.0, "obid": 7.0, "dateTime": "2024-11-24T09:20:00", "timestamp": 1.6e1,
     "class": 2e1, "type": 3.0, "guid": NODE_TEXT, "data": [1.0, 255]},
])
def test_an_event_is_read_under_each_spelling_and_form_of_number(fields):
    assert event(json.dumps(fields)) == WHOLE


def test_the_vscp_spelling_counts_where_both_are_there():
    assert event('{"class":1,"vscpClass":20,"vscpType":3,"type":4}')[1:3] == (20, 3)


@pytest.mark.parametrize("nothing", [
    {}, {"vscpHead": None, "vscpObId": None, "vscpDateTime": None, "vscpTimeStamp": None,
         "vscpGuid": None, "vscpData": None, "vscpNote": None},
    {"vscpHead": "", "vscpObId": "", "vscpDateTime": "", "vscpTimeStamp": "", "vscpGuid": "",
     "vscpData": []},
    {"vscpHead": 0, "vscpDateTime": "0", "vscpTimeStamp": 0, "vscpGuid": "-"},
    {"vscpDateTime": 0, "vscpTimeStamp": "0", "timestamp_ns": 0},
])
def test_only_class_and_type_are_required(nothing):
    assert event(**nothing) == Event(0, 20, 3, 0, 0, 0, ZERO, b"")


NANOSECONDS = 1732440000123456789
MICROSECONDS = 1732440000123456


@pytest.mark.parametrize("fields, moment, timestamp", [
    ({"timestamp_ns": NANOSECONDS}, MICROSECONDS, MICROSECONDS & 0xFFFFFFFF),
    ({"vscpTimeStamp": NANOSECONDS}, MICROSECONDS, MICROSECONDS & 0xFFFFFFFF),
    ({"timestamp_ns": NANOSECONDS, "timestamp": 5}, MICROSECONDS, 5),
    ({"timestamp_ns": NANOSECONDS, "datetime": "2024-11-24T09:20:00Z"},
     MOMENT, MICROSECONDS & 0xFFFFFFFF),
    ({"timestamp": 4294967295}, 0, 4294967295),
])
def test_nanoseconds_give_what_is_not_given_by_itself(fields, moment, timestamp):
    sent = event(**fields)
    assert (sent.datetime, sent.timestamp) == (moment, timestamp)


@pytest.mark.parametrize("key, value", [
    ("vscpHead", 65536), ("vscpHead", -1), ("vscpHead", True), ("vscpHead", 1.5),
    ("vscpHead", "x"), ("vscpHead", [1]), ("vscpHead", {}), ("vscpHead", "\u0661"),
    ("vscpHead", "9" * 5000),
    ("vscpClass", None), ("vscpClass", ""), ("vscpClass", 65536), ("vscpClass", False),
    ("vscpType", None), ("vscpType", -1), ("vscpType", 65536),
    ("vscpType", 1e300), ("vscpType", 9007199254740994.0),
    ("vscpObId", 4294967296), ("vscpObId", -1),
    ("vscpDateTime", "yesterday"), ("vscpDateTime", 1732440000), ("vscpDateTime", False),
    ("vscpDateTime", ["2024-11-24T09:20:00Z"]),
    ("vscpTimeStamp", -1), ("vscpTimeStamp", 2 ** 64), ("timestamp_ns", 2 ** 64),
    ("timestamp_ns", "x"), ("timestamp_ns", 1.732440000123456e18),
    ("vscpGuid", "01"), ("vscpGuid", 1), ("vscpGuid", []), ("vscpGuid", "\ud800"),
    ("vscpData", "1,2"), ("vscpData", {}), ("vscpData", 1), ("vscpData", [256]),
    ("vscpData", [-1]), ("vscpData", [None]), ("vscpData", [True]), ("vscpData", [[1]]),
    ("vscpData", ["FF"]), ("vscpData", [1.5]),
])
def test_a_value_that_is_wrong_makes_it_a_parse_error(key, value):
    assert event()
    assert event_fault(**{key: value}) == ("EVENT", 8)


def test_a_long_timestamp_beside_a_datetime_is_a_parse_error():
    assert event_fault(vscpDateTime="2024-11-24T09:20:00Z", vscpTimeStamp=2 ** 32) == ("EVENT", 8)


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 5000, "1e400", "-1e400"])
def test_a_number_beyond_all_bounds_is_a_parse_error_of_the_event(number):
    assert event_fault('{"vscpClass":%s,"vscpType":3}' % number) == ("EVENT", 8)


def test_a_data_byte_is_told_its_range():
    with pytest.raises(DecodeFault, match="0-255"):
        event(vscpData=[256])


def test_an_event_may_have_512_bytes():
    assert event(vscpData=[7] * 512).data == b"\7" * 512


@pytest.mark.parametrize("nanoseconds", [2 ** 53, float(2 ** 53), str(2 ** 53)])
def test_a_float_counts_as_long_as_it_is_a_certain_integer(nanoseconds):
    assert event(timestamp_ns=nanoseconds).datetime == 2 ** 53 // 1000
    assert event_fault(timestamp_ns=float(2 ** 53 + 2)) == ("EVENT", 8)


def test_a_number_of_more_than_24_digits_is_not_converted():
    text = '{"type":"CMD","command":"X","args":%s}'
    assert CODEC.decode(text % ("9" * 24)).args == 10 ** 24 - 1
    assert CODEC.decode(text % ("9" * 25)).args == -1


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_python_alone_takes_for_a_number_is_no_json(number):
    assert fault('{"type":"CMD","command":"X","args":%s}' % number) == ("", 8)


@pytest.mark.parametrize("count", [513, 20000])
def test_more_data_than_any_event_has_is_a_parse_error_and_is_not_read(count, monkeypatch):
    read = []
    number = vscpws.codec.ws2.number
    monkeypatch.setattr("vscpws.codec.ws2.number",
                        lambda value, limit: read.append(value) or number(value, limit))
    assert event_fault(vscpData=[7] * count) == ("EVENT", 8)
    assert 7 not in read


@pytest.mark.parametrize("end", ["\0", "\0\0\0", "\0\r\n", " \0 \0"])
@pytest.mark.parametrize("text", [
    '{"type":"CMD","command":"NOOP"}', '{"type":"EVENT","event":{"class":20,"type":3}}'])
def test_nuls_at_the_end_are_no_part_of_a_message(text, end):
    assert CODEC.decode(text + end) == CODEC.decode(text)


@pytest.mark.parametrize("received, name", [
    ("noop\0", "NOOP"), ("what\0\0 ", "WHAT"), ("NOOP\0X", "NOOP X")])
def test_no_name_that_is_sent_back_has_a_nul(received, name):
    command = CODEC.decode(json.dumps({"type": "CMD\0", "command": received}))
    assert (command.name, command.action) == (name, name)


@pytest.mark.parametrize("guid, expected", [
    ("0:1:2:3:4:5:6:7:8:9:a:b:c:d:e:f", bytes(range(16))), ("::1", b"\xff" * 15 + b"\1"),
    ("{-:2:1}", bytes(14) + b"\2\1"), ("{}", ZERO),
])
def test_events_and_filters_read_every_form_of_a_guid(guid, expected):
    assert event(vscpGuid=guid).guid == expected
    assert CODEC.filter_args({"filter_guid": guid, "mask_guid": guid}) == Filter(
        Pattern(guid=expected), Pattern(guid=expected))


def stranger_fault(text):
    with pytest.raises(DecodeFault) as caught:
        CODEC.decode(text, stranger=True)
    return caught.value.name, caught.value.error.code


LONG_LIST = "[0%s]" % (",0" * 30000)


@pytest.mark.parametrize("text, name, code", [
    ('{"type":"EVENT","event":{}}', "EVENT", 5),
    ('{"type":"E"}', "EVENT", 5),
    ('{"type":"EVENT","event":{"vscpData":%s}}' % LONG_LIST, "EVENT", 5),
    (' { "type" : "event", "event":{"vscpData":%s}}' % LONG_LIST, "EVENT", 5),
    ('{"type":"CMD","command":"sf","args":%s}' % LONG_LIST, "SF", 5),
    ('{"type":"CMD","command":"NOOP","args":%s}' % LONG_LIST, "NOOP", 5),
    ('{"args":%s,"type":"CMD","command":"NOOP"}' % LONG_LIST, "", 5),
    ('{"type":"CMD","command":"NOOP","args":' + "[" * 60000, "NOOP", 5),
    ('{"type":"CMD","command":"NOOP","args":' + "9" * 60000, "NOOP", 5),
    ('{"a":' * 10000 + "1" + "}" * 10000, "", 5),
    ("{" + " " * 60000 + "x", "", 5),
    ("[" * 60000, "", 8), ("9" * 60000, "", 8), ("x" * 60000, "", 8),
    ("[" * 1000, "", 8), ("{}", "", 9), ('{"type":"CMD"}', "", 1),
])
def test_what_a_stranger_may_not_say_is_refused_by_a_look(text, name, code, monkeypatch):
    monkeypatch.setattr("vscpws.codec.ws2._event", None)        # nothing of it is read
    assert stranger_fault(text) == (name, code)


def test_a_strangers_long_message_is_no_json_to_us(monkeypatch):
    monkeypatch.setattr("vscpws.codec.ws2._parse", None)
    assert stranger_fault('{"type":"EVENT","event":%s}' % LONG_LIST) == ("EVENT", 5)


def test_a_stranger_s_message_of_1024_characters_is_read_and_no_longer_one():
    text = '{"type":"CMD","command":"NOOP"%s}'
    blanks = 1024 - len(text % "")
    assert CODEC.decode(text % (" " * blanks), stranger=True).name == "NOOP"
    assert stranger_fault(text % (" " * (blanks + 1))) == ("NOOP", 5)


def test_the_name_of_a_long_one_is_seen_in_its_first_256_characters():
    text = '{"type":"CMD",%s"command":"NOOP"%s}'
    blanks = 256 - len(text % ("", "")) + 1
    assert stranger_fault(text % (" " * blanks, " " * 1024)) == ("NOOP", 5)
    assert stranger_fault(text % (" " * (blanks + 1), " " * 1024)) == ("", 5)


def test_the_longest_auth_is_short_enough_for_a_stranger():
    text = json.dumps({"type": "COMMAND", "command": "AUTH",
                       "args": {"iv": "F" * 32, "crypto": "F" * 512}}, indent=8)
    assert CODEC.decode(text + "\0", stranger=True).args["crypto"] == "F" * 512


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.text(), JSON.map(json.dumps)), st.sampled_from(["", " " * 3000 + "x"]))
def test_any_text_of_a_stranger_is_a_command_or_a_fault(text, more):
    try:
        assert isinstance(CODEC.decode(text + more, stranger=True), Command)
    except DecodeFault as caught:
        assert caught.error.code in (1, 5, 8, 9)


@pytest.mark.parametrize("text", [
    '{"type":"CMD","command":"\\ud800"}', '{"type":"CMD","command":"\\udfff\\ud800x"}'])
def test_half_a_character_in_a_name_can_be_sent_back(text):
    name = CODEC.decode(text).name
    assert json.loads(CODEC.negative(name, NotAuthorized()).encode("utf-8"))["command"] == name


@settings(deadline=None)
@given(EVENTS, st.sampled_from([CODEC, SHORT]))
def test_an_event_comes_back_as_it_was_sent(sent, codec):
    assert CODEC.decode(codec.event(sent)) == sent


@settings(deadline=None)
@given(EVENTS)
def test_an_event_is_written_as_json_writes_it(sent):
    for codec in (CODEC, SHORT):
        text = codec.event(sent)
        assert json.dumps(json.loads(text), separators=(",", ":")) == text


@settings(deadline=None, max_examples=300)
@given(st.one_of(
    st.text(),
    JSON.map(json.dumps),
    st.fixed_dictionaries({"type": st.just("EVENT"), "event": JSON}).map(json.dumps),
    st.fixed_dictionaries({"type": st.just("CMD"), "command": JSON, "args": JSON}).map(json.dumps)))
def test_any_text_is_a_message_or_a_fault(text):
    try:
        message = CODEC.decode(text)
    except DecodeFault as caught:
        assert caught.error.code in (1, 8, 9)
        return
    assert isinstance(message, (Command, Event))
    if isinstance(message, Command):
        for reader in (CODEC.filter_args, CODEC.auth_args):
            try:
                reader(message.args)
            except BadSyntax:
                pass
        json.loads(CODEC.positive(message.name).encode("utf-8").decode("utf-8"))


@pytest.mark.parametrize("args, expected", [
    ({"filter_priority": 1, "filter_class": 20, "filter_type": "0x3", "filter_guid": NODE_TEXT,
      "mask_priority": 7, "mask_class": "65535", "mask_type": 255.0, "mask_guid": "-"},
     Filter(Pattern(1, 20, 3, NODE), Pattern(7, 65535, 255))),
    ({"filter_class": 20, "mask_class": 65535}, Filter(Pattern(0, 20), Pattern(0, 65535))),
    ({"mask_class": None, "filter_guid": None, "other": 1}, Filter()),
    ({"mask_guid": "::01"}, Filter(Pattern(), Pattern(guid=b"\xff" * 15 + b"\1"))),
])
def test_missing_parts_of_a_filter_are_zero(args, expected):
    assert CODEC.filter_args(args) == expected


@pytest.mark.parametrize("args", [
    None, {}, [], "0,0,0,-", {"maskclass": 1}, {"mask_class": 65536}, {"mask_class": -1},
    {"mask_priority": 8}, {"filter_priority": 8}, {"mask_type": 65536},
    {"filter_type": "x"}, {"filter_guid": 1}, {"filter_guid": "01"},
    {"mask_class": True}, {"mask_class": [1]}, {"mask_class": 1.5},
])
def test_a_filter_that_is_wrong_is_a_syntax_error(args):
    with pytest.raises(BadSyntax):
        CODEC.filter_args(args)


def test_auth_needs_both_arguments_as_texts():
    assert CODEC.auth_args({"iv": "a", "crypto": "b"}) == ("a", "b")
    for args in (None, {}, ["a", "b"], {"iv": "a"}, {"crypto": "b"}, {"iv": 1, "crypto": "b"},
                 {"iv": "a", "crypto": None}):
        with pytest.raises(BadSyntax):
            CODEC.auth_args(args)


@pytest.mark.parametrize("reply, text", [
    (CODEC.greeting(SID), '{"type":"+","args":["AUTH0","%s"]}' % SID),
    (CODEC.challenge("CHALLENGE", SID),
     '{"type":"+","command":"CHALLENGE","args":{"sid":"%s"}}' % SID),
    (CODEC.positive("NOOP"), '{"type":"+","command":"NOOP","args":null}'),
    (CODEC.authenticated("AUTH", None), '{"type":"+","command":"AUTH","args":null}'),
    (CODEC.version("VER"), '{"type":"+","command":"VER","args":{"version":"1.0.0-0"}}'),
    (CODEC.event_accepted(), '{"type":"+","command":"EVENT","args":null}'),
    (CODEC.negative("A\"B", NotAuthorized("not for the client")),
     '{"type":"-","command":"A\\"B","errcode":5,"errstr":"Not authorized."}'),
    (CODEC.negative("", UnknownType()),
     '{"type":"-","command":"","errcode":9,'
     '"errstr":"Unknown type, only know \\"COMMAND\\" and \\"EVENT\\"."}'),
])
def test_replies(reply, text):
    assert reply == text


def test_the_copyright_is_an_argument():
    reply = json.loads(CODEC.copyright("COPYRIGHT"))
    assert reply["type"] == "+" and reply["command"] == "COPYRIGHT"
    assert "Copyright" in reply["args"]["copyright"]


def test_an_event_is_written_in_one_form():
    assert CODEC.event(WHOLE) == (
        '{"type":"EVENT","event":{"vscpHead":96,"vscpObId":7,'
        '"vscpDateTime":"2024-11-24T09:20:00Z","vscpTimeStamp":16,"vscpClass":20,"vscpType":3,'
        '"vscpGuid":"%s","vscpData":[1,255],"vscpNote":""}}' % NODE_TEXT)


def test_short_keys_can_be_had():
    assert SHORT.event(WHOLE) == (
        '{"type":"EVENT","event":{"head":96,"obid":7,"datetime":"2024-11-24T09:20:00Z",'
        '"timestamp":16,"class":20,"type":3,"guid":"%s","data":[1,255],"note":""}}' % NODE_TEXT)


# ---- the memory and the names: ``ws2memory`` has their details ----------------------------------


def test_states_are_asked_for_and_given_with_the_events_of_this_codec():
    assert CODEC.state_query({"class": 10}) == Query(10)
    assert CODEC.states("STATE", 3, MOMENT) == (
        '{"type":"+","command":"STATE","args":{"count":3,"time":"2024-11-24T09:20:00Z"}}')
    what = Event(0, 20, 3, 0, MOMENT, 0, NODE, b"\1")
    for codec in (CODEC, SHORT):
        assert json.loads(codec.state(State(what, 1.0, False))) == dict(
            json.loads(codec.event(what)), type="STATE", age=1.0, restored=False)


def test_a_history_is_asked_for_and_given():
    query = CODEC.history_query({"guid": NODE_TEXT, "class": 10, "type": 6, "hours": 2})
    assert (query.sensor, query.hours) == (Sensor(NODE, 10, 6), 2.0)
    text = CODEC.history("HISTORY", Answer(1732440000, 60, "C", Points([1.0], [None], [2.5])))
    reply = json.loads(text)
    assert (reply["type"], reply["command"]) == ("+", "HISTORY")


def test_histories_of_several_sensors_are_asked_for_and_given():
    sensors = [{"guid": NODE_TEXT, "class": 10, "type": number} for number in (6, 7)]
    queries = CODEC.history_queries({"sensors": sensors})
    assert [query.sensor for query in queries] == [Sensor(NODE, 10, 6), Sensor(NODE, 10, 7)]
    assert CODEC.history_queries(sensors[0]) is None
    answers = [Answer(0, 60, unit, Points([1.0], [1.5], [2.0])) for unit in ("C", "")]
    reply = json.loads(CODEC.histories("HISTORY", answers))
    assert (reply["type"], reply["command"]) == ("+", "HISTORY")
    assert [sensor["unit"] for sensor in reply["args"]["sensors"]] == ["C", ""]


def test_what_is_told_is_the_reply_s_content():
    assert CODEC.told("BUSES", {"buses": [1]}) == (
        '{"type":"+","command":"BUSES","args":{"buses":[1]}}')


def test_names_are_put_into_the_reply_as_they_are():
    assert CODEC.names("NAMES", '{"nodes":{}}') == (
        '{"type":"+","command":"NAMES","args":{"nodes":{}}}')
