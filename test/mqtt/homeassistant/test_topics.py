"""Topics and ids, and what may stand in them."""

import pytest

from vscpws.mqtt.homeassistant.topics import Topics, node_id, slug, word

HOUSE = Topics("my.house")


def test_the_topics_of_a_daemon_begin_with_its_name():
    assert (HOUSE.base, HOUSE.status) == ("vscpwsd/my.house", "vscpwsd/my.house/status")
    assert HOUSE.state("0A", "on_2-1") == "vscpwsd/my.house/state/0A/on_2-1"
    assert HOUSE.availability("0A") == "vscpwsd/my.house/state/0A/status"
    assert HOUSE.node("0A") == "vscpwsd/my.house/nodes/0A"
    assert HOUSE.command("lamp", "brightness") == "vscpwsd/my.house/set/lamp/brightness"
    assert HOUSE.commands() == "vscpwsd/my.house/set/+/+"


def test_discovery_has_a_prefix_and_ids_no_other_character():
    assert HOUSE.daemon_id == "vscpwsd_my_house"
    assert HOUSE.discovery(HOUSE.daemon_id) == "homeassistant/device/vscpwsd_my_house/config"
    assert Topics("a", "ha").discovery("b") == "ha/device/b/config"
    assert word("K\u00fcche 2-1_x/#") == "K_che_2-1_x__"


@pytest.mark.parametrize("prefix, topics", [
    ("homeassistant", ("homeassistant/status",)), ("", ()),
    ("ha", ("ha/status", "homeassistant/status"))])
def test_home_assistant_says_that_it_is_there_on_its_own_topic_and_the_prefix_s(prefix, topics):
    assert Topics("house", prefix).births() == topics


@pytest.mark.parametrize("topic, found", [
    ("vscpwsd/my.house/set/lamp/command", ("lamp", "command")),
    ("vscpwsd/my.house/set//", ("", "")), ("vscpwsd/my.house/set/lamp", None),
    ("vscpwsd/my.house/set/lamp/a/b", None), ("vscpwsd/my.house/set", None),
    ("vscpwsd/other/set/lamp/command", None), ("lamp/command", None), ("", None)])
def test_a_command_s_topic_names_a_thing_and_what_of_it(topic, found):
    assert HOUSE.command_of(topic) == found


@pytest.mark.parametrize("guid, identity", [
    (bytes(range(16)), "000102030405060708090A0B0C0D0E0F"), (b"\xff" * 16, "F" * 32)])
def test_a_node_s_id_is_its_guid_in_capital_digits(guid, identity):
    assert node_id(guid) == identity


@pytest.mark.parametrize("text, made", [
    ("Hall lamp", "hall_lamp"), ("  K\u00fcche, oben! ", "kuche_oben"),
    ("Stra\u00dfe 5", "strasse_5"), ("\u706f", ""), ("2-1", "2_1"), ("_a__b_", "a_b"), ("", "")])
def test_a_slug_has_small_letters_digits_and_single_lines(text, made):
    assert slug(text) == made
