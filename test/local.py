"""What tests with real processes share: a port of one's own, and patience with a limit."""

from __future__ import annotations

import errno
import itertools
import os
import socket
import time
from typing import Callable, Optional, Tuple

__all__ = ["free_port", "listens", "wait_until"]

_LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_PLACES, _PORTS = 64, 198       # so many ports each, below 32768
_CLAIM = "\0vscpwsd's tests, ports %d"


def _claimed() -> Tuple[int, Optional[socket.socket]]:
    """A place that is ours as long as the process lives, and what tells other processes so: an
    address without a file, in the same network as the ports."""
    for place in range(_PLACES):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(_CLAIM % place)
            return place, claim
        except OSError:
            claim.close()
    return os.getpid() % _PLACES, None      # Linux alone has such addresses


_place, _claim = _claimed()
_first = 20000 + _place * _PORTS
_ports = itertools.cycle(range(_first, _first + _PORTS))


def free_port() -> int:
    """A TCP port of loopback for somebody who will listen there in a moment.

    The kernel gives none of these away, to whoever connects meanwhile or asks for any; and tests
    that run beside us have a place of their own.
    """
    for port in itertools.islice(_ports, _PORTS):
        if all(_is_free(family, host, port) for family, host in _LOOPBACK):
            return port
    raise OSError(errno.EADDRINUSE, "none of %d ports is free" % _PORTS)


def _is_free(family: int, host: str, port: int) -> bool:
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)     # no such family
    return True


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
