"""A link for a phone or a tablet, drawn in the terminal; by segno, where that is installed."""

from __future__ import annotations

import importlib.util
import io
import sys

__all__ = ["qr_code"]

_QUIET = 2                      # modules of white around a QR code; a phone needs no more
_BLOCKS = "▀▄█"                 # that it is drawn with
_ON_DARK = "\033[97;40m%s\033[0m"       # ECMA-48, SGR: it is drawn for a dark terminal


def qr_code(text: str) -> str:
    """The text as a QR code (ISO/IEC 18004) of block characters, or how to come by the library that
    makes it; empty on a terminal without such characters."""
    try:
        _BLOCKS.encode(sys.stdout.encoding or "ascii")
    except (UnicodeError, LookupError):
        return ""
    if importlib.util.find_spec("segno") is None:
        return ("For links as QR codes, too: pip install 'vscpwsd[qr]' (Debian: apt install "
                "python3-segno)")
    import segno

    drawn = io.StringIO()
    segno.make(text, micro=False).terminal(drawn, border=_QUIET, compact=True)
    lines = drawn.getvalue().rstrip("\n").split("\n")
    return "\n".join(_ON_DARK % line for line in lines) if sys.stdout.isatty() else "\n".join(lines)
