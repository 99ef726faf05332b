"""How long an event takes from one good client to another, whatever else the machine has to do.

On a busy machine a process that is ready waits for a processor. That is no fault of the daemon's,
and the kernel counts it for each thread (``schedstat``), so it is taken off.
"""

from __future__ import annotations

import pathlib
import time
from typing import Callable

__all__ = ["of_99_percent"]

NANOSECOND = 1e-9               # s


def of_99_percent(pass_on: Callable[[], None], finish: Callable[[], None], pid: int, samples: int,
                  pause: float) -> float:
    """Seconds that 99 of 100 calls of ``pass_on`` take at most, without the time for which
    process ``pid`` and this thread were ready and others had the processors.

    ``finish`` is called after each, and then it waits for ``pause`` seconds.
    """
    took = []
    for _ in range(samples):
        waited = _waited(pid)
        began = time.perf_counter()
        pass_on()
        ended = time.perf_counter()
        took.append(ended - began - (_waited(pid) - waited))
        finish()
        time.sleep(pause)
    return sorted(took)[samples * 99 // 100]


def _waited(pid: int) -> float:
    return NANOSECOND * (_nanoseconds("/proc/%d/schedstat" % pid)
                         + _nanoseconds("/proc/thread-self/schedstat"))


def _nanoseconds(file: str) -> int:
    try:
        return int(pathlib.Path(file).read_text().split()[1])
    except OSError:             # a kernel that doesn't count it
        return 0
