"""The results as a Markdown table."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, Optional, Sequence

from goals import goals
from records import Record, bounded, find

__all__ = ["markdown"]

_OURS = "vscpwsd"
_DISTURBED = 0.1                # cores in use by others, from which on the figures are called low
_FIXED_HEAD = ("clients", "events/s", "server", "p50", "p95", "p99", "max", "server CPU", "result")
_MET = {True: "met", False: "**not met**", None: "—"}


def markdown(machine: Dict[str, str], versions: Dict[str, str], records: List[Record],
             judged: bool = True) -> str:
    """The whole document; if it isn't ``judged``, without the goals."""
    parts = [_head(machine, versions),
             _goals(records) if judged else "**The short form: its figures mean nothing.**"]
    for make in (_maximum, _special, _latency, _scale, _hostile, _bridge, _ingest, _small, _soak):
        part = make(records)
        if part:
            parts.append(part)
    return "\n\n".join(parts) + "\n"


def _head(machine: Dict[str, str], versions: Dict[str, str]) -> str:
    others = float(machine["others"])
    return "# Benchmark, %s\n\n%s, %s cores, %s, Linux %s; %s. %s s.\n\n%s\n\n%s" % (
        machine["date"], machine["cpu"], machine["cores"], machine["memory"], machine["kernel"],
        machine["pinning"], machine["seconds"],
        "Other processes used %.2f cores meanwhile%s." % (
            others, ": **the figures are no good**" if others >= _DISTURBED else ""),
        "\n".join("* %s: %s" % item for item in versions.items()))


def _pick(records: Iterable[Record], row: str) -> List[Record]:
    return [record for record in records if record["row"] == row]


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| %s |" % " | ".join(line) for line in (head, rule, *lines))


def _different(records: List[Record], key: str) -> list:
    return list(dict.fromkeys(record[key] for record in records))


# ---- the parts ---------------------------------------------------------------------------------


def _goals(records: List[Record]) -> str:
    return "## Goals\n\n" + "\n".join(
        "| %s |" % " | ".join(line) for line in (
            ("figure", "goal", "measured", ""), ("---", "---", "---", "---"),
            *((goal.figure, goal.goal, goal.measured, _MET[goal.met])
              for goal in goals(records))))


def _maximum(records: List[Record]) -> str:
    rows = _pick(records, "max")
    if not rows:
        return ""
    counts, servers = _different(rows, "clients"), _different(rows, "server")
    lines = [[server] + [_cell(find(rows, server=server, clients=count), _most)
                         for count in counts] for server in servers]
    lines += [["%s ÷ %s" % (_OURS, server)] + [
        _ratio(find(rows, server=_OURS, clients=count), find(rows, server=server, clients=count))
        for count in counts] for server in servers if server != _OURS]
    lines += [["CPU of server / load client / feeder: %s" % server] + [
        _cell(find(rows, server=server, clients=count), _cores) for count in counts]
        for server in servers]
    head = ["clients"] + ["{:,}".format(count) for count in counts]
    return "## Delivered messages/s at most, without loss\n\n" + _table(head, lines)


def _special(records: List[Record]) -> str:
    names = {"ws2": "ws2", "filters": "ws1, 20 different filters",
             "filters-100": "ws1, 100 different filters"}
    rows = [record for name in names for record in _pick(records, name)]
    if not rows:
        return ""
    peers = [record for record in _pick(records, "max")
             if not record["server"].startswith(_OURS)]
    lines = []
    for record in rows:
        same = [peer for peer in peers if peer["clients"] == record["clients"]]
        lines.append([names[record["row"]], str(record["clients"]), _cell(record, _most),
                      _cell(record, _cores)]
                     + ["÷ %s: %s" % (peer["server"], _ratio(record, peer)) for peer in same])
    width = max(map(len, lines))
    head = ["%s" % _OURS, "clients", "messages/s", "CPU of server / load client / feeder"]
    return "## The same on ws2, and with different filters\n\n" + _table(
        head + ["against"] * (width - len(head)), lines)


def _latency(records: List[Record]) -> str:
    rows = sorted(_pick(records, "latency"), key=lambda one: (one["clients"], one["wanted"]))
    if not rows:
        return ""
    return ("## Latency (ms, from when an event was due) and CPU (cores) at fixed rates\n\n"
            + _table(_FIXED_HEAD, map(_fixed_line, rows)))


def _fixed_line(record: Record) -> List[str]:
    return ["{:,}".format(record["clients"]), "{:,.0f}".format(record["wanted"]),
            record["server"],
            *["%.2f" % record[name] if record["ok"] else "—"
              for name in ("p50", "p95", "p99", "max")], _percent(record, "server_cpu"),
            _verdict(record)]


def _scale(records: List[Record]) -> str:
    rows = _pick(records, "scale")
    if not rows:
        return ""
    lines = [[*_fixed_line(record)[:2], record["server"],
              "%.2f" % record["p99"] if record["ok"] else "—",
              _percent(record, "server_cpu"),
              _cell(record, lambda one: "%.2f s" % one["cpu_per_gigabyte"], "—"),
              _verdict(record)] for record in rows]
    return "## Many clients\n\n" + _table(
        ["clients", "events/s", "server", "p99 ms", "server CPU", "CPU per GB delivered",
         "result"], lines)


