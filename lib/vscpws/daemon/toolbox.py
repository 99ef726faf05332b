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
    TOOLS[options.command](options, owner)
    return 0


def _write_config(options: argparse.Namespace, owner: Optional[Identity]) -> None:
    folder = os.path.abspath(options.write_config or os.path.dirname(options.ini))
    terminal.say(samples.write_samples(folder, owner))


def _make_key(options: argparse.Namespace, owner: Optional[Identity]) -> None:
    from .process import tools

    terminal.say(tools.new_key(options.make_key, options.ini, owner))


def _make_password(options: argparse.Namespace, owner: Optional[Identity]) -> None:
    from .process import tools

    terminal.say(tools.new_entry(options.make_password, options.ini))


def _make_cert(options: argparse.Namespace, owner: Optional[Identity]) -> None:
    from .process import tools

    terminal.say(tools.new_certificate(options.make_cert, options.ini, owner))


def _make_kiosk(options: argparse.Namespace, owner: Optional[Identity]) -> None:
    from .process import kiosks, qrcode

    text, link = kiosks.make(options.make_kiosk, options.label, options.ini, owner)
    terminal.say(text)
    if link:
        print("\n" + qrcode.qr_code(link))


def _withdraw_kiosk(options: argparse.Namespace, owner: Optional[Identity]) -> None:
    from .process import kiosks

    terminal.say(kiosks.withdraw(options.withdraw_kiosk, options.ini, owner))


def _list_kiosks(options: argparse.Namespace, owner: Optional[Identity]) -> None:
    from .process import kiosks

    terminal.say(kiosks.listed(options.ini))


#: By the option's name; each says what it did.
TOOLS: Dict[str, Callable[[argparse.Namespace, Optional[Identity]], None]] = {
    "write_config": _write_config, "make_key": _make_key, "make_password": _make_password,
    "make_cert": _make_cert, "make_kiosk": _make_kiosk, "withdraw_kiosk": _withdraw_kiosk,
    "list_kiosks": _list_kiosks}
