"""What a daemon tells of itself, and how its connection is told of."""

import json
import logging

import pytest

from vscpws.model.guid import format_guid
from vscpws.mqtt.forms.packets import Message
from vscpws.mqtt.forms.refusals import Refusals
from vscpws.mqtt.presence import Presence, host_name
from vscpws.mqtt.state import LinkState
from vscpws.settings import Interface

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060009")


@pytest.fixture
def presence(clock):
    published, refused = [], []
    report = {"started": 1.5, "buses": [{"name": "can0", "state": "up"}]}
    made = Presence("house", "1.0", [Interface("can0", "can0", GUID)],
                    lambda *message: bool(published.append(message)) or True, lambda: report,
                    lambda: 8, lambda: made.up, Refusals(refused.append, clock), clock)
    made.published, made.report, made.refused, made.up = published, report, refused, True
    return made


def test_info_is_told_again_when_it_has_changed(presence):
    presence.tell()
    presence.tell_changes()
    (topic, payload, retain, qos), = presence.published
    assert (topic, retain, qos) == ("vscpwsd/house/info", True, 1)
    found = json.loads(payload)
    assert found["buses"] == [{"name": "can0", "guid": format_guid(GUID), "state": "up"}]
    assert found["instance"] == presence.instance and found["level1_data"] == 8
    presence.report["buses"][0]["state"] = "down"
    presence.tell_changes()
    assert len(presence.published) == 2


def test_the_info_says_which_daemon_it_is_and_since_when(presence, monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "pi")
    presence.report["buses"].append({"name": "mqtt", "state": "down"})
    presence.tell()
    found = json.loads(presence.published[0][1])
    assert len(presence.instance) == 8 and int(presence.instance, 16) >= 0
    assert found == {"version": "1.0", "started": 1, "host": "pi", "instance": presence.instance,
                     "level1_data": 8, "buses": [
                         {"name": "can0", "guid": format_guid(GUID), "state": "up"},
                         {"name": "mqtt", "guid": "", "state": "down"}]}


def test_what_others_tell_of_themselves_is_heard_or_refused(presence, caplog):
    caplog.set_level(logging.INFO)
    presence.hear("garden", "status", Message("", b"online", True))
    presence.hear("garden", "info", Message("", b'{"version":"2"}', True))
    presence.hear("garden", "info", Message("vscpwsd/garden/info", b"[", False))
    presence.hear("garden", "claim", Message("", b"", False))
    presence.hear("garden", "status/x", Message("", b"offline", False))
    found, = presence.others.as_list()
    assert (found["name"], found["state"], found["version"]) == ("garden", "online", "2")
    assert len(presence.refused) == 1 and presence.refused[0].startswith("vscpwsd/garden/info: ")
    assert caplog.messages == ["mqtt: daemon garden is online"] and presence.meddled == 0
    presence.hear("garden", "status", Message("", None, False))
    assert presence.others.as_list() == [] == presence.published


def test_what_is_said_of_ourselves_is_left_where_it_is_right_or_the_broker_away(presence):
    presence.hear("house", "status", Message("", b"online", False))
    presence.hear("house", "send/x", Message("", b"", False))
    presence.up = False
    presence.hear("house", "status", Message("", b"offline", False))
    presence.hear("house", "info", Message("", b"{}", False))
    assert presence.published == [] == presence.refused and presence.meddled == 0


def test_a_wrong_info_is_put_right_but_not_in_a_fight(presence):
    for _ in range(3):
        presence.hear("house", "info", Message("", b"{}", False))
    assert [message[0] for message in presence.published] == ["vscpwsd/house/info"]
    assert presence.meddled == 3 and presence.refused == [
        "vscpwsd/house/info: not ours: put right"]


def test_a_wrong_status_is_put_right_but_not_in_a_fight(presence, clock):
    for _ in range(100):
        presence.hear("house", "status", Message("", b"offline", False))
    assert presence.published == [("vscpwsd/house/status", b"online", True, 1)]
    assert presence.meddled == 100 and len(presence.refused) == 1
    clock.now += 1
    presence.hear("house", "claim", Message("", b"", False))
    presence.hear("house", "claim", Message("", b"", False))
    assert len(presence.published) == 2
    presence.hear("house", "status", Message("", b"offline", True))     # from before we came
    assert presence.meddled == 100
    presence.hear("house", "info", Message("", presence.published[1][1], False))
    assert presence.meddled == 100
    clock.now += 1
    presence.hear("house", "info", Message("", b"{}", False))
    assert presence.meddled == 101 and len(presence.published) == 3


def test_the_host_has_a_name_that_fits_topics(monkeypatch):
    for name, found in (("house.local", "house"), ("caf\u00e9_1", "caf_1"), ("-", "vscpwsd"),
                        ("", "vscpwsd"), ("a" * 99, "a" * 63), ("a b!", "ab")):
        monkeypatch.setattr("socket.gethostname", lambda name=name: name)
        assert host_name() == found


def test_a_state_is_one_line_and_what_people_must_mend_is_said_each_minute(clock, caplog):
    caplog.set_level(logging.INFO)
    state = LinkState("mqtt://broker:1883", clock)
    for each in (("connecting", ""), ("refused", "user or password is wrong")) + (
            ("refused", "user or password is wrong"),) * 5:
        state.change(*each)
    for _ in range(150):
        clock.now += 1
        state.remind()
    state.change("up", "")
    assert [line.partition(" is ")[2].partition(" ")[0] for line in caplog.messages] == [
        "connecting", "refused", "refused", "refused", "up"]
    assert state.connects == 1 and state.is_up and state.seconds == 0
