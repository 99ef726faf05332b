"""The built Debian package, and a Debian with it; which tests run only in a machine made for them.

The tests on a CAN bus switch vcan0 off and delete it, those of the service start and stop units:
``test/system/uml/run`` makes the machine, ``test_uml.py`` and ``test_systemd.py`` call it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from system.debian import package as packages
from system.debian.machine import Machine, base_tree

collect_ignore = [] if os.environ.get("VSCPWSD_TEST_BUS") else [
    "test_mqtt.py", "test_pages.py", "test_service.py", "test_socketcan.py"]


@pytest.fixture(scope="session")
def debian_folder():
    """Not below pytest's own: that keeps the last three, and these are large."""
    folder = Path(tempfile.mkdtemp(prefix="vscpwsd-debian-"))
    yield folder
    shutil.rmtree(str(folder))


@pytest.fixture(scope="session")
def changes(debian_folder):
    return packages.build(debian_folder)


@pytest.fixture(scope="session")
def package(changes):
    file, = changes.parent.glob("vscpwsd_*_all.deb")
    return file


@pytest.fixture(scope="session")
def installed(debian_folder, package):
    """A tree with the package in it, its service not started; never used itself."""
    tree = base_tree(debian_folder)
    with Machine(tree) as machine:
        machine.let_services_start(False)
        shutil.copy(str(package), str(tree / "tmp" / "vscpwsd.deb"))
        machine.run("apt-get", "-qq", "update")
        machine.run("apt-get", "-qq", "-y", "--no-install-recommends", "install",
                    "/tmp/vscpwsd.deb", "python3-websocket")
        machine.path("/tmp/vscpwsd.deb").unlink()
    return tree
