"""The events that every server has to pass on, and how a received one is recognised.

Event number k is a frame of 32 nodes that send 32 types each, with k in its data, four bytes. Its
time is that of its place in the schedule: ``base + k / rate``. So a receiver that knows the
schedule knows every event's whole content and the moment it was due, and latency counts from when
an event *should* have left, however late the feeder was.

``Schedule.empty`` is a bus of frames without data, the most that a bus can carry: their number is
in the time stamp alone.
"""

from __future__ import annotations

import json
import struct
import time
from functools import lru_cache
from itertools import compress, cycle
from typing import Iterator, List, NamedTuple, Optional, Tuple

__all__ = ["FILTERS", "GUID", "PAIRS", "RECORD", "Filter", "Schedule", "fields_of", "filters_of"]

GUID = "FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:00"
RECORD = struct.Struct("<IB3x8sQ")      # a frame on its way to the daemon: id, length, data, µs

_EXTENDED = 0x80000000
_PRIORITY, _CLASS = 3, 10
_NICKNAME = 0x40                        # the first of 32
_PERIOD = 1024                          # events after which the kinds come again, in order
_MEASUREMENT = (',"measurement":{"value":%d,"unit":"V","sensorindex":0,"zone":0,'
                '"subzone":0}')
_HEX = tuple(b",0x%02X" % byte for byte in range(256))


class Filter(NamedTuple):
    """Bits of the type and of the nickname that must have a value: each halves what passes."""

    type_mask: int
    type_value: int
    nickname_mask: int
    nickname_value: int

    def passes(self, number: int) -> bool:
        vscp_type, nickname = _kind(number)
        return (vscp_type & self.type_mask == self.type_value
                and nickname & self.nickname_mask == self.nickname_value)

    def ws1(self) -> str:
        """The command that sets it."""
        zeros = "00:" * 15
        return "C;SF;0,0,%d,%s%02X;0,0,%d,%s%02X" % (
            self.type_value, zeros, self.nickname_value, self.type_mask, zeros, self.nickname_mask)


_BITS = [(1 << bit, value << bit) for bit in range(5) for value in (0, 1)]

#: Twenty different ones with one bit: each passes half of the events.
FILTERS = tuple([Filter(mask, value, 0, 0) for mask, value in _BITS]
                + [Filter(0, 0, mask, value) for mask, value in _BITS])
#: A hundred with two, one of each part: a quarter.
PAIRS = tuple(Filter(*of_type, *of_nickname) for of_type in _BITS for of_nickname in _BITS)


def filters_of(count: int) -> Tuple[Optional[Filter], ...]:
    """So many different ones, 100 at most; for 0 the one that is none."""
    return (FILTERS if count <= len(FILTERS) else PAIRS)[:count] or (None,)


def _kind(number: int) -> Tuple[int, int]:
    """Type and nickname of an event."""
    node = number & 31
    return node * 11 + (number >> 5) & 31, _NICKNAME | node


