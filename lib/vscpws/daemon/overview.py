"""The daemon seen from outside, as text: for ``status``, the service manager, and the log.

Made of the report that ``Service.status`` gives, which is plain and fit for JSON, so that another
process can make it too.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List

__all__ = ["duration", "listed", "log_lines", "status_lines", "summary"]

# What a line about an end tells, and whether also where it is 0.
_COUNTS = (("events", "%d events received", True), ("skipped", "%d skipped", False),
           ("sent", "%d sent", True))
_MOST_ENDS = 4                 # in a summary


def summary(ends: List[Dict[str, Any]], clients: int, reload_refused: bool) -> str:
    """``3 clients, can0 up``: the state in one short line; ``ends`` as the report has them."""
    parts = [_count(clients, "client")]
    parts += ["%s %s" % (_short_name(end), end["state"]) for end in ends[:_MOST_ENDS]]
    if len(ends) > _MOST_ENDS:
        parts.append("and %d more" % (len(ends) - _MOST_ENDS))
    text = ", ".join(parts)
    return text + "; the last reload was refused" if reload_refused else text


def status_lines(report: Dict[str, Any]) -> List[str]:
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
    for end in report["ends"]:
        lines += [_end_line(end), *map(_other_line, end.get("others", ()))]
    lines += _memory_lines(report["memory"])
    if report["reload_refused"]:
        lines.append("the last reload was refused, the settings before it are in force")
    return lines


def log_lines(report: Dict[str, Any], clients: Iterable[str]) -> List[str]:
    """Everything, for the log: the above, all counters, and the given lines about clients."""
    lines = status_lines(report)
    for end in report["ends"]:
        lines.append("%s %s: %s" % (end["kind"], end["name"], listed(end)))
    lines.append("hub: %s" % listed(report["hub"]))
    lines.append("clients: %s" % listed(report["clients"]))
    lines.append("memory: %s" % listed(report["memory"]))
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


def _end_line(end: Dict[str, Any]) -> str:
    reason = " (%s)" % end["reason"] if end["reason"] else ""
    line = "%s %s: %s is %s%s since %s" % (
        end["kind"], end["name"], end.get("channel", end["name"]), end["state"], reason,
        duration(end["since_seconds"]))
    counts = [text % end[key] for key, text, always in _COUNTS
              if key in end and (always or end[key])]
    if "dropped" in end:
        counts.append("%d dropped" % sum(end["dropped"].values()))
    if end.get("missed"):
        counts.append("%d missed" % end["missed"])
    if "nodes" in end.get("speaker", ()):
        counts.append("%s in Home Assistant" % _count(end["speaker"]["nodes"], "node"))
    return line + ("; " + ", ".join(counts) if counts else "")


def _other_line(other: Dict[str, Any]) -> str:
    """Another daemon at the broker."""
    buses = ["%s %s" % (bus["name"], bus["state"]) for bus in other["buses"][:_MOST_ENDS]]
    if len(other["buses"]) > _MOST_ENDS:
        buses.append("and %d more" % (len(other["buses"]) - _MOST_ENDS))
    return "  daemon %s is %s%s" % (other["name"], other["state"],
                                    ": " + ", ".join(buses) if buses else "")


def _memory_lines(memory: Dict[str, Any]) -> List[str]:
    states = memory["states"]
    restored = " (%d of a file alone)" % states["restored"] if states["restored"] else ""
    lines = ["%s%s known, %s with a history" % (
        _count(sum(states.values()), "state"), restored, _count(memory["sensors"], "sensor"))]
    lines += ["the %s file: %s" % (name, memory[name + "_file"]["failure"])
              for name in ("state", "history") if memory[name + "_file"]["failure"]]
    return lines


def _short_name(end: Dict[str, Any]) -> str:
    """``can0``; anything longer is better known by its driver's name."""
    channel = end.get("channel", ":")
    return str(end["name"] if ":" in channel else channel)


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
