"""What the process uses of the machine, as Linux tells it.

Source: proc(5); prometheus.io, "Writing client libraries", process metrics.
"""

from __future__ import annotations

import os
import resource
import time
from functools import lru_cache
from typing import Dict, Optional, Tuple

__all__ = ["usage"]

_STATE, _START = 2, 21          # fields of /proc/self/stat, from 0; the name may hold blanks


def usage() -> Dict[str, Optional[float]]:
    """CPU time in seconds, memory in bytes, file descriptors, and the start in seconds since 1970.

    None where it can't be found out.
    """
    times = os.times()
    virtual, resident = _memory()
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return {
        "cpu_seconds": times.user + times.system,
        "virtual_memory_bytes": virtual,
        "resident_memory_bytes": resident,
        "open_fds": _open_fds(),
        "max_fds": None if most == resource.RLIM_INFINITY else most,
        "start_time_seconds": _start_time(os.getpid()),
    }


def _memory() -> Tuple[Optional[int], Optional[int]]:
    try:
        with open("/proc/self/statm", "rb") as file:
            virtual, resident = (int(pages) * resource.getpagesize()
                                 for pages in file.read().split()[:2])
            return virtual, resident
    except (OSError, ValueError):
        return None, None


def _open_fds() -> Optional[int]:
    try:
        return len(os.listdir("/proc/self/fd")) - 1     # without the one for looking
    except OSError:
        return None


@lru_cache(maxsize=1)
def _start_time(pid: int) -> Optional[float]:
    # The process's own, and not what the clock said when it came to look: of the two clocks the
    # one since the boot goes on.
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        ticks = int(fields[_START - _STATE])
        boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        return round(boot + ticks / os.sysconf("SC_CLK_TCK"), 2)
    except (OSError, ValueError, IndexError):
        return None
