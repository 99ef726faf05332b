"""The user file and the key in ``conf/`` are the published ones, so that every sample logs in."""

import os

import pytest

from vscpws.access import rights
from vscpws.access.credentials import (
    DEFAULT_KEY,
    DEFAULT_PASSWORD,
    has_default_password,
    load_key,
)
from vscpws.access.users import load_users

CONF = os.path.join(os.path.dirname(__file__), "..", "..", "conf")


@pytest.fixture(scope="module")
def users():
    loaded, problems = load_users(os.path.join(CONF, "users.json"))
    assert problems == []
    return loaded


def test_the_key_is_the_published_one():
    assert load_key(os.path.join(CONF, "vscp.key")) == DEFAULT_KEY
    assert DEFAULT_KEY.hex().upper() == "2DBB079A38985AF00EBEEFE22F9FFA0E"


def test_the_users_are_admin_and_user_with_the_published_password(users):
    assert [(user.userid, user.name, user.rights) for user in users] == [
        (0, "admin", rights.ADMIN), (1, "user", rights.USER)]
    assert DEFAULT_PASSWORD == "secret"
    assert all(has_default_password(user.password, user.name) for user in users)


def test_none_has_a_password_in_the_old_form(users):
    assert users.legacy_names == ()
