"""Checks of single INI values, as the configspec names them: text in, typed value out.

Each raises ``ValidateError`` with a reason that names the value and what would be right. They are
stricter than the validator's own, which take ``nan`` for a number between any limits.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple, Tuple
from urllib.parse import urlsplit

from configobj.validate import ValidateError

from ...model.broker import parse_broker
from ...mqtt.forms.topics import is_filter, is_name
from ...settings import Settings

__all__ = ["CHECKS", "Listen"]

_FLAGS = {"true": True, "yes": True, "on": True, "1": True,
          "false": False, "no": False, "off": False, "0": False}
_WHOLE = re.compile(r"[0-9]{1,18}\Z")
_DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{0,12})?\Z")
_URL_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+\Z")
_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}\Z")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?\Z")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+(?:%[a-z0-9._~%-]+)?\])"
                     r"(?::[0-9]{1,5})?\Z")
# Browsers leave these out, so an origin with them would never match.
_DEFAULT_PORTS = (("http://", ":80"), ("https://", ":443"))
_ZONE = re.compile(r"[^\s/\[\]%:?#@]{1,15}\Z")      # IFNAMSIZ - 1
_MAX_URL_PATH = 256             # characters
_DIRECTIVE = re.compile(r"[A-Za-z0-9-]+(?: +[!-+\--:<-~]+)*\Z")    # values: no comma, no semicolon
_MOST_FILTERS = 32
_PASSWORD = re.compile(r"(//[^/@]*:)[^/]*@")
_MAX_POLICY = 2048              # characters: proxies take 4 KiB and more of headers
# What the C++ driver's log levels are called here.
_LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error",
           "trace": "debug", "warn": "warning", "err": "error", "critical": "error"}


class Listen(NamedTuple):
    """Where to listen."""

    host: str
    port: int
    tls: bool


def flag(value: str) -> bool:
    """``true`` or ``false`` (or yes/no, on/off, 1/0) in any case."""
    try:
        return _FLAGS[value.lower()]
    except KeyError:
        raise ValidateError("%s is neither true nor false" % _shown(value)) from None


def whole(value: str, low: str, high: str) -> int:
    """A whole number from ``low`` to ``high``."""
    if not _WHOLE.match(value) or not int(low) <= int(value) <= int(high):
        raise ValidateError("%s is not a whole number in %s-%s" % (_shown(value), low, high))
    return int(value)


def seconds(value: str, low: str, high: str) -> float:
    """A time from ``low`` to ``high`` seconds, fractions allowed."""
    if not _DECIMAL.match(value) or not float(low) <= float(value) <= float(high):
        raise ValidateError("%s is not a time in %s-%s seconds" % (_shown(value), low, high))
    return float(value)


def choice(value: str, *choices: str) -> str:
    """One of ``choices``, in any case."""
    if value.lower() not in choices:
        raise ValidateError("%s is none of %s" % (_shown(value), ", ".join(choices)))
    return value.lower()


def level(value: str) -> str:
    """debug, info, warning or error, in any case and with the C++ driver's names for them."""
    try:
        return _LEVELS[value.lower()]
    except KeyError:
        raise ValidateError("%s is none of debug, info, warning, error" % _shown(value)) from None


def path(value: str) -> str:
    """A file or folder; what it is and whether it is there is looked at later."""
    return value


def version(value: str) -> str:
    """A program's version, such as ``15.1.0``; or nothing. What follows a blank, a dash or a plus
    is not kept."""
    number = re.split(r"[ +-]", value, maxsplit=1)[0] if value else ""
    if value and not _VERSION.match(number):
        raise ValidateError("%s is not a version such as 15.1.0" % _shown(value))
    return number


def url_path(value: str) -> str:
    """The path of a URL: ``/`` and a name, of unreserved characters (RFC 3986)."""
    if not _URL_PATH.match(value) or len(value) > _MAX_URL_PATH:
        raise ValidateError("%s is not a path such as /ws1" % _shown(value))
    if value == "/healthz" or "." in value.split("/") or ".." in value.split("/"):
        raise ValidateError("%s can't be used as a path for clients" % _shown(value))
    return value


def policy(value: str) -> str:
    """A Content-Security-Policy (CSP level 3, section 2.2), which becomes a header; or nothing."""
    if len(value) > _MAX_POLICY:
        raise ValidateError("%s is longer than %d characters" % (_shown(value), _MAX_POLICY))
    for directive in value.split(";"):
        directive = directive.strip(" ")        # nothing else: it would stay in the header
        if directive and not _DIRECTIVE.match(directive):
            raise ValidateError("%s: %s is not a directive such as frame-ancestors 'self'"
                                % (_shown(value), _shown(directive)))
    return value


