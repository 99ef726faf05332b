"""The soak, in small: some seconds among a few bad clients."""

import argparse
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys

import needs

SOAK = pathlib.Path(__file__).resolve().parents[2] / "soak"


def test_a_few_seconds_of_it_find_no_problem():
    needs.module("websockets")
    run = subprocess.run(
        [sys.executable, str(SOAK / "run"), "--minutes", "0.05", "--good", "4", "--bad", "6",
         "--rate", "20", "--hasty"], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.rstrip().endswith("Problems: none.")
    assert "| events of each good client |" in run.stdout


def load_run(monkeypatch):
    monkeypatch.syspath_prepend(str(SOAK))
    loader = importlib.machinery.SourceFileLoader("soak_run", str(SOAK / "run"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_an_event_that_is_not_accounted_for_is_a_problem(monkeypatch):
    needs.module("websockets")
    run = load_run(monkeypatch)
    state = {"hub": {"delivered": 12, "came": {"bus": 2}, "overrun": 0},
             "clients": {"sent": 9, "dropped": 0, "cleared": 0, "waiting": 1, "clients": 0}}
    options = argparse.Namespace(hasty=True)
    assert run.judge(options, {}, {}, state, [], 1) == []
    state["clients"]["sent"] = 8
    assert run.judge(options, {}, {}, state, [], 1) == ["delivered 10, accounted for 9"]
