"""The daemon seen from outside, as text: for ``status``, the service manager, and the log.

Made of the report that ``App.report`` gives, which is plain and fit for JSON, so that another
process can make it too.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List

__all__ = ["describe", "duration", "listed", "report_lines", "summary"]

_MOST_BUSES = 4                 # in a summary


def summary(buses: List[Dict[str, Any]], clients: int, reload_refused: bool) -> str:
    """``3 clients, can0 up``: the state in one short line; ``buses`` as the report has them."""
    parts = [_count(clients, "client")]
    parts += ["%s %s" % (_short_name(bus), bus["state"]) for bus in buses[:_MOST_BUSES]]
    if len(buses) > _MOST_BUSES:
        parts.append("%d more buses" % (len(buses) - _MOST_BUSES))
    text = ", ".join(parts)
    return text + "; the last reload was refused" if reload_refused else text


def report_lines(report: Dict[str, Any]) -> List[str]:
    """What ``status`` shows, a few lines."""
    clients = report["clients"]
    protocols = ", ".join("%s %d" % (name, sum(states.values()))
                          for name, states in sorted(report["present"].items()))
    lines = [
        "version %s, up %s" % (report["version"], duration(report["uptime"])),
        "%s%s, %d logged in, %s" % (
            _count(clients["clients"], "client"), " (%s)" % protocols if protocols else "",
            clients["authenticated"],
            _count(report["connections"] - clients["clients"], "other connection")),
    ]
    lines += [_bus_line(bus) for bus in report["buses"]]
    if report["reload_refused"]:
        lines.append("the last reload was refused, the settings before it are in force")
    return lines


def describe(report: Dict[str, Any], clients: Iterable[str]) -> List[str]:
    """Everything, for the log: the above, all counters, and the given lines about clients."""
    lines = report_lines(report)
    for bus in report["buses"]:
        lines.append("bus %s: %s" % (bus["name"], listed(bus)))
    lines.append("hub: %s" % listed(report["hub"]))
    lines.append("clients: %s" % listed(report["clients"]))
    for name in ("closed", "dismissed", "refused", "refusals", "answers", "restarts", "reloads",
                 "process"):
        if report.get(name):
            lines.append("%s: %s" % (name, listed(report[name])))
    lines.append("login failures: %d" % report["login_failures"])
    return lines + list(clients)


def duration(seconds: float) -> str:
    """A time in the two units that matter: ``3 h 12 min``."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return "%d d %d h" % (days, hours)
    if hours:
        return "%d h %d min" % (hours, minutes)
    return "%d min %d s" % (minutes, seconds) if minutes else "%d s" % seconds


def _bus_line(bus: Dict[str, Any]) -> str:
    reason = " (%s)" % bus["reason"] if bus["reason"] else ""
    missed = ", %d missed" % bus["missed"] if bus.get("missed") else ""
    skipped = ", %d skipped" % bus["skipped"] if bus.get("skipped") else ""
    return "bus %s: %s is %s%s since %s; %d events received%s, %d sent, %d dropped%s" % (
        bus["name"], bus["channel"], bus["state"], reason, duration(bus["since_seconds"]),
        bus["events"], skipped, bus["sent"], sum(bus["dropped"].values()), missed)


def _short_name(bus: Dict[str, Any]) -> str:
    """``can0``; anything longer is better known by its driver's name."""
    return str(bus["name"] if ":" in bus["channel"] else bus["channel"])


def _count(number: int, name: str) -> str:
    return "%d %s%s" % (number, name, "" if number == 1 else "s")


def listed(numbers: Dict[str, Any]) -> str:
    """``name value`` of all that are numbers, those of a group in brackets."""
    parts = []
    for name, value in numbers.items():
        if isinstance(value, dict):
            parts.append("%s (%s)" % (name, listed(value)))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            parts.append("%s %g" % (name, value) if isinstance(value, float)
                         else "%s %d" % (name, value))
    return ", ".join(parts)
