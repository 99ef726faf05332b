"""The real daemon as a process of its own, with a configuration of its own.

::

    with Daemon(tmp_path, config=XML, variables={"demo_interface": "virtual:demo"}) as daemon:
        Ws1(daemon.port)
        daemon.log()                # what it has written so far
    daemon.status                   # its exit status
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Callable, Mapping, Optional

import local
from login import DEFAULT_KEY

__all__ = ["Daemon", "driver_block", "wait_until"]

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "vscpwsd.py"
PATIENCE = 120.0                    # s; an emulated machine is slow
PYTHON = os.environ.get("VSCPWSD_TEST_PYTHON", sys.executable)      # the daemon's interpreter
_STOP_TIME = 30.0                   # s from SIGTERM to the end; draining takes 5 at most


class Daemon:
    """A running ``vscpwsd.py --foreground``; made ready to answer, stopped by its pid.

    ``config`` is the text of the XML file, ``variables`` go into the INI's ``[variables]``,
    ``settings`` are more INI keys (a mapping as value is a section).
    """

    def __init__(self, folder: pathlib.Path, config: str,
                 variables: Optional[Mapping[str, str]] = None,
                 settings: Optional[Mapping[str, object]] = None):
        self.port = local.free_port()
        self.status: Optional[int] = None
        self._log = folder / "log"
        self._config, self._ini = folder / "vscpd.conf", folder / "vscpwsd.ini"
        self._config.write_text(config, encoding="utf-8")
        self._content = {"interface": "ws://localhost:%d" % self.port,
                         "key-file": _write(folder / "vscp.key", DEFAULT_KEY),
                         "path-users": _write(folder / "users.json", _users()),
                         "variables": variables or {}}
        self.configure(settings or {})
        self._process: Optional[subprocess.Popen] = None

    def configure(self, settings: Mapping[str, object]) -> None:
        """More INI keys, for the next start."""
        self._content.update(settings)
        self._ini.write_text(_ini_text(self._content), encoding="utf-8")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [PYTHON, str(SCRIPT), "--foreground", "--config", str(self._config),
                 "--ini", str(self._ini), "--pidfile", str(self._ini.with_suffix(".pid"))],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=str(ROOT))
        if not wait_until(lambda: self._answers() or self._process.poll() is not None):
            self.stop()
            raise AssertionError("the daemon doesn't answer:\n" + self.log())
        if self._process.poll() is not None:
            raise AssertionError("the daemon ended with status %d:\n%s" % (
                self._process.returncode, self.log()))

    def stop(self) -> int:
        """Stop it with SIGTERM; its exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self.status = self._process.wait(_STOP_TIME)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.status = self._process.wait()
        return self.status

    def kill(self) -> None:
        """As if its machine had lost its power."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Let it do nothing until ``thaw()``; what arrives meanwhile waits in the kernel."""
        self._process.send_signal(signal.SIGSTOP)
        assert wait_until(lambda: self._state() == "T")

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        """What it has written to stdout and stderr so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def health(self) -> int:
        """The HTTP status of ``/healthz``: 200 while the bus is up, 503 while it isn't."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open("http://127.0.0.1:%d/healthz" % self.port, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def _state(self) -> str:
        stat = pathlib.Path("/proc/%d/stat" % self.pid).read_text("ascii", "replace")
        return stat.rpartition(")")[2].split()[0]

    def _answers(self) -> bool:
        try:
            return bool(self.health())
        except OSError:
            return False


def driver_block(name: str = "demo", config: str = "vcan0",
                 guid: str = "FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:00") -> str:
    """The text of an XML file with one enabled driver block."""
    return ("<driver enable=\"true\"><name>%s</name><path>vscpl2drv-websocksrv.so</path>"
            "<config>%s</config><guid>%s</guid></driver>\n" % (name, config, guid))


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """``local.wait_until`` with the patience that an emulated machine needs."""
    return local.wait_until(condition, seconds)


def _users() -> str:
    salt = os.urandom(16)
    hashed = hashlib.pbkdf2_hmac("sha256", b"admin:secret", salt, 70000)
    return json.dumps({"users": [{"name": "admin", "rights": "admin", "password": "%s;%s" % (
        salt.hex().upper(), hashed.hex().upper())}]})


def _write(file: pathlib.Path, text: str) -> str:
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    return str(file)


def _ini_text(content: Mapping[str, object]) -> str:
    """Keys first, then the sections: a key after a section's head would belong to it."""
    lines = ["%s = %s" % (key, value) for key, value in content.items()
             if not isinstance(value, Mapping)]
    for section, keys in content.items():
        if isinstance(keys, Mapping):
            lines.append("[%s]" % section)
            lines.extend("%s = %s" % item for item in keys.items())
    return "\n".join(lines) + "\n"
