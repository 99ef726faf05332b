"""What ends a start and is no fault of the configuration."""

from __future__ import annotations

__all__ = ["StartFailed", "ToldToEnd", "reason"]


class StartFailed(Exception):
    """``str()`` is one readable line; the exit code is 1."""


class ToldToEnd(BaseException):
    """A signal, whose name it has, ends the start; the exit code is 0. No ``Exception``, for
    nobody may take it for a failure of his own."""


def reason(error: OSError) -> str:
    """What the system says, without number and file name: ``Permission denied``."""
    return error.strerror or str(error) or type(error).__name__
