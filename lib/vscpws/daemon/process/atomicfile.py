"""Files that the tools write: finished or not there, and readable by whom they should be."""

from __future__ import annotations

import os
from typing import Optional

from ... import files
from ...files import Access, may_give, write_file
from . import trust
from .errors import StartFailed, reason
from .privileges import Identity

__all__ = ["Access", "access_of", "replace_file", "target"]

_OTHERS = 0o007
_SAME = -1                      # as it is (chown(2))


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
    found = files.access_of(path)
    if found is None or found.mode & _OTHERS:
        return None
    return found._replace(mode=found.mode & 0o660 | 0o400)


def replace_file(path: str, text: str, owner: Optional[Identity], mode: int = 0o600,
                 like: Optional[Access] = None) -> None:
    """Writes the whole file anew.

    The file is ``owner``'s; without one it has the access that is ``like``, or else the owner and
    group of the file that it replaces. Raises ``OSError``.
    """
    write_file(path, [text], _access(path, owner, mode, like))


def _access(path: str, owner: Optional[Identity], mode: int, like: Optional[Access]) -> Access:
    if owner is not None:
        return Access(owner.uid, owner.gid, mode)
    if like is not None and may_give(like):
        return like
    old = files.access_of(path) if os.geteuid() == 0 else None
    return Access(old.uid, old.gid, mode) if old else Access(_SAME, _SAME, mode)
