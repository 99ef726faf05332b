import os
import socket
import time

import pytest

from vscpws.daemon.process.notify import notify, reloading, watchdog_time


@pytest.mark.parametrize("abstract", [False, True])
def test_the_service_manager_is_told(tmp_path, monkeypatch, abstract):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + path if abstract else path)
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + path if abstract else path)
        notify("READY=1")
        assert manager.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", ["", "vsock:2:1", "/no/such/socket"])
def test_nobody_who_listens_is_no_error(monkeypatch, address):
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")


@pytest.mark.parametrize("usec, pid, seconds", [
    ("120000000", None, 120.0), ("120000000", "own", 120.0), ("500000", "own", 0.5),
    ("120000000", "1", 0.0), (None, "own", 0.0), ("", "own", 0.0), ("x", "own", 0.0),
    ("-1", "own", 0.0), ("0", "own", 0.0), ("\u0663", "own", 0.0),
])
def test_the_watchdog_s_time_counts_for_whom_it_is_meant(monkeypatch, usec, pid, seconds):
    values = {"WATCHDOG_USEC": usec, "WATCHDOG_PID": str(os.getpid()) if pid == "own" else pid}
    for name, value in values.items():
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert watchdog_time() == seconds


def test_a_reload_that_fails_is_over_too(tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(5)
        with pytest.raises(RuntimeError), reloading():
            begun = manager.recv(100)
            raise RuntimeError
        now = time.monotonic_ns() // 1000
        assert begun.startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert 0 <= now - int(begun.rpartition(b"=")[2]) < 60000000
        assert manager.recv(100) == b"READY=1"
