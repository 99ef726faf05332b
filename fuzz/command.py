"""The command line of the fuzzer."""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import platform
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from .campaign import Figures, Find, run_inputs, try_input
from .target import Target, load_input, save_input
from .targets import TARGETS

__all__ = ["main"]

_SLICE = 2000                   # inputs that one process takes at a time
_FINDS = Path(__file__).resolve().parents[1] / "build" / "fuzz"
_MEMORY = "/dev/shm"
_WIDTH = 400                    # characters of a line of a report
_made: Dict[type, Target] = {}  # this process's targets


def main(arguments: Optional[List[str]] = None) -> int:
    """Returns 0 if nothing was found, 1 otherwise."""
    options = _parser().parse_args(arguments)
    names = sorted(TARGETS) if options.all else options.target
    if not names:
        _parser().error("which target? --target NAME (%s) or --all" % ", ".join(sorted(TARGETS)))
    if options.input:
        return _try_files(names, options.input)
    return _run(names, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fuzz/run", description="Random input for everything that reads what others wrote; "
        "see doc/fuzzing.md.")
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), default=[])
    parser.add_argument("--all", action="store_true", help="all targets, each with its share")
    parser.add_argument("--count", type=int, default=10000, help="inputs in all (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--seed", type=int, default=1, help="(%(default)s)")
    parser.add_argument("--minutes", type=float, help="stop after this time, whatever the count")
    parser.add_argument("--jobs", type=int, default=1, help="processes (%(default)s)")
    parser.add_argument("--input", action="append", type=Path, metavar="FILE",
                        help="try this file only; .hex is hex digits")
    parser.add_argument("--finds", type=Path, default=_FINDS, metavar="FOLDER",
                        help="where the inputs of finds go (%(default)s)")
    return parser


def _try_files(names: List[str], paths: List[Path]) -> int:
    failed = False
    for name in names:
        target = TARGETS[name]()
        for path in paths:
            with target.running():
                find = try_input(target, load_input(path))
            failed = failed or find is not None
            print("%s %s: %s" % (name, path, find.report if find else "fine"))
    return int(failed)


def _run(names: List[str], options) -> int:
    began = time.monotonic()
    deadline = began + options.minutes * 60 if options.minutes else float("inf")
    figures = {name: Figures() for name in names}
    finds: Dict[Tuple[str, str], Find] = {}
    with _memory():
        _run_slices(names, options, deadline, figures, finds)
    _summary(figures, finds, time.monotonic() - began, options)
    return int(bool(finds))


def _run_slices(names: List[str], options, deadline: float, figures, finds) -> None:
    for name, part, found in _results(deadline, options.jobs, _slices(names, options)):
        figures[name] = figures[name].plus(part)
        for find in found:
            if finds.setdefault((name, find.kind), find) is find:
                _tell(name, find, options)


def _results(deadline: float, jobs: int, work):
    """What comes of the pieces of work, in any order."""
    if jobs == 1:
        yield from map(_work, _until(deadline, threading.Semaphore(sys.maxsize), work))
        return
    # The pool would take all pieces at once; so few are let in that the deadline can stop the rest.
    slots = threading.Semaphore(2 * jobs)
    with multiprocessing.Pool(jobs) as pool:
        for result in pool.imap_unordered(_work, _until(deadline, slots, work)):
            slots.release()
            yield result
        pool.close()
        pool.join()


@contextlib.contextmanager
def _memory() -> Iterator[None]:
    """Temporary files go to memory, where there is such, and are gone afterwards."""
    folder = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="vscpwsd-fuzz-", dir=folder) as name:
        before, tempfile.tempdir = tempfile.tempdir, name
        try:
            yield
        finally:
            tempfile.tempdir = before


def _slices(names: List[str], options) -> Iterator[Tuple[str, int, int, int]]:
    """The work in pieces: target, seed, first and last number; the targets take turns."""
    whole = sum(TARGETS[name].share for name in names)
    left = {name: options.count * TARGETS[name].share // whole for name in names}
    left[names[0]] += options.count - sum(left.values())
    rounds = max(1, -(-max(left.values()) // _SLICE))
    steps = {name: max(1, -(-left[name] // rounds)) for name in names}
    firsts = dict.fromkeys(names, options.first)
    while any(left.values()):
        for name in names:
            size = min(left[name], steps[name])
            if size:
                yield name, options.seed, firsts[name], firsts[name] + size
                firsts[name] += size
                left[name] -= size


def _until(deadline: float, slots: threading.Semaphore, work):
    for piece in work:
        slots.acquire()
        if time.monotonic() > deadline:
            return
        yield piece


def _work(piece: Tuple[str, int, int, int]):
    name, seed, first, last = piece
    kind = TARGETS[name]
    if kind not in _made:
        _made[kind] = kind()
    figures, finds = run_inputs(_made[kind], seed, range(first, last))
    return name, figures, finds


def _tell(name: str, find: Find, options) -> None:
    options.finds.mkdir(parents=True, exist_ok=True)
    path = save_input(options.finds / ("%s-%d-%d" % (name, options.seed, find.number)), find.data)
    print("%s: seed %d, input %d: %s\n%s  kept in %s" % (
        name, options.seed, find.number, find.kind, _clipped(find.report), path), flush=True)


def _clipped(report: str) -> str:
    return "".join(line[:_WIDTH] + "\n" for line in report.splitlines())


def _summary(figures: Dict[str, Figures], finds, seconds: float, options) -> None:
    print("Python %s, seed %d, %d jobs" % (
        platform.python_version(), options.seed, options.jobs))
    print("%-10s %12s %12s %10s %10s %6s" % (
        "target", "inputs", "MB", "CPU s", "slowest s", "finds"))
    rows = list(figures.items())
    total = Figures()
    for _, part in rows:
        total = total.plus(part)
    for name, part in rows + [("all", total)]:
        found = len([1 for key in finds if name in ("all", key[0])])
        print("%-10s %12s %12.1f %10.1f %10.3f %6d" % (
            name, format(part.count, ","), part.size / 1e6, part.seconds, part.slowest, found))
    who = resource.RUSAGE_SELF if options.jobs == 1 else resource.RUSAGE_CHILDREN
    memory = resource.getrusage(who).ru_maxrss
    print("%.0f s in all, %d MB in the largest process" % (seconds, memory // 1024))
