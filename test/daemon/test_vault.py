import dataclasses
import json
import os

import pytest

from vscpws.access import credentials
from vscpws.access.credentials import DEFAULT_KEY, hash_password
from vscpws.access.rights import USER
from vscpws.access.users import User, Users
from vscpws.daemon.config.load import SettingsError
from vscpws.daemon.vault import load_all, load_secrets, users_text
from vscpws.model.errors import ConfigurationError, Oddity, Problem
from vscpws.settings import Settings, StateSettings, TlsSettings

PUBLISHED_KEY = DEFAULT_KEY.hex()
OTHER_KEY = "00112233445566778899AABBCCDDEEFF"


@pytest.fixture
def settings(tmp_path):
    """Makes settings with files: a key, and users with their passwords."""
    def make(host="localhost", key=PUBLISHED_KEY, **passwords):
        (tmp_path / "key").write_text(key)
        (tmp_path / "key").chmod(0o640)
        (tmp_path / "users").write_text(json.dumps({"users": [
            {"name": name, "password": hash_password(name, password) if password else "broken"}
            for name, password in passwords.items()]}))
        (tmp_path / "users").chmod(0o640)
        return Settings((), host=host, key_file=str(tmp_path / "key"),
                        path_users=str(tmp_path / "users"))
    return make


def test_the_published_defaults_are_fine_on_loopback(settings):
    secrets = load_secrets(settings(admin="secret"))
    assert (secrets.key, secrets.problems) == (DEFAULT_KEY, ())
    assert secrets.users.get("admin")


@pytest.mark.parametrize("key, password, named", [
    (PUBLISHED_KEY, "my own", "key"), (OTHER_KEY, "secret", "admin"),
])
def test_the_published_defaults_are_refused_on_a_network(settings, key, password, named):
    with pytest.raises(ConfigurationError) as error:
        load_secrets(settings(host="0.0.0.0", key=key, admin=password))
    assert named in str(error.value)
    assert "--make-key" in str(error.value)


def test_own_key_and_passwords_may_face_a_network(settings):
    assert load_secrets(settings(host="0.0.0.0", key=OTHER_KEY, admin="my own")).problems == ()


def test_a_broken_user_is_told_and_bearable(settings):
    [problem] = load_secrets(settings(admin="secret", anna="")).problems
    assert "anna" in str(problem)


def test_all_files_are_looked_at_before_anything_is_said(settings, tmp_path):
    wrong = settings(key="no hex", admin="secret")
    (tmp_path / "users").write_text("no JSON")
    with pytest.raises(ConfigurationError) as error:
        load_secrets(wrong)
    assert [problem.file for problem in error.value.problems] == [
        str(tmp_path / "users"), str(tmp_path / "key")]


def test_files_that_are_missing_are_named(settings, tmp_path):
    wrong = settings(admin="secret")
    (tmp_path / "users").unlink()
    (tmp_path / "key").unlink()
    with pytest.raises(ConfigurationError) as error:
        load_secrets(wrong)
    assert error.value.problems == tuple(
        (str(tmp_path / name), "", "No such file or directory") for name in ("users", "key"))


def test_what_is_odd_about_the_settings_comes_before_what_is_wrong_with_the_secrets(settings):
    odd = Oddity("ini", "", "strange")
    strange = dataclasses.replace(settings(admin="my own", key="no hex"), oddities=(odd,))
    with pytest.raises(ConfigurationError) as error:
        load_all(lambda: strange)
    assert error.value.problems[0] is odd and len(error.value.problems) == 2
    fine = dataclasses.replace(settings(admin="my own", anna=""), oddities=(odd,))
    loaded, secrets = load_all(lambda: fine)
    assert loaded.oddities == (odd,) and len(secrets.problems) == 1


@pytest.mark.parametrize("said, listens, fine", [
    ("localhost", ["0.0.0.0"], False), ("localhost", ["127.0.0.1", "2001:db8::1"], False),
    ("0.0.0.0", ["127.0.0.1", "::1"], True), ("house.example", [], True),
    ("localhost", ["::ffff:192.0.2.7"], False), ("0.0.0.0", ["::ffff:127.0.0.1"], True)])
def test_where_the_daemon_listens_counts_and_not_what_the_settings_say(
        settings, said, listens, fine):
    made = settings(host=said, admin="secret")
    if fine:
        assert load_secrets(made, listens).key == DEFAULT_KEY
    else:
        with pytest.raises(ConfigurationError, match="refused to listen on"):
            load_secrets(made, listens)


