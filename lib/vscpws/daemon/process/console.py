"""Standard error for log lines, never waited for.

Who stops a terminal with Ctrl-S, or starts us with a pipe that he doesn't read, may lose lines; to
wait for him would stop the event loop, and all clients with it. The terminal is the shell's, too,
so its own way of writing is left as it is: we open it a second time.
"""

from __future__ import annotations

import os
import socket
import stat
from typing import Callable, Optional, TextIO

__all__ = ["Console", "open_console"]

_OPEN = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def open_console(stream: TextIO) -> Optional[Console]:
    """The console behind a stream; None where that needs none: it is a file, which never makes
    anybody wait, or can't be had a second time."""
    try:
        fd = stream.fileno()
        mode = os.fstat(fd).st_mode
        if stat.S_ISREG(mode):
            return None
        if stat.S_ISSOCK(mode):         # as systemd's journal has it
            peer = socket.socket(fileno=os.dup(fd))
            return Console(lambda data: peer.send(data, socket.MSG_DONTWAIT), peer.close)
        own = os.open("/proc/self/fd/%d" % fd, _OPEN)
    except (OSError, ValueError, AttributeError):
        return None
    return Console(lambda data: os.write(own, data), lambda: os.close(own))


class Console:
    """Takes whole lines, or loses them; ``lost`` counts those since the last that was taken.

    ``write`` is as ``os.write`` without waiting.
    """

    def __init__(self, write: Callable[[bytes], int], close: Callable[[], None]):
        self.lost = 0
        self.close = close
        self._write = write
        self._rest = b""                # of a line that was taken in part

    def put(self, data: bytes) -> None:
        """Write lines, which are lost if the reader hasn't room. Raises OSError if he has gone."""
        self._rest = self._after(self._rest)
        left = self._after(data) if not self._rest else data
        if len(left) == len(data):
            self.lost += 1
        else:
            self.lost, self._rest = 0, left

    def _after(self, data: bytes) -> bytes:
        """What of it is left."""
        try:
            return data[self._write(data):] if data else data
        except BlockingIOError:
            return data
