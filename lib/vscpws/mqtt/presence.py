"""This daemon among those at the broker: what it tells of itself, and what it hears of the others.

``vscpwsd/{name}/info`` is retained JSON: version, start, host, instance, how many data bytes a
Level I event may have there, and the buses with name, GUID and state. ``status`` is the
connection's (its will says ``offline``); here it is only put right where somebody else has written
into it.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from typing import Any, Callable, Dict, Sequence

from ..model.guid import format_guid
from ..settings import Interface
from .forms.packets import Message
from .forms.refusals import Refusals
from .forms.topics import own_topic
from .others import Others

__all__ = ["Presence", "host_name"]

log = logging.getLogger(__name__)

_AGAIN = 1.0                    # s between two answers to whoever asks or meddles


class Presence:
    """``publish`` is the bridge's, ``report()`` the service's, ``level1_data()`` the hub's, and
    ``is_up()`` whether the broker is
    there. ``meddled`` counts what others wrote into our topics. ``clock`` is in seconds."""

    def __init__(self, name: str, version: str, interfaces: Sequence[Interface],
                 publish: Callable[..., bool], report: Callable[[], Dict[str, Any]],
                 level1_data: Callable[[], int], is_up: Callable[[], bool], refusals: Refusals,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.instance = os.urandom(4).hex()
        self.others = Others(lambda line: log.info("mqtt: %s", line))
        self.meddled = 0
        self._name = name
        self._version = version
        self._guids = {each.name: format_guid(each.guid) for each in interfaces}
        self._publish = publish
        self._report = report
        self._level1_data = level1_data
        self._is_up = is_up
        self._refusals = refusals
        self._clock = clock
        self._info: Dict[str, Any] = {}
        self._answered = clock() - _AGAIN

    # ---- telling ---------------------------------------------------------------------------

    def tell(self) -> None:
        """Publish the info."""
        self._info = self._made()
        self._publish(own_topic(self._name, "info"), json.dumps(
            self._info, separators=(",", ":")).encode("utf-8"), True, 1)

    def tell_changes(self) -> None:
        """Publish it if it has changed."""
        if self._made() != self._info:
            self.tell()

    def _made(self) -> Dict[str, Any]:
        report = self._report()
        return {"version": self._version, "started": int(report["started"]),
                "host": socket.gethostname(), "instance": self.instance,
                "level1_data": self._level1_data(),
                "buses": [{"name": bus["name"], "guid": self._guids.get(bus["name"], ""),
                           "state": bus["state"]} for bus in report["buses"]]}

    # ---- hearing ---------------------------------------------------------------------------

    def hear(self, name: str, leaf: str, message: Message) -> None:
        """A message on ``status``, ``info`` or ``claim`` of any daemon; others are passed over."""
        payload = message.payload or b""
        if name == self._name:
            # What is retained was true before we came.
            if not message.retained:
                self._hear_namesake(leaf, payload)
        elif leaf == "status":
            self.others.status(name, payload)
        elif leaf == "info":
            try:
                self.others.info(name, payload)
            except ValueError as error:
                self._refusals.refuse("info", message.topic, str(error))

    def _hear_namesake(self, leaf: str, payload: bytes) -> None:
        """What is said about ourselves, or asked."""
        if leaf == "status" and payload != b"online" and self._is_up():
            # Somebody's, or the will of a connection that the broker has only now given up.
            self.meddled += 1
            self._refusals.refuse("meddled", own_topic(self._name, leaf),
                                  "says %r, but we are here: put right" % payload[:20])
            if self._has_time():
                self._publish(own_topic(self._name, "status"), b"online", True, 1)
        elif leaf == "info" and self.instance.encode("ascii") not in payload and self._is_up():
            self.meddled += 1
            self._refusals.refuse("meddled", own_topic(self._name, leaf), "not ours: put right")
            if self._has_time():
                self.tell()
        elif leaf == "claim" and self._has_time():
            self.tell()

    def _has_time(self) -> bool:
        now = self._clock()
        if now - self._answered < _AGAIN:
            return False
        self._answered = now
        return True


def host_name() -> str:
    """The host's name as a daemon may be called."""
    label = socket.gethostname().partition(".")[0]
    plain = "".join(char for char in label if char.isascii() and (char.isalnum() or char in "_-"))
    return plain.lstrip("_-")[:63] or "vscpwsd"
