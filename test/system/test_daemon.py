"""The daemon as its users run it: by command and by init script, with the exit codes of the LSB."""

import configparser
import errno
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import needs
from local import free_port, wait_until
from system.house import ROOT, SCRIPT, execute, made, seen

INIT = ROOT / "init"


@pytest.fixture
def house(tmp_path):
    with made(tmp_path) as house:
        yield house


# ---- the command -------------------------------------------------------------------------------


def test_each_action_of_a_life_says_in_a_line_what_it_has_done(house):
    assert seen(house.run("status")) == (3, "vscpwsd: not running\n", "")
    started = house.run()
    assert house.answers()      # at once: the start has waited for it
    pid = house.pid()
    assert seen(started) == (0, "vscpwsd: running as process %d\n" % pid, "")
    status = house.run("status")
    assert (status.returncode, status.stderr) == (0, "")
    assert status.stdout.startswith("vscpwsd: running as process %d\n  version " % pid)
    assert seen(house.run("start")) == (
        1, "", "vscpwsd: already running as process %d (PID file %s; a second daemon needs a "
        "--pidfile of its own)\n" % (pid, house.pidfile))
    assert seen(house.run("reload")) == (0, "vscpwsd: reloaded\n", "")
    assert house.has_logged("reloaded")
    assert house.pid() == pid
    assert seen(house.run("stop")) == (0, "vscpwsd: stopped, it was process %d\n" % pid, "")
    assert not os.path.exists(house.pidfile)
    assert not house.answers()
    assert seen(house.run("stop")) == (0, "vscpwsd: not running\n", "")
    assert seen(house.run("status")) == (3, "vscpwsd: not running\n", "")


