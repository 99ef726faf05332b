"""Boots a Debian with the package under its own systemd and runs ``test_service.py`` there.

The machine is User Mode Linux, made by ``uml/run``, so this needs no kernel but root's rights.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import needs
from system.debian import package as packages
from system.debian.machine import Machine, copy_tree

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
pytestmark = [pytest.mark.debian, pytest.mark.uml]

TIME_LIMIT = 600                    # s for the tests in the machine
_SYSTEM = ("systemd", "systemd-sysv", "udev", "kmod", "iproute2")
_TOOLS = ("can-utils", "python3-pytest", "python3-serial")
NEWER = "root/newer.deb"


@pytest.fixture(scope="module")
def bootable(installed, package, debian_folder, tmp_path_factory):
    """A Debian with the package, systemd, a newer package in /root, and what the tests need."""
    needs.tool("linux.uml")
    tree = copy_tree(installed, debian_folder / "bootable")
    with Machine(tree) as machine:
        machine.run("apt-get", "-qq", "-y", "--no-install-recommends", "install", *_SYSTEM, *_TOOLS)
        machine.let_services_start(True)
    newer = packages.newer(package, tmp_path_factory.mktemp("newer"))
    shutil.copy(str(newer), str(tree / NEWER))
    yield tree
    subprocess.run(["rm", "-rf", "--one-file-system", str(tree)], check=True)


def test_the_service_works_under_systemd(bootable):
    ran = subprocess.run(
        [sys.executable, str(HERE / "uml" / "run"), "--root", str(bootable), "--time-limit",
         str(TIME_LIMIT), "/usr/bin/python3", "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "--color=no", "--durations=20", str(HERE / "test_service.py")],
        cwd=str(ROOT), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, universal_newlines=True, timeout=TIME_LIMIT + 120)
    print(ran.stdout)
    assert ran.returncode == 0
    assert re.search(r"^\d+ passed", ran.stdout, re.MULTILINE)
    assert not re.search(r"skipped|deselected", ran.stdout)
