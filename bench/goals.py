"""The goals, each beside what was measured.

A goal compares figures of one run. It is met or not; one whose figures are missing is "not
measured" and stays in the table. Where a peer could not do what it is compared at (it lost events
or came late), whoever could is better, and the text says so. Where the load client was what held
a peer up, the peer might be faster than its figure, and no ratio to it is called met.
"""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional, Tuple

from records import Record, bounded, find

__all__ = ["Goal", "goals"]

_OURS, _NO_PAUSE, _BROKER = "vscpwsd", "vscpwsd, no pause", "mosquitto"
_FRONT, _TWO_FRONTS = "vscpwsd, front-end", "vscpwsd, two front-ends"
_INSTALLED, _NO_BROKER = "vscpwsd, 200 users", "vscpwsd, no broker"
_PEERS = (_BROKER, "websockets", "node ws")

Judged = Tuple[str, Optional[bool]]         # what was measured, and whether that is enough

_NOT_MEASURED: Judged = ("not measured", None)


class Goal(NamedTuple):
    """``met`` is None if that can't be said."""

    figure: str
    goal: str
    measured: str
    met: Optional[bool]


def goals(records: List[Record]) -> List[Goal]:
    """All of them, in a fixed order. ``records`` has one record for each figure."""
    return [Goal(figure, goal, *judged) for figure, goal, judged in _all_goals(records)]


