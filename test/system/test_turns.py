"""Who sends at full speed takes his turn: nobody else waits for him, and the daemon is in hand.

Each attack runs in a process of its own beside two good clients.
"""

import contextlib
import json
import subprocess
import sys
import time

import pytest

import local
from certificate import make_certificate
from system.attackers import KINDS
from system.daemon import SCRIPT, Daemon, driver_block
from system.latency import PATIENCE, Pair, attack, good_client

pytestmark = pytest.mark.attack


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


@pytest.mark.parametrize("kind", KINDS)
def test_good_clients_hardly_notice_an_attacker(targets, kind):
    target = targets["TLS" in kind]
    with attack(kind, target.door(kind)), Pair(target.port, target.tls) as pair:
        tries = pair.tries()
        asked = subprocess.run(
            [sys.executable, str(SCRIPT), "status", "--json", "--pidfile", target.pidfile],
            stdout=subprocess.PIPE, timeout=PATIENCE)
        assert json.loads(asked.stdout)["answers"]
    print("%s: %s" % (kind, ["%.1f ms" % (1000 * each.took) for each in tries]))
    assert tries[-1].is_good, tries


@pytest.mark.parametrize("kind", ["requests", "fragments", "downloads", "a broken frame and more"])
def test_it_ends_when_it_is_told_to_in_the_middle_of_an_attack(tmp_path, kind):
    target = Target(tmp_path, tls=False)
    with target, attack(kind, target.door(kind)):
        client = good_client(target.port)
        began = time.monotonic()
        assert target.stop() == 0
        assert time.monotonic() - began < PATIENCE
        client.shutdown()
