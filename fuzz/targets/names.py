"""The file of names.

Allowed are problems, each one line. Of what is left every text may be shown, all of it can be
looked up, it can be told as JSON, and who is told it can give it back without a problem.
"""

from __future__ import annotations

import json
import random

from vscpws.daemon.names import load_names
from vscpws.reading.names import parse_names

from ..mutator import CHARACTERS
from ..target import FileTarget, require
from .configured import check_problems
from .events import GUIDS

__all__ = ["NamesTarget"]

INTERFACES = {"can0": bytes.fromhex("FFFFFFFFFFFFFFFEB827EB0A11020000")}
_NAMES = ("Living room", "K\u00fcche", "", " x ", "A" * 64, "A" * 65, 5, None) + CHARACTERS
_NUMBERS = (0, 1, 7, 255, 256, -1, 1.5, "1", True, None, 10 ** 30)
_KINDS = (10, "Measurement", "measurement", 20, 65535, 10 ** 9, "x", None, 1040)


class NamesTarget(FileTarget):
    name = "names"
    share = 20
    ending = ".json"
    tokens = ('{"nodes":[', '"zones":[', '"things":[', "]}", "{", "}", "[", "]", '"', ":", ",",
              '"guid":"::05",', '"interface":"can0",', '"nickname":5,', '"name":"A",',
              '"sensors":[', '"class":10,', '"type":6', "null", "NaN", "1e400", "\\ud800") + GUIDS

    def compose(self, rng: random.Random) -> str:
        table = {"nodes": [_node(rng) for _ in range(rng.choice((1, 2, 2, 4)))],
                 "zones": [_some(rng, zone=_NUMBERS, subzone=_NUMBERS, name=_NAMES)
                           for _ in range(rng.choice((1, 1, 2)))],
                 "things": [_some(rng, name=_NAMES, kind=("light", "setpoint", "x", 5),
                                  zone=_NUMBERS[:4], subzone=_NUMBERS[:4], type=_KINDS, node=GUIDS)
                            for _ in range(rng.choice((0, 0, 1)))]}
        return json.dumps(table, indent=rng.choice((None, 1)))

    def check(self, data: bytes) -> None:
        names, problems = load_names(self.write(data), INTERFACES)
        check_problems(problems, needed=False)
        for guid, node in names.nodes.items():
            require(len(guid) == 16 and names.node(guid) == node.name.strip() != "", "%r", node)
            for sensor in node.sensors:
                require(names.sensor(guid, *sensor[:2], *sensor.place), "%r", sensor)
        for zone, subzone in names.zones:
            require(names.zone(zone, subzone), "zone %r", zone)
        texts = [node.name for node in names.nodes.values()] + [
            zone.name for zone in names.zones.values()] + [thing.name for thing in names.things]
        require(all(text.isprintable() and len(text) <= 64 for text in texts), "%.300r", texts)
        served = json.loads(json.dumps(names.served()))
        again, found = parse_names(served, {})
        require(not found and again.nodes == names.nodes and again.zones == names.zones,
                "given back: %r", found)


def _node(rng: random.Random):
    node = _some(rng, guid=GUIDS, name=_NAMES[:rng.choice((2, len(_NAMES)))], area=_NAMES)
    if rng.random() < 0.3:
        node.pop("guid", None)
        node.update(interface=rng.choice(("can0", "can0", "can1")), nickname=rng.choice(_NUMBERS))
    if rng.random() < 0.5:
        node["sensors"] = [_some(rng, **{"class": _KINDS, "type": _KINDS, "index": _NUMBERS,
                                         "name": _NAMES}) for _ in range(rng.choice((1, 2)))]
    return node if rng.random() < 0.97 else rng.choice((None, 5, "x", []))


def _some(rng: random.Random, **fields):
    return {key: rng.choice(values) for key, values in fields.items() if rng.random() < 0.85}
