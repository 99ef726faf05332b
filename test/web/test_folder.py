import os
import socket
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.web.folder import Folder, IsFolder, NotServed


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "sub" / "index.html").write_text("sub")
    (root / "file.txt").write_text("file")
    (root / "UPPER.TXT").write_text("upper")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "secret.txt").write_text("secret")
    # A name that begins as the root's does is not below it.
    (tmp_path / "root2").mkdir()
    (tmp_path / "root2" / "secret.txt").write_text("secret")
    return root


def read(root, path, **options):
    file = Folder(str(root), **options).open(path)
    with file.stream:
        return file.stream.read()


def tag(root):
    file = Folder(str(root)).open("/file.txt")
    file.stream.close()
    return file.tag


def status(root, path):
    """That of a refusal."""
    with pytest.raises(NotServed) as refusal:
        Folder(str(root)).open(path)
    return refusal.value.status[:3]


@pytest.mark.parametrize("path, content", [
    ("/file.txt", b"file"), ("/sub/", b"sub"), ("/sub/index.html", b"sub")])
def test_a_file_and_a_folder_s_index_are_opened(root, path, content):
    assert read(root, path) == content


@pytest.mark.parametrize("path", ["/sub", "/sub/deep"])
def test_a_folder_without_its_slash_says_so(root, path):
    with pytest.raises(IsFolder):
        Folder(str(root)).open(path)


@pytest.mark.parametrize("path", [
    "", "/", "/missing", "/FILE.TXT", "/upper.txt", "/file.txt/", "/file.txt/x", "/sub/deep/",
    "//file.txt", "/sub//index.html", "/./file.txt", "/sub/../file.txt", "/sub/.", "/..", "/../",
    "/../secret.txt", "/../root2/secret.txt", "/\0", "/file.txt\0", "/file.txt\0.html",
    "/..\\secret.txt", "\\file.txt", "/" + "n" * 256, "/" + "d/" * 3000, "/sub/" * 1500,
    "/\u20ac",
])
def test_any_other_name_is_not_found(root, path):
    assert status(root, path) == "404"


@pytest.mark.parametrize("name", [
    b"a b", b"a%20b", b"a\\b", b"caf\xc3\xa9", b"caf\xe9", b"\xff\xfe", b"new\nline", b"q?#&", b"~",
    b"n" * 255, b"..a", b"a..", b"...x"])
def test_odd_names_are_names_like_others_unless_they_are_hidden(root, name):
    with open(os.path.join(os.fsencode(root), name), "wb") as file:
        file.write(b"odd")
    path = "/" + name.decode("latin-1")
    if name.startswith(b"."):
        assert status(root, path) == "404"
    else:
        assert read(root, path) == b"odd"


def test_hidden_files_and_folders_are_not_served_but_for_the_well_known(root):
    for name in (".git", ".well-known"):
        (root / name).mkdir()
        (root / name / "config").write_text("x")
    (root / ".htpasswd").write_text("x")
    (root / ".well-known" / ".hidden").write_text("x")
    assert status(root, "/.git/config") == status(root, "/.git") == "404"
    assert status(root, "/.htpasswd") == status(root, "/.well-known/.hidden") == "404"
    assert read(root, "/.well-known/config") == b"x"


class TestLinks:
    @pytest.mark.parametrize("target", ["file.txt", "../root/file.txt", "sub/../file.txt"])
    def test_within_the_folder_are_followed(self, root, target):
        (root / "link").symlink_to(target)
        assert read(root, "/link") == b"file"

    def test_of_folders_within_are_followed(self, root):
        (root / "link").symlink_to("sub")
        assert read(root, "/link/") == b"sub"

    @pytest.mark.parametrize("target, path", [
        ("../secret.txt", "/link"), ("../beside", "/link/secret.txt"),
        ("../root2/secret.txt", "/link"), ("..", "/link/secret.txt"), ("/", "/link/etc/passwd"),
        ("/etc/passwd", "/link"), ("../beside", "/link"), ("/proc/self/root/etc/passwd", "/link"),
        ("/proc/self/cwd", "/link/README.md"), ("/dev/null", "/link"), ("/proc/self/fd/0", "/link"),
    ])
    def test_that_lead_out_are_not_found(self, root, target, path):
        (root / "link").symlink_to(target)
        assert status(root, path) == "404"

    def test_that_lead_out_by_way_of_others_are_not_found(self, root):
        (root / "sub" / "one").symlink_to("../two")
        (root / "two").symlink_to("../beside")
        assert status(root, "/sub/one/secret.txt") == "404"

    def test_that_lead_out_are_followed_where_that_is_wanted(self, root):
        (root / "link").symlink_to("../secret.txt")
        assert read(root, "/link", follow=True) == b"secret"

    @pytest.mark.parametrize("target", ["missing", "/missing", "link", "../root/link"])
    def test_to_nothing_and_to_themselves_are_not_found(self, root, target):
        (root / "link").symlink_to(target)
        assert status(root, "/link") == status(root, "/link/x") == "404"

    def test_in_a_ring_of_folders_end(self, root):
        (root / "ring").symlink_to(".")
        assert read(root, "/ring/ring/file.txt") == b"file"
        assert status(root, "/ring" * 50 + "/file.txt") == "404"

    def test_that_change_while_the_file_is_opened_show_nothing_else(self, root, monkeypatch):
        place = root / "file.txt"
        real = os.fstat

        def swap(handle):
            """Somebody puts a link in the file's place when it has been looked at."""
            place.unlink()
            place.symlink_to("../secret.txt")
            monkeypatch.setattr(os, "fstat", real)
            return real(handle)
        monkeypatch.setattr(os, "fstat", swap)
        assert read(root, "/file.txt") == b"file"


