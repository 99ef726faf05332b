"""The whole service on a bus that the soak commands: numbered frames at a rate, and faults.

Commands come as JSON lines on standard input, each is answered by one on standard output::

    {"rate": 200}       frames a second from now on; answered with the next number
    {"churn": 100, "guids": 10000}      values a second from now on, each from the next of so many
                        Level II nodes in turn
    {"down": 1.5}       the bus fails, and stays away for so many seconds
    {"reload": 1}       reads the files again
    {"state": 1}        resident memory, greenlets, descriptors, all counters

Frame number k has k in its four data bytes. The values are of class 1040.
"""

from __future__ import annotations

import gc
import json
import os
import pathlib
import signal
import socket
import struct
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "lib"))

import gevent  # noqa: E402
from gevent.event import Event as Flag  # noqa: E402
from gevent.fileobject import FileObjectPosix  # noqa: E402
from greenlet import greenlet  # noqa: E402

from vscpws.can.canbus import join_bus  # noqa: E402
from vscpws.can.source import BusDown, Source  # noqa: E402
from vscpws.daemon.config.load import load  # noqa: E402
from vscpws.daemon.process import listener, logs  # noqa: E402
from vscpws.daemon.vault import load_secrets  # noqa: E402
from vscpws.model.event import Event  # noqa: E402
from vscpws.service import Service  # noqa: E402

EXTENDED = 0x80000000
IDENTIFIER = 0x0C0A0600         # priority 3, class 10, type 6, nickname 0
LATEST = 0.05                   # s; frames that are due later than that are not made up for
CHURN_EVERY = 0.05              # s
SEND_BUFFER = 16384             # bytes; so that a stalled client's events wait in the daemon


class CommandedSource(Source):
    """Frames by the clock; ``send`` takes everything."""

    def __init__(self):
        self.number = 0
        self.sent = 0
        self.rate = 0
        self.down_until = 0.0
        self._due = time.monotonic()

    def open(self):
        if time.monotonic() < self.down_until:
            raise BusDown("taken down by the soak")
        self._due = time.monotonic()

    def read(self, limit):
        while True:
            now = time.monotonic()
            if now < self.down_until:
                raise BusDown("taken down by the soak")
            if self.rate and self._due <= now:
                break
            gevent.sleep(max(0.001, min(self._due - now, 0.02)) if self.rate else 0.02)
        self._due = max(self._due, now - LATEST)
        frames = []
        while self._due <= now and len(frames) < limit:
            frames.append((EXTENDED | IDENTIFIER | self.number % 250,
                           struct.pack(">I", self.number), time.time_ns() // 1000))
            self.number += 1
            self._due += 1 / self.rate
        return frames

    def send(self, can_id, data):
        self.sent += 1

    def close(self):
        pass


class Churn:
    """Nodes that speak in turn: each is forgotten before it speaks again."""

    def __init__(self, hub):
        self.rate = 0
        self.guids = 1
        self.number = 0
        self._channel = hub.channel("churn")

    def run(self):
        while True:
            gevent.sleep(CHURN_EVERY)
            self._channel.deliver([self._next() for _ in range(round(self.rate * CHURN_EVERY))])

    def _next(self):
        self.number += 1
        node = self.number % self.guids
        return Event(96, 1040, 6, self._channel.obid, time.time_ns() // 1000, 0,
                     b"\x01" + node.to_bytes(15, "big"), bytes(4) + b"%d.5" % (node % 40))


def state(service, source) -> dict:
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as statm:
        pages = int(statm.read().split()[1])
    return {"resident": pages * os.sysconf("SC_PAGE_SIZE"), "number": source.number,
            "greenlets": sum(isinstance(thing, greenlet) for thing in gc.get_objects()),
            "descriptors": len(os.listdir("/proc/self/fd")), **service.statistics()}


def obey(service, source, churn, reload) -> None:
    """Follow the commands until there are no more."""
    commands = FileObjectPosix(sys.stdin.fileno(), "rb")
    for line in commands:
        command = json.loads(line)
        answer = {"number": source.number}
        if "rate" in command:
            source.rate = command["rate"]
        if "churn" in command:
            churn.rate, churn.guids = command["churn"], command["guids"]
        if "down" in command:
            source.down_until = time.monotonic() + command["down"]
        if "reload" in command:
            reload()
        if "state" in command:
            answer = state(service, source)
        print(json.dumps(answer), flush=True)


def main() -> int:
    config, ini = sys.argv[1:]
    settings = load(config, ini)
    logs.apply(settings.logging, True, settings.debug)
    source = CommandedSource()
    listeners = listener.bind(settings.host, settings.port)
    for listening in listeners:     # what is accepted there inherits it
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    service = Service(settings, load_secrets(settings), listeners=listeners,
                      ends=[join_bus(settings.interfaces[0], settings.bus, source)])

    def reload() -> None:
        new = load(config, ini)
        service.reload(new, load_secrets(new))
    stopped = Flag()
    gevent.signal_handler(signal.SIGTERM, stopped.set)
    service.start()
    print(json.dumps({"ready": True}), flush=True)
    churn = Churn(service.hub)
    gevent.spawn(churn.run)
    gevent.spawn(obey, service, source, churn, reload)
    stopped.wait()
    service.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
