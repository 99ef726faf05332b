"""How busy a bus is: the bits of what was received and sent, over the last seconds.

An extended data frame has 67 bits beside its data, the pause after it included; stuffing adds a
bit after five equal ones, in practice one to each twenty (ISO 11898-1; between none and a quarter).
So it is an estimate, good to some percent. What other controllers repeat after an error, and what
was sent and not acknowledged, nobody tells.
"""

from __future__ import annotations

import math
from typing import Callable

__all__ = ["Load"]

_FRAME = 67                     # bits of an extended frame without data
_STUFFED = 1.05
_OVER = 4.0                     # s: a house's bursts are shorter, and a person looks that long
_STEP = 0.01                    # s; forgotten in steps, for there may be an add every 10 µs


class Load:
    """A mean that forgets: what came ``_OVER`` seconds ago counts a third. ``clock`` in seconds."""

    def __init__(self, clock: Callable[[], float]):
        self._clock = clock
        self._at = clock()
        self._bits = 0.0

    def add(self, frames: int, size: int) -> None:
        """So many frames with so many bytes of data together were on the bus."""
        self._forget()
        self._bits += (frames * _FRAME + 8 * size) * _STUFFED

    @property
    def bits_per_second(self) -> float:
        self._forget()
        return self._bits / _OVER

    def _forget(self) -> None:
        now = self._clock()
        if now >= self._at + _STEP:
            self._bits *= math.exp((self._at - now) / _OVER)
            self._at = now
