"""The daemon for a bench: ``vscpwsd.py`` with the feeder in place of the CAN interface.

::

    python daemon.py SOCKET [OPTION...]     the options are vscpwsd.py's

Everything else is the daemon as it is: the frames go the way of every bus, through ``CanBus``, its
receiver, ``codec.canframe`` and the hub, and events from clients come out here as frames.
"""

from __future__ import annotations

import functools
import pathlib
import socket
import sys
from typing import List

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import gevent.socket  # noqa: E402
from events import RECORD  # noqa: E402

from vscpws import app  # noqa: E402
from vscpws.can.canbus import CanBus  # noqa: E402
from vscpws.can.source import BusMissing, Source  # noqa: E402
from vscpws.codec.canframe import CanFrame  # noqa: E402
from vscpws.daemon import cli  # noqa: E402

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
        try:
            self._sock.sendall(RECORD.pack(can_id, len(data), data, 0))
        except OSError as error:
            raise BusMissing("the feeder has ended: %s" % error) from None

    def close(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None


if __name__ == "__main__":
    make_bus = functools.partial(CanBus, source=FrameSource(sys.argv[1]))
    app.App = functools.partial(app.App, make_bus=make_bus)
    sys.exit(cli.main(sys.argv[2:]))