def test_status_tells_of_clients_buses_and_the_time_for_people_and_programs(house):
    assert house.run().returncode == 0
    assert wait_until(lambda: "is up since" in house.run("status").stdout, 30)
    lines = house.run("status").stdout.splitlines()
    assert lines[0] == "vscpwsd: running as process %d" % house.pid()
    assert re.match(r"  version [0-9.]+\w*, up [0-9]+ s\Z", lines[1])
    assert lines[2] == "  0 clients (ws1 0, ws2 0), 0 logged in, 0 other connections"
    assert lines[3].startswith("  bus demo: virtual:")
    report = json.loads(house.run("status", "--json").stdout)
    assert (report["condition"], report["pid"], report["answers"]) == (
        "running", house.pid(), True)
    assert report["clients"]["clients"] == 0 and report["buses"][0]["state"] == "up"
    os.kill(house.pid(), signal.SIGSTOP)
    try:
        done = house.run("status")
        assert seen(done) == (0, "vscpwsd: running as process %d, but it does not answer\n"
                              % house.pid(), "")
        assert json.loads(house.run("status", "--json").stdout) == {
            "condition": "running", "pid": house.pid(), "answers": False}
    finally:
        os.kill(house.pid(), signal.SIGCONT)
    os.unlink(str(house.folder / "vscpwsd.status"))     # as of a daemon that has none
    assert seen(house.run("status")) == (
        0, "vscpwsd: running as process %d\n" % house.pid(), "")
    assert house.run("stop").returncode == 0
    done = house.run("status", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (
        3, {"condition": "stopped", "pid": None, "answers": None})


def test_signals_open_the_log_again_and_write_the_state_to_it(house):
    house.configure(log="file-path = vscpwsd.log\nlog-level = warning")
    assert house.run().returncode == 0
    house.log.rename(house.folder / "moved.log")
    os.kill(house.pid(), signal.SIGUSR1)
    os.kill(house.pid(), signal.SIGUSR2)
    assert house.has_logged("WARNING state: login failures: 0")
    for part in ("version", "bus demo: virtual:", "hub: batches 0", "clients: clients 0"):
        assert house.has_logged("state: " + part)


def test_the_daemon_is_detached_from_all(house):
    assert house.run().returncode == 0
    proc = Path("/proc/%d" % house.pid())
    assert os.readlink(str(proc / "cwd")) == "/"
    assert [os.readlink(str(proc / "fd" / str(n))) for n in range(3)] == ["/dev/null"] * 3
    fields = (proc / "stat").read_text().rpartition(")")[2].split()
    assert fields[4] == "0"     # no controlling terminal
    assert house.log.stat().st_mode & 0o777 == 0o640


def test_restart_starts_another_and_starts_one_that_did_not_run(house):
    done = house.run("restart")
    first = house.pid()
    assert seen(done) == (
        0, "vscpwsd: not running\nvscpwsd: running as process %d\n" % first, "")
    done = house.run("restart")
    assert seen(done) == (0, "vscpwsd: stopped, it was process %d\nvscpwsd: running as process %d\n"
                          % (first, house.pid()), "")
    assert house.is_running() and house.pid() != first
    assert house.answers()


def test_a_broken_configuration_stops_neither_on_reload_nor_on_restart(house):
    assert house.run().returncode == 0
    pid = house.pid()
    house.configure(more="bogus = 1")
    for action in ("reload", "restart"):
        done = house.run(action)
        assert (done.returncode, done.stdout) == (2, "")
        assert "bogus" in done.stderr
    assert house.pid() == pid and house.answers()
    assert "reload" not in house.log.read_text()
    assert house.run("stop").returncode == 0    # needs no right configuration


def test_a_bare_hangup_with_a_broken_file_keeps_the_old_settings_and_says_so(house):
    assert house.run().returncode == 0
    (house.folder / "users.json").write_text("no JSON")
    os.kill(house.pid(), signal.SIGHUP)
    assert house.has_logged("not JSON")
    assert house.answers()


def test_reload_changes_log_level_and_opens_the_log_file_again(house):
    assert house.run().returncode == 0
    moved = house.folder / "moved.log"
    house.log.rename(moved)
    house.configure(log="file-path = vscpwsd.log\nlog-level = debug")
    assert house.run("reload").returncode == 0
    assert house.has_logged("reloaded")


@pytest.fixture
def open_house():
    """A house that other users may enter: pytest's folders are root's alone."""
    folder = Path(tempfile.mkdtemp(prefix="vscpwsd-test-"))
    folder.chmod(0o755)
    try:
        with made(folder) as house:
            house.configure(log="")
            for each in folder.iterdir():
                each.chmod(0o644)
            yield house
    finally:
        shutil.rmtree(str(folder))


@pytest.fixture
def full_disk(tmp_path):
    """A small file system of its own, filled to the last byte but for what a test removes."""
    needs.root()
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run([needs.tool("mount"), "-t", "tmpfs", "-o", "size=64k", "none",
                              str(folder)], stderr=subprocess.DEVNULL).returncode == 0
    needs.condition(mounted, "to mount a file system")
    try:
        yield folder
    finally:
        subprocess.run([needs.tool("umount"), "-l", str(folder)], check=True)


def fill(path):
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC


def test_a_full_disk_stops_the_log_and_nothing_else(house, full_disk):
    house.log = full_disk / "vscpwsd.log"
    house.configure(log="file-path = %s" % house.log)
    assert house.run().returncode == 0
    assert house.has_logged("page at")
    fill(full_disk / "ballast")
    size = house.log.stat().st_size
    for _ in range(200):                    # each says that it is a reload, in several lines
        os.kill(house.pid(), signal.SIGHUP)
        assert house.answers()
    assert house.log.stat().st_size < size + 4096
    (full_disk / "ballast").unlink()
    assert house.run("stop").returncode == 0
    assert " INFO ended: " in house.log.read_text().splitlines()[-1]


def test_a_killed_daemon_is_dead_and_its_pid_file_replaced(house):
    assert house.run().returncode == 0
    pid = house.pid()
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not house.is_running(), 30)
    done = house.run("status")
    assert done.returncode == 1 and str(pid) in done.stdout
    assert house.run("start").returncode == 0
    assert house.pid() != pid and house.answers()


def test_a_daemon_that_hangs_is_killed_when_its_time_is_over_and_leaves_nothing(house):
    house.configure(more="[limits]\ndrain-time = 1")
    assert house.run().returncode == 0
    pid = house.pid()
    os.kill(pid, signal.SIGSTOP)
    assert seen(house.run("stop")) == (
        0, "vscpwsd: stopped, it was process %d\n" % pid,
        "vscpwsd: process %d did not end within 6 s, and is killed\n" % pid)
    assert house.run("status").returncode == 3
    assert not list(house.folder.glob("vscpwsd.[ps]*"))


