"""The Python packages that the daemon needs, and how to come by one that is missing."""

from __future__ import annotations

import importlib.util
import os
from typing import Iterable, List

__all__ = ["NEEDED", "absent", "missing_package"]

# What a start imports, as modules: the name for pip, and Debian's package.
NEEDED = {
    "can": ("python-can", "python3-can"),
    "configobj": ("configobj", "python3-configobj"),
    "cryptography": ("cryptography", "python3-cryptography"),
    "daemon": ("python-daemon", "python3-daemon"),
    "defusedxml": ("defusedxml", "python3-defusedxml"),
    "gevent": ("gevent", "python3-gevent"),
    "geventwebsocket": ("gevent-websocket", "python3-gevent-websocket"),
}


def absent(names: Iterable[str] = NEEDED) -> List[str]:
    """Those that can't be found; none is imported."""
    return [name for name in names if importlib.util.find_spec(name) is None]


def missing_package(module: str) -> str:
    """What is missing, and what mends it: in a checkout the environment that tools/run makes."""
    name = module.partition(".")[0]
    pip, debian = NEEDED.get(name, (name, ""))
    text = "the Python package %s is missing: " % pip
    if _is_checkout():
        return text + "call tools/run, or tools/venv and then .venv/bin/python vscpwsd.py"
    return text + "pip install %s%s" % (pip, ", or apt install " + debian if debian else "")


def _is_checkout() -> bool:
    root = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 4))
    return os.path.isfile(os.path.join(root, "tools", "venv"))
