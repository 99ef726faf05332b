"""Two servers by turns: the ratios of pairs, and both of them in one run."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from typing import NamedTuple

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "bench"))

from paired import lines, table  # noqa: E402
from search import narrow_maximum  # noqa: E402


def test_the_ratio_is_that_of_the_pairs_and_not_of_the_medians():
    """What the machine did meanwhile fell on both of a pair."""
    line, = lines([({"CPU": 1.1 * speed}, {"CPU": speed}) for speed in (1.0, 2.0, 5.0, 9.0)])
    assert (line.first, line.second) == (pytest.approx(3.85), 3.5)
    assert (line.ratio, line.low, line.high) == pytest.approx((1.1, 1.1, 1.1))


def test_the_quartiles_tell_how_far_pairs_differ():
    line, = lines([({"p50, ms": one}, {"p50, ms": 1.0}) for one in (0.9, 1.0, 1.1, 1.2, 5.0)])
    assert line.ratio == 1.1
    assert line.low < 1.0 and line.high > 1.2


def test_a_single_pair_is_its_own_quartiles():
    line, = lines([({"CPU": 3.0}, {"CPU": 2.0})])
    assert (line.ratio, line.low, line.high) == (1.5, 1.5, 1.5)


def test_a_figure_that_one_side_of_a_pair_lacks_is_left_out():
    assert [line.figure for line in lines([
        ({"CPU": 1.0, "p99, ms": 1.0}, {"CPU": 1.0}), ({"CPU": 1.0}, {"CPU": 1.0})])] == ["CPU"]


def test_the_table_has_a_line_for_each_figure():
    text = table(["one", "other"], lines([({"CPU": 3.0}, {"CPU": 2.0})]))
    assert text.splitlines()[0] == "| figure | one | other | ratio | half of the pairs |"
    assert text.splitlines()[2:] == ["| CPU | 3 | 2 | 1.500 | 1.500 to 1.500 |"]


class Attempt(NamedTuple):
    rate: float
    ok: bool


@pytest.mark.parametrize("near", [100.0, 900.0, 1500.0])
@pytest.mark.parametrize("step", [1.03, 1.12])
def test_a_search_near_a_known_rate_is_as_fine_as_its_steps(near, step):
    best = narrow_maximum(lambda rate: Attempt(rate, rate <= 1000), near, step)
    assert 1000 / step < best.rate <= 1000


def test_both_are_measured_by_turns():
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "paired.py"), "vscpwsd", "vscpwsd, no memory",
         "--clients", "2", "--rate", "200", "--seconds", "0.2", "--pairs", "3", "--starts", "2",
         "--latency"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("pair ") == 3
    assert done.stdout.splitlines()[0].endswith("3 pairs in 2 starts")
    figures = [line.split("|")[1].strip() for line in done.stdout.splitlines()[4:]]
    assert figures[0] == "CPU, µs an event" and "p50, ms" in figures and "p99, ms" in figures


@pytest.mark.parametrize("pairs, starts", [(3, 4), (3, 0), (0, 1)])
def test_each_start_has_a_pair_at_least(pairs, starts):
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "paired.py"), "vscpwsd", "mosquitto",
         "--pairs", str(pairs), "--starts", str(starts)],
        stderr=subprocess.PIPE, encoding="utf-8", timeout=60)
    assert done.returncode == 2
    assert "--starts is not in 1-%d, the number of pairs" % pairs in done.stderr


def test_a_server_that_is_not_known_is_said():
    done = subprocess.run([sys.executable, str(ROOT / "bench" / "paired.py"), "vscpwsd", "nothing"],
                          stderr=subprocess.PIPE, encoding="utf-8", timeout=60)
    assert done.returncode == 2 and "invalid choice: 'nothing'" in done.stderr


def test_a_server_that_is_not_there_is_said_in_one_line():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(ROOT / "bench" / "paired.py"), "vscpwsd", "node ws"],
        stderr=subprocess.PIPE, encoding="utf-8", timeout=60, env={"PATH": "/nonexistent"})
    assert (done.returncode, done.stderr) == (1, "bench/paired: node ws: not installed\n")
