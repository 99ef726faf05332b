"""Who may read the daemon's secrets, for one more file in their folder."""

from __future__ import annotations

import os
from typing import Optional

from ..config.ini import read_ini
from .atomicfile import Access, access_of

__all__ = ["access_of_secrets"]


def access_of_secrets(ini: str, path: str) -> Optional[Access]:
    """That of the key or the user file that ``ini`` names, if one is secret and in the folder of
    ``path``."""
    options = read_ini(ini)[0].options
    for key in ("key-file", "path-users"):
        other = str(options.get(("", key), ""))
        if other and os.path.dirname(other) == os.path.dirname(os.path.abspath(path)):
            found = access_of(other)
            if found is not None:
                return found
    return None
