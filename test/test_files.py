"""Files that somebody named: read only so far, written whole or not at all."""

import os
import stat

import pytest

from vscpws import files
from vscpws.files import Access, access_of, may_give, read_regular, write_file
from vscpws.model.errors import ConfigurationError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.json"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# -- reading -------------------------------------------------------------------------------------


def test_a_file_of_the_size_allowed_is_read_and_a_larger_one_refused(path):
    path.write_bytes(b"x" * 10)
    assert read_regular(str(path), 10) == b"x" * 10
    with pytest.raises(ConfigurationError, match="larger than 9 bytes"):
        read_regular(str(path), 9)


@pytest.mark.parametrize("make, reason", [
    (os.mkfifo, "not a regular file"), (os.mkdir, "Is a directory"),
    (lambda path: None, "No such file or directory")])
def test_what_is_no_regular_file_is_refused_and_not_waited_for(path, make, reason):
    make(str(path))
    with pytest.raises(ConfigurationError, match=reason):
        read_regular(str(path), 10)


# -- writing -------------------------------------------------------------------------------------


def test_a_file_is_written_as_a_whole_or_not_at_all(path):
    write_file(str(path), ["one\n", "zw\u00f6lf \udcff\n"])
    assert path.read_bytes() == b"one\nzw\xc3\xb6lf \xff\n"
    whole = path.read_bytes()

    def breaks():
        yield "half\n"
        raise OSError("the disk is full")
    with pytest.raises(OSError, match="the disk is full"):
        write_file(str(path), breaks())
    assert path.read_bytes() == whole
    assert os.listdir(str(path.parent)) == ["state.json"]


def test_an_error_that_is_none_of_the_system_s_leaves_nothing_behind_either(path):
    with pytest.raises(KeyError):
        write_file(str(path), (each[5] for each in [{}]))
    assert os.listdir(str(path.parent)) == []


def test_content_and_then_name_are_on_the_disk_before_it_returns(path, monkeypatch):
    done = []
    monkeypatch.setattr(files.os, "fsync", lambda fd: done.append(
        "folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else os.fstat(fd).st_size))
    replace = os.replace
    monkeypatch.setattr(files.os, "replace", lambda *paths: (done.append("name"), replace(*paths)))
    write_file(str(path), ["12345"])
    assert done == [5, "name", "folder"]


def test_what_a_crash_has_left_is_no_hindrance(path):
    new = path.parent / "state.json.new"
    new.write_text("half")
    new.chmod(0o777)
    write_file(str(path), ["whole"])
    assert path.read_text() == "whole" and mode(path) == 0o640
    assert os.listdir(str(path.parent)) == ["state.json"]


def test_a_link_where_the_new_file_should_be_is_not_followed(path):
    victim = path.parent / "victim"
    victim.write_text("mine")
    (path.parent / "state.json.new").symlink_to(victim)
    write_file(str(path), ["state"])
    assert victim.read_text() == "mine" and not path.is_symlink()


def test_others_may_not_read_it_and_a_stricter_umask_counts(path):
    write_file(str(path), [])
    assert mode(path) == 0o640
    before = os.umask(0o077)
    try:
        write_file(str(path), [])
    finally:
        os.umask(before)
    assert mode(path) == 0o600


def test_the_access_that_is_asked_for_counts_whatever_the_umask_is(path):
    before = os.umask(0o077)
    try:
        write_file(str(path), ["x"], Access(-1, -1, 0o644))
    finally:
        os.umask(before)
    assert access_of(str(path)) == (os.geteuid(), os.getegid(), 0o644)


def test_a_file_s_new_owner_may_be_another(path):
    if os.geteuid():
        pytest.skip("only root gives files away")
    write_file(str(path), ["x"], Access(65534, 65533, 0o440))
    assert access_of(str(path)) == (65534, 65533, 0o440)


def test_an_owner_that_it_can_not_be_given_to_is_an_error_and_leaves_nothing(path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")
    monkeypatch.setattr(files.os, "fchown", refuse)
    with pytest.raises(PermissionError):
        write_file(str(path), ["x"], Access(0, 0, 0o600))
    assert os.listdir(str(path.parent)) == []


def test_a_file_that_is_not_there_has_no_access(path):
    assert access_of(str(path)) is None


def test_who_is_not_root_gives_his_files_to_groups_of_his_alone(monkeypatch):
    monkeypatch.setattr(files.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(files.os, "getegid", lambda: 100)
    monkeypatch.setattr(files.os, "getgroups", lambda: [27])
    assert may_give(Access(1000, 100, 0)) and may_give(Access(1000, 27, 0))
    assert not may_give(Access(1000, 5, 0)) and not may_give(Access(0, 100, 0))
