"""The fuzzer finds what it should, and a short run of every target finds nothing."""

import itertools
import logging
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))           # the fuzzer is no part of the package

from fuzz.campaign import input_of, run_inputs, try_input  # noqa: E402
from fuzz.command import main  # noqa: E402
from fuzz.target import CORPUS, Target, load_input, require, save_input  # noqa: E402
from fuzz.targets import TARGETS  # noqa: E402

from fuzz import campaign  # noqa: E402

COUNTS = {"frames": 5000, "ws1": 4000, "ws2": 3000, "users": 3000, "xmlblock": 3000, "ini": 400,
          "candump": 300, "names": 2000, "states": 2000, "mqtt": 2000,
          "memo": 500}
SEED = 20261124


@pytest.fixture(scope="module", params=sorted(TARGETS))
def target(request):
    return TARGETS[request.param]()


# -- the program ---------------------------------------------------------------------------------


def test_every_entry_of_the_corpus_is_handled(target):
    assert target.corpus
    for name, data in target.corpus:
        with target.running():
            find = try_input(target, data)
        assert find is None, "%s: %s" % (name, find.report)


def test_random_inputs_are_handled(target):
    figures, finds = run_inputs(target, SEED, range(COUNTS[target.name]))
    assert not finds, "\n".join("input %d: %s" % (find.number, find.report) for find in finds)
    assert figures.count == COUNTS[target.name]


def test_corpus_cut_anywhere_is_handled(target):
    """Every entry's beginnings: what is left of a file that was written half."""
    for name, data in target.corpus:
        step = max(1, len(data) // 40)
        with target.running():
            for size in range(0, len(data), step):
                find = try_input(target, data[:size])
                assert find is None, "%s up to %d: %s" % (name, size, find.report)


# -- the fuzzer ----------------------------------------------------------------------------------


class Planted(Target):
    """A program with a fault for each way of failing."""

    name = "ws1"                        # for its corpus
    share = 1
    tokens = ("RAISE", "PROMISE", "LOG", "HANG")

    def compose(self, rng):
        return rng.choice(("C;NOOP", "E;0,20,3,0,,0,-"))

    def check(self, data):
        if b"RAISE" in data:
            raise KeyError("planted")
        require(b"PROMISE" not in data, "planted")
        if b"LOG" in data and b"LOGIN" not in data:
            self._logs()
        if b"HANG" in data:
            for _ in itertools.count():
                pass

    @staticmethod
    def _logs():
        try:
            raise LookupError("planted")
        except LookupError:
            logging.getLogger("vscpws.planted").exception("swallowed")


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(campaign, "MOST_SECONDS", 0.05)


def test_every_way_of_failing_is_found(impatient):
    figures, finds = run_inputs(Planted(), 1, range(400))
    assert {find.kind.split()[0] for find in finds} == {
        "KeyError", "Broken", "LookupError", "TooSlow"}
    assert 0.05 <= figures.slowest < 5


def test_find_can_be_made_again(impatient):
    target = Planted()
    _, finds = run_inputs(target, 1, range(200))
    first = finds[0]
    assert input_of(target, 1, first.number) == first.data
    with target.running():
        assert try_input(target, first.data).kind == first.kind


def test_inputs_depend_on_seed_and_number_alone(target):
    first = [input_of(target, 5, number) for number in range(50)]
    again = [input_of(type(target)(), 5, number) for number in reversed(range(50))]
    assert first == again[::-1]
    assert first != [input_of(target, 6, number) for number in range(50)]
    assert len(set(first)) > 40


@pytest.mark.parametrize("data, ending", [("C;€\n".encode(), ".txt"), (bytes(range(256)), ".hex")])
def test_what_is_kept_is_text_and_loads_again(tmp_path, data, ending):
    path = save_input(tmp_path / "find", data)
    assert path.suffix == ending
    path.read_text(encoding="utf-8")
    assert load_input(path) == data


def test_the_corpus_holds_nothing_but_text():
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    for path in CORPUS.glob("*/*"):
        path.read_text(encoding="utf-8")


def test_shares_are_of_a_thousand():
    assert sum(target.share for target in TARGETS.values()) == 1000


def test_command_runs_all_targets_and_sums_up():
    found = subprocess.run([sys.executable, str(ROOT / "fuzz" / "run"), "--all", "--count", "500",
                            "--jobs", "2"], stdout=subprocess.PIPE, check=True)
    table = {line.split()[0]: line.split()[1] for line in found.stdout.decode().splitlines()}
    assert table["all"] == "500"
    assert table["ws1"] == "125"


def test_command_tells_a_find_and_keeps_it(impatient, monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(TARGETS, "ws1", Planted)
    assert main(["--target", "ws1", "--count", "200", "--finds", str(tmp_path)]) == 1
    assert "KeyError" in capsys.readouterr().out
    kept = sorted(tmp_path.iterdir())
    assert kept
    assert main(["--target", "ws1", "--input", str(kept[0])]) == 1


def test_command_stops_when_its_time_is_over(capsys):
    assert main(["--target", "ws1", "--count", "1000000000", "--minutes", "0.01"]) == 0
    assert "all" in capsys.readouterr().out
