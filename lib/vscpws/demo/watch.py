"""Those that watch the house: smoke detector, burglar alarm, motion detector."""

from __future__ import annotations

from random import Random
from typing import List

from ..model.event import Event
from .device import NEVER, Device
from .words import (
    ACTIVATE,
    ALARM,
    ALARM_OCCURRED,
    ALARM_RESET,
    ALARM_SOUND,
    ARM,
    CONTROL,
    DEACTIVATE,
    DISARM,
    IN_MOTION,
    MOTION,
    NOT_IN_MOTION,
    RESET,
    SECURITY,
    URGENT,
    Command,
    Node,
)

__all__ = ["Alarm", "BurglarAlarm", "MotionDetector"]

_RAISING = ((ALARM, ALARM_OCCURRED), (CONTROL, ACTIVATE))
_ENDING = ((ALARM, ALARM_RESET), (CONTROL, RESET), (CONTROL, DEACTIVATE))


class Alarm(Device):
    """Can be set off and reset from outside, as with a smoke detector's test button."""

    is_raised = False

    def obey(self, command: Command, now: float) -> bool:
        if command[:2] not in _RAISING + _ENDING:
            return False
        self.is_raised = command[:2] in _RAISING
        return True

    def states(self) -> List[Event]:
        alarm = self.say(ALARM, ALARM_OCCURRED if self.is_raised else ALARM_RESET, priority=URGENT)
        return [alarm, self.say(ALARM, ALARM_SOUND, int(self.is_raised), priority=URGENT)]


class BurglarAlarm(Alarm):
    """Is raised by motion while it is armed; disarmed it is quiet."""

    is_armed = False

    def obey(self, command: Command, now: float) -> bool:
        if command.vscp_class != ALARM or command.vscp_type not in (ARM, DISARM):
            return super().obey(command, now)
        self.is_armed = command.vscp_type == ARM
        self.is_raised = self.is_raised and self.is_armed
        return True

    def overhear(self, command: Command, now: float) -> None:
        if command[:2] == (SECURITY, MOTION) and self.is_armed and not self.is_raised:
            self.is_raised = True
            self.tell(now)

    def states(self) -> List[Event]:
        return [self.say(ALARM, ARM if self.is_armed else DISARM, priority=URGENT),
                *super().states()]


class MotionDetector(Device):
    """Sees somebody now and then."""

    _RARELY = (60.0, 180.0)     # s until somebody comes
    _STAY = (5.0, 15.0)         # s until nobody moves any more

    def __init__(self, node: Node, now: float, chance: Random):
        super().__init__(node, now, chance)
        self.sees_motion = False
        self._acts_at = now + chance.uniform(*self._RARELY)

    def go_on(self, now: float) -> List[Event]:
        self.sees_motion = not self.sees_motion
        self._acts_at = now + self._chance.uniform(
            *(self._STAY if self.sees_motion else self._RARELY))
        seen = [self.say(SECURITY, MOTION)] if self.sees_motion else []
        self._reports_at = NEVER        # what it would have told is told now
        return seen + self.states()

    def states(self) -> List[Event]:
        return [self.say(SECURITY, IN_MOTION if self.sees_motion else NOT_IN_MOTION)]
