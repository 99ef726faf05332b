"""``--forget NODE``: a node that is no more leaves Home Assistant and the broker.

What was sent is remembered in the state directory. There a file is left that asks for the node to
be forgotten; a daemon that runs takes it within seconds, else the next one at its start.
"""

from __future__ import annotations

import os
import time
from typing import Callable, List

from ..files import read_regular
from ..model.errors import ConfigurationError, Problem
from ..model.escaping import escaped
from ..model.guid import parse_guid
from ..mqtt.homeassistant.memo import MAX_SIZE, MEMO, REQUEST, NodeMemo, read_memo
from ..reading.names import Names
from ..settings import Settings
from .names import load_names
from .process import control
from .process.errors import StartFailed, reason
from .process.pidfile import state

__all__ = ["forget"]

_PATIENCE = 20.0                # s; the daemon looks every five
_PAUSE = 0.1                    # s between two looks
_MOST_TOLD = 8                  # nodes that are offered instead
_SERVICE = "/etc/vscp/vscpwsd.ini", "/var/lib/vscpwsd"      # the unit's file and StateDirectory


def forget(called: str, settings: Settings, ini: str, pidfile: str,
           sleep: Callable[[float], None] = time.sleep,
           now: Callable[[], float] = time.monotonic) -> str:
    """Have the node with this id, GUID or name forgotten; returns what came of it.

    Raises ``ConfigurationError`` where nothing says where to look, and ``StartFailed`` where there
    is no such node, or it can't be asked for.
    """
    running = _running(pidfile)
    folder = running or _next(settings, ini)
    node = _find(called.strip(), folder, load_names(settings.names_file, settings.guids)[0])
    path = _ask(folder, node.id)
    if not running:
        return "node %s: the next start forgets it" % node.id
    end = now() + _PATIENCE
    while os.path.lexists(path):
        if now() > end:
            raise StartFailed("node %s: the daemon does not take %s; its log may say why" % (
                node.id, path))
        sleep(_PAUSE)
    return "node %s: forgotten" % node.id


def _running(pidfile: str) -> str:
    """The directory of the daemon that runs; empty where none does, or it remembers nothing."""
    try:
        report = control.inquire(state(pidfile), pidfile)[1] if pidfile else {}
    except OSError:
        return ""
    ends = report.get("ends")
    for end in ends if isinstance(ends, list) else ():
        speaker = end.get("speaker") if isinstance(end, dict) else None
        if isinstance(speaker, dict) and isinstance(speaker.get("directory"), str):
            return str(speaker["directory"])
    return ""


def _next(settings: Settings, ini: str) -> str:
    """The directory of the next one."""
    folder = settings.mqtt.state_directory or os.environ.get(
        "STATE_DIRECTORY", "").partition(":")[0] or (_SERVICE[1] if ini == _SERVICE[0] else "")
    if not folder:
        raise ConfigurationError([Problem(ini, "[mqtt] state-directory", "is not set, so nothing "
                                          "is remembered that could be forgotten")])
    return folder


def _find(called: str, folder: str, names: Names) -> NodeMemo:
    path = os.path.join(folder, MEMO)
    if not os.path.lexists(path):
        raise StartFailed("%s: there is none, so no node is remembered" % path)
    nodes = read_memo(read_regular(path, MAX_SIZE)).nodes
    try:
        guid = parse_guid(called)
    except ValueError:
        guid = b""
    found = [node for node in nodes if called in (node.id, names.node(node.guid))
             or called.upper() == node.id or guid == node.guid]
    if len(found) != 1:
        raise StartFailed("%s %s; there are: %s" % (
            "several nodes are called" if found else "no node is called", escaped(called[:80]),
            _listed(found or list(nodes), names)))
    return found[0]


def _listed(nodes: List[NodeMemo], names: Names) -> str:
    told = [("%s (%s)" % (node.id, names.node(node.guid))) if names.node(node.guid) else node.id
            for node in nodes[:_MOST_TOLD]]
    if len(nodes) > _MOST_TOLD:
        told.append("and %d more" % (len(nodes) - _MOST_TOLD))
    return ", ".join(told) or "none"


def _ask(folder: str, identity: str) -> str:
    """Leave a new file, which whoever owns the folder can read and remove; its path."""
    path = os.path.join(folder, "%s%s-%d" % (REQUEST, identity, os.getpid()))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        with open(descriptor, "w", encoding="ascii") as file:
            os.fchmod(descriptor, 0o644)        # whatever the umask: it is no secret
            file.write(identity + "\n")
    except OSError as error:
        raise StartFailed("can't ask for it in %s: %s" % (folder, reason(error))) from None
    return path
