"""Asking the running daemon how it is: a UNIX socket beside its PID file.

Whoever connects gets a JSON object and the end of the connection; nothing is read. The socket is
the daemon's user's and root's alone. It is made before the fork and before root is given up, as the
PID file is, for its folder may belong to root.

A daemon that hangs doesn't answer, so the asking side never waits longer than a second; and since
a PID file may be in /tmp, it believes no socket but one that root, the asker or the owner of the
PID file listens on.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
import struct
import time
from typing import Any, Callable, Dict, Iterable, Optional

from .errors import reason
from .privileges import Identity

__all__ = ["NoAnswer", "ask", "close", "listen", "place", "serve"]

log = logging.getLogger(__name__)

_BACKLOG = 64                   # askers that wait
_AT_ONCE = 4                    # askers that are answered at a time
_PATIENCE = 1.0                 # s, of both sides
_LONGEST = 1 << 20              # bytes of an answer; a bus needs 500
_CREDENTIALS = struct.Struct("3i")      # struct ucred: process, user, group; socket(7), unix(7)


class NoAnswer(Exception):
    """There is a socket, but nobody answers in time."""


def place(pidfile: str) -> str:
    """The path of the socket that belongs to a PID file."""
    root, end = os.path.splitext(pidfile)
    return (root if end == ".pid" else pidfile) + ".status"


# ---- the daemon's side -------------------------------------------------------------------------


def listen(pidfile: str, owner: Optional[Identity]) -> Optional[socket.socket]:
    """The listening socket, given to ``owner``; None, with a warning, where there can be none.

    To be called with the PID file's lock held: what an earlier daemon left is replaced.
    """
    path = place(pidfile)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if os.path.lexists(path) and stat.S_ISSOCK(os.lstat(path).st_mode):
            os.unlink(path)
        _bind(sock, path)
        if owner is not None and os.geteuid() == 0:
            os.chown(path, owner.uid, owner.gid)
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        log.warning("status will tell less, for there can be no socket %s: %s", path,
                    reason(error))
        return None
    return sock


def _bind(sock: socket.socket, path: str) -> None:
    before = os.umask(0o177)
    try:
        sock.bind(path)
    finally:
        os.umask(before)


def serve(listener: socket.socket, report: Callable[[], Dict]):
    """Answer with ``report()`` whoever asks; to be called in the event loop.

    Takes the socket over, and returns the running server.
    """
    import gevent.socket
    from gevent.server import StreamServer

    from ..door import Door
    from ..turns import take_turn

    class Desk(Door, StreamServer):
        """A few at a time, and no more than the others leave room for."""

    def answer(client, _address) -> None:
        take_turn(known=True)       # a report is work
        try:
            client.settimeout(_PATIENCE)
            client.sendall(json.dumps(report()).encode("utf-8"))
        except OSError:
            pass        # the asker has gone
        finally:
            client.close()

    taken = gevent.socket.socket(listener.family, listener.type, listener.proto,
                                 fileno=listener.detach())
    server = Desk(taken, answer, spawn=_AT_ONCE)
    server.start()
    return server


def close(pidfile: str, listeners: Iterable[socket.socket]) -> None:
    """Remove the socket, where the folder allows it; the next daemon removes it otherwise."""
    for listener in listeners:
        listener.close()
        try:
            os.unlink(place(pidfile))
        except OSError:
            pass


# ---- the asking side ---------------------------------------------------------------------------


def ask(pidfile: str, now: Callable[[], float] = time.monotonic) -> Optional[Dict[str, Any]]:
    """The daemon's report; None where it has no socket, or none for us.

    Raises ``NoAnswer`` after a second.
    """
    deadline = now() + _PATIENCE
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(_PATIENCE)
        try:
            sock.connect(place(pidfile))
            if not _is_trusted(sock, pidfile):
                return None
            return json.loads(_read(sock, deadline, now))
        except (socket.timeout, BlockingIOError):       # the latter: too many wait already
            raise NoAnswer() from None
        except (OSError, ValueError):
            return None


def _is_trusted(sock: socket.socket, pidfile: str) -> bool:
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, listens, _ = _CREDENTIALS.unpack(raw)
    return listens in (0, os.geteuid(), os.lstat(pidfile).st_uid)


def _read(sock: socket.socket, deadline: float, now: Callable[[], float]) -> bytes:
    data = b""
    while len(data) <= _LONGEST:
        left = deadline - now()
        if left <= 0:
            raise socket.timeout()
        sock.settimeout(left)
        piece = sock.recv(65536)
        if not piece:
            return data
        data += piece
    raise ValueError("too long")
