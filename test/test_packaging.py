"""What is handed out: the sdist, the wheel, the Debian package's version, and one copy of the tree.

Built and installed for real, so pip needs a package index.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

import needs
from local import free_port
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
    samples = {"vscpws/samples/%s/%s" % (name, file)
               for name, folder in (("conf", "conf"), ("init", "init"), ("man", "doc/man"))
               for file in files_below(tree / folder)}
    assert {"vscpws/samples/conf/demo.log", "vscpws/samples/init/vscpwsd.service",
            "vscpws/samples/man/vscpwsd.8"} <= samples
    assert inside == samples | {
        "vscpws/" + name for name in files_below(tree / "lib" / "vscpws")}
    assert wheel.name == "vscpwsd-%s-py3-none-any.whl" % __version__


def test_the_sdist_holds_the_whole_tree(tree, sdist):
    assert files_below(tree) - files_below(sdist) == set()


def test_the_sdist_s_tests_are_found_and_run(sdist):
    python = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    assert "error" not in run(python + ["--collect-only"], sdist).splitlines()[-1]
    run(python + ["test/model", "test/test_layers.py"], sdist)


@pytest.mark.parametrize("changed", ["vscp.key", "users.json"])
def test_what_is_built_never_holds_secrets_of_one_s_own(tree, tmp_path, changed):
    needs.module("setuptools")
    checkout = tmp_path / "checkout"
    shutil.copytree(str(tree), str(checkout))
    samples = tmp_path / "with" / "vscpws" / "samples"
    run([sys.executable, "setup.py", "-q", "build_py", "-d", tmp_path / "with"], checkout)
    assert (samples / "conf" / "vscp.key").exists()
    (checkout / "conf" / changed).write_text("mine")
    run([sys.executable, "setup.py", "-q", "build_py", "-d", tmp_path / "without"], checkout)
    samples = tmp_path / "without" / "vscpws" / "samples"
    assert not (samples / "conf").exists() and (samples / "init").exists()


@pytest.fixture(scope="module")
def program(wheel, tmp_path_factory):
    """The program of an installed wheel, with what serial and UDP adapters need."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(str(folder), with_pip=True)
    run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", "%s[serial,udp]" % wheel])
    return folder / "bin" / "vscpwsd.py"


def started(command, cwd):
    """A daemon in the foreground, and its log up to the line that warns of the demo."""
    daemon = subprocess.Popen([str(word) for word in command], cwd=str(cwd),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, universal_newlines=True)
    log = []
    for line in daemon.stderr:
        log.append(line)
        if "DEMO:" in line:
            break
    return daemon, "".join(log)


def answer(port, path):
    with urllib.request.urlopen("http://127.0.0.1:%d%s" % (port, path), timeout=30) as page:
        return page.read().decode()


def test_the_installed_wheel_is_the_program_s_own(program, tmp_path):
    assert run([program, "--version"], tmp_path) == "vscpwsd %s\n" % __version__
    where = run([program.parent / "python", "-c", "import vscpws; print(vscpws.__file__)"],
                tmp_path)
    assert where.startswith(str(program.parents[1]))


def test_an_installed_wheel_without_any_file_says_how_to_begin(program, tmp_path):
    needs.condition(not os.path.exists("/etc/vscp"), "a machine without a configuration")
    done = subprocess.run([str(program), "--check-config"], cwd=str(tmp_path),
                          stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 2
    assert "--demo" in done.stderr and "--write-config /etc/vscp" in done.stderr


def test_an_installed_wheel_runs_the_demo_on_loopback(program, tmp_path):
    """At a port of its own: the sample's may be taken."""
    run([program, "--write-config", tmp_path / "etc"], tmp_path)
    port, ini = free_port(), tmp_path / "etc" / "vscpwsd.ini"
    assert "demo:" in run([program, "--check-config", "--ini", ini, "--config",
                           ini.with_name("vscpd.conf")], tmp_path)
    ini.write_text(re.sub(r"(?m)^interface = .*", "interface = ws://localhost:%d" % port,
                          ini.read_text(encoding="utf-8")), encoding="utf-8")
    daemon, log = started([program, "--demo", "--ini", ini], tmp_path)
    try:
        assert "page at http://localhost:%d" % port in log
        assert "ok" in answer(port, "/healthz")
        assert "<html" in answer(port, "/")
    finally:
        daemon.terminate()
        daemon.communicate(timeout=60)
    assert daemon.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["etc"]


def test_the_extras_bring_what_documented_adapters_import(program, tmp_path):
    run([program.parent / "python", "-c", "import can.interfaces.slcan, serial, msgpack"], tmp_path)


# ---- wheels for all: no compiler at the user's -------------------------------------------------

PYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
LIBRARIES = ("2_36", "2_34", "2_28", "2_24", "2_17")    # glibc versions of manylinux


def gevent_bounds(python, machine):
    """What setup.py asks for there; evaluated as pip does."""
    requirements = needs.module("packaging.requirements")
    text = (ROOT / "setup.py").read_text(encoding="utf-8")
    place = {"python_version": python, "platform_machine": machine}
    found = [requirements.Requirement(line) for line in re.findall(r'"(gevent[<>][^"]*)"', text)]
    assert len(found) == 3
    return [each.specifier for each in found if each.marker.evaluate(place)]


def versions(python, *arguments):
    """The releases of gevent that pip would take there, the newest first."""
    done = subprocess.run([sys.executable, "-m", "pip", "index", "versions", "gevent",
                           "--python-version", python, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True, timeout=_TIME)
    needs.condition("No matching distribution" not in done.stderr, "a package index for pip")
    return re.search(r"Available versions: (.*)", done.stdout).group(1).split(", ")


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", PYTHONS)
def test_of_the_gevent_that_is_asked_for_there_is_a_wheel(python, machine):
    needs.module("pip")
    bounds = gevent_bounds(python, machine)
    platforms = ["--platform=manylinux_%s_%s" % (glibc, machine) for glibc in LIBRARIES]
    wheels = versions(python, "--only-binary=:all:", "--implementation=cp", *platforms,
                      "--platform=manylinux2014_" + machine)
    taken = next(version for version in versions(python)
                 if all(version in bound for bound in bounds))
    assert taken in wheels


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
