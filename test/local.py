"""What tests with real processes share: a port of one's own, and patience with a limit."""

from __future__ import annotations

import socket
import time
from typing import Callable

__all__ = ["free_port", "listens", "wait_until"]


def free_port() -> int:
    """A TCP port that nobody listens on, on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    """Whether ``condition`` became true in time; asks again every few milliseconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def listens(port: int) -> bool:
    """Whether somebody accepts connections at a port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
