"""A server of the ``websockets`` package in a thread, and nothing of ours."""

from __future__ import annotations

import asyncio
import threading

import websockets

__all__ = ["Foreign", "SID", "TIMEOUT"]

SID = "0123456789ABCDEF0123456789ABCDEF"
TIMEOUT = 30                    # s; no test waits that long if all is well


class Foreign:
    """``with Foreign(talk) as server``: ``talk(websocket)`` is a coroutine, run for each client.

    What it raises is raised at the end of the block.
    """

    def __init__(self, talk):
        self._talk = talk
        self._error = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(TIMEOUT)
        return self

    def __exit__(self, kind, error, trace):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(TIMEOUT)
        assert not self._thread.is_alive()
        if error is None and self._error is not None:
            raise self._error

    async def _serve(self):
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with websockets.serve(self._guarded, "127.0.0.1", 0) as server:
            self.port = list(server.sockets)[0].getsockname()[1]
            self._ready.set()
            await self._end.wait()

    async def _guarded(self, websocket):
        try:
            await self._talk(websocket)
        except Exception as error:
            self._error = error
            raise
