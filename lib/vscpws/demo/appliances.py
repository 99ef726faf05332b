"""Lamps, blinds, radiator valves and a lock: what one switches and moves."""

from __future__ import annotations

from random import Random
from typing import List, Optional

from ..model.event import Event
from .device import NEVER, Device
from .words import (
    ALL_AS,
    ALL_OFF,
    ALL_ON,
    CHANGE_LEVEL,
    CLOSE,
    CONTROL,
    DIM,
    INFORMATION,
    LAMPS,
    LAMPS_OFF,
    LAMPS_ON,
    LEVEL_CHANGED,
    LOCK,
    LOCKED,
    MOVE_DOWN,
    MOVE_MIDDLE,
    MOVE_UP,
    OFF,
    ON,
    OPEN,
    RELATIVE_LEVEL,
    SHUTTER_BOTTOM,
    SHUTTER_DOWN,
    SHUTTER_TOP,
    SHUTTER_UP,
    STOP,
    TOGGLE,
    TURN_OFF,
    TURN_ON,
    UNLOCK,
    UNLOCKED,
    Command,
    Node,
)

__all__ = ["Blind", "Lamp", "Lock", "Valve"]

_FULL = 100                     # % of light, opening, position
_STEP_DOWN, _STEP_UP, _STEP = 254, 255, 10


def _percent(level: int) -> int:
    return max(0, min(_FULL, level))


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


class Lamp(Device):
    """Is switched and dimmed; switched on again it is as bright as it was."""

    def __init__(self, node: Node, now: float, chance: Random, watt: float, level: int = 0):
        super().__init__(node, now, chance)
        self.level = level
        self._bright = level or _FULL
        self._watt = watt

    @property
    def watt(self) -> float:
        """What it takes now."""
        return self._watt * self.level / _FULL

    def obey(self, command: Command, now: float) -> bool:
        level = self._wanted(command) if command.vscp_class == CONTROL else None
        if level is None:
            return False
        self.level = _percent(level)
        self._bright = self.level or self._bright
        return True

    def _wanted(self, command: Command) -> Optional[int]:
        kind, value = command.vscp_type, command.value
        if kind in (TURN_ON, ALL_ON, LAMPS_ON):
            return self._bright
        if kind in (TURN_OFF, ALL_OFF, LAMPS_OFF):
            return 0
        if kind in (LAMPS, ALL_AS):
            return self._bright if value else 0
        if kind == TOGGLE:
            return 0 if self.level else self._bright
        if kind == RELATIVE_LEVEL:
            return self.level + _signed(value)
        if kind == DIM and value in (_STEP_DOWN, _STEP_UP):
            return self.level + (_STEP if value == _STEP_UP else -_STEP)
        return value if kind in (DIM, CHANGE_LEVEL) else None

    def states(self) -> List[Event]:
        return [self.say(INFORMATION, ON if self.level else OFF),
                self.say(INFORMATION, LEVEL_CHANGED, self.level)]


class Valve(Device):
    """Of a radiator: opens as far as it is told to."""

    level = 0

    def obey(self, command: Command, now: float) -> bool:
        if command[:2] != (CONTROL, CHANGE_LEVEL):
            return False
        self.level = _percent(command.value)
        return True

    def states(self) -> List[Event]:
        return [self.say(INFORMATION, LEVEL_CHANGED, self.level)]


class Blind(Device):
    """Takes its time; 100 is open. It reports when it sets off, on its way, and where it stops."""

    _SPEED = 10.0               # % a second
    _LOOK = 2.0                 # s between two positions on the way

    def __init__(self, node: Node, now: float, chance: Random, position: int):
        super().__init__(node, now, chance)
        self.position = float(position)
        self._target = position
        self._moved = now           # when the position was that

    def obey(self, command: Command, now: float) -> bool:
        if command.vscp_class != CONTROL:
            return False
        self._move(now)
        target = self._wanted(command)
        if target is None:
            return False
        self._target = target
        self._acts_at = self._next(now)
        return True

    def _wanted(self, command: Command) -> Optional[int]:
        kind = command.vscp_type
        if kind in (MOVE_UP, OPEN):
            return _FULL
        if kind in (MOVE_DOWN, CLOSE):
            return 0
        if kind == MOVE_MIDDLE:
            return _FULL // 2
        if kind == STOP:
            self.position = float(round(self.position))
            return int(self.position)
        return _percent(command.value) if kind == CHANGE_LEVEL else None

    def go_on(self, now: float) -> List[Event]:
        self._move(now)
        if self.position == self._target:
            self.tell(now)
            return []
        self._acts_at = self._next(now)
        return [self._level()]

    def _move(self, now: float) -> None:
        way = max(0.0, now - self._moved) * self._SPEED
        left = self._target - self.position
        self.position = float(self._target) if abs(left) <= way else (
            self.position + (way if left > 0 else -way))
        self._moved = now

    def _next(self, now: float) -> float:
        left = abs(self._target - self.position) / self._SPEED
        # A moment more, so that rounding doesn't leave a rest of the way.
        return NEVER if not left else now + min(self._LOOK, left + 0.001)

    def states(self) -> List[Event]:
        if self.position != self._target:
            return [self.say(INFORMATION, SHUTTER_UP if self._target > self.position
                             else SHUTTER_DOWN)]
        ends = {0.0: SHUTTER_BOTTOM, float(_FULL): SHUTTER_TOP}
        end = ends.get(self.position)
        return [self._level(), *([] if end is None else [self.say(INFORMATION, end)])]

    def _level(self) -> Event:
        return self.say(INFORMATION, LEVEL_CHANGED, round(self.position))


class Lock(Device):
    """Of the front door."""

    is_locked = False

    def obey(self, command: Command, now: float) -> bool:
        if command.vscp_class != CONTROL or command.vscp_type not in (LOCK, UNLOCK):
            return False
        self.is_locked = command.vscp_type == LOCK
        return True

    def states(self) -> List[Event]:
        return [self.say(INFORMATION, LOCKED if self.is_locked else UNLOCKED)]
