"""Trust: in which folders files are believed, and whose.

Whoever may write a folder decides what its files are: he can put a PID file there that names any
process, a socket that tells lies, or a link to somewhere else. So a folder is believed if nobody
can have put anything in its path but

    root, ourselves, and whom root gave a folder to: its owner, where it stands in a folder that
    only root (or we) may write, as the daemon's /run/vscpwsd does

A folder on the way that everybody may write, such as /tmp, is none, but in a sticky one what
belongs to those above stays as they made it. Links on the way are held to the same.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections import deque
from contextlib import contextmanager
from typing import Collection, Deque, FrozenSet, Iterator, NamedTuple, Optional, Tuple

__all__ = ["Folder", "Untrusted", "believed"]

_MOST_LINKS = 40                # on the way, as the kernel has it


class Untrusted(OSError):
    """``strerror`` says who may do what."""

    def __init__(self, text: str):
        super().__init__(0, text)


class Folder(NamedTuple):
    """An open folder that only ``owners`` (user numbers) may write; ``path`` has no links."""

    fd: int
    path: str
    owners: FrozenSet[int]

    def stat(self, name: str) -> os.stat_result:
        """Of the file itself, if it is a link."""
        return os.stat(name, dir_fd=self.fd, follow_symlinks=False)

    def open(self, name: str, flags: int, mode: int = 0) -> int:
        """A descriptor; never through a link, and never waiting."""
        return os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY, mode,
                       dir_fd=self.fd)

    def unlink(self, name: str) -> None:
        os.unlink(name, dir_fd=self.fd)


@contextmanager
def believed(path: str) -> Iterator[Folder]:
    """The folder of that path; ``Untrusted`` where others may write it, else ``OSError`` as usual.

    What is done through the folder's descriptor can't be led elsewhere.
    """
    real, owners = _walk(os.path.abspath(path))
    fd = os.open(real, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _check_writers(real, os.fstat(fd), owners)
        yield Folder(fd, real, owners)
    finally:
        os.close(fd)


def _walk(path: str) -> Tuple[str, FrozenSet[int]]:
    """The path without links, and the owners on the way."""
    here, found = "/", os.lstat("/")
    owners = {0, os.geteuid(), found.st_uid}    # whose / it is has it all
    rest: Deque[str] = deque(path.split("/"))
    links = 0
    while rest:
        name = rest.popleft()
        if name in ("", "."):
            continue
        if name == "..":
            here = os.path.dirname(here)
            found = os.lstat(here)
            continue
        there = os.path.join(here, name)
        entry = os.lstat(there)
        if entry.st_uid not in owners:
            _check_writers(here, found, owners)
        if stat.S_ISLNK(entry.st_mode):
            links += 1
            if links > _MOST_LINKS:
                raise Untrusted("too many links in %s" % path)
            target = os.readlink(there)
            if target.startswith("/"):
                here, found = "/", os.lstat("/")
            rest.extendleft(reversed(target.split("/")))
            continue
        owners.add(entry.st_uid)        # root's or ours, or given by them
        if not entry.st_mode & stat.S_ISVTX:
            _check_writers(there, entry, owners)
        here, found = there, entry
    return here, frozenset(owners)


def _check_writers(path: str, found: os.stat_result, owners: Collection[int]) -> None:
    if found.st_uid not in owners:
        raise Untrusted("%s belongs to another user" % path)
    if found.st_mode & stat.S_IWOTH or (
            found.st_mode & stat.S_IWGRP and not _is_private(found.st_gid, found.st_uid)):
        raise Untrusted("others may write %s" % path)


def _is_private(gid: int, uid: int) -> bool:
    """Whether a group is its one member's alone, as many systems make one for each user."""
    name = _user_name(uid)
    try:
        group = grp.getgrgid(gid)
    except KeyError:
        return False
    return group.gr_name == name and set(group.gr_mem) <= {name}


def _user_name(uid: int) -> Optional[str]:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
