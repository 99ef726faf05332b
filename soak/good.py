"""Good clients: the ``websockets`` package, reading all the time, checking every event."""

from __future__ import annotations

import asyncio
import json
import struct
from typing import List, Optional

import websockets
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

__all__ = ["GoodClient", "KEY", "credentials"]

PONG_WAIT = 120                 # s; on a machine that others use nobody may have a turn for long

KEY = bytes(range(1, 17))


def credentials(sid: str, user: str = "admin", password: str = "soak") -> str:
    text = ("%s:%s" % (user, password)).encode()
    encryptor = Cipher(algorithms.AES(KEY), modes.CBC(bytes.fromhex(sid))).encryptor()
    return encryptor.update(text + bytes(-len(text) % 16)).hex()


class GoodClient:
    """Logs in, wants class 10 alone, opens the channel and follows the numbers: each event is the
    one before plus 1.

    ``first`` and ``last`` are the numbers seen; ``faults`` says what was wrong, ideally nothing.
    """

    def __init__(self, name: str, port: int, protocol: str):
        self.name = name
        self.first: Optional[int] = None
        self.last: Optional[int] = None
        self.events = 0
        self.faults: List[str] = []
        self._protocol = protocol
        self._url = "ws://localhost:%d/%s" % (port, protocol)
        self._task: Optional[asyncio.Task] = None
        self._server = None

    async def start(self) -> None:
        self._server = await websockets.connect(self._url, max_queue=None, ping_timeout=PONG_WAIT)
        await (self._log_in_ws1() if self._protocol == "ws1" else self._log_in_ws2())
        self._task = asyncio.ensure_future(self._read())

    async def stop(self) -> None:
        await self._server.close()
        await self._task

    async def _log_in_ws1(self) -> None:
        sid = (await self._server.recv()).split(";")[2]
        await self._server.send("C;AUTH;%s;%s" % (sid, credentials(sid)))
        assert (await self._server.recv()).startswith("+;AUTH1")
        for command, reply in (("C;SF;0,10,0,;0,65535,0,", "+;SF"), ("C;OPEN", "+;OPEN")):
            await self._server.send(command)
            assert await self._server.recv() == reply

    async def _log_in_ws2(self) -> None:
        sid = json.loads(await self._server.recv())["args"][1]
        wanted = {"filter_class": 10, "mask_class": 65535}
        for command, args in (("AUTH", {"iv": sid, "crypto": credentials(sid)}),
                              ("SETFILTER", wanted), ("OPEN", None)):
            await self._server.send(json.dumps({"type": "C", "command": command, "args": args}))
            assert json.loads(await self._server.recv())["type"] == "+"

    async def _read(self) -> None:
        try:
            async for text in self._server:
                self._take(text)
        except websockets.ConnectionClosed as error:
            self.faults.append("connection lost: %s" % error)

    def _take(self, text: str) -> None:
        if self._protocol == "ws1":
            fields = text.split(",")
            data = bytes(int(byte, 16) for byte in fields[7:])
            nickname = fields[6][-2:]
        else:
            event = json.loads(text)["event"]
            data, nickname = bytes(event["vscpData"]), event["vscpGuid"][-2:]
        number, = struct.unpack(">I", data)
        if int(nickname, 16) != number % 250:
            self.faults.append("event %d came from nickname %s" % (number, nickname))
        if self.last is not None and number != self.last + 1:
            self.faults.append("event %d came after %d" % (number, self.last))
        if self.first is None:
            self.first = number
        self.last = number
        self.events += 1
