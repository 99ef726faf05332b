"""The file of states.

Nothing may be raised: whatever is wrong costs its line, and is counted. What is left can be kept,
told in both protocols, and written again to the same.
"""

from __future__ import annotations

import json
import random

from vscpws.codec.ws1 import Ws1Codec
from vscpws.codec.ws2 import Ws2Codec
from vscpws.memory.statefile import read_states, state_lines
from vscpws.memory.store import StateStore
from vscpws.model.event import MAX_FD_DATA

from ..mutator import edge
from ..target import Target, require
from .events import GUIDS, check_event

__all__ = ["StatesTarget"]

NOW = 1795680000.0
_MAX_AGE = 86400.0
_CODECS = Ws1Codec(), Ws2Codec()
_TIMES = (NOW, NOW - 5.5, NOW - 1e5, NOW + 1e9, 0, -1, 1e300, None, True, "1")
_NUMBERS = (0, 1, 6, 255, 65535, 65536, -1, 1.0, "1", None, 1 << 62, 10 ** 30)


class StatesTarget(Target):
    name = "states"
    share = 20
    tokens = ('{"time":', '"head":96,', '"class":10,', '"type":6,', '"obid":1,', '"datetime":',
              '"timestamp":', '"guid":"', '"data":"', '"}', "\n", "\r\n", "null", "NaN", "Infinity",
              "1e400", "-0", '"', ",", ":", "[", "00", "0x") + GUIDS

    def compose(self, rng: random.Random) -> str:
        return "".join(_line(rng) for _ in range(rng.choice((1, 2, 5))))

    def check(self, data: bytes) -> None:
        states, wrong, old = read_states(data, NOW, _MAX_AGE)
        require(len(states) + wrong + old <= data.count(b"\n") + 1, "more than there are lines")
        for event, age, restored in states:
            require(0 <= age <= _MAX_AGE and restored, "age %r", age)
            check_event(event, MAX_FD_DATA)
        store = StateStore(99, 99, clock=lambda: 0.0)
        require(store.restore(states) <= len(states), "more than there were")
        for state in store.capture():
            for codec in _CODECS:
                codec.state(state).encode("utf-8")
        kept = list(store.capture())
        again = read_states("".join(state_lines(kept, NOW)).encode("utf-8"), NOW, _MAX_AGE + 1)
        require(sorted(state.event for state in again.states) == sorted(
            state.event for state in kept), "written and read: %r", again)


def _line(rng: random.Random) -> str:
    data = bytes(rng.choice((0, 1, 0x88, 255)) for _ in range(rng.choice((0, 1, 3, 4, 8, 9, 512))))
    fields = {"time": rng.choice(_TIMES[:rng.choice((2, 10))]), "head": 96,
              "class": rng.choice((10, 20, 20, 65, 1040, 522)), "type": rng.choice((3, 4, 6, 9)),
              "obid": 1, "datetime": 1795679999000000,
              "timestamp": rng.randrange(1 << 32), "guid": rng.choice(GUIDS),
              "data": data.hex()}
    if rng.random() < 0.4:
        fields[rng.choice(sorted(fields))] = rng.choice(_NUMBERS)
    if rng.random() < 0.1:
        del fields[rng.choice(sorted(fields))]
    if rng.random() < 0.05:
        return "%s\n" % edge(rng)
    return json.dumps(fields) + "\n"
