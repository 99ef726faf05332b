"""Builds the Debian package from a clean copy of the tree, and a newer one of it."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
from typing import List

import needs

__all__ = ["build", "lint", "newer", "run", "version"]

ROOT = pathlib.Path(__file__).resolve().parents[3]
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent",
                "LC_ALL": "C.UTF-8"}
_TIME = 300                     # s for each command


def build(folder: pathlib.Path) -> pathlib.Path:
    """The built ``.changes`` file; skips where the tools are missing."""
    for tool in ("git", "dpkg-buildpackage", "dh", "dh_python3", "lintian"):
        needs.tool(tool)
    tree = folder / "vscpwsd"
    run([str(ROOT / "tools" / "export"), str(tree)])
    missing = subprocess.run(["dpkg-checkbuilddeps"], cwd=str(tree), env=_ENVIRONMENT,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             universal_newlines=True)
    needs.condition(missing.returncode == 0, "what the package is built with: " + missing.stdout)
    run(["dpkg-buildpackage", "-us", "-uc", "-b"], cwd=tree)
    changes, = folder.glob("*.changes")
    return changes


def lint(changes: pathlib.Path) -> List[str]:
    """Lintian's errors and warnings."""
    text = run(["lintian", "--allow-root", "--fail-on", "none", str(changes)])
    return [line for line in text.splitlines() if re.match(r"[EW]: ", line)]


def newer(package: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """The same with a higher version, and another ``vscpwsd.ini`` as its maintainer's."""
    tree = folder / "newer"
    run(["dpkg-deb", "--raw-extract", str(package), str(tree)])
    number = version(package) + "+newer"
    _edit(tree / "DEBIAN" / "control", r"^Version: .*", "Version: " + number)
    _edit(tree / "usr/share/vscpwsd/vscpws/__init__.py",
          r"^__version__ = .*", '__version__ = "%s"' % number)
    _edit(tree / "etc/vscp/vscpwsd.ini", r"\A", "# The newer one.\n")
    file = folder / "newer.deb"
    run(["dpkg-deb", "--root-owner-group", "--build", str(tree), str(file)])
    return file


def version(package: pathlib.Path) -> str:
    return run(["dpkg-deb", "--field", str(package), "Version"]).strip()


def run(command: List[str], cwd: pathlib.Path = ROOT) -> str:
    """Its output; AssertionError with it where it fails."""
    done = subprocess.run(command, cwd=str(cwd), env=_environment(), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_TIME,
                          universal_newlines=True)
    assert done.returncode == 0, "%s: status %d\n%s" % (
        " ".join(command), done.returncode, done.stdout[-4000:])
    return done.stdout


def _environment() -> dict:
    """The system's own programs; a Python of somebody's own would build another package."""
    return dict(_ENVIRONMENT, TMPDIR=os.environ.get("TMPDIR", "/tmp"))


def _edit(file: pathlib.Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, file.read_text(encoding="utf-8"), count=1,
                          flags=re.MULTILINE)
    assert count == 1, "%s: no %s" % (file, pattern)
    file.write_text(text, encoding="utf-8")
