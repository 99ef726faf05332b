"""The options of the INI file: their places, checks, ranges and texts, and the configspec.

This is their one source: ``tools/make_docs.py`` makes the manual page, the tables of
``doc/configuration.md`` and the sample file of it.

Names are those of the C++ driver's JSON file where it has the option. An option's default is that
of its field in ``settings``, where its reason stands too; only the few that are no plain field
have their default here.
"""

from __future__ import annotations

from dataclasses import fields
from typing import List, NamedTuple, Optional

from ...settings import (
    BusLimits,
    ClientLimits,
    HostSettings,
    LogSettings,
    MqttSettings,
    Settings,
    StateSettings,
    TlsSettings,
)

__all__ = ["OPTIONS", "Option", "RELOAD", "RESTART", "VARIABLES", "configspec", "default_text",
           "range_text", "value_text", "where_of"]

RELOAD, RESTART = "reload", "restart"   # what it takes for a changed option to count
VARIABLES = "variables"         # the section of remote variables: its keys are free
_FORMS = {                      # what a check without arguments takes
    "endpoint": "HOST:PORT",
    "broker": "`mqtt://` or `mqtts://`, [USER@]HOST[:PORT]",
    "daemon_name": "letters, digits and `._-`",
    "flag": "true, false",
    "level": "debug, info, warning, error",
    "listen": "`ws://` or `wss://`, HOST[:PORT]",
    "user_name": "a user's name",
    "topic": "an MQTT topic",
    "topic_filters": "MQTT topic filters, blanks between",
    "origins": "`https://HOST[:PORT]`, `null`, `file://`, `*`, blanks between",
    "path": "a path",
    "policy": "directives with their values, `;` between",
    "url_path": "a URL path",
    "version": "such as 15.1.0",
}


def where_of(section: str, key: str) -> str:
    """A key's place in the file, for a message."""
    return "[%s] %s" % (section, key[:80]) if section else key[:80]


class Option(NamedTuple):
    """One key: its section (empty: top level), its check, and the settings' field it fills.

    ``text`` says what it is, in whole sentences, for the manual, the documentation and the sample
    file alike; what stands between backquotes is written as it is.
    """

    section: str
    key: str
    check: str                  # a call of one of ``checks``, without the default
    group: Optional[type]       # the settings class; None: more than one field
    field: str = ""
    default: Optional[str] = None   # None: the field's
    reload: str = RESTART
    unit: str = ""
    text: str = ""

    def where(self) -> str:
        return where_of(self.section, self.key)


def _limit(key: str, check: str, group: type, reload: str, unit: str, text: str) -> Option:
    return Option("limits", key, check, group, key.replace("-", "_"), reload=reload, unit=unit,
                  text=text)


def _state(key: str, check: str, reload: str, unit: str, text: str) -> Option:
    return Option("state", key, check, StateSettings, key.replace("-", "_"), reload=reload,
                  unit=unit, text=text)


def _mqtt(key: str, check: str, text: str, reload: str = RESTART, unit: str = "") -> Option:
    return Option("mqtt", key, check, MqttSettings, key.replace("-", "_"), reload=reload, unit=unit,
                  text=text)


