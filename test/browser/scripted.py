"""A page's script without a browser: ``node/client.mjs``, told what to do."""

from __future__ import annotations

import json
import pathlib
import queue
import subprocess
import threading

import needs
from browser.chromium import PATIENCE
from login import DEFAULT_KEY

__all__ = ["CATALOG", "LIBRARY", "Page", "node"]

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "lib" / "vscpws"
LIBRARY = PACKAGE / "web" / "vscp"
CATALOG = PACKAGE / "reading" / "data" / "catalog.json"


def node():
    """The command of a node that has websockets (22 and up, 20 with an option)."""
    program = needs.tool("node")
    version = subprocess.run([program, "--version"], capture_output=True, text=True,
                             check=True).stdout
    major = int(version.lstrip("v").split(".")[0])
    needs.condition(major >= 20, "node 20 or newer")
    return [program] + (["--experimental-websocket"] if major < 22 else [])


class Page:
    """``client.mjs``, told what to do; without a ``catalog`` it asks the daemon for one."""

    def __init__(self, port, key=DEFAULT_KEY, catalog=str(CATALOG)):
        self._process = subprocess.Popen(
            [*node(), "--no-warnings", str(HERE / "node" / "client.mjs"), LIBRARY.as_uri(),
             catalog, "ws://127.0.0.1:%d/ws2" % port, key],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.until("ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(json.loads(line))

    def tell(self, name, *args):
        self._process.stdin.write(json.dumps({"do": name, "args": args}) + "\n")
        self._process.stdin.flush()

    def until(self, kind, **parts):
        """The next line of this kind (and with these parts)."""
        while True:
            line = self._lines.get(timeout=PATIENCE)
            content = line.get(kind)
            if content is not None and (not parts or parts.items() <= content.items()):
                return line

    def ask(self, name, *args):
        """What became of it: None if it was done, else the failure."""
        self.tell(name, *args)
        while True:
            line = self._lines.get(timeout=PATIENCE)
            if "done" in line or "failed" in line:
                return line if "failed" in line else None

    def event(self):
        return self.until("event")["event"]

    def log_in(self):
        assert self.ask("login", "admin", "secret") is None
