"""The machine: its cores and who runs on which, CPU times, memory, versions."""

from __future__ import annotations

import os
import platform
import re
import resource
import signal
import sys
import time
from typing import Dict, List, Optional

__all__ = ["LOAD_CORE", "SERVER_CORE", "Others", "cpu_seconds", "describe", "pin", "prepare",
           "resident"]

_CORES = sorted(os.sched_getaffinity(0))
_DESCRIPTORS = 4096             # open files that a thousand clients need, and something more

#: The server has a core of its own where there are two; feeder and load client share the other.
SERVER_CORE: Optional[int] = _CORES[0] if len(_CORES) > 1 else None
LOAD_CORE: Optional[int] = _CORES[1] if len(_CORES) > 1 else None


def prepare() -> None:
    """For who starts servers: many files may be open, and SIGTERM ends in order, too, so that no
    server stays behind."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def pin(pid: int, core: Optional[int]) -> None:
    """Keep all threads of a process on a core; without a core on any of ours."""
    cores = _CORES if core is None else [core]
    for thread in os.listdir("/proc/%d/task" % pid):
        try:
            os.sched_setaffinity(int(thread), cores)
        except ProcessLookupError:
            pass        # ended meanwhile


def cpu_seconds(pid: int) -> float:
    """The CPU time that a running process has used, in all its threads (ns resolution)."""
    return time.clock_gettime(~pid << 3 | 2)    # clock_getcpuclockid(3), which Python lacks


def resident(pid: int) -> int:
    """Bytes of memory that are the process's own (what it shares with others doesn't count)."""
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as file:
        fields = dict(re.findall(r"(?m)^(\w+): +(\d+) kB", file.read()))
    return 1024 * (int(fields["Private_Clean"]) + int(fields["Private_Dirty"]))


class Others:
    """What other processes, and other guests of the same host, do meanwhile: they falsify the
    figures. Begins with its creation; counts what has been waited for, so ask when all is ended."""

    def __init__(self):
        self._start = time.monotonic()
        self._busy, self._own = _busy_seconds(), _own_seconds()

    def share(self) -> float:
        """Cores that they kept busy, on the average."""
        foreign = _busy_seconds() - self._busy - (_own_seconds() - self._own)
        return max(0.0, foreign) / (time.monotonic() - self._start)


def _busy_seconds() -> float:
    """CPU time of the whole machine that was not idle, with what the host took for others."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq, stolen = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + stolen) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    return sum(usage.ru_utime + usage.ru_stime for usage in map(
        resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def describe() -> Dict[str, str]:
    """What the figures depend on."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpu": _cpu_model(),
        "cores": str(len(_CORES)),
        "memory": "%.0f GiB" % (os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "kernel": platform.release(),
        "pinning": ("server on core %d, load client and feeder on core %d" % (
            SERVER_CORE, LOAD_CORE) if SERVER_CORE is not None
            else "one core: server and load client share it, figures are low"),
    }


def _cpu_model() -> str:
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        names: List[str] = re.findall(r"(?m)^model name\s*: (.+)$", file.read())
    return names[0].strip() if names else platform.machine()
