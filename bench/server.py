"""A server that is measured: started as it is shipped on a core of its own, ended by its pid."""

from __future__ import annotations

import pathlib
import signal
import socket
import subprocess
import time
from typing import List, Optional

from helper import Failure, Helper
from machine import SERVER_CORE, pin
from protocols import Place, connect

__all__ = ["START_TIME", "Server", "free_port"]

#: Seconds for it to start.
START_TIME = 20.0
_STOP_TIME = 10.0


class Server:
    """A server in ``folder``, which it has for itself. ``start_seconds`` is from its start until
    a websocket client is served (for ours: until it is greeted)."""

    name = ""
    dialects = ("text",)
    feed_kind = "lines"
    guess = 100000              # messages delivered per second, where a search begins,
    guess_rate = 30000          # with at most so many events/s

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.port, self.feed_port = free_port(), free_port()
        self.start_seconds = 0.0
        self.beside: Optional[Server] = None    # a second one, whose clients must get the same
        self._process: Optional[subprocess.Popen] = None

    @classmethod
    def missing(cls, folder: pathlib.Path) -> str:
        """Why it can't be measured here; empty if it can. ``folder`` is the run's."""
        return ""

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        raise NotImplementedError

    def command(self) -> List[str]:
        """Prepares ``folder`` and says how to start."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        return self._process.pid

    def place(self, dialect: str) -> Place:
        return Place(self.port, dialect)

    def start(self, feeder: Helper) -> None:
        """Start it, and connect the feeder."""
        self._launch()
        feeder.call("attach", self.feed_kind, self.feed_port)

    def _launch(self) -> None:
        command = self.command()
        start = time.monotonic()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=str(self.folder))
        pin(self.pid, SERVER_CORE)
        while not self._serves():
            if self._process.poll() is not None or time.monotonic() > start + START_TIME:
                self.stop()
                raise Failure("%s does not start: %s" % (
                    self.name, (self.folder / "log").read_text(errors="replace")[-500:]))
            time.sleep(0.002)
        self.start_seconds = time.monotonic() - start

    def _serves(self) -> bool:
        try:
            connect(self.place(self.dialects[0]), listen=False).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_TIME)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A TCP port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
