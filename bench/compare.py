"""Two checkouts against each other: their benchmarks in turn, and the ratio of each figure.

Each checkout runs its own ``bench/run`` in its own environment, old and new by turns, so that what
the machine does meanwhile falls on both. A ratio is of the medians over all rounds, new to old;
beside it stand the least and the greatest ratio of any round. Where the old figures alone already
differ from round to round by more than the ratio does, it says nothing: ``spread`` is that
difference.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
from statistics import median
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

__all__ = ["FIGURES", "Key", "Line", "figures", "lines", "table"]

#: By row: the figures that are compared, and whether more is better.
FIGURES: Dict[str, Sequence[Tuple[str, bool]]] = {
    "max": (("delivered", True), ("cpu_per_gigabyte", False)),
    "ws2": (("delivered", True),),
    "filters": (("delivered", True),),
    "latency": (("p50", False), ("p99", False), ("server_cpu", False)),
    "scale": (("server_cpu", False),),
    "ingest": (("rate", True),),
    "memory": (("bytes", False),),
    "startup": (("seconds", False),),
    "receive": (("rate", True),),
}
_FIXED_RATE = ("latency", "scale")      # rows whose wanted rate is part of the question


class Key(NamedTuple):
    """What a figure is of."""

    row: str
    server: str
    clients: int
    detail: str         # the fixed rate, or the window
    figure: str


class Line(NamedTuple):
    """A key's figures of all rounds, compared."""

    key: Key
    old: float          # medians
    new: float
    ratio: float
    least: float        # of the rounds' ratios
    most: float
    spread: float       # of the old figures: greatest to least, less one


def main(argv: Sequence[str]) -> int:
    options = _parser().parse_args(argv)
    rounds: List[Tuple[Dict[Key, float], Dict[Key, float]]] = []
    with tempfile.TemporaryDirectory(prefix="vscpwsd-compare-") as folder:
        for number in range(options.rounds):
            sides = []
            for side in (options.old, options.new):
                print("round %d of %d: %s" % (number + 1, options.rounds, side), file=sys.stderr)
                sides.append(figures(_measure(side, options, pathlib.Path(folder))))
            rounds.append((sides[0], sides[1]))
    print(table(lines(rounds)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench/compare", description="Run two checkouts' benchmarks in turn; print ratios.")
    add = parser.add_argument
    add("old", type=pathlib.Path, help="a checkout")
    add("new", type=pathlib.Path, help="another")
    add("--rounds", type=int, default=3, help="times that each is run (default: 3)")
    add("--only", metavar="ROW", action="append", default=[], help="as for bench/run")
    add("--server", metavar="NAME", action="append", help="as for bench/run (default: vscpwsd)")
    add("--short", action="store_true", help="as for bench/run")
    return parser


def _measure(checkout: pathlib.Path, options: argparse.Namespace,
             folder: pathlib.Path) -> List[Dict[str, Any]]:
    command = [str(checkout.resolve() / "bench" / "run"), "--results", str(folder)]
    for name in options.server or ["vscpwsd"]:
        command += ["--server", name]
    for row in options.only:
        command += ["--only", row]
    subprocess.run(command + ["--short"] * options.short, check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / "latest.json").read_text(encoding="utf-8"))["records"]


def figures(records: Sequence[Dict[str, Any]]) -> Dict[Key, float]:
    """What is compared of the records of one run; those that failed are left out."""
    found: Dict[Key, List[float]] = {}
    for record in records:
        row = record["row"]
        detail = record.get("wanted") if row in _FIXED_RATE else record.get("window")
        for figure, _ in FIGURES.get(row, ()):
            if record.get(figure):
                key = Key(row, record["server"], record["clients"],
                          "" if detail is None else "%g" % detail, figure)
                found.setdefault(key, []).append(record[figure])
    return {key: median(values) for key, values in found.items()}


def lines(rounds: Sequence[Tuple[Dict[Key, float], Dict[Key, float]]]) -> List[Line]:
    """The keys that every round has on both sides, in the first one's order."""
    compared = []
    for key in rounds[0][0]:
        if all(key in old and key in new for old, new in rounds):
            old = [side[key] for side, _ in rounds]
            new = [side[key] for _, side in rounds]
            ratios = [after / before for before, after in zip(old, new)]
            compared.append(Line(key, median(old), median(new), median(new) / median(old),
                                 min(ratios), max(ratios), max(old) / min(old) - 1))
    return compared


def table(compared: Sequence[Line]) -> str:
    """Markdown. A ratio is marked where it is worse by more than the old side's own spread."""
    text = ["| row | server | clients | at | figure | old | new | new / old | of a round | "
            "old's spread | |", "| --- | --- | ---: | ---: | --- | ---: | ---: | ---: | --- | "
            "---: | --- |"]
    for line in compared:
        key, more_is_better = line.key, dict(FIGURES[line.key.row])[line.key.figure]
        loss = 1 / line.ratio - 1 if more_is_better else line.ratio - 1
        text.append("| %s | %s | %d | %s | %s | %.4g | %.4g | %.3f | %.2f to %.2f | %.0f %% | %s |"
                    % (key.row, key.server, key.clients, key.detail, key.figure, line.old,
                       line.new, line.ratio, line.least, line.most, 100 * line.spread,
                       "worse" if loss > max(line.spread, 0.0) else ""))
    return "\n".join(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
