"""Text from outside, fit for a terminal or a log: one line, and nothing but characters to see.

A name, a reason or a path may hold what ends a line, moves the cursor or turns the direction of
writing, and so make a line look like another.
"""

from __future__ import annotations

from typing import Dict

__all__ = ["escaped"]

_FORMAT = (     # Unicode: no width, direction, line ends, byte order, tags
    0xad, 0x61c, 0x180e, *range(0x200b, 0x2010), *range(0x2028, 0x202f), *range(0x2060, 0x2070),
    0xfeff, *range(0xfff9, 0xfffc))
_SIGNS: Dict[int, str] = {code: "\\x%02x" % code for code in (*range(32), *range(127, 160))}
_SIGNS.update({code: "\\u%04x" % code for code in _FORMAT})
_SIGNS.update({code: "\\U%08x" % code for code in range(0xe0000, 0xe0080)})


def escaped(text: str) -> str:
    """``text`` with all of these, and what is no whole character, as Python writes them."""
    return text.translate(_SIGNS).encode("utf-8", "backslashreplace").decode("utf-8")