def test_a_killed_daemon_s_socket_is_removed_by_stop_and_replaced_by_start(house):
    path = house.folder / "vscpwsd.status"
    for action in ("stop", "start"):
        assert house.run().returncode == 0
        os.kill(house.pid(), signal.SIGKILL)
        assert wait_until(lambda: not house.is_running(), 30)
        assert path.exists()
        assert house.run(action).returncode == 0
    assert json.loads(house.run("status", "--json").stdout)["answers"] is True
    assert house.run("stop").returncode == 0
    assert not path.exists()


def test_a_reload_that_the_daemon_refuses_is_2_and_says_why(house):
    """The files are right for us, and not for the daemon: they change behind our look at them."""
    assert house.run().returncode == 0
    key = house.folder / "vscp.key"
    code = ("import sys; sys.path.insert(0, %r)\n"
            "from vscpws.daemon import cli\n"
            "real = cli.control.hang_up\n"
            "def late(path):\n"
            "    open(%r, 'w').write('no key')\n"
            "    return real(path)\n"
            "cli.control.hang_up = late\n"
            "sys.exit(cli.main(sys.argv[1:]))\n" % (str(ROOT / "lib"), str(key)))
    done = execute([sys.executable, "-W", "ignore", "-c", code, *house.options(), "reload"])
    assert done.returncode == 2
    assert done.stderr.startswith("vscpwsd: reload refused, the old settings stay: %s: not a key: "
                                  "only hex digits belong here\n" % key)
    assert house.answers()


def test_a_restart_that_could_not_listen_leaves_the_old_daemon_alone(house):
    assert house.run().returncode == 0
    pid = house.pid()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for interface in ("interface = ws://localhost:%d" % port,
                          "interface = ws://192.0.2.1:8884",
                          "interface = ws://no.such.host.invalid:8884"):
            ini = house.folder / "vscpwsd.ini"
            text = ini.read_text()
            ini.write_text(re.sub("interface = .*", interface, text))
            done = house.run("restart")
            ini.write_text(text)
            assert done.returncode == (2 if "192" in interface else 1)      # with published secrets
            assert len(done.stderr.splitlines()) == 1
            assert house.pid() == pid and house.answers()
    assert house.run("restart").returncode == 0


@pytest.mark.parametrize("name", ["vscp.key", "users.json", "vscpwsd.ini", "vscpd.conf"])
@pytest.mark.parametrize("device", ["", "/dev/zero", "/dev/tty"])
def test_a_fifo_or_a_device_in_a_file_s_place_is_one_line_and_nobody_waits(house, name, device):
    assert house.run().returncode == 0
    file = house.folder / name
    content = file.read_text()
    file.unlink()
    if device:
        file.symlink_to(device)
    else:
        os.mkfifo(str(file))
    for action in ("-t", "restart", "reload"):
        done = house.run(action)
        assert done.returncode == 2
        assert "not a regular file" in done.stderr or "No such device" in done.stderr
    os.kill(house.pid(), signal.SIGHUP)
    assert house.has_logged("reload refused")
    assert house.answers()
    file.unlink()
    file.write_text(content)
    assert house.run("reload").returncode == 0


def test_the_checks_look_with_the_rights_of_the_daemon_s_user(open_house):
    needs.root()
    user = ["--user", pwd.getpwuid(65534).pw_name]
    assert open_house.run("-t", *user).returncode == 0
    for name in ("vscp.key", "users.json"):
        (open_house.folder / name).chmod(0o600)
        for action in ("-t", "start", "restart"):
            done = open_house.run(action, *user)
            assert done.returncode == 2
            assert "%s: Permission denied" % (open_house.folder / name) in done.stderr
        (open_house.folder / name).chmod(0o644)
    open_house.configure(log="file-path = vscpwsd.log")
    done = open_house.run("-t", *user)
    assert done.returncode == 2
    assert "%s: can't write the log file: Permission denied" % open_house.log in done.stderr
    (open_house.folder / "root").mkdir(mode=0o700)
    open_house.configure(more="web-root = root", log="")
    assert "root: Permission denied" in open_house.run("-t", *user).stderr


