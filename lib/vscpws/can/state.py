"""The state of a bus, and what it tells the operator.

::

    closed ── start ──> waiting | unusable | down | bus-off | up       (open tried)
    up <──> warning <──> passive                               (error counters of the controller)
    up, warning, passive ──> bus-off | down | waiting | unusable       (the source failed)
    any ── stop ──> closed

``up``, ``warning`` and ``passive`` are usable: frames flow. Every change is one log line with the
advice that mends it; a state that is found again only counts.

Source of the error frames: <linux/can/error.h>.
"""

from __future__ import annotations

import logging
import time
from typing import Callable

from .address import DEMO, REPLAY, SOCKETCAN, Address

__all__ = [
    "BUS_OFF", "BusState", "CLOSED", "DOWN", "LEFT_THE_BUS", "PASSIVE", "UNUSABLE", "UP", "WAITING",
    "WARNING",
]

log = logging.getLogger(__name__)

CLOSED = "closed"
WAITING = "waiting"
UNUSABLE = "unusable"
UP = "up"
WARNING = "warning"
PASSIVE = "passive"
BUS_OFF = "bus-off"
DOWN = "down"

_USABLE = (UP, WARNING, PASSIVE)

_ERROR_CONTROLLER = 0x04        # details in data byte 1
_ERROR_BUS_OFF = 0x40
_ERROR_RESTARTED = 0x100
_CONTROLLER_WARNING = 0x04 | 0x08
_CONTROLLER_PASSIVE = 0x10 | 0x20
_CONTROLLER_ACTIVE = 0x40

LEFT_THE_BUS = "the controller has left the bus"
_WIRING = "check wiring, termination and bit rate"
_ADVICE = {
    WAITING: "trying again until it is there",
    UNUSABLE: "waiting does not mend that: put it right and restart",
    WARNING: _WIRING,
    PASSIVE: _WIRING + ", and that another node is there to acknowledge",
    BUS_OFF: _WIRING + "; reopening it",
}
_NO_BUS = {REPLAY: "a recorded log", DEMO: "a simulated house"}
_SOCKETCAN_ADVICE = {
    DOWN: "run: ip link set %s up",
    BUS_OFF: _WIRING + "; run: ip link set %s type can restart (or set it up with restart-ms 100)",
}


class BusState:
    """The state of the bus at ``address``; ``name`` is the driver's, for the log."""

    def __init__(self, name: str, address: Address, clock: Callable[[], float] = time.monotonic):
        self.state = CLOSED
        self.usable = False         # whether frames flow
        self.reason = ""
        self.text = ""              # what the log said of it, with its advice
        self.repeats = 0            # times the present state was found again
        self._name = name
        self._address = address
        self._clock = clock
        self._since = clock()

    @property
    def seconds(self) -> float:
        """How long the present state has lasted."""
        return self._clock() - self._since

    def change(self, state: str, reason: str = "") -> None:
        """Enter ``state``; the same state for the same reason again is only counted."""
        if (state, reason) == (self.state, self.reason):
            self.repeats += 1
            return
        line = self._describe(state, reason)
        if self.repeats and state != CLOSED:
            line += " (was %s, found so %d times)" % (self.state, self.repeats + 1)
        if state != self.state:
            self._since = self._clock()
        self.state, self.reason, self.text, self.repeats = state, reason, line, 0
        self.usable = state in _USABLE
        log.log(logging.INFO if state in (UP, CLOSED) else logging.WARNING,
                "%s: %s", self._name, line)

    def _describe(self, state: str, reason: str) -> str:
        line = "%s is %s" % (self._address, state)
        if state == UP and self._address.kind in _NO_BUS:
            line += ": %s, not a bus" % _NO_BUS[self._address.kind]
        if reason:
            line += ": " + reason
        advice = _ADVICE.get(state)
        if self._address.kind == SOCKETCAN and state in _SOCKETCAN_ADVICE:
            advice = _SOCKETCAN_ADVICE[state] % self._address.channel
        return line + ("; " + advice if advice else "")

    def take_error(self, can_id: int, data: bytes) -> None:
        """Follow what an error frame says about the controller; a recorded one is long past."""
        if self._address.kind == REPLAY:
            return
        if can_id & _ERROR_BUS_OFF:
            self.change(BUS_OFF, LEFT_THE_BUS)
        elif can_id & _ERROR_RESTARTED:
            self.change(UP, "the controller was restarted")
        elif can_id & _ERROR_CONTROLLER and len(data) > 1:
            self._take_controller(data)

    def _take_controller(self, data: bytes) -> None:
        # The error counters ride in bytes 6 and 7 where the driver knows them; they are no part
        # of the reason, or each count would be a change of its own.
        problem = data[1]
        if problem & _CONTROLLER_PASSIVE:
            self.change(PASSIVE, "very many bus errors")
        elif problem & _CONTROLLER_WARNING:
            self.change(WARNING, "many bus errors")
        elif problem & _CONTROLLER_ACTIVE:
            self.change(UP, "the bus errors have ended")
