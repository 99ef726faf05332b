import pytest

from vscpws.daemon.overview import duration, log_lines, status_lines, summary


def bus(name="house", channel="can0", state="up", reason=""):
    return {"kind": "bus", "name": name, "channel": channel, "state": state, "reason": reason,
            "since_seconds": 61.0, "events": 5, "sent": 2, "dropped": {"aged": 1, "down": 2},
            "usable": True}


def report(*buses, **changes):
    return dict({
        "version": "1.2.3", "uptime": 11520.5, "connections": 4, "ends": list(buses),
        "present": {"ws2": {"open": 2, "connected": 0}, "ws1": {"open": 0, "connected": 1}},
        "clients": {"clients": 3, "authenticated": 2}, "hub": {"from_buses": 5, "lag": 0.25},
        "closed": {"1000": 7}, "restarts": {}, "reloads": {"done": 1}, "login_failures": 9,
        "reload_refused": False}, **changes)


def line_of(whole):
    return summary(whole["ends"], whole["clients"]["clients"], whole["reload_refused"])


@pytest.mark.parametrize("buses, text", [
    ([bus()], "3 clients, can0 up"),
    ([bus(state="bus-off"), bus("two", "can1")], "3 clients, can0 bus-off, can1 up"),
    ([bus("demo", "replay:/etc/vscp/demo.log")], "3 clients, demo up"),
    ([bus(channel="can%d" % number) for number in range(6)],
     "3 clients, can0 up, can1 up, can2 up, can3 up, and 2 more"),
])
def test_the_summary_is_one_short_line(buses, text):
    assert line_of(report(*buses)) == text


def test_one_client_is_one_client():
    assert line_of(report(bus(), clients={"clients": 1})) == "1 client, can0 up"


def test_what_people_are_shown():
    assert status_lines(report(bus(state="down", reason="Network is down"))) == [
        "version 1.2.3, up 3 h 12 min",
        "3 clients (ws1 1, ws2 2), 2 logged in, 1 other connection",
        "bus house: can0 is down (Network is down) since 1 min 1 s; 5 events received, 2 sent, "
        "3 dropped",
    ]
    assert status_lines(report(dict(bus(), missed=7)))[-1].endswith("3 dropped, 7 missed")
    assert status_lines(report(reload_refused=True))[-1].startswith("the last reload was refused")


def test_everything_is_in_the_description():
    lines = log_lines(report(bus()), ["client 1: well"])
    assert lines[:3] == status_lines(report(bus()))
    assert lines[3:] == [
        "bus house: since_seconds 61, events 5, sent 2, dropped (aged 1, down 2)",
        "hub: from_buses 5, lag 0.25", "clients: clients 3, authenticated 2", "closed: 1000 7",
        "reloads: done 1", "login failures: 9", "client 1: well"]


@pytest.mark.parametrize("seconds, text", [
    (0, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (3600, "1 h 0 min"),
    (86399, "23 h 59 min"), (86400, "1 d 0 h"), (10000000, "115 d 17 h")])
def test_a_time_has_the_two_units_that_matter(seconds, text):
    assert duration(seconds) == text


def test_what_a_bus_skipped_is_told_where_there_is_any():
    for skipped, text in ((0, "events received, "), (7, "events received, 7 skipped, ")):
        assert text in status_lines(report(dict(bus(), skipped=skipped)))[2]
