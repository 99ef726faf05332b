"""The benchmark's short form against the daemon: every row comes out; no time is judged.

But for ``hostile``: as root it changes the machine's network.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

import needs

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench" / "main.py"


def test_every_row_is_measured_and_nothing_is_lost(tmp_path):
    rows = subprocess.run([sys.executable, str(BENCH), "--list"], stdout=subprocess.PIPE,
                          encoding="utf-8", check=True, timeout=30).stdout
    names = {line.split()[0] for line in rows.splitlines()} - {
        "hostile", "bridge", "bridge-latency", "page"}
    options = [word for name in names for word in ("--only", name)]
    done = subprocess.run(
        [sys.executable, str(BENCH), "--short", "--server", "vscpwsd", "--results", str(tmp_path),
         *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "latest.md").read_text("utf-8") in done.stdout
    records = json.loads((tmp_path / "latest.json").read_text("utf-8"))["records"]
    assert {record["row"] for record in records} == names
    faults = [record for record in records if record.get("ok", True) is not True]
    assert not faults
    assert all(record["rate"] > 0 for record in records if record["row"] == "ingest")


def test_a_front_end_behind_a_broker_is_measured(tmp_path):
    needs.tool("mosquitto")
    needs.module("paho.mqtt.client")
    done = subprocess.run(
        [sys.executable, str(BENCH), "--short", "--server", "vscpwsd, front-end", "--results",
         str(tmp_path), "--server", "vscpwsd, two front-ends", "--only", "bridge", "--only",
         "bridge-latency"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr
    records = json.loads((tmp_path / "latest.json").read_text("utf-8"))["records"]
    assert sorted((record["row"], record["server"], record["ok"]) for record in records) == [
        ("bridge", "vscpwsd, front-end", True), ("bridge", "vscpwsd, two front-ends", True),
        ("bridge-latency", "vscpwsd, front-end", True)]


def test_the_page_is_loaded_amid_events_and_nobody_loses_any(tmp_path):
    needs.tool("chromium")
    needs.tool("chromedriver")
    needs.module("selenium.webdriver")
    done = subprocess.run(
        [sys.executable, str(BENCH), "--short", "--server", "vscpwsd", "--results", str(tmp_path),
         "--only", "page"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        timeout=300)
    assert done.returncode == 0, done.stderr
    record, = json.loads((tmp_path / "latest.json").read_text("utf-8"))["records"]
    assert record["ok"], record
    assert 0 < record["seconds"] < 60


def test_without_a_browser_the_page_has_a_line_that_says_so(tmp_path):
    done = subprocess.run(
        [sys.executable, str(BENCH), "--short", "--server", "vscpwsd", "--results", str(tmp_path),
         "--only", "page"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        timeout=300, env={**os.environ, "PATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "chromium is not installed" in done.stdout


@pytest.mark.parametrize("server, rows", [
    ("vscpwsd, no broker", ("max", "latency")), ("vscpwsd, no memory", ("max", "latency")),
    ("vscpwsd, 200 users", ("startup",))])
def test_the_daemon_is_measured_with_other_settings_beside_its_own(tmp_path, server, rows):
    if server == "vscpwsd, no broker":
        needs.module("paho.mqtt.client")
    options = [word for name in rows for word in ("--only", name)]
    done = subprocess.run(
        [sys.executable, str(BENCH), "--short", "--server", server, "--results", str(tmp_path),
         *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr
    records = json.loads((tmp_path / "latest.json").read_text("utf-8"))["records"]
    assert {record["row"] for record in records} == set(rows)
    assert all(record.get("ok", True) for record in records), records
