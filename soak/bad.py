"""Bad clients: each is a coroutine that misbehaves in one way, once, on a connection of its own.

They are plain sockets with frames made here, for a library would not let them do it.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct

from good import credentials

__all__ = ["BEHAVIOURS"]

NONSENSE = (b"", b";;;", b"C;", b"E;1,2", b"C;AUTH;x;y", b"Q;1", "\u00e4".encode() * 50, b"C;OPEN",
            b"{}", b"E;" + b"9" * 900)
TEXT, BINARY, CLOSE, PING = 0x1, 0x2, 0x8, 0x9


def frame(payload: bytes, opcode: int = TEXT, final: bool = True, masked: bool = True) -> bytes:
    size = len(payload)
    length = (bytes((size,)) if size < 126 else b"\x7e" + struct.pack("!H", size) if size < 65536
              else b"\x7f" + struct.pack("!Q", size))
    head = bytes((opcode | final << 7, length[0] | masked << 7)) + length[1:]
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


async def upgrade(port: int, small: bool = False):
    """A websocket: its streams, and the session id."""
    connection = socket.socket()
    if small:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=4096)
    writer.write(b"GET /ws1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                 b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    greeting = await reader.readexactly(2 + len("+;AUTH0;") + 32)
    return reader, writer, greeting[-32:].decode()


async def inside(port: int, small: bool = False):
    """A websocket that is logged in, its channel open."""
    reader, writer, sid = await upgrade(port, small)
    writer.write(frame(b"C;AUTH;%s;%s" % (sid.encode(), credentials(sid).encode()))
                 + frame(b"C;OPEN"))
    await reader.readuntil(b"+;OPEN")
    return reader, writer


async def leave_at_once(port):
    _, writer, _ = await upgrade(port)
    writer.close()


async def leave_with_a_reset(port):
    _, writer = await inside(port)
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def come_and_go_politely(port):
    reader, writer = await inside(port)
    await asyncio.sleep(random.random() * 3)
    writer.write(frame(struct.pack("!H", 1000), CLOSE))
    await drain(reader)
    writer.close()


async def stall(port):
    _, writer = await inside(port, small=True)
    writer.transport.pause_reading()
    await asyncio.sleep(random.uniform(5, 30))
    writer.transport.abort()


async def stay_silent(port):
    reader, writer, _ = await upgrade(port)
    await drain(reader, 15)
    writer.close()


async def half_a_head(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /ws1 HTTP/1.1\r\nHost: loc")
    await drain(reader, 15)
    writer.close()


async def trickle_a_head(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for byte in b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20:
        writer.write(bytes((byte,)))
        await asyncio.sleep(0.2)
    writer.close()


async def close_one_half(port):
    reader, writer = await inside(port)
    writer.write_eof()
    await drain(reader, 10)
    writer.close()


async def send_garbage(port):
    reader, writer = await inside(port)
    writer.write(os.urandom(random.randint(1, 2000)))
    await drain(reader, 10)
    writer.close()


async def break_a_rule(port):
    reader, writer = await inside(port)
    writer.write(random.choice([
        frame(b"C;NOOP", masked=False), frame(b"x", BINARY), frame(b"\xff"), frame(b"x", 0),
        frame(b"x", 0x3), frame(b"x" * 126, PING), b"\x81\xff" + struct.pack("!Q", 1 << 62),
        frame(b"x", final=False) + frame(b"", 0, final=False) * 2000]))
    await drain(reader, 10)
    writer.close()


async def talk_nonsense(port):
    reader, writer, _ = await upgrade(port)
    for _ in range(200):
        writer.write(frame(random.choice(NONSENSE)))
        await writer.drain()
    await drain(reader, 3)
    writer.close()


async def guess_passwords(port):
    reader, writer, sid = await upgrade(port)
    crypto = credentials(sid, password="wrong")
    writer.write(frame(b"C;AUTH;%s;%s" % (sid.encode(), crypto.encode())))
    await drain(reader, 3)
    writer.close()


async def flood(port):
    reader, writer = await inside(port)
    asyncio.ensure_future(drain(reader, 10))
    block = b"".join(frame(b"C;NOOP") for _ in range(1000))
    for _ in range(30):
        writer.write(block)
        await writer.drain()
    writer.close()


async def drain(reader, seconds: float = 5.0) -> None:
    """Read until the server ends the connection, or the time is up."""
    async def read():
        while await reader.read(65536):
            pass
    try:
        await asyncio.wait_for(read(), seconds)
    except asyncio.TimeoutError:
        pass


BEHAVIOURS = (leave_at_once, leave_with_a_reset, come_and_go_politely, stall, stay_silent,
              half_a_head, trickle_a_head, close_one_half, send_garbage, break_a_rule,
              talk_nonsense, guess_passwords, flood)
