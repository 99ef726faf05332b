import io
import json
import os
import sys

import pytest

import needs
from vscpws.access.credentials import DEFAULT_KEY, parse_key, verify_password
from vscpws.daemon.process import newsecret, samples
from vscpws.daemon.process.errors import StartFailed
from vscpws.daemon.process.privileges import Identity
from vscpws.model.errors import ConfigurationError


def load_key(path):
    with open(path) as file:
        return parse_key(file.read(), path)


def test_a_new_key_can_be_loaded_and_is_its_owner_s_alone(tmp_path):
    path = str(tmp_path / "vscp.key")
    newsecret.write_key(path, None)
    assert load_key(path) != DEFAULT_KEY
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.listdir(str(tmp_path)) == ["vscp.key"]


def test_two_keys_differ(tmp_path):
    for name in "ab":
        newsecret.write_key(str(tmp_path / name), None)
    assert load_key(str(tmp_path / "a")) != load_key(str(tmp_path / "b"))


def test_the_published_key_is_replaced(tmp_path):
    path = tmp_path / "vscp.key"
    path.write_text(DEFAULT_KEY.hex())
    path.chmod(0o644)
    newsecret.write_key(str(path), None)
    assert load_key(str(path)) != DEFAULT_KEY
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["00112233445566778899AABBCCDDEEFF\n", "", "a letter"])
def test_no_other_file_is_replaced(tmp_path, content):
    path = tmp_path / "precious"
    path.write_text(content)
    with pytest.raises(StartFailed, match="exists already"):
        newsecret.write_key(str(path), None)
    assert path.read_text() == content


def test_a_link_to_the_key_stays_a_link(tmp_path):
    path, link = tmp_path / "vscp.key", tmp_path / "link"
    path.write_text(DEFAULT_KEY.hex())
    link.symlink_to(path)
    newsecret.write_key(str(link), None)
    assert link.is_symlink()
    assert load_key(str(path)) != DEFAULT_KEY


def test_a_folder_that_is_missing_is_one_readable_line(tmp_path):
    with pytest.raises(StartFailed, match="can't write .*/no/key: No such file or directory"):
        newsecret.write_key(str(tmp_path / "no" / "key"), None)


def test_the_key_is_given_to_the_daemon_s_user(tmp_path):
    needs.root()
    path = tmp_path / "vscp.key"
    newsecret.write_key(str(path), Identity(65534, 65534, (65534,)))
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534)


def test_replacing_a_key_keeps_its_owner(tmp_path):
    needs.root()
    path = tmp_path / "vscp.key"
    path.write_text(DEFAULT_KEY.hex())
    os.chown(str(path), 65534, 65534)
    newsecret.write_key(str(path), None)
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534)


def test_an_entry_is_complete_and_its_password_fits():
    entry = json.loads(newsecret.user_entry("anna", "geheim: äß"))
    assert sorted(entry) == ["events", "filter", "fullname", "mask", "name", "note", "password",
                             "remotes", "rights"]
    assert verify_password(entry["password"], "anna", "geheim: äß")


@pytest.mark.parametrize("note, kept", [
    ("May do everything. The password is published: change it.", "May do everything."),
    ("The password is published: change it.", ""),
    ("The password is published!  In the hall.\nBy the door.", "In the hall. By the door."),
    ("The published password", ""),
    ("Has a password.  Was published elsewhere.", "Has a password.  Was published elsewhere."),
    ("", ""), (5, 5), (None, None)])
def test_a_note_says_no_longer_that_the_password_is_published(note, kept):
    entry = json.loads(newsecret.user_entry("anna", "new", [{"name": "anna", "note": note}]))
    assert entry["note"] == kept


def test_no_sample_user_keeps_the_warning_of_his_published_password():
    with open(os.path.join(samples.demo_folder(), "users.json"), encoding="ascii") as file:
        entries = json.load(file)["users"]
    for entry in entries:
        assert "published" in entry["note"]
        assert "published" not in newsecret.user_entry(entry["name"], "new", entries)


@pytest.mark.parametrize("name, password", [("", "x"), ("a:b", "x"), ("anna", ""), ("anna", "x ")])
def test_what_cannot_log_in_is_refused(name, password):
    with pytest.raises(ConfigurationError, match="can't"):
        newsecret.user_entry(name, password)


@pytest.mark.parametrize("sent", ["pass word\n", "pass word\r\n", "pass word", "pass word\nmore\n"])
def test_a_pipe_gives_the_first_line(monkeypatch, sent):
    monkeypatch.setattr(sys, "stdin", io.StringIO(sent))
    assert newsecret.ask_password("anna") == "pass word"


@pytest.mark.parametrize("answers, result", [(["one", "one"], "one"), (["one", "two"], None)])
def test_a_terminal_is_asked_twice(monkeypatch, answers, result):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda _prompt: answers.pop(0))
    if result:
        assert newsecret.ask_password("anna") == result
    else:
        with pytest.raises(StartFailed, match="differ"):
            newsecret.ask_password("anna")
    assert answers == []
