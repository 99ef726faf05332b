"""A recorded log in candump's format, opened, played and turned into events.

Allowed is ``BusMissing`` with a reason of one line. Frames come at times that the clock reaches,
and
those that are events are in range.
"""

from __future__ import annotations

import random

from vscpws.can.replay import ReplaySource
from vscpws.can.source import BusMissing
from vscpws.codec.canframe import event_from_frame, format_frame, is_event

from ..mutator import edge
from ..target import FileTarget, require
from .events import check_event

__all__ = ["CandumpTarget"]

MOMENT = 1767323045678901
GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0102030405060000")

_TIMES = ("1600000000.000000", "1600000000.250000", "0.0", "-1.5", "nan", "inf", "-inf", "1e308",
          "1600086401.0", "1_0.5", "1600000000", "9" * 400)
_TURNS = 6                      # reads of one log
_LIMIT = 5                      # frames in one read
_LONGEST_SLEEP = 86400.0


class CandumpTarget(FileTarget):
    name = "candump"
    share = 30
    ending = ".log"
    longest = 4000
    tokens = ("(", ")", "#", "##", "##0", "##5", "#R", "#R8", "#r" + "9" * 20, " R", " T",
              " vcan0 ", "\n", "\t", "0C0A0601", "123", "20000080", "FFFFFFFF", "-1", "0x1",
              "(1600000000.0) can0 ", "00" * 8, "00" * 64, "00" * 65, "0", ".", " ", "can0", "1_0",
              "\x1c") + _TIMES

    def compose(self, rng: random.Random) -> str:
        return "".join(_line(rng) for _ in range(rng.randint(0, 8)))

    def check(self, data: bytes) -> None:
        clock = _Clock()
        source = ReplaySource(self.write(data), lambda: MOMENT, clock.time, clock.sleep)
        seen = set()                    # a log is played in a loop
        try:
            source.open()
            for _ in range(_TURNS):
                frames = source.read(_LIMIT)
                require(0 < len(frames) <= _LIMIT, "%d frames", len(frames))
                for frame in set(frames) - seen:
                    _check_frame(*frame)
                seen.update(frames)
        except BusMissing as error:
            require(str(error) and "\n" not in str(error), "reason %.300r", str(error))
        finally:
            source.close()


def _check_frame(can_id: int, data: bytes, moment: int) -> None:
    require(0 <= can_id <= 0xFFFFFFFF and moment == MOMENT, "frame %x at %r", can_id, moment)
    format_frame("can0", can_id, data, moment)
    if is_event(can_id):
        check_event(event_from_frame(can_id, data, moment, GUID, 1), level1_data=64)


class _Clock:
    def __init__(self):
        self._now = 1000.0

    def time(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        require(0 < seconds <= _LONGEST_SLEEP + 1, "sleeps for %r s", seconds)
        self._now += seconds


def _line(rng: random.Random) -> str:
    identifier = rng.choice(("%08X" % rng.getrandbits(29), "0C0A0601", "%03X" % rng.getrandbits(11),
                             "%08X" % rng.getrandbits(32), "20000004"))
    size = rng.choice((0, 1, 3, 8, 8, 8, 9, 12, 64, 65))
    body = rng.choice(("#", "#", "#", "##1")) + bytes(
        rng.getrandbits(8) for _ in range(size)).hex().upper()
    if rng.random() < 0.08:
        body = rng.choice(("#R", "#R8", "", "#", "##", "#0", "#" + edge(rng)))
    moment = "%d.%06d" % (1600000000 + rng.randrange(100), rng.randrange(1000000))
    if rng.random() < 0.1:
        moment = rng.choice(_TIMES)
    return "(%s) %s %s%s%s\n" % (moment, rng.choice(("vcan0", "can0", "1")), identifier, body,
                                 rng.choice(("", "", "", " R", " T")))
