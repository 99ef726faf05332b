"""A daemon on a stage: python-can's virtual bus, files that a test may rewrite, real clients."""

from __future__ import annotations

import dataclasses
import json
import socket
import urllib.request

import websocket as websocket_client

import can
from hubthread import TIMEOUT, HubThread
from login import crypto_text
from vscpws.access.credentials import DEFAULT_KEY, hash_password
from vscpws.can.canbus import join_bus
from vscpws.daemon.shell import Shell
from vscpws.settings import Interface, Settings

__all__ = ["FRAME", "GUID", "Stage"]

GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0200000000010000")
FRAME = can.Message(arbitration_id=0x0C0A0605, is_extended_id=True, data=[0x88, 0x81, 0, 0xD7])


class Stage(HubThread):
    """A daemon on a virtual bus of its own, or on ``ends``; ``source`` takes the place of what the
    bus's channel names, ``more`` are further interfaces, ``interfaces`` all of them."""

    def __init__(self, folder, name, source=None, more=(), ends=None, interfaces=None,
                 **changes):
        self.folder = folder
        self.users = folder / "users.json"
        self.key = folder / "vscp.key"
        self.write_users(admin={})
        self.write(self.key, DEFAULT_KEY.hex())
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.metrics_listener = socket.create_server(("127.0.0.1", 0))
        self.metrics_port = self.metrics_listener.getsockname()[1]
        self.settings = Settings(
            (Interface("demo", "virtual:%s" % name, GUID),) + tuple(more) if interfaces is None
            else tuple(interfaces), "127.0.0.1", self.port,
            key_file=str(self.key), path_users=str(self.users), **changes)
        self.logging = []
        if source is not None:
            ends = [join_bus(self.settings.interfaces[0], self.settings.bus, source)]
        self.shell = Shell(self.settings, [self.listener], self.reloaded, self.logging.append,
                           ends, [self.metrics_listener])
        self.bus = can.Bus(interface="virtual", channel=name)
        self._has_bus = ends is None and interfaces is None
        super().__init__(self.shell.run, self.shell.stop)

    @property
    def service(self):
        return self.shell.service

    def __enter__(self):
        super().__enter__()
        if self._has_bus:       # what is sent before it listens is nobody's
            self.until(lambda: self.service.ends[0].status().usable)
        return self

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.bus.shutdown()

    @staticmethod
    def write(path, text):
        path.touch(mode=0o600)
        path.write_text(text)

    def write_users(self, **entries):
        self.write(self.users, json.dumps({"users": [
            dict({"name": name, "password": hash_password(name, "secret"), "rights": "admin"},
                 **entry) for name, entry in entries.items()]}))

    def reloaded(self):
        if isinstance(self.settings, Exception):
            raise self.settings
        return self.settings

    def change(self, **changes):
        self.settings = dataclasses.replace(self.settings, **changes)

    def reload(self):
        self.call(self.shell.reload)

    def health(self):
        url = "http://127.0.0.1:%d/healthz" % self.port
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            return json.load(answer)

    def log_in(self, name="admin", expect="+;AUTH1", key=DEFAULT_KEY):
        client = websocket_client.create_connection(
            "ws://127.0.0.1:%d/ws1" % self.port, timeout=TIMEOUT)
        sid = client.recv().split(";")[2]
        client.send("C;AUTH;%s;%s" % (sid, crypto_text(name, "secret", sid, key.hex())))
        assert client.recv().startswith(expect)
        return client

    def open(self, name="admin"):
        client = self.log_in(name)
        client.send("C;OPEN")
        assert client.recv() == "+;OPEN"
        return client

    def metrics(self):
        """The text that Prometheus would get."""
        url = "http://127.0.0.1:%d/metrics" % self.metrics_port
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            return answer.read().decode("utf-8")
