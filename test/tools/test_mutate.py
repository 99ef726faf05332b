"""The faults that tools/mutate makes, and that its tests notice them."""

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.version_info < (3, 9), reason="needs ast.unparse, Python 3.9")


@pytest.fixture
def mutate(tmp_path, monkeypatch):
    """The tool as a module, its package a folder of the test's."""
    loader = SourceFileLoader("mutate", str(ROOT / "tools" / "mutate"))
    tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutate", loader))
    monkeypatch.setitem(sys.modules, "mutate", tool)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(tool)
    monkeypatch.setattr(tool, "PACKAGE", tmp_path)
    return tool


def changes(mutate, tmp_path, source):
    path = tmp_path / "module.py"
    path.write_text(source)
    return [(mutant.before, mutant.after) for mutant in mutate.mutants(path)]


@pytest.mark.parametrize("before, after", [
    ("x = a < b", ["x = a <= b"]),
    ("x = a == b is c", ["x = a != b is c", "x = a == b is not c"]),
    ("x = a and b", ["x = a or b"]),
    ("x = not a", ["x = a"]),
    ("x = a + 1", ["x = a - 1", "x = a + 2"]),
    ("x += y", ["x -= y"]),
    ("x = True", ["x = False"]),
    ("x = 0.5", ["x = 1.0"]),
    ("x = 0.0", ["x = 1.0"]),
    ("x = min(a, b)", ["x = max(a, b)"]),
    ("x.y = a", ["pass"]),
    ("del x[y]", ["pass"]),
    ("f(x)", ["pass"]),
    ("raise ValueError(1)", ["pass"]),
])
def test_a_statement_is_changed_in_each_of_its_parts(mutate, tmp_path, before, after):
    assert changes(mutate, tmp_path, before) == [(before, each) for each in after]


@pytest.mark.parametrize("source", [
    "x = y", '"""Text."""', "log.info('%d', 1)", "x = '%d' % (1 + 2)", "x: Tuple[1]", "import y",
    "class A(B):\n    pass", "@f(1)\ndef g():\n    pass", "def g() -> 1:\n    return None",
])
def test_what_changes_no_behaviour_is_left_as_it_is(mutate, tmp_path, source):
    assert changes(mutate, tmp_path, source) == []


def test_of_a_compound_statement_only_the_head_is_shown(mutate, tmp_path):
    source = "while f():\n    x = y\n    break\nelse:\n    x = z\n"
    assert changes(mutate, tmp_path, source) == [
        ("while f():", "while not f():"), ("break", "continue")]


def test_of_a_long_statement_what_is_around_the_difference_is_shown(mutate, tmp_path):
    (before, after), = changes(mutate, tmp_path, "x = (%s - %s)" % ("a" * 500, "b" * 500))
    assert before.strip("ab") == " - " and after.strip("ab") == " + " and len(before) == 160


def test_a_mutant_is_the_whole_module_and_is_named_by_its_function(mutate, tmp_path):
    path = tmp_path / "module.py"
    path.write_text("class A:\n    def f(self):\n        return self.x\nB = A\n")
    mutant, = mutate.mutants(path)
    assert mutant.key == "module.py A.f: return self.x -> return None"
    assert (mutant.line, mutant.source) == (
        3, "class A:\n\n    def f(self):\n        return None\nB = A")


def test_each_survivor_that_is_left_alone_has_a_reason(mutate):
    assert [key for key, reason in mutate._excuses().items() if not reason] == []


@pytest.mark.parametrize("name", ["nowhere.py", "nowhere", "lib/vscpws/loop/turns.py"])
def test_a_module_that_is_not_there_is_said(mutate, name):
    with pytest.raises(SystemExit, match="^%s: no module or folder below " % name):
        mutate._paths(name)
