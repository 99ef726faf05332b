"""Builds the library: compiles the C sources beside this file against the Python that runs it.

::

    python build.py [--packages FOLDER] [--flags FLAGS] OUTPUT

Prints the library's path as its last line. ``--packages`` is a folder that is put before the
interpreter's own, ``--flags`` are further flags of the compiler. The compiler is what ``CC`` says,
or else ``cc``. Needs nothing but the standard library.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from typing import List, Sequence

__all__ = ["BuildFailed", "NAME", "build"]

NAME = "vscpl2drv-websocksrv.so"

_HERE = os.path.dirname(os.path.abspath(__file__))
_SOURCES = ("event.c", "queue.c", "handles.c", "exports.c", "standard.c",
            "python.c", "module.c")
_FLAGS = ("-std=c11", "-D_GNU_SOURCE", "-O2", "-fPIC", "-fvisibility=hidden", "-Wall",
          "-Wextra", "-pthread")
# Never unloaded: Python and its modules can't be, and a second copy of us would hang on them.
_LINK = ("-shared", "-Wl,-z,nodelete", "-Wl,-z,defs", "-Wl,--as-needed", "-pthread")


class BuildFailed(Exception):
    """Why there is no library, in one line."""


def build(folder: str, version: str, packages: str = "", flags: Sequence[str] = ()) -> str:
    """The path of the library, made in ``folder``; ``version`` as in ``0.1.0``.

    Raises ``BuildFailed``.
    """
    compiler = _compiler()
    headers = _headers()
    library = _libpython()
    path = os.path.join(os.path.abspath(folder), NAME)
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="vscpwsd-driver-") as made:
            with open(os.path.join(made, "built.h"), "w", encoding="utf-8") as file:
                file.write(_built(version, packages))
            new = os.path.join(made, NAME)
            _run([*compiler, *_FLAGS, *shlex.split(os.environ.get("CFLAGS", "")), *flags,
                  "-I", made, *("-I" + each for each in headers),
                  *(os.path.join(_HERE, source) for source in _SOURCES), *_LINK, "-o", new,
                  *shlex.split(os.environ.get("LDFLAGS", "")), *library, "-ldl"])
            # Under another name first: a host may have the old one loaded.
            shutil.copy(new, path + ".new")
            os.replace(path + ".new", path)
    except OSError as error:
        raise BuildFailed("can't write %s: %s" % (path, error.strerror)) from None
    return path


def _compiler() -> List[str]:
    command = shlex.split(os.environ.get("CC", "")) or ["cc"]
    found = shutil.which(command[0]) or ("CC" not in os.environ and shutil.which("gcc"))
    if not found:
        raise BuildFailed("missing: a C compiler, %s (Debian: apt install gcc libc6-dev)"
                          % command[0])
    return [found, *command[1:]]


def _headers() -> List[str]:
    folders = list(dict.fromkeys(sysconfig.get_paths()[key] for key in ("include", "platinclude")))
    if not any(os.path.isfile(os.path.join(each, "Python.h")) for each in folders):
        raise BuildFailed("missing: the headers of Python %d.%d, %s (Debian: apt install "
                          "python3-dev)" % (*sys.version_info[:2], folders[0]))
    return folders


def _libpython() -> List[str]:
    """What links the library to this Python's own shared one."""
    version = "%d.%d%s" % (*sys.version_info[:2], getattr(sys, "abiflags", ""))
    names = [sysconfig.get_config_var(key) or "" for key in ("INSTSONAME", "LDLIBRARY")]
    folders = [sysconfig.get_config_var(key) or "" for key in ("LIBDIR", "LIBPL")]
    multiarch = sysconfig.get_config_var("MULTIARCH")
    if folders[0] and multiarch:        # as Debian has it
        folders.insert(0, os.path.join(folders[0], multiarch))
    for folder in filter(None, folders):
        for name in names + ["libpython%s.so" % version, "libpython%s.so.1.0" % version]:
            path = os.path.join(folder, name)
            if ".so" in name and os.path.isfile(path):
                return [path] if folder.startswith("/usr/lib") else [path, "-Wl,-rpath," + folder]
    raise BuildFailed("missing: a shared libpython%s of %s (Debian: apt install libpython3-dev; "
                      "pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared)" % (version, sys.executable))


def _built(version: str, packages: str) -> str:
    """The header with what is known when it is built."""
    numbers = [int(number) & 0xFF for number in re.findall(r"\d+", version)[:3]]
    number = 0
    for each in (numbers + [0, 0, 0])[:3]:
        number = number << 8 | each
    return ("#define BUILT_VERSION 0x%08XUL\n#define BUILT_PYTHON %s\n#define BUILT_PACKAGES %s\n"
            % (number << 8, _literal(sys.executable), _literal(packages)))


def _literal(text: str) -> str:
    """A string in C, whatever is in it."""
    return '"%s"' % "".join("\\%03o" % byte for byte in os.fsencode(text))


def _run(command: List[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False)
    if done.returncode:
        sys.stderr.write(done.stdout)
        lines = [line for line in done.stdout.splitlines() if "error" in line.lower()]
        raise BuildFailed("the compiler failed: %s" % (lines or ["exit %d" % done.returncode])[0])
    sys.stderr.write(done.stdout)


def main() -> int:
    made = argparse.ArgumentParser(description="Builds %s." % NAME)
    made.add_argument("output", metavar="OUTPUT", help="the folder it is made in")
    made.add_argument("--packages", metavar="FOLDER", default="",
                      help="put before the interpreter's own packages")
    made.add_argument("--version", metavar="VERSION", default="0", help="of the program")
    made.add_argument("--flags", metavar="FLAGS", default="", help="of the compiler, besides ours")
    options = made.parse_args()
    try:
        print(build(options.output, options.version, options.packages,
                    shlex.split(options.flags)))
    except BuildFailed as error:
        print("vscpwsd: no driver library: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
