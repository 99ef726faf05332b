"""The tools of the command line that do one thing, say what they did, and end."""

from __future__ import annotations

import argparse
import os
from typing import Callable, Dict, Optional

from .process import samples, terminal
from .process.privileges import Identity

__all__ = ["TOOLS", "use"]


def use(options: argparse.Namespace, owner: Optional[Identity]) -> int:
    """Does what the one tool among the options is for; ``owner`` gets the files."""
    terminal.say(TOOLS[options.command](options, owner))
    return 0


def _write_config(options: argparse.Namespace, owner: Optional[Identity]) -> str:
    folder = os.path.abspath(options.write_config or os.path.dirname(options.ini))
    return samples.write_samples(folder, owner)


def _make_key(options: argparse.Namespace, owner: Optional[Identity]) -> str:
    from .process import tools

    return tools.new_key(options.make_key, options.ini, owner)


def _make_password(options: argparse.Namespace, owner: Optional[Identity]) -> str:
    from .process import tools

    return tools.new_entry(options.make_password, options.ini)


def _make_cert(options: argparse.Namespace, owner: Optional[Identity]) -> str:
    from .process import tools

    return tools.new_certificate(options.make_cert, options.ini, owner)


def _kiosks(options: argparse.Namespace, owner: Optional[Identity]) -> str:
    from .process import kiosks

    return kiosks.do(options.make_kiosk, options.label, options.withdraw_kiosk, options.ini, owner)


#: By the option's name; each returns what to print.
TOOLS: Dict[str, Callable[[argparse.Namespace, Optional[Identity]], str]] = {
    "write_config": _write_config, "make_key": _make_key, "make_password": _make_password,
    "make_cert": _make_cert, "make_kiosk": _kiosks, "withdraw_kiosk": _kiosks,
    "list_kiosks": _kiosks}
