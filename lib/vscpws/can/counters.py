"""What a bus has seen and done since the start; plain numbers for status, metrics and the log."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Dict

__all__ = ["Counters", "DROP_REASONS"]

# aged: waited longer than the age limit; down: waited while the bus went down; refused: the
# kernel or the adapter did not take it; stopped: waited while the daemon stopped.
DROP_REASONS = ("aged", "down", "refused", "stopped")


def _no_drops() -> Dict[str, int]:
    return dict.fromkeys(DROP_REASONS, 0)


@dataclass
class Counters:
    """Frames and events of one bus."""

    received: int = 0           # frames of every kind
    events: int = 0             # frames handed on as events
    filtered: int = 0           # extended data frames that the interface's filter stopped
    standard: int = 0           # frames with an 11-bit identifier: not VSCP
    remote: int = 0             # remote requests: not VSCP
    error_frames: int = 0       # reports of the controller
    skipped: int = 0            # what an adapter or a log gave that is no frame
    lost: int = 0               # events received that could not be handed on
    receive_drops: int = 0      # frames lost before we could read them: kernel's or own buffer full
    sent: int = 0               # frames that the interface took
    missed: int = 0             # events that went on without this bus, which could not take them
    last_event: int = 0         # when the last event came, s since 1970; 0: none has
    reopens: int = 0            # tries to open the interface again
    dropped: Dict[str, int] = field(default_factory=_no_drops)      # events not sent, by reason

    def as_dict(self) -> Dict[str, Any]:
        """A copy of all numbers, fit for JSON."""
        return asdict(self)
