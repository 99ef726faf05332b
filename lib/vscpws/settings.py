"""The settings: frozen values that the wiring passes down; nobody reads a file after this.

Built by ``config.load``; every limit has its default and its reason here and its key in the
configspec.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Dict, Optional, Tuple

from .model.broker import Broker, parse_broker
from .model.errors import Problem
from .model.filter import PASS_ALL, Filter

__all__ = ["BusLimits", "ClientLimits", "HostSettings", "Interface", "LogSettings", "MqttSettings",
           "Settings", "StateSettings", "TlsSettings"]


@dataclass(frozen=True)
class Interface:
    """One enabled driver block: a CAN interface on the hub."""

    name: str                           # the driver's name, blanks as _
    channel: str                        # can0, kind:channel[@bitrate], replay:FILE, demo:NAME
    guid: bytes                         # 16 bytes, the last one zero
    filter: Filter = PASS_ALL           # on what is taken from the bus


@dataclass(frozen=True)
class ClientLimits:
    """Limits of the websocket and HTTP side; 0 switches one off where the comment says so."""

    max_clients: int = 100              # 0: no limit. As the C++ driver
    max_clients_per_address: int = 0    # 0: no limit; behind a proxy all share one address
    reserved_clients: int = 10          # of max_clients, for who is logged in; half at most
    max_http_connections: int = 200     # that are no websockets (yet); a browser opens six
    max_http_connections_per_address: int = 50  # of those; a proxy needs one for each request
    max_client_queue_size: int = 32000  # events waiting for one client; cheap, for they are shared
    max_client_queue_bytes: int = 8 << 20   # bytes waiting for one client
    max_request_head: int = 8192        # bytes of an HTTP request's head; browsers send 1 KiB
    max_message_size: int = 65536       # bytes; an event's text needs less than 4 KiB
    max_fragments: int = 1024           # frames of one message
    max_message_rate: int = 1000        # messages/s of one client; 0: no limit. A bus at 125 kbit/s
    login_time: float = 60.0            # s to authenticate; 0: no limit
    login_attempts: int = 5             # failed AUTH on one connection, then 1008
    login_attempts_per_address: int = 20    # within ten minutes, then 1008; 0: no limit
    ping_interval: float = 25.0         # s of silence, then a ping; 0: never. Proxies cut at 60 s
    pong_wait: float = 25.0             # s for any sign of life after it
    write_time: float = 30.0            # s without progress in writing, then the client is cut
    request_time: float = 10.0          # s for a whole HTTP request head or TLS handshake
    drain_time: float = 5.0             # s for queued replies at shutdown
    hub_queue_size: int = 65536         # events waiting for the hub, from all sources
    batch_pause: float = 0.0025         # s at most from batch to batch under load; 0: none


@dataclass(frozen=True)
class BusLimits:
    """Limits of the CAN side."""

    transmit_queue_size: int = 512      # events waiting for one bus: 0.5 s of a 125 kbit/s bus
    transmit_age: float = 2.0           # s; an older event is dropped, never sent late
    reopen_first: float = 0.1           # s until the first new try
    reopen_last: float = 30.0           # s between tries at most
    receive_buffer: int = 16 << 20      # bytes in the kernel: 20,000 frames in one burst


@dataclass(frozen=True)
class HostSettings:
    """What only the driver library has: the host that has loaded it."""

    event_layout: str = "auto"          # auto, 56 or 64: bytes of its vscpEvent
    vscpd_version: str = ""             # 15.1.0 and such; for auto
    host_queue_size: int = 10000        # events waiting, each way; 0.1 s of all that goes through
    host_data_size: int = 512           # bytes of an event's data that it is given; a host crashed
    #                                     on more than 150

    @property
    def layout(self) -> int:
        """The bytes of its events: 56 up to vscpd 15.0, 64 since 15.1."""
        if self.event_layout != "auto":
            return int(self.event_layout)
        version = tuple(int(part) for part in self.vscpd_version.split(".") if part)
        return 64 if version >= (15, 1) else 56


@dataclass(frozen=True)
class StateSettings:
    """What is remembered: the last event of each state, and the history of values."""

    state_size: int = 4096              # states; 0: none. 510 bytes each
    state_size_per_guid: int = 256      # so that one node can't fill it all
    state_file: str = ""                # empty: states are forgotten at the end
    state_age: float = 86400.0          # s; what is older isn't taken from the file
    history_hours: int = 24             # 0: no history
    history_size: int = 256             # sensors
    history_file: str = ""              # empty: history is forgotten at the end
    history_file_size: int = 64 << 20   # bytes: a week of 256 sensors' minutes has 100 MiB


@dataclass(frozen=True)
class MqttSettings:
    """The bridge to an MQTT broker."""

    url: str = ""                       # mqtt:// or mqtts://, [USER@]HOST[:PORT]; empty: no bridge
    password_file: str = ""
    name: str = ""                      # among the daemons of a broker; empty: the host's
    ca: str = ""                        # empty: those that the system trusts
    cert: str = ""                      # for brokers that ask for one
    key: str = ""
    publish: bool = True                # whether events go out
    keys: str = "short"                 # short, vscp or both
    topics: str = "vscp"                # vscp or vscpd
    qos: int = 0                        # of events; a lost one is as on the bus
    protocol: str = "3.1.1"             # or 5
    accept_as: str = ""                 # the user that commands are taken as; empty: none are
    subscribe: Tuple[str, ...] = ()     # topic filters whose events go to the clients
    forward_to: str = ""                # the daemon that gets what no bus here carries
    errors: bool = False                # whether refused commands are published
    required: bool = False              # whether the daemon is ill while the broker is away
    queue_size: int = 32768             # events waiting for the broker: what a slow line takes in
                                        # seconds, at a full bus
    keep_events: int = 0                # of those, kept while it is away; 0: a late event is wrong
    keep_age: float = 60.0              # s; older ones are dropped when it is back
    homeassistant: bool = False         # whether states and discovery are published
    discovery_prefix: str = "homeassistant"
    state_directory: str = ""           # of what discovery remembers; empty: the service manager's

    @property
    def broker(self) -> Broker:
        """Where ``url`` says that it is."""
        return parse_broker(self.url)


@dataclass(frozen=True)
class TlsSettings:
    cert: str
    key: str
    ca: str = ""                        # with it clients must present a certificate


@dataclass(frozen=True)
class LogSettings:
    level: str = "info"                 # debug, info, warning, error
    console: bool = True                # to stderr, in the foreground
    syslog: bool = False                # to /dev/log
    file_path: str = ""                 # empty: no file
    file_max_size: int = 5 << 20        # bytes, then the file is rotated
    file_max_files: int = 7             # rotated files kept


@dataclass(frozen=True)
class Settings:
    """All of it. Paths are absolute. ``oddities`` are what is strange about the files that it
    came from; two that differ in nothing else are equal."""

    interfaces: Tuple[Interface, ...]
    host: str = "localhost"             # where to listen
    port: int = 8884
    tls: Optional[TlsSettings] = None
    url_ws1: str = "/ws1"
    url_ws2: str = "/ws2"
    enable_ws1: bool = True
    enable_ws2: bool = True
    enable_static: bool = True
    web_root: str = ""
    content_policy: str = "frame-ancestors 'self'"     # of web_root's files: anything but framing
    origins: Tuple[str, ...] = ()       # of pages that may connect besides those of this host
    key_file: str = ""
    path_users: str = ""
    auth_iv: str = "sid"                # sid, any or default
    event_keys: str = "vscp"            # vscp or short: names of ws2 events sent out
    clients: ClientLimits = field(default_factory=ClientLimits)
    bus: BusLimits = field(default_factory=BusLimits)
    state: StateSettings = field(default_factory=StateSettings)
    host_program: HostSettings = field(default_factory=HostSettings)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    names_file: str = ""
    logging: LogSettings = field(default_factory=LogSettings)
    debug: bool = False
    metrics_listen: str = ""            # HOST:PORT; empty: no metrics. They are not for everybody
    oddities: Tuple[Problem, ...] = field(default=(), compare=False)

    @property
    def path_kiosks(self) -> str:
        """The file of the kiosks, beside that of the users; it may be missing: no kiosks."""
        return self.path_users and os.path.join(os.path.dirname(self.path_users), "kiosks.json")

    @property
    def guids(self) -> Dict[str, bytes]:
        """The GUIDs (16 bytes) of the interfaces by name, as the file of names knows them."""
        return {interface.name: interface.guid for interface in self.interfaces}
