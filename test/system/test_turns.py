"""Who sends at full speed takes his turn: nobody else waits for him, and the daemon is in hand.

Each attack runs in a process of its own beside two good clients, one of which sends events to the
other.
"""

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import websocket as websocket_client
from websockets.frames import Frame, Opcode

import local
from certificate import make_certificate
from login import crypto_text
from system.attackers import KINDS
from system.daemon import SCRIPT, Daemon, driver_block
from system.latency import of_99_percent

ATTACKERS = Path(__file__).with_name("attackers.py")
KEY = "2DBB079A38985AF00EBEEFE22F9FFA0E"
EVENT = Frame(Opcode.TEXT, b"E;0,10,6,0,,0,-,1,2,3").serialize(mask=True)
SAMPLES = 300
PAUSE = 0.003                   # s between two events
GOOD = 0.010                    # s; of a hundred events 99 must be there by then
TRIES = 6
PATIENCE = 10.0


def connected(port, secure):
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


def good_client(port, secure):
    """A plain socket behind the login, with its channel open."""
    client = connected(port, secure)
    sid = client.recv().split(";")[2]
    client.send("C;AUTH;%s;%s" % (sid, crypto_text("admin", "secret", sid, KEY)))
    assert client.recv().startswith("+;AUTH1")
    client.send("C;OPEN")
    assert client.recv() == "+;OPEN"
    return client


def slowest_of_99_percent(sender, hearer, pid):
    """Seconds from sending an event to its arrival, which 99 of 100 take at most."""
    def pass_on():
        sender.sock.sendall(EVENT)
        assert hearer.recv().startswith("E;")

    def finish():
        assert sender.recv() == "+;EVENT"
    return of_99_percent(pass_on, finish, pid, SAMPLES, PAUSE)


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


class Target(Daemon):
    """The daemon with all doors that there are, and a lot to download."""

    def __init__(self, folder, tls):
        root = folder / "root"
        root.mkdir()
        with (root / "large").open("wb") as large:
            large.truncate(256 << 20)
        port, self.metrics_port = local.free_port(), local.free_port()
        settings = {"web-root": str(root), "max-clients": 120,
                    "metrics": {"listen": "127.0.0.1:%d" % self.metrics_port}}
        if tls:
            settings["tls"] = dict(zip(("cert", "key"), make_certificate(folder)))
            settings["interface"] = "wss://localhost:%d" % port
        super().__init__(folder, driver_block(config="virtual:turns"), settings=settings)
        self.tls = tls
        if tls:
            self.port = port
        self.pidfile = str(folder / "vscpwsd.pid")

    def _answers(self):
        return local.listens(self.port)

    def door(self, kind):
        """Where an attack goes."""
        if kind == "status":
            return self.pidfile[:-4] + ".status"
        return self.metrics_port if kind == "metrics" else self.port


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Target(tmp_path_factory.mktemp("turns"), tls))
               for tls in (False, True)]


@pytest.mark.parametrize("kind", list(KINDS))
def test_good_clients_hardly_notice_an_attacker(targets, kind):
    target = targets["TLS" in kind]
    tries = []
    with attack(kind, target.door(kind)):
        sender, hearer = (good_client(target.port, target.tls) for _ in range(2))
        while len(tries) < TRIES and min(tries, default=1) > GOOD:
            tries.append(slowest_of_99_percent(sender, hearer, target.pid))
        asked = subprocess.run(
            [sys.executable, str(SCRIPT), "status", "--json", "--pidfile", target.pidfile],
            stdout=subprocess.PIPE, timeout=PATIENCE)
        assert json.loads(asked.stdout)["answers"]
        for client in (sender, hearer):
            client.close()
    print("%s: %s" % (kind, ["%.1f ms" % (1000 * each) for each in tries]))
    assert min(tries) <= GOOD


@pytest.mark.parametrize("kind", ["requests", "fragments", "downloads", "a broken frame and more"])
def test_it_ends_when_it_is_told_to_in_the_middle_of_an_attack(tmp_path, kind):
    target = Target(tmp_path, tls=False)
    with target, attack(kind, target.door(kind)):
        client = good_client(target.port, False)
        began = time.monotonic()
        assert target.stop() == 0
        assert time.monotonic() - began < PATIENCE
        client.shutdown()