def _all_goals(records: List[Record]) -> Iterator[Tuple[str, str, Judged]]:
    for row, what, factor in (("max", "ws1, equal filters", 50), ("ws2", "ws2", 30),
                              ("filters", "ws1, 20 different filters", 15)):
        for peer in (_BROKER, "websockets"):
            yield ("messages/s at most, 100 clients, " + what, "≥ %d × %s" % (factor, peer),
                   _ratio(find(records, row=row, server=_OURS, clients=100),
                          find(records, row="max", server=peer, clients=100), factor))

    for row, count, millions in (("filters", 20, 12), ("filters-100", 100, 4)):
        yield ("messages/s at most, 100 clients, ws1, %d different filters" % count,
               "≥ %d million" % millions, _at_least(
                   find(records, row=row, server=_OURS, clients=100), millions * 1e6))

    def fixed(server: str, clients: int, rate: int) -> Optional[Record]:
        return find(records, row="latency", server=server, clients=clients, wanted=rate)

    hundred, broker = fixed(_OURS, 100, 1000), fixed(_BROKER, 100, 1000)
    yield ("p50 at 1,000 events/s, 100 clients, no pause", "≤ mosquitto's",
           _no_later(fixed(_NO_PAUSE, 100, 1000), broker, "p50"))
    yield ("p99 at 1,000 events/s, 100 clients, no pause", "≤ the best peer's",
           _earliest(fixed(_NO_PAUSE, 100, 1000),
                     [fixed(peer, 100, 1000) for peer in _PEERS], "p99"))
    yield ("p99 at 1,000 events/s, 100 clients, with the pause", "≤ 5 ms",
           _at_most(hundred, "p99", 5.0, "%.2f ms"))
    yield ("CPU at 1,000 events/s, 100 clients, with the pause", "≤ ½ of mosquitto's",
           _half_the_cpu(hundred, broker))
    yield ("p50 at 1,000 events/s, 10 clients, no pause", "≤ mosquitto's",
           _no_later(fixed(_NO_PAUSE, 10, 1000), fixed(_BROKER, 10, 1000), "p50"))
    for name in ("p50", "p99"):
        yield ("%s at 1,000 events/s, 10 clients, with the pause" % name, "≤ the best peer's",
               _earliest(fixed(_OURS, 10, 1000),
                         [fixed(peer, 10, 1000) for peer in _PEERS], name))
    few = fixed(_OURS, 10, 8000)
    yield ("p50 at 8,000 events/s, 10 clients, with the pause", "≤ 0.5 ms",
           _at_most(few, "p50", 0.5, "%.2f ms"))
    yield "CPU at the same", "≤ 27 % of a core", _at_most(few, "server_cpu", 0.27, "%.0f %%", 100)

    fast = fixed(_OURS, 100, 8000)
    yield ("CPU at 8,000 events/s, 100 clients", "≤ 50 % of a core",
           _at_most(fast, "server_cpu", 0.5, "%.0f %%", 100))
    yield "p99 at the same", "≤ 10 ms", _at_most(fast, "p99", 10.0, "%.2f ms")
    yield "loss at the same", "none", _lossless(fast)
    yield ("15,000 events/s to 1,000 clients, one core", "no loss",
           _lossless(find(records, row="scale", clients=1000, wanted=15000)))
    for empty, what in ((False, "7,600 frames/s of 8 bytes"), (True, "15,000 frames/s of none")):
        yield ("saturated 1 Mbit/s bus, 100 clients, ten minutes, " + what, "no loss",
               _ten_minutes(find(records, row="soak", clients=100, empty=empty)))

    front, behind = (find(records, row="bridge", server=server, clients=100)
                     for server in (_FRONT, _BROKER))
    yield ("messages/s at most, 100 clients of a front-end", "≥ 50 × mosquitto's own",
           _ratio(front, behind, 50))
    yield ("events/s at most of a front-end beside a second one", "≥ ½ of those alone",
           _part(find(records, row="bridge", server=_TWO_FRONTS, clients=100), front, 0.5))
    yield ("messages/s at most, 100 clients, a bridge without its broker", "≥ 0.9 of those without",
           _part(*(find(records, row="max", server=server, clients=100)
                   for server in (_NO_BROKER, _OURS)), 0.9))
    yield ("p99 at 1,000 events/s, 100 clients, the same", "≤ 1.2 × that without",
           _no_later(fixed(_NO_BROKER, 100, 1000), hundred, "p99", 1.2))
    front, behind = (find(records, row="bridge-latency", server=server, clients=100)
                     for server in (_FRONT, _BROKER))
    yield ("p99 at 1,000 events/s, 100 clients of a front-end", "≤ 2 × mosquitto's own",
           _no_later(front, behind, "p99", 2))
    for row, clients, window, what, least in (
            ("ingest", 1, 1, "one client, acknowledged, window 1", 2000),
            ("ingest", 1, 100, "one client, acknowledged, window 100", 150000),
            ("ingest-heard", 1, 100, "the same, with 100 others listening", 80000),
            ("ingest", 10, 1, "10 clients, acknowledged, window 1", 60000)):
        yield "events/s from " + what, "≥ {:,}".format(least), _ingest(
            find(records, row=row, server=_OURS, clients=clients, window=window), least)
    yield ("pipelined receive", "≥ 8 × gevent-websocket's",
           _receive(find(records, row="receive", server=_OURS)))
    yield ("first event on a page loaded amid 15,000 events/s", "≤ 1 s, no loss to others",
           _seconds(find(records, row="page", server=_OURS, wanted=15000), 1.0))
    yield ("start until it serves, 200 users", "≤ 0.4 s",
           _seconds(find(records, row="startup", server=_INSTALLED), 0.4))
    yield ("memory per idle authenticated client", "≤ 12 KiB",
           _memory(find(records, row="memory", server=_OURS, clients=1000)))
    yield ("CPU per delivered byte at 8,000 events/s, 1,000 clients", "≤ 3 × that of 100",
           _growth(*(find(records, row="scale", clients=clients, wanted=8000)
                     for clients in (100, 1000))))


def _ratio(mine: Optional[Record], other: Optional[Record], factor: float) -> Judged:
    gap = _gap(mine, other)
    if gap:
        return gap
    if not (mine["ok"] and other["ok"]):
        return _fault(mine) or ("the peer: %s" % other["fault"], None)
    ratio = mine["delivered"] / other["delivered"]
    if bounded(other):
        return ("at most %.1f ×, the load client held %s up" % (ratio, other["server"]),
                None if ratio >= factor else False)
    return "%s%.1f ×" % ("≥ " if bounded(mine) else "", ratio), ratio >= factor


