"""The benchmark's verdicts: a goal is met at its bound, not beyond it, and never by default."""

from __future__ import annotations

import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from goals import goals  # noqa: E402
from records import bounded, find, summed  # noqa: E402

OURS, NO_PAUSE, BROKER, PEER = "vscpwsd", "vscpwsd, no pause", "mosquitto", "websockets"
NODE, FRONT, INSTALLED = "node ws", "vscpwsd, front-end", "vscpwsd, 200 users"
TWO_FRONTS, NO_BROKER = "vscpwsd, two front-ends", "vscpwsd, no broker"


def record(row, server, clients=100, **more):
    return {"row": row, "server": server, "clients": clients, "ok": True, "fault": "",
            "server_cpu": 1.0, "client_cpu": 0.5, "feeder_cpu": 0.1, "delivered": 100.0, **more}


def latency(server, clients, rate, **more):
    return record("latency", server, clients, wanted=rate,
                  **{"p50": 1.0, "p99": 2.0, **more})


#: Every goal exactly at its bound.
AT_THE_BOUND = [
    record("max", OURS, delivered=4e7, rate=4e5), record("max", NO_BROKER, rate=3.6e5),
    record("max", BROKER, delivered=8e5),
    record("max", PEER, delivered=8e5),
    record("ws2", OURS, delivered=2.4e7), record("filters", OURS, delivered=1.2e7),
    record("filters-100", OURS, delivered=4e6),
    latency(OURS, 100, 1000, p99=5.0, server_cpu=0.4), latency(NO_PAUSE, 100, 1000),
    latency(NO_BROKER, 100, 1000, p99=6.0), latency(BROKER, 100, 1000, server_cpu=0.8),
    latency(PEER, 100, 1000),
    latency(NODE, 100, 1000, p99=2.5),
    latency(OURS, 10, 1000), latency(NO_PAUSE, 10, 1000), latency(BROKER, 10, 1000),
    latency(PEER, 10, 1000, p50=1.5), latency(NODE, 10, 1000, p99=2.5),
    latency(OURS, 10, 8000, p50=0.5, server_cpu=0.27),
    latency(OURS, 100, 8000, p99=10.0, server_cpu=0.5),
    record("scale", OURS, 100, wanted=8000, cpu_per_gigabyte=1.0),
    record("scale", OURS, 1000, wanted=8000, cpu_per_gigabyte=3.0),
    record("scale", OURS, 1000, wanted=15000),
    record("soak", OURS, empty=False, seconds=600), record("soak", OURS, empty=True, seconds=600),
    record("ingest", OURS, 1, window=1, rate=2000.0),
    record("ingest", OURS, 1, window=100, rate=150000.0),
    record("ingest-heard", OURS, 1, window=100, rate=80000.0),
    record("ingest", OURS, 10, window=1, rate=60000.0),
    record("page", OURS, 10, wanted=15000, seconds=1.0),
    record("startup", INSTALLED, 1, seconds=0.4),
    record("bridge", FRONT, delivered=4e7, rate=4e5), record("bridge", BROKER, delivered=8e5),
    record("bridge", TWO_FRONTS, rate=2e5),
    record("bridge-latency", FRONT, p99=4.0), record("bridge-latency", BROKER, p99=2.0),
    record("receive", OURS, ratio=8.0),
    record("memory", OURS, 1000, bytes=12288),
]
COUNT = len(goals([]))


def changed(wanted, **more):
    """The records at the bound, but the one that is ``wanted`` is different."""
    chosen = find(AT_THE_BOUND, **wanted)
    assert chosen is not None
    return [{**one, **more} if one is chosen else one for one in AT_THE_BOUND]


def unmet(records):
    """The figures of all goals that are not met."""
    return {goal.figure for goal in goals(records) if goal.met is False}


def test_at_the_bound_every_goal_is_met():
    assert [goal for goal in goals(AT_THE_BOUND) if goal.met is not True] == []


def test_without_figures_every_goal_is_listed_as_not_measured():
    assert {(goal.measured, goal.met) for goal in goals([])} == {("not measured", None)}


@pytest.mark.parametrize("gone", range(len(AT_THE_BOUND)))
def test_a_missing_figure_never_hides_a_goal_or_meets_it(gone):
    result = goals(AT_THE_BOUND[:gone] + AT_THE_BOUND[gone + 1:])
    assert len(result) == COUNT
    assert any(goal.met is None for goal in result)


