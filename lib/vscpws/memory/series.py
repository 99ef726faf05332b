"""One sensor's past: its last samples as they came, and least, mean and greatest of each minute.

Both are rings of fixed size. A minute has its place by its number modulo the ring's size, and
beside it stands which minute it is: so a clock that is set forward leaves a gap, one that is set
back writes over what it finds, and neither moves anything.

Minutes and samples are in seconds since 1970 of the daemon's clock. Values are doubles: a meter's
count of kWh has nine digits.
"""

from __future__ import annotations

import math
from array import array
from typing import Callable, Iterable, List, Optional, Tuple

from ..model.memory import Points

__all__ = ["Points", "SAMPLES", "Series", "bucketed"]

SAMPLES = 600
MINUTE = 60

_NONE = 0                       # no minute: 1970 is over


class Series:
    """``minutes`` is how many are kept. ``unit`` is the text of the unit that the values are in."""

    __slots__ = ("unit", "newest", "_minutes", "_number", "_least", "_sum", "_greatest", "_count",
                 "_times", "_values", "_next")

    def __init__(self, minutes: int, unit: str = "") -> None:
        self.unit = unit
        self.newest = 0.0                       # when the last sample came
        self._minutes = minutes
        self._number = array("I", [_NONE]) * minutes
        self._least = array("d", [0.0]) * minutes
        self._sum = array("d", [0.0]) * minutes
        self._greatest = array("d", [0.0]) * minutes
        self._count = array("I", [0]) * minutes
        self._times = array("d")
        self._values = array("d")
        self._next = 0                          # place of the next sample once the ring is full

    def add(self, moment: float, value: float) -> None:
        """A sample at ``moment``."""
        self.newest = moment
        times = self._times
        if len(times) < SAMPLES:
            times.append(moment)
            self._values.append(value)
        else:
            place = self._next
            times[place], self._values[place] = moment, value
            self._next = place + 1 if place + 1 < SAMPLES else 0
        number = int(moment) // MINUTE
        place = number % self._minutes
        if self._number[place] != number:
            self.add_minute(number, value, value, value, 1)
            return
        # Most samples are of a minute that has begun, and this is for each of them.
        if value < self._least[place]:
            self._least[place] = value
        if value > self._greatest[place]:
            self._greatest[place] = value
        self._sum[place] += value
        self._count[place] += 1

    def add_minute(self, number: int, least: float, total: float, greatest: float,
                   count: int) -> None:
        """``count`` samples of the minute ``number`` (since 1970), ``total`` being their sum."""
        place = number % self._minutes
        if self._number[place] != number:
            self._number[place] = number
            self._least[place], self._greatest[place] = least, greatest
            self._sum[place], self._count[place] = total, count
            return
        self._least[place] = min(self._least[place], least)
        self._greatest[place] = max(self._greatest[place], greatest)
        self._sum[place] += total
        self._count[place] += count

    def minute(self, number: int) -> Optional[Tuple[float, float, float, int]]:
        """Least, sum, greatest and count of a minute; ``None`` if it has none."""
        place = number % self._minutes
        if self._number[place] != number or number == _NONE:
            return None
        return (self._least[place], self._sum[place], self._greatest[place], self._count[place])

    def merge(self, other: "Series") -> bool:
        """Add the minutes of another series of the same unit; False if it has another."""
        if other.unit != self.unit:
            return False
        for number in other._number:
            found = other.minute(number)
            if found is not None:
                self.add_minute(number, *found)
        return True

    def samples(self) -> List[Tuple[float, float]]:
        """The samples that are kept, in the order in which they came."""
        order = [(self._next + place) % len(self._times) for place in range(len(self._times))]
        return [(self._times[place], self._values[place]) for place in order]

    def change(self, unit: str, converted: Callable[[float], float]) -> None:
        """Another unit from now on: every value becomes ``converted(value)``.

        ``converted`` must be linear, as all conversions of units are.
        """
        self.unit = unit
        zero = converted(0.0)
        for place, count in enumerate(self._count):
            if self._number[place] != _NONE:
                ends = converted(self._least[place]), converted(self._greatest[place])
                self._least[place], self._greatest[place] = min(ends), max(ends)
                self._sum[place] = converted(self._sum[place]) + (count - 1) * zero
        for place, value in enumerate(self._values):
            self._values[place] = converted(value)

    def copy(self) -> "Series":
        """One that stays as it is, so that another thread may look at it."""
        copied = Series.__new__(Series)
        for name in Series.__slots__:
            value = getattr(self, name)
            setattr(copied, name, value[:] if isinstance(value, array) else value)
        return copied

    def points(self, start: int, step: int, count: int) -> Points:
        """``count`` steps of ``step`` seconds from ``start`` (s since 1970) on.

        Steps of less than a minute are made of the samples, and so reach as far back as these.
        """
        if step < MINUTE:
            parts = [(moment, value, value, value, 1) for moment, value in self.samples()]
        else:
            first, last = start // MINUTE, (start + step * count - 1) // MINUTE
            numbers = range(max(first, last - self._minutes + 1), last + 1)
            parts = [(number * MINUTE, *found) for number, found in
                     ((number, self.minute(number)) for number in numbers) if found is not None]
        return bucketed(parts, start, step, count)


def bucketed(parts: Iterable[Tuple[float, float, float, float, int]], start: int, step: int,
             count: int) -> Points:
    """``parts`` (moment, least, sum, greatest, count of samples) put into steps."""
    least: List[Optional[float]] = [None] * count
    greatest: List[Optional[float]] = [None] * count
    sums, counts = [0.0] * count, [0] * count
    for moment, low, total, high, number in parts:
        place = math.floor((moment - start) / step)
        if not 0 <= place < count:
            continue
        before, after = least[place], greatest[place]
        least[place] = low if before is None else min(before, low)
        greatest[place] = high if after is None else max(after, high)
        sums[place] += total
        counts[place] += number
    # Never beyond the samples, though their sum may be beyond what a double holds.
    mean = [None if low is None or high is None else max(low, min(total / number, high))
            for low, total, high, number in zip(least, sums, greatest, counts)]
    return Points([_short(value) for value in least], [_short(value) for value in mean],
                  [_short(value) for value in greatest])


def _short(value: Optional[float]) -> Optional[float]:
    # A mean of tenths is not to show its last bit. What another unit has made infinite is no JSON.
    return None if value is None or not math.isfinite(value) else float("%.12g" % value)
