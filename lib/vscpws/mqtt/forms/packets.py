"""Packets: PUBLISH of quality 0 made, and split off the stream; the others belong to the library.

A library takes and makes every packet by itself, with some system calls and locks each. Events are
many and their packets simple, so those go past it: ``publish`` makes one, ``Splitter`` cuts them
out of what has come in. Everything else is handed on whole, packet by packet.

Those that have come whole, with a length of two bytes and no properties, are nearly all there are:
one loop takes them. It leaves alone what is anything else, and whatever is wrong.

Source: MQTT 3.1.1 and 5.0, sections 2.2 (fixed header) and 3.3 (PUBLISH).
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Tuple

__all__ = ["BrokenStream", "Message", "Splitter", "publish"]

_new = tuple.__new__

_PUBLISH = 3
_RETAIN = 0x01
_QUALITY = 0x06
_PLAIN = 0x30                   # the first byte of a PUBLISH of quality 0, not retained
_SPARE = 512                    # bytes that a PUBLISH has besides the payload, or a little more
_LONGEST_TOPIC = 1024           # bytes of a topic that is read; ours have a hundred


class BrokenStream(Exception):
    """What came in is no MQTT."""


class Message(NamedTuple):
    """A message that came in; ``payload`` is None where it was too long and passed over."""

    topic: str
    payload: Optional[bytes]
    retained: bool


def publish(topic: bytes, payload: bytes, retain: bool = False, version5: bool = False) -> bytes:
    """The packet of a PUBLISH of quality 0."""
    first, properties = _PLAIN | retain, b"\0" if version5 else b""
    size, name = 2 + len(topic) + version5 + len(payload), len(topic)
    if 128 <= size < 16384:         # as nearly all of them, in half the time
        return b"%c%c%c%c%c%b%b%b" % (first, size & 127 | 128, size >> 7, name >> 8, name & 255,
                                      topic, properties, payload)
    return b"%c%b%c%c%b%b%b" % (first, _length(size), name >> 8, name & 255, topic, properties,
                                payload)


def _length(number: int) -> bytes:
    """The remaining length, section 2.2.3."""
    digits = bytearray()
    while True:
        number, digit = divmod(number, 128)
        digits.append(digit | 0x80 if number else digit)
        if not number:
            return bytes(digits)


class Splitter:
    """Takes bytes as they come, gives whole packets. ``most`` bytes may a payload have: a longer
    one is not kept, and of quality 1 it is acknowledged all the same.

    ``answer`` collects such acknowledgements, for whoever writes.
    """

    def __init__(self, most: int, version5: bool = False) -> None:
        self.answer = bytearray()
        self._most = most
        self._longest = most + _SPARE + _LONGEST_TOPIC
        self._version5 = version5
        self._buffer = b""
        self._start = 0                 # of the next packet in the buffer
        self._skip = 0                  # bytes of a packet that is passed over

    def feed(self, data: bytes) -> None:
        """What came in next."""
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        self._buffer = self._buffer[self._start:] + data
        self._start = 0

    def messages(self, most: int) -> List[Message]:
        """Up to ``most`` messages of quality 0 that stand next."""
        found: List[Message] = []
        size = len(self._buffer)
        while True:
            self._take_plain(found, most)
            if len(found) >= most:
                break
            head = self._head()
            if head is None or head[0] >> 4 != _PUBLISH:
                break
            first, start, end = head
            if end - start > self._longest:
                if not self._pass_over(first, start, end, found):
                    break
            elif first & _QUALITY or end > size:
                break
            else:
                found.append(self._message(first, start, end))
                self._start = end
        return found

    def _take_plain(self, found: List[Message], most: int) -> None:
        """Messages of the common form that stand next."""
        buffer, at, version5, add = self._buffer, self._start, self._version5, found.append
        size, room = len(buffer), most - len(found)
        while room and size - at > 4 and buffer[at] == _PLAIN:
            low, high = buffer[at + 1], buffer[at + 2]
            if low < 128 or high > 127:
                break
            end = at + 3 + (low & 127 | high << 7)
            place = at + 5 + (buffer[at + 3] << 8 | buffer[at + 4])     # where the topic ends
            if end > size or place + version5 > end or end - at > self._longest:
                break
            topic = buffer[at + 5:place].decode("utf-8", "replace")
            if version5:
                if buffer[place]:
                    break
                place += 1
            add(_new(Message, (topic, buffer[place:end], False)))
            at = end
            room -= 1
        self._start = at

    def packet(self) -> bytes:
        """The next packet, whole, that is none of those; empty if it has not come yet."""
        head = self._head()
        if head is None or head[2] > len(self._buffer):
            return b""
        packet = self._buffer[self._start:head[2]]
        self._start = head[2]
        return packet

    def _head(self) -> Optional[Tuple[int, int, int]]:
        """First byte, and where the rest of the packet starts and ends; None if it's not there."""
        buffer, at = self._buffer, self._start
        length = shift = 0
        for place in range(at + 1, at + 5):
            if place >= len(buffer):
                return None
            length |= (buffer[place] & 0x7F) << shift
            if not buffer[place] & 0x80:
                if buffer[at] >> 4 != _PUBLISH and length > self._most:
                    raise BrokenStream("a packet of %d bytes" % length)
                return buffer[at], place + 1, place + 1 + length
            shift += 7
        raise BrokenStream("a length of more than four bytes")

    def _message(self, first: int, start: int, end: int) -> Message:
        buffer = self._buffer
        topic_end = start + 2 + int.from_bytes(buffer[start:start + 2], "big")
        place = self._behind_properties(topic_end) if self._version5 else topic_end
        if place > end:
            raise BrokenStream("a PUBLISH that ends in its topic")
        topic = buffer[start + 2:topic_end].decode("utf-8", "replace")
        return Message(topic, buffer[place:end], bool(first & _RETAIN))

    def _behind_properties(self, place: int) -> int:
        length = shift = 0
        for at in range(place, min(place + 4, len(self._buffer))):
            length |= (self._buffer[at] & 0x7F) << shift
            if not self._buffer[at] & 0x80:
                return at + 1 + length
            shift += 7
        raise BrokenStream("properties without a length")

    def _pass_over(self, first: int, start: int, end: int, found: List[Message]) -> bool:
        """Note a message that is too long, as soon as its topic and number are there."""
        buffer, quality = self._buffer, first >> 1 & 3
        topic_end = start + 2 + int.from_bytes(buffer[start:start + 2], "big")
        number_end = topic_end + (2 if quality else 0)
        if number_end > end:
            raise BrokenStream("a PUBLISH that ends in its topic")
        if quality > 1:
            raise BrokenStream("a message of %d bytes with quality %d" % (end - start, quality))
        if len(buffer) < number_end:
            return False
        if quality:
            self.answer += b"\x40\x02" + buffer[topic_end:number_end]
        topic = buffer[start + 2:topic_end][:_LONGEST_TOPIC].decode("utf-8", "replace")
        found.append(Message(topic, None, bool(first & _RETAIN)))
        have = len(buffer)
        self._start = min(end, have)
        self._skip = end - self._start
        return True
