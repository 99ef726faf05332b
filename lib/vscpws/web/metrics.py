"""The daemon's report as Prometheus' text, version 0.0.4; pure text work.

``METRICS`` is the table of all of them. No label holds a user's name or an address: whoever may
read the figures need not know who lives in the house.

Source: prometheus.io, "Exposition formats" and "Metric and label naming".
"""

from __future__ import annotations

import platform
from itertools import accumulate
from typing import Any, Callable, Dict, Iterable, Iterator, NamedTuple, Tuple

__all__ = ["BUS_STATES", "CONTENT_TYPE", "METRICS", "Metric", "metrics_text"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: What a bus may be in.
BUS_STATES = ("closed", "waiting", "unusable", "up", "warning", "passive", "bus-off", "down")

_Labels = Dict[str, str]
_Report = Dict[str, Any]
_Sample = Tuple[_Labels, float]


class Metric(NamedTuple):
    """``samples`` makes labels and values of a report; a gauge moves both ways, a counter grows.

    Those of a histogram are events by the upper end of their bucket, in order, then their sum.
    """

    name: str
    kind: str                   # gauge, counter or histogram
    text: str                   # what it is, one line
    samples: Callable[[_Report], Iterable[_Sample]]


def metrics_text(report: _Report) -> str:
    """All metrics that the report has values for."""
    lines = []
    for metric in METRICS:
        samples = ["%s%s %s" % (name, _labels(labels), _number(value))
                   for name, labels, value in _named(metric, report)]
        if samples:
            lines += ["# HELP %s %s" % (metric.name, metric.text),
                      "# TYPE %s %s" % (metric.name, metric.kind)] + samples
    return "\n".join(lines) + "\n"


def _named(metric: Metric, report: _Report) -> Iterable[Tuple[str, _Labels, float]]:
    samples = list(metric.samples(report))
    if metric.kind != "histogram":
        return [(metric.name, labels, value) for labels, value in samples]
    *buckets, (labels, total) = samples
    return [*((metric.name + "_bucket", *bucket) for bucket in buckets),
            (metric.name + "_sum", labels, total), (metric.name + "_count", {}, buckets[-1][1])]


def _labels(labels: _Labels) -> str:
    if not labels:
        return ""
    return "{%s}" % ",".join('%s="%s"' % (name, _escaped(value))
                             for name, value in labels.items())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return "%d" % value if value == int(value) else repr(float(value))


# ---- samples of a report -----------------------------------------------------------------------


def _one(*path: str) -> Callable[[_Report], Iterable[_Sample]]:
    """The number at a place in the report."""
    def samples(report: _Report) -> Iterable[_Sample]:
        value: Any = report
        for name in path:
            value = value[name]
        return [] if value is None else [({}, value)]
    return samples


def _group(label: str, *path: str) -> Callable[[_Report], Iterable[_Sample]]:
    """A number for each name in a part of the report."""
    def samples(report: _Report) -> Iterable[_Sample]:
        found = report
        for name in path:
            found = found[name]
        return [({label: name}, value) for name, value in sorted(found.items())]
    return samples


def _buses(key: str, **labels: str) -> Callable[[_Report], Iterable[_Sample]]:
    """A number of each bus."""
    return lambda report: [(dict({"bus": bus["name"]}, **labels), bus[key])
                           for bus in report["buses"]]


def _bridges(key: str) -> Callable[[_Report], Iterable[_Sample]]:
    """A number of the MQTT bridge, where there is one."""
    return lambda report: [({}, end[key]) for end in report["ends"] if end["kind"] == "mqtt"]


def _of_bridges(key: str, label: str) -> Callable[[_Report], Iterable[_Sample]]:
    """A number for each name in one of its groups."""
    return lambda report: [({label: name}, value) for end in report["ends"]
                           if end["kind"] == "mqtt"
                           for name, value in sorted(end.get(key, {}).items())
                           if name != "waiting"]


def _homes(key: str, label: str = "") -> Callable[[_Report], Iterable[_Sample]]:
    """A number of what is told to Home Assistant, or one for each name in a group."""
    def samples(report: _Report) -> Iterator[_Sample]:
        for end in report["ends"]:
            found = end.get("speaker", {}).get(key) if end["kind"] == "mqtt" else None
            if found is not None:
                yield from ([({label: name}, count) for name, count in sorted(found.items())]
                            if label else [({}, found)])
    return samples


def _build(report: _Report) -> Iterable[_Sample]:
    yield {"version": report["version"], "python": platform.python_version()}, 1


def _clients(report: _Report) -> Iterator[_Sample]:
    for protocol, states in sorted(report["present"].items()):
        for state, count in states.items():
            yield {"protocol": protocol, "state": state}, count


def _events(report: _Report) -> Iterator[_Sample]:
    for kind, count in sorted(report["hub"]["came"].items()):
        yield {"direction": "in", "source": kind}, count
    went: Dict[str, int] = {}
    for end in report["ends"]:
        if "sent" in end:
            went[end["kind"]] = went.get(end["kind"], 0) + end["sent"]
    for kind, count in sorted(went.items()):
        yield {"direction": "out", "source": kind}, count
    yield {"direction": "out", "source": "client"}, report["clients"]["sent"]


def _latency(report: _Report) -> Iterator[_Sample]:
    latency = report["latency"]
    ends = [*map(repr, latency["bounds"]), "+Inf"]
    for end, count in zip(ends, accumulate(latency["counts"])):
        yield {"le": end}, count
    yield {}, latency["sum"]


def _refusals(report: _Report) -> Iterator[_Sample]:
    for kind, codes in report["refusals"].items():
        for code, count in codes.items():
            yield {"kind": kind, "code": code}, count


def _dropped(report: _Report) -> Iterator[_Sample]:
    yield {"reason": "outbox full"}, report["clients"]["dropped"]
    yield {"reason": "cleared"}, report["clients"]["cleared"]
    yield {"reason": "hub full"}, report["hub"]["overrun"]
    yield {"reason": "unwritable"}, report["hub"]["unwritable"]
    yield {"reason": "bus fault"}, sum(bus["lost"] for bus in report["buses"])
    reasons: Dict[str, int] = {}
    for bus in report["buses"]:
        for reason, count in bus["dropped"].items():
            reasons[reason] = reasons.get(reason, 0) + count
    for reason, count in sorted(reasons.items()):
        yield {"reason": "bus " + reason}, count


def _usable(report: _Report) -> Iterator[_Sample]:
    for end in report["ends"]:
        yield {"kind": end["kind"], "name": end["name"]}, float(end["usable"])


def _states(report: _Report) -> Iterator[_Sample]:
    for bus in report["buses"]:
        for state in BUS_STATES:
            yield {"bus": bus["name"], "state": state}, float(bus["state"] == state)


def _frames(report: _Report) -> Iterator[_Sample]:
    for bus in report["buses"]:
        for direction, key in (("in", "received"), ("out", "sent")):
            yield {"bus": bus["name"], "direction": direction}, bus[key]


def _last_event(report: _Report) -> Iterator[_Sample]:
    for bus in report["buses"]:
        if bus["last_event"]:           # else there was none yet
            yield {"bus": bus["name"]}, bus["last_event"]


def _history_dropped(report: _Report) -> Iterator[_Sample]:
    yield {"kind": "sensor"}, report["memory"]["sensors_evicted"]
    yield {"kind": "left out"}, report["memory"]["values_left_out"]
    yield {"kind": "thinned"}, report["memory"]["samples_thinned"]


def _file_failures(report: _Report) -> Iterator[_Sample]:
    for name in ("state", "history"):
        yield {"file": name}, report["memory"][name + "_file"]["failed"]


def _ignored(report: _Report) -> Iterator[_Sample]:
    for bus in report["buses"]:
        for kind in ("standard", "remote", "filtered", "skipped"):
            yield {"bus": bus["name"], "kind": kind}, bus[kind]


METRICS = (
    Metric("vscpwsd_build_info", "gauge", "Always 1; the labels say what runs.", _build),
    Metric("vscpwsd_start_time_seconds", "gauge",
           "When the daemon started, in seconds since 1970.", _one("started")),
    Metric("vscpwsd_clients", "gauge",
           "Websocket clients, by protocol and by what they have got to.", _clients),
    Metric("vscpwsd_connections", "gauge",
           "Connections of all kinds: websockets, HTTP, TLS handshakes.", _one("connections")),
    Metric("vscpwsd_clients_accepted_total", "counter",
           "Websocket clients since the start.", _one("clients", "accepted")),
    Metric("vscpwsd_close_total", "counter",
           "Clients that have left, by close code; 1006 is no close frame.",
           _group("code", "closed")),
    Metric("vscpwsd_dismissed_total", "counter",
           "Clients that the daemon closed with 1008, by reason.", _group("reason", "dismissed")),
    Metric("vscpwsd_refused_total", "counter",
           "Connections and websockets that were not let in, by reason.",
           _group("reason", "refused")),
    Metric("vscpwsd_evicted_total", "counter",
           "Connections that had to go for others, by what they were.",
           _group("state", "evicted")),
    Metric("vscpwsd_http_responses_total", "counter",
           "HTTP responses by status; 101 is a websocket.", _group("code", "answers")),
    Metric("vscpwsd_messages_refused_total", "counter",
           "Messages of clients that were answered with an error, by its code.", _refusals),
    Metric("vscpwsd_auth_failures_total", "counter", "Refused logins.", _one("login_failures")),
    Metric("vscpwsd_events_total", "counter",
           "Events in from buses and clients, and out to them.", _events),
    Metric("vscpwsd_events_dropped_total", "counter", "Events lost, by reason.", _dropped),
    Metric("vscpwsd_outbox_events", "gauge", "Events that wait for clients.",
           _one("clients", "waiting")),
    Metric("vscpwsd_outbox_bytes", "gauge", "Bytes that wait for clients, replies among them.",
           _one("clients", "waiting_bytes")),
    Metric("vscpwsd_outbox_depth_max", "gauge", "Events that wait in the fullest outbox.",
           _one("clients", "waiting_most")),
    Metric("vscpwsd_hub_queue_events", "gauge", "Events that wait for the hub.",
           _one("hub", "waiting")),
    Metric("vscpwsd_hub_batches_total", "counter", "Batches of events passed on.",
           _one("hub", "batches")),
    Metric("vscpwsd_hub_latency_seconds", "histogram",
           "How long events took from their coming until they were in every outbox, at most.",
           _latency),
    Metric("vscpwsd_loop_lag_seconds", "gauge",
           "How long the hub let wait what was put into its queue, looked at once a second.",
           _one("hub", "lag")),
    Metric("vscpwsd_loop_restarts_total", "counter", "Loops that died and were restarted.",
           _group("loop", "restarts")),
    Metric("vscpwsd_reloads_total", "counter", "Reloads, done and refused.",
           _group("result", "reloads")),
    Metric("vscpwsd_end_usable", "gauge",
           "1 where events flow, for each of what has joined the hub.", _usable),
    Metric("vscpwsd_can_state", "gauge", "1 for the state that the bus is in.", _states),
    Metric("vscpwsd_can_frames_total", "counter", "CAN frames of every kind, in and out.",
           _frames),
    Metric("vscpwsd_can_ignored_total", "counter",
           "What is no VSCP or no frame at all, and what the interface's filter stopped.",
           _ignored),
    Metric("vscpwsd_can_errors_total", "counter", "Error frames of the CAN controller.",
           _buses("error_frames")),
    Metric("vscpwsd_can_receive_drops_total", "counter",
           "CAN frames lost before they were read: the kernel's or our own buffer was full.",
           _buses("receive_drops")),
    Metric("vscpwsd_can_missed_total", "counter",
           "Events from clients that went on without this bus, which could not take them.",
           _buses("missed")),
    Metric("vscpwsd_can_last_event_timestamp_seconds", "gauge",
           "When the last event came from the bus, in seconds since 1970.", _last_event),
    Metric("vscpwsd_can_reopens_total", "counter", "Tries to open the CAN interface again.",
           _buses("reopens")),
    Metric("vscpwsd_can_transmit_queue_events", "gauge", "Events that wait for the CAN bus.",
           _buses("transmit_queue")),
    Metric("vscpwsd_mqtt_connects_total", "counter", "Connections made to the MQTT broker.",
           _bridges("connects")),
    Metric("vscpwsd_mqtt_waiting_events", "gauge", "Events that wait for the MQTT broker.",
           _bridges("waiting")),
    Metric("vscpwsd_mqtt_dropped_total", "counter",
           "Events and messages that did not reach the MQTT broker, by reason.",
           _of_bridges("dropped", "reason")),
    Metric("vscpwsd_mqtt_refused_total", "counter",
           "Messages from the MQTT broker that were refused, by reason.",
           _of_bridges("refused", "reason")),
    Metric("vscpwsd_mqtt_own_total", "counter",
           "Events of our own that came back from the MQTT broker.", _bridges("own")),
    Metric("vscpwsd_mqtt_lost_total", "counter",
           "Messages from the MQTT broker for which there was no room.", _bridges("lost")),
    Metric("vscpwsd_mqtt_forwarded_total", "counter",
           "Events of clients for the daemon at the bus, by what became of them.",
           _of_bridges("forward", "result")),
    Metric("vscpwsd_homeassistant_nodes", "gauge", "Nodes that Home Assistant is told of.",
           _homes("nodes")),
    Metric("vscpwsd_homeassistant_entities", "gauge", "Their entities.", _homes("entities")),
    Metric("vscpwsd_homeassistant_announced_total", "counter", "Discovery messages that were sent.",
           _homes("announced")),
    Metric("vscpwsd_homeassistant_commands_total", "counter",
           "Commands of Home Assistant that became events.", _homes("commands")),
    Metric("vscpwsd_homeassistant_thinned_total", "counter",
           "Events that were not told of, for a newer one of their kind and place was.",
           _homes("thinned")),
    Metric("vscpwsd_homeassistant_complaints_total", "counter",
           "What was wrong or too much, of events, commands and names, by reason.",
           _homes("complaints", "reason")),
    Metric("vscpwsd_states", "gauge",
           "States that are known: heard since the start, or restored from a file alone.",
           _group("source", "memory", "states")),
    Metric("vscpwsd_states_evicted_total", "counter",
           "States that had to go for newer ones, by the limit that was reached.",
           _group("limit", "memory", "states_evicted")),
    Metric("vscpwsd_history_sensors", "gauge", "Sensors that have a history.",
           _one("memory", "sensors")),
    Metric("vscpwsd_history_dropped_total", "counter",
           "What history has lost: sensors that went for others, values for which there was no "
           "room, and of a flood what was beyond a value a second of a sensor.",
           _history_dropped),
    Metric("vscpwsd_memory_file_failures_total", "counter",
           "How often the file of states or of the history could not be read or written.",
           _file_failures),
    Metric("vscpwsd_certificate_expiry_timestamp_seconds", "gauge",
           "Until when the TLS certificate is valid, in seconds since 1970.",
           _one("certificate_expiry")),
    Metric("vscpwsd_limit", "gauge",
           "The limits in force by option, each in its own unit; 0 may mean none.",
           _group("option", "limits")),
    # Names and meanings of these are Prometheus' own.
    Metric("process_cpu_seconds_total", "counter", "CPU time that the process has used.",
           _one("process", "cpu_seconds")),
    Metric("process_resident_memory_bytes", "gauge", "Memory that is in use.",
           _one("process", "resident_memory_bytes")),
    Metric("process_virtual_memory_bytes", "gauge", "Memory that is addressed.",
           _one("process", "virtual_memory_bytes")),
    Metric("process_open_fds", "gauge", "Open file descriptors.", _one("process", "open_fds")),
    Metric("process_max_fds", "gauge", "How many file descriptors may be open.",
           _one("process", "max_fds")),
    Metric("process_start_time_seconds", "gauge",
           "When the process started, in seconds since 1970.",
           _one("process", "start_time_seconds")),
)
