"""Clients that do harm, for the row ``hostile``: stuck, flooding, silent and dead ones.

``helper.Helper`` starts it. The dead ones live in a network namespace, whose cable is pulled when
they have logged in; that needs root and ``ip``.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time
from typing import List, Optional

from helper import answer_commands
from protocols import Place, client_frame, connect, greet

__all__ = ["Hostile"]

_HERE = pathlib.Path(__file__).resolve().parent
_NAMESPACE, _OUTSIDE, _INSIDE = "vscpwsd-bench", "vscpwsdbench0", "vscpwsdbench1"
_OUTSIDE_ADDRESS, _INSIDE_ADDRESS = "10.213.77.1", "10.213.77.2"
_SMALL = 4096                   # bytes of a stuck client's receive buffer
_AGAIN = 1.0                    # s until a flooding client that was closed comes back
_FLOOD = client_frame(b"C;NOOP") * 1000


class Hostile:
    """The commands."""

    def __init__(self):
        self._socks: List[socket.socket] = []
        self._dead: Optional[subprocess.Popen] = None
        self._stop = threading.Event()

    def start(self, port: int, stuck: int, flooding: int, silent: int, dead: int) -> int:
        """Bring them all in; returns how many dead ones there could be."""
        os.nice(10)             # they share a core with the load client, whose time is measured
        place = Place(port, "ws1")
        self._socks += [connect(place, buffer=_SMALL) for _ in range(stuck)]
        self._socks += [greet(port) for _ in range(silent)]
        for _ in range(flooding):
            threading.Thread(target=self._flood, args=(place,), daemon=True).start()
        return self._kill(port, dead) if dead else 0

    def _flood(self, place: Place) -> None:
        while not self._stop.is_set():
            try:
                with connect(place, listen=False) as sock:
                    while not self._stop.is_set():
                        sock.sendall(_FLOOD)
            except OSError:
                self._stop.wait(_AGAIN)

    def _kill(self, port: int, count: int) -> int:
        if os.geteuid() != 0 or shutil.which("ip") is None:
            return 0
        _ip("netns", "add", _NAMESPACE)
        _ip("link", "add", _OUTSIDE, "type", "veth", "peer", "name", _INSIDE, "netns", _NAMESPACE)
        _ip("address", "add", _OUTSIDE_ADDRESS + "/24", "dev", _OUTSIDE)
        _ip("link", "set", _OUTSIDE, "up")
        _ip("-n", _NAMESPACE, "address", "add", _INSIDE_ADDRESS + "/24", "dev", _INSIDE)
        _ip("-n", _NAMESPACE, "link", "set", _INSIDE, "up")
        self._dead = subprocess.Popen(
            ["ip", "netns", "exec", _NAMESPACE, sys.executable, str(_HERE / "hostile.py"),
             _OUTSIDE_ADDRESS, str(port), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        connected = int(self._dead.stdout.readline() or 0)
        _ip("link", "set", _OUTSIDE, "down")
        return connected

    def stop(self) -> None:
        """Send them all away."""
        self._stop.set()
        for sock in self._socks:
            sock.close()
        if self._dead is not None:
            self._dead.stdin.close()
            self._dead.wait()
            self._dead.stdout.close()
        if os.geteuid() == 0 and shutil.which("ip"):
            subprocess.run(["ip", "netns", "delete", _NAMESPACE], stderr=subprocess.DEVNULL)
            subprocess.run(["ip", "link", "delete", _OUTSIDE], stderr=subprocess.DEVNULL)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _live_until_told(host: str, port: int, count: int) -> None:
    """Inside the namespace: log in, say so, and stay until standard input ends."""
    socks = []
    for _ in range(count):
        try:
            socks.append(connect(Place(port, "ws1", host)))
        except OSError:
            time.sleep(0.1)
    print(len(socks), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _live_until_told(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        answer_commands(Hostile())
