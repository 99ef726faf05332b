"""The targets by name."""

from .candump import CandumpTarget
from .frames import FramesTarget
from .ini import IniTarget
from .memo import MemoTarget
from .mqtt import MqttTarget
from .names import NamesTarget
from .states import StatesTarget
from .users import UsersTarget
from .ws1 import Ws1Target
from .ws2 import Ws2Target
from .xmlblock import XmlBlockTarget

__all__ = ["TARGETS"]

TARGETS = {target.name: target for target in (
    CandumpTarget, FramesTarget, IniTarget, MemoTarget, MqttTarget, NamesTarget, StatesTarget,
    UsersTarget, Ws1Target, Ws2Target, XmlBlockTarget)}