@pytest.mark.parametrize("wanted, more, count", [
    ({"row": "max", "server": OURS}, {"delivered": 3.99e7}, 1),
    ({"row": "ws2"}, {"delivered": 2.39e7}, 1),
    ({"row": "filters"}, {"delivered": 1.19e7}, 1),
    ({"row": "filters-100"}, {"delivered": 3.99e6}, 1),
    ({"row": "latency", "server": OURS, "clients": 100, "wanted": 1000}, {"p99": 5.01}, 1),
    ({"row": "latency", "server": OURS, "clients": 100, "wanted": 1000}, {"server_cpu": 0.41}, 1),
    ({"row": "latency", "server": NO_PAUSE, "clients": 100}, {"p50": 1.01}, 1),
    ({"row": "latency", "server": NO_PAUSE, "clients": 100}, {"p99": 2.01}, 1),
    ({"row": "latency", "server": NO_PAUSE, "clients": 10}, {"p50": 1.01}, 1),
    ({"row": "latency", "server": OURS, "clients": 10, "wanted": 1000}, {"p50": 1.01}, 1),
    ({"row": "latency", "server": OURS, "clients": 10, "wanted": 1000}, {"p99": 2.01}, 1),
    ({"row": "latency", "server": PEER, "clients": 10}, {"p99": 1.99}, 1),
    ({"row": "latency", "server": NODE, "clients": 100}, {"p99": 1.99}, 1),
    ({"row": "latency", "clients": 10, "wanted": 8000}, {"p50": 0.51}, 1),
    ({"row": "latency", "clients": 10, "wanted": 8000}, {"server_cpu": 0.28}, 1),
    ({"row": "latency", "clients": 100, "wanted": 8000}, {"server_cpu": 0.51}, 1),
    ({"row": "latency", "clients": 100, "wanted": 8000}, {"p99": 10.01}, 1),
    ({"row": "latency", "clients": 100, "wanted": 8000}, {"ok": False, "fault": "lost"}, 3),
    ({"row": "scale", "clients": 1000, "wanted": 8000}, {"cpu_per_gigabyte": 3.01}, 1),
    ({"row": "scale", "clients": 1000, "wanted": 8000}, {"ok": False, "fault": "lost"}, 1),
    ({"row": "scale", "wanted": 15000}, {"ok": False, "fault": "lost"}, 1),
    ({"row": "soak", "empty": True}, {"ok": False, "fault": "lost"}, 1),
    ({"row": "ingest", "clients": 1, "window": 1}, {"rate": 1999.0}, 1),
    ({"row": "ingest", "clients": 10, "window": 1}, {"rate": 59999.0}, 1),
    ({"row": "ingest", "window": 100}, {"rate": 149999.0}, 1),
    ({"row": "ingest-heard"}, {"rate": 79999.0}, 1),
    ({"row": "ingest-heard"}, {"fault": "1 unheard"}, 1),
    ({"row": "page"}, {"seconds": 1.01}, 1),
    ({"row": "page"}, {"ok": False, "fault": "lost"}, 1),
    ({"row": "startup"}, {"seconds": 0.41}, 1),
    ({"row": "ingest", "window": 100}, {"fault": "3 refused"}, 1),
    ({"row": "bridge", "server": FRONT}, {"delivered": 3.99e7}, 1),
    ({"row": "bridge", "server": TWO_FRONTS}, {"rate": 1.99e5}, 1),
    ({"row": "max", "server": NO_BROKER}, {"rate": 3.59e5}, 1),
    ({"row": "latency", "server": NO_BROKER}, {"p99": 6.01}, 1),
    ({"row": "bridge", "server": TWO_FRONTS}, {"ok": False, "fault": "lost"}, 1),
    ({"row": "receive"}, {"ratio": 7.99}, 1),
    ({"row": "memory"}, {"bytes": 12289}, 1),
])
def test_beyond_the_bound_a_goal_is_not_met(wanted, more, count):
    # A maximum is compared with two peers, so it is two goals of one figure.
    assert len(unmet(changed(wanted, **more))) == count


def test_a_peer_that_cannot_do_the_rate_is_no_reason_to_fail_and_is_named():
    records = changed({"row": "latency", "server": BROKER, "clients": 100}, ok=False, p50=0.1,
                      fault="late")
    goal = next(goal for goal in goals(records) if goal.figure.startswith("p50"))
    assert goal.met is True
    assert "mosquitto can't" in goal.measured


def test_a_peer_held_up_by_the_load_client_gives_no_met_ratio():
    records = changed({"row": "max", "server": BROKER}, client_cpu=0.9, server_cpu=0.5)
    assert bounded(find(records, row="max", server=BROKER))
    judged = {goal.goal: goal for goal in goals(records)}
    assert judged["≥ 50 × mosquitto"].met is None
    assert judged["≥ 50 × websockets"].met is True


def test_a_short_soak_is_no_soak():
    assert "not measured" in {goal.measured for goal in goals(
        changed({"row": "soak", "empty": True}, seconds=40))}


def test_a_stage_that_failed_says_so():
    records = changed({"row": "memory"}, note="failed", ok=False)
    assert ("vscpwsd: failed", None) in {(goal.measured, goal.met) for goal in goals(records)}


def test_repeats_that_need_a_server_each_become_their_median():
    repeats = [record("memory", OURS, 1000, bytes=size) for size in (30, 50, 40)]
    other = record("max", OURS)
    assert [(one["row"], one.get("bytes")) for one in summed([repeats[0], other, *repeats[1:]])] \
        == [("memory", 40), ("max", None)]


def test_a_repeat_without_a_figure_is_kept_only_if_there_is_no_other():
    blank = {"row": "startup", "server": PEER, "clients": 1, "note": "not installed"}
    whole = {"row": "startup", "server": OURS, "clients": 1, "seconds": 0.5}
    assert summed([blank, whole]) == [blank, {**whole, "runs": [0.5]}]
