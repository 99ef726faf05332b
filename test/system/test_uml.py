"""Runs the tests of ``test_socketcan.py`` on a machine that has a CAN bus, as one test.

The machine is made by ``uml/run``: a network namespace where this kernel has vcan, User Mode Linux
elsewhere.
"""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import pytest

import needs

HERE = pathlib.Path(__file__).resolve().parent
RUN = HERE / "uml" / "run"
ROOT = HERE.parents[1]
pytestmark = pytest.mark.uml

TIME_LIMIT = 900                    # s for the tests in the machine
NO_MACHINE, TIME_IS_UP = 125, 124


def run(*arguments, timeout=TIME_LIMIT + 120):
    return subprocess.run([sys.executable, str(RUN), *map(str, arguments)], cwd=str(ROOT),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True, timeout=timeout)


@pytest.fixture(scope="module", autouse=True)
def machine():
    """Only where the machine can be made; whether it can is the machine maker's own word."""
    for tool in ("ip", "unshare", "timeout", "candump", "cansend", "cangen"):
        needs.tool(tool)
    needs.condition(run("--time-limit", 60, "true").returncode != NO_MACHINE,
                    "vcan in the kernel, or the program linux.uml")


def run_there(file):
    """A file of tests in the machine: all of it, and nothing skipped."""
    ran = run("--time-limit", TIME_LIMIT, sys.executable, "-B", "-m", "pytest", "-q",
              "--color=no", "-p", "no:cacheprovider", HERE / file)
    print(ran.stdout)
    assert ran.returncode == 0
    assert re.search(r"^\d+ passed", ran.stdout, re.MULTILINE)
    assert not re.search(r"skipped|deselected", ran.stdout)


def test_the_daemon_works_on_a_real_can_bus():
    needs.module("websockets.sync.client")
    run_there("test_socketcan.py")


def test_a_front_end_works_with_a_real_can_bus_behind_a_broker():
    needs.module("websockets.sync.client")
    needs.module("paho.mqtt.client")
    needs.tool("mosquitto")
    run_there("test_mqtt.py")


def test_pages_work_on_a_real_can_bus():
    needs.module("selenium.webdriver")
    needs.module("paho.mqtt.client")
    for tool in ("chromium", "chromedriver", "node", "mosquitto"):
        needs.tool(tool)
    run_there("test_pages.py")


def test_the_machine_gives_back_output_and_status_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ran = run("sh", "-c", "echo $VSCPWSD_TEST_BUS is there; exit 7")
    assert ran.returncode == 7
    assert "vcan0 is there" in ran.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_machine_ends_when_the_time_is_up():
    assert run("--time-limit", 2, "sleep", "1000", timeout=120).returncode == TIME_IS_UP
