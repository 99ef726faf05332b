"""``--forget``: which node is meant, who is asked, and what is said where it can't be."""

import json
import os
import stat

import pytest

from vscpws.daemon import forgetting
from vscpws.daemon.forgetting import forget
from vscpws.daemon.process.errors import StartFailed
from vscpws.model.errors import ConfigurationError
from vscpws.mqtt.homeassistant.memo import MEMO, Memo, NodeMemo, memo_lines
from vscpws.settings import MqttSettings, Settings

GUID = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020009")
OTHER = GUID[:15] + b"\3"
ID = GUID.hex().upper()


@pytest.fixture
def settings(tmp_path):
    memo = Memo("house", "homeassistant", (NodeMemo(ID, GUID, 0, True, {}),
                                           NodeMemo("cellar", OTHER, 0, False, {})))
    (tmp_path / MEMO).write_text("".join(memo_lines(memo)))
    (tmp_path / "names.json").write_text(json.dumps({"nodes": [
        {"guid": "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:09", "name": "Boiler"}]}))
    return Settings((), mqtt=MqttSettings(state_directory=str(tmp_path)),
                    names_file=str(tmp_path / "names.json"))


def requests(folder):
    return {name: (folder / name).read_text() for name in os.listdir(str(folder))
            if name.startswith("forget-")}


@pytest.mark.parametrize("called, identity", [
    (ID, ID), (ID.lower(), ID), ("FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:09", ID),
    ("Boiler", ID), (" Boiler ", ID), ("cellar", "cellar")])
def test_where_no_daemon_runs_the_next_start_is_asked(settings, tmp_path, called, identity):
    assert forget(called, settings, "ini", "") == "node %s: the next start forgets it" % identity
    (name, text), = requests(tmp_path).items()
    assert text == identity + "\n"
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o644


def test_a_daemon_that_runs_is_waited_for(settings, tmp_path, monkeypatch):
    folder = tmp_path / "running"
    folder.mkdir()
    (tmp_path / MEMO).rename(folder / MEMO)
    monkeypatch.setattr(forgetting, "_running", lambda pidfile: str(folder))
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            for name in requests(folder):
                (folder / name).unlink()
    assert forget("Boiler", settings, "ini", "pid", sleep, lambda: 0.0) == (
        "node %s: forgotten" % ID)
    assert len(slept) == 3


def test_a_daemon_that_does_not_listen_is_told_of(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(forgetting, "_running", lambda pidfile: str(tmp_path))
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds
    with pytest.raises(StartFailed, match="does not take"):
        forget("Boiler", settings, "ini", "pid", sleep, lambda: now[0])
    assert now[0] < 30


@pytest.mark.parametrize("report, directory", [
    ({}, ""), ({"ends": None}, ""), ({"ends": ["x", {"speaker": 5}]}, ""),
    ({"ends": [{"kind": "bus"}, {"kind": "mqtt", "speaker": {"directory": "/a"}}]}, "/a"),
    ({"ends": [{"kind": "mqtt", "speaker": {"directory": ""}}]}, "")])
def test_the_daemon_s_report_says_where_it_remembers(report, directory, monkeypatch):
    monkeypatch.setattr(forgetting, "state", lambda pidfile: None)
    monkeypatch.setattr(forgetting.control, "inquire", lambda found, pidfile: (True, report))
    assert forgetting._running("pid") == directory


def test_an_unknown_node_is_refused_with_those_that_there_are(settings):
    with pytest.raises(StartFailed) as caught:
        forget("Biolar\x1b", settings, "ini", "")
    assert str(caught.value) == (
        "no node is called Biolar\\x1b; there are: %s (Boiler), cellar" % ID)


def test_a_name_of_two_nodes_is_refused(settings, tmp_path):
    (tmp_path / "names.json").write_text(json.dumps({"nodes": [
        {"guid": "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:09", "name": "Boiler"},
        {"guid": "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:03", "name": "Boiler"}]}))
    with pytest.raises(StartFailed, match="several nodes"):
        forget("Boiler", settings, "ini", "")
    assert requests(tmp_path) == {}


def test_where_nothing_is_remembered_it_is_said(settings, tmp_path, monkeypatch):
    (tmp_path / MEMO).unlink()
    with pytest.raises(StartFailed, match="there is none"):
        forget("Boiler", settings, "ini", "")
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    with pytest.raises(ConfigurationError, match="state-directory: is not set"):
        forget("Boiler", Settings(()), "ini", "")


def test_the_service_manager_s_directory_counts_where_none_is_set(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path) + ":/other")
    assert "next start" in forget("cellar", Settings(()), "ini", "")


def test_the_service_s_own_directory_counts_for_its_own_file_alone(tmp_path, monkeypatch):
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert forgetting._next(Settings(()), "/etc/vscp/vscpwsd.ini") == "/var/lib/vscpwsd"
    with pytest.raises(ConfigurationError):
        forgetting._next(Settings(()), str(tmp_path / "vscpwsd.ini"))


def test_a_folder_that_can_t_be_written_is_told(settings, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")
    monkeypatch.setattr(forgetting.os, "open", refuse)
    monkeypatch.setattr(forgetting, "read_regular", lambda path, most: open(path, "rb").read())
    monkeypatch.setattr(forgetting, "load_names", lambda *args: (forgetting.Names(), []))
    with pytest.raises(StartFailed, match="can't ask for it in .*: Permission denied"):
        forget("cellar", settings, "ini", "")
