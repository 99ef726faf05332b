"""What other users of the machine leave where the daemon's files are looked for."""

import contextlib
import fcntl
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys

import pytest

import needs
from local import wait_until
from system.house import SCRIPT, execute, made, seen

STRANGER = 65534


@pytest.fixture
def house(tmp_path):
    with made(tmp_path) as house:
        yield house


@pytest.fixture
def victim():
    """A process that has nothing to do with it all."""
    needs.root()
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        alive = process.poll() is None
        process.kill()
    assert alive


@pytest.fixture
def shared(tmp_path):
    """A folder as /tmp is."""
    needs.root()
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


@contextlib.contextmanager
def stranger(folder, pid, report=None):
    """A process of another user, who has made a locked PID file there with this number, and a
    socket that answers with ``report``."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.chdir(str(folder))       # he may not enter what is on the way
            os.setgroups([])
            os.setgid(STRANGER)
            os.setuid(STRANGER)
            os.umask(0)
            fd = os.open("vscpwsd.pid", os.O_RDWR | os.O_CREAT, 0o666)
            fcntl.flock(fd, fcntl.LOCK_EX)
            os.write(fd, b"%d\n" % (pid or os.getpid()))
            with socket.socket(socket.AF_UNIX) as sock:
                sock.bind("vscpwsd.status")
                sock.listen(5)
                os.write(writing, b"x")
                while True:
                    client, _ = sock.accept()
                    client.sendall(json.dumps(report).encode())
                    client.close()
        finally:
            os._exit(1)
    os.close(writing)
    try:
        assert os.read(reading, 1) == b"x"
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)


EVIL = "\033]0;owned\007\033[2J\u202e\r\nvscpwsd: all is well"
REPORT = {
    "version": EVIL, "uptime": 5, "connections": 0, "present": {}, "reload_refused": False,
    "clients": {"clients": 0, "authenticated": 0}, "reloads": {"done": 0, "refused": 0},
    "ends": [{"kind": EVIL, "name": EVIL, "channel": "can0", "state": EVIL, "reason": "",
              "since_seconds": 1, "events": 1, "sent": 1, "dropped": {}}],
    "memory": {"states": {"heard": 1, "restored": 0}, "sensors": 0,
               "state_file": {"failure": EVIL}, "history_file": {"failure": EVIL}}}


def ask(folder, house, *args):
    return house.run(*args, "--pidfile", str(folder / "vscpwsd.pid"))


@pytest.mark.parametrize("action", ["stop", "restart", "reload"])
def test_a_file_in_a_shared_folder_makes_root_signal_nobody(house, shared, victim, action):
    with stranger(shared, victim.pid, REPORT) as child:
        done = ask(shared, house, action)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "vscpwsd: can't tell whether it runs: %s: others may write %s\n" % (
            shared / "vscpwsd.pid", shared)
        assert os.waitpid(child, os.WNOHANG) == (0, 0)


def test_nothing_of_it_is_believed_or_shown(house, shared, victim):
    with stranger(shared, victim.pid, REPORT):
        done = ask(shared, house, "status")
        assert seen(done) == (4, "vscpwsd: unknown, can't read %s: others may write %s\n" % (
            shared / "vscpwsd.pid", shared), "")
        report = json.loads(ask(shared, house, "status", "--json").stdout)
        assert report["condition"] == "unknown" and "version" not in report


def test_a_start_there_is_refused_and_in_the_foreground_does_without(house, shared):
    done = ask(shared, house, "start")
    assert seen(done) == (1, "", "vscpwsd: no PID file %s: others may write %s\n" % (
        shared / "vscpwsd.pid", shared))
    house.pidfile = str(shared / "vscpwsd.pid")
    with subprocess.Popen([sys.executable, SCRIPT, *house.options(), "-f"],
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            assert wait_until(house.answers, 60)
            assert os.listdir(str(shared)) == []
            process.send_signal(signal.SIGTERM)
            _, text = process.communicate(timeout=60)
        finally:
            process.kill()
    house.pidfile = ""
    assert process.returncode == 0
    assert b"no PID file" in text and b"others may write" in text


def test_in_a_folder_that_root_gave_him_he_names_no_process_but_his_own(house, tmp_path, victim):
    folder = tmp_path / "given"
    folder.mkdir()
    os.chown(str(folder), STRANGER, STRANGER)
    with stranger(folder, victim.pid, REPORT):
        done = ask(folder, house, "stop")
        assert done.returncode == 1
        assert "process %d, which %s names, is not the daemon" % (
            victim.pid, folder / "vscpwsd.pid") in done.stderr


def test_and_what_his_daemon_tells_is_printed_escaped(house, tmp_path):
    needs.root()
    folder = tmp_path / "given"
    folder.mkdir()
    os.chown(str(folder), STRANGER, STRANGER)
    with stranger(folder, 0, REPORT):
        done = ask(folder, house, "status")
    assert done.returncode == 0
    assert "\\x1b]0;owned\\x07\\x1b[2J\\u202e\\x0d\\x0avscpwsd: all is well" in done.stdout
    assert not set(done.stdout) & set("\033\007\r\u202e")
    assert [line for line in done.stdout.splitlines() if line.startswith("vscpwsd: all")] == []


@pytest.mark.parametrize("report", [[], 7, {}, {"buses": 7}, {"clients": {}, "buses": []}])
def test_what_makes_no_sense_is_told_and_is_no_failure(house, tmp_path, report):
    needs.root()
    folder = tmp_path / "given"
    folder.mkdir()
    os.chown(str(folder), STRANGER, STRANGER)
    with stranger(folder, 0, report):
        done = ask(folder, house, "status")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("vscpwsd: running as process ")


def test_the_socket_is_given_to_nobody_s_link(tmp_path):
    """Somebody who owns the folder swaps the new socket for a link while root gives it away."""
    needs.root()
    from vscpws.daemon.process import inquiry
    from vscpws.daemon.process.privileges import Identity

    folder, precious = tmp_path / "given", tmp_path / "precious"
    folder.mkdir()
    precious.write_text("")
    real = inquiry._bind

    def bind_and_swap(sock, path):
        real(sock, path)
        os.unlink(path)
        os.symlink(str(precious), path)
    inquiry._bind = bind_and_swap
    try:
        with pytest.raises(OSError, match="somebody put another file there"):
            inquiry.listen(str(folder / "vscpwsd.pid"), Identity(STRANGER, STRANGER, ()))
    finally:
        inquiry._bind = real
    assert precious.stat().st_uid == 0


def test_a_log_file_in_a_shared_folder_is_no_link_to_another(house, shared):
    precious = house.folder / "precious"
    precious.write_text("precious\n")
    for name, make in (("link", os.symlink), ("name", os.link)):
        make(str(precious), str(shared / name))
        house.configure(log="file-path = %s" % (shared / name))
        done = house.run("start")
        assert done.returncode == 2
        assert "can't write the log file" in done.stderr
    assert precious.read_text() == "precious\n"
    house.configure(log="file-path = %s" % (shared / "own.log"))
    assert house.run("start").returncode == 0
    moved = shared / "moved.log"
    (shared / "own.log").rename(moved)
    (shared / "own.log").symlink_to(precious)
    os.kill(house.pid(), signal.SIGUSR1)
    os.kill(house.pid(), signal.SIGUSR2)
    assert house.answers() and house.run("stop").returncode == 0
    assert precious.read_text() == "precious\n"


@pytest.mark.parametrize("option", ["--make-key", "--make-cert"])
def test_a_tool_follows_no_link_that_others_may_have_made(house, shared, option):
    target = house.folder / "target"
    path = shared / ("key" if option == "--make-key" else "")
    (shared / "key" if option == "--make-key" else shared / "vscpwsd.key").symlink_to(target)
    done = house.run(option, str(path))
    assert done.returncode == 1
    assert "a link on the way to it is not followed, for others may write %s" % (
        shared) in done.stderr
    assert not target.exists()


# ---- the terminal ------------------------------------------------------------------------------


def test_a_closed_terminal_ends_a_daemon_in_the_foreground_which_says_so(house):
    pid, terminal = pty.fork()
    if not pid:
        os.execv(sys.executable, [sys.executable, SCRIPT, *house.options(), "-f"])
    try:
        assert wait_until(house.answers, 60)
        os.kill(pid, signal.SIGHUP)             # a reload: the terminal is there
        assert house.has_logged("reloaded")
        os.close(terminal)
        assert wait_until(lambda: os.waitpid(pid, os.WNOHANG)[0] == pid, 60), house.log.read_text()
    finally:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    assert house.has_logged("the terminal was closed: a daemon in the foreground ends")
    assert not os.path.exists(house.pidfile)


def test_with_nohup_a_closed_terminal_does_not_matter(house):
    nohup = needs.tool("nohup")
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(str(house.folder))
        os.execv(nohup, [nohup, sys.executable, SCRIPT, *house.options(), "-f"])
    assert wait_until(house.answers, 60)
    os.close(terminal)
    os.kill(pid, signal.SIGHUP)
    assert house.has_logged("reloaded")
    assert house.answers()
    assert house.run("stop").returncode == 0
    os.waitpid(pid, 0)


def test_a_terminal_that_lacks_a_character_shows_it_escaped(house):
    (house.folder / "vscpd.conf").write_text(
        '<driver enable="true"><name>Küche_☕</name><config>virtual:x</config></driver>', "utf-8")
    assert house.run("start").returncode == 0
    for encoding, name in (("ascii", "K\\xfcche_\\u2615"), ("latin-1", "Küche_\\u2615"),
                           ("utf-8", "Küche_☕")):
        for args in (["status"], ["status", "--json"], ["-t"]):
            done = subprocess.run([sys.executable, SCRIPT, *house.options(), *args],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=60,
                                  env=dict(os.environ, PYTHONIOENCODING=encoding, PYTHONUTF8="0"))
            assert (done.returncode, done.stderr) == (0, b"")
            if args != ["status", "--json"]:
                assert name in done.stdout.decode(encoding)


# ---- the environment of a checkout -------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path):
    """A fresh checkout, and a Python without any package."""
    root = os.path.dirname(SCRIPT)
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in ("lib", "conf", "tools"):
        shutil.copytree(os.path.join(root, name), str(folder / name))
    shutil.copy(SCRIPT, str(folder))
    return folder


def bare(checkout, *args):
    return execute([sys.executable, "-I", "-S", str(checkout / "vscpwsd.py"), *args])


@pytest.mark.parametrize("args", [["--make-key", "KEY"], ["-t"], ["-f"], ["start"]])
def test_without_packages_the_right_call_is_named(checkout, args):
    done = bare(checkout, *[str(checkout / arg) if arg == "KEY" else arg for arg in args])
    assert done.returncode == 1
    assert " is missing: call tools/run, or tools/venv and then .venv/bin/python vscpwsd.py\n" in (
        done.stderr)
    assert not (checkout / "KEY").exists()


@pytest.mark.parametrize("args, code", [
    (["status", "--pidfile", "/no/such"], 3), (["stop", "--pidfile", "/no/such"], 0),
    (["--version"], 0), (["--help"], 0)])
def test_what_needs_no_package_works_without(checkout, args, code):
    done = bare(checkout, *args)
    assert (done.returncode, done.stderr) == (code, "")


def test_the_environment_that_is_there_is_used(checkout):
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nexec %s "$@"\n' % sys.executable)
    python.chmod(0o755)
    done = bare(checkout, "--make-key", str(checkout / "key"))
    assert (done.returncode, done.stderr) == (0, "")
    assert (checkout / "key").exists()
