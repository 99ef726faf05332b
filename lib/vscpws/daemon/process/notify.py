"""Telling systemd how far the daemon is (sd_notify(3), sd_watchdog_enabled(3))."""

from __future__ import annotations

import os
import socket
import time
from contextlib import contextmanager
from typing import Iterator

__all__ = ["notify", "reloading", "watchdog_time"]


def notify(state: str) -> None:
    """Sends ``READY=1``, ``STOPPING=1`` …; does nothing where no service manager listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):     # the abstract namespace
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.connect(address)
            sock.send(state.encode())
    except OSError:
        pass    # a service manager that is gone is no reason to stop


@contextmanager
def reloading() -> Iterator[None]:
    """Says that a reload begins, and that it is over, whatever came of it."""
    notify("RELOADING=1\nMONOTONIC_USEC=%d" % (time.monotonic_ns() // 1000))
    try:
        yield
    finally:
        notify("READY=1")


def watchdog_time() -> float:
    """Seconds within which the service manager wants ``WATCHDOG=1``; 0: it doesn't want it."""
    usec, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if pid and pid != str(os.getpid()):
        return 0.0              # meant for another process, which started this one
    return int(usec) / 1e6 if usec.isdecimal() and usec.isascii() else 0.0
