"""Debian's Firefox, driven by its own Marionette protocol, for the main way through the pages.

A message is its length, a colon and JSON: ``[0, id, command, parameters]`` there, ``[1, id, error,
result]`` back (firefox-source-docs.mozilla.org, testing/marionette/Protocol).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
from typing import Any, Iterator

import local
import needs

__all__ = ["Firefox", "firefox"]

PATIENCE = 60.0                 # s
_PREFERENCES = {
    "marionette.port": 0, "browser.shell.checkDefaultBrowser": False, "network.proxy.type": 0,
    "app.update.enabled": False, "browser.startup.page": 0, "toolkit.telemetry.reportingpolicy"
    ".firstRun": False, "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False, "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:1/", "extensions.update.enabled": False,
    "browser.safebrowsing.update.enabled": False, "dom.security.https_first": False,
}


class Firefox:
    """A session with a running Firefox; scripts run in the page."""

    def __init__(self, port: int, accepts_any_certificate: bool):
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._id = 0
        self._read()            # its greeting
        self._ask("WebDriver:NewSession", {
            "acceptInsecureCerts": accepts_any_certificate, "unhandledPromptBehavior": "accept"})

    def get(self, url: str) -> None:
        self._ask("WebDriver:Navigate", {"url": url})

    def run(self, script: str, *args: Any) -> Any:
        """What the script returns; it gets ``arguments``."""
        return self._ask("WebDriver:ExecuteScript", {"script": script, "args": args})["value"]

    def close(self) -> None:
        self._socket.close()

    def _ask(self, command: str, parameters: Any) -> Any:
        self._id += 1
        text = json.dumps([0, self._id, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(text), text))
        kind, id, error, result = self._read()
        assert (kind, id) == (1, self._id)
        assert error is None, "%s: %s" % (command, error)
        return result

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._receive(1)
        return json.loads(self._receive(int(length[:-1])))

    def _receive(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            piece = self._socket.recv(count - len(found))
            assert piece, "Firefox has gone"
            found += piece
        return found


@contextlib.contextmanager
def firefox(profile, accepts_any_certificate: bool = False, **preferences: Any) -> Iterator:
    """A running browser with a new profile in the folder ``profile``."""
    binary = needs.tool("firefox-esr")
    profile.mkdir()
    port = local.free_port()
    chosen = dict(_PREFERENCES, **{"marionette.port": port}, **preferences)
    (profile / "user.js").write_text("".join(
        "user_pref(%s, %s);\n" % (json.dumps(name), json.dumps(value))
        for name, value in chosen.items()))
    with (profile / "log").open("wb") as log:
        process = subprocess.Popen(
            [binary, "--headless", "--no-remote", "--marionette", "--profile", str(profile)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env=dict(os.environ, HOME=str(profile), MOZ_CRASHREPORTER_DISABLE="1",
                     MOZ_DISABLE_CONTENT_SANDBOX="1"))
    running = None
    try:
        assert local.wait_until(lambda: _listens(port) or process.poll() is not None, PATIENCE)
        running = Firefox(port, accepts_any_certificate)
        yield running
    finally:
        if running:
            running.close()
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
