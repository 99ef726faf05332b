"""A message from a broker: its topic is the first line, its payload the rest.

Nothing but ``Malformed`` may come out of reading it, and of a bridge's hearing nothing at all: what
is heard is an event in range, or refused and counted once. What recurs in the payloads of daemons
has a shorter way, which must make no difference, whatever was heard before.
"""

from __future__ import annotations

import json
import random

from vscpws.access.rate import Allowance
from vscpws.model.event import MAX_FD_DATA, Event
from vscpws.model.guid import ZERO
from vscpws.mqtt.forms.incoming import MALFORMED, Malformed, read_payload
from vscpws.mqtt.forms.outgoing import KEYS, writer
from vscpws.mqtt.forms.packets import Message
from vscpws.mqtt.forms.recurring import recurring_event
from vscpws.mqtt.forms.topics import event_topic, named_by
from vscpws.mqtt.hearing import Hearing, Topics

from ..mutator import edge
from ..target import Target, require
from .events import GUIDS, check_event

__all__ = ["MqttTarget"]

_GUID = bytes(range(16))
_LONGEST_TOPIC = 1024           # characters, as doc/limits.md says
_NOW = 1795680000000000
_TOPICS = ("vscp/%s/20/3/9", "vscp/%s/10/6/", "vscp/%s", "vscpwsd/house/send", "vscpwsd/%s/status",
           "vscp//30/5", "x/%s/0x1E/5")
_KEYS = (("head", "obid", "datetime", "timestamp", "class", "type", "guid", "data", "note"),
         ("vscpHead", "vscpObId", "vscpDateTime", "vscpTimeStamp", "vscpClass", "vscpType",
          "vscpGUID", "vscpData", "vscpNote"))
_VALUES = ((96, 0, "0x60", -1), (1, None, 1 << 32), ("2026-11-26T07:20:11Z", "", "0", 0, "now"),
           (1234567, 0, 1795680000000000000, "1"), (20, 10, "30", 1040, 65535, 65536, None, 0),
           (3, 6, "0x05", 255, 256, None), (*GUIDS, None, "-"), ([0, 1, 2], [], None, ["0x88", 1],
                                                                 [256], "1"), ("", None))


class MqttTarget(Target):
    name = "mqtt"
    share = 20
    tokens = ('{"', '"class":', '"vscpClass":', '"data":[', "<event ", "/>", "class='30'", "data='",
              "[", "\0", "]", "}", ",", ":", "null", "NaN", "1e400", '"timestamp_ns":',
              '"from":"front"', "vscpwsd/", "\n") + GUIDS

    def compose(self, rng: random.Random) -> str:
        topic = rng.choice(_TOPICS)
        topic = topic % rng.choice(GUIDS) if "%s" in topic else topic
        return topic + "\n" + rng.choice((_json, _json, _string, _xml, _published))(rng)

    def check(self, data: bytes) -> None:
        first, _, payload = data.partition(b"\n")
        topic = first.decode("utf-8", "replace")
        named_by(topic)
        try:
            event = read_payload(payload, topic).event
        except Malformed as error:
            require(error.kind in MALFORMED, "kind %r", error.kind)
            require("\n" not in str(error), "more than a line: %r", str(error))
        else:
            complete = event._replace(datetime=event.datetime or _NOW,
                                      timestamp=event.timestamp or 1,
                                      guid=_GUID if event.guid == ZERO else event.guid)
            for keys in KEYS:
                again = read_payload(writer(keys)(complete), event_topic(complete)).event
                require(again._replace(datetime=0) == complete._replace(datetime=0),
                        "written and read: %r", again)
        self._hear(Message(topic, payload, False))

    def _hear(self, message: Message) -> None:
        heard = []
        hearing = Hearing(Topics("house", ("#",), ("vscpwsd/house/set/#",), lambda guid: 7, _GUID,
                                 True), _Ear(heard), Allowance(0, lambda: 0.0), lambda: _NOW)
        shorter = recurring_event(message.payload or b"", lambda guid: 7)
        hearing.hear([message])
        for events in heard:
            for event in events:
                check_event(event, MAX_FD_DATA)
            require(shorter in (None, events[0]), "the shorter way: %r", shorter)
        # By its topic alone a message is judged before either way.
        passed_over = message.topic.startswith("vscpwsd/") or len(message.topic) > _LONGEST_TOPIC
        require(shorter is None or heard or passed_over,
                "refused the longer way: %r", shorter)
        require(sum(hearing.refused.values()) <= 1, "refused twice: %r", hearing.refused)


class _Ear:
    def __init__(self, heard):
        self.events = heard.append

    def __getattr__(self, name):
        return lambda *what: None


def _json(rng: random.Random) -> str:
    keys = rng.choice(_KEYS)
    fields = {key: rng.choice(values[:rng.choice((1, 1, 9))])
              for key, values in zip(keys, _VALUES) if rng.random() < 0.8}
    if rng.random() < 0.1:
        fields["from"] = edge(rng)
    text = json.dumps(fields)
    return text.upper() if rng.random() < 0.05 else text


def _published(rng: random.Random) -> str:
    """As a daemon writes it."""
    number = rng.randrange
    event = Event(rng.choice((96, 0, 0x360)), rng.choice((10, 20, 522, 1040)), number(90), 1, _NOW,
                  number(1 << rng.choice((10, 32, 33))),
                  bytes(15) + bytes((number(4),)), bytes(map(number, [256] * number(12))))
    return writer()(event).decode("utf-8")


def _string(rng: random.Random) -> str:
    parts = [rng.choice(values) for values in _VALUES[:7]]
    order = [parts[place] for place in (0, 4, 5, 1, 2, 3, 6)]
    return ",".join([*("" if part is None else str(part) for part in order), "0", "0x88"])


def _xml(rng: random.Random) -> str:
    names = rng.choice(_KEYS)[:8]
    return "<event %s/>" % " ".join('%s="%s"' % (name, rng.choice(values)) for name, values in zip(
        names, (*_VALUES[:7], ("0,1,2", "", "0x88,", edge(rng).replace('"', "")))))
