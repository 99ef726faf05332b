"""What is made of the program is up to date, and the manual pages are clean."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import needs

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "doc" / "man").glob("*.[1-8]"))

each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


@pytest.fixture(scope="module", autouse=True)
def tools_on_the_path():
    sys.path.insert(0, str(ROOT / "tools"))
    yield
    sys.path.remove(str(ROOT / "tools"))


def roff(text):
    """The macros of a page, without its head."""
    page = importlib.import_module("roff").page
    return page("x", 5, "2026-01-02", "x 1", "Formats", text).splitlines()[2:]


def test_the_committed_files_are_what_the_program_says_now():
    files = importlib.import_module("make_docs").files()
    assert {path.name for path in PAGES} < {path.name for path in files}
    assert [path.name for path, content in files.items()
            if path.read_text(encoding="utf-8") != content] == [], "run tools/make_docs.py"


@each_page
def test_groff_has_no_complaint(path):
    done = subprocess.run([needs.tool("groff"), "-man", "-ww", "-z", "-Tutf8", str(path)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"")


@each_page
def test_mandoc_has_no_complaint(path):
    done = subprocess.run([needs.tool("mandoc"), "-Tlint", "-Wwarning", str(path)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"")


@each_page
def test_a_page_is_plain_ascii_and_has_its_sections(path):
    text = path.read_text(encoding="ascii")
    for title in ("NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO"):
        assert '\n.SH "%s"\n' % title in text
    assert all(len(line) < 100 for line in text.splitlines())


@pytest.mark.parametrize("text, macros", [
    ("# Name\nx - a thing", ['.SH "NAME"', r"x \- a thing"]),
    ("# Options, section [tls]", ['.SH "OPTIONS, SECTION [tls]"']),
    ("### Sub\n\nA\nB\n\nC", ['.SS "Sub"', "A B", ".PP", "C"]),
    ("* a\n  b\n* c", [r".IP \(bu 2", "a b", r".IP \(bu 2", "c"]),
    ("1. a\n2. b", [".IP 1.  4", "a", ".IP 2.  4", "b"]),
    ("`KEY`\n: text\nmore", [".TP", r"\fBKEY\fR", "text more"]),
    ("| a | b |\n| --- | --- |\n| `c` | d |\n| e | |", [
        ".TP", r"\fBc\fR", "d.", ".TP", r"\fBe\fR", r"\&"]),
    ("A\n\n    .x -y\n    'z'\n\nB", [
        "A", ".PP", ".RS 4", ".nf", r"\&.x \-y", r"\(aqz\(aq", ".fi", ".RE", ".PP", "B"]),
    ("```sh\na\\b\n```", [".RS 4", ".nf", r"a\eb", ".fi", ".RE"]),
    ("**b** *i* [text](x.md#y) <https://h/>", [r"\fBb\fR \fIi\fR text https://h/"]),
    ("A `*` and 2 * 3 * 4, a_b_c", [r"A \fB*\fR and 2 * 3 * 4, a_b_c"]),
    (".x … --long", [r"\&.x \[u2026] \-\-long"]),
])
def test_what_becomes_of_markdown(text, macros):
    assert roff(text) == macros
