"""Where the log of the library goes: where the configuration says, and never to the host's standard
error unless it says that.

There is one log for all handles, for what is logged is of one program: it is where the handle that
was opened last has it, and when that is closed, where the one before it does.
"""

from __future__ import annotations

import sys
from typing import Dict, Tuple

from ..daemon.process import logs
from ..model.errors import ConfigurationError
from ..settings import LogSettings

__all__ = ["Record"]

_NOWHERE = LogSettings(console=False)       # else: that is the system's log


class Record:
    """Not to be called in the loop: to open a file may take its time."""

    def __init__(self) -> None:
        self._places: Dict[int, Tuple[LogSettings, bool]] = {}
        self._apply(_NOWHERE, False)

    def open(self, number: int, settings: LogSettings, debug: bool) -> None:
        """Log where a handle has it. Raises ``ConfigurationError`` if its file can't be opened; and
        then all stays as it was."""
        self._apply(settings, debug)
        self._places[number] = settings, debug

    def close(self, number: int) -> None:
        """The handle is gone."""
        if self._places.pop(number, None) is None:
            return
        settings, debug = next(reversed(list(self._places.values())), (_NOWHERE, False))
        try:
            self._apply(settings, debug)
        except ConfigurationError:
            self._apply(_NOWHERE, debug)

    @staticmethod
    def _apply(settings: LogSettings, debug: bool) -> None:
        is_wanted = settings.console and sys.__stderr__ is not None
        if is_wanted:
            sys.stderr = sys.__stderr__
        logs.apply(settings, is_wanted, debug)
