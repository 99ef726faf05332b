"""A day of the simulated house."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from vscpws.demo.day import HOUSEHOLD_WATT, SENSORS, hour_of, value_at

ROOT = Path(__file__).resolve().parents[2]
CURVE = ((0, 10), (6, 40), (18, 16), (24, 10))


@pytest.mark.parametrize("second, hour", [(0, 6), (180, 7), (3240, 24), (4320, 30), (90, 6.5)])
def test_a_day_has_72_minutes_and_begins_at_six(second, hour):
    assert hour_of(second) == hour


@pytest.mark.parametrize("hour, value", [
    (0, 10), (3, 25), (6, 40), (12, 28), (15, 22), (18, 16), (21, 13), (24, 10), (27, 25),
    (48 + 12, 28), (-6, 16), (-1e-20, 10)])
def test_a_curve_has_lines_between_its_points_on_any_day(hour, value):
    assert value_at(CURVE, hour) == value


@pytest.mark.parametrize("curve", [HOUSEHOLD_WATT, *(sensor.curve for sensor in SENSORS)])
def test_a_curve_is_of_a_whole_day_and_ends_as_it_began(curve):
    hours = [hour for hour, _ in curve]
    assert (hours[0], hours[-1]) == (0, 24) and curve[0][1] == curve[-1][1]
    assert all(before < after for before, after in zip(hours, hours[1:]))


def test_the_recorded_log_is_of_the_same_day():
    """Whoever changes a curve has to record it anew."""
    made = runpy.run_path(str(ROOT / "tools" / "make_demo.py"))["log_text"]()
    assert made.splitlines() == (ROOT / "conf" / "demo.log").read_text("ascii").splitlines()
