"""The benchmark's table: what could not be measured has its place in it and says why."""

from __future__ import annotations

import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from rows import FULL, ROWS, SHORT, blank, jobs  # noqa: E402
from servers import SERVERS  # noqa: E402
from table import markdown  # noqa: E402

MACHINE = {"date": "2020-01-02", "cpu": "a CPU", "cores": "2", "memory": "4 GiB", "kernel": "6",
           "pinning": "none", "seconds": "7", "others": "0.02"}


def blanks(sizes, only=tuple(ROWS), note="not there"):
    """A record for each measurement of a whole run, none of which was possible."""
    return [blank(job, *measure, note)
            for job in jobs(sizes, only, list(SERVERS)) for measure in job.measures]


@pytest.mark.parametrize("sizes", [FULL, SHORT], ids=["full", "short"])
@pytest.mark.parametrize("row", [row for row in ROWS if row != "receive"])
def test_a_row_without_figures_says_why(row, sizes):
    records = blanks(sizes, [row])
    assert records
    text = markdown(MACHINE, {}, records)
    assert "not there" in text.partition("## Goals")[2].partition("\n## ")[2]


def test_goals_name_the_server_that_is_missing():
    goals = markdown(MACHINE, {}, blanks(FULL)).partition("## Goals")[2].partition("\n## ")[0]
    assert "vscpwsd: not there" in goals
    assert "**not met**" not in goals
    assert "| met |" not in goals


def test_a_maximum_that_was_not_found_stands_beside_those_that_were():
    found = {"row": "max", "server": "mosquitto", "clients": 100, "ok": True, "fault": "",
             "delivered": 200000.0, "server_cpu": 1.0, "client_cpu": 0.7, "feeder_cpu": 0.1}
    lost = {"row": "max", "server": "vscpwsd", "clients": 100, "ok": False,
            "fault": "nothing is sustained"}
    text = markdown(MACHINE, {}, [lost, found])
    assert "| vscpwsd | nothing is sustained |" in text
    assert "| mosquitto | 200,000 |" in text
    assert "**not met**" in text


def test_what_is_not_judged_meets_no_goal():
    text = markdown(MACHINE, {}, blanks(SHORT), judged=False)
    assert "## Goals" not in text
    assert "its figures mean nothing" in text


def test_a_disturbed_run_says_so():
    quiet = markdown(MACHINE, {}, [])
    assert "Other processes used 0.02 cores meanwhile." in quiet
    assert "the figures are no good" in markdown({**MACHINE, "others": "0.50"}, {}, [])
