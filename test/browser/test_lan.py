"""In from the living room: plain http from another host, and TLS with the certificate that the
program makes; in Chromium and in Firefox."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest

import local
import needs
from browser.chromium import chromium
from browser.firefox import firefox
from system.daemon import SCRIPT, Daemon, driver_block
from vscpws.access.credentials import hash_password

pytestmark = pytest.mark.browser

HOUSE = "192.0.2.8"             # an address of this namespace that is not loopback's
KEY = "00112233445566778899AABBCCDDEEFF"
PASSWORD = "correct horse"
#: What both browsers run.
LOG_IN = """
const form = document.querySelector('#login-form')
  ?? document.querySelector('vscp-connection')?.shadowRoot.querySelector('form');
const set = (name, text) => { form.querySelector(`input[name=${name}]`).value = text; };
set('user', 'admin'); set('password', arguments[0]); form.requestSubmit();"""
SAID = """
const host = document.querySelector('vscp-connection');
return (document.querySelector('#connection-text')
  ?? host?.shadowRoot.querySelector('[role=status]'))?.textContent ?? '';"""


@pytest.fixture
def address():
    """Another address of this host, as another machine would know it."""
    added = subprocess.run(["ip", "addr", "add", HOUSE + "/32", "dev", "lo"],
                           capture_output=True, check=False)
    needs.condition(added.returncode == 0, "the right to add an address")
    yield HOUSE
    subprocess.run(["ip", "addr", "del", HOUSE + "/32", "dev", "lo"], check=False)


class OnTheLan(Daemon):
    """A daemon that others can reach, with secrets of its own."""

    def __init__(self, folder, tls):
        port = local.free_port()
        settings = {"interface": "%s://0.0.0.0:%d" % ("wss" if tls else "ws", port),
                    "key-file": self._secret(folder / "own.key", KEY),
                    "path-users": self._secret(folder / "own.json", json.dumps({"users": [
                        {"name": "admin", "password": hash_password("admin", PASSWORD),
                         "rights": "admin"}]}))}
        if tls:
            subprocess.run([sys.executable, str(SCRIPT), "--make-cert", str(folder)], check=True,
                           capture_output=True, timeout=60)
            settings["tls"] = {"cert": folder / "vscpwsd.crt", "key": folder / "vscpwsd.key"}
        super().__init__(folder, driver_block(config="virtual:lan"), settings=settings)
        self.port = port
        self.link = "%s://%s:%d/#key=%s" % ("https" if tls else "http", HOUSE, port, KEY)

    @staticmethod
    def _secret(path, text):
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def _answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@pytest.fixture(params=[False, True], ids=["http", "tls"])
def daemon(tmp_path, address, request):
    with OnTheLan(tmp_path, request.param) as running:
        running.is_encrypted = request.param
        yield running


def main_way(run, get, daemon, eventually):
    """By the link with the key to the page, to the panel, and out: in either browser."""
    get(daemon.link)
    eventually(lambda: run("return Boolean(document.querySelector('#login-form')"
                           "?.checkVisibility())"))
    assert run("return location.hash") == ""
    assert run("return crypto.subtle !== undefined") is daemon.is_encrypted
    warned = run("return document.querySelector('#login-form').textContent.includes("
                 "'others on this network can read along')")
    assert warned is not daemon.is_encrypted
    run(LOG_IN, "wrong")
    eventually(lambda: "key is wrong" in run(
        "return document.querySelector('#login-form [role=alert]').textContent"))
    run(LOG_IN, PASSWORD)
    eventually(lambda: run(SAID) == "connected as admin")
    run("document.querySelector('#open-send').click();"
        "document.querySelector('#send-form').requestSubmit()")
    eventually(lambda: "Sent and accepted" in run(
        "return document.querySelector('#send-result').textContent"))
    eventually(lambda: "TurnOn" in run(
        "return document.querySelector('#events-rows').textContent"))
    get("%s://%s:%d/panel.html" % ("https" if daemon.is_encrypted else "http", HOUSE, daemon.port))
    eventually(lambda: run(SAID) == "connected as admin")
    run("document.querySelector('vscp-connection').shadowRoot.querySelector("
        "'.bar button:last-of-type').click()")
    eventually(lambda: run(SAID) == "not logged in")
    assert PASSWORD not in run("return JSON.stringify([{...localStorage}, {...sessionStorage}])")


def test_the_main_way_in_chromium(tmp_path, daemon, eventually):
    with chromium(tmp_path / "profile", "--ignore-certificate-errors") as browser:
        main_way(browser.execute_script, browser.get, daemon, eventually)


def test_the_main_way_in_firefox(tmp_path, daemon, eventually):
    with firefox(tmp_path / "profile", accepts_any_certificate=True) as browser:
        main_way(browser.run, browser.get, daemon, eventually)


@pytest.mark.parametrize("daemon", [True], indirect=True, ids=["tls"])
def test_plain_http_at_the_tls_port_leads_to_tls(tmp_path, daemon, eventually):
    with chromium(tmp_path / "profile", "--ignore-certificate-errors",
                  "--host-resolver-rules=MAP house.lan %s" % HOUSE) as browser:
        browser.get("http://house.lan:%d/panel.html" % daemon.port)
        eventually(lambda: browser.current_url == "https://house.lan:%d/panel.html" % daemon.port)
