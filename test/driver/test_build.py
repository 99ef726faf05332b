"""The library is built by one command, which names what is missing."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import needs
from driverstage import Host, build_module, client_of, library, write_files
from vscpws import __version__

ROOT = Path(__file__).resolve().parents[2]


def test_the_command_s_last_line_is_the_path(tmp_path):
    library()                       # or there is no compiler
    done = subprocess.run(
        [str(ROOT / "tools" / "build-driver"), "--output", str(tmp_path / "a folder")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300,
        env=dict(os.environ, VIRTUAL_ENV=_environment()))
    assert done.returncode == 0, done.stderr
    path = done.stdout.splitlines()[-1]
    assert path == str(tmp_path / "a folder" / "vscpl2drv-websocksrv.so")
    configuration, port = write_files(tmp_path)
    with Host(path=path) as host:
        assert host.open(configuration)
        client_of(port).close()


def _environment():
    needs.condition(sys.prefix != sys.base_prefix, "to run in a virtual environment")
    return sys.prefix


@pytest.mark.parametrize("change, missing", [
    (lambda patch: patch.setenv("CC", "/no/such/cc"), "a C compiler, /no/such/cc"),
    (lambda patch: patch.setattr(build_module.sysconfig, "get_paths", lambda: {
        "include": "/no/headers", "platinclude": "/no/headers"}), "the headers of Python"),
    (lambda patch: patch.setattr(build_module.sysconfig, "get_config_var", lambda name: None),
     "a shared libpython"),
])
def test_what_is_missing_is_named_in_one_line(tmp_path, monkeypatch, change, missing):
    library()
    change(monkeypatch)
    with pytest.raises(build_module.BuildFailed) as failed:
        build_module.build(str(tmp_path), "1.2.3")
    assert str(failed.value).startswith("missing: " + missing)
    assert "\n" not in str(failed.value)


def test_a_compiler_that_fails_is_told_in_one_line(tmp_path):
    library()
    done = subprocess.run(
        [sys.executable, str(ROOT / "driver" / "build.py"), "--flags=-include /no/such.h",
         str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=100)
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.splitlines()[-1].startswith(
        "vscpwsd: no driver library: the compiler failed: ")


def test_packages_that_are_missing_when_it_is_loaded_give_no_handle(tmp_path):
    (tmp_path / "vscpws").mkdir()
    (tmp_path / "vscpws" / "__init__.py").write_text("raise ImportError('not here')")
    library()
    path = build_module.build(str(tmp_path / "out"), "0.1.0", str(tmp_path))
    with Host(path=path) as host:
        before = host.ask("state")
        assert host.open("{}") == 0 and host.open("{}") == 0
        assert host.ask("state") == before
    assert host.said == ""


def test_the_version_is_the_program_s():
    assert (ROOT / "driver" / "VERSION").read_text().strip() == __version__


def test_pip_builds_and_installs_it_and_a_link_leads_to_its_environment(tmp_path):
    needs.tool("git")
    library()
    tree, place = tmp_path / "tree", tmp_path / "environment"
    subprocess.run([str(ROOT / "tools" / "export"), str(tree)], check=True, timeout=60)
    venv.create(str(place), with_pip=True)
    done = subprocess.run([str(place / "bin" / "pip"), "install", "-q", "%s[driver]" % tree],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=500)
    needs.condition("No matching distribution found" not in done.stdout, "a package index")
    assert done.returncode == 0, done.stdout
    path = subprocess.run([str(place / "bin" / "python"), "-m", "vscpws_driver"], check=True,
                          stdout=subprocess.PIPE, text=True, timeout=60).stdout.strip()
    link = tmp_path / "drivers.so"
    link.symlink_to(path)
    subprocess.run(["rm", "-rf", str(tree)], check=True)        # nothing of it is needed
    configuration, port = write_files(tmp_path)
    with Host(path=str(link), environment={"PATH": "/nowhere"}) as host:
        assert host.open(configuration)
        client_of(port).close()
