"""The installed package as a service of systemd, in the sandbox of its unit.

Runs where ``test/system/uml/run --root`` has booted a Debian with the package: it starts and stops
units, edits what is in /etc and upgrades the package. CPU time is dear there: whatever is waited
for has a generous deadline.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
import tty
from pathlib import Path

import pytest
import websocket
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from local import listens, wait_until

PATIENCE = 60.0         # s
PORT = 8884
ETC = Path("/etc/vscp")
CERTIFICATE, TLS_KEY = ETC / "vscpwsd.crt", ETC / "vscpwsd.key"
INI, DRIVERS = ETC / "vscpwsd.ini", ETC / "vscpd.conf"
DROP_INS = Path("/etc/systemd/system/vscpwsd.service.d")
EXAMPLES = Path("/usr/share/doc/vscpwsd/examples")
LOG = Path("/var/log/vscpwsd/vscpwsd.log")
BLOCK = '<driver enable="true"><name>bus</name><config>%s</config><guid>%s</guid></driver>'
GUID = "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:00"
CELSIUS = "E;%d,10,6,0,,,%s,136,129,0,215"      # an event as a client sends it: head, GUID
FRAME = "0C0A0602", "888100D7"                  # the same on the bus: identifier, data


def run(*command, status=0):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True, timeout=PATIENCE)
    if status is not None:
        assert done.returncode == status, done.stdout + journal()
    return done


def systemctl(*words, status=0):
    return run("systemctl", *words, status=status)


def state(name):
    """A property of the service."""
    return systemctl("show", "--value", "--property", name, "vscpwsd").stdout.strip()


def pid():
    return int(state("MainPID"))


def comes(name, value):
    """Whether a property of the service becomes what is expected."""
    return wait_until(lambda: re.search(value, state(name)), PATIENCE)


def journal():
    return run("journalctl", "--boot", "--output=cat", "--unit=vscpwsd", status=None).stdout


def reopens():
    """How often the bus was tried again."""
    report = json.loads(run("vscpwsd.py", "--json", "status").stdout)
    return report["buses"][0]["reopens"]


@pytest.fixture(autouse=True)
def as_installed(tmp_path):
    """What a test changes in /etc is put back, and the service is stopped."""
    kept = tmp_path / "etc"
    shutil.copytree(str(ETC), str(kept), symlinks=True)
    modes = {name: (ETC / name).stat() for name in os.listdir(str(ETC))}
    yield
    systemctl("stop", "vscpwsd.service", "vscpwsd.socket", status=None)
    LOG.exists() and LOG.unlink()       # the machine's file system gives new files to root
    for name, was in modes.items():
        if not (ETC / name).is_symlink():
            shutil.copyfile(str(kept / name), str(ETC / name))
            os.chown(str(ETC / name), was.st_uid, was.st_gid)
    for added in (CERTIFICATE, TLS_KEY, DROP_INS, Path("/etc/systemd/system/vscpwsd.socket")):
        shutil.rmtree(str(added)) if added.is_dir() else added.exists() and added.unlink()
    systemctl("daemon-reload")
    systemctl("reset-failed", "vscpwsd", status=None)


def drop_in(text):
    DROP_INS.mkdir(exist_ok=True)
    (DROP_INS / "test.conf").write_text("[Service]\n" + text, encoding="ascii")
    systemctl("daemon-reload")


def option(key, value):
    text, count = re.subn(r"(?m)^#?%s =.*" % key, "%s = %s" % (key, value),
                          INI.read_text(encoding="utf-8"))
    assert count == 1
    INI.write_text(text, encoding="utf-8")


def bus(config):
    DRIVERS.write_text(BLOCK % (config, GUID), encoding="utf-8")


class Client:
    """An administrator's client of ws1, logged in and its channel open; over TLS it trusts the
    certificate beside the INI file alone."""

    def __init__(self, password=b"secret", has_tls=False):
        self.socket = websocket.create_connection(
            "ws%s://localhost:%d/ws1" % ("s" if has_tls else "", PORT), timeout=PATIENCE,
            sslopt={"ca_certs": str(CERTIFICATE)} if has_tls else None)
        sid = self.socket.recv().split(";")[2]
        key = bytes.fromhex((ETC / "vscp.key").read_text().strip())
        cipher = Cipher(algorithms.AES(key), modes.CBC(bytes.fromhex(sid))).encryptor()
        crypto = cipher.update((b"admin:" + password).ljust(16, b"\0")).hex()
        self.ask("C;AUTH;%s;%s" % (sid, crypto), "+;AUTH1;")
        self.ask("C;OPEN", "+;OPEN")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, text, expected):
        self.socket.send(text)
        answer = self.socket.recv()
        while answer.startswith("E;"):
            answer = self.socket.recv()
        assert answer.startswith(expected), answer

    def event(self, seconds=PATIENCE):
        """The next event, or None if none comes in time."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv()
        except websocket.WebSocketTimeoutException:
            return None


