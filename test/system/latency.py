"""How long an event takes from one client to another, while somebody else has the daemon's ear.

A machine that has others to serve takes its time, whatever the daemon does. So the best of several
tries counts, and where none is good, a process that is always busy, too, and answers at once tells
at the same time what this machine makes of such a one.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, List, NamedTuple

import websocket as websocket_client
from websockets.frames import Frame, Opcode

from login import DEFAULT_KEY, crypto_text

__all__ = ["PATIENCE", "Pair", "Try", "attack", "good_client", "slowest_of_99_percent"]

ATTACKERS = Path(__file__).with_name("attackers.py")
BUSY = """
import select, socket, sys
line = socket.socket(fileno=int(sys.argv[1]))
while True:
    if select.select([line], [], [], 0)[0]:
        line.sendall(line.recv(100) or sys.exit())
"""
EVENT = Frame(Opcode.TEXT, b"E;0,10,6,0,,0,-,1,2,3").serialize(mask=True)
SAMPLES = 300
PAUSE = 0.003                   # s between two events
GOOD = 0.010                    # s; of a hundred events 99 must be there by then
TRIES = 4
SLACK = 3                       # times what the busy process takes
PATIENCE = 30.0                 # s


def _connected(port, secure):
    """A websocket; from the attacker's own host the way in may be full for a moment."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return websocket_client.create_connection(
                "%s://127.0.0.1:%d/ws1" % ("wss" if secure else "ws", port), timeout=PATIENCE,
                sslopt={"cert_reqs": 0})
        except (websocket_client.WebSocketException, OSError):
            if time.monotonic() > deadline:
                raise


def good_client(port, secure=False):
    """A plain socket behind the login, with its channel open."""
    client = _connected(port, secure)
    sid = client.recv().split(";")[2]
    client.send("C;AUTH;%s;%s" % (sid, crypto_text("admin", "secret", sid, DEFAULT_KEY)))
    assert client.recv().startswith("+;AUTH1")
    client.send("C;OPEN")
    assert client.recv() == "+;OPEN"
    return client


@contextlib.contextmanager
def attack(kind, port):
    process = subprocess.Popen([sys.executable, str(ATTACKERS), kind, str(port)],
                               stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()
        process.stdin.close()


@contextlib.contextmanager
def busy():
    """A process that never rests; gives a function that asks it, and returns with its answer."""
    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen([sys.executable, "-c", BUSY, str(theirs.fileno())],
                                        pass_fds=[theirs.fileno()]) as process:
        ours.settimeout(PATIENCE)

        def ask():
            ours.sendall(b"x")
            ours.recv(1)
        try:
            ask()
            yield ask
        finally:
            process.kill()


class Try(NamedTuple):
    """Seconds: what an event took, and what it may have taken."""

    took: float
    allowed: float

    @property
    def is_good(self) -> bool:
        return self.took <= self.allowed


class Pair:
    """Two good clients, one of which sends events to the other."""

    def __init__(self, port: int, secure: bool = False):
        self._sender, self._hearer = good_client(port, secure), good_client(port, secure)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._sender.close()
        self._hearer.close()

    def tries(self) -> List[Try]:
        """The last one is good, or there were enough."""
        tries: List[Try] = []
        while len(tries) < TRIES:
            event, = slowest_of_99_percent(self.send_event)
            tries.append(Try(event, GOOD))
            if tries[-1].is_good:
                return tries
        with busy() as ask:
            while len(tries) < 2 * TRIES and not tries[-1].is_good:
                event, usual = slowest_of_99_percent(self.send_event, ask)
                tries.append(Try(event, max(GOOD, SLACK * usual)))
        return tries

    def send_event(self) -> None:
        """Returns when it has arrived and is accepted."""
        self._sender.sock.sendall(EVENT)
        assert self._hearer.recv().startswith("E;")
        assert self._sender.recv() == "+;EVENT"


def slowest_of_99_percent(*calls: Callable[[], None]) -> List[float]:
    """Seconds that 99 of 100 of each of the calls take at most; they are called in turn."""
    took: List[List[float]] = [[] for _ in calls]
    for _ in range(SAMPLES):
        for call, times in zip(calls, took):
            began = time.perf_counter()
            call()
            times.append(time.perf_counter() - began)
        time.sleep(PAUSE)
    return [sorted(times)[SAMPLES * 99 // 100] for times in took]
