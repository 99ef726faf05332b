"""The user file."""

import hashlib
import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.access import rights, users
from vscpws.access.credentials import hash_password
from vscpws.access.remotes import Remotes
from vscpws.access.rules import EventRules
from vscpws.access.users import User, Users, load_users
from vscpws.model.errors import ConfigurationError
from vscpws.model.filter import PASS_ALL, Filter, parse_pattern

MD5 = hashlib.md5(b"admin:secret").hexdigest()
SALTED = hash_password("admin", "secret")


@pytest.fixture
def write(tmp_path):
    """Writes a user file with the given entries and gives its path."""
    path = tmp_path / "users.json"

    def write_entries(*entries):
        path.write_text(json.dumps({"users": entries}), encoding="utf-8")
        return str(path)

    return write_entries


def load_one(path):
    loaded, problems = load_users(path)
    assert problems == []
    (user,) = loaded
    return user


def refusal(path):
    """Where and why the only entry was left out."""
    loaded, (problem,) = load_users(path)
    assert len(loaded) == 0
    assert problem.file == path
    return problem.where, problem.reason


def test_an_entry_with_everything(write):
    user = load_one(write({
        "name": "anna", "password": SALTED, "fullname": "Anna A.", "rights": "user/set-filter",
        "remotes": ["+192.168.0.0/16", "-192.168.7.0/24"], "events": "10:6,RX;20;*;*",
        "filter": "0,20,9,-", "mask": "0,0xFFFF,0xFFFF,-", "note": "first floor\nleft"}))
    assert user == User(
        userid=0, name="anna", password=SALTED, fullname="Anna A.",
        rights=rights.USER | rights.SET_FILTER,
        remotes=Remotes.parse("+192.168.0.0/16,-192.168.7.0/24"),
        rules=EventRules.parse(["10:6", "RX;20;*;*"]),
        filter=Filter(parse_pattern("0,20,9"), parse_pattern("0,65535,65535")),
        note="first floor\nleft")


@pytest.mark.parametrize("empty", [
    {},
    dict.fromkeys(("fullname", "rights", "remotes", "events", "filter", "mask", "note")),
    dict.fromkeys(("fullname", "rights", "remotes", "events", "filter", "mask", "note"), ""),
    {"rights": [], "remotes": [], "events": []},
])
def test_missing_or_empty_means_the_rights_of_user_and_no_limits(write, empty):
    user = load_one(write(dict(empty, name="anna", password=MD5)))
    assert user == User(0, "anna", MD5, "", rights.USER, Remotes(), EventRules(), PASS_ALL, "")


@pytest.mark.parametrize("spelling, other, value, attribute, expected", [
    ("user", "name", "anna", "name", "anna"),
    ("credentials", "password", MD5, "password", MD5),
    ("full-name", "fullname", "Anna", "fullname", "Anna"),
    ("allow-events", "events", "10:6", "rules", EventRules.parse("10:6")),
])
def test_each_spelling_of_a_key(write, spelling, other, value, attribute, expected):
    entry = {"name": "anna", "password": MD5}
    entry.pop(other, None)
    for given_keys in ({spelling: value}, {spelling: value, other: value},
                       {spelling: value, other: ""}, {spelling: value, other: None}):
        assert getattr(load_one(write(dict(entry, **given_keys))), attribute) == expected


def test_two_spellings_that_differ_are_refused(write):
    where, reason = refusal(write({"name": "anna", "password": MD5, "credentials": SALTED}))
    assert (where, reason) == ("user 'anna'", "password and credentials differ")


@pytest.mark.parametrize("changes, reason", [
    ({"name": ""}, "a name can't be empty, nor begin or end with a blank"),
    ({"name": 5}, "name is not a text"),
    ({"name": "an:na"}, "a name can't hold a colon or control characters"),
    ({"name": "an\nna"}, "a name can't hold a colon or control characters"),
    ({"name": "an\ud800na"}, "name holds half a character"),
    ({"password": ""}, "has no password"),
    ({"password": None}, "has no password"),
    ({"password": ["secret"]}, "password is not a text"),
    ({"password": "secret"},
     "password is neither SALT;HASH (32 and 64 hex digits) nor MD5 (32)"),
    ({"password": MD5[1:]}, "password is neither SALT;HASH (32 and 64 hex digits) nor MD5 (32)"),
    ({"rights": "root"}, "rights: unknown right 'root'"),
    ({"rights": -1}, "rights: -1 is not in 0-0xFFFFFFFF"),
    ({"remotes": "+localhost"}, "remotes: '+localhost' is not [+-]ADDRESS[/BITS]"),
    ({"remotes": 5}, "remotes: it is neither a text nor a list of texts"),
    ({"events": "ten:6"}, "events: 'ten:6': not a number: 'ten'"),
    ({"events": {}}, "events: it is neither a text nor a list of texts"),
    ({"filter": "8"}, "filter: priority: 8 is not in 0-7"),
    ({"filter": {}}, "filter: it is not a text"),
    ({"mask": "0,0,0,zz"}, "mask: not a GUID: 'zz'"),
    ({"fullname": 7}, "fullname is not a text"),
    ({"note": "\ud800"}, "note holds half a character"),
])
def test_a_broken_entry_is_refused_with_its_reason(write, changes, reason):
    where, found = refusal(write(dict({"name": "anna", "password": SALTED}, **changes)))
    assert found == reason
    assert where.startswith("user ")
    assert where.isprintable()


@pytest.mark.parametrize("entry, where", [
    ({"name": "anna"}, "user 'anna'"),
    ({"user": "anna"}, "user 'anna'"),
    ({"name": "an\nna"}, "user 'an\\nna'"),
    ({"name": "x" * 1000}, "user '%s'" % ("x" * 40)),
    ({}, "user number 1"),
    ({"name": 7}, "user number 1"),
    ("anna", "user number 1"),
    (None, "user number 1"),
])
def test_a_refused_entry_is_named_as_well_as_can_be(write, entry, where):
    assert refusal(write(entry))[0] == where


