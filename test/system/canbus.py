"""The bus side of the system tests, with foreign tools: ip, candump, cansend and cangen."""

from __future__ import annotations

import pathlib
import socket
import struct
import subprocess
import threading
from typing import List, NamedTuple, Optional

import needs
from system.clients import Event
from system.daemon import wait_until

__all__ = ["Candump", "Counting", "Frame", "add", "cangen", "cansend", "delete", "down",
           "exists", "up"]

EXTENDED, REMOTE, ERROR = 0x80000000, 0x40000000, 0x20000000    # flags of a SocketCAN identifier
_MARK = 0x7FF                                                   # a standard identifier: no event
_RECEIVE_BUFFER = 32 << 20                                      # bytes; 20,000 frames and more


class Frame(NamedTuple):
    """A frame as candump logs it; ``moment`` in microseconds since 1970."""

    moment: int
    identifier: int
    data: bytes
    extended: bool = True
    remote: bool = False
    error: bool = False

    def event(self, guid: bytes) -> Event:
        """The VSCP event it is, on an interface with this GUID.

        Identifier: priority 28-26, hard-coded 25, class 24-16, type 15-8, nickname 7-0.
        """
        number = self.identifier
        return Event(number >> 16 & 0x1FF, number >> 8 & 0xFF, number >> 26,
                     guid[:15] + bytes((number & 0xFF,)), self.data, bool(number >> 25 & 1))


class Candump:
    """A running ``candump`` that records every kind of frame on every CAN interface."""

    def __init__(self, file: pathlib.Path):
        self._file = file
        self._process: Optional[subprocess.Popen] = None

    def __enter__(self):
        with self._file.open("wb") as output:
            self._process = subprocess.Popen(
                [needs.tool("candump"), "-L", "-D", "-r", str(_RECEIVE_BUFFER),
                 "any,0:0,#FFFFFFFF"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.catch_up()
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def catch_up(self) -> None:
        """Wait until all that is on the bus by now is recorded."""
        before = self._marks()

        def marked():
            cansend("%03X#" % _MARK)
            return self._marks() > before
        assert wait_until(marked), "candump records nothing"

    def frames(self) -> List[Frame]:
        """What has been recorded, without this class's own marks."""
        frames = [_parsed(line) for line in self._text().splitlines()]
        return [frame for frame in frames if frame.extended or frame.identifier != _MARK]

    def _marks(self) -> int:
        return self._text().count(" %03X#" % _MARK)

    def _text(self) -> str:
        text = self._file.read_text("ascii")
        return text[:text.rfind("\n") + 1]


def _parsed(line: str) -> Frame:
    """``(seconds.micros) vcan0 IDENTIFIER#DATA``, with CAN FD ``ID##FLAGS`` first.

    An error frame has its flag in the identifier.
    """
    moment, _, content = line.split()
    identifier, data = content.split("#", 1)
    if data.startswith("#"):
        data = data[2:]
    number, long = int(identifier, 16), len(identifier) == 8
    error, remote = long and bool(number & ERROR), data.startswith("R")
    return Frame(int(moment.strip("()").replace(".", "")), number,
                 b"" if remote else bytes.fromhex(data), long and not error, remote, error)


class Counting:
    """Traffic: extended frames with a counter as data, one every few milliseconds.

    ``sent`` holds the counters that the kernel took; while the interface is down or gone it takes
    none, and the traffic goes on by itself when it is back.
    """

    IDENTIFIER = 3 << 26 | 20 << 16 | 9 << 8 | 0x42
    _PERIOD = 0.01

    def __init__(self, interface: str):
        self._interface = interface
        self.sent: List[int] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        counter = 0
        while not self._end.wait(self._PERIOD):
            counter += 1
            try:
                with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as bus:
                    bus.bind((self._interface,))
                    bus.send(struct.pack("=IB3xQ", self.IDENTIFIER | EXTENDED, 8, counter))
            except OSError:
                continue
            self.sent.append(counter)


def cansend(frame: str, interface: str = "vcan0") -> None:
    """Send one frame in cansend's notation; no error if the interface is down."""
    subprocess.run([needs.tool("cansend"), interface, frame], check=False,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cangen(count: int, interface: str = "vcan0") -> None:
    """Send random extended frames of any length, as fast as it can."""
    subprocess.run([needs.tool("cangen"), interface, "-e", "-g", "0", "-n", str(count),
                    "-I", "r", "-L", "r", "-D", "r"], check=True)


def add(interface: str = "vcan0") -> None:
    _ip("link", "add", "dev", interface, "type", "vcan")


def delete(interface: str = "vcan0") -> None:
    _ip("link", "delete", "dev", interface)


def up(interface: str = "vcan0") -> None:
    _ip("link", "set", "dev", interface, "up")


def down(interface: str = "vcan0") -> None:
    _ip("link", "set", "dev", interface, "down")


def exists(interface: str = "vcan0") -> bool:
    return interface in (name for _, name in socket.if_nameindex())


def _ip(*arguments: str) -> None:
    subprocess.run([needs.tool("ip"), *arguments], check=True)
