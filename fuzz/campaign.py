"""Running inputs: number by number, watched for exceptions, time and broken promises.

Input ``number`` of a target under ``seed`` is always the same, however the work is divided, so a
find is named by those three and can be made again.
"""

from __future__ import annotations

import random
import signal
import time
import traceback
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from .target import Broken, Target

__all__ = ["Find", "Figures", "TooSlow", "input_of", "run_inputs", "try_input"]

MOST_SECONDS = 2.0              # of processor time for one input
_MOST_FINDS = 20                # different ones of one run, then the rest is not interesting


class TooSlow(BaseException):
    """One input took too long. No ``Exception``, so that no handler in the program keeps it."""


class Find(NamedTuple):
    """Something that must not happen; ``kind`` is equal for finds that are likely the same."""

    number: int
    kind: str
    report: str
    data: bytes


class Figures(NamedTuple):
    """What was run: how many inputs, their bytes, seconds of processor, and the slowest input."""

    count: int = 0
    size: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    def plus(self, other: Figures) -> Figures:
        return Figures(self.count + other.count, self.size + other.size,
                       self.seconds + other.seconds, max(self.slowest, other.slowest))


def input_of(target: Target, seed: int, number: int,
             rng: Optional[random.Random] = None) -> bytes:
    """The input of this number; ``rng`` is only there to be used again."""
    rng = rng or random.Random()
    rng.seed(seed << 40 | number)
    return target.make(rng)


def run_inputs(target: Target, seed: int, numbers: Iterable[int]) -> Tuple[Figures, List[Find]]:
    """Make and try the inputs of these numbers."""
    rng = random.Random()
    count = size = 0
    slowest = 0.0
    finds: Dict[str, Find] = {}
    watch = _Watch()
    start = before = time.process_time()
    with target.running(), watch:
        for number in numbers:
            watch.begin()
            data = input_of(target, seed, number, rng)
            find = try_input(target, data, number)
            now = time.process_time()
            slowest = max(slowest, now - before)
            before = now
            count += 1
            size += len(data)
            if find:
                finds.setdefault(find.kind, find)
                if len(finds) >= _MOST_FINDS:
                    break
    return Figures(count, size, before - start, slowest), list(finds.values())


def try_input(target: Target, data: bytes, number: int = 0) -> Optional[Find]:
    """The find that ``data`` leads to; ``None`` is good. Call it within ``target.running()``."""
    try:
        target.check(data)
        error = target.logged_error()
    except (Exception, TooSlow) as raised:
        error = target.logged_error() or raised     # the cause rather than what came of it
    if error is None:
        return None
    # A broken promise is named by the place that asked for it.
    last = traceback.extract_tb(error.__traceback__)[-2 if isinstance(error, Broken) else -1]
    kind = "%s in %s, line %s" % (type(error).__name__, last.filename, last.lineno)
    report = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return Find(number, kind, report, data)


class _Watch:
    """Ends an input that takes too long; while it is entered, SIGPROF is its own."""

    def begin(self) -> None:
        self._begun = time.process_time()

    def __enter__(self) -> _Watch:
        self.begin()
        self._old = signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS / 4, MOST_SECONDS / 4)
        return self

    def __exit__(self, *details) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, self._old)

    def _look(self, number, frame) -> None:
        if time.process_time() - self._begun > MOST_SECONDS:
            self.begin()
            raise TooSlow("more than %g s" % MOST_SECONDS)
