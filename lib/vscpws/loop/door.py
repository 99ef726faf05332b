"""The door: how a listening socket lets connections in.

A few at a time, so that a crowd before the door doesn't hold up those in the house; and where
there is no descriptor left, later.
"""

from __future__ import annotations

import errno
import logging
from typing import Any

from gevent.server import StreamServer

__all__ = ["Door"]

log = logging.getLogger(__name__)

_AT_ONCE = 5                    # connections, then the loop turns
_REST = 0.1                     # s until the next try, where nothing can be accepted
_SCARCE = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
# accept(2): what happened to a connection before it was taken is no error of the door's.
_GONE = (errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.ENETDOWN, errno.ENOPROTOOPT,
         errno.EHOSTDOWN, errno.ENONET, errno.EHOSTUNREACH, errno.EOPNOTSUPP, errno.ENETUNREACH)


class Door(StreamServer):
    """To stand before the kind of gevent's ``StreamServer`` that it is a door of."""

    max_accept = _AT_ONCE
    _rests = False              # since nothing could be accepted

    def do_read(self) -> Any:
        try:
            connection = super().do_read()
        except OSError as error:
            if error.errno in _SCARCE:
                self._rest(error)
            elif error.errno not in _GONE:
                raise
            return None
        if connection:
            self._rests = False
        return connection

    def make_room(self) -> None:
        """Called where no descriptor is left for a connection; to be overridden."""

    def _rest(self, error: OSError) -> None:
        if not self._rests:
            log.warning("no connection can be accepted, they wait: %s", error.strerror)
        self._rests = True
        self.make_room()
        self.stop_accepting()
        self._timer = self.loop.timer(_REST)
        self._timer.start(self._open_again)

    def _open_again(self) -> None:
        if self.started:
            self.start_accepting()
