"""``--setup`` from outside, in folders of its own."""

import io
import os
import pty
import re
import select
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest

import needs
from local import free_port, listens, wait_until
from login import DEFAULT_KEY, crypto_text
from vscpws.daemon.cli import main

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = str(ROOT / "vscpwsd.py")
SECRETS = ("vscp.key", "users.json", "vscpwsd.key")
PATIENCE = 60.0                 # s
FILES = ["users.json", "vscp.key", "vscpd.conf", "vscpwsd.crt", "vscpwsd.ini", "vscpwsd.key"]


def run(*args, said="", **options):
    done = subprocess.run([sys.executable, SCRIPT, *map(str, args)], input=said, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE,
                          **options)
    assert "Traceback" not in done.stderr
    return done


def set_up(folder, *args, said="hush\n", **options):
    return run("--setup", folder, "--pidfile", folder / "pid", *args, said=said, **options)


def house(folder, *args, port=None, **options):
    return set_up(folder, "--interface", "virtual:house", "--admin-password-stdin", "--port",
                  port or free_port(), *args, **options)


def check(folder):
    return run("--check-config", "--config", folder / "vscpd.conf", "--ini",
               folder / "vscpwsd.ini")


def contents(folder):
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(str(folder)))}


@pytest.fixture
def sample(tmp_path):
    shutil.copytree(str(ROOT / "conf"), str(tmp_path / "vscp"))
    return tmp_path / "vscp"


@pytest.mark.parametrize("wishes, listens", [
    (["--lan"], "wss://0.0.0.0"), (["--lan", "--no-tls"], "ws://0.0.0.0"),
    (["--loopback"], "ws://localhost"), (["--loopback", "--tls"], "wss://localhost"),
    ([], "ws://localhost")])
@pytest.mark.parametrize("begin", ["nothing", "sample"])
def test_what_it_has_written_check_config_takes(tmp_path, sample, wishes, listens, begin):
    folder = sample if begin == "sample" else tmp_path / "new" / "vscp"
    done = house(folder, "--yes", *wishes)
    assert done.returncode == 0, done.stderr
    checked = check(folder)
    assert checked.returncode == 0, checked.stderr
    assert checked.stderr == ""
    assert "virtual:house" in checked.stdout and listens in checked.stdout
    assert re.findall(r"(?m)^    (\w+) +tcpip", checked.stdout) == ["admin"]
    for name in SECRETS:
        if (folder / name).exists():
            assert (folder / name).stat().st_mode & 0o777 == 0o600
    key = (folder / "vscp.key").read_text().strip()
    assert "/#key=%s\n" % key in done.stdout
    assert ("not encrypted" in done.stderr) == (wishes == ["--lan", "--no-tls"])
    assert ("█" in done.stdout or "vscpwsd[qr]" in done.stdout) == ("--lan" in wishes)


def test_without_yes_the_plan_is_shown_and_nothing_written(sample, tmp_path):
    before = contents(sample)
    done = house(sample, "--lan")
    assert done.returncode == 1
    assert "nothing was written" in done.stderr
    for part in ("vscp.key", "a new key", "without the published users", "interface = wss://"):
        assert part in done.stdout
    assert contents(sample) == before
    assert house(tmp_path / "new", "--lan").returncode == 1
    assert not (tmp_path / "new").exists()


def test_a_second_run_changes_nothing_and_says_so(sample):
    port = free_port()
    assert house(sample, "--yes", "--lan", port=port).returncode == 0
    before = contents(sample)
    for again in (house(sample, "--yes", "--lan", port=port), house(sample, port=port),
                  set_up(sample, "--yes", said=""), set_up(sample, said="")):
        assert again.returncode == 0
        assert again.stdout.startswith("Nothing to change.")
        assert contents(sample) == before


def test_what_is_missing_is_said_all_at_once_where_nobody_can_be_asked(sample):
    before = contents(sample)
    done = set_up(sample, "--yes", said="")
    assert done.returncode == 2
    first, second = done.stderr.splitlines()
    assert first.startswith("vscpwsd: --interface: which CAN interface? found: ")
    assert second.startswith("vscpwsd: --admin-password-file or --admin-password-stdin: ")
    assert contents(sample) == before


def test_a_port_in_use_is_refused(sample):
    before = contents(sample)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        done = house(sample, "--yes", "--lan", port=taken.getsockname()[1])
    assert done.returncode == 1
    assert "address in use" in done.stderr and "--port" in done.stderr
    assert contents(sample) == before


def test_where_nothing_may_be_written_is_refused(sample, monkeypatch, capsys):
    before = contents(sample)
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **how: (
        not (mode & os.W_OK and path == str(sample)) and access(path, mode, **how)))
    monkeypatch.setattr(sys, "stdin", io.StringIO("hush\n"))
    code = main(["--setup", str(sample), "--interface", "can0", "--yes", "--admin-password-stdin",
                 "--pidfile", str(sample / "pid"), "--port", str(free_port())])
    assert code == 1
    assert "no right to write %s; as root, or with a folder of your own: --setup FOLDER" % (
        sample) in capsys.readouterr().err
    assert contents(sample) == before


