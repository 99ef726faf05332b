"""The servers that are measured: the daemon with different settings, and its peers.

``SERVERS`` has them by name. A server is started with ``start()`` and ended by ``stop()``. What
differs from its defaults is what a bench needs: loopback, as many clients as asked for.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import urllib.request
from hashlib import pbkdf2_hmac
from typing import Dict, List, Optional

from events import GUID
from helper import Helper
from machine import LOAD_CORE, pin
from peers import Mosquitto, NodeWs, Websockets
from protocols import KEY, PASSWORD, USER, greet
from server import START_TIME, Server, free_port

__all__ = [
    "SERVERS", "Vscpwsd", "VscpwsdAttacked", "VscpwsdFrontEnd", "VscpwsdInstalled",
    "VscpwsdNoBroker", "VscpwsdNoMemory", "VscpwsdNoPause", "VscpwsdTwoFrontEnds",
]

_HERE = pathlib.Path(__file__).resolve().parent


class Vscpwsd(Server):
    """The daemon, with the feeder as its bus. The bus has no bit rate of its own, so its queue
    must hold what ten clients with window 100 send at once."""

    name = "vscpwsd"
    dialects = ("ws1", "ws2")
    feed_kind = "frames"
    guess, guess_rate = 8000000, 100000
    host = "127.0.0.1"
    limits = "max-message-rate = 0\n"       # further lines of [limits]

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        import gevent

        text = subprocess.run(
            [sys.executable, str(_HERE.parent / "vscpwsd.py"), "--version"],
            stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
        return "%s, Python %d.%d.%d, gevent %s" % (
            text.strip().replace("vscpwsd ", ""), *sys.version_info[:3], gevent.__version__)

    @property
    def _bus(self) -> str:
        return str(self.folder / "bus")

    def start(self, feeder: Helper) -> None:
        feeder.call("listen", self._bus)
        self._launch()
        feeder.call("accept")

    def command(self) -> List[str]:
        salt = os.urandom(16)
        hashed = pbkdf2_hmac("sha256", ("%s:%s" % (USER, PASSWORD)).encode(), salt, 70000)
        self._write("users.json", json.dumps({"users": [{
            "name": USER, "rights": "admin",
            "password": "%s;%s" % (salt.hex().upper(), hashed.hex().upper())}]}))
        self._write("key", KEY)
        self._write("vscpd.conf", (
            '<driver enable="true"><name>bench</name><path>vscpl2drv-websocksrv.so</path>'
            "<config>virtual:bench</config><guid>%s</guid></driver>\n" % GUID))
        self._write("vscpwsd.ini", (
            "interface = ws://%s:%d\nmax-clients = 0\nkey-file = key\n"
            "path-users = users.json\n[limits]\ntransmit-queue-size = 4096\n%s"
            % (self.host, self.port, self.limits)))
        return [sys.executable, str(_HERE / "daemon.py"), self._bus,
                str(self.folder / "vscpd.conf"), str(self.folder / "vscpwsd.ini")]

    def _installed(self) -> List[str]:
        """How it is started by who has installed it."""
        return [sys.executable, str(_HERE.parent / "vscpwsd.py"), "--foreground",
                "--config", str(self.folder / "vscpd.conf"),
                "--ini", str(self.folder / "vscpwsd.ini"), "--pidfile", "", "start"]

    def _write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")

    def _serves(self) -> bool:
        try:
            greet(self.port).close()
        except OSError:
            return False
        return True


class VscpwsdNoPause(Vscpwsd):
    """The same without the pause between batches."""

    name = "vscpwsd, no pause"
    limits = Vscpwsd.limits + "batch-pause = 0\n"

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        return "the same with batch-pause = 0"


class VscpwsdNoMemory(Vscpwsd):
    """The same without states and history."""

    name = "vscpwsd, no memory"
    limits = Vscpwsd.limits + "[state]\nstate-size = 0\nhistory-hours = 0\n"

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        return "the same with state-size = 0 and history-hours = 0"


class VscpwsdNoBroker(Vscpwsd):
    """The same with a bridge to a broker that isn't there."""

    name = "vscpwsd, no broker"

    def command(self) -> List[str]:
        command = super().command()
        with (self.folder / "vscpwsd.ini").open("a", encoding="utf-8") as file:
            file.write("[mqtt]\nurl = mqtt://127.0.0.1:%d\nname = bench\n" % free_port())
        return command

    @classmethod
    def missing(cls, folder: pathlib.Path) -> str:
        return _no_paho()

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        return "the same with a bridge to a broker that is not there"


