"""How many pipelined messages a second our websocket reads, and gevent-websocket's own.

::

    python micro.py ours|stock MESSAGES         prints messages/s
    python micro.py send PORT MESSAGES          the other end, started by the above

The messages are masked texts of 95 bytes on a TCP connection, as a client sends events.
"""

from __future__ import annotations

import logging
import os
import pathlib
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from machine import LOAD_CORE, SERVER_CORE, pin  # noqa: E402
from protocols import client_frame  # noqa: E402

_TEXT = (b"E;0,20,3,0,,,FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:00,0x00,0x01,0x02,0x03,0x04"
         b",0x05,0x06")
_DIFFERENT = 1000               # masks


def _send(port: int, count: int) -> None:
    block = b"".join(client_frame(_TEXT[:95]) for _ in range(_DIFFERENT))
    with socket.create_connection(("127.0.0.1", port)) as sock:
        for _ in range(count // _DIFFERENT):
            sock.sendall(block)


def _read_ours(handler, count: int) -> None:
    import gevent.socket

    from vscpws.codec.wsframe import FrameReader
    from vscpws.web.input import Input
    from vscpws.web.websocket import WebSocket

    connection = WebSocket({}, _stream(handler), handler).take_out(1)
    pieces, seen = Input(connection, FrameReader(65536, 1024)), 0
    while seen < count:
        gevent.socket.wait_read(connection.fileno())
        more = pieces.begin()
        while more:
            for text in pieces.messages:
                seen += len(text) == 95
            more = pieces.advance()
    assert seen == count


def _read_stock(handler, count: int) -> None:
    from geventwebsocket.websocket import WebSocket

    receive = WebSocket({}, _stream(handler), handler).receive
    assert all(len(receive()) == 95 for _ in range(count))


def _stream(handler):
    from geventwebsocket.websocket import Stream

    return Stream(handler)


def _measure(read, count: int) -> float:
    import gevent.socket

    listener = gevent.socket.socket()       # create_server() would give one that blocks
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    sender = subprocess.Popen([sys.executable, __file__, "send",
                               str(listener.getsockname()[1]), str(count)])
    pin(sender.pid, LOAD_CORE)
    try:
        sock, _ = listener.accept()
        handler = SimpleNamespace(
            socket=sock, rfile=sock.makefile("rb", -1), logger=logging.getLogger("bench"),
            close_connection=False, server=SimpleNamespace(clients={}), client_address=("", 0))
        start = time.monotonic()
        read(handler, count)
        return count / (time.monotonic() - start)
    finally:
        sender.kill()
        sender.wait()


def main(what: str, *args: str) -> None:
    if what == "send":
        _send(*map(int, args))
        return
    pin(os.getpid(), SERVER_CORE)
    print(_measure(_read_ours if what == "ours" else _read_stock, int(args[0])))


if __name__ == "__main__":
    main(*sys.argv[1:])
