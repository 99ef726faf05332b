"""Which server to watch: the parts of a ``ws://`` or ``wss://`` URL."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from ..settings import Settings

__all__ = ["Target", "own_daemon", "parse_url"]

_PATH = "/ws2"
_PORT = 8884                    # the daemon's; a URL of it mostly names one
_EVERYWHERE = ("", "0.0.0.0", "::")
_SAFE = re.compile(r"[!-~]+\Z")


class Target(NamedTuple):
    host: str
    port: int
    path: str                   # with the query, if there is one
    tls: bool

    @property
    def authority(self) -> str:
        """Host and port, an IPv6 address in brackets."""
        return ("[%s]:%d" if ":" in self.host else "%s:%d") % (self.host, self.port)

    def __str__(self) -> str:
        return "%s://%s%s" % ("wss" if self.tls else "ws", self.authority, self.path)


def parse_url(text: str) -> Target:
    """The target that a URL names; path ``/ws2`` and port 8884 where it names none.

    Raises ``ValueError`` with the reason.
    """
    text = text.strip()
    if "://" not in text:
        text = "ws://" + text
    if not _SAFE.match(text):
        raise ValueError("a URL has no blanks and only ASCII: %.80r" % text)
    parts = urlsplit(text)
    if parts.scheme.lower() not in ("ws", "wss"):
        raise ValueError("a URL starts with ws:// or wss://, not %s://" % parts.scheme[:20])
    if not parts.hostname:
        raise ValueError("no host in %.80r" % text)
    if parts.username is not None:
        raise ValueError("the user doesn't go into the URL: --login NAME")
    path = parts.path if parts.path not in ("", "/") else _PATH
    return Target(parts.hostname, parts.port or _PORT,
                  path + ("?" + parts.query if parts.query else ""), parts.scheme.lower() == "wss")


def own_daemon(settings: Settings) -> Target:
    """The daemon that these settings are for, from this host."""
    host = settings.host.strip("[]")
    return Target("localhost" if host in _EVERYWHERE else host, settings.port, settings.url_ws2,
                  settings.tls is not None)
