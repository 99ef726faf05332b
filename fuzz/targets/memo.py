"""The memo of what Home Assistant was told.

Nothing may be raised: whatever is wrong costs its line, and is counted. What is left can be told to
a broker and to Home Assistant, as at a start, and written again to the same.
"""

from __future__ import annotations

import json
import random
from typing import Any, Dict

from vscpws.model.guid import parse_guid
from vscpws.mqtt.forms.topics import is_filter
from vscpws.mqtt.homeassistant.memo import MOST_NODES, memo_lines, read_memo
from vscpws.mqtt.homeassistant.speaker import HomeAssistant
from vscpws.mqtt.ports import House
from vscpws.reading.names import Names

from ..mutator import edge
from ..target import Target, require
from .events import GUIDS

__all__ = ["MemoTarget"]

NOW = 1795680000.0
_BUS = bytes(range(1, 17))
_LAST = (NOW, NOW - 1e6, 0, -1, 253402300799, 253402300800, 1e300, None, True, "1")
_KEYS = ("10_6_0", "20_open_0-0", "10_6_1", "open_0-0", "smoke_2-1", "on_0-0", "m_6_0", "x", "")
_ENTITY_IDS = ("sensor.boiler_flow", "light.hall", "", "Sensor.x", "a.b\n", "sensor." + "a" * 161)
_PLATFORMS = ("sensor", "binary_sensor", "light", "event", "", 5)


class _Broker:
    """Takes all, and looks at it."""

    def publish(self, topic: str, payload: bytes, retain: bool = False, qos: int = 0) -> bool:
        require(is_filter(topic) and not set(topic) & set("+#"), "topic %r", topic)
        require(len(payload) <= 65536, "a payload of %d bytes", len(payload))
        if payload.startswith(b"{"):
            json.loads(payload.decode("utf-8"), parse_constant=_refuse)
        return True

    def report(self) -> Dict[str, Any]:
        return {"ends": [], "clients": {"clients": 0}, "hub": {"came": {}}}


def _refuse(name: str) -> None:
    require(False, "%s is no JSON", name)


class MemoTarget(Target):
    name = "memo"
    share = 20
    tokens = ('{"memo":1,', '"name":"', '"prefix":"', '"buses":[', '{"node":"', '"guid":"',
              '"last":', '"beats":true', '"entities":{', '"platform":"', '"entity_id":"', '"unit":',
              '"has_end":', '{"thing":"', '{"gone":"', '"}', "}}", "\n", "null", "NaN", "1e400",
              "[", ",", ":") + _KEYS[:-1] + GUIDS

    def compose(self, rng: random.Random) -> str:
        return "".join(json.dumps(_entry(rng)) + "\n" for _ in range(rng.choice((1, 3, 6))))

    def check(self, data: bytes) -> None:
        memo = read_memo(data)
        require(len(memo.nodes) <= MOST_NODES and memo.wrong <= data.count(b"\n") + 1, "too many")
        now = [0.0]
        house = HomeAssistant(
            _Broker(), House("house", _BUS, "1.2", "homeassistant", "", Names(), {"can0": _BUS}),
            memo, clock=lambda: now[0], wall=lambda: NOW, chance=lambda start, end: start)
        house.connected()
        for now[0] in (1.0, 2.0, 200.0, 1000.0):
            house.tick(now[0])
        json.dumps(house.status())
        if memo.name:
            written = "".join(memo_lines(memo))
            again = read_memo(written.encode("utf-8"))
            require(not again.wrong and "".join(memo_lines(again)) == written,
                    "written and read: %r", again)


def _entry(rng: random.Random) -> Any:
    kind = rng.random()
    if kind < 0.2:
        entry = {"memo": 1, "name": rng.choice(("house", "caf\u00e9", "")),
                 "prefix": rng.choice(("homeassistant", "")), "buses": ["bus_can0", "bus_x"]}
    elif kind < 0.7:
        guid = rng.choice(GUIDS)
        entry = {"node": rng.choice(("FF09", _hex(guid))), "guid": guid,
                 "last": rng.choice(_LAST[:rng.choice((2, 10))]),
                 "beats": rng.choice((True, False)),
                 "entities": {rng.choice(_KEYS): {
                     "platform": rng.choice(_PLATFORMS), "entity_id": rng.choice(_ENTITY_IDS),
                     "unit": rng.choice((None, "", "\u00b0C")),
                     "has_end": rng.choice((True, False))}
                     for _ in range(rng.choice((0, 1, 3)))}}
    elif kind < 0.85:
        entry = {"thing": rng.choice(("light_2-1_0", "x", "a b")),
                 "entity_id": rng.choice(_ENTITY_IDS)}
    else:
        entry = {"gone": rng.choice(("vscpwsd/house/state/FF09/10_6_0", "a/#", "", "x" * 257))}
    if rng.random() < 0.1:
        del entry[rng.choice(sorted(entry))]
    return entry if rng.random() < 0.95 else edge(rng)


def _hex(guid: str) -> str:
    try:
        return parse_guid(guid).hex().upper()
    except ValueError:
        return "FF"
