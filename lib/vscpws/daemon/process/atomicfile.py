"""Files that the tools write: finished or not there, and readable by whom they should be."""

from __future__ import annotations

import os
import tempfile
from typing import NamedTuple, Optional

from . import trust
from .errors import StartFailed, reason
from .privileges import Identity

__all__ = ["Access", "access_of", "replace_file", "target"]

_OTHERS = 0o007


class Access(NamedTuple):
    """Who may do what with a file."""

    uid: int
    gid: int
    mode: int


def target(path: str) -> str:
    """Where a file named ``path`` is to be written: links are followed, unless others may have made
    them. Raises ``StartFailed``."""
    real = os.path.realpath(path)
    if real != os.path.abspath(path):
        try:
            with trust.believed(os.path.dirname(os.path.abspath(path))):
                pass
        except trust.Untrusted as error:
            raise StartFailed("can't write %s: a link on the way to it is not followed, for %s"
                              % (path, reason(error))) from None
        except OSError:
            pass        # whoever writes it says so
    return real


def access_of(path: str) -> Optional[Access]:
    """That of a file which was made secret: nothing for others. None for any other."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return None if found.st_mode & _OTHERS else Access(found.st_uid, found.st_gid,
                                                        found.st_mode & 0o660 | 0o400)


def replace_file(path: str, text: str, owner: Optional[Identity], mode: int = 0o600,
                 like: Optional[Access] = None) -> None:
    """Writes beside, then renames.

    The file is ``owner``'s; without one it has the access that is ``like``, or else the owner and
    group of the file that it replaces. Raises ``OSError``.
    """
    fd, new = tempfile.mkstemp(prefix=".", dir=os.path.dirname(path))
    try:
        with open(fd, "w", encoding="ascii") as file:
            file.write(text)
            _set_access(fd, path, owner, mode, like)
            file.flush()
            os.fsync(fd)
        os.rename(new, path)
    except OSError:
        os.unlink(new)
        raise


def _set_access(fd: int, path: str, owner: Optional[Identity], mode: int,
                like: Optional[Access]) -> None:
    if owner is not None:
        os.fchown(fd, owner.uid, owner.gid)
    elif like is not None and _may_give(like):
        os.fchown(fd, like.uid, like.gid)
        mode = like.mode
    elif os.geteuid() == 0 and os.path.exists(path):
        old = os.lstat(path)
        os.fchown(fd, old.st_uid, old.st_gid)
    os.fchmod(fd, mode)     # last: a change of owner may take rights away


def _may_give(like: Access) -> bool:
    return os.geteuid() == 0 or like.uid == os.geteuid() and (
        like.gid == os.getegid() or like.gid in os.getgroups())
