"""The rows of the table: what is measured on which stage.

A *job* is a stage with all that is measured on it, because the login of a thousand clients takes
longer than the measurements. ``jobs()`` lists them; ``--only`` leaves out rows, ``--short`` makes
everything tiny. Each measurement gives a *record*, a flat dictionary fit for JSON.
"""

from __future__ import annotations

from functools import partial
from statistics import median
from typing import Callable, Iterator, List, NamedTuple, Sequence, Tuple

import pageload
from records import Record
from search import maximum, narrow_maximum
from stage import Kind, Run, Stage

__all__ = ["BY_NAME", "ROWS", "Job", "Sizes", "FULL", "SHORT", "blank", "jobs"]

#: The names for ``--only``, and what they are.
ROWS = {
    "max": "messages/s at most without loss, by number of clients",
    "ws2": "the same on ws2",
    "filters": "the same with twenty different filters",
    "filters-100": "the same with a hundred",
    "latency": "latency and CPU at fixed rates",
    "scale": "many clients: loss and CPU per byte",
    "hostile": "latency beside stuck, dead, flooding and silent clients",
    "ingest": "events from clients to the bus, acknowledged",
    "ingest-heard": "the same, with a hundred other clients that hear them",
    "bridge": "messages/s at most of a front-end behind a broker, of two, and of the broker's own",
    "bridge-latency": "latency of the same",
    "memory": "memory per idle client",
    "startup": "from the start to the first greeting",
    "page": "a browser's load of the page amid events, to the first of them",
    "receive": "reading pipelined messages, against gevent-websocket",
    "soak": "a saturated 1 Mbit/s bus for ten minutes",
}

#: Only when named: ``soak`` takes twenty minutes, ``hostile`` changes the machine's network.
BY_NAME = ("hostile", "soak")

_PEERS = ("mosquitto", "websockets", "node ws")
_OURS, _NO_PAUSE, _ATTACKED = "vscpwsd", "vscpwsd, no pause", "vscpwsd, attacked"
_FRONT, _TWO_FRONTS = "vscpwsd, front-end", "vscpwsd, two front-ends"
_NO_MEMORY, _NO_BROKER = "vscpwsd, no memory", "vscpwsd, no broker"
_INSTALLED = "vscpwsd, 200 users"
_WITHOUT = (_NO_MEMORY, _NO_BROKER)     # what these cost is told for ``many`` clients
_HOSTILE = {"stuck": 20, "flooding": 20, "silent": 50, "dead": 20}
_OVERLOADED = 0.5               # s late: no use to try again


class Sizes(NamedTuple):
    """How much of everything."""

    counts: Tuple[int, ...]             # clients, for the maximum
    latency_counts: Tuple[int, ...]
    rates: Tuple[float, ...]            # events/s, for latency
    scale: Tuple[Tuple[int, Tuple[float, ...]], ...]    # clients, and rates to them
    many: int                           # clients where filters and ws2 are measured
    audience: int                       # clients that hear what others send
    beside: int                         # clients beside a browser
    page_rate: float                    # events/s that a page is loaded amid
    step: float                         # s of one step of a search
    fixed: float                        # s at a fixed rate
    ingest: float                       # s
    on_time: float                      # s that the last event of a run may be late
    repeats: int
    searching: bool                     # else the maximum is one step
    messages: int                       # read for ``receive``
    soak: float                         # s
    piece: float                        # s of a soak that are checked together
    page: float                         # s of events around a load of the page


FULL = Sizes(counts=(1, 10, 100, 1000), latency_counts=(10, 100), rates=(1000, 8000),
             scale=((100, (8000,)), (1000, (8000, 15000))), many=100, audience=100,
             beside=10, page_rate=15000, step=1.0, fixed=3.0, ingest=1.5, on_time=0.1, repeats=3,
             searching=True, messages=200000, soak=600.0, piece=20.0, page=8.0)
SHORT = Sizes(counts=(2,), latency_counts=(2,), rates=(500,), scale=((3, (500,)),), many=20,
              audience=3, beside=2, page_rate=200, step=0.2, fixed=0.2, ingest=0.2, on_time=10.0,
              repeats=1, searching=False, messages=4000, soak=0.4, piece=0.2, page=20.0)

