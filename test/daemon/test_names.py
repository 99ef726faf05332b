"""Names, loaded: a broken file never keeps anybody from starting, and is said."""

import dataclasses
import os

import pytest

from vscpws.access.credentials import DEFAULT_KEY
from vscpws.daemon.names import load_names
from vscpws.daemon.vault import load_secrets
from vscpws.settings import Interface, Settings, StateSettings

CAN0 = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020000")
INTERFACES = {"can0": CAN0}


def load(path, content):
    path.write_bytes(content)
    return load_names(str(path), INTERFACES)


def test_no_file_is_no_problem():
    names, problems = load_names("", INTERFACES)
    assert (dict(names.nodes), problems) == ({}, [])


def test_names_are_loaded(tmp_path):
    names, problems = load(tmp_path / "names.json", b'\xef\xbb\xbf{"nodes": [{"interface": "can0", '
                           b'"nickname": 3, "name": "K\xc3\xbcche"}]}')
    assert problems == [] and names.node(CAN0[:15] + b"\3") == "K\u00fcche"


@pytest.mark.parametrize("content, where, reason", [
    (b"", "line 1", "not JSON"), (b'{"nodes": [\n{"guid": }]}', "line 2", "not JSON"),
    (b"\xff", "", "not UTF-8 at byte 0"), (b"[" * 100000, "", "not JSON"),
    (b"5", "", "not an object"), (b"x" * (1 << 20) + b"x", "", "larger than 1 MiB"),
    (b'{"zones": [{"zone": 256, "name": "A"}]}', "zones[0]", "left out"),
    (b'{"zones": [{"zone": ' + b"9" * 5000 + b', "name": "A"}]}', "", ""),
])
def test_what_is_wrong_is_said_with_file_place_and_reason(tmp_path, content, where, reason):
    path = tmp_path / "names.json"
    (problem,) = load(path, content)[1]
    assert (problem.file, where in problem.where, reason in problem.reason) == (
        str(path), True, True)


def test_a_missing_file_a_folder_and_a_fifo_are_said(tmp_path):
    os.mkfifo(str(tmp_path / "fifo"))
    for name in ("gone", ".", "fifo"):
        names, problems = load_names(str(tmp_path / name), INTERFACES)
        assert not names.nodes and len(problems) == 1


def test_they_are_loaded_with_the_secrets_and_never_stop_a_start(tmp_path):
    (tmp_path / "users.json").write_text(
        '{"users": [{"name": "a", "password": "%s"}]}' % ("0" * 32))
    (tmp_path / "key").write_text(DEFAULT_KEY.hex())
    for name in ("users.json", "key"):
        (tmp_path / name).chmod(0o600)
    (tmp_path / "names.json").write_text('{"nodes": [{"interface": "can0", "nickname": 3, '
                                         '"name": "Hall"}, 5]}')
    settings = Settings((Interface("can0", "can0", CAN0),), key_file=str(tmp_path / "key"),
                        path_users=str(tmp_path / "users.json"),
                        names_file=str(tmp_path / "names.json"),
                        state=StateSettings(state_file=str(tmp_path / "gone" / "states"),
                                            history_file=str(tmp_path / "history")))
    secrets = load_secrets(settings)
    assert secrets.names.node(CAN0[:15] + b"\3") == "Hall"
    assert [str(problem) for problem in secrets.problems] == [
        "%s: nodes[1]: not an object; left out" % (tmp_path / "names.json"),
        "[state] state-file: %s: No such file or directory" % (tmp_path / "gone")]
    assert settings.guids == INTERFACES
    missing = dataclasses.replace(settings, names_file=str(tmp_path / "none"))
    assert not load_secrets(missing).names.nodes