def test_a_folder_that_is_none_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    done = run("--setup", tmp_path / "file", "--interface", "can0", "--yes", "--port", free_port(),
               "--admin-password-stdin", said="hush\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("%s is no folder\n" % (tmp_path / "file"))


def test_an_interface_that_is_not_there_is_a_warning(sample):
    done = set_up(sample, "--yes", "--lan", "--interface", "can77", "--admin-password-stdin",
                  "--port", free_port())
    assert done.returncode == 0
    assert "WARNING: can77 is not there yet: ip link set can77 up" in done.stderr


def test_a_configuration_that_the_daemon_would_refuse_is_not_written(sample):
    with open(sample / "vscpwsd.ini", "a") as ini:
        ini.write("[metrics]\nlisten = nonsense\n")
    before = contents(sample)
    done = house(sample, "--yes", "--lan")
    assert done.returncode == 2
    assert "%s" % (sample / "vscpwsd.ini") in done.stderr and ".setup" not in done.stderr
    assert done.stderr.endswith("vscpwsd: nothing was written\n")
    assert contents(sample) == before


def test_the_password_comes_from_a_file_or_standard_input_and_never_from_the_command_line(sample):
    secret = sample.parent / "password"
    secret.write_text("from a file\nsecond line\n")
    done = set_up(sample, "--yes", "--interface", "virtual:a", "--port", free_port(),
                  "--admin-password-file", secret)
    assert done.returncode == 0
    assert "from a file" not in done.stdout + done.stderr
    options = run("--help").stdout
    assert "--admin-password " not in options and "--password" not in options


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, *args):
        self.text = ""
        self._fd, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, SCRIPT, *map(str, args)], stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True, preexec_fn=lambda: os.close(os.open(
                os.ttyname(theirs), os.O_RDWR)))        # getpass asks at /dev/tty
        os.close(theirs)

    def answer(self, question, text):
        deadline = time.monotonic() + PATIENCE
        while question not in self.text:
            assert time.monotonic() < deadline, self.text
            self._read()
        self.text = self.text.partition(question)[2]
        os.write(self._fd, text.encode() + b"\n")

    def end(self):
        while self._read():
            pass
        os.close(self._fd)
        return self._process.wait(PATIENCE)

    def _read(self):
        select.select([self._fd], [], [], 1)
        try:
            data = os.read(self._fd, 65536).decode("utf-8", "replace")
        except OSError:
            return False        # nobody has it open any more
        self.text += data
        return bool(data)


def test_who_sits_at_a_terminal_is_asked(sample):
    terminal = Terminal("--setup", sample, "--pidfile", sample / "pid", "--port", free_port())
    terminal.answer("CAN interface [", "virtual:house")
    terminal.answer("such as a phone? [Y/n]", "")
    terminal.answer("Browsers warn once", "no")
    terminal.answer("New password for admin:", "hush")
    terminal.answer("Again:", "hosh")
    terminal.answer("New password for admin:", "hush")
    terminal.answer("Again:", "hush")
    terminal.answer("Write this? [y/N]", "y")
    assert terminal.end() == 0
    assert "http://" in terminal.text and "hush" not in terminal.text
    assert "interface = ws://0.0.0.0:" in (sample / "vscpwsd.ini").read_text()
    assert check(sample).returncode == 0


@pytest.mark.parametrize("answer", ["", "n", "\x04"])
def test_who_does_not_agree_changes_nothing(sample, answer):
    before = contents(sample)
    terminal = Terminal("--setup", sample, "--pidfile", sample / "pid", "--lan", "--tls", "--port",
                        free_port(), "--interface", "virtual:a", "--admin-password-file",
                        ROOT / "LICENSE")
    terminal.answer("Write this? [y/N]", answer)
    assert terminal.end() == 1
    assert "nothing was written" in terminal.text
    assert contents(sample) == before


def logs_in(port, context, password, key):
    """Whether ws1 takes it, asked by a client that trusts the certificate alone."""
    connect = needs.module("websockets.sync.client").connect
    with connect("wss://localhost:%d/ws1" % port, ssl=context) as server:
        sid = server.recv().split(";")[2]
        server.send("C;AUTH;%s;%s" % (sid, crypto_text("admin", password, sid, key)))
        return server.recv().startswith("+;AUTH1")


def test_the_daemon_runs_on_it_over_tls_and_only_the_new_password_and_key_log_in(tmp_path):
    needs.module("websockets.sync.client")
    folder, port = tmp_path / "vscp", free_port()
    assert house(folder, "--yes", "--lan", port=port).returncode == 0
    key = (folder / "vscp.key").read_text().strip()
    context = ssl.create_default_context(cafile=str(folder / "vscpwsd.crt"))
    with (tmp_path / "log").open("w") as log:
        daemon = subprocess.Popen(
            [sys.executable, SCRIPT, "--foreground", "--pidfile", "", "--config",
             str(folder / "vscpd.conf"), "--ini", str(folder / "vscpwsd.ini")], stderr=log)
    try:
        assert wait_until(lambda: listens(port), PATIENCE), (tmp_path / "log").read_text()
        assert logs_in(port, context, "hush", key)
        assert not logs_in(port, context, "secret", key)
        assert not logs_in(port, context, "hush", DEFAULT_KEY)
    finally:
        daemon.terminate()
        assert daemon.wait(PATIENCE) == 0


def test_a_daemon_that_runs_already_is_no_port_in_use(sample):
    port = free_port()
    ini = sample / "vscpwsd.ini"
    ini.write_text(ini.read_text().replace(":8884", ":%d" % port))
    files = ["--config", sample / "vscpd.conf", "--ini", ini, "--pidfile", sample / "pid"]
    assert run("start", *files).returncode == 0
    try:
        assert house(sample, "--yes", "--lan", port=port).returncode == 0
        assert run("restart", *files).returncode == 0
    finally:
        assert run("stop", *files).returncode == 0
