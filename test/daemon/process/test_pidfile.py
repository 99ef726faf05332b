import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

import needs
from vscpws.daemon.process.errors import StartFailed
from vscpws.daemon.process.pidfile import DEAD, RUNNING, STOPPED, PidFile, State, state

LIB = str(Path(__file__).resolve().parents[3] / "lib")


def no_sleep(_seconds):
    pass


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "vscpwsd.pid")


def test_a_running_daemon_is_known_by_its_lock_and_number(path):
    pidfile = PidFile(path)
    pidfile.acquire()
    assert state(path) == State(RUNNING, None)
    pidfile.write(4711)
    assert state(path) == State(RUNNING, 4711)
    assert Path(path).read_text() == "4711\n"
    pidfile.release()
    assert state(path) == State(STOPPED)
    assert not os.path.exists(path)


def test_a_shorter_number_leaves_nothing_of_a_longer_one(path):
    pidfile = PidFile(path)
    pidfile.acquire()
    pidfile.write(123456)
    pidfile.write(99)
    assert Path(path).read_text() == "99\n"
    pidfile.release()


def test_a_second_daemon_is_refused_and_told_about_the_first(path):
    first = PidFile(path)
    first.acquire()
    first.write(4711)
    with pytest.raises(StartFailed, match="already running as process 4711"):
        PidFile(path, no_sleep).acquire()
    assert state(path) == State(RUNNING, 4711)
    first.release()


def test_a_stale_file_is_replaced_even_if_another_process_has_its_number(path):
    Path(path).write_text("%d\n" % os.getpid())
    assert state(path) == State(DEAD, os.getpid())
    pidfile = PidFile(path)
    pidfile.acquire()
    pidfile.write(5)
    assert state(path) == State(RUNNING, 5)
    pidfile.release()


def test_the_lock_ends_with_the_process_however_that_ends(path):
    code = ("import os, sys; sys.path.insert(0, %r)\n"
            "from vscpws.daemon.process.pidfile import PidFile\n"
            "p = PidFile(%r); p.acquire(); p.write(os.getpid()); print('up', flush=True)\n"
            "sys.stdin.read()" % (LIB, path))
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"up\n"
        assert state(path) == State(RUNNING, process.pid)
        process.kill()
        process.wait()
        assert state(path) == State(DEAD, process.pid)


def test_a_look_at_the_status_does_not_make_a_start_fail(path):
    Path(path).write_text("")
    looking = os.open(path, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    pidfile = PidFile(path, sleep=lambda _: fcntl.flock(looking, fcntl.LOCK_UN))
    pidfile.acquire()
    assert state(path).condition == RUNNING
    pidfile.release()
    os.close(looking)


def test_a_file_removed_while_it_was_opened_is_made_anew(path):
    old = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(old, fcntl.LOCK_EX)

    def the_other_ends(_seconds):
        os.unlink(path)
        fcntl.flock(old, fcntl.LOCK_UN)

    pidfile = PidFile(path, sleep=the_other_ends)
    pidfile.acquire()
    pidfile.write(7)
    assert state(path) == State(RUNNING, 7)
    pidfile.release()
    os.close(old)


def test_release_empties_a_file_that_it_may_not_remove(path, monkeypatch):
    pidfile = PidFile(path)
    pidfile.acquire()
    pidfile.write(4711)

    def refuse(_path, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "unlink", refuse)
    pidfile.release()
    assert Path(path).read_text() == ""
    assert state(path) == State(STOPPED)


@pytest.mark.parametrize("text, number", [
    ("", None), ("0", None), ("1", None), ("-5", None), ("nonsense", None), ("12 13", None),
    ("77", 77), ("77\n", 77),
])
def test_only_a_number_that_may_be_signalled_is_taken_from_the_file(path, text, number):
    Path(path).write_text(text)
    assert state(path).pid == number


def test_everyone_may_read_the_file_whatever_the_umask(path):
    old = os.umask(0o077)
    try:
        pidfile = PidFile(path)
        pidfile.acquire()
    finally:
        os.umask(old)
    assert os.stat(path).st_mode & 0o777 == 0o644
    pidfile.release()


def test_a_link_is_not_followed(path, tmp_path):
    target = tmp_path / "precious"
    target.write_text("precious")
    os.symlink(str(target), path)
    with pytest.raises(StartFailed, match="can't use the PID file"):
        PidFile(path).acquire()
    os.unlink(path)
    os.link(str(target), path)
    with pytest.raises(StartFailed, match="more than one name"):
        PidFile(path).acquire()
    assert target.read_text() == "precious"


def test_what_is_no_file_is_refused(path):
    os.mkfifo(path)
    with pytest.raises(StartFailed, match="not a regular file"):
        PidFile(path).acquire()


def test_a_missing_folder_is_one_readable_line(tmp_path):
    path = str(tmp_path / "no" / "vscpwsd.pid")
    with pytest.raises(StartFailed) as error:
        PidFile(path).acquire()
    assert str(error.value) == "can't use the PID file %s: No such file or directory" % path


def test_a_file_of_another_user_is_refused(path):
    needs.root()
    Path(path).write_text("")
    os.chmod(path, 0o666)
    os.chmod(os.path.dirname(path), 0o777)
    child = os.fork()
    if not child:
        os.setuid(65534)
        try:
            PidFile(path).acquire()
        except StartFailed as error:
            os._exit(9 if "Permission" in str(error) or "another user" in str(error) else 1)
        os._exit(0)
    assert os.WEXITSTATUS(os.waitpid(child, 0)[1]) == 9


def test_one_that_was_never_acquired_does_nothing(path):
    pidfile = PidFile(path)
    pidfile.write(5)
    pidfile.release()
    assert not os.path.exists(path)
