"""The documentation is true: links lead somewhere, files and options exist, commands run."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import pytest

from login import DEFAULT_KEY
from system.daemon import Daemon, driver_block
from vscpws.daemon.arguments import parser as _parser

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIB = ROOT / "lib" / "vscpws"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "doc").rglob("*.md"),
                ROOT / "bench" / "README.md"])
FOLDERS = ("bench", "conf", "debian", "doc", "fuzz", "init", "lib", "soak", "test", "tools")
#: Files that a page names and that are made elsewhere or later.
MADE = re.compile(r"bench/results/|/node_modules|dist/")

#: Commands of code blocks that no test can run, and why.
NOT_RUN = {
    "ip link set can0": "needs a CAN interface", "python3 -m venv /opt": "installs into the system",
    "/opt/vscpwsd/bin/pip": "installs into the system", "ln -s /opt/": "installs into the system",
    "apt": "installs into the system", "sudo": "changes the system", "systemctl": "needs systemd",
    "systemd-": "needs systemd", "dpkg": "has a test of its own", "lintian": "likewise",
    "mosquitto_": "needs a broker, as test/mqtt has one",
    "journalctl": "needs systemd", "kill ": "needs a daemon by its number",
    "make bench": "takes ten minutes", "bench/run": "has a smoke test of its own",
    "bench/compare": "has tests of its own", "bench/paired": "likewise",
    "python bench/flame.py": "likewise",
    "py-spy": "is no part of the project",
    "fuzz/run": "has a smoke test of its own", "soak/run": "has a smoke test of its own",
    ".venv/bin/python soak/run": "takes half an hour", "tools/venv": "makes an environment",
    "tools/test": "is this", "tools/matrix": "runs this many times", "tools/run": "makes a new "
    "environment; test_readme_s_client runs the same daemon", "promtool": "has a test of its own",
    "fail2ban": "needs fail2ban", "curl": "shows an answer", "debuild": "has a test of its own",
    "cp ": "changes the system", "adduser": "changes the system", "install ": "changes the system",
    "vscpwsd.py --demo": "has a test of its own", "vscpwsd.py --write-config": "likewise",
    "service ": "needs an installed daemon", "update-rc.d": "changes the system",
    "candump": "needs a CAN interface", "cansend": "needs a CAN interface",
    "socketcand": "needs a CAN interface", "ls /dev": "shows this machine's adapters",
    "certbot": "needs a name in DNS", "sh /etc/letsencrypt": "is what certbot runs",
    "vscpwsd.py --setup": "has tests of its own", "vscpwsd.py --monitor": "needs a daemon",
    "vscpwsd.py --state": "needs a daemon", "vscpwsd.py status": "needs a daemon",
    "vscpwsd.py start": "has tests of its own", "vscpwsd.py --make-kiosk": "has tests of its own",
    "vscpwsd.py --withdraw-kiosk": "likewise",
}
#: What is run, in a copy of conf/: commands that end by themselves.
RUN = ("./vscpwsd.py --make-key", "vscpwsd.py --make-password", "vscpwsd.py --make-key",
       "./vscpwsd.py --check-config",
       "vscpwsd.py --check-config", "vscpwsd.py --list-kiosks", "tools/run --make-key",
       "tools/run --make-password", "tools/run --check-config")

LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:%s)/[\w./*-]+)`" % "|".join(FOLDERS))
OPTION = re.compile(r"vscpwsd\.py [^`\n|]*?(--[a-z-]+)")


def text_of(page):
    return page.read_text(encoding="utf-8")


def anchors(page):
    """The anchors of a page's headings, as they are made from their texts."""
    prose = re.sub(r"^```.*?^```", "", text_of(page), flags=re.M | re.S)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", prose, re.M)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in LINK.findall(text_of(page)):
        if link.startswith(("http:", "https:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page):
    for name in NAMED.findall(text_of(page)):
        if not MADE.search(name):
            assert list(ROOT.glob(name.rstrip("/"))), name


def test_the_rooms_and_modules_of_the_architecture_are_those_of_the_house():
    text = text_of(ROOT / "doc" / "architecture.md")
    modules = set(re.findall(r"`([a-z_]+/[a-z_/]*(?:\.[a-z]+)?|[a-z_]+\.py)`", text))
    # In the picture: can.receive, codec.canframe.
    modules |= {"%s/%s.py" % pair for pair in re.findall(
        r"(?<!/)\b(can|codec|hub|web)\.([a-z]+)\b", text)}
    assert {"hub/hub.py", "can/receive.py", "can/transmit.py", "codec/canframe.py"} <= modules
    for name in modules:
        assert (LIB / name).exists() or (ROOT / name).exists(), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_that_are_named_exist(page):
    known = {text for action in _parser()._actions for text in action.option_strings}
    assert set(OPTION.findall(text_of(page))) <= known


@pytest.mark.parametrize("page", ["ws1.md", "ws2.md"])
def test_decisions_name_tests_that_exist(page):
    tests = "".join(text_of(file) for file in (ROOT / "test").rglob("test_*.py"))
    folder = ROOT / "test" / "wire" / page[:3]
    decisions = text_of(ROOT / "doc" / page).partition("## Decisions")[2]
    rows = [row.split("|")[-2] for row in decisions.splitlines() if row.startswith("| ")][2:]
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(named) >= 20
    for name in named:
        if name.endswith(".txt"):
            assert (folder / name).exists(), name
        else:
            assert "def %s(" % name in tests, name


def commands():
    """All lines of shell that the documentation shows, with their page."""
    for page in PAGES:
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", text_of(page), re.M | re.S):
            for line in re.sub(r"\\\n\s*", "", block).splitlines():
                line = line.partition(" #")[0].strip()
                if line and not line.startswith("#"):
                    yield pytest.param(line, id="%s: %s" % (page.name, line[:50]))


@pytest.mark.parametrize("command", list(commands()))
def test_commands_run(command, tmp_path):
    if command.startswith(tuple(NOT_RUN)) and not command.startswith(RUN):
        return
    if "--make-password" in command:
        command = "echo secret2 | " + command
    elif not command.startswith(RUN):
        pytest.fail("say in RUN or NOT_RUN what is to be done with it")
    subprocess.run(["cp", "-r", str(ROOT / "conf"), str(tmp_path / "conf")], check=True)
    program = "%s %s --config conf/vscpd.conf --ini conf/vscpwsd.ini" % (
        sys.executable, ROOT / "vscpwsd.py")
    command = re.sub(r"(\./)?vscpwsd\.py|tools/run", program, command)
    run = subprocess.run(command, shell=True, cwd=str(tmp_path), capture_output=True, text=True,
                         timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr


def test_readme_s_client(tmp_path):
    code, = re.findall(r"^```python\n(.*?)^```", text_of(ROOT / "README.md"), re.M | re.S)
    assert DEFAULT_KEY in code
    block = driver_block(config="demo:")
    with Daemon(tmp_path, block) as daemon:
        script = tmp_path / "client.py"
        script.write_text(code.replace(":8884", ":%d" % daemon.port))
        process = subprocess.Popen([sys.executable, "-u", str(script)], stdout=subprocess.PIPE,
                                   text=True)
        try:
            assert process.stdout.readline().startswith("+;AUTH1;")
            assert process.stdout.readline() == "+;OPEN\n"
            assert process.stdout.readline().startswith("E;")
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def test_the_panel_in_the_documentation_is_the_panel():
    panel = text_of(ROOT / "lib" / "vscpws" / "web" / "page" / "panel.html")
    assert panel in text_of(ROOT / "doc" / "elements.md")


def test_every_element_and_property_is_documented():
    library = ROOT / "lib" / "vscpws" / "web" / "vscp"
    text = text_of(ROOT / "doc" / "elements.md")
    for name in re.findall(r'"(vscp-[a-z]+)":', text_of(library / "elements.js")):
        assert "<%s" % name in text, name
    for file in library.glob("*.js"):
        for name in re.findall(r"--vscp-[a-z-]+", text_of(file)):
            assert name in text, name
