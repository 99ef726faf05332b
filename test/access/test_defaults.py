"""The user file and the key in ``conf/`` are the published ones, so that every sample logs in."""

from pathlib import Path

import pytest

from vscpws.access import rights
from vscpws.access.credentials import (
    DEFAULT_KEY,
    DEFAULT_PASSWORD,
    has_default_password,
    parse_key,
)
from vscpws.access.users import parse_users

CONF = Path(__file__).resolve().parents[2] / "conf"


@pytest.fixture(scope="module")
def users():
    loaded, problems = parse_users((CONF / "users.json").read_text(encoding="utf-8"), "users.json")
    assert problems == []
    return loaded


def test_the_key_is_the_published_one():
    assert parse_key((CONF / "vscp.key").read_text(), "vscp.key") == DEFAULT_KEY
    assert DEFAULT_KEY.hex().upper() == "2DBB079A38985AF00EBEEFE22F9FFA0E"


def test_the_users_are_admin_and_user_with_the_published_password(users):
    assert [(user.userid, user.name, user.rights) for user in users] == [
        (0, "admin", rights.ADMIN), (1, "user", rights.USER)]
    assert DEFAULT_PASSWORD == "secret"
    assert all(has_default_password(user.password, user.name) for user in users)


def test_none_has_a_password_in_the_old_form(users):
    assert users.legacy_names == ()