def test_the_others_still_load_and_keep_their_ids(write):
    path = write({"name": "anna", "password": MD5},
                 {"name": "bert", "password": MD5, "rights": "root"},
                 ["no", "object"],
                 {"name": "carl", "password": MD5},
                 {"name": "anna", "password": SALTED})
    loaded, problems = load_users(path)
    assert [(user.userid, user.name) for user in loaded] == [(0, "anna"), (3, "carl")]
    assert loaded.get("anna").password == MD5
    assert list(map(str, problems)) == [
        "%s: user 'bert': rights: unknown right 'root'" % path,
        "%s: user number 3: not a JSON object" % path,
        "%s: user 'anna': a user of this name stands before it" % path]


def test_a_file_without_users_says_so(write):
    path = write()
    loaded, problems = load_users(path)
    assert len(loaded) == 0
    assert list(map(str, problems)) == ["%s: users: empty, so nobody can log in" % path]


def test_unknown_keys_are_ignored_and_logged_without_their_values(write, caplog):
    caplog.set_level(logging.INFO, users.__name__)
    load_one(write({"name": "anna", "password": MD5, "pin": "4711", "tables": ["x"]}))
    assert [record.getMessage().split(": ", 1)[1] for record in caplog.records] == [
        "user 'anna': unknown key 'pin' is ignored",
        "user 'anna': unknown key 'tables' is ignored"]


@pytest.mark.parametrize("keys, warned", [
    ({"filter": "0,20,9,-"}, True),
    ({"filter": "0,20,9,-", "mask": "0,0,0,-"}, True),
    ({"filter": "0,20,9,-", "mask": "0,0xFFFF"}, False),
    ({"filter": "0,0,0,-"}, False),
    ({"mask": "0,0xFFFF"}, False),
])
def test_a_filter_without_mask_is_warned_about(write, caplog, keys, warned):
    load_one(write(dict(keys, name="anna", password=MD5)))
    assert ("no mask, so it passes every event" in caplog.text) is warned


@pytest.mark.parametrize("content, where, reason", [
    (b"", "", "not JSON: Expecting value in line 1, column 1"),
    (b'{"users": [\n{"name": "x"}', "", "not JSON: Expecting ',' delimiter in line 2, column 14"),
    (b"\xff\xfe{}", "", "not UTF-8 at byte 0"),
    (b"[" * 200000, "", "not JSON that can be read"),
    (b"[]", "users", 'not {"users": [...]}'),
    (b"{}", "users", 'not {"users": [...]}'),
    (b'{"users": {}}', "users", 'not {"users": [...]}'),
    (b'"users"', "users", 'not {"users": [...]}'),
    (b"null", "users", 'not {"users": [...]}'),
])
def test_what_is_no_user_file_stops_the_start(tmp_path, content, where, reason):
    path = tmp_path / "users.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load_users(str(path))
    (problem,) = caught.value.problems
    assert problem == (str(path), where, reason)


def test_a_missing_file_stops_the_start(tmp_path):
    with pytest.raises(ConfigurationError, match="No such file"):
        load_users(str(tmp_path / "users.json"))


def test_other_keys_of_the_file_are_nobodys_business(tmp_path):
    path = tmp_path / "users.json"
    path.write_text(json.dumps({"version": 3, "users": [{"name": "anna", "password": MD5}]}))
    assert load_one(str(path)).name == "anna"


def test_no_secret_is_shown_anywhere(write, caplog):
    caplog.set_level(logging.DEBUG)
    path = write({"name": "anna", "password": "plain-hush"},
                 {"name": "bert", "password": "one-hush", "credentials": "other-hush"},
                 {"name": "carl", "password": MD5, "rights": "root"},
                 {"name": "dora", "password": SALTED, "pin": "a-hush"})
    loaded, problems = load_users(path)
    shown = "%s %r %s" % (" ".join(map(str, problems)), list(loaded), caplog.text)
    assert "dora" in shown and "carl" in shown
    for secret in ("hush", MD5, SALTED):
        assert secret not in shown


def test_users_are_found_by_their_exact_name():
    anna = User(0, "anna", MD5)
    both = Users([anna, User(1, "bert", SALTED)])
    assert both.get("anna") is anna
    assert both.get("Anna") is both.get("anna ") is both.get("") is None
    assert len(both) == 2
    assert [user.name for user in both] == ["anna", "bert"]


def test_who_has_an_old_password():
    assert Users([User(0, "anna", MD5), User(1, "bert", SALTED)]).legacy_names == ("anna",)
    assert Users([User(1, "bert", SALTED)]).legacy_names == ()


def test_who_has_a_certain_password():
    some = Users([User(0, "admin", MD5), User(1, "bert", hash_password("bert", "secret")),
                  User(2, "carl", hash_password("carl", "better"))])
    assert some.names_with_password("secret") == ("admin", "bert")
    assert some.names_with_password("other") == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5)
entry_keys = st.sampled_from(sorted(users._KNOWN))


@settings(deadline=None)
@given(entry=st.dictionaries(entry_keys, json_values, max_size=4), known=st.booleans())
def test_any_entry_is_loaded_or_reported(tmp_path_factory, entry, known):
    path = tmp_path_factory.getbasetemp() / "any.json"
    entry = dict(entry, name="anna", password=MD5) if known else entry
    path.write_text(json.dumps({"users": [entry]}))
    loaded, problems = load_users(str(path))
    assert len(loaded) + len(problems) == 1
    assert all(str(problem).isprintable() for problem in problems)
