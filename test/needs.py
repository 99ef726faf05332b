"""What a test needs from the machine: present, or the test is skipped and says why.

With ``VSCPWSD_TEST_ALL=1`` a missing need is a failure, so that a complete machine can't skip
anything unseen.
"""

from __future__ import annotations

import importlib
import os
import shutil

import pytest

__all__ = ["condition", "module", "root", "tool"]


def condition(met: object, what: str) -> None:
    """Skips (or fails) the calling test unless ``met``; ``what`` names the need."""
    if met:
        return
    if os.environ.get("VSCPWSD_TEST_ALL") == "1":
        pytest.fail("needs %s, and VSCPWSD_TEST_ALL=1 allows no skip" % what, pytrace=False)
    pytest.skip("needs %s" % what)


def tool(name: str) -> str:
    """The path of a program."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    condition(path, "the program %s" % name)
    return str(path)


def module(name: str):
    """An imported module."""
    try:
        return importlib.import_module(name)
    except ImportError:
        condition(False, "the Python module %s" % name)


def root() -> None:
    """The rights of root."""
    condition(os.geteuid() == 0, "to run as root")
