"""Asking the running daemon how it is: a UNIX socket beside its PID file.

Whoever connects gets a JSON object and the end of the connection; nothing is read. The socket is
the daemon's user's and root's alone. It is made before the fork and before root is given up, as the
PID file is, for its folder may belong to root.

A daemon that hangs doesn't answer, so the asking side never waits longer than a second. There is a
socket, and it is believed, only in a folder that others can't write (see ``trust``), and only if
root, the asker, the folder's or the PID file's owner listens on it.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import struct
import time
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Optional

from . import trust
from .privileges import Identity

if TYPE_CHECKING:
    from gevent.server import StreamServer

__all__ = ["NoAnswer", "ask", "clear", "close", "listen", "serve", "socket_path"]

_BACKLOG = 64                   # askers that wait
_AT_ONCE = 4                    # askers that are answered at a time
_PATIENCE = 1.0                 # s, of both sides
_LONGEST = 1 << 20              # bytes of an answer; a bus needs 500
_CREDENTIALS = struct.Struct("3i")      # struct ucred: process, user, group; socket(7), unix(7)


class NoAnswer(Exception):
    """There is a socket, but nobody answers in time."""


def socket_path(pidfile: str) -> str:
    """The path of the socket that belongs to a PID file."""
    root, end = os.path.splitext(pidfile)
    return (root if end == ".pid" else pidfile) + ".status"


# ---- the daemon's side -------------------------------------------------------------------------


def listen(pidfile: str, owner: Optional[Identity]) -> socket.socket:
    """The listening socket, given to ``owner``. Raises OSError where there can be none.

    To be called with the PID file's lock held: what an earlier daemon left is replaced.
    """
    path = socket_path(pidfile)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with trust.believed(os.path.dirname(path)) as folder:
            _remove(folder, os.path.basename(path))
            _bind(sock, path)
            if owner is not None and os.geteuid() == 0:
                _give(folder, os.path.basename(path), owner)
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def clear(pidfile: str) -> None:
    """Remove what a dead daemon left; to be called where none runs. Raises OSError."""
    path = socket_path(pidfile)
    if os.path.lexists(path):
        with trust.believed(os.path.dirname(path)) as folder:
            _remove(folder, os.path.basename(path))


def _remove(folder: trust.Folder, name: str) -> None:
    """Nothing but a socket."""
    try:
        if stat.S_ISSOCK(folder.stat(name).st_mode):
            folder.unlink(name)
    except FileNotFoundError:
        pass


def _give(folder: trust.Folder, name: str, owner: Identity) -> None:
    """To whom the daemon becomes, who may own the folder: held by a descriptor, it is no link and
    no other file by another name."""
    fd = folder.open(name, os.O_PATH)
    try:
        found = os.fstat(fd)
        if not stat.S_ISSOCK(found.st_mode) or found.st_nlink > 1 or found.st_uid != 0:
            raise OSError(0, "somebody put another file there")
        os.chown("/proc/self/fd/%d" % fd, owner.uid, owner.gid)
    finally:
        os.close(fd)


def _bind(sock: socket.socket, path: str) -> None:
    before = os.umask(0o177)
    try:
        sock.bind(path)
    finally:
        os.umask(before)


def serve(listener: socket.socket, report: Callable[[], Dict[str, Any]]) -> StreamServer:
    """Answer with ``report()`` whoever asks; to be called in the event loop.

    Takes the socket over, and returns the running server.
    """
    import gevent.socket
    from gevent.server import StreamServer

    from ...loop.door import Door
    from ...loop.turns import take_turn

    class Desk(Door, StreamServer):
        """A few at a time, and no more than the others leave room for."""

    def answer(client: gevent.socket.socket, _address: Any) -> None:
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
            clear(pidfile)
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
            with trust.believed(os.path.dirname(pidfile)) as folder:
                owners = {folder.stat(os.path.basename(pidfile)).st_uid, *folder.owners}
            sock.connect(socket_path(pidfile))
            if _peer(sock) not in owners:
                return None
            report = json.loads(_read(sock, deadline, now))
            return report if isinstance(report, dict) else None
        except (socket.timeout, BlockingIOError):       # the latter: too many wait already
            raise NoAnswer() from None
        except (OSError, ValueError, RecursionError):
            return None


def _peer(sock: socket.socket) -> int:
    """The user who listens."""
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    user: int = _CREDENTIALS.unpack(raw)[1]
    return user


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