Measure = Callable[[Stage, Sizes], Record]


class Job(NamedTuple):
    """One stage and the rows measured on it, in order."""

    server: str
    kind: Kind
    measures: List[Tuple[str, Measure]]


def jobs(sizes: Sizes, only: Sequence[str], servers: Sequence[str]) -> Iterator[Job]:
    """All that is to be done, the servers side by side."""
    for job in _all_jobs(sizes):
        measures = [measure for measure in job.measures if measure[0] in only]
        if measures and job.server in servers:
            yield job._replace(measures=measures)


def blank(job: Job, row: str, measure: Measure, note: str) -> Record:
    """The record of what could not be measured; ``note`` says why."""
    given = dict(getattr(measure, "keywords", {}))
    if "rate" in given:
        given["wanted"] = given.pop("rate")
    return {"row": row, "server": job.server, "clients": job.kind.clients, "ok": False,
            "fault": note, "note": note, **given}


def _all_jobs(sizes: Sizes) -> Iterator[Job]:
    scale = dict(sizes.scale)
    for count in sorted({*sizes.counts, *sizes.latency_counts, *scale}):
        for server in (_OURS, *_WITHOUT, _NO_PAUSE, *_PEERS):
            yield Job(server, Kind(count), list(_measures(sizes, scale, count, server)))
    yield Job(_OURS, Kind(sizes.many, dialect="ws2"), [("ws2", _maximum)])
    yield Job(_OURS, Kind(sizes.many, filters=20), [("filters", _maximum)])
    yield Job(_OURS, Kind(sizes.many, filters=100), [("filters-100", _maximum)])
    yield Job(_ATTACKED, Kind(sizes.many), [("hostile", _hostile)])
    yield Job(_TWO_FRONTS, Kind(sizes.many), [("bridge", _maximum)])
    for server in (_FRONT, "mosquitto"):
        yield Job(server, Kind(sizes.many), [
            ("bridge", _maximum), ("bridge-latency", partial(_fixed, rate=sizes.rates[0]))])
    for count in (1, 10):
        for server in (_OURS, "mosquitto"):
            yield Job(server, Kind(count, listen=False),
                      [("ingest", partial(_ingest, window=window)) for window in (1, 100)])
    for server in (_OURS, "mosquitto"):
        yield Job(server, Kind(1, listen=False, audience=sizes.audience),
                  [("ingest-heard", partial(_ingest, window=100))])
    yield Job(_OURS, Kind(sizes.beside), [("page", partial(_page, rate=sizes.page_rate))])
    for _ in range(sizes.repeats - 1):      # and once with the other measurements
        for server in (_OURS, *_PEERS):
            yield Job(server, Kind(max(sizes.counts)), [("memory", _memory)])
    for _ in range(sizes.repeats):
        for server in (_OURS, _INSTALLED, *_PEERS):
            yield Job(server, Kind(1), [("startup", _startup)])
    yield Job(_OURS, Kind(sizes.many), [
        ("soak", partial(_soak, rate=7600, empty=False)),
        ("soak", partial(_soak, rate=15000, empty=True))])


def _measures(sizes: Sizes, scale, count: int, server: str) -> Iterator[Tuple[str, Measure]]:
    if server in _WITHOUT and count not in (sizes.many, sizes.counts[0]):
        return
    if count == max(sizes.counts) and server in (_OURS, *_PEERS):
        yield "memory", _memory
    if count in sizes.counts and server != _NO_PAUSE:
        yield "max", _maximum
    if count in sizes.latency_counts:
        for rate in sizes.rates:
            yield "latency", partial(_fixed, rate=rate)
    if server == _OURS:
        for rate in scale.get(count, ()):
            yield "scale", partial(_fixed, rate=rate)


# ---- the measurements --------------------------------------------------------------------------


