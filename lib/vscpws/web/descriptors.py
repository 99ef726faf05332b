"""File descriptors: as many as are needed, and some that no connection ever gets.

A connection that is accepted takes the lowest descriptor that is free. So one with a high number
says that nearly all are taken, and then the last ones stay for what the daemon itself has to open:
the answer to ``status``, the files of a reload, the log, a bus that comes back.
"""

from __future__ import annotations

import logging
import os
import resource

__all__ = ["RESERVE", "are_scarce", "is_scarce", "provide"]

log = logging.getLogger(__name__)

RESERVE = 16                    # status 4, reload 2, log 1, buses and what libraries open
_OWN = 32                       # open all the time: log, sockets, event loop, buses
_MOST = 1 << 20                 # where no number is asked for


def provide(connections: int) -> None:
    """Raise the soft limit so that so many descriptors can be had for connections, as far as the
    hard limit goes; warn if that is too few. 0 is as many as there can be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST if hard == resource.RLIM_INFINITY else hard
    wanted = connections + _OWN + RESERVE if connections else most
    if _reaches(soft, wanted):
        return
    soft = min(wanted, most)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    except (OSError, ValueError):
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft < wanted:
        log.warning("only %d file descriptors (ulimit -Hn), %d would be needed for as many "
                    "connections as are allowed: beyond about %d they are refused",
                    soft, wanted, max(0, soft - _OWN - RESERVE))


def is_scarce(descriptor: int) -> bool:
    """Whether a connection with this descriptor takes one of the last ones."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return not _reaches(soft, descriptor + RESERVE + 1)


def are_scarce(one: int) -> bool:
    """Whether the next descriptor will be one of the last ones; ``one`` is any that is open."""
    try:
        following = os.dup(one)
    except OSError:
        return True
    os.close(following)
    return is_scarce(following)


def _reaches(limit: int, wanted: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= wanted
