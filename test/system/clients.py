"""Foreign websocket clients for system tests: the ``websockets`` package and nothing of ours.

A client collects in a thread of its own what the server sends: events in ``events``, in their
order, replies for ``ask()``. Whatever is waited for has a deadline.

::

    with Ws1(port) as client:                       # logged in, channel open
        client.ask("C;NOOP")                        # "+;NOOP"
        client.send_event(Event(...))               # 0, or the error code of the refusal
        client.wait(lambda: len(client.events) > 5)
"""

from __future__ import annotations

import inspect
import json
import queue
import threading
from typing import Callable, List, NamedTuple, Optional

from websockets.exceptions import ConnectionClosed

import needs
from login import DEFAULT_KEY, crypto_text

__all__ = ["Event", "Ws1", "Ws2"]

PATIENCE = 120.0                # s; an emulated machine is slow


class Event(NamedTuple):
    """An event as a client sees it; ``guid`` is 16 bytes."""

    vscp_class: int
    vscp_type: int
    priority: int = 3
    guid: bytes = bytes(16)
    data: bytes = b""
    hard_coded: bool = False
    timestamp: int = 0          # µs modulo 2**32
    datetime: str = ""

    @property
    def head(self) -> int:
        return self.priority << 5 | self.hard_coded << 4


class _Client:
    """What ws1 and ws2 have in common; ``path`` and the forms are the subclasses'."""

    path = ""

    def __init__(self, port: int, user: str = "admin", password: str = "secret",
                 key: str = DEFAULT_KEY, host: str = "127.0.0.1", login: bool = True):
        self.events: List[Event] = []
        self.close_code: Optional[int] = None       # once the connection has ended
        self._replies: "queue.Queue[str]" = queue.Queue()
        self._changed = threading.Condition()
        # Debian 12's version doesn't have this module yet: then it is the test that is skipped.
        connect = needs.module("websockets.sync.client").connect
        # Newer versions of the package want connect() entered; older ones give the connection.
        self._connection = connect(
            "ws://%s:%d%s" % (host, port, self.path), **_options(connect)).__enter__()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.sid = self._sid(self._reply())
        if login:
            self.log_in(user, password, key)
            self.open()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        self._connection.close()
        self._reader.join(PATIENCE)

    def ask(self, message: str) -> str:
        """The server's next reply after ``message`` went out."""
        self._connection.send(message)
        return self._reply()

    def send_event(self, event: Event) -> int:
        """Send it; 0 when it was accepted, else the error code."""
        self.post_event(event)
        return self.answer()

    def post_event(self, event: Event) -> None:
        """Send it and don't wait: ``answer()`` gives the outcome."""
        self._connection.send(self._text(event))

    def answer(self) -> int:
        """The server's answer to the event posted first: 0 or an error code."""
        return self._code(self._reply())

    def wait(self, condition: Callable[[], object], seconds: float = PATIENCE) -> bool:
        """Whether ``condition`` became true; looked at whenever something has arrived."""
        with self._changed:
            return bool(self._changed.wait_for(condition, seconds))

    def _reply(self) -> str:
        try:
            return self._replies.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError("no reply within %g s" % PATIENCE) from None

    def _read(self) -> None:
        try:
            for message in self._connection:
                event = self._event(message)
                if event is None:
                    self._replies.put(message)
                else:
                    self.events.append(event)
                self._notify()
        except ConnectionClosed:
            pass
        self.close_code = self._connection.protocol.close_code
        self._notify()

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def log_in(self, user: str, password: str, key: str = DEFAULT_KEY) -> None:
        raise NotImplementedError

    def open(self) -> None:
        raise NotImplementedError

    def _sid(self, greeting: str) -> str:
        raise NotImplementedError

    def _event(self, message: str) -> Optional[Event]:
        raise NotImplementedError

    def _text(self, event: Event) -> str:
        raise NotImplementedError

    def _code(self, reply: str) -> int:
        raise NotImplementedError


class Ws1(_Client):
    """A client of the text protocol."""

    path = "/ws1"

    def log_in(self, user, password, key=DEFAULT_KEY):
        reply = self.ask("C;AUTH;%s;%s" % (self.sid, crypto_text(user, password, self.sid, key)))
        assert reply.startswith("+;AUTH1;"), reply

    def open(self):
        assert self.ask("C;OPEN") == "+;OPEN"

    def _text(self, event):
        fields = [str(event.head), str(event.vscp_class), str(event.vscp_type), "0", "", "0",
                  ":".join("%02X" % byte for byte in event.guid)]
        return "E;" + ",".join(fields + ["0x%02X" % byte for byte in event.data])

    def _code(self, reply):
        if reply == "+;EVENT":
            return 0
        sign, name, code, _ = reply.split(";", 3)
        assert (sign, name) == ("-", "EVENT"), reply
        return int(code)

    def _sid(self, greeting):
        sign, name, sid = greeting.split(";")
        assert (sign, name) == ("+", "AUTH0"), greeting
        return sid

    def _event(self, message):
        if not message.startswith("E;"):
            return None
        head, vscp_class, vscp_type, _, datetime, timestamp, guid, *data = message[2:].split(",")
        return Event(int(vscp_class), int(vscp_type), int(head) >> 5 & 7,
                     bytes.fromhex(guid.replace(":", "")), bytes(int(byte, 16) for byte in data),
                     bool(int(head) & 0x10), int(timestamp), datetime)


class Ws2(_Client):
    """A client of the JSON protocol."""

    path = "/ws2"

    def log_in(self, user, password, key=DEFAULT_KEY):
        self.command("AUTH", iv=self.sid, crypto=crypto_text(user, password, self.sid, key))

    def open(self):
        self.command("OPEN")

    def command(self, name: str, **arguments):
        """The ``args`` of the positive reply."""
        reply = json.loads(self.ask(json.dumps(
            {"type": "CMD", "command": name, "args": arguments or None})))
        assert (reply["type"], reply["command"]) == ("+", name), reply
        return reply["args"]

    def _text(self, event):
        return json.dumps({"type": "EVENT", "event": {
            "vscpHead": event.head, "vscpClass": event.vscp_class, "vscpType": event.vscp_type,
            "vscpGuid": ":".join("%02X" % byte for byte in event.guid),
            "vscpData": list(event.data)}})

    def _code(self, text):
        reply = json.loads(text)
        assert reply["command"] == "EVENT", reply
        return 0 if reply["type"] == "+" else int(reply["errcode"])

    def _sid(self, greeting):
        reply = json.loads(greeting)
        assert reply["type"] == "+" and reply["args"][0] == "AUTH0", greeting
        return reply["args"][1]

    def _event(self, message):
        content = json.loads(message)
        if content["type"] != "EVENT":
            return None
        event = content["event"]
        return Event(event["vscpClass"], event["vscpType"], event["vscpHead"] >> 5 & 7,
                     bytes.fromhex(event["vscpGuid"].replace(":", "")), bytes(event["vscpData"]),
                     bool(event["vscpHead"] & 0x10), event["vscpTimeStamp"],
                     event["vscpDateTime"])


def _options(connect) -> dict:
    """Arguments of ``connect()`` as far as this version of the package has them."""
    known = inspect.signature(connect).parameters
    wanted = {"open_timeout": PATIENCE, "close_timeout": 10.0, "ping_interval": None,
              "proxy": None}
    return {name: value for name, value in wanted.items() if name in known}
