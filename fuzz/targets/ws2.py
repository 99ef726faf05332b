"""ws2 JSON, before and after a login."""

from __future__ import annotations

import json
import random

from vscpws.codec.ws2 import Ws2Codec
from vscpws.model.event import Event

from ..mutator import CHARACTERS
from ..target import require
from .conversation import LINE_FEED, NAMES, ConversationTarget
from .events import DATETIMES, GUIDS, some_number
from .ws1 import REFUSALS

__all__ = ["Ws2Target"]

_COMMANDS = ("NOOP", "CHALLENGE", "AUTH", "OPEN", "CLOSE", "SF", "SETFILTER", "CLRQ", "CLRQUEUE",
             "VERSION", "VER", "COPYRIGHT", "INTERFACE", "noop", "Open", "", "\ud800", "\u0130",
             "STATE", "STATE", "HISTORY", "HISTORY", "NAMES", "SETNAMES")
_KINDS = ("CMD", "C", "COMMAND", "cmd", "EVENT", "E", "event", "", "+", "\u212a", 1, None, [])
_KEYS = {
    "head": ("vscpHead", "head"), "obid": ("vscpObId", "obid"),
    "datetime": ("vscpDateTime", "dateTime", "datetime"),
    "timestamp": ("vscpTimeStamp", "timestamp", "timestamp_ns"),
    "class": ("vscpClass", "class"), "type": ("vscpType", "type"), "guid": ("vscpGuid", "guid"),
    "data": ("vscpData", "data"), "note": ("vscpNote", "note"),
}
_LIMITS = {"head": 0xFFFF, "obid": 0xFFFFFFFF, "timestamp": 0xFFFFFFFFFFFFFFFF, "type": 0xFF}
_ODD_VALUES = (None, True, False, [], {}, [[]], "", "0", "x", 1.0, 1.5, -1, 1e300, 2.0 ** 53,
               10 ** 30, "1" * 300, [1, "2", None], {"a": 1}, "\ud800") + CHARACTERS[:4]


class Ws2Target(ConversationTarget):
    name = "ws2"
    share = 250
    codec = Ws2Codec()
    tokens = ('"', '""', ":", ",", "{", "}", "[", "]", "null", "true", "NaN", "Infinity", "1e400",
              "-0", '{"type":"CMD","command":"', '{"type":"EVENT","event":{', '"vscpClass":',
              '"class":20,', '"vscpData":[', '"args":', '"args":{}', '"type":"E"', "\\", "\\u0000",
              "\\ud800", "\\udc00", '"command":"OPEN"', "\n", LINE_FEED, "%SID%", "%LOGIN:admin%",
              "\\/", "\t", "0x", "1" * 400, '"mask_class":') + DATETIMES

    def message(self, rng: random.Random) -> str:
        kind = rng.choice(_KINDS[:7]) if rng.random() < 0.9 else rng.choice(_KINDS)
        message = {"type": kind}
        if str(kind).upper() in ("EVENT", "E"):
            message["event"] = _event(rng)
        else:
            message["command"] = name = rng.choice(_COMMANDS)
            message["args"] = _args(rng, name)
        if rng.random() < 0.05:
            message[rng.choice(tuple(message))] = rng.choice(_ODD_VALUES)
        if rng.random() < 0.03:
            del message[rng.choice(tuple(message))]
        return _written(rng, message)

    def login(self, name: str) -> str:
        return json.dumps({"type": "CMD", "command": "AUTH",
                           "args": {"iv": "%SID%", "crypto": "%%LOGIN:%s%%" % name}})

    def is_positive(self, reply: str) -> bool:
        require(reply.isascii() and reply.isprintable(), "odd characters: %.300r", reply)
        fields = json.loads(reply)
        if fields["type"] == "+":
            require(set(fields) == {"type", "command", "args"}, "reply %.300r", reply)
            return True
        if fields.get("command") == "SETNAMES":
            fields.pop("reason", None)
        require(list(fields) == ["type", "command", "errcode", "errstr"] and fields["type"] == "-"
                and REFUSALS.get(fields["errcode"]) == fields["errstr"], "refusal %.300r", reply)
        return False


    def states_after(self, reply: str) -> int:
        fields = json.loads(reply)
        told = fields["type"] == "+" and fields["command"] == "STATE"
        return fields["args"]["count"] if told else 0

    def event_of(self, state: str) -> Event:
        fields = json.loads(state)
        require(list(fields) == ["type", "age", "restored", "event"] and fields["age"] >= 0
                and isinstance(fields["restored"], bool), "state %.300r", state)
        fields["type"] = "EVENT"
        return self.codec.decode(json.dumps(fields))


def _written(rng: random.Random, message) -> str:
    if rng.random() < 0.3:
        return json.dumps(message, indent=1).replace("\n", LINE_FEED)
    return json.dumps(message)


def _event(rng: random.Random):
    event = {}
    for name in _KEYS:
        if name in ("class", "type") or rng.random() < 0.6:
            event[rng.choice(_KEYS[name])] = _value(rng, name)
    if rng.random() < 0.15:
        event[rng.choice(tuple(event))] = rng.choice(_ODD_VALUES)
    return event


def _value(rng: random.Random, name: str):
    if name == "class":
        return rng.choice((10, 20, 20, "20", "0x14", 511, 512, 1023, 1024, 1040, 65535, 0))
    if name == "datetime":
        return rng.choice(DATETIMES)
    if name == "guid":
        return rng.choice(GUIDS)
    if name == "note":
        return rng.choice(CHARACTERS)
    if name == "data":
        size = rng.choice((0, 1, 8, 8, 9, 16, 24, 25, 512, 513))
        return [_number(rng, 0xFF) for _ in range(size)]
    return _number(rng, _LIMITS[name])


def _number(rng: random.Random, limit: int):
    if rng.random() < 0.7:
        return rng.choice((0, 1, limit, rng.randint(0, limit)))
    return some_number(rng, limit)


def _args(rng: random.Random, name: str):
    if name == "AUTH":
        return {"iv": rng.choice(("%SID%", "%SID%", "0" * 32, "", None)),
                "crypto": rng.choice(("%%LOGIN:%s%%" % rng.choice(NAMES), "00" * 16, "xy", 5))}
    if name in ("STATE", "HISTORY"):
        return _question(rng)
    if name == "SETNAMES":
        return rng.choice((None, {}, {"nodes": [{"guid": rng.choice(GUIDS), "name": "A"}]},
                           {"zones": [{"zone": _number(rng, 0xFF), "name": "A"}]}))
    if name not in ("SF", "SETFILTER"):
        return rng.choice((None, {}, {}, [], 1))
    keys = [side + part for side in ("mask_", "filter_")
            for part in ("priority", "class", "type", "guid")]
    return {key: rng.choice(GUIDS) if key.endswith("guid") else _number(rng, 7)
            for key in rng.sample(keys, rng.randint(0, 8))}


def _question(rng: random.Random):
    """Arguments of STATE and HISTORY."""
    args = {"class": rng.choice((10, 20, 0x20A)), "type": rng.choice((3, 6)),
            "guid": rng.choice(("-:01",) + GUIDS), "index": _number(rng, 7),
            "max_age": _number(rng, 99), "hours": rng.choice((1, 24, 0.5, 1e300, 10 ** 30)),
            "step": rng.choice((1, 60, 3600, 86400))}
    for name in rng.sample(sorted(args), rng.randint(0, 5)):
        del args[name]
    if rng.random() < 0.2:
        args[rng.choice(("class", "guid", "hours", "step", "max_age"))] = rng.choice(_ODD_VALUES)
    return args
