"""What comes from the broker is sorted, read or refused."""

from vscpws.access.rate import Allowance
from vscpws.model.guid import format_guid
from vscpws.mqtt.forms.incoming import MAX_PAYLOAD
from vscpws.mqtt.forms.packets import Message
from vscpws.mqtt.hearing import Hearing, Topics

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060009")


class Ear:
    def __init__(self):
        self.heard = []

    def __getattr__(self, name):
        return lambda *what: self.heard.append((name, *what))


def hearing(clock, rate=0, **topics):
    ear = Ear()
    made = Hearing(Topics(**{**dict(name="house", events=("vscp/#", "vscpwsd/x/#"),
                                    speaker=("ha/#",), obid_of=lambda guid: 7, guid=GUID,
                                    takes_commands=True), **topics}),
                   ear, Allowance(rate, clock), lambda: 1764141611000000, clock)
    made.heard = ear.heard
    return made


def test_messages_go_where_their_topic_says(clock):
    made = hearing(clock)
    made.hear([Message("vscp/%s/20/3" % format_guid(GUID), b"{}", False)] * 2 + [
        Message("ha/status", b"online", False), Message("vscpwsd/x/status", b"online", True),
        Message("vscpwsd/house/send", b'{"class":30,"type":5}', False),
        Message("vscpwsd/house", b"{}", False), Message("else", b"{}", False)])
    kinds = [what[0] for what in made.heard]
    assert kinds == ["speaker", "own", "command", "events"]
    event, again = made.heard[3][1]
    assert event == again and (event.obid, event.guid, event.datetime) == (
        7, GUID, 1764141611000000)
    assert made.refused == {}


def test_without_a_user_commands_are_passed_over(clock):
    made = hearing(clock, takes_commands=False)
    made.hear([Message("vscpwsd/house/send", b"x", False)])
    assert made.heard == [] and made.refused == {}


def test_what_is_too_long_retained_or_too_much_is_refused_by_kind(clock):
    made = hearing(clock, rate=2)
    send = "vscpwsd/house/send"
    made.hear([Message("vscp/a", None, False), Message("ha/a", None, False),
               Message("vscpwsd/x/info", None, False), Message("vscp/a", b"{}", True),
               Message("vscp/a", b'{"class":30,"type":999}', False)]
              + [Message(send, b'{"class":30,"type":5}', False)] * 5)
    assert made.refused == {"size": 3, "retained": 1, "event": 1, "rate": 3}
    assert [what[0] for what in made.heard] == ["command"] * 2


def test_who_has_forwarded_one_too_many_is_told_a_hundred_times_a_second(clock):
    made = hearing(clock, rate=2)
    forwarded = Message("vscpwsd/house/send", b'{"class":30,"type":5,"from":"front"}', False)
    made.hear([forwarded] * 500)
    kinds = [what[0] for what in made.heard]
    assert kinds == ["command"] * 2 + ["overrun"] * 100 and made.refused == {"rate": 498}
    assert made.heard[2][1].sender == "front"


def test_what_is_wrong_and_over_the_rate_counts_for_the_rate_alone(clock):
    made = hearing(clock, rate=1)
    made.hear([Message("vscpwsd/house/send", b"x", False)] * 3)
    assert made.refused == {"string": 1, "rate": 2} and made.heard == []


def test_a_message_for_the_speaker_or_of_a_daemon_may_have_64_kib(clock):
    made = hearing(clock)
    for topic in ("ha/a", "vscpwsd/x/info"):
        made.hear([Message(topic, bytes(MAX_PAYLOAD), False),
                   Message(topic, bytes(MAX_PAYLOAD + 1), False)])
    assert [what[0] for what in made.heard] == ["speaker", "own"] and made.refused == {"size": 2}
    made.hear([Message("vscpwsd/house/info", b"", False), Message("vscpwsd/x/send", b"", False)])
    assert [what[1:3] for what in made.heard[2:]] == [("house", "info"), ("x", "send")]


def test_a_topic_of_over_1024_characters_is_refused_and_not_remembered(clock):
    made = hearing(clock)
    payload = b'{"class":20,"type":3}'
    made.hear([Message(start + "x" * (size - len(start)), payload, False)
               for start in ("vscp/", "ha/") for size in (1024, 1025, 60000)])
    assert [what[0] for what in made.heard] == ["speaker", "events"]
    assert len(made.heard[1][1]) == 1
    assert made.refused == {"size": 4}
    assert made._sort.cache_info().currsize == 2


def test_a_level_1_event_may_have_64_bytes_and_no_more(clock):
    made = hearing(clock)
    made.hear([Message("vscp/a", b'{"class":30,"type":5,"data":%s}' % str([0] * size).encode(),
                       False) for size in (64, 65)])
    assert [len(event.data) for event in made.heard[0][1]] == [64]
    assert made.refused == {"event": 1}


def test_a_topic_may_be_one_of_events_and_one_of_the_speakers(clock):
    made = hearing(clock, events=("a/#", "b"), speaker=("b", "c"))
    for topic in ("a/1", "b", "c", "d"):
        made.hear([Message(topic, b'{"class":30,"type":5}', False)])
    assert [what[0] for what in made.heard] == ["events", "speaker", "events", "speaker"]
