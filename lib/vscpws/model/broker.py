"""Where an MQTT broker is: ``mqtt://`` or ``mqtts://``, user, host, port."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

__all__ = ["Broker", "parse_broker"]

_PORTS = {"mqtt": 1883, "mqtts": 8883}      # IANA
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?\Z")
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._~-]{1,15})?\Z")
_LONGEST_USER = 256             # characters


class Broker(NamedTuple):
    """``user`` is empty where none is named."""

    host: str
    port: int
    tls: bool
    user: str = ""

    def __str__(self) -> str:
        """Without the user, for the log and for status."""
        host = "[%s]" % self.host if ":" in self.host else self.host
        return "%s://%s:%d" % ("mqtts" if self.tls else "mqtt", host, self.port)


def parse_broker(text: str) -> Broker:
    """The broker of a URL ``mqtt://[USER@]HOST[:PORT]``; raises ``ValueError`` with a reason."""
    url = urlsplit(text)
    if url.scheme not in _PORTS or url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("not mqtt://[USER@]HOST[:PORT] or mqtts://...")
    if url.password is not None:
        raise ValueError("a password doesn't belong here: write it into a file that password-file "
                         "names")
    host, port = (url.hostname or "").replace("%25", "%", 1), url.port
    if not (_ADDRESS if ":" in host else _HOST).match(host):
        raise ValueError("no valid host")
    if port == 0:
        raise ValueError("port 0 is not in 1-65535")
    user = unquote(url.username or "")
    if len(user) > _LONGEST_USER or not user.isprintable():
        raise ValueError("no valid user")
    return Broker(host, port or _PORTS[url.scheme], url.scheme == "mqtts", user)
