"""The topics of a daemon's states and commands, and of Home Assistant's discovery."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple, Optional, Tuple

__all__ = ["DAEMON", "OFFLINE", "ONLINE", "RESERVED", "THINGS", "Topics", "node_id", "slug",
           "word"]

ONLINE, OFFLINE = b"online", b"offline"     # Home Assistant's words

#: What stands in the place of a node for the daemon itself and for things that obey.
DAEMON, THINGS = "daemon", "things"
RESERVED = (DAEMON, THINGS)

_BIRTH = "homeassistant/status"         # Home Assistant's own, whatever the prefix of discovery
_NO_WORD = re.compile(r"[^A-Za-z0-9_-]")
_NO_SLUG = re.compile(r"[^a-z0-9]+")


def node_id(guid: bytes) -> str:
    """What a node is called in topics and ids: 32 upper-case hex digits."""
    return guid.hex().upper()


def word(text: str) -> str:
    """``text`` with nothing in it but what ids of discovery may have."""
    return _NO_WORD.sub("_", text)


def slug(text: str) -> str:
    """A name as a part of an entity's id or of a topic: small letters, digits and ``_``."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    return _NO_SLUG.sub("_", plain.encode("ascii", "ignore").decode("ascii")).strip("_")


class Topics(NamedTuple):
    """``name`` is the daemon's, ``prefix`` that of discovery (empty: there is none)."""

    name: str
    prefix: str = "homeassistant"

    @property
    def base(self) -> str:
        return "vscpwsd/%s" % self.name

    @property
    def status(self) -> str:
        """The bridge's own, which it keeps itself."""
        return "%s/status" % self.base

    @property
    def daemon_id(self) -> str:
        return "vscpwsd_%s" % word(self.name)

    def state(self, node: str, entity: str) -> str:
        return "%s/state/%s/%s" % (self.base, node, entity)

    def availability(self, node: str) -> str:
        return "%s/state/%s/status" % (self.base, node)

    def node(self, node: str) -> str:
        return "%s/nodes/%s" % (self.base, node)

    def command(self, thing: str, what: str) -> str:
        return "%s/set/%s/%s" % (self.base, thing, what)

    def discovery(self, device: str) -> str:
        """``device`` is the device's identifier, with no character but those of ids."""
        return "%s/device/%s/config" % (self.prefix, device)

    def births(self) -> Tuple[str, ...]:
        """Where Home Assistant says that it is there."""
        if not self.prefix:
            return ()
        own = "%s/status" % self.prefix
        return (own,) if own == _BIRTH else (own, _BIRTH)

    def commands(self) -> str:
        """The filter of all commands."""
        return "%s/set/+/+" % self.base

    def command_of(self, topic: str) -> Optional[Tuple[str, str]]:
        """The thing and what of it a command's topic names; ``None`` for other topics."""
        start = "%s/set/" % self.base
        parts = topic[len(start):].split("/") if topic.startswith(start) else ()
        return (parts[0], parts[1]) if len(parts) == 2 else None
