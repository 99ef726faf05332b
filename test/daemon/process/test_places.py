import os

import pytest

from vscpws.daemon.process import places as module
from vscpws.daemon.process.places import places


@pytest.fixture
def as_user(monkeypatch, tmp_path):
    """Not root, and with a run-time folder of one's own."""
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(module, "RUN_FOLDER", str(tmp_path / "system"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def test_a_checkout_has_its_own_configuration():
    found = places("/home/anna/vscpwsd", "start")
    assert found.config == "/home/anna/vscpwsd/conf/vscpd.conf"
    assert found.ini == "/home/anna/vscpwsd/conf/vscpwsd.ini"


def test_an_installed_daemon_has_the_machine_s():
    found = places(None, "start")
    assert (found.config, found.ini) == ("/etc/vscp/vscpd.conf", "/etc/vscp/vscpwsd.ini")


def test_root_s_installed_daemon_has_its_pid_file_in_run(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert places(None, "start").pidfile == "/run/vscpwsd/vscpwsd.pid"


def test_a_user_s_pid_file_is_in_his_run_time_folder(as_user):
    assert places("/checkout", "start").pidfile == str(as_user / "vscpwsd.pid")
    assert places(None, "start").pidfile == str(as_user / "vscpwsd.pid")


@pytest.mark.parametrize("folder", ["", "relative", "/no/such/folder"])
def test_without_one_it_is_in_a_folder_of_his_own_in_tmp(as_user, monkeypatch, folder):
    monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
    assert places("/checkout", "start").pidfile == "/tmp/vscpwsd-1234/vscpwsd.pid"


def test_that_folder_is_made_and_is_his_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_own_folder", lambda: str(tmp_path / "own"))
    for _ in range(2):
        module.make_run_folder(str(tmp_path / "own" / "vscpwsd.pid"))
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700


def test_a_user_who_may_write_the_system_s_folder_uses_it(as_user):
    (as_user / "system").mkdir()
    assert places(None, "start").pidfile == str(as_user / "system" / "vscpwsd.pid")


@pytest.mark.parametrize("action", ["status", "stop", "restart", "reload"])
def test_a_user_without_a_daemon_means_the_machine_s(as_user, action):
    assert places(None, action).pidfile == str(as_user / "system" / "vscpwsd.pid")
    (as_user / "vscpwsd.pid").write_text("")
    assert places(None, action).pidfile == str(as_user / "vscpwsd.pid")
    assert places(None, "start").pidfile == str(as_user / "vscpwsd.pid")


def test_only_the_machine_s_run_folder_is_made(as_user):
    module.make_run_folder(str(as_user / "other" / "vscpwsd.pid"))
    assert not (as_user / "other").exists()
    module.make_run_folder(str(as_user / "system" / "vscpwsd.pid"))
    assert (as_user / "system").is_dir()