def test_the_failed_logins_of_a_log_are_found_whatever_is_logged_beside(house):
    tool = needs.tool("fail2ban-regex")
    page = (ROOT / "doc" / "operations.md").read_text(encoding="utf-8")
    filter_file = house.folder / "filter.conf"
    filter_file.write_text(re.search(r"\[Definition\]\n(failregex = .*\n)", page).group(0))
    for level in ("info", "debug"):
        house.configure(more="debug = %s" % ("true" if level == "debug" else "false"))
        assert house.run().returncode == 0
        house.fail_to_log_in()
        assert house.has_logged("login failed: address=127.0.0.1 ")
        assert house.run("stop").returncode == 0
        done = execute([tool, str(house.log), str(filter_file)])
        assert re.search(r"^Failregex: 1 total", done.stdout, re.M), done.stdout
        house.log.unlink()


def test_an_address_in_use_is_one_line_and_leaves_no_pid_file(house):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", house.port))
        taken.listen(1)
        for foreground in ([], ["--foreground"]):
            assert seen(house.run(*foreground)) == (
                1, "", "vscpwsd: can't listen on localhost:%d: address in use\n" % house.port)
    assert not os.path.exists(house.pidfile)


def test_a_failure_after_the_fork_has_an_honest_exit_code_too(house):
    house.configure(log="file-path = no/such/folder/log")
    done = house.run()
    assert done.returncode == 2
    assert "no/such/folder" in done.stderr
    assert not house.is_running()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGALRM])