class VscpwsdInstalled(Vscpwsd):
    """The daemon as it is installed, with two hundred users. It is only started."""

    name = "vscpwsd, 200 users"
    users = 200

    def start(self, feeder: Helper) -> None:
        self._launch()

    def command(self) -> List[str]:
        super().command()
        file = self.folder / "users.json"
        admin, = json.loads(file.read_text(encoding="utf-8"))["users"]
        self._write("users.json", json.dumps({"users": [admin] + [
            {**admin, "name": "user%d" % number, "rights": "user", "filter": "0,%d,0,-" % number,
             "mask": "0,0xFFFF,0,-"} for number in range(1, self.users)]}))
        return self._installed()

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        return "as it is installed, with a virtual bus"


class VscpwsdAttacked(Vscpwsd):
    """The same with its rate limit, reachable from a network namespace."""

    name = "vscpwsd, attacked"
    host = "0.0.0.0"
    limits = ""

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        return "the same with the default rate limit"


class VscpwsdFrontEnd(Vscpwsd):
    """The daemon as it is installed, without a bus: its events come from a mosquitto on the load
    client's core."""

    name = "vscpwsd, front-end"
    feed_kind = "events"
    guess, guess_rate = 2000000, 20000
    instance = "front"                      # its name at the broker

    def __init__(self, folder: pathlib.Path):
        super().__init__(folder)
        self._broker: Optional[subprocess.Popen] = None

    @classmethod
    def missing(cls, folder: pathlib.Path) -> str:
        return _no_paho() or ("" if Mosquitto.program() else "mosquitto is not installed")

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        return "the same without a bus, behind mosquitto"

    def start(self, feeder: Helper) -> None:
        config = self.folder / "mosquitto.conf"
        config.write_text("listener %d 127.0.0.1\nallow_anonymous true\n"
                          "max_queued_messages 0\n" % self.feed_port, encoding="utf-8")
        self._broker = subprocess.Popen(
            [Mosquitto.program(), "-c", str(config)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pin(self._broker.pid, LOAD_CORE)
        self._launch()
        feeder.call("attach", self.feed_kind, self.feed_port)

    def command(self) -> List[str]:
        super().command()
        self._write("vscpd.conf", "<vscpconfig/>\n")
        ini = self.folder / "vscpwsd.ini"
        self._write("vscpwsd.ini", ini.read_text(encoding="utf-8") + (
            '[mqtt]\nurl = mqtt://127.0.0.1:%d\nname = %s\nsubscribe = "vscp/#"\n'
            % (self.feed_port, self.instance)))
        return self._installed()

    def _serves(self) -> bool:
        url = "http://127.0.0.1:%d/healthz" % self.port
        try:
            with urllib.request.urlopen(url, timeout=START_TIME) as answer:
                return json.load(answer)["ends"][0]["state"] == "up" and super()._serves()
        except OSError:
            return False

    def stop(self) -> None:
        super().stop()
        if self._broker is not None:
            broker, self._broker = self._broker, None
            broker.terminate()
            broker.wait()


class VscpwsdTwoFrontEnds(VscpwsdFrontEnd):
    """The same with a second one at the same broker, which has clients of its own."""

    name = "vscpwsd, two front-ends"

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        return "the same beside a second one"

    def start(self, feeder: Helper) -> None:
        super().start(feeder)
        folder = self.folder / "beside"
        folder.mkdir()
        self.beside = _SecondFrontEnd(folder, self.feed_port)
        self.beside.start(feeder)

    def stop(self) -> None:
        if self.beside is not None:
            self.beside.stop()
        super().stop()


class _SecondFrontEnd(VscpwsdFrontEnd):
    instance = "second"

    def __init__(self, folder: pathlib.Path, broker: int):
        super().__init__(folder)
        self.feed_port = broker

    def start(self, feeder: Helper) -> None:
        self._launch()
        pin(self.pid, None)


def _no_paho() -> str:
    return "" if importlib.util.find_spec("paho") else "paho-mqtt is not installed"


SERVERS: Dict[str, type] = {
    server.name: server for server in (
        Vscpwsd, VscpwsdNoPause, VscpwsdNoMemory, VscpwsdNoBroker, VscpwsdInstalled,
        VscpwsdAttacked, VscpwsdFrontEnd, VscpwsdTwoFrontEnds, Mosquitto, Websockets, NodeWs)}
