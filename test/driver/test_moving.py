"""From the C++ driver to the library, to the daemon and back: the same files, as they are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from driverstage import Host, client_of, until, write_files

PROGRAM = Path(__file__).resolve().parents[2] / "vscpwsd.py"

# The shape of the C++ driver's own sample, with keys of its versions.
SAMPLE = {
    "debug": False, "write": False, "encryption": "AES128", "auth-domain": "mydomain.com",
    "url-ws1": "/ws1", "url-ws2": "/ws2", "enable-ws1": True, "enable-ws2": True,
    "enable-static": True, "enable-rest": False, "web-root": "/no/such/html",
    "max-clients": 20, "max-client-queue-size": 32000, "response-timeout": 0,
    "logging": {"file-enable-log": True, "file-log-level": "debug", "file-path": "log",
                "file-pattern": "[vscpl2drv-websocksrv %c] [%^%l%$] %v", "file-max-size": 5242880,
                "file-max-files": 7, "console-enable-log": False, "console-log-level": "debug",
                "console-pattern": "%v"},
    "tls": {"certificate": "/srv/vscp/certs/vscpd.pem", "certificate_chain": "", "verify_peer":
            False, "ca-path": "", "ca-file": "", "verify_depth": 9, "default-verify-paths": True,
            "cipher-list": "DES-CBC3-SHA", "protocol-version": 3, "short-trust": False},
    "filter": {"in-filter": "", "in-mask": "", "out-filter": "", "out-mask": ""},
}
ODD = ("write", "encryption", "auth-domain", "enable-rest", "web-root", "response-timeout",
       "[logging] file-pattern", "[tls] verify_peer", "[tls] cert", "[filter] in-filter")


@pytest.fixture
def files(tmp_path):
    path, port = write_files(tmp_path, variables={"websocksrv_interface": "virtual:moving"},
                             **SAMPLE)
    vscpd = tmp_path / "vscpd.json"
    vscpd.write_text(json.dumps({"runasuser": "vscp", "drivers": {"level1": [], "level2": [
        {"enable": False, "name": "off", "path-driver": "/x/vscpl2drv-automation.so"},
        {"enable": True, "name": "websocksrv", "path-config": str(path),
         "path-driver": "/var/lib/vscp/drivers/level2/vscpl2drv-websocksrv.so",
         "guid": "FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:07:00"}]}}))
    return {"own": path, "vscpd": vscpd, "port": port, "log": tmp_path / "log"}


@pytest.mark.parametrize("which", ["own", "vscpd"])
def test_the_library_starts_with_the_sample(files, which):
    with Host() as host:
        handle = host.open(files[which])
        assert handle
        client = client_of(files["port"])
        client.send("E;0,10,6,0,,0,-,1")
        assert client.recv() == "+;EVENT"
        if which == "vscpd":
            assert host.asked("read", handle, 1000)["guid"] == "FF" * 7 + (
                "FE0102030405060000")
    log = files["log"].read_text()
    for where in ODD:
        assert " WARNING %s: %s: " % (files["own"], where) in log


@pytest.mark.parametrize("arguments", [
    ("--driver-json", "vscpd"), ("--driver-json", "own", "--config", "vscpd"),
    ("--ini", "own", "--config", "vscpd")])
def test_the_daemon_starts_with_the_sample(files, tmp_path, arguments):
    arguments = [str(files.get(word, word)) for word in arguments]
    with open(tmp_path / "said", "w") as said:
        daemon = subprocess.Popen(
            [sys.executable, str(PROGRAM), "--foreground", "--pidfile", "", *arguments],
            stdout=said, stderr=said, cwd=str(tmp_path),
            env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
        try:
            until(lambda: "ws2 at " in (
                files["log"].read_text() if files["log"].exists() else "")
                or daemon.poll() is not None)
            assert daemon.poll() is None, (tmp_path / "said").read_text()
            client_of(files["port"]).close()
            client_of(files["port"], "/ws2").close()
        finally:
            daemon.terminate()
            daemon.wait(20)
    for where in ODD:
        assert "%s: %s: " % (files["own"], where) in (tmp_path / "said").read_text()


def test_a_file_can_be_checked(files):
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--check-config", "--driver-json", str(files["vscpd"])],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    assert "virtual:moving" in done.stdout and str(files["port"]) in done.stdout
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--driver-json", "a", "--ini", "b"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stdout.startswith("vscpwsd: --driver-json, --ini: only one of them")
