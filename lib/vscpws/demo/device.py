"""What all nodes of the house have in common: when they speak, and how often.

A device answers at once, but no more than every ``PAUSE`` seconds: what it is asked meanwhile it
does, and reports once, as it is by then. So whatever comes, and however fast, it says little.
"""

from __future__ import annotations

import math
from random import Random
from typing import Callable, List, NamedTuple

from ..model.event import Event
from ..reading.measurement import Measured, encode
from .words import (
    CONTROL,
    HEARTBEAT,
    INFORMATION,
    LOW,
    MEASUREMENT,
    REQUEST,
    Command,
    Node,
    say,
)

__all__ = ["Device", "FIRST_REPORT", "HEARTBEAT_PERIOD", "NEVER", "PAUSE", "Probe"]

NEVER = math.inf
PAUSE = 0.02                    # s between two reports of a device
FIRST_REPORT = 10.0             # s after the start by which each device has reported
HEARTBEAT_PERIOD = 30.0         # s
_UNSTEADY = 0.02                # by this part a period is longer or shorter


class Probe(NamedTuple):
    """A measuring point: ``value`` is asked every ``period`` seconds with the time."""

    vscp_type: int
    period: float
    form: int
    unit: int
    sensor: int
    value: Callable[[float], float]
    digits: int = 1


class Device:
    """A node of the house; ``now`` (s) is the time of its start."""

    def __init__(self, node: Node, now: float, chance: Random, *probes: Probe):
        self.node = node
        self._chance = chance
        self._probes = probes
        self._measures_at = [now + chance.uniform(0, min(FIRST_REPORT, probe.period))
                             for probe in probes]
        self._reports_at = now + chance.uniform(0, FIRST_REPORT)
        self._reported = -math.inf
        self._beats_at = now + chance.uniform(0, FIRST_REPORT)
        self._acts_at = NEVER

    @property
    def due(self) -> float:
        """When it will have something to do."""
        return min(self._reports_at, self._beats_at, self._acts_at, *self._measures_at)

    def hear(self, command: Command, now: float) -> None:
        """Somebody else has said this."""
        if not command.is_for(self.node):
            return self.overhear(command, now)
        if command[:2] == (CONTROL, REQUEST):
            self._measures_at = [now] * len(self._probes)
            self.tell(now)
        elif self.obey(command, now):
            self.tell(now)

    def act(self, now: float) -> List[Event]:
        """Do what is due, and say what there is to say."""
        said: List[Event] = []
        if self._acts_at <= now:
            self._acts_at = NEVER
            said += self.go_on(now)
        if self._reports_at <= now:
            self._reports_at, self._reported = NEVER, now
            said += self.states()
        for number, probe in enumerate(self._probes):
            if self._measures_at[number] <= now:
                self._measures_at[number] = now + probe.period * self._chance.uniform(
                    1 - _UNSTEADY, 1 + _UNSTEADY)
                said.append(self._measure(probe, now))
        if self._beats_at <= now:
            self._beats_at = now + HEARTBEAT_PERIOD
            said.append(self.say(INFORMATION, HEARTBEAT, priority=LOW))
        return said

    def tell(self, now: float) -> None:
        """Report, as soon as that is allowed."""
        self._reports_at = max(now, self._reported + PAUSE)

    def say(self, vscp_class: int, vscp_type: int, value: int = 0, **more: int) -> Event:
        """An event with a first byte and the node's place."""
        return say(self.node, vscp_class, vscp_type, bytes((value,)) + self.node.place, **more)

    def _measure(self, probe: Probe, now: float) -> Event:
        value = round(probe.value(now), probe.digits)
        return say(self.node, MEASUREMENT, probe.vscp_type, encode("coded", Measured(
            value, probe.unit, probe.sensor), probe.form))

    # ---- what makes one device different from another ------------------------------------------

    def obey(self, command: Command, now: float) -> bool:
        """Do what is asked of this place; whether it is answered with a report."""
        return False

    def overhear(self, command: Command, now: float) -> None:
        """What is said of another place."""

    def go_on(self, now: float) -> List[Event]:
        """What it does by itself, when ``_acts_at`` has come, and what that makes it say."""
        return []

    def states(self) -> List[Event]:
        """Its state, as events that report it."""
        return []