class TestWhatIsNoFile:
    """None of these may hang: there is nobody at the other end."""

    def test_a_fifo_is_not_found_and_never_opened(self, root):
        os.mkfifo(root / "fifo")
        (root / "sub" / "index.html").unlink()
        os.mkfifo(root / "sub" / "index.html")
        assert status(root, "/fifo") == status(root, "/sub/") == "404"
        with pytest.raises(OSError):        # a reader, even one that has left, would have let it in
            os.open(root / "fifo", os.O_WRONLY | os.O_NONBLOCK)

    def test_a_socket_is_not_found(self, root, monkeypatch):
        monkeypatch.chdir(root)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
            assert status(root, "/socket") == "404"

    def test_a_device_is_not_found(self, root):
        try:
            os.mknod(root / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
        except PermissionError:
            pytest.skip("only root may make a device")
        assert status(root, "/null") == "404"


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.write_text("x"), os.mkfifo,
                                  lambda path: path.symlink_to(path)])
def test_a_root_that_is_no_folder_has_no_files(tmp_path, make):
    make(tmp_path / "root")
    assert status(tmp_path / "root", "/x") == status(tmp_path / "root", "/") == "404"


def test_what_must_not_be_read_is_forbidden_with_its_reason(root, monkeypatch):
    real = os.open

    def refuse(path, flags, **options):
        if not flags & os.O_PATH:
            raise PermissionError(13, "Permission denied")
        return real(path, flags, **options)
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(NotServed) as refusal:
        Folder(str(root)).open("/file.txt")
    assert (refusal.value.status, refusal.value.fault) == ("403 Forbidden", "Permission denied")


def test_a_process_without_proc_says_so_and_shows_nothing(root, monkeypatch):
    def refuse(path):
        raise FileNotFoundError(2, "No such file or directory")
    monkeypatch.setattr(os, "readlink", refuse)
    with pytest.raises(NotServed) as refusal:
        Folder(str(root)).open("/file.txt")
    assert (refusal.value.status[:3], refusal.value.fault) == ("500", "/proc is not there")


def test_nothing_stays_open_of_what_was_refused(root):
    (root / "link").symlink_to("../secret.txt")
    before = len(os.listdir("/proc/self/fd"))
    for path in ("/link", "/missing", "/sub/deep/", "/\0", "/.git"):
        status(root, path)
    read(root, "/file.txt")
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("change", [
    lambda path: path.write_text("four plus"), lambda path: path.write_text("elif"),
    lambda path: os.utime(path), lambda path: (path.write_text("elif"), os.utime(path, (1, 1)))])
def test_every_change_gives_another_tag(root, change):
    path = root / "file.txt"
    os.utime(path, (1, 1))
    before = tag(root)
    moment = path.stat().st_ctime_ns
    while path.stat().st_ctime_ns == moment:        # the kernel's clock for files has ticks
        change(path)
    assert tag(root) != before


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["", ".", "..", "sub", "link", "out", "secret.txt", "file.txt",
                                 "%2e%2e", "\0", "\\", "\xff", "index.html", "beside"]),
                max_size=8), st.booleans())
def test_no_path_leads_to_the_secret(tmp_path_factory, parts, slash):
    folder = tmp_path_factory.getbasetemp() / "paths"
    root = folder / "root"
    if not folder.exists():
        (root / "sub").mkdir(parents=True)
        (folder / "secret.txt").write_text("secret")
        (root / "file.txt").write_text("file")
        (root / "link").symlink_to("sub")
        (root / "out").symlink_to("..")
        (root / "sub" / "out").symlink_to("../../secret.txt")
    try:
        assert read(root, "/" + "/".join(parts) + "/" * slash) == b"file"
    except (NotServed, IsFolder):
        pass
