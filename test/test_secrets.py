import json

import pytest

from vscpws.access.credentials import DEFAULT_KEY, hash_password
from vscpws.config.settings import Settings
from vscpws.model.errors import ConfigurationError
from vscpws.secrets import load_secrets

PUBLISHED_KEY = DEFAULT_KEY.hex()
OTHER_KEY = "00112233445566778899AABBCCDDEEFF"


@pytest.fixture
def settings(tmp_path):
    """Makes settings with files: a key, and users with their passwords."""
    def make(host="localhost", key=PUBLISHED_KEY, **passwords):
        (tmp_path / "key").write_text(key)
        (tmp_path / "users").write_text(json.dumps({"users": [
            {"name": name, "password": hash_password(name, password) if password else "broken"}
            for name, password in passwords.items()]}))
        return Settings((), host=host, key_file=str(tmp_path / "key"),
                        path_users=str(tmp_path / "users"))
    return make


def test_the_published_defaults_are_fine_on_loopback(settings):
    secrets = load_secrets(settings(admin="secret"))
    assert (secrets.key, secrets.left_out) == (DEFAULT_KEY, ())
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
    assert load_secrets(settings(host="0.0.0.0", key=OTHER_KEY, admin="my own")).left_out == ()


def test_a_broken_user_is_told_and_bearable(settings):
    [problem] = load_secrets(settings(admin="secret", anna="")).left_out
    assert "anna" in str(problem)


def test_all_files_are_looked_at_before_anything_is_said(settings, tmp_path):
    wrong = settings(key="no hex", admin="secret")
    (tmp_path / "users").write_text("no JSON")
    with pytest.raises(ConfigurationError) as error:
        load_secrets(wrong)
    assert [problem.file for problem in error.value.problems] == [
        str(tmp_path / "users"), str(tmp_path / "key")]