def origins(value: str) -> Tuple[str, ...]:
    """Origins of pages (``https://HOST[:PORT]``, ``null``, ``file://`` or ``*``), blanks or commas
    between."""
    found = value.lower().replace(",", " ").split()
    for number, origin in enumerate(found):
        if origin not in ("*", "null", "file://") and not _ORIGIN.match(origin):
            raise ValidateError("%s is not an origin such as https://house.local"
                                % _shown(origin))
        for scheme, port in _DEFAULT_PORTS:
            if origin.startswith(scheme) and origin.endswith(port):
                found[number] = origin[:-len(port)]
    return tuple(found)


def listen(value: str) -> Listen:
    """``ws://HOST[:PORT]`` or ``wss://HOST[:PORT]``, an IPv6 address in brackets."""
    wanted = "ws://HOST:PORT or wss://HOST:PORT"
    try:
        url = urlsplit(value)
        host, port = (url.hostname or "").replace("%25", "%", 1), url.port   # RFC 6874
        if "[" in url.netloc or ":" in host:      # older Pythons let anything be in brackets
            host = _zoned(host)
    except ValueError as error:
        raise ValidateError("%s is not %s (%s)" % (_shown(value), wanted, error)) from None
    if url.scheme not in ("ws", "wss") or url.path not in ("", "/") or (
            url.query or url.fragment or url.username is not None):
        raise ValidateError("%s is not %s" % (_shown(value), wanted))
    if ":" not in host and not _HOST.match(host):
        raise ValidateError("%s has no valid host; all addresses are 0.0.0.0 or [::]"
                            % _shown(value))
    if port == 0:
        raise ValidateError("%s: port 0 is not in 1-65535" % _shown(value))
    return Listen(host, Settings.port if port is None else port, url.scheme == "wss")


def _zoned(host: str) -> str:
    """An IPv6 address, with the zone (RFC 4007) that a link-local one needs: ``fe80::1%eth0``, or
    ``%25eth0`` as URLs have it (RFC 6874)."""
    address, percent, zone = host.partition("%")
    ipaddress.IPv6Address(address)
    if not percent:
        return address
    if zone.startswith("25") and not zone.isdigit():
        zone = zone[2:]
    if not _ZONE.match(zone):
        raise ValueError("%r is no name of a network device" % zone[:40])
    return "%s%%%s" % (address, zone)


def endpoint(value: str) -> str:
    """``HOST:PORT``, an IPv6 address in brackets; or nothing."""
    if not value:
        return value
    try:
        host, port, _ = listen("ws://" + value)
    except ValidateError:
        port = None
    if port is None or not value.endswith(":%d" % port):
        raise ValidateError("%s is not HOST:PORT" % _shown(value))
    return "%s:%d" % ("[%s]" % host if ":" in host else host, port)


def broker(value: str) -> str:
    """``mqtt://[USER@]HOST[:PORT]`` or ``mqtts://…``; or nothing."""
    if not value:
        return value
    try:
        parse_broker(value)
    except ValueError as error:
        shown = _PASSWORD.sub(r"\1...@", value)
        raise ValidateError("%s: %s" % (_shown(shown), error)) from None
    return value


def daemon_name(value: str) -> str:
    """What a daemon is called in topics; or nothing."""
    if value and not is_name(value):
        raise ValidateError("%s is no name of up to 63 letters, digits and ._-" % _shown(value))
    return value


def user_name(value: str) -> str:
    """A user of the user file, who is looked for later; or nothing."""
    if len(value) > 256 or not value.isprintable():
        raise ValidateError("%s is no user's name" % _shown(value))
    return value


def topic(value: str) -> str:
    """An MQTT topic without wildcards."""
    if not is_filter(value) or set(value) & set("+#$") or "" in value.split("/"):
        raise ValidateError("%s is no topic such as homeassistant" % _shown(value))
    return value


def topic_filters(value: str) -> Tuple[str, ...]:
    """MQTT topic filters, blanks or commas between."""
    found = value.replace(",", " ").split()
    if len(found) > _MOST_FILTERS:
        raise ValidateError("%s: %d topic filters, at most %d" % (
            _shown(value), len(found), _MOST_FILTERS))
    for each in found:
        if not is_filter(each):
            raise ValidateError("%s is no topic filter such as vscp/#" % _shown(each))
    return tuple(found)


def _shown(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:57] + "...")


CHECKS = {check.__name__: check
          for check in (flag, whole, seconds, choice, level, path, url_path, policy, origins,
                       listen, endpoint, version, broker, daemon_name, user_name, topic,
                       topic_filters)}
