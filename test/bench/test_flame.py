"""The flame graph: every sample in its place, and a picture that any viewer reads."""

from __future__ import annotations

import pathlib
import sys
from xml.etree import ElementTree

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from flame import main, picture, tree  # noqa: E402

PROFILE = ["run (hub.py:10);deliver (hub.py:20);send (outbox.py:5) 60\n",
           "run (hub.py:11);deliver (hub.py:22);send (outbox.py:5) 20\n",
           "run (hub.py:12) 19\n",
           "run (hub.py:10);<lambda> & co 1\n", "\n"]
SVG = "{http://www.w3.org/2000/svg}"


def test_lines_of_a_function_are_one_call_with_all_their_samples():
    run = tree(PROFILE).calls["run (hub.py)"]
    assert run.samples == 100
    deliver = run.calls["deliver (hub.py)"]
    assert deliver.samples == 80
    assert deliver.calls["send (outbox.py)"].samples == 80


def test_a_bar_is_as_wide_as_its_share_and_lies_on_its_caller():
    root = ElementTree.fromstring(picture(tree(PROFILE), "a <title> & more"))
    assert root.findtext(SVG + "text") == "a <title> & more"
    bars = {group.findtext(SVG + "title"): group.find(SVG + "rect").attrib
            for group in root.iter(SVG + "g")}
    everything, send = bars["all, 100.0 %"], bars["send (outbox.py), 80.0 %"]
    assert float(send["width"]) == pytest.approx(0.8 * float(everything["width"]), abs=0.1)
    assert float(send["y"]) < float(bars["deliver (hub.py), 80.0 %"]["y"]) < float(everything["y"])
    assert "<lambda> & co, 1.0 %" in bars


def test_a_bar_too_narrow_to_be_seen_is_left_out():
    text = picture(tree(["a 100000\n", "b 1\n"]), "")
    assert "<title>a, 100.0 %</title>" in text
    assert "<title>b," not in text


def test_a_profile_without_samples_is_an_empty_picture():
    assert not list(ElementTree.fromstring(picture(tree([]), "")).iter(SVG + "g"))


@pytest.mark.parametrize("content, complaint", [("a;b\n", "line 1"), ("a;b 3\nc x\n", "line 2")])
def test_what_is_no_profile_is_refused_in_one_line(tmp_path, capsys, content, complaint):
    file = tmp_path / "profile.txt"
    file.write_text(content)
    assert main([str(file), "title"]) == 1
    error = capsys.readouterr().err
    assert complaint in error and error.count("\n") == 1


def test_a_profile_that_is_missing_is_said_in_one_line(tmp_path, capsys):
    assert main([str(tmp_path / "none"), "title"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
