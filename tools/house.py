"""The rooms of ``lib/vscpws``: what each is, and what it may import.

``test/test_layers.py`` holds the code to this table, ``tools/make_docs.py`` draws the map in
``doc/architecture.md`` and in the package's docstring from it. A room is a folder, or a module that
stands alone; imports run from the outer to the inner ones. The inner rooms come first.
"""

from __future__ import annotations

from typing import FrozenSet, NamedTuple, Tuple

__all__ = ["ROOMS", "Room"]


class Room(NamedTuple):
    """``pure`` rooms know neither gevent nor sockets nor python-can."""

    name: str                   # of a room within a room with a dot
    text: str
    imports: FrozenSet[str]
    pure: bool = False


def _room(name: str, text: str, imports: str = "", pure: bool = False) -> Room:
    return Room(name, text, frozenset(imports.split()), pure)


ROOMS: Tuple[Room, ...] = (
    _room("model", "the words: event, GUID, filter, errors with their VSCP codes", pure=True),
    _room("files", "files that somebody named: read without waiting and only so far, written whole",
          "model", pure=True),
    _room("codec", "the forms on the wire: CAN frames, recorded logs, ws1, ws2, websocket frames",
          "model", pure=True),
    _room("reading", "an event for people: names, values with units, zones; the catalog", "model",
          pure=True),
    _room("demo", "a small house that isn't there: nodes that react, for trying things out",
          "model reading", pure=True),
    _room("access", "who may: users, rights, hosts, credentials, failed attempts", "model",
          pure=True),
    _room("port", "what a session needs of the world, without having it", "model access",
          pure=True),
    _room("questions", "what a client asks of the memory, without input or output",
          "model codec access", pure=True),
    _room("session", "one client's protocol life, without input or output",
          "model codec access port questions", pure=True),
    _room("settings", "the frozen settings that the wiring passes down", "model", pure=True),
    _room("loop", "the event loop's helpers: turns, deadlines, sockets that are parked and the "
          "crew that serves them, loops that are kept running, backoff, work aside, the way in "
          "from native threads"),
    _room("hub", "events in, batches out: the hub, its ports and channels", "model"),
    _room("can", "the CAN buses: an end of the hub", "model codec demo settings hub loop"),
    _room("memory", "what is on now and what was: states, history, and their files",
          "model files reading settings loop hub"),
    _room("mqtt.ports", "what speaks through the MQTT bridge, and what it is given",
          "model reading", pure=True),
    _room("mqtt.forms", "MQTT topics and payloads of events, out and in",
          "model codec reading", pure=True),
    _room("mqtt.homeassistant", "a house in Home Assistant: states, discovery, things that obey",
          "model reading mqtt.ports mqtt.forms", pure=True),
    _room("mqtt", "the MQTT bridge: an end of the hub, its connection, several daemons on a broker",
          "model files codec reading access settings loop hub mqtt.ports mqtt.forms "
          "mqtt.homeassistant"),
    _room("web", "websockets and HTTP: clients, their outboxes, the server, the pages",
          "model codec reading access port session settings loop hub"),
    _room("service", "hub, ends and web joined: the server without a process",
          "model codec reading access port questions session settings loop hub can memory mqtt "
          "mqtt.ports web"),
    _room("daemon.config", "reading files: driver blocks, INI, options, and the settings of both",
          "model files settings can mqtt.forms"),
    _room("daemon.process", "detaching, PID file, logs, signals, the tools that write files",
          "model files settings access loop daemon.config"),
    _room("daemon.setup", "`--setup`: from what there is to a house, in one command",
          "model settings access can daemon.config daemon.process"),
    _room("watch", "`--monitor`: a ws2 client that prints events",
          "model codec reading access settings loop daemon.config daemon.process"),
    _room("daemon", "what owns the process: command line, secrets, reload",
          "model files reading settings loop access hub can web watch service daemon.config "
          "daemon.process daemon.setup mqtt.homeassistant"),
    _room("driver", "the driver library's inside: a VSCP host as an end, in a thread of it",
          "model settings loop access hub web service daemon.config daemon.process daemon"),
)
