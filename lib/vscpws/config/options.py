"""The options of the INI file: their places, checks and ranges, and the configspec made of them.

Names are those of the C++ driver's JSON file where it has the option. An option's default is that
of its field in ``settings``, where its reason stands too; only the few that are no plain field
have their default here.
"""

from __future__ import annotations

from dataclasses import fields
from typing import List, NamedTuple, Optional

from .settings import BusLimits, ClientLimits, LogSettings, Settings, TlsSettings

__all__ = ["OPTIONS", "Option", "VARIABLES", "configspec", "default_text", "place", "value_text"]

VARIABLES = "variables"         # the section of remote variables: its keys are free


def place(section: str, key: str) -> str:
    """A key's place in the file, for a message."""
    return "[%s] %s" % (section, key[:80]) if section else key[:80]


class Option(NamedTuple):
    """One key: its section (empty: top level), its check, and the settings' field it fills."""

    section: str
    key: str
    check: str                  # a call of one of ``checks``, without the default
    group: Optional[type]       # the settings class; None: more than one field
    field: str = ""
    default: Optional[str] = None   # None: the field's

    def where(self) -> str:
        return place(self.section, self.key)


def _limit(key: str, check: str, group: type) -> Option:
    return Option("limits", key, check, group, key.replace("-", "_"))


OPTIONS = (
    Option("", "interface", "listen()", None, default="ws://%s:%d" % (
        Settings.host, Settings.port)),
    Option("", "url-ws1", "url_path()", Settings, "url_ws1"),
    Option("", "url-ws2", "url_path()", Settings, "url_ws2"),
    Option("", "enable-ws1", "flag()", Settings, "enable_ws1"),
    Option("", "enable-ws2", "flag()", Settings, "enable_ws2"),
    Option("", "enable-static", "flag()", Settings, "enable_static"),
    Option("", "web-root", "path()", Settings, "web_root"),
    Option("", "origins", "origins()", Settings, "origins"),
    Option("", "max-clients", "whole(0, 100000)", ClientLimits, "max_clients"),
    Option("", "max-client-queue-size", "whole(1, 1000000)", ClientLimits,
           "max_client_queue_size"),
    Option("", "key-file", "path()", Settings, "key_file", default="vscp.key"),
    Option("", "path-users", "path()", Settings, "path_users", default="users.json"),
    Option("", "auth-iv", "choice(default, sid, any)", Settings, "auth_iv"),
    Option("", "event-keys", "choice(vscp, short)", Settings, "event_keys"),
    Option("", "debug", "flag()", Settings, "debug"),

    Option("tls", "cert", "path()", TlsSettings, "cert", default=""),
    Option("tls", "key", "path()", TlsSettings, "key", default=""),
    Option("tls", "ca", "path()", TlsSettings, "ca"),

    Option("logging", "log-level", "level()", LogSettings, "level"),
    Option("logging", "console", "flag()", LogSettings, "console"),
    Option("logging", "syslog", "flag()", LogSettings, "syslog"),
    Option("logging", "file-path", "path()", LogSettings, "file_path"),
    Option("logging", "file-max-size", "whole(4096, 1073741824)", LogSettings, "file_max_size"),
    Option("logging", "file-max-files", "whole(1, 1000)", LogSettings, "file_max_files"),

    _limit("max-clients-per-address", "whole(0, 100000)", ClientLimits),
    _limit("max-http-connections", "whole(1, 100000)", ClientLimits),
    _limit("max-client-queue-bytes", "whole(65536, 1073741824)", ClientLimits),
    _limit("max-request-head", "whole(1024, 1048576)", ClientLimits),
    _limit("max-message-size", "whole(4096, 16777216)", ClientLimits),
    _limit("max-fragments", "whole(1, 65536)", ClientLimits),
    _limit("max-message-rate", "whole(0, 1000000)", ClientLimits),
    _limit("login-time", "seconds(0, 86400)", ClientLimits),
    _limit("login-attempts", "whole(1, 1000)", ClientLimits),
    _limit("login-attempts-per-address", "whole(0, 100000)", ClientLimits),
    _limit("ping-interval", "seconds(0, 86400)", ClientLimits),
    _limit("pong-wait", "seconds(0.1, 3600)", ClientLimits),
    _limit("write-time", "seconds(0.1, 3600)", ClientLimits),
    _limit("request-time", "seconds(0.1, 3600)", ClientLimits),
    _limit("drain-time", "seconds(0, 60)", ClientLimits),
    _limit("hub-queue-size", "whole(16, 1000000)", ClientLimits),
    _limit("batch-pause", "seconds(0, 1)", ClientLimits),
    _limit("transmit-queue-size", "whole(1, 100000)", BusLimits),
    _limit("transmit-age", "seconds(0.01, 60)", BusLimits),
    _limit("reopen-first", "seconds(0.01, 60)", BusLimits),
    _limit("reopen-last", "seconds(0.01, 3600)", BusLimits),
    _limit("receive-buffer", "whole(4096, 268435456)", BusLimits),
)


def default_text(option: Option) -> str:
    """An option's default as it would be written in the INI file."""
    if option.default is not None:
        return option.default
    value = next(field.default for field in fields(option.group) if field.name == option.field)
    return value_text(value)


def value_text(value: object) -> str:
    """A value as it would be written in the INI file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return " ".join(value)
    return "%.12g" % value if isinstance(value, float) else str(value)


def configspec() -> List[str]:
    """The lines of the configspec: every option with its check and its default."""
    lines = []
    section = ""
    for option in OPTIONS:
        if option.section != section:
            section = option.section
            lines.append("[%s]" % section)
        name, _, arguments = option.check[:-1].partition("(")
        parts = [part for part in (arguments, 'default="%s"' % default_text(option)) if part]
        lines.append("%s = %s(%s)" % (option.key, name, ", ".join(parts)))
    return lines + ["[%s]" % VARIABLES, "__many__ = path()"]
