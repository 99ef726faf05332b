import os
import stat

import pytest

from vscpws.daemon.process.atomicfile import Access
from vscpws.daemon.process.errors import StartFailed
from vscpws.daemon.setup.newfiles import NewFile, put_in_place, staged, staged_path


def new(path, text, mode=0o600):
    return NewFile(str(path), text, Access(os.geteuid(), os.getegid(), mode), [])


def test_files_come_all_together_and_with_their_modes(tmp_path):
    files = [new(tmp_path / "new" / "key", "K", 0o640), new(tmp_path / "new" / "ini", "I", 0o644)]
    with staged(files):
        assert not os.path.lexists(files[0].path)
        put_in_place(files)
    assert sorted(os.listdir(str(tmp_path / "new"))) == ["ini", "key"]
    for file in files:
        with open(file.path) as written:
            assert written.read() == file.text
        assert stat.S_IMODE(os.stat(file.path).st_mode) == file.access.mode


def test_without_the_last_step_nothing_has_changed(tmp_path):
    (tmp_path / "ini").write_text("old")
    files = [new(tmp_path / "key", "K"), new(tmp_path / "ini", "I")]
    with pytest.raises(RuntimeError), staged(files):
        assert sorted(os.listdir(str(tmp_path))) == [".ini.setup", ".key.setup", "ini"]
        raise RuntimeError
    assert os.listdir(str(tmp_path)) == ["ini"]
    assert (tmp_path / "ini").read_text() == "old"


def test_what_one_that_was_killed_has_left_is_no_hindrance_and_never_followed(tmp_path):
    (tmp_path / "precious").write_text("precious")
    os.symlink(str(tmp_path / "precious"), staged_path(str(tmp_path / "key")))
    files = [new(tmp_path / "key", "K")]
    with staged(files):
        put_in_place(files)
    assert (tmp_path / "precious").read_text() == "precious"
    assert sorted(os.listdir(str(tmp_path))) == ["key", "precious"]
    assert not (tmp_path / "key").is_symlink()


def test_one_that_can_t_be_written_leaves_none(tmp_path):
    (tmp_path / "file").write_text("")
    files = [new(tmp_path / "key", "K"), new(tmp_path / "file" / "ini", "I")]
    with pytest.raises(StartFailed, match="can't write .*/file/ini: "), staged(files):
        pass
    assert os.listdir(str(tmp_path)) == ["file"]


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_whenever_it_ends_each_file_is_the_old_or_the_new_one(tmp_path, monkeypatch, broken):
    files = [new(tmp_path / name, "new") for name in ("a", "b", "c")]
    for file in files:
        with open(file.path, "w") as old:
            old.write("old")
    rename, calls = os.rename, []

    def stop_at(source, to):
        if len(calls) == broken:
            raise OSError(5, "Input/output error")
        calls.append(to)
        rename(source, to)

    monkeypatch.setattr(os, "rename", stop_at)
    with pytest.raises(StartFailed, match="Input/output error"), staged(files):
        put_in_place(files)
    texts = [(tmp_path / name).read_text() for name in ("a", "b", "c")]
    assert texts == ["new"] * broken + ["old"] * (3 - broken)
    assert sorted(os.listdir(str(tmp_path))) == ["a", "b", "c"]
