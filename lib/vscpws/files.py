"""Files that somebody named: read without waiting and only so far, written whole or not at all.

Only regular files are read. A FIFO would be waited for until somebody writes, a device may never
end, and both hang a start or, at a reload, the daemon with all its clients.

What is written goes to a new file beside the old one, is on the disk before it takes its place, and
so whenever the power fails one of the two is whole.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import Iterable, NamedTuple, Optional

from .model.errors import ConfigurationError, Problem

__all__ = ["Access", "access_of", "may_give", "read_regular", "write_file"]

_MODE = 0o640                   # of a file that nobody has said anything about


class Access(NamedTuple):
    """Who may do what with a file."""

    uid: int
    gid: int
    mode: int


def access_of(path: str) -> Optional[Access]:
    """That of a file, a link not being followed; ``None`` where it can't be seen."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return Access(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))


def may_give(access: Access) -> bool:
    """Whether this process may give a file of its own to that owner and group (chown(2))."""
    return os.geteuid() == 0 or access.uid == os.geteuid() and (
        access.gid == os.getegid() or access.gid in os.getgroups())


def write_file(path: str, pieces: Iterable[str], access: Optional[Access] = None) -> None:
    """Write the whole file anew, as UTF-8, or leave the old one as it is; raises ``OSError``.

    The new file has ``access``, or else is ours, and for owner and group as far as the process's
    umask lets it. The name with ``.new`` behind it is used meanwhile; what a crash has left there
    goes. A link at ``path`` is replaced, not followed.
    """
    new = path + ".new"
    _forget(new)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW,
                         0o600 if access else _MODE)
    try:
        with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines(pieces)
            file.flush()
            if access is not None:
                os.fchown(descriptor, access.uid, access.gid)
                os.fchmod(descriptor, access.mode)      # last: a new owner may take rights away
            os.fsync(descriptor)
        os.replace(new, path)
    except BaseException:
        _forget(new)
        raise
    _keep_name(os.path.dirname(path) or ".")


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _keep_name(folder: str) -> None:
    """The name is on the disk, too; some file systems can't do that for a folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def read_regular(path: str, most: int) -> bytes:
    """The content of a regular file of at most ``most`` bytes.

    Raises ``ConfigurationError`` for anything else; its text never quotes the file.
    """
    try:
        content = _read(path, most + 1)
    except (OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError([Problem(path, "", text)]) from None
    if len(content) > most:
        raise ConfigurationError([Problem(path, "", "larger than %s" % _size(most))])
    return content


def _read(path: str, most: int) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISDIR(mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(0, "not a regular file")
        with open(fd, "rb", closefd=False) as file:
            return file.read(most) or b""       # None: one of the kernel's that would wait
    finally:
        os.close(fd)


def _size(size: int) -> str:
    return "%d bytes" % size if size % (1 << 20) else "%d MiB" % (size >> 20)
