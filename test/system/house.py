"""A folder with a configuration, and commands for the daemon that it describes."""

import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import websocket

from local import free_port, wait_until
from login import crypto_text
from vscpws.daemon.process.pidfile import RUNNING, state

__all__ = ["ROOT", "SCRIPT", "House", "execute", "made", "seen"]

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = str(ROOT / "vscpwsd.py")


class House:
    """A folder with a configuration, and commands for the daemon that it describes."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.pidfile = str(folder / "vscpwsd.pid")
        self.log = folder / "vscpwsd.log"
        (folder / "vscpd.conf").write_text(
            '<driver enable="true"><name>demo</name><config>virtual:%s</config></driver>'
            % folder.name)
        for name in ("vscp.key", "users.json"):
            shutil.copy(str(ROOT / "conf" / name), str(folder))
        self.configure()

    def configure(self, more="", log="file-path = vscpwsd.log"):
        (self.folder / "vscpwsd.ini").write_text(
            "interface = ws://localhost:%d\nkey-file = vscp.key\npath-users = users.json\n"
            "%s\n[logging]\n%s\n" % (self.port, more, log))

    def options(self):
        return ["--config", str(self.folder / "vscpd.conf"),
                "--ini", str(self.folder / "vscpwsd.ini"), "--pidfile", self.pidfile]

    def run(self, *args):
        return execute([sys.executable, SCRIPT, *self.options(), *args])

    def pid(self):
        return state(self.pidfile).pid

    def is_running(self):
        return state(self.pidfile).condition == RUNNING

    def answers(self):
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/healthz" % self.port, timeout=10):
                return True
        except urllib.error.HTTPError as error:
            error.close()
            return True
        except OSError:
            return False

    def fail_to_log_in(self):
        """With a wrong password, over ws1."""
        client = websocket.create_connection("ws://127.0.0.1:%d/ws1" % self.port, timeout=60)
        try:
            sid = client.recv().rpartition(";")[2]
            client.send("C;AUTH;%s;%s" % (sid, crypto_text("admin", "wrong", sid)))
            assert client.recv().startswith("-;")
        finally:
            client.close()

    def has_logged(self, text):
        return wait_until(lambda: self.log.exists() and text in self.log.read_text(), 30)


def execute(command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, universal_newlines=True, **options)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def seen(done):
    return done.returncode, done.stdout, done.stderr


@contextmanager
def made(folder):
    """A house whose daemon has ended in the end, whatever became of it."""
    house = House(folder)
    yield house
    pid = house.pid() if house.is_running() else None
    if pid:
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: not house.is_running(), 30)
