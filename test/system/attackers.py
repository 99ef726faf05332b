"""Attackers at full speed, each a process of its own: ``python attackers.py KIND PORT [...]``.

What they have in common: they send without a pause, read all that comes without looking at it, and
never let the server wait.
"""

from __future__ import annotations

import os
import socket
import ssl
import struct
import sys
import threading

UPGRADE = (b"GET /ws1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
BROKEN = b"\x81\x00"                # a frame that is not masked
PING = b"\x89\x80" + bytes(4)
FRAGMENT = b"\x00\x81" + bytes(4) + b"x"
EVENT = b"\x81\x86" + bytes(4) + b"C;NOOP"


def connect(port):
    """A connection, to a TCP port or a UNIX socket."""
    if port.isdigit():
        return socket.create_connection(("127.0.0.1", int(port)))
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(port)
    return connection


def swallow(connection):
    try:
        while connection.recv(1 << 20):
            pass
    except OSError:
        pass


def flood(port, start, again, tls=False):
    """Connections one after the other, each with ``start`` and then ``again`` without end."""
    while True:
        try:
            connection = connect(port)
            if tls:
                connection = trusting().wrap_socket(connection)
            reader = threading.Thread(target=swallow, args=(connection,), daemon=True)
            reader.start()
            connection.sendall(start)
            while reader.is_alive():
                connection.sendall(again)
        except OSError:
            pass
        finally:
            connection.close()


def trusting():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def get(path):
    return b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode()


def requests(path, tls=False):
    return lambda port: flood(port, b"", get(path) * 100, tls)


def downloads(port):
    while True:
        with connect(port) as connection:
            connection.sendall(get("/large") * 5)
            connection.shutdown(socket.SHUT_WR)
            swallow(connection)


def frames(frame, start=b""):
    return lambda port: flood(port, UPGRADE + start, frame * (65536 // len(frame)))


def visits(port):
    """Connections that end at once, or are asked for status."""
    while True:
        try:
            with connect(port) as connection:
                if not port.isdigit():
                    swallow(connection)
        except OSError:
            pass


def crowd(start):
    """A hundred connections at a time that say ``start`` and no more."""
    def run(port):
        held = []
        while True:
            try:
                held.append(connect(port))
                held[-1].sendall(start)
            except OSError:
                pass
            if len(held) > 100:
                held.pop(0).close()
    return run


def handshakes(port):
    context = trusting()
    while True:
        try:
            context.wrap_socket(connect(port)).close()
        except OSError:
            pass


def resets(port):
    """Requests whose sender is gone before the answer."""
    while True:
        with connect(port) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(get("/healthz"))


KINDS = {
    "requests": requests("/healthz"),
    "metrics": requests("/metrics"),
    "refused requests": requests("/nowhere"),
    "requests by TLS": requests("/healthz", tls=True),
    "downloads": downloads,
    "a broken frame and more": frames(b"x" * 100, BROKEN),
    "pings": frames(PING),
    "fragments": frames(FRAGMENT, b"\x01\x81" + bytes(4) + b"x"),
    "messages": frames(EVENT),
    "connections": visits,
    "status": visits,
    "websockets": crowd(UPGRADE),
    "half a head": crowd(b"GET / HT"),
    "TLS handshakes": handshakes,
    "resets": resets,
}


def main(kind, port, count=4):
    for _ in range(int(count) - 1):
        threading.Thread(target=KINDS[kind], args=(port,), daemon=True).start()
    threading.Thread(target=KINDS[kind], args=(port,), daemon=True).start()
    sys.stdin.read()                    # until the test ends
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
