"""What is measured beside the daemon: other servers, as they are shipped."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import List, Optional

from server import Server

__all__ = ["Mosquitto", "NodeWs", "Websockets"]

_HERE = pathlib.Path(__file__).resolve().parent
_NPM_TIME = 120.0               # s


class Mosquitto(Server):
    """Debian's broker with a websockets listener."""

    name = "mosquitto"
    dialects = ("mqtt",)
    feed_kind = "mqtt"

    @staticmethod
    def program() -> Optional[str]:
        """Where it is installed; None if it isn't."""
        return shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")

    @classmethod
    def missing(cls, folder: pathlib.Path) -> str:
        return "" if cls.program() else "not installed"

    @classmethod
    def version(cls, folder: pathlib.Path) -> str:
        text = subprocess.run([cls.program(), "-h"], stdout=subprocess.PIPE,
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
        return [self.program(), "-c", str(config)]


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