def _hostile(records: List[Record]) -> str:
    rows = _pick(records, "hostile")
    if not rows:
        return ""
    return "## Beside 20 stuck, 20 flooding, 50 silent and %d dead clients\n\n" % (
        rows[0].get("dead", 0)) + _table(
        ["clients", "events/s", "p99 ms without them", "with them", "ratio", "server CPU without",
         "with", "result"],
        [["{:,}".format(record["clients"]), "{:,.0f}".format(record["wanted"]),
          "%.2f" % record["p99_before"], "%.2f" % record["p99"], "%.1f" % record["ratio"],
          "%.0f %%" % (100 * record["server_cpu_before"]), "%.0f %%" % (100 * record["server_cpu"]),
          _verdict(record)] if record.get("ratio") else
         ["{:,}".format(record["clients"]), "", "", "", "", "", "",
          record.get("note") or _verdict(record)] for record in rows])


def _bridge(records: List[Record]) -> str:
    rows, fixed = _pick(records, "bridge"), _pick(records, "bridge-latency")
    parts = []
    if rows:
        parts.append(_table(
            ["server", "clients", "events/s at most", "messages/s",
             "CPU of server / load client / feeder"],
            [[record["server"], str(record["clients"]), _cell(record, _events, "—"),
              _cell(record, _most), _cell(record, _cores)] for record in rows]))
    if fixed:
        parts.append(_table(_FIXED_HEAD, map(_fixed_line, fixed)))
    return "## A front-end behind a broker\n\n" + "\n\n".join(parts) if parts else ""


def _ingest(records: List[Record]) -> str:
    others = {"ingest": "none", "ingest-heard": "100 hear them"}
    rows = [record for name in others for record in _pick(records, name)]
    if not rows:
        return ""
    return "## Events/s from clients, acknowledged\n\n" + _table(
        ["clients", "window", "others", "server", "events/s", "server CPU", "load client CPU",
         "result"],
        [[str(record["clients"]), str(record["window"]), others[record["row"]], record["server"],
          _cell(record, lambda one: "{:,.0f}".format(one["rate"]), "—"),
          _percent(record, "server_cpu"), _percent(record, "client_cpu"),
          record["fault"] or "none lost"]
         for record in rows])


def _small(records: List[Record]) -> str:
    lines = []
    for record in _pick(records, "memory"):
        if record.get("bytes", 0) is not None:      # of few clients there is none
            lines.append(["memory per idle client, %s" % record["server"],
                          _cell(record, lambda one: "%.1f KiB" % (one["bytes"] / 1024))])
    for record in _pick(records, "startup"):
        lines.append(["start until it serves, %s" % record["server"],
                      _cell(record, lambda one: "%.2f s" % one["seconds"])])
    for record in _pick(records, "page"):
        lines.append(["first event on a page loaded amid {:,.0f} events/s to {} other clients"
                      .format(record["wanted"], record["clients"]), _cell(record, _loaded)])
    for record in _pick(records, "receive"):
        lines.append(["pipelined messages read per second, %s" % record["server"],
                      "{:,.0f}".format(record["rate"])])
        if record["ratio"]:
            lines.append(["the same, ours ÷ gevent-websocket's", "%.1f" % record["ratio"]])
    return "## Single figures\n\n" + _table(["figure", "value"], lines) if lines else ""


def _soak(records: List[Record]) -> str:
    rows = _pick(records, "soak")
    if not rows:
        return ""
    return "## A saturated bus\n\n" + _table(
        ["clients", "frames/s", "data", "for", "p99 ms", "max ms", "server CPU", "result"],
        [["{:,}".format(record["clients"]), "{:,.0f}".format(record["wanted"]),
          "none" if record["empty"] else "8 bytes",
          _cell(record, lambda one: "%.0f s" % one["seconds"], "—"),
          *["%.2f" % record[name] if record["ok"] else "—" for name in ("p99", "max")],
          _percent(record, "server_cpu"), _verdict(record)] for record in rows])


# ---- cells -------------------------------------------------------------------------------------


def _cell(record: Optional[Record], form: Callable[[Record], str], blank: str = "") -> str:
    """``blank`` is for lines that say elsewhere why there is no figure."""
    if record is None:
        return ""
    return blank or record["note"] if record.get("note") else form(record)


def _loaded(record: Record) -> str:
    return "%.2f s, %s" % (record["seconds"], record["fault"] or "none lost")


def _percent(record: Record, name: str) -> str:
    return _cell(record, lambda one: "%.0f %%" % (100 * one[name]), "—")


def _most(record: Record) -> str:
    if not record["ok"]:
        return record["fault"]
    return ("≥ " if bounded(record) else "") + "{:,.0f}".format(record["delivered"])


def _events(record: Record) -> str:
    return "{:,.0f}".format(record["rate"]) if record["ok"] else "—"


def _cores(record: Record) -> str:
    if not record["ok"]:
        return "—"
    return " / ".join("%.0f" % (100 * record[name])
                      for name in ("server_cpu", "client_cpu", "feeder_cpu")) + " %"


def _ratio(mine: Optional[Record], other: Optional[Record]) -> str:
    if not (mine and other and mine.get("ok") and other.get("ok")):
        return "—"
    sign = {(True, False): "≥ ", (False, True): "≤ ", (True, True): "~ "}.get(
        (bounded(mine), bounded(other)), "")
    ratio = mine["delivered"] / other["delivered"]
    return sign + ("%.3f" if 0.5 < ratio < 2 else "%.1f") % ratio    # two that are nearly alike


def _verdict(record: Record) -> str:
    if record["ok"]:
        return "none lost"
    if record.get("note"):
        return record["note"]
    whole = ", {:,.0f} messages/s".format(record["delivered"]) if record["delivered"] else ""
    return "can't%s: %s" % (whole, record["fault"])
