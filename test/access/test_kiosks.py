"""Kiosk tokens: made, stored, read back, and what a file of them may hold."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.access.credentials import hash_password, verify_password
from vscpws.access.kiosks import (
    LONGEST_LABEL,
    MAX_KIOSKS,
    Kiosk,
    Kiosks,
    kiosks_text,
    make_kiosk,
    parse_kiosks,
)
from vscpws.access.users import User, Users
from vscpws.model.errors import ConfigurationError, errors_of

STORED = hash_password("panel", "01234567.x")
ENTRY = {"id": "01234567", "user": "panel", "label": "Hall", "made": "2026-11-26",
         "token": STORED}
USERS = Users([User(0, "panel", STORED)])


def text_of(*entries):
    return json.dumps({"kiosks": list(entries)})


def test_a_token_is_long_and_only_its_hash_is_stored():
    kiosk, token = make_kiosk("panel", "Hall", "2026-11-26", Kiosks())
    assert token.startswith(kiosk.id + ".") and len(token) >= 8 + 1 + 43    # 256 bits
    assert token.partition(".")[2] not in kiosks_text(Kiosks([kiosk]))
    assert verify_password(kiosk.token, "panel", token)
    assert not verify_password(kiosk.token, "panel", token[:-1])
    assert not verify_password(kiosk.token, "other", token)
    assert kiosk.token not in repr(kiosk)


def test_no_two_tokens_are_alike():
    kiosks = Kiosks()
    tokens = set()
    for _ in range(5):
        kiosk, token = make_kiosk("panel", "", "2026-11-26", kiosks)
        kiosks = Kiosks([*kiosks, kiosk])
        tokens.add(token.partition(".")[2])
    assert len(kiosks) == len(tokens) == 5


def test_what_is_written_is_read_back():
    kiosks = Kiosks([make_kiosk("panel", "Küche 🍳", "2026-11-26", Kiosks())[0]])
    found, problems = parse_kiosks(kiosks_text(kiosks), "kiosks.json", USERS)
    assert list(found) == list(kiosks) and not problems


@pytest.mark.parametrize("password, meant", [
    ("01234567.x", True), ("01234567.wrong", True), ("01234567", True), ("01234568.x", False),
    ("", False), (".01234567", False)])
def test_the_id_says_which_one_is_meant(password, meant):
    kiosks = parse_kiosks(text_of(ENTRY), "f")[0]
    assert bool(kiosks.meant("panel", password)) is meant
    assert kiosks.meant("other", password) is None


def test_one_that_is_withdrawn_is_no_more_and_the_others_stay():
    kiosks = parse_kiosks(text_of(ENTRY, dict(ENTRY, id="89abcdef")), "f")[0]
    assert [kiosk.id for kiosk in kiosks.without("01234567")] == ["89abcdef"]


@pytest.mark.parametrize("change, reason", [
    ({"id": "0123456"}, "id: not 8 hex digits"), ({"id": "0123456G"}, "id: not 8 hex digits"),
    ({"id": 1}, "id: not a text"), ({"user": ""}, "a name can't be empty"),
    ({"user": "a:b"}, "colon"), ({"label": "x" * (LONGEST_LABEL + 1)}, "more than"),
    ({"label": "a\nb"}, "control characters"), ({"token": "secret"}, "token: not SALT;HASH"),
    ({"token": "0" * 32}, "token: not SALT;HASH"), ({"token": None}, "token: not a text")])
def test_a_wrong_entry_is_left_out_with_its_reason_and_the_others_count(change, reason):
    kiosks, problems = parse_kiosks(text_of(dict(ENTRY, **change), dict(ENTRY, id="89abcdef")),
                                    "f")
    assert [kiosk.id for kiosk in kiosks] == ["89abcdef"]
    assert len(problems) == 1 and reason in str(problems[0]) and "number 1" in str(problems[0])
    assert STORED not in str(problems[0])


def test_of_two_with_one_id_the_first_counts():
    kiosks, problems = parse_kiosks(text_of(ENTRY, dict(ENTRY, label="second")), "f")
    assert kiosks.get("01234567").label == "Hall"
    assert "stands before it" in str(problems[0])


def test_one_whose_user_is_not_there_is_told_of():
    _, problems = parse_kiosks(text_of(dict(ENTRY, user="gone")), "f", USERS)
    assert "there is no user 'gone'" in str(problems[0]) and not errors_of(problems)


def test_there_are_only_so_many():
    entries = [dict(ENTRY, id="%08x" % number) for number in range(MAX_KIOSKS + 1)]
    kiosks, problems = parse_kiosks(text_of(*entries), "f")
    assert len(kiosks) == MAX_KIOSKS and "at most %d" % MAX_KIOSKS in str(problems[0])
    with pytest.raises(ValueError, match="at most %d" % MAX_KIOSKS):
        make_kiosk("panel", "", "", kiosks)


@pytest.mark.parametrize("text, reason", [
    ("", "not JSON"), ("[]", 'not {"kiosks"'), ('{"kiosks": 1}', 'not {"kiosks"'),
    ("[" * 100000, "not JSON"), ('{"kiosks": [%s]}' % ("9" * 5000), "not")])
def test_what_is_no_such_file_is_an_error(text, reason):
    try:
        _, problems = parse_kiosks(text, "f")
        assert reason in str(problems[0])
    except ConfigurationError as error:
        assert reason in str(error)


@settings(max_examples=100)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(),
                    lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(sorted(ENTRY)) | st.text(), inner,
                                      max_size=5)))
def test_no_content_gets_further_than_a_problem(content):
    kiosks, problems = parse_kiosks(json.dumps({"kiosks": [content]}), "f")
    assert len(kiosks) + len(errors_of(problems)) == 1
    assert all(isinstance(kiosk, Kiosk) for kiosk in kiosks)
