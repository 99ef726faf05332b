import dataclasses
import json

import pytest

from vscpws.access.credentials import DEFAULT_KEY, hash_password
from vscpws.config.settings import Settings, TlsSettings
from vscpws.model.errors import ConfigurationError
from vscpws.secrets import load_secrets

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
