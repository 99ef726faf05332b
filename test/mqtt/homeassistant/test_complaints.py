"""What others send wrong is counted, and said once a kind and minute."""

from vscpws.mqtt.homeassistant.complaints import Complaints


def test_once_a_kind_and_minute_and_never_more_than_200_characters(caplog):
    now = [0.0]
    complaints = Complaints(lambda: now[0])
    for _ in range(3):
        complaints.say("a", "wrong", "x\x1b" * 5000)
        complaints.say("b", "bad")
    assert complaints.counters == {"a": 3, "b": 3}
    first, second = caplog.messages
    assert first == "mqtt: wrong: " + ("x\\x1b" * 40) and second == "mqtt: bad"
    now[0] = 60.0
    complaints.say("a", "wrong")
    assert len(caplog.messages) == 3


def test_what_is_counted_is_not_said(caplog):
    complaints = Complaints(lambda: 0.0)
    complaints.count("a")
    assert complaints.counters == {"a": 1} and caplog.messages == []
