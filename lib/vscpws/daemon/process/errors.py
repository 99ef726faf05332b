"""What keeps the daemon from starting and is no fault of the configuration."""

from __future__ import annotations

__all__ = ["StartFailed", "reason"]


class StartFailed(Exception):
    """``str()`` is one readable line; the exit code is 1."""


def reason(error: OSError) -> str:
    """What the system says, without number and file name: ``Permission denied``."""
    return error.strerror or str(error) or type(error).__name__
