"""A small Debian of one's own: a file tree, and processes that end with the test.

::

    with Machine(tree) as machine:                  # tree: from base_tree() or copy_tree()
        machine.run("apt-get", "update")            # in the tree, as root
        machine.code("service", "x", "status")      # its exit status

Its processes are in a PID and a mount namespace of their own. The first of them reads from this
process: when that ends, however it does, so do all of them, and the mounts are gone. The network is
the host's, so that a server in it can be reached from outside. There is no systemd in it.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from typing import Optional

import needs

__all__ = ["Machine", "base_tree", "copy_tree"]

_TIME = 300                             # s for one command
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
                "DEBIAN_FRONTEND": "noninteractive"}
# The first process of a PID namespace inherits what others leave behind: it lets them go.
_FIRST = "trap '' CHLD; mount -t proc proc \"$0/proc\" && echo ready && exec cat"
_POLICY = "#!/bin/sh\nexit %d\n"        # of starting services while packages are installed
_ALLOWED, _FORBIDDEN = 0, 101           # without an init system nothing said is "forbidden"


class Machine:
    """Commands in ``tree``; its ``hosts`` and name servers become this host's."""

    def __init__(self, tree: pathlib.Path):
        self.tree = tree
        self._first: Optional[subprocess.Popen] = None

    def __enter__(self):
        for name in ("hosts", "resolv.conf"):
            shutil.copy("/etc/" + name, str(self.tree / "etc" / name))
        self._first = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _FIRST,
             str(self.tree)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            assert self._first.stdout.readline() == b"ready\n", "can't make the namespaces"
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def end(self) -> None:
        """All its processes are gone, and its mounts with them."""
        self._first.stdin.close()
        self._first.wait(_TIME)
        self._first.stdout.close()

    def done(self, *command: str) -> subprocess.CompletedProcess:
        """What came of it, with both outputs in ``stdout``."""
        return subprocess.run(
            ["nsenter", "--target", str(self._inner_pid()), "--mount", "--pid", "chroot",
             str(self.tree), *command], env=_ENVIRONMENT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_TIME,
            universal_newlines=True)

    def code(self, *command: str) -> int:
        return self.done(*command).returncode

    def run(self, *command: str) -> str:
        """Its output; AssertionError where it fails."""
        done = self.done(*command)
        assert done.returncode == 0, "%s: status %d\n%s" % (
            " ".join(command), done.returncode, done.stdout[-4000:])
        return done.stdout

    def path(self, name: str) -> pathlib.Path:
        """A file of the machine, seen from outside; ``name`` is absolute."""
        return self.tree / name.lstrip("/")

    def let_services_start(self, allowed: bool) -> None:
        """Whether installing a package starts its service."""
        policy = self.path("/usr/sbin/policy-rc.d")
        policy.write_text(_POLICY % (_ALLOWED if allowed else _FORBIDDEN), encoding="ascii")
        policy.chmod(0o755)

    def namespace(self) -> str:
        """The PID namespace that its processes are in, as ``/proc`` names it."""
        return os.readlink("/proc/%d/ns/pid" % self._inner_pid())

    def _inner_pid(self) -> int:
        """The first process as this side's kernel numbers it."""
        pid = self._first.pid
        return int(pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text())


def base_tree(folder: pathlib.Path) -> pathlib.Path:
    """A clean minimal Debian 12 below ``folder``, from a copy that is kept for the next time."""
    for tool in ("debootstrap", "unshare", "nsenter", "chroot", "tar"):
        needs.tool(tool)
    needs.root()
    kept = _kept()
    tree = folder / "base"
    if kept.exists():
        tree.mkdir()
        subprocess.run(["tar", "-C", str(tree), "-xpf", str(kept)], check=True)
        return tree
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", "bookworm", str(tree)], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
        env=dict(os.environ, PATH=_ENVIRONMENT["PATH"]))
    needs.condition(done.returncode == 0, "Debian's packages: " + done.stdout[-500:])
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_suffix(".%d" % os.getpid())
    subprocess.run(["tar", "-C", str(tree), "-cpf", str(unfinished), "."], check=True)
    unfinished.replace(kept)
    return tree


def copy_tree(tree: pathlib.Path, to: pathlib.Path) -> pathlib.Path:
    subprocess.run(["cp", "-a", str(tree), str(to)], check=True)
    return to


def _kept() -> pathlib.Path:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(cache) / "vscpwsd" / "debian-12.tar"