def _part(mine: Optional[Record], other: Optional[Record], least: float) -> Judged:
    """Of the other's events/s, be the load client held up or not: it is the same for both."""
    gap = _gap(mine, other)
    if gap:
        return gap
    fault = _fault(mine) or _fault(other)
    if fault:
        return fault
    ratio = mine["rate"] / other["rate"]
    return "%.2f ×" % ratio, ratio >= least


def _no_later(mine: Optional[Record], other: Optional[Record], name: str,
              times: float = 1) -> Judged:
    gap = _gap(mine, other)
    if gap:
        return gap
    if not mine["ok"]:
        return _fault(mine)
    if not other["ok"]:
        return "%.2f ms, %s can't do this rate" % (mine[name], other["server"]), True
    return "%.2f against %.2f ms" % (mine[name], other[name]), mine[name] <= times * other[name]


def _earliest(mine: Optional[Record], others: List[Optional[Record]], name: str) -> Judged:
    """Of the peers that are there whichever is best."""
    there = [other for other in others if other is None or not other.get("note")]
    gap = _gap(mine, *(there or others))
    if gap:
        return gap
    able = [other for other in there if other["ok"]]
    return _no_later(mine, min(able, key=lambda other: other[name]) if able else there[0], name)


def _at_least(record: Optional[Record], least: float) -> Judged:
    gap = _gap(record)
    if gap:
        return gap
    return _fault(record) or ("%s{:,.0f}".format(record["delivered"]) % (
        "≥ " if bounded(record) else ""), record["delivered"] >= least)


def _seconds(record: Optional[Record], most: float) -> Judged:
    gap = _gap(record)
    if gap:
        return gap
    text = "%.2f s" % record["seconds"]
    if record.get("fault"):
        return "%s, %s" % (text, record["fault"]), False
    return text, record["seconds"] <= most


def _half_the_cpu(mine: Optional[Record], other: Optional[Record]) -> Judged:
    gap = _gap(mine, other)
    if gap:
        return gap
    text = "%.0f against %.0f %%" % (100 * mine["server_cpu"], 100 * other["server_cpu"])
    if not other["ok"]:
        text += ", with which %s can't do this rate" % other["server"]
    return _fault(mine) or (text, mine["server_cpu"] <= other["server_cpu"] / 2)


def _at_most(record: Optional[Record], name: str, most: float, form: str,
             unit: float = 1) -> Judged:
    gap = _gap(record)
    if gap:
        return gap
    return _fault(record) or (form % (unit * record[name]), record[name] <= most)


def _lossless(record: Optional[Record]) -> Judged:
    gap = _gap(record)
    if gap:
        return gap
    return _fault(record) or ("none lost", True)


def _ten_minutes(record: Optional[Record]) -> Judged:
    if record is not None and record.get("seconds", 600) < 600:
        return _NOT_MEASURED
    return _lossless(record)


def _ingest(record: Optional[Record], least: float) -> Judged:
    gap = _gap(record)
    if gap:
        return gap
    text = "{:,.0f}".format(record["rate"])
    if record["fault"]:
        return "%s, %s" % (text, record["fault"]), False
    return text, record["rate"] >= least


def _receive(record: Optional[Record]) -> Judged:
    gap = _gap(record)
    if gap:
        return gap
    return "%.1f ×" % record["ratio"], record["ratio"] >= 8


def _memory(record: Optional[Record]) -> Judged:
    gap = _gap(record)
    if gap:
        return gap
    return "%.1f KiB" % (record["bytes"] / 1024), record["bytes"] <= 12 * 1024


def _growth(few: Optional[Record], many: Optional[Record]) -> Judged:
    gap = _gap(few, many)
    if gap:
        return gap
    ratio = many["cpu_per_gigabyte"] / few["cpu_per_gigabyte"]
    return _fault(few) or _fault(many) or ("%.2f ×" % ratio, ratio <= 3)


def _gap(*records: Optional[Record]) -> Optional[Judged]:
    """What there is instead of a figure: nothing was measured, or the record is a blank."""
    for record in records:
        if record is None:
            return _NOT_MEASURED
        if record.get("note"):
            return "%s: %s" % (record["server"], record["note"]), None
    return None


def _fault(record: Record) -> Optional[Judged]:
    return None if record["ok"] else (record["fault"], False)