def test_in_the_foreground_a_signal_ends_it_with_0(house, number):
    house.configure(log="")
    with subprocess.Popen([sys.executable, SCRIPT, *house.options(), "-f"],
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            assert wait_until(house.answers, 60)
            assert house.run("status").returncode == 0
            assert house.run("-f").returncode == 1      # a second one
            process.send_signal(number)
            _, text = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0
    assert b"Traceback" not in text
    assert b"stopping" in text
    assert not os.path.exists(house.pidfile)


def test_the_service_manager_learns_of_ready_and_stopping(house, monkeypatch):
    path = str(house.folder / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(60)
        with subprocess.Popen([sys.executable, SCRIPT, *house.options(), "-f"],
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                assert manager.recv(100).startswith(b"READY=1\nSTATUS=0 clients, demo ")
                assert house.answers()
                process.send_signal(signal.SIGTERM)
                while True:
                    told = manager.recv(100)
                    if not told.startswith(b"STATUS="):
                        break
                assert told == b"STOPPING=1"
                assert process.wait(60) == 0
            finally:
                process.kill()


HANGING = """
import sys; sys.path.insert(0, %r)
from vscpws.daemon import cli
def hang(hub):
    import gevent
    from vscpws.model.event import Event
    hub._fan_out = lambda batch: gevent.sleep(1000)     # waits for ever, and all else goes on
    gevent.spawn_later(1.0, hub.deliver, "bus", [Event(0, 20, 3, 0, 0, 0, bytes(16), b"")])
    run(hub)
real = cli._run
def late(*args):            # nothing of gevent may be there before
    global run
    from vscpws.hub.hub import Hub
    run, Hub.run = Hub.run, hang
    return real(*args)
cli._run = late
cli.main(sys.argv[1:])
""" % str(ROOT / "lib")


def test_the_watchdog_bites_when_the_hub_hangs_and_nothing_else(house, monkeypatch):
    path = str(house.folder / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    monkeypatch.setenv("WATCHDOG_USEC", "2000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(60)
        with open(str(house.folder / "program.py"), "w") as program:
            program.write(HANGING)
        with subprocess.Popen([sys.executable, program.name, *house.options(), "-f"],
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                while manager.recv(100) != b"WATCHDOG=1":
                    pass
                pings = 0
                manager.settimeout(4)       # twice the time: the service manager has acted
                with pytest.raises(socket.timeout):
                    while True:
                        pings += manager.recv(100) == b"WATCHDOG=1"
                assert pings <= 1           # for the last turn
                assert house.answers()      # all else goes on
                done = house.run("status")
                assert "running as process %d\n" % process.pid in done.stdout
            finally:
                process.kill()


# ---- socket activation -------------------------------------------------------------------------

ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="vscpwsd.socket")
os.execv(sys.executable, [sys.executable] + sys.argv[2:])
"""


def activated(house, sock, *args):
    """The command that runs the daemon as a service manager does that has opened ``sock``."""
    return [sys.executable, "-c", ACTIVATE, str(sock.fileno()), SCRIPT, *house.options(), *args]


def test_a_passed_socket_is_served_in_place_of_the_configured_address(house):
    house.configure(log="")
    configured, house.port = house.port, free_port()
    with socket.create_server(("127.0.0.1", house.port)) as sock:
        with subprocess.Popen(activated(house, sock, "-f"), stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, pass_fds=[sock.fileno()]) as process:
            try:
                assert wait_until(house.answers, 60)
                with socket.socket() as probe:
                    assert probe.connect_ex(("127.0.0.1", configured)) == errno.ECONNREFUSED
                assert house.run("reload").returncode == 0
                process.send_signal(signal.SIGTERM)
                _, text = process.communicate(timeout=60)
            finally:
                process.kill()
        assert (process.returncode, b"restart" in text) == (0, False), text
        # It is the service manager's: whoever comes now waits for the next daemon.
        socket.create_connection(("127.0.0.1", house.port), 10).close()


def test_published_secrets_stay_on_loopback_behind_a_passed_socket_too(house):
    with socket.create_server(("0.0.0.0", 0)) as sock:
        done = execute(activated(house, sock, "-f"), pass_fds=[sock.fileno()])
    assert done.returncode == 2
    assert "refused to listen on 0.0.0.0" in done.stderr


def test_a_passed_socket_needs_the_foreground(house):
    with socket.create_server(("127.0.0.1", 0)) as sock:
        done = execute(activated(house, sock), pass_fds=[sock.fileno()])
    assert done.returncode == 2
    assert "needs --foreground" in done.stderr
    assert not house.is_running()


def test_root_is_given_up_once_it_listens(open_house):
    needs.root()
    nobody = pwd.getpwuid(65534)
    for path in (sys.base_prefix, sys.prefix, str(ROOT)):
        needs.condition(_others_may_enter(path), "%s readable by every user" % path)
    done = open_house.run("start", "--user", nobody.pw_name)
    assert seen(done) == (0, "vscpwsd: running as process %d\n" % open_house.pid(), "")
    status = Path("/proc/%d/status" % open_house.pid()).read_text()
    assert "Uid:\t65534\t65534\t65534\t65534\n" in status
    assert "Gid:\t%d\t%d\t%d\t%d\n" % ((nobody.pw_gid,) * 4) in status
    assert open_house.answers()
    assert json.loads(open_house.run("status", "--json").stdout)["answers"] is True
    assert open_house.run("stop").returncode == 0
    assert open_house.run("status").returncode == 3


def _others_may_enter(path):
    return all(os.stat(str(each)).st_mode & 0o001 for each in (Path(path), *Path(path).parents))


# ---- init --------------------------------------------------------------------------------------


class InitScript:
    """``init/vscpwsd`` with its paths bent to a house."""

    def __init__(self, house):
        self.house = house
        self.defaults = house.folder / "default"
        self.daemon = house.folder / "daemon"
        self.daemon.write_text('#!/bin/sh\nexec "%s" "%s" "$@"\n' % (sys.executable, SCRIPT))
        self.daemon.chmod(0o755)
        self.set()

    def set(self, **changes):
        values = {"DAEMON": self.daemon, "CONFIG": self.house.folder / "vscpd.conf",
                  "INI": self.house.folder / "vscpwsd.ini", "PIDFILE": self.house.pidfile,
                  "RUN_USER": "", "RUN_GROUP": ""}
        values.update(changes)
        self.defaults.write_text("".join('%s="%s"\n' % item for item in values.items()))

    def run(self, *args):
        return execute([str(INIT / "vscpwsd"), *args],
                       env={"PATH": "/usr/bin:/bin", "VSCPWSD_DEFAULTS": str(self.defaults)})

    def code(self, *args):
        return self.run(*args).returncode


@pytest.fixture
def script(house):
    return InitScript(house)


def test_the_init_script_has_the_lsb_s_exit_codes(script, house):
    assert script.code("status") == 3
    assert script.code("stop") == 0             # nothing to do
    assert script.code("reload") == 7
    assert script.code("force-reload") == 7
    assert script.code("try-restart") == 0
    assert not house.is_running()
    assert script.code("start") == 0
    pid = house.pid()
    assert house.answers()
    assert script.code("status") == 0
    assert script.code("start") == 0            # running already, and the same one
    assert house.pid() == pid
    assert script.code("reload") == 0
    assert script.code("force-reload") == 0
    assert house.pid() == pid
    assert script.code("try-restart") == 0
    assert house.pid() != pid
    assert script.code("restart") == 0
    assert script.code("stop") == 0
    assert script.code("status") == 3


def test_the_init_script_says_what_it_did(script):
    assert "started" in script.run("start").stdout
    assert "already running" in script.run("start").stdout
    assert "running as process" in script.run("status").stdout
    assert "stopped" in script.run("stop").stdout


def test_the_init_script_knows_a_dead_daemon(script, house):
    assert script.code("start") == 0
    os.kill(house.pid(), signal.SIGKILL)
    assert wait_until(lambda: not house.is_running(), 30)
    assert script.code("status") == 1
    assert script.code("stop") == 0
    assert script.code("status") == 3


def test_the_init_script_stops_a_daemon_that_hangs(script, house):
    house.configure(more="[limits]\ndrain-time = 0")
    assert script.code("start") == 0
    os.kill(house.pid(), signal.SIGSTOP)
    done = script.run("stop")
    assert done.returncode == 0
    assert "is killed" in done.stderr and "stopped" in done.stdout
    assert script.code("status") == 3


def test_the_init_script_says_what_it_cannot_tell(script, house):
    house.folder.chmod(0o777)
    assert script.code("start") == 1
    Path(house.pidfile).write_text("4711\n")
    assert script.code("status") == 4
    for action in ("stop", "reload", "force-reload", "restart", "try-restart"):
        done = script.run(action)
        assert done.returncode == 1
        assert "others may write %s" % house.folder in done.stderr
    house.folder.chmod(0o700)


def test_the_init_script_without_program_configuration_or_argument(script, house):
    assert script.code() == 2
    assert script.code("begin") == 2
    script.set(CONFIG="/no/such/file")
    assert script.code("start") == 6
    script.set(DAEMON="/no/such/program")
    assert script.code("start") == 5
    assert script.code("stop") == 0
    script.set()
    house.configure(more="bogus = 1")
    done = script.run("start")
    assert done.returncode == 6
    assert "bogus" in done.stderr


def test_the_init_script_reports_a_start_that_fails(script, house):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", house.port))
        taken.listen(1)
        done = script.run("start")
    assert done.returncode == 1
    assert "address in use" in done.stderr


def test_the_init_script_runs_in_a_plain_posix_shell():
    dash = needs.tool("dash")
    assert seen(execute([dash, "-n", str(INIT / "vscpwsd")])) == (0, "", "")


def test_systemd_likes_the_unit():
    tool = needs.tool("systemd-analyze")
    done = execute([tool, "verify", str(INIT / "vscpwsd.service")])
    assert seen(done) == (0, "", "")


def test_systemd_likes_the_socket(tmp_path):
    tool = needs.tool("systemd-analyze")
    for name in ("vscpwsd.service", "vscpwsd.socket"):
        shutil.copy(str(INIT / name), str(tmp_path))
    done = execute([tool, "verify", str(tmp_path / "vscpwsd.socket")])
    assert seen(done) == (0, "", "")


def test_the_unit_is_as_closed_as_the_page_says():
    tool = needs.tool("systemd-analyze")
    done = execute([tool, "security", "--offline=yes", str(INIT / "vscpwsd.service")])
    figure = re.search(r"exposure level for vscpwsd.service: ([0-9.]+)", done.stdout).group(1)
    page = (ROOT / "doc" / "operations.md").read_text(encoding="utf-8")
    written = re.search(r"exposure level: ([0-9.]+)", page).group(1)
    # Other versions of systemd look at a few other things.
    assert abs(float(figure) - float(written)) < 1


def test_the_network_sample_sets_the_bit_rate_and_the_restart():
    sample = configparser.ConfigParser(strict=True)
    sample.optionxform = str
    sample.read(str(INIT / "can0.network"))
    assert dict(sample["CAN"]) == {"BitRate": "125K", "RestartSec": "100ms"}
    assert dict(sample["Match"]) == {"Name": "can0"}


def test_systemd_likes_the_user():
    tool = needs.tool("systemd-sysusers")
    done = execute([tool, "--dry-run", str(INIT / "vscpwsd.sysusers")])
    assert done.returncode == 0


def test_the_unit_s_options_are_the_program_s():
    for line in (INIT / "vscpwsd.service").read_text().splitlines():
        if line.startswith("Exec"):
            words = line.split()[1:]
            assert words[0] == "vscpwsd.py"
            assert execute([sys.executable, SCRIPT, *words[1:], "--version"]).returncode == 0
