"""Each page of ``doc/howto/`` works as it is written: its files pass ``--check-config`` together.

A code block that is a file has its name behind the language: ``ini vscpwsd.ini`` are options to put
into the sample, ``xml vscpd.conf`` is the whole file, ``json users.json`` one more entry.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import needs
from certificate import make_certificate
from local import free_port
from vscpws.daemon.arguments import parser
from vscpws.daemon.setup.inilines import with_option

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "doc" / "howto"
PAGES = sorted(FOLDER.glob("*.md"))
BLOCK = re.compile(r"^( *)```(\w+) ([\w.-]+)\n(.*?)^\1```$", re.M | re.S)
DROP_INS = sorted((ROOT / "init").glob("*.conf"))


def blocks(page, name):
    """The texts of the page's blocks that are this file."""
    return [textwrap.dedent(text) for _, _, file, text in BLOCK.findall(
        page.read_text(encoding="utf-8")) if file == name]


def apply_ini(path, text):
    section = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("["):
            section = line.strip("[]")
            continue
        key, _, value = line.partition(" = ")
        path.write_text(with_option(path.read_text(encoding="utf-8"), section, key, value),
                        encoding="utf-8")


@pytest.fixture
def conf(tmp_path):
    """A configuration of one's own, as after ``--setup``."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "vscpwsd.py"), "--setup", str(tmp_path), "--yes", "--interface",
         "can0", "--admin-password-stdin", "--loopback", "--port", str(free_port()),
         "--pidfile", str(tmp_path / "pid")],
        input="hush\n", text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return tmp_path


WITH_FILES = [page for page in PAGES if BLOCK.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", WITH_FILES, ids=lambda page: page.name)
def test_the_files_of_a_page_pass_check_config_together(page, conf):
    for name, at in zip(("house.crt", "house.key"), make_certificate(conf, "house.example.org")):
        shutil.copy(at, str(conf / name))
        (conf / name).chmod(0o600)
    (conf / "lib").mkdir()
    for text in blocks(page, "vscpwsd.ini"):
        apply_ini(conf / "vscpwsd.ini", text.replace("/var/lib/vscpwsd", str(conf / "lib")))
    for text in blocks(page, "vscpd.conf"):
        (conf / "vscpd.conf").write_text(text, encoding="utf-8")
    content = json.loads((conf / "users.json").read_text(encoding="utf-8"))
    content["users"] += map(json.loads, blocks(page, "users.json"))
    (conf / "users.json").write_text(json.dumps(content), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(ROOT / "vscpwsd.py"), "--check-config", "--config",
         str(conf / "vscpd.conf"), "--ini", str(conf / "vscpwsd.ini")],
        capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    for user in content["users"]:
        assert re.search(r"(?m)^    %s +\S" % user["name"], done.stdout)


def test_every_page_is_in_the_list_and_has_a_question():
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        if page.name != "README.md":
            assert "(%s)" % page.name in listed
            assert re.match(r"# How do I .*\?\n", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_word_of_a_command_is_an_option_that_takes_it(page):
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.M | re.S):
        for line in block.splitlines():
            words = line.partition(" #")[0].split()
            if words[:1] == ["vscpwsd.py"]:
                _, unknown = parser().parse_known_args(words[1:])
                assert unknown == []


@pytest.mark.parametrize("drop_in", DROP_INS, ids=lambda path: path.name)
def test_the_drop_ins_are_verified_by_systemd(drop_in, tmp_path):
    tool = needs.tool("systemd-analyze")
    unit = (ROOT / "init" / "vscpwsd.service").read_text(encoding="utf-8")
    (tmp_path / "vscpwsd.service").write_text(unit, encoding="utf-8")
    (tmp_path / "vscpwsd.service.d").mkdir()
    shutil.copy(str(drop_in), str(tmp_path / "vscpwsd.service.d"))
    done = subprocess.run(
        [tool, "verify", "--man=no", str(tmp_path / "vscpwsd.service")], capture_output=True,
        text=True, timeout=60, env=dict(os.environ, SYSTEMD_UNIT_PATH="%s:" % tmp_path))
    ours = [line for line in done.stderr.splitlines() if drop_in.name in line]
    assert ours == []


def test_a_drop_in_allows_no_more_than_it_says():
    for path in DROP_INS:
        text = path.read_text(encoding="utf-8")
        assert "PrivateDevices=no" in text and "DevicePolicy=closed" in text
        assert all(line.startswith("DeviceAllow=char-") for line in text.splitlines()
                   if line.startswith("DeviceAllow"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_scripts_of_a_page_are_right_shell(page):
    for text in blocks(page, "file"):
        subprocess.run(["sh", "-n"], input=text, text=True, check=True)
