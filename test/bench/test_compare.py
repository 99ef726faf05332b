"""What two runs of the benchmark differ in, and what of it means something."""

from __future__ import annotations

import json
import pathlib
import stat
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "bench"))

from compare import Key, figures, lines, table  # noqa: E402

MAX = {"row": "max", "server": "vscpwsd", "clients": 10}


def latency(p50, rate=1000.0):
    return {"row": "latency", "server": "vscpwsd", "clients": 10, "wanted": rate, "p50": p50}


def key(figure, row="latency", detail="1000"):
    return Key(row, "vscpwsd", 10, detail, figure)


def test_a_figure_at_a_fixed_rate_is_kept_by_its_rate():
    assert figures([latency(1.0), latency(4.0, 8000.0)]) == {
        key("p50"): 1.0, key("p50", detail="8000"): 4.0}


def test_what_is_found_by_search_is_one_figure_whatever_rate_it_was_found_at():
    records = [dict(MAX, wanted=wanted, delivered=rate) for wanted, rate in ((9, 90.), (8, 80.))]
    assert figures(records) == {key("delivered", "max", ""): 85.0}


def test_what_failed_and_rows_that_have_no_figure_are_left_out():
    assert figures([dict(MAX, ok=False, fault="no such server"), {
        "row": "hostile", "server": "vscpwsd", "clients": 100, "p99": 1.0}]) == {}


def test_the_ratio_is_of_medians_and_the_rounds_are_said():
    rounds = [({key("p50"): old}, {key("p50"): new})
              for old, new in ((1.0, 2.0), (2.0, 2.0), (4.0, 3.0))]
    line, = lines(rounds)
    assert (line.old, line.new, line.ratio) == (2.0, 2.0, 1.0)
    assert (line.least, line.most, line.spread) == (0.75, 2.0, 3.0)


def test_a_key_that_a_round_lacks_is_left_out():
    assert lines([({key("p50"): 1.0}, {}), ({key("p50"): 1.0}, {key("p50"): 1.0})]) == []


@pytest.mark.parametrize("figure, row, old, new, worse", [
    ("p50", "latency", (1.0, 1.1), (1.3, 1.3), True),
    ("p50", "latency", (1.0, 1.1), (1.05, 1.1), False),
    ("p50", "latency", (1.0, 1.1), (0.5, 0.5), False),
    ("delivered", "max", (100.0, 105.0), (90.0, 90.0), True),
    ("delivered", "max", (100.0, 105.0), (99.0, 100.0), False),
    ("delivered", "max", (100.0, 105.0), (200.0, 200.0), False),
])
def test_worse_is_what_the_old_sides_own_spread_does_not_explain(figure, row, old, new, worse):
    name = key(figure, row)
    text = table(lines([({name: before}, {name: after}) for before, after in zip(old, new)]))
    assert text.splitlines()[-1].endswith("| worse |") == worse


def test_both_checkouts_are_run_by_turns(tmp_path):
    """With stand-ins for ``bench/run``, which write what they were asked."""
    for side, p50 in (("old", 1.0), ("new", 2.0)):
        script = tmp_path / side / "bench" / "run"
        script.parent.mkdir(parents=True)
        script.write_text("#!%s\nimport json, pathlib, sys\n"
                          "arguments = sys.argv[1:]\n"
                          "folder = pathlib.Path(arguments[arguments.index('--results') + 1])\n"
                          "with open(%r, 'a') as log: print(%r, *arguments[2:], file=log)\n"
                          "(folder / 'latest.json').write_text(%r)\n" % (
                              sys.executable, str(tmp_path / "log"), side,
                              json.dumps({"records": [latency(p50)]})))
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    done = subprocess.run(
        [str(ROOT / "bench" / "compare"), "old", "new", "--rounds", "2", "--only", "latency"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "log").read_text().splitlines() == [
        side + " --server vscpwsd --only latency" for side in ("old", "new") * 2]
    assert "| 2.000 | 2.00 to 2.00 | 0 % | worse |" in done.stdout