def hears_an_event():
    with Client() as client:
        return client.event().startswith("E;")


@pytest.fixture(scope="module", autouse=True)
def state_folder():
    """The host's file system, on which the guest lives, gives every new file to root."""
    os.makedirs("/var/lib/vscpwsd", exist_ok=True)
    run("mount", "-t", "tmpfs", "tmpfs", "/var/lib/vscpwsd")


# ---- its life ----------------------------------------------------------------------------------


def test_the_system_starts_it_and_it_serves():
    systemctl("start", "multi-user.target")
    assert comes("ActiveState", "^active$")
    assert state("WatchdogUSec") == "2min"
    assert run("stat", "--format=%U:%G", "/proc/%d" % pid()).stdout == "vscp:vscp\n"
    assert re.match("[0-9]+ clients, demo up", state("StatusText"))
    assert hears_an_event()
    assert not re.search("(?i)permi|denied|not allowed", journal())


@pytest.mark.parametrize("signal", ["STOP", "KILL"])
def test_one_that_hangs_or_dies_is_started_again(signal):
    drop_in("WatchdogSec=4\n")
    systemctl("start", "vscpwsd")
    first = pid()
    systemctl("kill", "--signal=" + signal, "vscpwsd")
    assert comes("NRestarts", "^1$")
    assert comes("ActiveState", "^active$")
    assert pid() != first
    assert hears_an_event()


def test_a_wrong_configuration_is_not_tried_again():
    option("max-clients", "many")
    systemctl("start", "vscpwsd", status=1)
    assert (state("ActiveState"), state("ExecMainStatus"), state("NRestarts")) == (
        "failed", "2", "0")
    assert "max-clients" in journal()


def test_an_address_in_use_is_tried_until_it_is_free():
    drop_in("RestartSec=100ms\n")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", PORT))
        other.listen(1)
        systemctl("start", "--no-block", "vscpwsd")
        assert comes("NRestarts", "^[1-9]")
    assert comes("ActiveState", "^active$")


def test_a_reload_counts_and_one_that_is_refused_says_so():
    systemctl("start", "vscpwsd")
    first = pid()
    systemctl("reload", "vscpwsd")
    option("max-clients", "many")
    assert systemctl("reload", "vscpwsd", status=None).returncode != 0
    assert "max-clients" in journal()
    assert (pid(), state("ActiveState")) == (first, "active")
    assert hears_an_event()


def test_an_upgrade_restarts_it():
    systemctl("start", "vscpwsd")
    first = pid()
    run("dpkg", "--force-confold", "--install", "/root/newer.deb")
    assert comes("ActiveState", "^active$")
    assert pid() != first
    assert "+newer" in run("vscpwsd.py", "--version").stdout
    assert hears_an_event()


# ---- its sockets -------------------------------------------------------------------------------


def test_systemd_opens_the_port_and_nobody_is_refused_during_a_restart():
    shutil.copy(str(EXAMPLES / "vscpwsd.socket"), "/etc/systemd/system/")
    systemctl("daemon-reload")
    systemctl("start", "vscpwsd.socket")
    assert state("ActiveState") == "inactive"
    assert hears_an_event()                                 # the first client starts it
    first = pid()
    systemctl("restart", "--no-block", "vscpwsd")
    assert wait_until(lambda: pid() != first, PATIENCE)     # not yet ready
    assert listens(PORT)
    assert hears_an_event()


