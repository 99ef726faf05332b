"""The keys of the C++ driver's JSON configuration, and what becomes of each.

A key is taken under its own name in the INI file, or there is something to do instead. This is the
one table of it: the checks of the INI file and of ``NAME_config`` answer with it, and the table in
``doc/migration.md`` is made of it.

Key names have changed over the driver's versions (``certificate_chain``, ``certificate-chain``), so
``_`` and ``-`` are the same here, and case is nothing. A ``*`` stands for any text.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Dict, Iterator, NamedTuple, Optional, Tuple

__all__ = ["DRIVER_KEYS", "DriverKey", "JSON_FILE", "answer", "driver_key", "flat_keys",
           "has_section"]

#: What to say where the driver's whole file, or its name, stands in another's place.
JSON_FILE = ("the C++ driver's JSON configuration is not read as it is: doc/migration.md says for "
             "each of its keys where it goes")

_ENCRYPTION = ("logins are always AES-128 as the protocols have it, and `wss://` in interface "
               "encrypts all else: leave it out")
_NO_REST = "there is no REST here, clients use ws1 or ws2: leave it out"
_FILTER = ("what is taken from the CAN bus is `NAME_filter` and `NAME_mask` in [variables], what a "
           "user gets is filter and mask of his entry in the user file")
_ONE_FORM = "lines of the log have one form: leave it out"
_OPENSSL = "OpenSSL's settings of this system hold: leave it out"


class DriverKey(NamedTuple):
    """``section`` is the JSON object that the key stands in, empty at the top.

    ``takes`` is the place of the option that takes its value (section and key of the INI file);
    without one ``advice`` says what to do instead.
    """

    section: str
    key: str
    takes: Tuple[str, str] = ("", "")
    advice: str = ""

    def answer(self) -> str:
        """What to do with it, for a message."""
        if self.advice:
            return self.advice
        section, key = self.takes
        return "write it as %s %s" % (key, "in [%s] of the INI file" % section if section else
                                      "at the top of the INI file")

    def becomes(self) -> str:
        """The same where many keys are answered together: those that stay have one answer."""
        section, key = self.takes
        place = "in [%s]" % section if section else "at the top"
        if self.advice or key != self.key:
            return self.advice.replace("`", "") or "write %s %s" % (key, place)
        return "write each as KEY = VALUE %s" % place


def _taken(section: str, *keys: str) -> Tuple[DriverKey, ...]:
    return tuple(DriverKey(section, key, (section, key)) for key in keys)


def _instead(section: str, advice: str, *keys: str) -> Tuple[DriverKey, ...]:
    return tuple(DriverKey(section, key, advice=advice) for key in keys)


def _tls(section: str, prefix: str) -> Tuple[DriverKey, ...]:
    """The keys of TLS, which later versions of the driver have in an object of their own."""
    return (
        DriverKey(section, prefix + "certificate", ("tls", "cert")),
        DriverKey(section, prefix + "cert", ("tls", "cert")),
        DriverKey(section, prefix + "private-key", ("tls", "key")),
        DriverKey(section, prefix + "key", ("tls", "key")),
        DriverKey(section, prefix + "certificate-key", ("tls", "key")),
        DriverKey(section, prefix + "ca", ("tls", "ca")),
        DriverKey(section, prefix + "ca-file", ("tls", "ca")),
    ) + _instead(
        section, "put the chain behind the certificate, into the file that cert in [tls] names",
        prefix + "certificate-chain",
    ) + _instead(
        section, "put the certificates of the folder into one file, named by ca in [tls]",
        prefix + "ca-path",
    ) + _instead(
        section, "with ca in [tls] every client must show a certificate, without it none",
        prefix + "verify-peer",
    ) + _instead(section, _OPENSSL, *(prefix + key for key in (
        "verify-depth", "default-verify-paths", "cipher-list", "protocol-version", "short-trust")))


DRIVER_KEYS = (
    _taken("", "interface", "url-ws1", "url-ws2", "enable-ws1", "enable-ws2", "enable-static",
           "web-root", "max-clients", "max-client-queue-size", "key-file", "path-users", "debug")
    + _instead("", "nothing is written back into a configuration: leave it out", "write")
    + _instead("", _ENCRYPTION, "encryption")
    + _instead("", "logins have no domain, a password is made of `user:password`: leave it out",
               "auth-domain")
    + _instead("", _NO_REST, "enable-rest", "url-rest", "rest-*")
    + _instead("", _FILTER, "rx-filter", "rx-mask", "tx-filter", "tx-mask", "in-filter", "in-mask",
               "out-filter", "out-mask", "filter", "mask")
    + _instead("filter", _FILTER, "*")
    + _instead("rx-filter", _FILTER, "*")
    + _instead("tx-filter", _FILTER, "*")
    + _instead("rest", _NO_REST, "*")
    + _instead("", "max-client-queue-size is the one limit of a client's queue",
               "max-out-queue", "max-in-queue")
    + _instead("", "clients are pinged: see ping-interval, pong-wait and write-time in [limits]",
               "response-timeout")
    + _tls("tls", "") + _tls("", "tls-") + _tls("", "ssl-")
    + _taken("logging", "log-level", "file-path", "file-max-size", "file-max-files", "console",
             "syslog")
    + (
        DriverKey("logging", "file-log-level", ("logging", "log-level")),
        DriverKey("logging", "console-log-level", ("logging", "log-level")),
        DriverKey("logging", "console-level", ("logging", "log-level")),
        DriverKey("logging", "console-enable", ("logging", "console")),
        DriverKey("logging", "console-enable-log", ("logging", "console")),
        DriverKey("logging", "file-log-path", ("logging", "file-path")),
    )
    + _instead("logging", "a log file is written where file-path in [logging] names one",
               "file-enable", "file-enable-log", "file-log-enable")
    + _instead("logging", _ONE_FORM, "*-pattern")
)

#: Whole objects of the JSON file that are no section of the INI file.
_ALIASES = {"ssl": "tls", "log": "logging"}


def driver_key(section: str, key: str) -> Optional[DriverKey]:
    """The row for a key of the JSON configuration; None if the driver had no such key.

    One that stands in another object than the driver had it in is found, too.
    """
    section, key = _plain(section), _plain(key)
    section = _ALIASES.get(section, section)
    here = [row for row in DRIVER_KEYS if row.section == section]
    elsewhere = [row for row in DRIVER_KEYS if row.key != "*"]
    return next((row for row in here + elsewhere if fnmatchcase(key, row.key)), None)


def has_section(section: str) -> bool:
    """Whether the driver's configuration had an object of this name."""
    section = _plain(section)
    return any(row.section == _ALIASES.get(section, section) for row in DRIVER_KEYS if row.section)


def flat_keys(content: Dict[str, Any]) -> Iterator[Tuple[str, str, object]]:
    """Section, key and value of all that the JSON object ``content`` holds, one level deep."""
    for key, value in content.items():
        if isinstance(value, dict):
            for inner, inner_value in value.items():
                yield key, inner, inner_value
        else:
            yield "", key, value


def answer(section: str, key: str) -> str:
    """What to do with a key of the driver, for a message; empty if the driver had no such key."""
    row = driver_key(section, key)
    return "a key of the C++ driver: %s" % row.answer().replace("`", "") if row else ""


def _plain(text: str) -> str:
    return text.strip().lower().replace("_", "-")
