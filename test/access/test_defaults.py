"""The user file and the key in ``conf/`` are the published ones, so that every sample logs in."""

from pathlib import Path

import pytest

from vscpws.access import rights
from vscpws.access.admission import Origin, admit
from vscpws.access.credentials import (
    DEFAULT_KEY,
    DEFAULT_PASSWORD,
    has_default_password,
    parse_key,
)
from vscpws.access.users import parse_users
from vscpws.model.errors import VscpError
from vscpws.model.event import MAX_LEVEL1_DATA, Event, make_head

ORIGIN = Origin(obid=1, guid=bytes(16), level1_data=MAX_LEVEL1_DATA, now=1)
CONF = Path(__file__).resolve().parents[2] / "conf"


@pytest.fixture(scope="module")
def users():
    loaded, problems = parse_users((CONF / "users.json").read_text(encoding="utf-8"), "users.json")
    assert problems == []
    return loaded


def test_the_key_is_the_published_one():
    assert parse_key((CONF / "vscp.key").read_text(), "vscp.key") == DEFAULT_KEY
    assert DEFAULT_KEY.hex().upper() == "2DBB079A38985AF00EBEEFE22F9FFA0E"


def test_the_users_have_the_published_password_and_rights_in_steps(users):
    assert [(user.userid, user.name, user.rights) for user in users] == [
        (0, "admin", rights.ADMIN), (1, "user", rights.USER),
        (2, "viewer", rights.WEBSOCKETS | rights.RECEIVE_EVENTS),
        (3, "panel", rights.WEBSOCKETS | rights.RECEIVE_EVENTS | rights.SEND_EVENTS)]
    assert DEFAULT_PASSWORD == "secret"
    assert all(has_default_password(user.password, user.name) for user in users)


def may_send(user, vscp_class):
    event = Event(make_head(3), vscp_class, 5, 0, 0, 0, bytes(16),
                  bytes(8 if vscp_class < 512 else 16))
    try:
        admit(event, user, ORIGIN)
    except VscpError:
        return False
    return True


def test_a_viewer_sends_nothing_and_a_panel_nothing_but_control(users):
    classes = (0, 10, 20, 30, 512, 542, 1024, 1028)
    allowed = {user.name: [each for each in classes if may_send(user, each)] for user in users}
    assert allowed["admin"] == list(classes)
    assert allowed["viewer"] == []
    assert allowed["panel"] == [30]


def test_none_has_a_password_in_the_old_form(users):
    assert users.legacy_names == ()
