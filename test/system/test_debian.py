"""The Debian package: built, looked at, installed in a clean Debian 12, served, upgraded, purged.

The init script is tried there, too, action by action: on a machine without systemd, as the LSB has
it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import needs
from local import free_port, wait_until
from system.debian import package as packages
from system.debian.machine import Machine, copy_tree

pytestmark = pytest.mark.debian

INIT = "/etc/init.d/vscpwsd"
PIDFILE = "/run/vscpwsd/vscpwsd.pid"
INI = "/etc/vscp/vscpwsd.ini"
PROGRAM = "/usr/bin/vscpwsd.py"
_KEEP_MINE = ("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")


@contextlib.contextmanager
def _house(installed, folder, name="house"):
    tree = copy_tree(installed, folder / name)
    try:
        with Machine(tree) as machine:
            yield House(machine)
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", str(tree)], check=True)


@pytest.fixture(scope="module")
def lasting(installed, debian_folder):
    with _house(installed, debian_folder) as house:
        yield house


@pytest.fixture
def house(lasting):
    """For tests that only start and stop the daemon; it is stopped at first."""
    yield lasting
    assert lasting.init("stop") == 0


@pytest.fixture
def own_house(installed, debian_folder):
    """For tests that change what is installed."""
    with _house(installed, debian_folder, "own") as house:
        yield house


class House:
    """A machine with the package; the daemon's port is one that is free out here."""

    def __init__(self, machine):
        self.machine = machine
        self.port = free_port()
        ini = machine.path(INI)
        text, count = re.subn(r"(?m)^interface = .*", "interface = ws://localhost:%d" % self.port,
                              ini.read_text(encoding="utf-8"))
        assert count == 1
        ini.write_text(text, encoding="utf-8")

    def init(self, *action):
        return self.machine.code(INIT, *action)

    def codes(self, *actions):
        return {action: self.init(action) for action in actions}

    def pid(self):
        """In the machine's own count."""
        return int(self.machine.path(PIDFILE).read_text())

    def kill(self):
        """The daemon dies, and its PID file stays."""
        self.machine.run("sh", "-c", "kill -KILL %d" % self.pid())
        assert wait_until(lambda: self.init("status") == 1, 30)

    def hears_an_event(self):
        needs.module("websockets.sync.client")
        from system.clients import Ws1
        with Ws1(self.port) as client:
            return client.wait(lambda: client.events, 30)


# ---- the package -------------------------------------------------------------------------------


def test_lintian_finds_nothing(changes):
    assert packages.lint(changes) == []


def test_what_the_administrator_edits_is_kept_by_dpkg(package):
    listed = packages.run(["dpkg-deb", "--info", str(package), "conffiles"]).split()
    assert sorted(listed) == [
        "/etc/default/vscpwsd", INIT, "/etc/logrotate.d/vscpwsd", "/etc/vscp/users.json",
        "/etc/vscp/vscp.key", "/etc/vscp/vscpd.conf", INI]


def test_the_package_lies_outside_python_s_path_and_holds_the_data(package):
    listed = packages.run(["dpkg-deb", "--contents", str(package)])
    assert "dist-packages" not in listed
    for name in ("web/page/index.html", "web/vscp/vscp.js", "reading/data/catalog.json"):
        assert "./usr/share/vscpwsd/vscpws/%s\n" % name in listed
    for page in ("man8/vscpwsd.8", "man5/vscpwsd.ini.5", "man5/vscpwsd-driver.5"):
        assert "./usr/share/man/%s.gz\n" % page in listed


# ---- its life ----------------------------------------------------------------------------------


def test_as_installed_it_is_ready_to_start_and_its_secrets_are_hidden(house):
    machine = house.machine
    assert "demo:" in machine.run(PROGRAM, "--check-config")
    for name in ("vscp.key", "users.json"):
        assert machine.run("stat", "-c", "%a %U:%G", "/etc/vscp/" + name) == "640 root:vscp\n"
    assert machine.run("stat", "-c", "%a %U:%G", "/var/log/vscpwsd") == "750 vscp:vscp\n"
    assert machine.run("getent", "passwd", "vscp").endswith(":/nonexistent:/usr/sbin/nologin\n")
    starters = machine.run("sh", "-c", "ls -d /etc/rc?.d/*vscpwsd").split()
    assert {Path(name).name[0] + Path(name).parent.name[2] for name in starters} == {
        "K0", "K1", "K6", "S2", "S3", "S4", "S5"}


