"""Which folders are believed, tried with folders of several users; the tests run as root."""

import os
import stat

import pytest

import needs
from vscpws.daemon.process import trust

NOBODY, OTHER = 65534, 4711


@pytest.fixture
def folder(tmp_path):
    """One in a folder of ours, to be given to others."""
    made = tmp_path / "parent" / "folder"
    made.mkdir(parents=True)
    return made


def owners(path):
    with trust.believed(str(path)) as found:
        return found.owners


def refusal(path):
    with pytest.raises(trust.Untrusted) as error:
        owners(path)
    return error.value.strerror


def give(path, user, mode=0o755):
    needs.root()
    os.chown(str(path), user, user)
    os.chmod(str(path), mode)


def test_our_own_folder_is_believed(folder):
    assert owners(folder) >= {0, os.geteuid()}


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o757])
def test_one_that_others_may_write_is_not_sticky_or_not(folder, mode):
    folder.chmod(mode)
    assert refusal(folder) == "others may write %s" % folder


def test_one_that_a_group_of_several_may_write_is_not(folder):
    needs.root()
    os.chown(str(folder), 0, OTHER)
    folder.chmod(0o775)
    assert refusal(folder) == "others may write %s" % folder


def test_one_that_the_group_of_its_owner_alone_may_write_is(folder):
    needs.root()
    os.chown(str(folder), 0, 0)
    folder.chmod(0o775)
    assert owners(folder)


def test_a_sticky_folder_on_the_way_is_no_harm_to_what_is_ours(folder):
    folder.parent.chmod(0o1777)
    assert owners(folder)
    folder.parent.chmod(0o777)
    assert refusal(folder) == "others may write %s" % folder.parent


def test_another_s_folder_in_a_sticky_one_is_not_believed(folder):
    folder.parent.chmod(0o1777)
    give(folder, NOBODY)
    assert refusal(folder) == "others may write %s" % folder.parent


def test_a_folder_that_root_gave_to_the_daemon_s_user_is_believed_with_him(folder):
    give(folder, NOBODY)
    assert NOBODY in owners(folder)
    (folder / "inner").mkdir()
    give(folder / "inner", NOBODY)
    assert NOBODY in owners(folder / "inner")


def test_what_that_user_gave_away_again_is_not(folder):
    give(folder, NOBODY, 0o1777)
    (folder / "inner").mkdir()
    give(folder / "inner", OTHER)
    assert refusal(folder / "inner") == "others may write %s" % folder


def test_links_on_the_way_are_held_to_the_same(folder):
    ours, shared = folder.parent / "ours", folder.parent / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    ours.symlink_to(folder)
    assert owners(ours)
    (shared / "ours").symlink_to(folder)
    assert owners(shared / "ours")          # sticky: the link is as we made it
    needs.root()
    (shared / "theirs").symlink_to(folder)
    os.lchown(str(shared / "theirs"), NOBODY, NOBODY)
    assert refusal(shared / "theirs") == "others may write %s" % shared


def test_a_link_to_a_folder_that_others_may_write_is_no_way_out(folder):
    link = folder.parent / "link"
    link.symlink_to("folder/../folder")
    folder.chmod(0o777)
    assert refusal(link) == "others may write %s" % folder


def test_links_in_a_circle_end(folder):
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    assert refusal(folder / "a").startswith("too many links in ")


def test_what_is_missing_or_no_folder_is_an_error_as_usual(folder):
    (folder / "file").write_text("")
    with pytest.raises(FileNotFoundError):
        owners(folder / "missing")
    with pytest.raises(NotADirectoryError):
        owners(folder / "file")
    with pytest.raises(NotADirectoryError):
        owners(folder / "file" / "deeper")


def test_files_are_reached_through_the_open_folder_and_never_by_a_link(folder):
    (folder / "link").symlink_to("/etc/passwd")
    with trust.believed(str(folder)) as found:
        folder.rename(folder.parent / "moved")
        folder.mkdir()
        with pytest.raises(OSError):
            found.open("link", os.O_RDONLY)
        assert stat.S_ISLNK(found.stat("link").st_mode)
        found.unlink("link")
    assert os.listdir(str(folder.parent / "moved")) == []