def _maximum(stage: Stage, sizes: Sizes) -> Record:
    def attempt(rate: float) -> Run:
        return stage.run(rate, sizes.step)

    if not sizes.searching:
        return _record_of_runs([attempt(min(stage.guess, 500.0))])
    found = [maximum(attempt, stage.guess)]
    while found[0] is not None and len(found) < sizes.repeats:
        found.append(narrow_maximum(attempt, found[0].rate))
    runs = [run for run in found if run is not None]
    if not runs:
        return {"ok": False, "fault": "nothing is sustained"}
    stage.sustained = max(run.rate for run in runs)
    return _record_of_runs(runs)


def _fixed(stage: Stage, sizes: Sizes, rate: float) -> Record:
    hopeless = stage.sustained is not None and stage.sustained < rate / 1.5
    seconds = min(sizes.fixed, 1.0) if hopeless else sizes.fixed
    runs: List[Run] = []
    while len(runs) < sizes.repeats:
        runs.append(stage.run(rate, seconds, latency=True))
        if not runs[-1].ok and (hopeless or runs[-1].late > _OVERLOADED):
            break
    return _record_of_runs(runs)


def _record_of_runs(runs: List[Run]) -> Record:
    """The medians of the runs, and each run's own delivered messages/s."""
    record: Record = {
        "wanted": runs[0].rate,
        "ok": all(run.ok for run in runs),
        "fault": next((run.fault for run in runs if run.fault), ""),
        "runs": [round(run.delivered) for run in runs],
    }
    for name in ("rate", "delivered", "server_cpu", "client_cpu", "feeder_cpu"):
        record[name] = median(getattr(run, name) for run in runs)
    record["cpu_per_gigabyte"] = median(
        run.server_cpu * run.seconds / max(run.bytes, 1) * 1e9 for run in runs)
    whole = [run.latency for run in runs if run.latency]
    for name in whole[0] if whole else ():
        record[name] = median(latency[name] for latency in whole)
    return record


def _hostile(stage: Stage, sizes: Sizes) -> Record:
    """The same rate before and among hostile clients; ``ratio`` is of the two p99."""
    rate = sizes.rates[0]
    before = _fixed(stage, sizes, rate)
    dead = stage.attack(**_HOSTILE)
    among = _fixed(stage, sizes, rate)
    return {**among, "dead": dead, "p99_before": before.get("p99"),
            "server_cpu_before": before["server_cpu"],
            "ratio": among["p99"] / before["p99"] if "p99" in among and "p99" in before else None}


def _memory(stage: Stage, sizes: Sizes) -> Record:
    return {"bytes": stage.memory_per_client}


def _startup(stage: Stage, sizes: Sizes) -> Record:
    return {"seconds": stage.server.start_seconds}


def _ingest(stage: Stage, sizes: Sizes, window: int) -> Record:
    runs = [stage.ingest(window, sizes.ingest) for _ in range(sizes.repeats)]
    record: Record = {"window": window, "fault": next((run["fault"] for run in runs
                                                       if run["fault"]), "")}
    for name in ("rate", "server_cpu", "client_cpu"):
        record[name] = median(run[name] for run in runs)
    record["runs"] = [round(run["rate"]) for run in runs]
    return record


def _page(stage: Stage, sizes: Sizes, rate: float) -> Record:
    """That clients got something late is no loss: their load client shares a core with a browser.
    """
    reason = pageload.missing()
    if reason:
        return {"wanted": rate, "ok": False, "fault": reason, "note": reason}
    loads, runs = stage.page_loads(rate, sizes.page, sizes.repeats)
    lost = [run.fault for run in runs if not run.complete]
    return {"wanted": rate, "ok": not lost, "fault": lost[0] if lost else "",
            "seconds": median(loads), "runs": loads,
            "server_cpu": median(run.server_cpu for run in runs)}


def _soak(stage: Stage, sizes: Sizes, rate: float, empty: bool) -> Record:
    """In pieces, each checked before the next, with well under a second between them."""
    runs = []
    while len(runs) * sizes.piece < sizes.soak:
        runs.append(stage.run(rate, sizes.piece, latency=True, empty=empty, size=8))
    record = _record_of_runs(runs)
    record.update(seconds=sizes.piece * len(runs), empty=empty, lost=sum(
        not run.ok for run in runs), max=max(run.latency.get("max", 0.0) for run in runs))
    return record
