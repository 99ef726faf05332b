"""The benchmark: measures, and writes the table.  ``bench/run --help``, ``bench/README.md``."""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time
from statistics import median
from typing import Dict, List

from helper import Failure
from machine import Others, describe, prepare
from records import Record, summed
from rows import BY_NAME, FULL, ROWS, SHORT, Job, Sizes, blank, jobs
from servers import SERVERS
from stage import Stage
from table import markdown

_HERE = pathlib.Path(__file__).resolve().parent


def main(argv: List[str]) -> int:
    options = _parser().parse_args(argv)
    if options.list:
        print("\n".join("%-8s %s" % item for item in ROWS.items()))
        return 0
    only = options.only or [row for row in ROWS if row not in BY_NAME]
    sizes = SHORT if options.short else FULL
    prepare()
    start, others = time.monotonic(), Others()
    with tempfile.TemporaryDirectory(prefix="vscpwsd-bench-") as folder:
        path = pathlib.Path(folder)
        wanted = {job.server for job in jobs(sizes, only, options.server or list(SERVERS))}
        names = [name for name in SERVERS if name in wanted]
        missing = {name: SERVERS[name].missing(path) for name in names}
        versions = {name: missing[name] or SERVERS[name].version(path) for name in names}
        records = _run_all(sizes, only, names, missing, path)
    if "receive" in only:
        records += _receive(sizes)
    took = round(time.monotonic() - start)
    machine = {**describe(), "seconds": str(took), "others": "%.2f" % others.share()}
    text = markdown(machine, versions, summed(records), judged=not options.short)
    _write(options.results, text, {"machine": machine, "versions": versions, "records": records})
    print(text)
    return 1 if any(record.get("failed") for record in records) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__.split("  ")[0])
    add = parser.add_argument
    add("--only", metavar="ROW", action="append", choices=list(ROWS),
        help="only this row (may be repeated); --list shows them")
    add("--server", metavar="NAME", action="append", choices=list(SERVERS),
        help="only this server (may be repeated): %s" % "; ".join(SERVERS))
    add("--short", action="store_true", help="everything tiny: shows that it works, no more")
    add("--results", metavar="FOLDER", type=pathlib.Path, default=_HERE / "results",
        help="where latest.md and latest.json go (default: bench/results)")
    add("--list", action="store_true", help="list the rows and end")
    return parser


def _run_all(sizes: Sizes, only: List[str], names: List[str], missing: Dict[str, str],
             folder: pathlib.Path) -> List[Record]:
    records: List[Record] = []
    for job in jobs(sizes, only, names):
        if missing[job.server]:
            records += [blank(job, *measure, missing[job.server]) for measure in job.measures]
        else:
            _progress("%s, %d clients" % (job.server, job.kind.clients))
            records += _run(job, sizes, folder)
    return records


def _run(job: Job, sizes: Sizes, folder: pathlib.Path) -> List[Record]:
    records: List[Record] = []
    try:
        with Stage(job.server, job.kind, folder, sizes.on_time) as stage:
            for row, measure in job.measures:
                record = {"row": row, "server": job.server, "clients": job.kind.clients}
                record.update(measure(stage, sizes))
                records.append(record)
                _progress("    %s" % json.dumps(record))
    except (Failure, OSError) as error:
        _progress("    failed: %s" % error)
        for measure in job.measures[len(records):]:
            records.append({**blank(job, *measure, "failed: %s" % error), "failed": str(error)})
    return records


def _receive(sizes: Sizes) -> List[Record]:
    """Both in turn; the ratio is of the medians."""
    rates: Dict[str, List[float]] = {"stock": [], "ours": []}
    for _ in range(sizes.repeats):
        for what in rates:
            rates[what].append(float(subprocess.run(
                [sys.executable, str(_HERE / "micro.py"), what, str(sizes.messages)],
                stdout=subprocess.PIPE, check=True).stdout))
    stock, ours = median(rates["stock"]), median(rates["ours"])
    return [{"row": "receive", "server": server, "clients": 1, "rate": rate, "ratio": ratio}
            for server, rate, ratio in (("gevent-websocket", stock, None),
                                        ("vscpwsd", ours, ours / stock))]


def _write(folder: pathlib.Path, text: str, data: Dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "latest.md").write_text(text, encoding="utf-8")
    (folder / "latest.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
