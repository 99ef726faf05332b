"""A web server of ours on a stage, for blocking clients that know nothing of gevent."""

from __future__ import annotations

import socket
import ssl
import time

import gevent
import gevent.event
import websocket as websocket_client

from hubthread import TIMEOUT, HubThread
from login import crypto_text
from vscpws.access.attempts import Attempts
from vscpws.access.authority import Authority
from vscpws.access.credentials import hash_password
from vscpws.access.rate import Allowance
from vscpws.access.users import parse_users
from vscpws.codec.ws1 import Ws1Codec
from vscpws.codec.ws2 import Ws2Codec
from vscpws.hub.hub import Hub
from vscpws.model.event import Event
from vscpws.session import Session
from vscpws.settings import ClientLimits
from vscpws.web.clients import Clients
from vscpws.web.server import Server
from vscpws.web.site import Site
from vscpws.web.vscpprotocol import protocol_of

KEY = bytes(range(16))
GUID = bytes(14) + b"\1\0"


class Stage(HubThread):
    """``with Stage(tmp_path, max_clients=3) as stage``: the limits are ``ClientLimits``.

    ``make_session(codec, port, address, obid)`` may put another session in the real one's place.
    """

    def __init__(self, folder, tls=None, origins=(), make_session=None, web_root="",
                 **limits):
        self._users_file = folder / "users.json"
        self._users_file.write_text(
            '{"users": [{"name": "admin", "password": "%s", "rights": "admin"}]}'
            % hash_password("admin", "secret"))
        self._users_file.chmod(0o600)
        self._tls = tls
        self._origins = origins
        self._make_session = make_session or self._real_session
        self._web_root = web_root
        self._limits = ClientLimits(**limits)
        self._end = gevent.event.Event()
        super().__init__(self._serve, lambda: self._end.set())

    def _serve(self, ready):
        users, _ = parse_users(self._users_file.read_text(), "users.json")
        self._authority = Authority(users, KEY, "default", Attempts(100, 600, lambda: 0))
        self.hub = Hub(self._limits.hub_queue_size, 0)
        self.hub.channel("bus")
        self.clients = Clients(self.hub, self._limits, self._make_session)
        protocols = {"/ws1": protocol_of(Ws1Codec()), "/ws2": protocol_of(Ws2Codec())}
        site = Site(self._web_root, protocols, lambda: {"status": "ok"})
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.server = Server(listener, site, protocols, self.clients, self._tls,
                             self._origins)
        loop = gevent.spawn(self.hub.run)
        self.server.start()
        ready()
        self._end.wait()
        self.server.stop(timeout=0)
        for client in self.clients:
            client.cut("end of the test")
        loop.kill()

    def _real_session(self, codec, port, address, obid):
        return Session(codec, self._authority, port, address, obid, GUID,
                       lambda: 1700000000000000, self._limits.login_attempts,
                       Allowance(self._limits.max_message_rate, time.monotonic))

    def deliver(self, *numbers):
        """Events as from a bus, their types the numbers."""
        self.call(lambda: self.hub.deliver(
            "bus",
            [Event(0, 10, number & 0xFF, 0, 0, 0, bytes(16), b"") for number in numbers]))

    def tick(self, times=1):
        """What the common clock does once a second."""
        def tick():
            for _ in range(times):
                for client in self.clients:
                    client.tick()
        self.call(tick)

    def socket(self):
        """A plain connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)

    def connect(self, path="/ws1", **options):
        """A foreign websocket client, connected."""
        scheme = "ws"
        if self._tls:
            scheme = "wss"
            options.setdefault("sslopt", {"cert_reqs": ssl.CERT_NONE})
        return websocket_client.create_connection(
            "%s://127.0.0.1:%d%s" % (scheme, self.port, path), timeout=TIMEOUT, **options)

    def log_in(self, path="/ws1", **options):
        """A foreign client, authenticated over ws1 with its channel open."""
        client = self.connect(path, **options)
        sid = client.recv().split(";")[2]
        client.send(login_text(sid))
        assert client.recv().startswith("+;AUTH1")
        client.send("C;OPEN")
        assert client.recv() == "+;OPEN"
        return client


def login_text(sid) -> str:
    """The ws1 command that logs in, for a session id in hex."""
    return "C;AUTH;%s;%s" % (sid, crypto_text("admin", "secret", sid, KEY.hex()))


UPGRADE = ("GET /ws1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
           "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def read_all(connection) -> bytes:
    """Everything until the server ends the connection."""
    data = b""
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            return data
        if not piece:
            return data
        data += piece
