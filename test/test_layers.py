"""The house keeps its order: imports run downwards, pure rooms know no I/O, files stay small."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from house import ROOMS

LIB = Path(__file__).resolve().parents[1] / "lib"
PACKAGE = LIB / "vscpws"
MODULES = sorted(PACKAGE.rglob("*.py"))

# The table is ``tools/house.py``.
MAY_IMPORT = {room.name: room.imports for room in ROOMS}
PURE = {room.name for room in ROOMS if room.pure}
MOST_LINES = 400


def room_of(name):
    """The innermost room that the module ``vscpws.…`` is in."""
    parts = name.split(".")[1:]
    inner = ".".join(parts[:2])
    return inner if inner in MAY_IMPORT else parts[0]


def name_of(path):
    parts = path.relative_to(LIB).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _running(tree):
    """All nodes but those that only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"):
            yield node
            yield from _running(node)


def imports_of(path):
    """The package's modules that a module imports, and the others, by their full names."""
    ours, others = set(), set()
    package = path.relative_to(LIB).parts[:-1]
    for node in _running(ast.parse(path.read_text(encoding="utf-8"))):
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


def test_a_room_imports_only_rooms_that_stand_before_it():
    for number, room in enumerate(ROOMS):
        assert room.imports <= {before.name for before in ROOMS[:number]}, room.name


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_downwards(path):
    if name_of(path) == "vscpws":
        return
    own = room_of(name_of(path))
    for name in imports_of(path)[0] - {"vscpws"}:
        assert room_of(name) == own or room_of(name) in MAY_IMPORT[own], name


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
    names = [name for name in map(name_of, MODULES)
             if name != "vscpws" and room_of(name) in PURE]
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
            "import vscpws.daemon.shell, vscpws.daemon.cli\n"
            "assert before == (socket.socket, threading.Thread, time.sleep)\n" % str(LIB))
    subprocess.run([sys.executable, "-c", code], check=True)