@pytest.mark.parametrize("iv", ["any", "default"])
def test_an_iv_that_clients_choose_is_warned_of_beyond_loopback(settings, iv):
    made = dataclasses.replace(settings(key=OTHER_KEY, admin="my own"), auth_iv=iv)
    [problem] = load_secrets(made, ["192.0.2.7"]).problems
    assert str(problem).startswith("auth-iv: %s: whoever records a login on the way to 192" % iv)
    assert load_secrets(made, ["127.0.0.1"]).problems == ()


def test_on_loopback_no_password_is_compared_and_beyond_it_each_one_once(settings, monkeypatch):
    checks = []
    real = credentials.verify_password
    monkeypatch.setattr(credentials, "verify_password",
                        lambda *args: checks.append(args[1]) or real(*args))
    credentials.has_default_password.cache_clear()
    made = settings(key=OTHER_KEY, admin="my own", anna="hers", bert="his")
    load_secrets(made)
    assert checks == []
    for _ in range(3):
        load_secrets(made, ["0.0.0.0"], threads=2)
    assert sorted(checks) == ["admin", "anna", "bert"]


def test_wrong_settings_and_wrong_secrets_are_told_in_one_round(settings, tmp_path):
    made = settings(key="no hex", admin="my own", anna="")

    def load():
        raise SettingsError([Problem("ini", "max-clients", "wrong")], made)

    with pytest.raises(ConfigurationError) as error:
        load_all(load)
    assert [(problem.file, problem.where) for problem in error.value.problems] == [
        ("ini", "max-clients"), (str(tmp_path / "key"), ""),
        (str(tmp_path / "users"), "user 'anna'")]


def test_a_file_that_the_settings_speak_of_already_is_not_told_twice(settings, tmp_path):
    made = settings(admin="my own")
    (tmp_path / "key").unlink()

    def load():
        raise SettingsError([Problem("ini", "key-file", "%s: gone" % (tmp_path / "key"))], made)

    with pytest.raises(ConfigurationError) as error:
        load_all(load)
    assert len(error.value.problems) == 1


def test_nothing_is_said_of_files_that_no_setting_names():
    def load():
        raise SettingsError([Problem("ini", "line 1", "wrong")], Settings(()))

    with pytest.raises(ConfigurationError) as error:
        load_all(load)
    assert len(error.value.problems) == 1


def test_what_each_user_may_do_is_told_by_names():
    text = users_text(Users([
        User(0, "look", "", rights=1 << 1 | 1 << 20), User(1, "old", "", rights=0),
        User(2, "send", "", rights=1 << 1 | 1 << 16), User(3, "all", "", rights=USER)]), "/u")
    assert [" ".join(line.split()) for line in text.splitlines()] == [
        "Users from /u",
        "look websockets, receive-events",
        "old no rights (can't log in: no websockets)",
        "send websockets, send-events (gets no events: no receive-events)",
        "all tcpip, websockets, web, rest, udp, mqtt, multicast, send-events, l1ctrl-events, "
        "l2ctrl-events, receive-events"]


class TestPermissions:
    def test_files_that_everybody_may_read_are_named(self, settings, tmp_path):
        made = settings(key=OTHER_KEY, admin="my own")
        for name in ("users", "key"):
            (tmp_path / name).chmod(0o644)
        assert [str(problem) for problem in load_secrets(made).problems] == [
            "%s: everybody may read it: chmod o-r" % (tmp_path / name) for name in ("users", "key")]

    def test_published_secrets_need_no_hiding(self, settings, tmp_path):
        made = settings(admin="secret")
        (tmp_path / "key").chmod(0o644)
        assert load_secrets(made).problems == ()

    def test_a_file_that_everybody_may_write_is_refused(self, settings, tmp_path):
        made = settings(admin="secret")
        (tmp_path / "users").chmod(0o666)
        with pytest.raises(ConfigurationError, match="users: everybody may write it: chmod o-w"):
            load_secrets(made)

    def test_the_tls_key_is_one_of_them(self, settings, tmp_path):
        key = tmp_path / "tls.key"
        key.write_text("")
        key.chmod(0o644)
        made = dataclasses.replace(settings(key=OTHER_KEY, admin="my own"),
                                   tls=TlsSettings("unused", str(key)))
        assert [problem.file for problem in load_secrets(made).problems] == [str(key)]


@pytest.mark.parametrize("key", ["state_file", "history_file"])
def test_a_place_of_states_that_is_no_file_is_told(settings, tmp_path, key):
    os.mkfifo(str(tmp_path / "pipe"))

    def problems(name):
        state = StateSettings(**{key: str(tmp_path / name)})
        return [(p.where, p.reason) for p in load_secrets(
            dataclasses.replace(settings(admin="secret"), state=state)).problems]
    assert problems("pipe") == [("[state] " + key.replace("_", "-"),
                                 "%s: not a regular file" % (tmp_path / "pipe"))]
    assert problems("key") == problems("new") == []
