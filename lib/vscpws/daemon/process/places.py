"""Where things are when no option says so.

A checkout runs from its own ``conf/``, as any user; an installed daemon from ``/etc/vscp``.
"""

from __future__ import annotations

import os
from typing import NamedTuple, Optional

__all__ = ["RUN_FOLDER", "Places", "make_run_folder", "places"]

RUN_FOLDER = "/run/vscpwsd"

_ETC = "/etc/vscp"


class Places(NamedTuple):
    """Absolute paths."""

    config: str
    ini: str
    pidfile: str


def places(checkout: Optional[str], action: str) -> Places:
    """The defaults; ``checkout`` is the folder of ``lib/`` and ``conf/``, None: installed."""
    conf = os.path.join(checkout, "conf") if checkout else _ETC
    return Places(os.path.join(conf, "vscpd.conf"), os.path.join(conf, "vscpwsd.ini"),
                  _pidfile(not checkout, action))


def make_run_folder(pidfile: str) -> None:
    """Makes the folder of a default PID file; any other must be there."""
    folder = os.path.dirname(pidfile)
    if folder == RUN_FOLDER:
        os.makedirs(folder, 0o755, exist_ok=True)
    elif folder == _own_folder():
        try:
            os.mkdir(folder, 0o700)     # if another made it, it is not believed: see trust
        except FileExistsError:
            pass


def _pidfile(installed: bool, action: str) -> str:
    system, own = os.path.join(RUN_FOLDER, "vscpwsd.pid"), _own_pidfile()
    if not installed:
        return own
    if os.geteuid() == 0 or os.access(RUN_FOLDER, os.W_OK):
        return system
    if action != "start" and not os.path.exists(own):
        return system   # whoever has none of his own means the machine's
    return own


def _own_pidfile() -> str:
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    if not (os.path.isabs(folder) and os.access(folder, os.W_OK)):
        folder = _own_folder()
    return os.path.join(folder, "vscpwsd.pid")


def _own_folder() -> str:
    return "/run/vscpwsd-0" if os.geteuid() == 0 else "/tmp/vscpwsd-%d" % os.geteuid()
