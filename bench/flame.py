"""A flame graph of a profile, as SVG.

::

    py-spy record --rate 500 --format raw --output profile.txt --duration 20 --pid PID
    python bench/flame.py profile.txt "what it shows" > profile.svg

Reads collapsed stacks, as py-spy and perf's tools write them: a line is the calls from outermost to
innermost with ``;`` between, a blank, and how many samples. A bar's width is its share of all
samples, what it calls lies above it. Line numbers are left out, so that a function is one bar.
"""

from __future__ import annotations

import html
import pathlib
import re
import sys
import zlib
from typing import Dict, Iterable, Iterator, List, NamedTuple

__all__ = ["Call", "picture", "tree"]

_WIDTH, _ROW, _MARGIN, _TITLE = 1200, 17, 10, 40     # px
_NARROWEST = 0.002              # of the whole: a narrower bar can't be seen
_LETTER = 6.6                   # px, of the font below at 11 px
_LINE = re.compile(r":\d+\)$")


class Call:
    """A function in its place: its samples, and what it called."""

    def __init__(self, name: str):
        self.name = name
        self.samples = 0
        self.calls: Dict[str, Call] = {}



class _Bar(NamedTuple):
    name: str
    samples: int
    left: float                 # px
    width: float
    row: int


def tree(lines: Iterable[str]) -> Call:
    """The calls of a profile below one root; raises ``ValueError`` for a line that is no stack."""
    root = Call("all")
    for number, line in enumerate(lines, 1):
        stack, _, count = line.strip().rpartition(" ")
        if not stack and not count:
            continue
        if not stack or not count.isdigit():
            raise ValueError("line %d is no stack with its samples" % number)
        call = root
        call.samples += int(count)
        for frame in stack.split(";"):
            name = _LINE.sub(")", frame)
            call = call.calls.setdefault(name, Call(name))
            call.samples += int(count)
    return root


def picture(root: Call, title: str) -> str:
    """The SVG, with the whole stack as tooltip of each bar; no script, no reference outside."""
    bars = list(_bars(root, root.samples, float(_MARGIN), 0)) if root.samples else []
    rows = 1 + max((bar.row for bar in bars), default=0)
    height = _TITLE + rows * _ROW + _MARGIN
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" '
             'font-family="monospace" font-size="11">' % (_WIDTH, height),
             '<rect width="100%" height="100%" fill="#fff"/>',
             '<text x="%d" y="24" font-size="14">%s</text>' % (_MARGIN, html.escape(title))]
    for bar in bars:
        parts.append(_draw(bar, root.samples, height - _MARGIN - (bar.row + 1) * _ROW))
    return "\n".join(parts + ["</svg>", ""])


def _bars(call: Call, whole: int, left: float, row: int) -> Iterator[_Bar]:
    scale = (_WIDTH - 2 * _MARGIN) / whole
    yield _Bar(call.name, call.samples, left, call.samples * scale, row)
    for below in sorted(call.calls.values(), key=lambda each: each.name):
        if below.samples >= whole * _NARROWEST:
            yield from _bars(below, whole, left, row + 1)
        left += below.samples * scale


def _draw(bar: _Bar, whole: int, top: float) -> str:
    share = "%.1f %%" % (100 * bar.samples / whole)
    room = int((bar.width - 4) / _LETTER)
    label = bar.name if len(bar.name) <= room else bar.name[:max(0, room - 1)] + "…"
    text = "" if room < 4 else '<text x="%.1f" y="%.1f">%s</text>' % (
        bar.left + 2, top + 12, html.escape(label))
    return ('<g><title>%s, %s</title><rect x="%.1f" y="%.1f" width="%.1f" height="%d" '
            'fill="%s"/>%s</g>' % (html.escape(bar.name), share, bar.left, top, bar.width,
                                   _ROW - 1, _colour(bar.name), text))


def _colour(name: str) -> str:
    """The same for the same function in every picture."""
    return "hsl(%d 75%% 68%%)" % (15 + zlib.crc32(name.encode()) % 45)


def main(arguments: List[str]) -> int:
    if len(arguments) != 2:
        print("usage: flame.py PROFILE TITLE > PICTURE.svg", file=sys.stderr)
        return 2
    try:
        with pathlib.Path(arguments[0]).open(encoding="utf-8") as lines:
            root = tree(lines)
    except (OSError, ValueError) as error:
        print("flame.py: %s: %s" % (arguments[0], error), file=sys.stderr)
        return 1
    sys.stdout.write(picture(root, arguments[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
