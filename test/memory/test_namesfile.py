"""The file of names, written for who may edit it."""

import json
import logging
import os
import stat
import tempfile
from pathlib import Path

import gevent
import pytest

from vscpws.loop.aside import NoAnswer
from vscpws.memory import namesfile
from vscpws.memory.namesfile import NamesFile
from vscpws.model.errors import BadSyntax, GeneralError, NotAllowed
from vscpws.reading.names import parse_names

CAN0 = bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020000")
INTERFACES = {"can0": CAN0}
OLD = {"nodes": [{"interface": "can0", "nickname": 3, "name": "Living room"}], "zones": []}
NEW = {"nodes": [{"guid": "::01:02", "name": "K\u00fcche"}], "zones": [{"zone": 2, "name": "Hall"}]}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "names.json"
    path.write_text(json.dumps(OLD))
    path.chmod(0o640)
    return path


@pytest.fixture
def names(path):
    return NamesFile(str(path), parse_names(OLD, INTERFACES)[0], INTERFACES)


def test_all_who_ask_are_told_the_same_text_with_a_guid_for_each_node(names):
    assert json.loads(names.text)["nodes"] == [
        dict(OLD["nodes"][0], guid="FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:03")]
    assert names.text is names.text


def test_the_new_names_are_in_force_and_the_old_file_stays_as_bak(names, path, caplog):
    caplog.set_level(logging.INFO)
    names.write(NEW, "'admin'")
    assert json.loads(path.read_text("utf-8")) == NEW
    told = dict(NEW["nodes"][0], guid="FF:" * 14 + "01:02")     # whole, however it is written
    assert json.loads(names.text) == dict(NEW, nodes=[told])
    assert names.names.zone(2) == "Hall"
    assert json.loads((path.parent / "names.json.bak").read_text()) == OLD
    assert sorted(os.listdir(str(path.parent))) == ["names.json", "names.json.bak"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0
    assert caplog.messages == ["names file %s: written by 'admin'" % path]


def test_what_was_told_can_be_given_back_and_leaves_the_file_s_form(names, path):
    names.write(json.loads(names.text), "x")
    assert json.loads(path.read_text()) == OLD


@pytest.mark.parametrize("table", [
    None, [], "x", {"nodes": [{"name": "A"}]}, {"nodse": []}, {"nodes": {}},
    {"nodes": [{"guid": "::01", "name": "\ud800"}]},
    {"zones": [{"zone": zone % 256, "subzone": zone // 256, "name": "A"} for zone in range(5000)]}])
def test_one_wrong_entry_and_nothing_is_written(names, path, table):
    with pytest.raises(BadSyntax):
        names.write(table, "x")
    assert json.loads(path.read_text()) == OLD and names.names.node(CAN0[:15] + b"\3")
    assert os.listdir(str(path.parent)) == ["names.json"]


@pytest.mark.parametrize("table, reason", [
    (None, "names: not an object with nodes and zones"),
    ({"nodes": [{"guid": "::05", "name": "A"}, {"guid": "::06", "name": ""}]},
     "nodes[1] (::06): name is empty"),
    ({"zones": [{"zone": 300, "name": "Hall"}]},
     "zones[0] (Hall): zone is no whole number in 0-255"),
    ({"nodes": [{"guid": "::05", "name": "A", "sensors": [{"class": 10, "type": 6}]}]},
     "nodes[0].sensors[0] (A): has no name"),
    ({"nodes": [{"guid": "::05", "name": "\ud800"}]},
     "nodes[0]: name is no text of up to 64 characters"),
    ({"zones": ["Hall"]}, "zones[0]: not an object")])
def test_who_gives_them_is_told_what_is_wrong(names, table, reason):
    with pytest.raises(BadSyntax) as caught:
        names.write(table, "x")
    assert caught.value.told
    assert str(caught.value) == reason


def test_a_table_that_is_too_large_is_refused(names, path, monkeypatch):
    size = len(json.dumps(NEW, indent=1, ensure_ascii=False).encode("utf-8")) + 1
    monkeypatch.setattr(namesfile, "MAX_SIZE", size - 1)
    with pytest.raises(BadSyntax, match="larger than %d bytes" % (size - 1)):
        names.write(NEW, "x")
    assert json.loads(path.read_text()) == OLD
    monkeypatch.setattr(namesfile, "MAX_SIZE", size)
    names.write(NEW, "x")
    assert json.loads(path.read_text("utf-8")) == NEW


def test_a_file_that_is_too_large_to_be_kept_as_bak_is_left_as_it_is(names, path):
    for size, is_taken in ((1 << 20, True), ((1 << 20) + 1, False)):
        path.write_bytes(b" " * size)
        if is_taken:
            names.write(NEW, "x")
            assert (path.parent / "names.json.bak").stat().st_size == size
        else:
            with pytest.raises(GeneralError, match="can't be written: larger than 1 MiB"):
                names.write(OLD, "x")
            assert path.stat().st_size == size and names.names.zone(2) == "Hall"


def test_a_disk_that_does_not_answer_within_ten_seconds_is_not_waited_for(path, monkeypatch):
    class Disk:
        def run(self, seconds, *job):
            raise NoAnswer if seconds == 10.0 else AssertionError(seconds)

    monkeypatch.setattr(namesfile, "FileThread", Disk)
    names = NamesFile(str(path), parse_names(OLD, INTERFACES)[0], INTERFACES)
    with pytest.raises(GeneralError, match="%s: no answer from the disk" % path):
        names.write(NEW, "x")
    assert names.names.zone(2) == ""


def test_without_a_file_no_names_can_be_given():
    with pytest.raises(NotAllowed):
        NamesFile("", parse_names({}, {})[0], {}).write(NEW, "x")


@pytest.mark.parametrize("of_file, of_folder", [(0o444, 0o777), (0o666, 0o555)])
def test_a_file_that_is_not_ours_to_write_is_left_alone(of_file, of_folder, caplog, capfd):
    """Root may write everything, and so is somebody else here."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "names.json")
        path.write_text(json.dumps(OLD))
        path.chmod(of_file)
        os.chmod(folder, of_folder)
        names = NamesFile(str(path), parse_names(OLD, INTERFACES)[0], INTERFACES)
        own = os.geteuid()
        try:
            if own == 0:
                os.seteuid(65534)
            for table in (NEW, None):           # to give none is to ask
                with pytest.raises(NotAllowed, match="Permission denied"):
                    names.write(table, "x")
        finally:
            os.seteuid(own)
            os.chmod(folder, 0o700)
        assert json.loads(path.read_text()) == OLD
        assert os.listdir(folder) == ["names.json"]
    assert caplog.messages == ["names file %s can't be written: Permission denied" % path]
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_is_gone_is_a_failure_of_ours(names, tmp_path):
    names.replace(str(tmp_path / "gone" / "names.json"), names.names)
    with pytest.raises(GeneralError):
        names.write(NEW, "x")


def test_a_file_that_was_not_there_is_made(names, path):
    path.unlink()
    names.write(NEW, "x")
    assert json.loads(path.read_text("utf-8")) == NEW
    assert os.listdir(str(path.parent)) == ["names.json"]


def test_a_link_is_followed(names, path, tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(path)
    names.replace(str(link), names.names)
    names.write(NEW, "x")
    assert link.is_symlink() and json.loads(path.read_text("utf-8")) == NEW


def test_who_could_read_the_file_still_can(names, path):
    path.chmod(0o604)
    names.write(NEW, "x")
    assert [stat.S_IMODE(each.stat().st_mode) for each in sorted(path.parent.iterdir())] == [
        0o604, 0o604]


def test_names_are_not_written_while_somebody_reads_them_to_have_them_in_force(names, path):
    with names.turn:
        writer = gevent.spawn(names.write, NEW, "x")
        gevent.sleep(0.05)
        assert json.loads(path.read_text()) == OLD
        names.replace(str(path), parse_names(OLD, INTERFACES)[0])
    writer.get(timeout=10)
    assert json.loads(path.read_text("utf-8")) == NEW and names.names.zone(2) == "Hall"


def test_of_two_who_write_at_a_time_each_is_whole(names, path):
    tables = [{"nodes": [], "zones": [{"zone": number, "name": "A"}]} for number in range(9)]
    writers = [gevent.spawn(names.write, table, "x") for table in tables]
    gevent.joinall(writers, timeout=10, raise_error=True)
    assert json.loads(path.read_text()) == tables[-1] == json.loads(names.text)
    assert json.loads((path.parent / "names.json.bak").read_text()) == tables[-2]
