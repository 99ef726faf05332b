"""Two servers by turns on one machine: what one costs beside the other.

Both run all the time, on the same core, and one of them is fed. A pair is a measurement of each, in
changing order, so that what the machine does meanwhile falls on both. A ratio is the median of the
pairs' ratios, first to second; beside it stand the quartiles of these.

A process has the luck of its addresses and hashes as long as it runs, worth a hundredth or two. So
both are started anew several times.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile
from statistics import median, quantiles
from typing import Callable, Dict, List, NamedTuple, Sequence

from helper import Failure
from machine import describe, prepare
from rows import FULL
from search import maximum, narrow_maximum
from servers import SERVERS
from stage import Kind, Run, Stage

__all__ = ["Line", "lines", "table"]

_STEP = 1.03                    # of the search for the most, near what was found before

Figures = Dict[str, float]


class Line(NamedTuple):
    """One figure of both: medians, and the ratios of its pairs."""

    figure: str
    first: float
    second: float
    ratio: float
    low: float                  # a quarter of the pairs' ratios are below
    high: float                 # and a quarter above


def main(argv: Sequence[str]) -> int:
    parser = _parser()
    options = parser.parse_args(argv)
    if not 1 <= options.starts <= options.pairs:
        parser.error("--starts is not in 1-%d, the number of pairs" % options.pairs)
    prepare()
    names = [options.first, options.second]
    try:
        with tempfile.TemporaryDirectory(prefix="vscpwsd-paired-") as folder:
            pairs = _measured(names, options, pathlib.Path(folder))
    except (Failure, OSError) as error:
        print("bench/paired: %s" % error, file=sys.stderr)
        return 1
    machine = describe()
    print("%s, %s, %s cores; %d clients%s; %d pairs in %d starts\n" % (
        machine["date"], machine["cpu"], machine["cores"], options.clients,
        "" if options.max else ", %g events/s" % options.rate, options.pairs, options.starts))
    print(table(names, lines(pairs)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench/paired", description="Measure two servers by turns; print the ratios.")
    add = parser.add_argument
    add("first", choices=list(SERVERS), help="a server, as of bench/run")
    add("second", choices=list(SERVERS), help="another")
    add("--clients", type=int, default=100, help="that are connected to each (default: 100)")
    add("--rate", type=float, default=8000.0, help="events/s (default: 8000)")
    add("--pairs", type=int, default=20, help="in all (default: 20)")
    add("--starts", type=int, default=4, help="of both servers, in all (default: 4)")
    add("--seconds", type=float, default=3.0, help="of each measurement (default: 3)")
    add("--latency", action="store_true", help="measure latencies, too")
    add("--max", action="store_true", help="search the most that is sustained, at any rate")
    return parser


def _measured(names: Sequence[str], options: argparse.Namespace, folder: pathlib.Path
              ) -> List[Sequence[Figures]]:
    for name in names:
        missing = SERVERS[name].missing(folder)
        if missing:
            raise Failure("%s: %s" % (name, missing))
    pairs: List[Sequence[Figures]] = []
    for start in range(options.starts):
        first, second = (Stage(name, Kind(options.clients), folder, FULL.on_time)
                         for name in names)
        with first, second:
            measures = [_measure(stage, options) for stage in (first, second)]
            for number in range(len(pairs), options.pairs * (start + 1) // options.starts):
                order = (0, 1) if number % 2 else (1, 0)
                found = {side: measures[side]() for side in order}
                pairs.append((found[0], found[1]))
                print("pair %d of %d: %s" % (number + 1, options.pairs, pairs[-1]),
                      file=sys.stderr, flush=True)
    return pairs


def _measure(stage: Stage, options: argparse.Namespace) -> Callable[[], Figures]:
    if options.max:
        return _searching(stage)

    def measure() -> Figures:
        run = stage.run(options.rate, options.seconds, latency=options.latency)
        if not run.complete:
            raise Failure("%s: %s" % (stage.name, run.fault))
        return {"CPU, µs an event": run.server_cpu / options.rate * 1e6,
                **{"%s, ms" % name: value for name, value in run.latency.items()}}
    measure()                   # the first events are new to everything
    return measure


def _searching(stage: Stage) -> Callable[[], Figures]:
    def attempt(rate: float) -> Run:
        return stage.run(rate, FULL.step)

    first = maximum(attempt, stage.guess)
    if first is None:
        raise Failure("%s sustains nothing" % stage.name)
    near = first.rate

    def measure() -> Figures:
        best = narrow_maximum(attempt, near, _STEP)
        if best is None:
            raise Failure("%s sustains nothing" % stage.name)
        return {"messages/s": best.delivered}
    return measure


def lines(pairs: Sequence[Sequence[Figures]]) -> List[Line]:
    """Each figure that all pairs have on both sides."""
    found = []
    for figure in pairs[0][0]:
        if all(figure in side for pair in pairs for side in pair):
            first, second = ([pair[side][figure] for pair in pairs] for side in (0, 1))
            ratios = [one / other for one, other in zip(first, second)]
            low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
            found.append(Line(figure, median(first), median(second), median(ratios), low, high))
    return found


def table(names: Sequence[str], compared: Sequence[Line]) -> str:
    """Markdown."""
    text = ["| figure | %s | %s | ratio | half of the pairs |" % tuple(names),
            "| --- | ---: | ---: | ---: | --- |"]
    text += ["| %s | %.5g | %.5g | %.3f | %.3f to %.3f |" % line for line in compared]
    return "\n".join(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
