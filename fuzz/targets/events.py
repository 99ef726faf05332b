"""What holds for every event that got in, and the parts that composed events are made of."""

from __future__ import annotations

import random

from vscpws.codec.canframe import frame_from_event
from vscpws.codec.ws1 import Ws1Codec
from vscpws.codec.ws2 import Ws2Codec
from vscpws.model.event import Event, check

from ..mutator import edge
from ..target import require

__all__ = ["DATETIMES", "GUIDS", "check_event", "some_number"]

DATETIMES = ("", "0", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05.123456789",
             "2026-01-02T03:04:60Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00+23:59",
             "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z",
             "0000-01-01T00:00:00Z", "2026-01-02", "2026-01-02T24:00:00Z",
             "2026-01-02T03:04:05,5+0530")
GUIDS = ("-", "", "::", "::1", "::01", "-:01:02", "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:01",
         "ff:ff:ff:ff:ff:ff:ff:fe:b8:27:eb:0a:11:02:00:01:00",
         "{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "{",
         "{}", "{{}}", ":", "00:" * 16, "G0:00")

_CODECS = (Ws1Codec(), Ws2Codec(), Ws2Codec("short"))


def some_number(rng: random.Random, limit: int) -> str:
    """Mostly a number up to ``limit``, in one of its forms."""
    if rng.random() < 0.08:
        return edge(rng)
    number = rng.choice((0, 1, limit, rng.randint(0, limit)))
    return rng.choice(("%d", "%d", "0x%X", "0X%04x", " %d ", "%03d")) % number


def check_event(event: Event, level1_data: int = 8) -> None:
    """Raise ``Broken`` unless the event is complete, in range, and survives all its forms."""
    check(event, level1_data)
    require(event.datetime > 0 and 0 <= event.timestamp <= 0xFFFFFFFF, "times of %r", event)
    require(len(event.guid) == 16 and isinstance(event.data, bytes), "bytes of %r", event)
    require(not event.head & 0x0300, "frame version of %r", event)
    for codec in _CODECS:
        text = codec.event(event)
        back = codec.decode(text)
        require(back._replace(datetime=0) == event._replace(datetime=0)
                and back.datetime == event.datetime // 1000000 * 1000000,
                "%s: %r came back as %r", codec.name, event, back)
    frame = frame_from_event(event, fd=level1_data > 8)
    if frame:
        require(0 <= frame[0] <= 0x1FFFFFFF and len(frame[1]) <= level1_data, "frame %r", frame)
