"""What is handed out: the sdist, the wheel, the Debian package's version, and one copy of the tree.

Built and installed for real, so pip needs a package index.
"""

import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import needs
from vscpws import __version__

ROOT = Path(__file__).resolve().parents[1]
_TIME = 600                     # s for one command


def run(command, cwd=ROOT):
    """Its output; AssertionError with it where it fails."""
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1")
    environment.pop("PYTHONPATH", None)
    done = subprocess.run([str(word) for word in command], cwd=str(cwd), env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True, timeout=_TIME)
    assert done.returncode == 0, "%s: status %d\n%s" % (command, done.returncode, done.stdout)
    return done.stdout


def files_below(folder):
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A clean copy of the working tree."""
    needs.tool("git")
    tree = tmp_path_factory.mktemp("packaging") / "tree"
    run([ROOT / "tools" / "export", tree])
    return tree


@pytest.fixture(scope="module")
def built(tree):
    """The folder of sdist and wheel; the sources stay as they are."""
    needs.module("build")
    out = tree.parent / "dist"
    before = files_below(tree)
    done = subprocess.run([sys.executable, "-m", "build", "--outdir", str(out), str(tree)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True, timeout=_TIME)
    needs.condition("No matching distribution found" not in done.stdout,
                    "a package index for pip")
    assert done.returncode == 0, done.stdout
    assert {name for name in files_below(tree) - before if ".egg-info/" not in name} == set()
    return out


@pytest.fixture(scope="module")
def wheel(built):
    file, = built.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def sdist(built):
    """The unpacked sdist."""
    file, = built.glob("*.tar.gz")
    with tarfile.open(str(file)) as archive:
        for member in archive:      # our own; older Pythons know no filter
            archive.extract(member, str(built))
    return built / file.name[:-len(".tar.gz")]


def test_a_copy_holds_what_git_would_take_and_nothing_that_it_ignores(tree):
    copied = files_below(tree)
    assert {"vscpwsd.py", ".gitignore", "lib/vscpws/__init__.py", "debian/rules"} <= copied
    assert not any(name.startswith((".git/", ".venv", "build/")) or "__pycache__" in name
                   for name in copied)


def test_the_wheel_holds_every_module_and_every_data_file(tree, wheel):
    inside = {name for name in zipfile.ZipFile(str(wheel)).namelist()
              if name.startswith("vscpws/")}
    assert inside == {"vscpws/" + name for name in files_below(tree / "lib" / "vscpws")}
    assert wheel.name == "vscpwsd-%s-py3-none-any.whl" % __version__


def test_the_sdist_holds_the_whole_tree(tree, sdist):
    assert files_below(tree) - files_below(sdist) == set()


def test_the_sdist_s_tests_are_found_and_run(sdist):
    python = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    assert "error" not in run(python + ["--collect-only"], sdist).splitlines()[-1]
    run(python + ["test/model", "test/test_layers.py"], sdist)


def test_the_installed_wheel_runs_the_demo_s_configuration(wheel, tmp_path):
    venv.create(str(tmp_path / "venv"), with_pip=True)
    bin_folder = tmp_path / "venv" / "bin"
    run([bin_folder / "python", "-m", "pip", "install", "--quiet", wheel])
    program = bin_folder / "vscpwsd.py"
    assert run([program, "--version"], tmp_path) == "vscpwsd %s\n" % __version__
    report = run([program, "--check-config", "--config", ROOT / "conf" / "vscpd.conf",
                  "--ini", ROOT / "conf" / "vscpwsd.ini"], tmp_path)
    assert "replay:" in report
    where = run([bin_folder / "python", "-c", "import vscpws; print(vscpws.__file__)"], tmp_path)
    assert where.startswith(str(tmp_path))


def test_the_debian_package_has_the_program_s_version():
    first = (ROOT / "debian" / "changelog").read_text(encoding="utf-8").splitlines()[0]
    assert re.match(r"vscpwsd \(([^)]+)\) ", first).group(1) == __version__


@pytest.mark.parametrize("kind, name", [
    ("init", "vscpwsd"), ("default", "vscpwsd.default"), ("logrotate", "vscpwsd.logrotate"),
    ("service", "vscpwsd.service"), ("sysusers", "vscpwsd.sysusers"),
    ("tmpfiles", "vscpwsd.tmpfiles")])
def test_debian_s_files_are_those_of_init(kind, name):
    # In an sdist the links have become copies.
    file = ROOT / "debian" / ("vscpwsd." + kind)
    assert file.read_bytes() == (ROOT / "init" / name).read_bytes()
