"""ws1 texts, before and after a login."""

from __future__ import annotations

import random
import re

from vscpws.codec.ws1 import Ws1Codec
from vscpws.model import errors
from vscpws.model.event import Event

from ..target import require
from .conversation import LINE_FEED, NAMES, ConversationTarget
from .events import DATETIMES, GUIDS, some_number

__all__ = ["REFUSALS", "Ws1Target"]

_COMMANDS = ("NOOP", "CHALLENGE", "AUTH", "OPEN", "CLOSE", "SF", "SETFILTER", "CLRQ", "CLRQUEUE",
             "VERSION", "COPYRIGHT", "VER", "INTERFACE", "noop", "Open", "", "STATE", "STATE",
             "HISTORY", "NAMES")
REFUSALS = {kind.code: kind.text for kind in (
    errors.BadSyntax, errors.UnknownCommand, errors.TransmitBufferFull, errors.NotAuthorized,
    errors.NotAuthorizedToSend, errors.NotAllowed, errors.ParseError, errors.UnknownType)}
_REPLY = re.compile(r"(?:\+;[^;]+(?:;.*)?|-;[^;]*;(\d);(.*))\Z", re.DOTALL)


class Ws1Target(ConversationTarget):
    name = "ws1"
    share = 250
    codec = Ws1Codec()
    tokens = (";", ";;", ",", ",,", "C;", "E;", "c;", "e;", "C", "E", "\n", "\nC;OPEN\n", LINE_FEED,
              "-", "::", "0x", "%SID%", "%LOGIN:admin%", "%LOGIN:nobody%", "NOOP", "AUTH", "+;",
              "-;", "OPEN", "SF", "0,0,0,-", "2026-01-02T03:04:05Z", "FF", " ", "\t",
              "00" * 16) + DATETIMES

    def message(self, rng: random.Random) -> str:
        return "E;" + _event(rng) if rng.random() < 0.6 else _command(rng)

    def login(self, name: str) -> str:
        return "C;AUTH;%%SID%%;%%LOGIN:%s%%" % name

    def is_positive(self, reply: str) -> bool:
        found = _REPLY.match(reply)
        require(found, "no reply of ws1: %.300r", reply)
        if found.group(1):
            require(REFUSALS.get(int(found.group(1))) == found.group(2), "refusal %.300r", reply)
        return not found.group(1)


    def states_after(self, reply: str) -> int:
        return int(reply.split(";")[2]) if reply.startswith("+;STATE;") else 0

    def event_of(self, state: str) -> Event:
        kind, age, restored, event = state.split(";")
        require(kind == "S" and float(age) >= 0 and restored in "01", "state %.300r", state)
        return self.codec.decode("E;" + event)


def _event(rng: random.Random) -> str:
    vscp_class = rng.choice((10, 20, 20, 511, 512, 1023, 1024, 1040, 65535, 0))
    size = rng.choice((0, 1, 3, 8, 8, 9, 16, 17, 24, 25, 100, 512, 513))
    fields = [some_number(rng, 0xFFFF), str(vscp_class), some_number(rng, 0xFF),
              some_number(rng, 0xFFFFFFFF), rng.choice(DATETIMES),
              some_number(rng, rng.choice((0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF))), rng.choice(GUIDS)]
    if rng.random() < 0.05:
        del fields[rng.randrange(7)]
    size = size if rng.random() < 0.5 else 2
    return ",".join(fields + [some_number(rng, 0xFF) for _ in range(size)])


def _command(rng: random.Random) -> str:
    name = rng.choice(_COMMANDS)
    if name == "AUTH":
        return "C;AUTH;%s;%s" % (rng.choice(("%SID%", "%SID%", "0" * 32, "")), rng.choice((
            "%LOGIN:admin%", "%%LOGIN:%s%%" % rng.choice(NAMES), "00" * 16 * rng.randint(0, 17),
            "xy")))
    if name == "STATE":
        return "C;STATE" + rng.choice(("", ";10", ";10;6", ";;3", ";20", ";x", ";1;2;3", ";;"))
    if name in ("SF", "SETFILTER"):
        return "C;%s;%s;%s" % (name, _pattern(rng), _pattern(rng))
    return "%s;%s%s" % (rng.choice("CCCce+"), name, rng.choice(("", "", ";", ";1", " ; x;y")))


def _pattern(rng: random.Random) -> str:
    parts = [some_number(rng, 7), some_number(rng, 0xFFFF), some_number(rng, 0xFFFF),
             rng.choice(GUIDS), "0"]
    return ",".join(parts[:rng.choice((0, 1, 2, 3, 4, 4, 4, 5))])
