"""A daemon with too few file descriptors: it refuses and says so, and stays in hand."""

import json
import os
import resource
import socket
import subprocess
import sys
import time

import pytest

import local
import system.daemon
from system.daemon import SCRIPT, Daemon, driver_block
from system.latency import good_client

FEW = 64
CROWD = 150


def cpu(pid):
    """Seconds of processor time that a process has used."""
    fields = open("/proc/%d/stat" % pid).read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(daemon, *action):
    return subprocess.run(
        [sys.executable, str(SCRIPT), *action, "--config", str(daemon._config), "--ini",
         str(daemon._ini), "--pidfile", str(daemon._ini.with_suffix(".pid"))],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)


@pytest.mark.parametrize("start", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
                                   b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_with_64_descriptors_it_refuses_and_stays_in_hand(tmp_path, start):
    with Daemon(tmp_path, driver_block(config="virtual:few")) as daemon:
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (FEW, FEW))
        held = []
        for _ in range(CROWD):
            held.append(socket.create_connection(("127.0.0.1", daemon.port)))
            held[-1].sendall(start)
        client = good_client(daemon.port)
        before, began = cpu(daemon.pid), time.monotonic()
        report = json.loads(ask(daemon, "status", "--json").stdout)
        assert report["answers"] and report["clients"]["authenticated"] == 1
        assert ask(daemon, "reload").returncode == 0
        assert local.wait_until(lambda: "reloaded" in daemon.log(), 10)
        assert cpu(daemon.pid) - before < (time.monotonic() - began) / 2    # it doesn't spin
        client.send("C;NOOP")
        assert client.recv() == "+;NOOP"
        client.shutdown()
        for connection in held:
            connection.close()
        assert "Traceback" not in daemon.log()


@pytest.mark.parametrize("connections", [100, 100000])
def test_it_raises_its_soft_limit_and_says_where_that_is_not_enough(
        tmp_path, monkeypatch, connections):
    limited = tmp_path / "python"
    limited.write_text('#!/bin/sh\nulimit -Sn 256 && ulimit -Hn 4096 && exec %s "$@"\n'
                       % sys.executable)
    limited.chmod(0o755)
    monkeypatch.setattr(system.daemon, "PYTHON", str(limited))
    with Daemon(tmp_path, driver_block(config="virtual:soft"),
                settings={"max-clients": connections}) as daemon:
        soft, _ = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
        assert soft == 4096 if connections > 4096 else 500 <= soft < 1000
        assert ("file descriptors" in daemon.log()) == (connections > 4096)