OPTIONS = (
    Option("", "interface", "listen()", None, default="ws://%s:%d" % (
        Settings.host, Settings.port),
        text="Where to listen; without a port 8884. An IPv6 address is in brackets, all addresses "
             "are `0.0.0.0` or `[::]`. `wss://` is with TLS and needs `cert` and `key`. Anything "
             "but loopback needs a key and passwords of your own."),
    Option("", "url-ws1", "url_path()", Settings, "url_ws1",
           text="The URL path of ws1: letters, digits and `._~-` between slashes."),
    Option("", "url-ws2", "url_path()", Settings, "url_ws2", text="The URL path of ws2."),
    Option("", "enable-ws1", "flag()", Settings, "enable_ws1", text="Whether ws1 is served."),
    Option("", "enable-ws2", "flag()", Settings, "enable_ws2", text="Whether ws2 is served."),
    Option("", "enable-static", "flag()", Settings, "enable_static",
           text="Whether web pages are served."),
    Option("", "web-root", "path()", Settings, "web_root",
           text="The folder served under `/`. Empty: the page that comes with the program."),
    Option("", "content-policy", "policy()", Settings, "content_policy", reload=RELOAD,
           text="The `Content-Security-Policy` of what is in `web-root`, as browsers know it; the "
                "program's own pages have a strict one of theirs. The default lets pages do all "
                "but be framed by other sites. Empty: none."),
    Option("", "origins", "origins()", Settings, "origins",
           text="Pages that may connect from a browser besides those of this host; `null` and "
                "`file://` are pages from files and libraries that name no host, `*` is any page."),
    Option("", "max-clients", "whole(0, 100000)", ClientLimits, "max_clients", reload=RELOAD,
           unit="clients", text="Connected at once, at most. 0: no limit."),
    Option("", "max-client-queue-size", "whole(1, 1000000)", ClientLimits,
           "max_client_queue_size", reload=RELOAD, unit="events",
           text="Waiting for one client at most, because its channel is closed or its line is "
                "slow. When it is full the oldest go."),
    Option("", "key-file", "path()", Settings, "key_file", default="vscp.key", reload=RELOAD,
           text="The file with the key of the login: 32 or more hex digits."),
    Option("", "path-users", "path()", Settings, "path_users", default="users.json",
           reload=RELOAD, text="The file with the users."),
    Option("", "names-file", "path()", Settings, "names_file", reload=RELOAD,
           text="The file with what people call nodes, sensors and zones. Empty: none."),
    Option("", "auth-iv", "choice(sid, any, default)", Settings, "auth_iv", reload=RELOAD,
           text="Which iv a login may use: `sid`, only the session id, so that nobody can send a "
                "recorded login again; `any`, for old clients that have a fixed one; or `default`, "
                "which is `sid` for ws1 and `any` for ws2. Anything but `sid` is warned of where "
                "others than this host can connect."),
    Option("", "event-keys", "choice(vscp, short)", Settings, "event_keys",
           text="Names of the keys in events that ws2 sends: `vscpClass` and so on, or `class` "
                "and so on."),
    Option("", "debug", "flag()", Settings, "debug",
           text="Log everything, whatever `log-level` says, and say more about failures."),

    Option("", "event-layout", "choice(auto, 56, 64)", HostSettings, "event_layout",
           text="Of the driver library only: how many bytes the host's `vscpEvent` has. They are "
                "56 up to vscpd 15.0 and 64 since 15.1, and nothing but this tells. `auto` goes "
                "by `vscpd-version`, and is 56 without."),
    Option("", "vscpd-version", "version()", HostSettings, "vscpd_version",
           text="Of the driver library only: the version of the host, as `vscpd --version` has "
                "it. Empty: one before 15.1."),

    Option("tls", "cert", "path()", TlsSettings, "cert", default="", reload=RELOAD,
           text="PEM file with the certificate and its chain."),
    Option("tls", "key", "path()", TlsSettings, "key", default="", reload=RELOAD,
           text="PEM file with its key, which must not be encrypted."),
    Option("tls", "ca", "path()", TlsSettings, "ca", reload=RELOAD,
           text="PEM file with a certificate authority. Where it is set, clients must present a "
                "certificate from it."),

    Option("logging", "log-level", "level()", LogSettings, "level", reload=RELOAD,
           text="This and everything worse is logged. The C++ driver's names `trace`, `warn`, "
                "`err` and `critical` do too."),
    Option("logging", "console", "flag()", LogSettings, "console", reload=RELOAD,
           text="Whether to log to standard error, in the foreground."),
    Option("logging", "syslog", "flag()", LogSettings, "syslog", reload=RELOAD,
           text="Whether to log to the system's log, `/dev/log`. Detached and without a file, it "
                "does anyway."),
    Option("logging", "file-path", "path()", LogSettings, "file_path", reload=RELOAD,
           text="The file to log to, in a folder that is there. Empty: none."),
    Option("logging", "file-max-size", "whole(4096, 1073741824)", LogSettings, "file_max_size",
           reload=RELOAD, unit="bytes",
           text="When the file has so many it is put aside and a new one begun."),
    Option("logging", "file-max-files", "whole(1, 1000)", LogSettings, "file_max_files",
           reload=RELOAD, unit="files", text="Kept of those put aside."),

    Option("metrics", "listen", "endpoint()", Settings, "metrics_listen",
           text="Where `/metrics` is served, for Prometheus: an address of its own, such as "
                "`localhost:9884`. Empty: nowhere."),

    _state("state-size", "whole(0, 16384)", RELOAD, "states",
           "Remembered at most: of each sensor, switch and contact the last event. 0: none."),
    _state("state-size-per-guid", "whole(1, 16384)", RELOAD, "states",
           "Of one node at most, so that none can fill it all."),
    _state("state-file", "path()", RESTART, "",
           "Where states outlive a restart; written every five minutes and at the end. Empty: "
           "nowhere."),
    _state("state-age", "seconds(1, 31536000)", RESTART, "s",
           "Older states aren't taken from the file."),
    _state("history-hours", "whole(0, 168)", RESTART, "h",
           "How far back the values of sensors are remembered, minute by minute. 0: not at all."),
    _state("history-size", "whole(0, 4096)", RELOAD, "sensors",
           "With a history at most. One has 47 KB for a day, and 10 KB for its last samples."),
    _state("history-file", "path()", RESTART, "",
           "Where the history outlives a restart; an SQLite file, written once a minute. Empty: "
           "nowhere."),
    _state("history-file-size", "whole(1048576, 1073741824)", RESTART, "bytes",
           "Of that file at most. When it is full the oldest minutes go."),

    _mqtt("url", "broker()",
          "The broker; without a port 1883, or 8883 with TLS (`mqtts://`). Empty: no bridge."),
    _mqtt("password-file", "path()",
          "The file with the password of the user that `url` names, in one line.", RELOAD),
    _mqtt("name", "daemon_name()",
          "What this daemon is called among those at the broker: its own topics begin with "
          "`vscpwsd/` and the name. Empty: the host's name."),
    _mqtt("ca", "path()", "PEM file with the certificate authority of the broker's certificate. "
          "Empty: those that the system trusts."),
    _mqtt("cert", "path()", "PEM file with a certificate for a broker that asks for one."),
    _mqtt("key", "path()", "PEM file with its key, which must not be encrypted."),
    _mqtt("publish", "flag()", "Whether events are published, on `vscp/` and what they are."),
    _mqtt("keys", "choice(short, vscp, both)",
          "Names of the keys in published events: `class` and so on, `vscpClass` and so on for "
          "programs of some years ago, or both."),
    _mqtt("topics", "choice(vscp, vscpd)",
          "Where events are published: `vscp/GUID/CLASS/TYPE/NICKNAME`, for measurements with the "
          "index and the zone behind it; or `vscp/GUID` alone, as vscpd's samples have it."),
    _mqtt("qos", "whole(0, 2)", "The quality of service of events. 0 is the fastest by far.",
          RESTART, "level"),
    _mqtt("protocol", "choice(3.1.1, 5)", "The version of MQTT."),
    _mqtt("accept-as", "user_name()",
          "The user as whom commands on `vscpwsd/NAME/send` are taken, with his rights, events "
          "and priority. Empty: none are taken."),
    _mqtt("subscribe", "topic_filters()",
          "Topics whose events, of other daemons, go to the clients of this one, and never to a "
          "bus; such as `\"vscp/#\"`, in quotes for the `#`. Empty: none."),
    _mqtt("forward-to", "daemon_name()",
          "The name of the daemon that gets what clients send and no bus here carries. Empty: "
          "none."),
    _mqtt("errors", "flag()",
          "Whether every refused command is told on `vscpwsd/NAME/errors`. Of those that another "
          "daemon forwarded it always is."),
    _mqtt("required", "flag()",
          "Whether `/healthz` calls the daemon ill while the broker is away."),
    _mqtt("queue-size", "whole(16, 1000000)",
          "Waiting for the broker at most. When it is full the oldest go.", RESTART, "events"),
    _mqtt("keep-events", "whole(0, 1000000)",
          "Kept while the broker is away. 0: none, for a late event is a wrong one.", RESTART,
          "events"),
    _mqtt("keep-age", "seconds(0.1, 86400)",
          "Older ones of those are dropped when it is back.", RESTART, "s"),
    _mqtt("homeassistant", "flag()",
          "Whether states are published, and all that lets a house appear in Home Assistant."),
    _mqtt("discovery-prefix", "topic()", "Where Home Assistant looks for discovery messages."),
    _mqtt("state-directory", "path()",
          "Where what was sent for discovery is remembered. Empty: where the service manager says "
          "(`STATE_DIRECTORY`), or nowhere."),

    _limit("max-clients-per-address", "whole(0, 100000)", ClientLimits, RELOAD, "clients",
           "From one address, or from one IPv6 /64, at most. 0: no limit, for behind a proxy all "
           "share one."),
    _limit("reserved-clients", "whole(0, 100000)", ClientLimits, RELOAD, "clients",
           "Of `max-clients`, only for who is logged in; at most half of them. Others may have the "
           "rest, and go when it is full, the oldest first."),
    _limit("max-http-connections", "whole(1, 100000)", ClientLimits, RELOAD, "connections",
           "At a time that are no websockets, or not yet. For one more an idle one goes, or "
           "one that is answered for long; where there is none it gets status 503."),
    _limit("max-http-connections-per-address", "whole(1, 100000)", ClientLimits, RELOAD,
           "connections", "The same, of one address."),
    _limit("max-client-queue-bytes", "whole(65536, 1073741824)", ClientLimits, RELOAD, "bytes",
           "Waiting for one client at most. When it is full the oldest events go."),
    _limit("max-request-head", "whole(1024, 1048576)", ClientLimits, RELOAD, "bytes",
           "Of the head of an HTTP request; more is answered with status 431."),
    _limit("max-message-size", "whole(4096, 16777216)", ClientLimits, RELOAD, "bytes",
           "Of one message from a client. An event needs less than 4 KiB."),
    _limit("max-fragments", "whole(1, 65536)", ClientLimits, RELOAD, "frames",
           "That one message may come in."),
    _limit("max-message-rate", "whole(0, 1000000)", ClientLimits, RELOAD, "1/s",
           "Messages of one client; more are refused with error 3, a flood is closed with 1008. "
           "0: no limit. A 125 kbit/s bus is full with 950 frames, one of 1 Mbit/s with 7,600."),
    _limit("login-time", "seconds(0, 86400)", ClientLimits, RELOAD, "s",
           "Until a client must have logged in. 0: no limit."),
    _limit("login-attempts", "whole(1, 1000)", ClientLimits, RELOAD, "attempts",
           "Failed on one connection, then it is closed."),
    _limit("login-attempts-per-address", "whole(0, 100000)", ClientLimits, RELOAD, "attempts",
           "Failed from one address within ten minutes, then connections are closed. 0: no "
           "limit."),
    _limit("ping-interval", "seconds(0, 86400)", ClientLimits, RELOAD, "s",
           "Of silence, then the client is pinged. 0: never. Many proxies cut a silent "
           "connection after 60 s."),
    _limit("pong-wait", "seconds(0.1, 3600)", ClientLimits, RELOAD, "s",
           "For any sign of life after a ping, then the client is cut."),
    _limit("write-time", "seconds(0.1, 3600)", ClientLimits, RELOAD, "s",
           "Without progress in writing to a client, then it is cut."),
    _limit("request-time", "seconds(0.1, 3600)", ClientLimits, RELOAD, "s",
           "For the whole head of an HTTP request, and for a TLS handshake."),
    _limit("drain-time", "seconds(0, 60)", ClientLimits, RELOAD, "s",
           "That waiting replies get when the daemon stops."),
    _limit("hub-queue-size", "whole(16, 1000000)", ClientLimits, RESTART, "events",
           "From all sources, waiting to be passed on."),
    _limit("batch-pause", "seconds(0, 1)", ClientLimits, RELOAD, "s",
           "From one batch of events to the next under load, at most: that much delay for much "
           "less work. The pause is five times what a batch costs, and none where events come too "
           "seldom to gather in it. 0: never."),
    _limit("transmit-queue-size", "whole(1, 100000)", BusLimits, RESTART, "events",
           "Waiting for one CAN bus. 512 are half a second of a 125 kbit/s bus."),
    _limit("transmit-age", "seconds(0.01, 60)", BusLimits, RESTART, "s",
           "Then an event that waits is dropped; it is never sent late."),
    _limit("reopen-first", "seconds(0.01, 60)", BusLimits, RESTART, "s",
           "Until a lost CAN interface is tried again for the first time. Not more than "
           "`reopen-last`."),
    _limit("reopen-last", "seconds(0.01, 3600)", BusLimits, RESTART, "s",
           "Between tries at most."),
    _limit("receive-buffer", "whole(4096, 268435456)", BusLimits, RESTART, "bytes",
           "Of the kernel's receive buffer of one CAN interface, where it can be set."),
    _limit("host-queue-size", "whole(16, 1000000)", HostSettings, RESTART, "events",
           "Of the driver library only: waiting on the way from the host, and on the way to it. "
           "When the one is full the host's writes wait, as long as it lets them; when the other "
           "is, clients get error 3."),
    _limit("host-data-size", "whole(8, 512)", HostSettings, RESTART, "bytes",
           "Of the driver library only: of data in an event that the host is given. Events with "
           "more go to the clients alone. There are hosts that crash on more than 150."),
)


def default_text(option: Option) -> str:
    """An option's default as it would be written in the INI file."""
    if option.default is not None:
        return option.default
    assert option.group is not None         # or it has a default of its own
    value = next(field.default for field in fields(option.group) if field.name == option.field)
    return value_text(value)


def range_text(option: Option) -> str:
    """The values that an option takes, for people."""
    name, _, arguments = option.check[:-1].partition("(")
    if name in ("whole", "seconds"):
        return arguments.replace(", ", "-")
    return arguments or _FORMS[name]


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