# ---- its buses ---------------------------------------------------------------------------------


def test_a_bus_is_back_as_soon_as_its_link_is():
    bus("vcan0")
    option("reopen-first", "0.5")
    option("file-path", LOG)                                # its folder is the daemon's
    systemctl("start", "vscpwsd")
    with Client() as client:
        client.ask(CELSIUS % (96, "-"), "+;EVENT")
        run("ip", "link", "set", "vcan0", "down")
        assert wait_until(lambda: "vcan0 is down" in LOG.read_text(encoding="utf-8"), PATIENCE)
        assert wait_until(lambda: reopens() >= 4, PATIENCE)     # the next try is 6 to 8 s away
        run("ip", "link", "set", "vcan0", "up")
        since = time.monotonic()
        heard = None
        while not heard and time.monotonic() < since + 4:
            run("cansend", "vcan0", "#".join(FRAME))
            heard = client.event(0.05)
    assert heard and heard.startswith("E;") and ",10,6," in heard


class Adapter:
    """An slcan adapter at the other end of the cable that is at /dev/ttyS0."""

    def __init__(self):
        self.line = os.open("/dev/ttyS1", os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.line)
        self.read = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.line)

    def got(self, text):
        """Whether this comes from the daemon."""
        os.set_blocking(self.line, False)

        def came():
            try:
                self.read += os.read(self.line, 4096)
            except BlockingIOError:
                pass
            return text in self.read
        return wait_until(came, PATIENCE)


def test_an_adapter_on_a_serial_line_works_with_the_documented_drop_in():
    DROP_INS.mkdir()
    shutil.copy(str(EXAMPLES / "serial.conf"), str(DROP_INS))
    systemctl("daemon-reload")
    bus("slcan:/dev/ttyS0@125000")
    with Adapter() as adapter:
        systemctl("start", "vscpwsd")
        assert adapter.got(b"S4\r") and adapter.got(b"O\r")      # 125 kbit/s, open
        assert comes("StatusText", "bus up")
        with Client() as client:
            os.write(adapter.line, b"T%s4%s\r" % tuple(part.encode() for part in FRAME))
            assert ",10,6," in client.event()
            client.ask(CELSIUS % (96, "-"), "+;EVENT")
        assert adapter.got(b"T0C0A0600" + b"4" + FRAME[1].encode() + b"\r")


# ---- from the demo to a house ------------------------------------------------------------------


def set_up(*options, said="hush\n"):
    return subprocess.run(["vscpwsd.py", "--setup", "--yes", *options], input=said,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, timeout=PATIENCE)


def test_setup_makes_a_house_of_the_demo_and_the_service_runs_on_it():
    systemctl("start", "vscpwsd")       # as the package does: its port is no hindrance
    done = set_up("--interface", "vcan0", "--lan", "--tls", "--admin-password-stdin")
    assert done.returncode == 0, done.stdout
    assert "systemctl restart vscpwsd" in done.stdout
    for name in ("vscp.key", "users.json", "vscpwsd.key"):
        assert run("stat", "--format=%U:%G %a", str(ETC / name)).stdout == "root:vscp 640\n"
    run("vscpwsd.py", "--check-config")
    systemctl("restart", "vscpwsd")
    assert comes("StatusText", "vcan0 up")
    with Client(b"hush", has_tls=True) as client:
        run("cansend", "vcan0", "#".join(FRAME))
        assert ",10,6," in client.event()
    with pytest.raises(AssertionError, match="-;AUTH"):
        Client(b"secret", has_tls=True)
    again = set_up(said="")
    assert again.returncode == 0 and "Nothing to change.\n" in again.stdout


def test_setup_for_an_adapter_names_the_drop_in_and_it_works():
    done = set_up("--interface", "slcan:/dev/ttyS0@125000", "--loopback", "--admin-password-stdin")
    assert done.returncode == 0, done.stdout
    command, = [line.strip() for line in done.stdout.splitlines() if "serial.conf" in line]
    run(*command.split())
    systemctl("daemon-reload")
    with Adapter() as adapter:
        systemctl("restart", "vscpwsd")
        assert adapter.got(b"O\r")
        assert comes("StatusText", "can up")
