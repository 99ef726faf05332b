"""Home Assistant itself, as a process of its own, and its own interfaces as a foreign peer.

It is no package of the tests: ``HASS`` names the program ``hass`` of an environment of its own. At
its first start it installs what it needs, for which it has to reach PyPI.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import websocket as websocket_client

import local
import needs

__all__ = ["HomeAssistant", "program"]

PATIENCE = 300.0                # s; a first start installs, and a machine may be slow
_QUESTION = 60.0                # s for an answer

CONFIGURATION = """
homeassistant:
  name: House
  latitude: 48.0
  longitude: 11.0
  elevation: 500
  unit_system: metric
  time_zone: UTC
http:
  server_host: 127.0.0.1
  server_port: %d
api:
config:
onboarding:
logger:
  default: warning
"""

# What a Home Assistant without codecs, a fast zlib or a network says of itself, or one on a slow
# machine of its connection and its end. What it says of us has other loggers.
_OF_ITSELF = ("turbojpeg", "[aiohttp_fast_zlib]", "[homeassistant.components.network]",
              "setup of component analytics", "[homeassistant.components.analytics]",
              "[homeassistant.components.mqtt.client]", "[homeassistant.core]",
              "[homeassistant.util.executor]", "[homeassistant.util.async_]", "[asyncio]",
              "[homeassistant.bootstrap]", "[homeassistant.runner]")
_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ (WARNING|ERROR|CRITICAL) ", re.MULTILINE)


def program():
    """The path of ``hass``."""
    found = os.environ.get("HASS", "")
    needs.condition(found and os.access(found, os.X_OK), "HASS=/path/to/hass in the environment")
    return found


class HomeAssistant:
    """Runs from ``start`` (or ``with``) to ``stop``; its folder stays, and so do its entities."""

    def __init__(self, folder, hass):
        self._hass, self._folder = hass, folder
        self._base = "http://127.0.0.1:%d" % local.free_port()
        self._process = self._login = self._token = self._socket = None
        self._number = 0
        folder.mkdir()
        (folder / "configuration.yaml").write_text(
            CONFIGURATION % int(self._base.rpartition(":")[2]))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    def start(self):
        """Until it answers a user who has logged in."""
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [self._hass, "--config", str(self._folder)], stdin=subprocess.DEVNULL,
                stdout=output, stderr=output)
        self._wait(lambda: self._call("/api/onboarding") is not None)
        if self._login is None:
            self._login = {"client_id": self._base + "/"}
            code = self._call("/api/onboarding/users", dict(
                self._login, name="House", username="house", password="house", language="en"))
            self._log_in(grant_type="authorization_code", code=code["auth_code"])
        else:
            self._log_in(grant_type="refresh_token")
        self._wait(lambda: self._call("/api/config")["state"] == "RUNNING")
        self._socket = websocket_client.create_connection(
            self._base.replace("http", "ws") + "/api/websocket", timeout=_QUESTION)
        assert json.loads(self._socket.recv())["type"] == "auth_required"
        self._socket.send(json.dumps({"type": "auth", "access_token": self._token}))
        assert json.loads(self._socket.recv())["type"] == "auth_ok"

    def stop(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    # ---- what a person would do --------------------------------------------------------------

    def join(self, port):
        """Set the MQTT integration up, with the broker at this port of the machine."""
        step = self._call("/api/config/config_entries/flow",
                          {"handler": "mqtt", "show_advanced_options": False})
        while step["type"] != "create_entry":
            assert step["type"] == "form" and not step["errors"], step
            step = self._call("/api/config/config_entries/flow/" + step["flow_id"],
                              {"broker": "127.0.0.1", "port": port})

    def act(self, service, entity, **data):
        """``act("light.turn_on", "light.hall", brightness=128)``."""
        self._call("/api/services/" + service.replace(".", "/"), dict(data, entity_id=entity))

    # ---- what it shows -----------------------------------------------------------------------

    def ask(self, kind, **more):
        """The result of a command of its websocket."""
        self._number += 1
        self._socket.send(json.dumps(dict(more, type=kind, id=self._number)))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._number and answer["type"] == "result":
                assert answer["success"], answer
                return answer["result"]

    def states(self):
        """All states by the ids of their entities: ``{"state": ..., "attributes": {...}}``."""
        return {each["entity_id"]: each for each in self.ask("get_states")}

    def state(self, entity):
        """One entity's, without its attributes; "" for one that isn't there."""
        return self.states().get(entity, {"state": ""})["state"]

    def entities(self):
        """Those of MQTT in its registry, by their own unique ids."""
        entries = self.ask("config/entity_registry/list")
        detailed = self.ask("config/entity_registry/get_entries", entity_ids=[
            each["entity_id"] for each in entries if each["platform"] == "mqtt"])
        return {each["unique_id"]: each for each in detailed.values()}

    def devices(self):
        """Those of MQTT in its registry, by their identifiers."""
        return {name: each for each in self.ask("config/device_registry/list")
                for domain, name in each["identifiers"] if domain == "mqtt"}

    def until(self, condition, seconds=PATIENCE):
        self._wait(condition, seconds)

    def complaints(self):
        """The warnings and errors of its log, but what it says of itself."""
        text = "".join(each.read_text("utf-8", "replace")
                       for each in sorted(self._folder.glob("home-assistant.log*")))
        starts = [match.start() for match in _ENTRY.finditer(text)] + [len(text)]
        entries = [text[start:end] for start, end in zip(starts, starts[1:])]
        return [each for each in entries if not any(known in each for known in _OF_ITSELF)]

    # ---- the wire ----------------------------------------------------------------------------

    def _log_in(self, **form):
        found = self._call("/auth/token", dict(self._login, **form), is_form=True)
        self._token = found["access_token"]
        if "refresh_token" in found:
            self._login["refresh_token"] = found["refresh_token"]

    def _call(self, path, content=None, is_form=False):
        body = None if content is None else (
            urllib.parse.urlencode(content) if is_form else json.dumps(content)).encode("utf-8")
        request = urllib.request.Request(self._base + path, body)
        if body and not is_form:
            request.add_header("Content-Type", "application/json")
        if self._token and not is_form:
            request.add_header("Authorization", "Bearer " + self._token)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_QUESTION) as answer:
                return json.loads(answer.read().decode("utf-8"))
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            error.close()
            raise AssertionError("%s: %d %s" % (path, error.code, text)) from None

    def _wait(self, condition, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while True:
            try:
                if condition():
                    return
            except OSError:
                pass            # it doesn't listen yet
            assert self._process.poll() is None, (self._folder / "output").read_text()
            assert time.monotonic() < end, self.complaints()
            time.sleep(0.2)
