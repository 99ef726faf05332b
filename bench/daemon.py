"""The daemon for a bench: the feeder stands in place of the CAN interface.

::

    python daemon.py SOCKET CONFIG INI

Everything else is the daemon as it is, in its shell: the frames go the way of every bus, through
``CanBus``, its receiver, ``codec.canframe`` and the hub, and events from clients come out here as
frames.
"""

from __future__ import annotations

import gc
import pathlib
import socket
import sys
from typing import List

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import gevent.socket  # noqa: E402
from events import RECORD  # noqa: E402

from vscpws.can.canbus import join_bus  # noqa: E402
from vscpws.can.source import BusMissing, Source  # noqa: E402
from vscpws.codec.canframe import CanFrame  # noqa: E402
from vscpws.daemon.config.load import load  # noqa: E402
from vscpws.daemon.process import listener, logs, signals  # noqa: E402
from vscpws.daemon.shell import Shell  # noqa: E402

_SEND_BUFFER = 4 << 20          # bytes; the kernel gives what it allows


class FrameSource(Source):
    """Frames from and to the feeder's local socket ``path``, in records of a fixed size."""

    def __init__(self, path: str):
        self._path = path
        self._sock = None
        self._rest = b""

    def open(self) -> None:
        self._rest = b""
        self._sock = gevent.socket.socket(gevent.socket.AF_UNIX)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        try:
            self._sock.connect(self._path)
        except OSError as error:
            raise BusMissing("no feeder: %s" % error) from None

    def read(self, limit: int) -> List[CanFrame]:
        size = RECORD.size
        data = self._rest
        while len(data) < size:
            piece = self._sock.recv(limit * size - len(data))
            if not piece:
                raise BusMissing("the feeder has ended")
            data += piece
        whole = len(data) - len(data) % size
        self._rest = data[whole:]
        return [(can_id, payload[:length], moment)
                for can_id, length, payload, moment in RECORD.iter_unpack(data[:whole])]

    def send(self, can_id: int, data: bytes) -> None:
        record = RECORD.pack(can_id, len(data), data, 0)
        try:
            try:
                # One system call for a frame, as SocketCAN has it; gevent's sendall makes two.
                self._sock._sock.send(record)
            except BlockingIOError:
                self._sock.sendall(record)
        except OSError as error:
            raise BusMissing("the feeder has ended: %s" % error) from None

    def close(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None


def main(path: str, config: str, ini: str) -> int:
    settings = load(config, ini)
    logs.apply(settings.logging, True, settings.debug)
    shell = Shell(settings, listener.bind(settings.host, settings.port),
                  lambda: load(config, ini), lambda log: None,
                  [join_bus(settings.interfaces[0], settings.bus, FrameSource(path))])
    signals.install(shell, lambda: None)
    return shell.run(gc.freeze)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
