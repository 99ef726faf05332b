import grp
import os
import pwd

import pytest

import needs
from vscpws.daemon.process.errors import StartFailed
from vscpws.daemon.process.privileges import Identity, drop, identity
from vscpws.model.errors import ConfigurationError

NOBODY = pwd.getpwuid(65534)


@pytest.fixture
def as_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def test_neither_user_nor_group_changes_nothing():
    assert identity("", "") is None
    drop(None)


@pytest.mark.parametrize("user", [NOBODY.pw_name, "65534"])
def test_a_user_brings_his_groups(as_root, user):
    found = identity(user, "")
    assert (found.uid, found.gid) == (65534, NOBODY.pw_gid)
    assert NOBODY.pw_gid in found.groups


@pytest.mark.parametrize("group", ["65534", grp.getgrgid(65534).gr_name])
def test_a_group_alone_keeps_the_user(as_root, group):
    assert identity("", group) == Identity(os.getuid(), 65534, (65534,))


@pytest.mark.parametrize("user, group, text", [
    ("no-such-user", "", "--user: no user no-such-user"),
    ("", "no-such-group", "--group: no group no-such-group"),
    ("99999999999999999999", "", "--user: no user 9999"),
])
def test_unknown_names_are_a_wrong_configuration(user, group, text):
    with pytest.raises(ConfigurationError, match=text):
        identity(user, group)


def test_only_root_becomes_another(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(os, "getuid", lambda: 1234)
    with pytest.raises(StartFailed, match="only root"):
        identity(NOBODY.pw_name, "")


def test_root_is_given_up_for_good():
    needs.root()
    child = os.fork()
    if not child:
        try:
            drop(Identity(65534, 65534, (65534,)))
            ids = {*os.getresuid(), *os.getresgid(), *os.getgroups()}
            try:
                os.setuid(0)
            except PermissionError:
                os._exit(9 if ids == {65534} else 1)
        finally:
            os._exit(2)
    assert os.WEXITSTATUS(os.waitpid(child, 0)[1]) == 9
