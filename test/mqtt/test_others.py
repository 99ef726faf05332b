"""The other daemons at the broker, and their buses."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.model.guid import ZERO, format_guid
from vscpws.mqtt.others import MOST, Others
from vscpws.mqtt.remotes import MOST as MOST_REMOTES
from vscpws.mqtt.remotes import Remotes

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060009")


def info(*buses, **more):
    return json.dumps({"version": "1.0", "buses": [
        {"name": name, "guid": format_guid(guid), "state": "up"} for name, guid in buses],
        **more}).encode()


def test_others_are_what_they_say_and_changes_are_told_once():
    said = []
    others = Others(said.append)
    for payload in (b"online", b"online", b"offline", b"online", b"nonsense"):
        others.status("house", payload)
    assert said == ["daemon house is online", "daemon house is offline", "daemon house is online",
                    "daemon house is offline"]
    others.info("house", info(("can0", GUID), level1_data=64))
    assert others.as_list() == [{"name": "house", "state": "offline", "version": "1.0",
                                 "level1_data": 64, "buses": [
                                     {"name": "can0", "guid": format_guid(GUID), "state": "up"}]}]
    assert not others.is_online("house") and others.level1_data("house") == 64
    assert others.level1_data("nobody") == 8 and not others.is_online("nobody")
    others.lost()
    assert others.as_list()[0]["state"] == "unknown"
    others.status("house", b"")
    assert others.as_list() == []


def test_what_is_not_told_has_a_default_and_what_is_wrong_is_left_out():
    others = Others(lambda line: None)
    others.info("house", json.dumps({
        "version": "v" * 65, "level1_data": 100, "buses": [
            5, {"guid": "x"}, {"name": 5, "guid": format_guid(GUID)},
            {"name": "can1", "guid": format_guid(GUID[::-1]), "state": "up"}]}).encode())
    others.status("garden", b"online")
    assert others.as_list() == [
        {"name": "garden", "state": "online", "version": "", "buses": [], "level1_data": 8},
        {"name": "house", "state": "unknown", "version": "v" * 64, "level1_data": 8, "buses": [
            {"name": "", "guid": format_guid(GUID), "state": ""},
            {"name": "can1", "guid": format_guid(GUID[::-1]), "state": "up"}]}]
    assert others.is_online("garden") and not others.is_online("house")
    assert (others.guid("house"), others.guid("garden"), others.guid("x")) == (GUID, ZERO, ZERO)
    others.info("house", b"")
    assert others.as_list()[1]["version"]
    others.info("house", b"{}")
    assert others.as_list()[1] == {"name": "house", "state": "unknown", "version": "", "buses": [],
                                   "level1_data": 8}


def test_a_daemon_has_64_buses_at_most():
    others = Others(lambda line: None)
    others.info("house", info(*[("can%d" % number, GUID) for number in range(65)]))
    assert len(others.as_list()[0]["buses"]) == 64


@pytest.mark.parametrize("payload", [b"[", b"[]", b"\xff", b"1", b'{"a":' * 5000])
def test_an_info_that_is_none_is_refused(payload):
    with pytest.raises(ValueError):
        Others(print).info("house", payload)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["version", "buses", "name", "guid", "state"]), inner),
                    max_leaves=12))
def test_any_info_is_taken_or_refused(value):
    others = Others(print)
    try:
        others.info("house", json.dumps(value).encode())
    except ValueError:
        return
    json.dumps(others.as_list())


def test_there_are_only_so_many_others():
    others = Others(lambda line: None)
    for number in range(MOST + 5):
        others.status("d%d" % number, b"online")
        others.info("d%d" % number, info())
    assert len(others.as_list()) == MOST == 64 and others.ignored == 10


def test_remote_buses_have_ids_in_their_order_and_keep_them():
    remotes = Remotes(range(5, 6 + MOST_REMOTES))
    house = {"name": "house", "state": "online", "buses": [
        {"name": "can0", "guid": format_guid(GUID[:15] + b"\0"), "state": "up"}]}
    assert remotes.obid_of(GUID) == 5
    remotes.learn([house])
    assert remotes.obid_of(GUID) == 6 and remotes.obid_of(ZERO) == 5
    garden = dict(house, name="garden", buses=[
        {"name": "b%d" % number, "guid": format_guid(bytes(14) + bytes((number, 0))), "state": "up"}
        for number in range(1, 100)])
    remotes.learn([dict(house, state="offline"), garden])
    assert remotes.obid_of(GUID) == 6 and len(remotes.obids) == MOST_REMOTES + 1
    assert remotes.shown([dict(house, state="offline")], "up")[:3] == [
        {"name": "mqtt", "state": "up"}, {"name": "house/can0", "state": "offline"},
        {"name": "garden/b1", "state": "unknown"}]
    assert len(remotes.shown([], "up")) == MOST_REMOTES + 1 == 33


def test_a_bus_that_is_known_may_change_its_guid_where_there_is_room_for_no_other():
    def told(*buses):
        return [{"name": "house", "state": "online", "buses": [
            {"name": name, "guid": format_guid(guid), "state": "up"} for name, guid in buses]}]

    remotes = Remotes(range(5, 7))
    remotes.learn(told(("a", GUID)))
    remotes.learn(told(("b", bytes(16)), ("a", GUID[::-1])))
    assert remotes.obid_of(GUID[::-1]) == 6 and remotes.obid_of(bytes(16)) == 5
    assert remotes.shown(told(("a", GUID)), "up")[1:] == [{"name": "house/a", "state": "up"}]
