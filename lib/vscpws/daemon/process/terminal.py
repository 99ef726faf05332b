"""What the commands print: escaped, and in characters that the terminal has."""

from __future__ import annotations

import os
import sys

from ...model.escaping import escaped

__all__ = ["give_up_output", "prepare", "say"]


def prepare() -> None:
    """A name that the terminal's encoding lacks is escaped, too; to be called first."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Prints it, line by line; ``OSError`` if nobody reads."""
    for line in text.split("\n"):
        print(escaped(line))


def give_up_output() -> None:
    """Else the interpreter tries to write what is left once more, and complains itself."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
