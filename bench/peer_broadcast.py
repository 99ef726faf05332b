"""A peer: the ``websockets`` package's asyncio server and ``broadcast()``.

::

    python peer_broadcast.py PORT FEED_PORT

Every line that comes on FEED_PORT goes to every client of PORT, as the package's documentation
says it is done fastest. Neither side asks for compression.
"""

from __future__ import annotations

import asyncio
import sys

try:
    from websockets.asyncio.server import broadcast, serve
except ImportError:             # older than 13
    from websockets.legacy.server import broadcast, serve

_LIMIT = 1 << 20                # bytes of a line

clients = set()


async def attend(connection, path: str = "") -> None:
    clients.add(connection)
    try:
        await connection.wait_closed()
    finally:
        clients.discard(connection)


async def feed(reader, writer) -> None:
    while True:
        line = await reader.readline()
        if not line:
            return
        broadcast(clients, line[:-1].decode())


async def main(port: int, feed_port: int) -> None:
    async with await asyncio.start_server(feed, "127.0.0.1", feed_port, limit=_LIMIT):
        async with serve(attend, "127.0.0.1", port, compression=None, ping_interval=None):
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
