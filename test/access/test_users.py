"""The user file."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.access import rights, users
from vscpws.access.credentials import hash_password
from vscpws.access.remotes import Remotes
from vscpws.access.rules import EventRules
from vscpws.access.users import User, Users, parse_users
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


def load_users(path):
    return parse_users(Path(path).read_text(encoding="utf-8"), path)


def load_one(path):
    loaded, problems = load_users(path)
    assert problems == []
    (user,) = loaded
    return user


def refusal(path):
    """Where and why the only entry was left out, if for one fault."""
    loaded, (problem,) = load_users(path)
    assert len(loaded) == 0
    assert problem.file == path
    reason, _, end = problem.reason.rpartition("; ")
    assert end == "left out"
    return problem.where, reason


def faults(path):
    """Why the only entry was left out."""
    loaded, problems = load_users(path)
    assert len(loaded) == 0
    return [problem.reason.replace("; left out", "") for problem in problems]


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
    ({"name": ""}, "name: a name can't be empty, nor begin or end with a blank"),
    ({"name": 5}, "name: not a text"),
    ({"name": "an:na"}, "name: a name can't hold a colon or control characters"),
    ({"name": "an\nna"}, "name: a name can't hold a colon or control characters"),
    ({"name": "an\ud800na"}, "name: holds half a character"),
    ({"password": ""}, "password: missing"),
    ({"password": None}, "password: missing"),
    ({"password": ["secret"]}, "password: not a text"),
    ({"password": "secret"},
     "password: neither SALT;HASH (32 and 64 hex digits) nor MD5 (32)"),
    ({"password": MD5[1:]}, "password: neither SALT;HASH (32 and 64 hex digits) nor MD5 (32)"),
    ({"rights": "root"}, "rights: unknown right 'root'"),
    ({"rights": -1}, "rights: a number is negative or has more than 64 bits"),
    ({"remotes": "+localhost"}, "remotes: '+localhost' is not [+-]ADDRESS[/BITS]"),
    ({"remotes": 5}, "remotes: it is neither a text nor a list of texts"),
    ({"events": "ten:6"}, "events: 'ten:6': not a number: 'ten'"),
    ({"events": {}}, "events: it is neither a text nor a list of texts"),
    ({"filter": "8"}, "filter: priority: 8 is not in 0-7"),
    ({"filter": {}}, "filter: not a text"),
    ({"mask": "0,0,0,zz"}, "mask: not a GUID: 'zz'"),
    ({"fullname": 7}, "fullname: not a text"),
    ({"note": "\ud800"}, "note: holds half a character"),
    ({"name": "x" * 100000}, "name: a name can't have more than 100 characters"),
    ({"fullname": "x" * 201}, "fullname: more than 200 characters"),
    ({"note": "x" * 4001}, "note: more than 4000 characters"),
    ({"filter": "0" * 201}, "filter: more than 200 characters"),
    ({"mask": "0" * 201}, "mask: more than 200 characters"),
    ({"remotes": ["::1"] * 257}, "remotes: 257 entries, at most 256"),
    ({"events": ",".join(["10:6"] * 257)}, "events: 257 entries, at most 256"),
    ({"rights": "test/" * 65}, "rights: more than 64 names and numbers"),
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
    loaded, problems = load_users(write(entry))
    assert len(loaded) == 0
    assert {problem.where for problem in problems} == {where}


def test_all_faults_of_an_entry_are_told_at_once(write):
    assert faults(write({
        "name": "an:na", "password": "secret", "rights": "root", "remotes": "+localhost",
        "events": "ten:6", "filter": "8", "mask": {}, "fullname": 7, "note": [1], "evnts": "1:1"
    })) == [
        "filter: priority: 8 is not in 0-7",
        "mask: not a text",
        "name: a name can't hold a colon or control characters",
        "password: neither SALT;HASH (32 and 64 hex digits) nor MD5 (32)",
        "fullname: not a text",
        "rights: unknown right 'root'",
        "remotes: '+localhost' is not [+-]ADDRESS[/BITS]",
        "events: 'ten:6': not a number: 'ten'",
        "note: not a text",
        "unknown key 'evnts': is events meant?"]


@pytest.mark.parametrize("key, meant", [
    ("remtoes", "remotes"), ("remote", "remotes"), ("Remotes", "remotes"), ("_remotes", "remotes"),
    ("evnts", "events"), ("event", "events"), ("EVENTS", "events"), ("evenst", "events"),
    ("rigths", "rights"), ("right", "rights"), ("rihgst", "rights"), ("fliter", "filter"),
    ("filters", "filter"), ("maks", "mask"), ("masks", "mask"), ("msak", "mask"),
    ("allow_events", "allow-events"), ("allowevents", "allow-events"),
    ("alow-evnts", "allow-events"),
])
def test_who_has_a_misspelt_restriction_is_left_out(write, key, meant):
    entry = {"name": "anna", "password": MD5, key: ""}
    assert refusal(write(entry)) == ("user 'anna'", "unknown key %r: is %s meant?" % (key, meant))


@pytest.mark.parametrize("key, meant", [
    ("deny", "remotes"), ("hosts", "remotes"), ("allow-from", "remotes"), ("whitelist", "remotes"),
    ("permissions", "rights"), ("read-only", "rights"), ("denied-events", "events")])
def test_who_has_a_restriction_in_other_words_is_left_out(write, key, meant):
    entry = {"name": "anna", "password": MD5, key: ["10.0.0.1"]}
    assert refusal(write(entry)) == ("user 'anna'", "unknown key %r: is %s meant?" % (key, meant))


def test_who_may_not_log_in_in_words_that_are_not_known_is_left_out(write):
    assert refusal(write({"name": "anna", "password": MD5, "disabled": True})) == (
        "user 'anna'", "unknown key 'disabled': who may not log in must not be in the file")


@pytest.mark.parametrize("text", [
    '"remotes": "-10.0.0.1", "remotes": ""', '"rights": "ws", "rights": "admin"'])
def test_a_key_that_stands_in_an_entry_twice_is_a_fault(tmp_path, text):
    path = tmp_path / "users.json"
    path.write_text('{"users": [{"name": "anna", "password": "%s", %s}]}' % (MD5, text))
    assert refusal(str(path)) == (
        "user 'anna'", "the key %s stands in it more than once" % text.split('"')[1].join("''"))


def test_a_second_list_of_users_is_no_user_file(tmp_path):
    path = tmp_path / "users.json"
    path.write_text('{"users": [], "users": [{}]}')
    with pytest.raises(ConfigurationError, match="users: stands in the file more than once"):
        load_users(str(path))


@pytest.mark.parametrize("key, length", [("fullname", 200), ("note", 4000), ("name", 100)])
def test_a_text_may_be_as_long_as_its_limit(write, key, length):
    user = load_one(write(dict({"name": "anna", "password": MD5}, **{key: "x" * length})))
    assert getattr(user, key) == "x" * length


def test_of_too_many_users_the_first_count(write):
    entries = [{"name": "user %d" % number, "password": MD5} for number in range(1003)]
    loaded, (problem,) = load_users(write(*entries))
    assert len(loaded) == 1000 and loaded.get("user 999") and not loaded.get("user 1000")
    assert problem.reason == "1003 of them, at most 1000: the others are left out"
    loaded, problems = load_users(write(*entries[:1000]))
    assert len(loaded) == 1000 and not problems


def test_the_documentation_has_a_user_who_may_only_look_on(write):
    page = Path(__file__).resolve().parents[2] / "doc" / "users.md"
    blocks = re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    [entry] = [entry for entry in map(json.loads, blocks) if "users" not in entry]
    assert load_one(write(entry)).rights == rights.WEBSOCKETS | rights.RECEIVE_EVENTS


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
        "%s: user 'bert': rights: unknown right 'root'; left out" % path,
        "%s: user number 3: not a JSON object; left out" % path,
        "%s: user 'anna': a user of this name stands before it; left out" % path]


def test_a_file_without_users_says_so(write):
    path = write()
    loaded, problems = load_users(path)
    assert len(loaded) == 0
    assert list(map(str, problems)) == ["%s: users: empty, so nobody can log in" % path]


@pytest.mark.parametrize("key, meant", [
    ("allow-remotes", "remotes"), ("myRemotes", "remotes"), ("filter-mask", "filter"),
    ("user_rights", "rights"), ("events list", "events")])
def test_a_restriction_among_other_words_leaves_its_user_out(write, key, meant):
    entry = {"name": "anna", "password": MD5, key: "+10.0.0.1"}
    assert refusal(write(entry)) == ("user 'anna'", "unknown key %r: is %s meant?" % (key, meant))


def test_unknown_keys_are_told_without_their_values_and_the_user_loads(write):
    path = write({"name": "anna", "password": MD5, "pin": "4711", "tables": ["x"]})
    loaded, problems = load_users(path)
    assert loaded.get("anna")
    assert [tuple(problem) for problem in problems] == [
        (path, "user 'anna'", "unknown key 'pin' is ignored"),
        (path, "user 'anna'", "unknown key 'tables' is ignored")]


def test_of_many_unknown_keys_ten_are_named(write):
    unknown = {"k%02d" % number: 1 for number in range(30)}
    loaded, problems = load_users(write(dict(unknown, name="anna", password=MD5)))
    assert len(loaded) == 1 and len(problems) == 11
    assert problems[-1].reason == "20 more unknown keys"
    ten = dict(list(unknown.items())[:10], name="anna", password=MD5)
    assert len(load_users(write(ten))[1]) == 10


@pytest.mark.parametrize("keys, warned", [
    ({"filter": "0,20,9,-"}, True),
    ({"filter": "0,20,9,-", "mask": "0,0,0,-"}, True),
    ({"filter": "0,20,9,-", "mask": "0,0xFFFF"}, False),
    ({"filter": "0,0,0,-"}, False),
    ({"mask": "0,0xFFFF"}, False),
])
def test_a_filter_without_mask_is_warned_about(write, keys, warned):
    loaded, problems = load_users(write(dict(keys, name="anna", password=MD5)))
    assert len(loaded) == 1
    assert [problem.reason for problem in problems] == (
        ["the filter has no mask, so it passes every event"] if warned else [])


@pytest.mark.parametrize("content, where, reason", [
    (b"", "", "not JSON: Expecting value in line 1, column 1"),
    (b'{"users": [\n{"name": "x"}', "", "not JSON: Expecting ',' delimiter in line 2, column 14"),
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


def test_other_keys_of_the_file_are_nobodys_business(tmp_path):
    path = tmp_path / "users.json"
    path.write_text(json.dumps({"version": 3, "users": [{"name": "anna", "password": MD5}]}))
    assert load_one(str(path)).name == "anna"


def test_no_secret_is_shown_anywhere(write):
    path = write({"name": "anna", "password": "plain-hush"},
                 {"name": "bert", "password": "one-hush", "credentials": "other-hush"},
                 {"name": "carl", "password": MD5, "rights": "root"},
                 {"name": "dora", "password": SALTED, "pin": "a-hush"})
    loaded, problems = load_users(path)
    shown = "%s %r" % (" ".join(map(str, problems)), list(loaded))
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
    assert len(loaded) == 1 or problems
    assert len(loaded) + any("left out" in problem.reason for problem in problems) == 1
    assert all(str(problem).isprintable() for problem in problems)
