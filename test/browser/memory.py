"""The daemon with a past: it has heard things hours ago, and its files told of others.

It is the whole daemon in a thread, served to a real browser; only the clocks of its memory are the
test's. What it knows goes in where it always does: the store hears events, and takes over what a
file told.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import time
from unittest import mock

from appstage import Stage
from vscpws.memory.memory import Memory
from vscpws.model.event import Event
from vscpws.model.memory import State
from vscpws.reading.states import state_key

__all__ = ["guid", "remembering", "state"]

_HOUR = 3600.0
_UNITS = {"°C": (6, 0x88), "W": (14, 0x80)}         # type of class 10, coding of a normalized value


class _Clocks:
    """Both clocks of the memory, moved together."""

    def __init__(self):
        self.ahead = 0.0                # s

    def wall(self):
        return time.time() + self.ahead

    def steady(self):
        return time.monotonic() + self.ahead + 1e6      # a machine that has just been started


class Remembering(Stage):
    """The daemon; ``remember`` gives it a past."""

    def __init__(self, folder, name, **changes):
        self.clocks = _Clocks()
        self._names = folder / "names.json"
        self._names.write_text('{"nodes": [], "zones": []}', encoding="utf-8")
        super().__init__(folder, name, names_file=str(self._names), **changes)

    def remember(self, states=(), history=None, names=None):
        """What is known from now on, beside what was.

        ``states`` are as ``state()`` makes them. ``history`` has by GUID a ``value`` of the last 24
        hours, its ``swing`` around that, its ``unit``, the sensor's ``index``, and before how
        many seconds it ended (``until``); ``names`` is a table in the file's form.
        """
        self.call(lambda: self._fill(states, history or {}))
        if names is not None:
            self._names.write_text(json.dumps(names), encoding="utf-8")
            self.reload()

    def stop(self):
        self.call(self.shell.stop)
        self.join(30)

    def _fill(self, states, history):
        memory = self.service.memory
        for node, known in history.items():
            self._measure(bytes.fromhex(node.replace(":", "")), **known)
        for event, age, restored in sorted(states, key=lambda each: -each.age):
            if restored:
                memory.store.restore([State(event, age, True)])
                continue
            self.clocks.ahead = -age
            memory.store.hear([event])
        self.clocks.ahead = 0.0

    def _measure(self, node, value, swing, unit, index=0, until=0):
        """Three values a minute for a day; the least and the greatest are 0.2 from the mean."""
        minutes = 24 * 60
        for minute in range(minutes - until // 60):
            now = value + swing * math.sin(minute / 90)
            self.clocks.ahead = -60.0 * (minutes - minute)
            events = [measured(node, now + by, unit, index) for by in (-0.2, 0.0, 0.2)]
            self.service.memory.history.hear((state_key(event), event) for event in events)
        self.clocks.ahead = 0.0


@contextlib.contextmanager
def remembering(folder, name, **changes):
    """A running one; ``changes`` are those of its settings."""
    stage = Remembering(folder, name, **changes)
    memory = functools.partial(Memory, now=stage.clocks.wall, clock=stage.clocks.steady)
    with mock.patch("vscpws.memory.memory.Memory", memory), stage:
        yield stage


def guid(nickname: int) -> str:
    return ":".join(["00"] * 15 + ["%02X" % nickname])


def measured(node: bytes, value: float, unit: str, index: int = 0) -> Event:
    """A measurement, to the hundredth."""
    vscp_type, coding = _UNITS[unit]
    return _event(10, vscp_type, node, bytes((coding | index, 0x82))
                  + round(value * 100).to_bytes(4, "big", signed=True))


def state(vscp_class: int, vscp_type: int, data, nickname: int = 0, age: float = _HOUR,
          restored: bool = False) -> State:
    """An event that came ``age`` seconds ago, or that a file told of."""
    return State(_event(vscp_class, vscp_type, bytes(15) + bytes((nickname,)), bytes(data)), age,
                 restored)


def _event(vscp_class, vscp_type, node, data):
    return Event(0x60, vscp_class, vscp_type, 1, 1767323045000000, 0, node, data)
