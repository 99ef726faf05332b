"""The servers that are measured, each started as it is shipped, on a core of its own.

``SERVERS`` has them by name. A server is started with ``start()`` and ended by ``stop()``, by its
pid. What differs from its defaults is what a bench needs: loopback, as many clients as asked for.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from hashlib import pbkdf2_hmac
from typing import Dict, List, Optional

from events import GUID
from helper import Failure, Helper
from machine import LOAD_CORE, SERVER_CORE, pin
from protocols import KEY, PASSWORD, USER, Place, connect, greet

__all__ = [
    "SERVERS", "Mosquitto", "NodeWs", "Server", "Vscpwsd", "VscpwsdAttacked", "VscpwsdFrontEnd",
    "VscpwsdInstalled", "VscpwsdNoBroker", "VscpwsdNoMemory", "VscpwsdNoPause", "Websockets",
]

_HERE = pathlib.Path(__file__).resolve().parent
_START_TIME = 20.0              # s
_STOP_TIME = 10.0
_NPM_TIME = 120.0


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
        self.port, self.feed_port = _free_port(), _free_port()
        self.start_seconds = 0.0
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
            if self._process.poll() is not None or time.monotonic() > start + _START_TIME:
                self.stop()
                raise Failure("%s does not start: %s" % (
                    self.name, (self.folder / "log").read_text(errors="replace")[-500:]))
            time.sleep(0.002)
        self.start_seconds = time.monotonic() - start

    def _serves(self) -> bool:
        try:
            connect(self.place("text"), listen=False).close()
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
            file.write("[mqtt]\nurl = mqtt://127.0.0.1:%d\nname = bench\n" % _free_port())
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

    def __init__(self, folder: pathlib.Path):
        super().__init__(folder)
        self._broker: Optional[subprocess.Popen] = None

    @classmethod
    def missing(cls, folder: pathlib.Path) -> str:
        return _no_paho() or ("" if Mosquitto._program() else "mosquitto is not installed")

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        return "the same without a bus, behind mosquitto"

    def start(self, feeder: Helper) -> None:
        config = self.folder / "mosquitto.conf"
        config.write_text("listener %d 127.0.0.1\nallow_anonymous true\n"
                          "max_queued_messages 0\n" % self.feed_port, encoding="utf-8")
        self._broker = subprocess.Popen(
            [Mosquitto._program(), "-c", str(config)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pin(self._broker.pid, LOAD_CORE)
        self._launch()
        feeder.call("attach", self.feed_kind, self.feed_port)

    def command(self) -> List[str]:
        super().command()
        self._write("vscpd.conf", "<vscpconfig/>\n")
        ini = self.folder / "vscpwsd.ini"
        self._write("vscpwsd.ini", ini.read_text(encoding="utf-8") + (
            '[mqtt]\nurl = mqtt://127.0.0.1:%d\nname = front\nsubscribe = "vscp/#"\n'
            % self.feed_port))
        return self._installed()

    def _serves(self) -> bool:
        url = "http://127.0.0.1:%d/healthz" % self.port
        try:
            with urllib.request.urlopen(url, timeout=_START_TIME) as answer:
                return json.load(answer)["ends"][0]["state"] == "up" and super()._serves()
        except OSError:
            return False

    def stop(self) -> None:
        super().stop()
        if self._broker is not None:
            broker, self._broker = self._broker, None
            broker.terminate()
            broker.wait()


class Mosquitto(Server):
    """Debian's broker with a websockets listener."""

    name = "mosquitto"
    dialects = ("mqtt",)
    feed_kind = "mqtt"

    @staticmethod
    def _program() -> Optional[str]:
        return shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")

    @classmethod
    def missing(cls, folder: pathlib.Path) -> str:
        return "" if cls._program() else "not installed"

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        text = subprocess.run([cls._program(), "-h"], stdout=subprocess.PIPE,
                              encoding="utf-8").stdout
        return "%s, MQTT over websockets, QoS 0" % text.split("\n")[0].replace(
            "mosquitto version ", "")

    def command(self) -> List[str]:
        # Version 2.0.11 doesn't start without a listener for plain MQTT; nobody uses it.
        plain, self.feed_port = self.feed_port, self.port
        config = self.folder / "mosquitto.conf"
        config.write_text(
            "listener %d 127.0.0.1\nprotocol websockets\nlistener %d 127.0.0.1\n"
            "allow_anonymous true\n" % (self.port, plain), encoding="utf-8")
        return [self._program(), "-c", str(config)]

    def _serves(self) -> bool:
        try:
            connect(self.place("mqtt"), listen=False).close()
        except OSError:
            return False
        return True


class Websockets(Server):
    """The ``websockets`` package's asyncio server."""

    name = "websockets"

    @classmethod
    def missing(cls, folder: pathlib.Path) -> str:
        try:
            import websockets  # noqa: F401
        except ImportError:
            return "not installed"
        return ""

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        import websockets.version

        return "%s, broadcast(), asyncio" % websockets.version.version

    def command(self) -> List[str]:
        return [sys.executable, str(_HERE / "peer_broadcast.py"), str(self.port),
                str(self.feed_port)]


class NodeWs(Server):
    """node with npm's ``ws``, which is installed into the run's folder."""

    name = "node ws"

    @classmethod
    def missing(cls, folder: pathlib.Path) -> str:
        if not shutil.which("node") or not shutil.which("npm"):
            return "not installed"
        if not cls._package(folder).exists():
            try:
                subprocess.run(
                    ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix",
                     str(folder / "npm"), "ws"], stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_NPM_TIME)
            except (OSError, subprocess.TimeoutExpired):
                pass
        return "" if cls._package(folder).exists() else "not installed (npm could not get ws)"

    @staticmethod
    def _package(folder: pathlib.Path) -> pathlib.Path:
        return folder / "npm" / "node_modules" / "ws" / "package.json"

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        node = subprocess.run(["node", "--version"], stdout=subprocess.PIPE,
                              encoding="utf-8").stdout.strip()
        return "%s, node %s, send() per client" % (
            json.loads(cls._package(folder).read_text(encoding="utf-8"))["version"], node)

    def command(self) -> List[str]:
        script = self.folder.parent / "npm" / "peer_ws.js"      # node looks for ws from there
        shutil.copy(str(_HERE / "peer_ws.js"), str(script))
        return ["node", str(script), str(self.port), str(self.feed_port)]


SERVERS: Dict[str, type] = {
    server.name: server for server in (
        Vscpwsd, VscpwsdNoPause, VscpwsdNoMemory, VscpwsdNoBroker, VscpwsdInstalled,
        VscpwsdAttacked, VscpwsdFrontEnd, Mosquitto, Websockets, NodeWs)}


def _no_paho() -> str:
    return "" if importlib.util.find_spec("paho") else "paho-mqtt is not installed"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
