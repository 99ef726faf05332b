"""Failures as people see them: a line and an exit code, never a traceback."""

from __future__ import annotations

import logging
import os
import sys
from typing import Iterable, List, Optional, Tuple

from ...model.errors import ConfigurationError, Oddity, Problem
from ...model.escaping import escaped
from .errors import StartFailed, ToldToEnd, reason
from .packages import missing_package

__all__ = ["CONFIGURATION", "FAILED", "complain", "explain", "is_bug", "log_failure",
           "text_of"]

log = logging.getLogger(__name__)

DONE, FAILED, CONFIGURATION = 0, 1, 2       # exit codes


def explain(error: BaseException) -> Tuple[int, str]:
    """The exit code and the text for people, one line per problem."""
    if isinstance(error, ToldToEnd):
        return DONE, "%s: ended while it was starting" % error
    if isinstance(error, ConfigurationError):
        return CONFIGURATION, text_of(error.problems)
    if isinstance(error, StartFailed):
        return FAILED, escaped(str(error))
    if isinstance(error, KeyboardInterrupt):
        return FAILED, "interrupted"
    if isinstance(error, BrokenPipeError):
        return FAILED, ""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return FAILED, missing_package(error.name)
    if isinstance(error, ImportError):
        return FAILED, escaped("can't load a Python package: %s" % error)
    if isinstance(error, OSError):
        parts = (os.fsdecode(part) if isinstance(part, bytes) else str(part)
                 for part in (error.filename, reason(error)) if part)
        return FAILED, escaped(": ".join(parts))
    return FAILED, escaped("internal error: %s: %s" % (type(error).__name__, error))


def text_of(problems: Iterable[Problem]) -> str:
    """One line for each."""
    return "\n".join(("WARNING: " if isinstance(problem, Oddity) else "") + escaped(str(problem))
                     for problem in problems)


def is_bug(error: BaseException) -> bool:
    """Whether it is our own fault."""
    return not isinstance(error, (ConfigurationError, StartFailed, KeyboardInterrupt,
                                  ImportError, OSError))


def complain(text: str) -> None:
    """Says it on standard error."""
    for line in _lines(text):
        try:
            print("vscpwsd: %s" % escaped(line), file=sys.stderr, flush=True)
        except OSError:
            return      # the terminal is gone


def log_failure(text: str, error: Optional[BaseException] = None) -> None:
    """Says it in the log; a bug with its traceback."""
    bug = error if error is not None and is_bug(error) else None
    for line in _lines(text):
        log.error("start failed: %s", line, exc_info=bug)


def _lines(text: str) -> List[str]:
    return [line for line in text.split("\n") if line]
