"""Which events tell of a state, and what of: the key under which the last of them is kept.

The catalog's column ``state`` has three forms, and any event without it is no state:

=======  ===============================================  =====================================
value    a measured or set value                          class, type, and the place it is for
node     a node's sign of life                            nothing
others   one of a pair that replace each other (On, Off)  the pair's name, and the place
=======  ===============================================  =====================================

Each key begins with the event's GUID. The *place* of a value is what says which of a node's sensors
it is: index, zone, subzone, as far as the shape has them. That of a pair is zone and subzone, or
the index where the data ends before them. Level I over Level II counts as the Level I class it
carries.

An event with too few data for what it should say is no state: it would hide one that is.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Callable, NamedTuple, Optional, Tuple

from ..model.event import Event, own_data
from .catalog import load_catalog, plain_class

__all__ = ["Form", "NODE", "VALUE", "form_of", "node_key", "state_key", "state_of"]

VALUE, NODE = "value", "node"

_KNOWN = 4096                   # kinds of event of which the form is kept

# The data bytes from which on a value is there, by shape, and where its place stands.
_CODED_INDEX = 7
_SHAPES = {"coded": 2, "zone-coded": 5, "double": 8, "single": 4, "text": 5, "float": 12}


class Form(NamedTuple):
    """How the key of one kind of event is made: its middle part, the least data, the place.

    ``reach`` is how many data bytes, from the first on, the place is made of at most: where these
    are equal the places are, too.
    """

    tag: bytes
    least: int
    place: Callable[[bytes], bytes]
    reach: int = 3
    is_value: bool = False


def state_key(event: Event) -> Optional[bytes]:
    """What the event is the state of; ``None`` if it is no state."""
    vscp_class, data = event.vscp_class, own_data(event)
    form = form_of(vscp_class, event.vscp_type)
    if form is None:
        return None
    if len(data) < form.least:
        return None
    return event.guid + form.tag + form.place(data)


def node_key(guid: bytes) -> bytes:
    """The key of the last sign of life of the node with this GUID (16 bytes)."""
    return guid + b"n"


@lru_cache(maxsize=_KNOWN)
def state_of(vscp_class: int, vscp_type: int) -> str:
    """The catalog's word for a kind of event: ``value``, ``node``, a pair's name, or nothing."""
    catalog = load_catalog()
    known = catalog.find_class(vscp_class)
    if known is None:
        return ""
    of_type = catalog.find_type(vscp_class, vscp_type)
    return of_type.state if of_type is not None else known.state


@lru_cache(maxsize=_KNOWN)
def form_of(vscp_class: int, vscp_type: int) -> Optional[Form]:
    """How keys of such events are made; ``None`` for those that are no states."""
    state = state_of(vscp_class, vscp_type)
    if not state:
        return None
    if state == NODE:
        return Form(b"n", 0, _nowhere, 1)
    if state != VALUE:
        return Form(b"p" + state.encode("ascii") + b"\0", 0, _zone_or_index)
    plain = plain_class(vscp_class)
    tag = b"v" + plain.to_bytes(2, "big") + vscp_type.to_bytes(2, "big")
    return Form(tag, *_value(vscp_class, vscp_type), is_value=True)


def _value(vscp_class: int, vscp_type: int) -> Tuple[int, Callable[[bytes], bytes], int]:
    """The least data of a value, what makes its place, and of how many bytes."""
    catalog = load_catalog()
    known, of_type = catalog.find_class(vscp_class), catalog.find_type(vscp_class, vscp_type)
    if known is not None and known.shape:
        return (_SHAPES[known.shape], *_PLACES.get(known.shape, _WHOLE))
    fields = [field.name for field in of_type.fields] if of_type is not None else []
    return (len(fields), *(_WHOLE if fields[:1] == ["index"] else (_zone, 3)))


def _nowhere(data: bytes) -> bytes:
    return b""


def _coded_index(data: bytes) -> bytes:
    return bytes((data[0] & _CODED_INDEX,))


def _whole_place(data: bytes) -> bytes:
    return data[:3]


def _zone(data: bytes) -> bytes:
    return data[1:3]


def _zone_or_index(data: bytes) -> bytes:
    return data[1:3] if len(data) > 2 else data[:1]


_WHOLE = (_whole_place, 3)
_PLACES = {"coded": (_coded_index, 1), "double": (_nowhere, 1), "single": (_nowhere, 1)}
