import json

import pytest

from vscpws.access.credentials import hash_password, verify_password
from vscpws.access.users import parse_users
from vscpws.daemon.process.samples import demo_folder
from vscpws.daemon.setup.userlist import read_list
from vscpws.model.errors import ConfigurationError


def sample():
    with open(demo_folder() + "/users.json", encoding="utf-8") as file:
        return file.read()


def users_of(changed):
    users, problems = parse_users(changed.text, "users.json")
    assert problems == []
    return {user.name: user for user in users}


def own(*names, **more):
    return json.dumps(dict(more, users=[
        {"name": name, "password": hash_password(name, "own"), "rights": "ws",
         "note": "mine"} for name in names]))


def test_of_the_sample_nobody_is_left_but_an_administrator_with_a_new_password():
    found = read_list(sample(), "users.json")
    assert found.published == ["admin", "user", "viewer", "panel"]
    assert found.needs_admin
    changed = found.changed("hush hush")
    users = users_of(changed)
    assert list(users) == ["admin"]
    assert verify_password(users["admin"].password, "admin", "hush hush")
    assert users["admin"].rights == 0xFFFFFFFF
    assert "published" not in users["admin"].note
    assert changed.changes == ["a new password of admin",
                               "without the published users admin, user, viewer, panel"]


def test_without_any_file_there_is_an_administrator():
    changed = read_list("", "users.json").changed("hush")
    assert users_of(changed)["admin"].rights == 0xFFFFFFFF


def test_users_of_one_s_own_stay_as_they_are_and_so_does_what_else_is_in_the_file():
    text = own("anna", "admin", "bert", remark=[1])
    changed = read_list(text, "users.json").changed("new one")
    content, before = json.loads(changed.text), json.loads(text)
    assert content["remark"] == [1]
    assert [entry["name"] for entry in content["users"]] == ["anna", "admin", "bert"]
    assert [content["users"][place] == before["users"][place] for place in range(3)] == [
        True, False, True]
    assert dict(content["users"][1], password="") == dict(before["users"][1], password="")


def test_the_same_once_more_changes_nothing():
    first = read_list(sample(), "users.json").changed("hush")
    again = read_list(first.text, "users.json")
    assert not again.needs_admin
    assert again.changed("hush").changes == []
    assert again.changed(None).changes == []
    assert again.changed("another").changes == ["a new password of admin"]


@pytest.mark.parametrize("spelling", [("user", "credentials"), ("name", "password")])
def test_either_spelling_of_the_keys_is_known(spelling):
    name, password = spelling
    text = json.dumps({"users": [{name: "admin", password: hash_password("admin", "secret")}]})
    found = read_list(text, "users.json")
    assert found.published == ["admin"]
    entry, = json.loads(found.changed("hush").text)["users"]
    assert verify_password(entry[password], "admin", "hush")


@pytest.mark.parametrize("password", ["", " x", "secret", "a\tb", "x" * 300])
def test_a_password_that_can_t_be_is_refused(password):
    with pytest.raises(ConfigurationError, match="user '?admin'?: "):
        read_list(sample(), "users.json").changed(password)


@pytest.mark.parametrize("text", ["no", "[]", "{}", '{"users": 1}', "[" * 100000, "null"])
def test_what_is_no_user_file_is_said(text):
    with pytest.raises(ConfigurationError, match="users.json: not a user file"):
        read_list(text, "users.json")


def test_entries_that_are_none_stay_for_whoever_reads_them():
    content = {"users": [3, {"name": 4}, {"password": "x"}]}
    assert json.loads(read_list(json.dumps(content), "f").changed("p").text)["users"][1:] == (
        content["users"])

