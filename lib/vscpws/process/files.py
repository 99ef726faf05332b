"""Files of the daemon's: finished or not there."""

from __future__ import annotations

import os
import tempfile
from typing import Optional

from .privileges import Identity

__all__ = ["replace_file"]


def replace_file(path: str, text: str, owner: Optional[Identity], mode: int = 0o600) -> None:
    """Writes beside, then renames.

    The file is ``owner``'s, or else keeps the owner it had. Raises ``OSError``.
    """
    fd, new = tempfile.mkstemp(prefix=".", dir=os.path.dirname(path))
    try:
        with open(fd, "w", encoding="ascii") as file:
            file.write(text)
            os.fchmod(fd, mode)
            if owner is not None:
                os.fchown(fd, owner.uid, owner.gid)
            elif os.geteuid() == 0 and os.path.exists(path):
                old = os.stat(path)
                os.fchown(fd, old.st_uid, old.st_gid)
            file.flush()
            os.fsync(fd)
        os.rename(new, path)
    except OSError:
        os.unlink(new)
        raise
