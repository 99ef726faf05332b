"""A VSCP websocket protocol as clients are served with it."""

from __future__ import annotations

from typing import NamedTuple

from ..codec.request import Codec
from ..codec.wsframe import text_frame
from ..hub.batch import Encoder
from ..model.event import Event

__all__ = ["VscpProtocol", "protocol_of"]


class VscpProtocol(NamedTuple):
    """Its name, its codec, and what makes an event's finished frame."""

    name: str
    codec: Codec
    encode: Encoder


def protocol_of(codec: Codec) -> VscpProtocol:
    """The protocol of a codec; the ``encode`` of one protocol is one object for all clients."""
    write = codec.event

    def encode(event: Event) -> bytes:
        return text_frame(write(event).encode("utf-8"))
    return VscpProtocol(codec.name, codec, encode)
