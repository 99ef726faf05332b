"""What the people of the house do by themselves: they come and go, and press buttons."""

from __future__ import annotations

from random import Random
from typing import List

from ..model.event import Event
from .device import NEVER, Device
from .words import (
    BUTTON,
    CLOSED,
    CONTROL,
    HIGH,
    INFORMATION,
    LOCKED,
    OFF,
    ON,
    OPENED,
    TURN_OFF,
    TURN_ON,
    UNLOCKED,
    Command,
    Node,
    say,
)

__all__ = ["Buttons", "Door"]

_RELEASED, _PRESSED = 0, 1      # what a button says


class Door(Device):
    """A contact: somebody comes or goes, unless the door is locked."""

    _RARELY = (90.0, 300.0)     # s until somebody comes or goes
    _OPEN = (3.0, 9.0)          # s until it is closed again

    def __init__(self, node: Node, now: float, chance: Random):
        super().__init__(node, now, chance)
        self.is_open = False
        self._is_locked = False     # as far as was heard
        self._acts_at = now + chance.uniform(*self._RARELY)

    def overhear(self, command: Command, now: float) -> None:
        if command.zone == self.node.zone and command[:2] in (
                (INFORMATION, LOCKED), (INFORMATION, UNLOCKED)):
            self._is_locked = command.vscp_type == LOCKED

    def go_on(self, now: float) -> List[Event]:
        if self._is_locked and not self.is_open:
            self._acts_at = now + self._chance.uniform(*self._RARELY)
            return []
        self.is_open = not self.is_open
        self._acts_at = now + self._chance.uniform(
            *(self._OPEN if self.is_open else self._RARELY))
        self._reports_at = NEVER
        return self.states()

    def states(self) -> List[Event]:
        return [self.say(INFORMATION, OPENED if self.is_open else CLOSED)]


class Buttons(Device):
    """Of one of them somebody makes use now and then: it turns a lamp on, or off if it is on."""

    _RARELY = (180.0, 480.0)    # s until somebody presses it
    _PRESSED_FOR = 0.24         # s

    def __init__(self, node: Node, now: float, chance: Random, button: int, lamp: Node):
        super().__init__(node, now, chance)
        self._button = button
        self._lamp = lamp
        self._is_on = False         # the lamp, as far as was heard
        self._is_pressed = False
        self._acts_at = now + chance.uniform(*self._RARELY)

    def overhear(self, command: Command, now: float) -> None:
        if command.is_for(self._lamp) and command[:2] in ((INFORMATION, ON), (INFORMATION, OFF)):
            self._is_on = command.vscp_type == ON

    def go_on(self, now: float) -> List[Event]:
        self._is_pressed = not self._is_pressed
        if not self._is_pressed:
            self._acts_at = now + self._chance.uniform(*self._RARELY)
            return [self._says(_RELEASED)]
        self._acts_at = now + self._PRESSED_FOR
        return [self._says(_PRESSED), say(
            self.node, CONTROL, TURN_OFF if self._is_on else TURN_ON,
            b"\0" + self._lamp.place, HIGH)]

    def _says(self, action: int) -> Event:
        return say(self.node, INFORMATION, BUTTON, bytes((action,)) + self.node.place
                   + self._button.to_bytes(2, "big"))
