"""The house keeps its order: imports run downwards, pure rooms know no I/O, files stay small."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

LIB = Path(__file__).resolve().parents[1] / "lib"
PACKAGE = LIB / "vscpws"
MODULES = sorted(PACKAGE.rglob("*.py"))

# What each room may import from. ``config`` gives everybody the settings and reads no other room.
MAY_IMPORT = {
    "model": set(),
    "escaping": set(),
    "files": {"model"},
    "config": {"model", "files", "escaping"},
    "codec": {"model"},
    "access": {"model", "files"},
    "session": {"model", "codec", "access"},
    "reading": {"model"},
    "hub": {"model"},
    "bus": {"model", "codec", "config", "turns"},
    "web": {"model", "codec", "access", "reading", "config", "hub", "session", "turns", "door",
            "descriptors"},
    "process": {"model", "config", "access", "files", "escaping", "turns", "door"},
    "monitor": {"model", "codec", "access", "config", "reading", "process", "escaping"},
    "secrets": {"model", "config", "access"},
    "overview": set(),
    "loops": set(),
    "turns": set(),
    "door": set(),
    "descriptors": set(),
    "reload": {"model", "web"},
    "app": {"model", "codec", "access", "session", "hub", "bus", "web", "config", "secrets",
            "overview", "loops", "descriptors", "reload"},
    "usage": {"process", "monitor", "config", "model"},
    "cli": {"model", "config", "bus", "process", "monitor", "secrets", "overview", "app", "usage",
            "escaping"},
    "__init__": set(),
}
PURE = ("model", "files", "escaping", "codec", "access", "session", "reading")
MOST_LINES = 400


def room_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def name_of(path):
    parts = path.relative_to(LIB).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path):
    """The package's modules that a module imports, and the others, by their full names."""
    ours, others = set(), set()
    package = path.relative_to(LIB).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            others.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            others.add(node.module)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[:len(package) - node.level + 1])
            base += node.module.split(".") if node.module else []
            for alias in node.names:
                deeper = LIB.joinpath(*base, alias.name)
                is_module = deeper.is_dir() or deeper.with_suffix(".py").exists()
                ours.add(".".join(base + [alias.name] if is_module else base))
    return ours, others


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_downwards(path):
    for name in imports_of(path)[0] - {"vscpws"}:
        room = name.split(".")[1]
        assert room == room_of(path) or room in MAY_IMPORT[room_of(path)], name


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_is_too_long_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_there_is_no_import_cycle():
    edges = {name_of(path): imports_of(path)[0] for path in MODULES}
    done = set()

    def visit(name, way):
        assert name not in way, " -> ".join(way + [name])
        if name not in done:
            for other in edges.get(name, ()):
                if other != "vscpws":
                    visit(other, way + [name])
            done.add(name)
    for name in edges:
        visit(name, [])


def test_the_pure_rooms_import_without_gevent_socket_and_can():
    names = [name_of(path) for path in MODULES if room_of(path) in PURE]
    code = ("import sys\n"
            "for name in ('gevent', 'can', 'socket', '_socket', 'select', 'geventwebsocket'):\n"
            "    sys.modules[name] = None\n"
            "sys.path.insert(0, %r)\n"
            "import importlib\n"
            "for name in %r:\n"
            "    importlib.import_module(name)\n" % (str(LIB), names))
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_is_patched_by_importing_the_package():
    code = ("import sys\nsys.path.insert(0, %r)\nimport socket, threading, time\n"
            "before = socket.socket, threading.Thread, time.sleep\n"
            "import vscpws.app, vscpws.cli\n"
            "assert before == (socket.socket, threading.Thread, time.sleep)\n" % str(LIB))
    subprocess.run([sys.executable, "-c", code], check=True)
