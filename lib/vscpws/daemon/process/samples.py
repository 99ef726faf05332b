"""The sample configuration that comes with the program: to be tried, and to begin with.

In a checkout it is the folder ``conf/``; in a wheel ``setup.py`` puts it into the package, together
with the man pages and what ``init/`` holds, unless somebody's own secrets are in it.
"""

from __future__ import annotations

import os
from typing import List, NamedTuple, Optional

from ...model.errors import ConfigurationError, Problem
from .atomicfile import replace_file
from .errors import StartFailed, reason
from .privileges import Identity

__all__ = ["SAMPLES", "Sample", "check", "demo_folder", "init_folder", "write_samples"]

_PACKAGE = os.path.abspath(os.path.join(os.path.dirname(__file__), os.pardir, os.pardir))
_INSTALLED = os.path.join(_PACKAGE, "samples", "conf")
_CHECKOUT = os.path.normpath(os.path.join(_PACKAGE, os.pardir, os.pardir, "conf"))
_EXAMPLES = "/usr/share/doc/vscpwsd/examples"


class Sample(NamedTuple):
    name: str
    mode: int


SAMPLES = (Sample("vscpd.conf", 0o644), Sample("vscpwsd.ini", 0o644), Sample("demo.log", 0o644),
           Sample("names.json", 0o644),
           Sample("vscp.key", 0o600), Sample("users.json", 0o600))


def demo_folder() -> str:
    """Where the sample configuration is. Raises StartFailed if it did not come with the program."""
    for folder in (_INSTALLED, _CHECKOUT):
        if os.path.isfile(os.path.join(folder, "vscpwsd.ini")):
            return folder
    raise StartFailed("the sample configuration is not there: %s (what is built from a conf/ with "
                      "secrets of one's own has none)" % _INSTALLED)


def init_folder() -> str:
    """Where the units and their like are: in a wheel, a Debian package's examples, or a
    checkout."""
    for folder in (os.path.join(os.path.dirname(_INSTALLED), "init"), _EXAMPLES):
        if os.path.isdir(folder):
            return folder
    return os.path.join(os.path.dirname(_CHECKOUT), "init")


def check(config: str, ini: str) -> None:
    """Raises ConfigurationError where there is no configuration at all, and says what to do."""
    if not os.path.lexists(config) and not os.path.lexists(ini):
        raise ConfigurationError([
            Problem("", "no configuration", "neither %s nor %s is there" % (config, ini)),
            Problem("", "to try it out", "vscpwsd.py --demo"),
            Problem("", "to begin with one of your own", "vscpwsd.py --setup %s, or "
                    "with the sample's files --write-config %s" % ((os.path.dirname(ini),) * 2))])


def write_samples(folder: str, owner: Optional[Identity]) -> str:
    """Writes the sample configuration and says what to do next; nothing is ever replaced.

    A folder that is not there is made. The secrets are for ``owner``, or who writes them, alone.
    Raises StartFailed, and has then written nothing, where one of the files is there.
    """
    source = demo_folder()
    there = [name for name, _ in SAMPLES if os.path.lexists(os.path.join(folder, name))]
    if there:
        raise StartFailed("nothing written: %s has %s" % (folder, ", ".join(there)))
    try:
        os.makedirs(folder, 0o755, exist_ok=True)
        for name, mode in SAMPLES:
            with open(os.path.join(source, name), encoding="ascii") as file:
                replace_file(os.path.join(folder, name), file.read(), owner, mode)
    except OSError as error:
        raise StartFailed("can't write %s: %s"
                          % (error.filename or folder, reason(error))) from None
    return "\n".join(_next_steps(folder))


def _next_steps(folder: str) -> List[str]:
    def path_of(name: str) -> str:
        return os.path.join(folder, name)

    return [
        "written: %s" % ", ".join(path_of(name) for name, _ in SAMPLES),
        "It runs a simulated house on localhost, with published secrets. For a real bus:",
        "  put its interface into %s, such as <config>can0</config>" % path_of("vscpd.conf"),
        "  vscpwsd.py --make-key %s" % path_of("vscp.key"),
        "  vscpwsd.py --make-password admin     (the entry for %s)" % path_of("users.json"),
        "  vscpwsd.py --check-config --config %s --ini %s" % (path_of("vscpd.conf"),
                                                              path_of("vscpwsd.ini"))]
