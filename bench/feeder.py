"""The feeder: the process that sends the events at a set rate, as a bus or a publisher would.

``helper.Helper`` starts it and talks to it. The same schedule goes to

* the daemon: CAN frames on a local socket, read by ``daemon.FrameSource``;
* ``websockets`` and node: texts, one a line, on a TCP connection;
* mosquitto: as an MQTT publisher over websockets;
* a front-end of the daemon: as another daemon's MQTT messages, to the broker between them.

Everything is made before the first event is due, so that the sending costs next to nothing. Up to
20,000 events/s each is sent by itself when it is due; above that what is due goes out every half
millisecond.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from typing import List, Optional

from events import RECORD, Schedule
from helper import answer_commands
from protocols import Place, connect, connect_publisher, publish, publish_plain

_TICK = 0.0005                  # s
_LEFT_OVER = 2.0                # s that frames may take from the last acknowledgement to the bus


class Feeder:
    """The commands."""

    def __init__(self):
        self._kind = ""
        self._listener: Optional[socket.socket] = None
        self._sock: Optional[socket.socket] = None
        self._plan: Optional[Schedule] = None
        self._pieces: List[bytes] = []

    def listen(self, path: str) -> None:
        """Be a bus: wait for the daemon on a local socket."""
        self._kind = "frames"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(1)

    def accept(self) -> None:
        """The daemon has opened the bus."""
        self._listener.settimeout(20)
        self._sock, _ = self._listener.accept()
        self._sock.settimeout(None)

    def attach(self, kind: str, port: int) -> None:
        """Be a publisher: connect to the server, for ``lines``, ``mqtt`` or ``events``."""
        self._kind = kind
        if kind == "events":
            self._sock = connect_publisher(port)
        elif kind == "mqtt":
            self._sock = connect(Place(port, "mqtt"), listen=False)
        else:
            self._sock = socket.create_connection(("127.0.0.1", port))
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock.settimeout(None)

    def prepare(self, schedule: list) -> None:
        """Make the events of a schedule."""
        self._plan = Schedule(*schedule)
        self._pieces = self._made()

    def feed(self, start: float) -> dict:
        """Send them, from ``start`` on; returns the CPU time used (s)."""
        before = time.process_time()
        _send(self._sock, self._pieces, self._plan._replace(start=start))
        return {"cpu": time.process_time() - before}

    def _made(self) -> List[bytes]:
        if self._kind == "frames":
            return list(self._plan.frames())
        if self._kind == "events":
            return [publish_plain(topic.encode(), payload.encode())
                    for topic, payload in self._plan.messages()]
        texts = (text.encode() for text in self._plan.texts())
        if self._kind == "mqtt":
            return [publish(text) for text in texts]
        return [text + b"\n" for text in texts]

    def collect(self, clients: int) -> dict:
        """Read what the daemon sends to the bus until the next line of input, which says how many
        frames there must be. Each client's must come in order, without gaps."""
        seen = [0] * clients
        faults = total = 0
        rest, expected, deadline = b"", None, None
        while expected is None or total < expected and time.monotonic() < deadline:
            sources = [self._sock] + ([sys.stdin] if expected is None else [])
            ready, _, _ = select.select(sources, [], [], 0.1)
            if sys.stdin in ready:
                expected = int(sys.stdin.readline())
                deadline = time.monotonic() + _LEFT_OVER
            if self._sock in ready:
                data = rest + self._sock.recv(65536)
                whole = len(data) - len(data) % RECORD.size
                rest = data[whole:]
                for _, _, payload, _ in RECORD.iter_unpack(data[:whole]):
                    client, number = payload[0], int.from_bytes(payload[1:4], "big")
                    faults += number != seen[client]
                    seen[client] = number + 1
                    total += 1
        return {"frames": total, "faults": faults}


def _send(sock: socket.socket, pieces: List[bytes], plan: Schedule) -> None:
    start, rate, count = plan.start, plan.rate, plan.count
    tick = 0.0 if rate <= 20000 else _TICK
    now, sleep = time.monotonic, time.sleep
    sent = 0
    while sent < count:
        moment = now()
        due = min(count, int((moment - start) * rate) + 1) if moment >= start else 0
        if due > sent:
            sock.sendall(b"".join(pieces[sent:due]))
            sent = due
        wait = max(start + sent / rate - now(), tick)
        if wait > 0:
            sleep(wait)


if __name__ == "__main__":
    answer_commands(Feeder())
