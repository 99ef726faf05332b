"""Departures: peers that have gone while nobody reads from them.

Who waits for a password's check, or for the answer to a wrong one, isn't read, and so his end of
the connection would be seen only later. The kernel knows it: an epoll of our own is told
(``EPOLLRDHUP``, epoll_ctl(2)), also with data before the end, and the event loop watches it.
"""

from __future__ import annotations

import logging
import select
from typing import Any, Callable, Dict, Optional

from gevent import get_hub
from gevent.monkey import get_original

__all__ = ["Departures"]

log = logging.getLogger(__name__)

_ENDED = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0x2000)


class Departures:
    """Watches sockets, by their descriptors, for the end of what the peer sends.

    There is an epoll only as long as somebody is watched; where there can be none the end is seen
    when somebody reads again.
    """

    def __init__(self) -> None:
        self._gone: Dict[int, Callable[[], None]] = {}
        self._epoll: Optional[select.epoll] = None
        self._watcher: Any = None

    def watch(self, descriptor: int, gone: Callable[[], None]) -> None:
        """Call ``gone()``, once and without waiting in it, when the peer has ended."""
        try:
            self._opened().register(descriptor, _ENDED)
        except OSError as error:
            log.debug("no look at who leaves: %s", error)
            return
        self._gone[descriptor] = gone

    def forget(self, descriptor: int) -> None:
        """No more of this one; to be called before it is closed."""
        if self._gone.pop(descriptor, None) and self._epoll is not None:
            self._epoll.unregister(descriptor)
            if not self._gone:
                self._close(self._epoll)

    def _opened(self) -> select.epoll:
        if self._epoll is None:
            # gevent takes it out of the module: it can't wait with it.
            epoll: select.epoll = get_original("select", "epoll")()
            self._epoll = epoll
            self._watcher = get_hub().loop.io(epoll.fileno(), 1)
            self._watcher.start(self._tell, epoll)
        return self._epoll

    def _close(self, epoll: select.epoll) -> None:
        self._watcher.stop()
        self._watcher.close()
        epoll.close()
        self._epoll = self._watcher = None

    def _tell(self, epoll: select.epoll) -> None:
        for descriptor, _ in epoll.poll(0):
            gone = self._gone.get(descriptor)
            if gone:
                self.forget(descriptor)
                gone()