@lru_cache(maxsize=64)
def _date(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


class Schedule(NamedTuple):
    """``count`` events from number ``first`` on, ``rate`` a second.

    ``start`` is the monotonic time (s) when the first one is due, ``base`` its time in µs since
    1970; both clocks need not agree.
    """

    first: int
    count: int
    rate: float
    start: float
    base: int
    empty: bool = False
    size: int = 4               # bytes of data, unless empty; 4 at least

    @property
    def seconds(self) -> float:
        return self.count / self.rate

    @property
    def numbers(self) -> range:
        return range(self.first, self.first + self.count)

    def due(self, number: int) -> float:
        """When an event leaves, on the monotonic clock."""
        return self.start + (number - self.first) / self.rate

    def moment(self, number: int) -> int:
        """The same in µs since 1970."""
        return self.base + int((number - self.first) * 1000000 / self.rate)

    def _data(self, number: int) -> bytes:
        return b"" if self.empty else number.to_bytes(self.size, "big")

    # ---- what is sent ----------------------------------------------------------------------

    def frames(self) -> Iterator[bytes]:
        """The events as CAN frames, for the daemon."""
        for number in self.numbers:
            vscp_type, nickname = _kind(number)
            can_id = _EXTENDED | _PRIORITY << 26 | _CLASS << 16 | vscp_type << 8 | nickname
            data = self._data(number)
            yield RECORD.pack(can_id, len(data), data, self.moment(number))

    def texts(self) -> Iterator[str]:
        """The events as the daemon writes them on ws1, for servers that only pass texts on."""
        for number in self.numbers:
            head, vscp_class, vscp_type, moment, timestamp, guid, data = self.fields(number)
            yield "E;%d,%d,%d,1,%s,%d,%s%s" % (
                head, vscp_class, vscp_type, moment, timestamp, guid,
                "".join(",0x%02X" % byte for byte in data))

    def messages(self) -> Iterator[Tuple[str, str]]:
        """The events as another daemon publishes them over MQTT, but that all have the unit V:
        topics and payloads."""
        for number in self.numbers:
            head, vscp_class, vscp_type, moment, timestamp, guid, data = self.fields(number)
            yield "vscp/%s/%d/%d/%d/0" % (guid, vscp_class, vscp_type, int(guid[-2:], 16)), (
                '{"head":%d,"obid":1,"datetime":"%s","timestamp":%d,"class":%d,"type":%d,'
                '"guid":"%s","data":[%s],"note":""%s}' % (
                    head, moment, timestamp, vscp_class, vscp_type, guid,
                    ",".join(map(str, data)), _MEASUREMENT % number if data else ""))

    # ---- what must arrive ------------------------------------------------------------------

    def passing(self, chosen: Optional[Filter]) -> List[int]:
        """The numbers of the events that a client with this filter gets."""
        if chosen is None:
            return list(self.numbers)
        return list(compress(self.numbers, cycle(map(chosen.passes, self.numbers[:_PERIOD]))))

    def fields(self, number: int) -> tuple:
        """What ``fields_of`` must find in the event's text."""
        vscp_type, nickname = _kind(number)
        moment = self.moment(number)
        return (_PRIORITY << 5, _CLASS, vscp_type, _date(moment // 1000000), moment & 0xFFFFFFFF,
                GUID[:-2] + "%02X" % nickname, self._data(number))

    def endings(self, numbers: List[int], protocol: str) -> Iterator[bytes]:
        """How the events' texts end, each like no other. ws2 only with data."""
        if self.empty:
            guid = GUID[:-2].encode()
            for number in numbers:
                yield b",%d,%s%02X" % (self.moment(number) & 0xFFFFFFFF, guid, _kind(number)[1])
        elif protocol == "ws2":
            form = b'[' + b"0," * (self.size - 4) + b'%d,%d,%d,%d],"vscpNote":""}}'
            for number in numbers:
                yield form % tuple(struct.pack(">I", number))
        else:
            for number in numbers:
                yield (_HEX[number >> 24] + _HEX[number >> 16 & 255] + _HEX[number >> 8 & 255]
                       + _HEX[number & 255])


def fields_of(text: bytes, protocol: str) -> tuple:
    """Head, class, type, date, time stamp, GUID and data in an event's text."""
    if protocol == "ws2":
        event = json.loads(text)["event"]
        return (event["vscpHead"], event["vscpClass"], event["vscpType"], event["vscpDateTime"],
                event["vscpTimeStamp"], event["vscpGuid"], bytes(event["vscpData"]))
    kind, _, rest = text.decode("ascii").partition(";")
    if kind != "E":
        raise ValueError("no event")
    head, vscp_class, vscp_type, _, moment, timestamp, guid, *data = rest.split(",")
    return (int(head), int(vscp_class), int(vscp_type), moment, int(timestamp), guid,
            bytes(int(byte, 16) for byte in data))
