"""What is near enough to a known key to be a slip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscpws.access.spelling import LOGIN, meant, restriction

NAMES = ("rights", "remotes", "events", "allow-events", "filter", "mask")


@pytest.mark.parametrize("key", [
    "note", "notes", "email", "pin", "tables", "tokens", "agents", "clients", "digits", "groups",
    "description", "fullName", "x", "", "id", "class", "ma", "remark", "x" * 1000, "\u00e9\u00e8",
    "ermotxy", "maskmkask",
])
def test_another_word_is_no_slip(key):
    assert meant(key, NAMES) is None


def test_of_a_long_key_40_characters_count():
    assert meant("-" * 35 + "remotes", NAMES) == "remotes"      # remot
    assert meant("-" * 36 + "remotes", NAMES) is None           # remo


@given(st.sampled_from(NAMES), st.data())
def test_one_slip_of_any_kind_is_seen(name, data):
    place = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    for slip in (name[:place] + name[place + 1:], name[:place] + letter + name[place:],
                 name[:place] + letter + name[place + 1:],
                 name[:place] + name[place:place + 2][::-1] + name[place + 2:],
                 name.upper(), name.replace("-", "_"), " " + name, "#" + name):
        assert meant(slip, NAMES) is not None


@pytest.mark.parametrize("key, name", [
    ("remoets", "remotes"), ("rmtoes", "remotes"), ("evetn", "events"), ("fltre", "filter")])
def test_two_slips_in_a_longer_word_are_seen_behind_the_same_letter(key, name):
    assert meant(key, NAMES) == name


@pytest.mark.parametrize("key, name", [
    ("deny", "remotes"), ("hosts", "remotes"), ("allow-from", "remotes"), ("whitelist", "remotes"),
    ("AllowedHosts", "remotes"), ("allowfrom", "remotes"), ("denied_ips", "remotes"),
    ("ip", "remotes"), ("blacklist", "remotes"), ("blocked", "remotes"), ("acl", "remotes"),
    ("networks", "remotes"), ("from", "remotes"), ("address", "remotes"), ("excluded", "remotes"),
    ("permissions", "rights"), ("role", "rights"), ("readonly", "rights"), ("read-only", "rights"),
    ("deny-events", "events"), ("allowedClasses", "events"), ("forbidden-types", "events"),
    ("disabled", LOGIN), ("enabled", LOGIN), ("expires", LOGIN), ("valid-until", LOGIN),
])
def test_another_word_for_a_restriction_is_one(key, name):
    assert restriction(key) == name


@pytest.mark.parametrize("key", [
    "notes", "email", "email-address", "emailAddress", "pin", "tables", "tokens", "agents",
    "description", "id", "class", "phone", "language", "avatar", "created", "comment", "theme",
    "", "x" * 1000, "\u00e9\u00e8", "ghost", "ship",
])
def test_a_word_for_anything_else_is_none(key):
    assert restriction(key) is None