def test_installed_started_upgraded_purged(own_house, package, tmp_path):
    house, machine = own_house, own_house.machine
    assert house.init("start") == 0
    first = house.pid()
    assert machine.run("stat", "-c", "%U", "/proc/%d" % first) == "vscp\n"
    assert house.hears_an_event()

    machine.let_services_start(True)
    newer = packages.newer(package, tmp_path)
    shutil.copy(str(newer), str(machine.path("/tmp/newer.deb")))
    before = machine.path(INI).read_text(encoding="utf-8")
    machine.run("apt-get", "-qq", "-y", *_KEEP_MINE, "install", "/tmp/newer.deb")
    machine.path("/tmp/newer.deb").unlink()
    assert machine.run(PROGRAM, "--version") == "vscpwsd %s\n" % packages.version(newer)
    assert machine.path(INI).read_text(encoding="utf-8") == before
    assert "The newer one" in machine.path(INI + ".dpkg-dist").read_text(encoding="utf-8")
    assert machine.run("stat", "-c", "%a", "/etc/vscp/users.json") == "640\n"
    assert house.pid() != first                             # restarted
    assert house.hears_an_event()

    machine.run("apt-get", "-qq", "-y", "purge", "vscpwsd")
    assert not _answers(house)
    assert machine.run("find", "/", "-xdev", "-name", "*vscp*", "-not", "-path", "/proc/*") == ""
    assert machine.run("find", "/", "-xdev", "(", "-user", "vscp", "-o", "-group", "vscp", ")",
                       "-not", "-path", "/proc/*") == ""
    assert machine.code("dpkg-query", "--status", "vscpwsd") == 1
    assert machine.run("dpkg", "--audit") == ""


def test_its_own_test_passes(house):
    shutil.copy(str(packages.ROOT / "debian" / "tests" / "serve"),
                str(house.machine.path("/tmp/serve")))
    assert "\nE;" in house.machine.run("/tmp/serve")


def _answers(house):
    try:
        return bool(house.hears_an_event())
    except OSError:
        return False


# ---- init, action by action --------------------------------------------------------------------


def test_the_actions_on_a_daemon_that_is_stopped(house):
    assert house.codes("status", "stop", "reload", "force-reload", "try-restart") == {
        "status": 3, "stop": 0, "reload": 7, "force-reload": 7, "try-restart": 0}
    assert house.init("status") == 3                        # nothing of that has started it
    assert house.codes("restart", "status") == {"restart": 0, "status": 0}


def test_the_actions_on_a_daemon_that_runs(house):
    assert house.init("start") == 0
    first = house.pid()
    assert house.codes("status", "start", "reload", "force-reload") == {
        "status": 0, "start": 0, "reload": 0, "force-reload": 0}
    assert house.pid() == first
    for action in ("restart", "try-restart"):
        before = house.pid()
        assert house.init(action) == 0
        assert house.pid() != before
    assert house.codes("stop", "status") == {"stop": 0, "status": 3}


def test_the_actions_on_a_daemon_that_has_died(house):
    assert house.init("start") == 0
    house.kill()
    assert house.codes("reload", "force-reload", "try-restart", "status") == {
        "reload": 7, "force-reload": 7, "try-restart": 0, "status": 1}
    assert house.codes("start", "status") == {"start": 0, "status": 0}
    house.kill()
    assert house.codes("restart", "status") == {"restart": 0, "status": 0}
    house.kill()
    assert house.codes("stop", "status") == {"stop": 0, "status": 3}


def test_the_actions_without_a_configuration(house):
    assert house.init("start") == 0
    ini, away = house.machine.path(INI), house.machine.path(INI + ".away")
    ini.rename(away)
    try:
        assert house.codes("status", "restart", "try-restart", "reload", "force-reload") == {
            "status": 0, "restart": 6, "try-restart": 6, "reload": 6, "force-reload": 6}
        assert house.init("status") == 0                    # the running one is left alone
        assert house.codes("stop", "start", "status") == {"stop": 0, "start": 6, "status": 3}
    finally:
        away.rename(ini)


def test_the_actions_once_the_package_is_removed_but_not_purged(own_house):
    own_house.machine.run("dpkg", "--remove", "vscpwsd")
    codes = {action: own_house.machine.code("sh", INIT, action) for action in (
        "start", "restart", "try-restart", "reload", "stop", "status")}
    assert codes == {"start": 5, "restart": 5, "try-restart": 5, "reload": 5, "stop": 0,
                     "status": 4}


def test_unknown_actions_and_other_users(house):
    assert house.init() == 2
    assert house.init("begin") == 2
    assert house.init("start") == 0

    def as_nobody(action):
        return house.machine.code("su", "-s", "/bin/sh", "nobody", "-c", "%s %s" % (INIT, action))
    assert {action: as_nobody(action) for action in ("status", "stop", "restart", "reload")} == {
        "status": 0, "stop": 4, "restart": 4, "reload": 4}
    assert house.init("status") == 0


def test_a_machine_ends_with_all_its_processes(own_house):
    machine = own_house.machine
    assert own_house.init("start") == 0
    namespace = machine.namespace()
    assert len(_processes_in(namespace)) > 1
    machine.end()
    assert _processes_in(namespace) == []
    assert str(machine.tree) not in Path("/proc/self/mounts").read_text()


def _processes_in(namespace):
    return [number for number in os.listdir("/proc")
            if number.isdigit() and _link("/proc/%s/ns/pid" % number) == namespace]


def _link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""
