"""Manual pages from Markdown, as far as this project's documents use it.

Paragraphs, headings, lists, tables, code, definitions (``TERM`` and then ``: text``), emphasis and
links go in; man(7) macros come out, in ASCII. A table becomes a list of its rows: the first cell is
the term, the others follow it. A link becomes its text.
"""

from __future__ import annotations

import re
import textwrap
from collections import deque
from typing import Iterator, List, Tuple

__all__ = ["page"]

_WIDTH = 78                     # characters of an input line
_INLINE = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|(?<![\w*])\*([^*\s][^*]*?)\*(?!\w)"
                     r"|\[([^\]]+)\]\([^)]*\)|<(https?://[^>]+)>")
_ITEM = re.compile(r"(?:[-*]|(\d+)\.) +(.*)")
_LITERAL = {"-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"}


def page(name: str, section: int, date: str, source: str, manual: str, text: str) -> str:
    """The manual page ``name(section)`` of a Markdown ``text``; ``date`` is YYYY-MM-DD."""
    head = ['.\\" Made by tools/make_docs.py: change what it is made of, not this file.',
            '.TH "%s" "%d" "%s" "%s" "%s"' % (name.upper().replace("-", r"\-"), section, date,
                                              source, manual)]
    return "\n".join(head + list(_macros(text.split("\n")))) + "\n"


def _macros(lines: List[str]) -> Iterator[str]:
    fresh = True                    # nothing since the last heading: no paragraph macro
    for kind, block in _blocks(lines):
        if kind == "heading":
            level, title = block[0].split(" ", 1)
            yield ".SS %s" % _quoted(title) if len(level) > 2 else ".SH %s" % _quoted(_upper(title))
        elif kind == "code":
            yield from () if fresh else (".PP",)
            yield from (".RS 4", ".nf", *(_guarded(_literal(line)) for line in block), ".fi", ".RE")
        elif kind == "table":
            for row in block[2:]:
                first, *rest = [cell.strip() for cell in row.strip("|").split("|")]
                yield from _term(_bold(first), " ".join(_cell(cell) for cell in rest))
        elif kind == "definition":
            yield from _term(block[0], " ".join(block[1:])[2:])
        elif kind == "item":
            number, first = _ITEM.match(block[0]).groups()
            yield ".IP %s.  4" % number if number else r".IP \(bu 2"
            yield from _filled(" ".join([first] + block[1:]))
        else:
            yield from () if fresh else (".PP",)
            yield from _filled(" ".join(block))
        fresh = kind == "heading"


def _blocks(lines: List[str]) -> Iterator[Tuple[str, List[str]]]:
    """The text in pieces: their kind, and their lines without what marks the kind."""
    block: List[str] = []
    rest = deque(lines + [""])
    while rest:
        line = rest.popleft()
        if block and (not line.strip() or _ITEM.match(line) or line.startswith(("```", "#"))):
            yield _kind(block), block
            block = []
        if line.startswith("```"):
            yield "code", list(iter(rest.popleft, "```"))
        elif line.startswith("    ") and not block:
            code = [line[4:]]
            while rest and rest[0].startswith("    "):
                code.append(rest.popleft()[4:])
            yield "code", code
        elif line.startswith("#"):
            yield "heading", [line]
        elif line.strip():
            block.append(line.strip())


def _kind(block: List[str]) -> str:
    if block[0].startswith("|"):
        return "table"
    if len(block) > 1 and block[1].startswith(": "):
        return "definition"
    return "item" if _ITEM.match(block[0]) else "paragraph"


def _cell(text: str) -> str:
    """A cell as part of a sentence."""
    return text if not text or text[-1] in ".:;" else text + "."


def _bold(text: str) -> str:
    return text if "`" in text or "*" in text or not text else "**%s**" % text


def _term(term: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield _guarded(_inline(term))
    yield from _filled(text) if text else [r"\&"]


def _filled(text: str) -> Iterator[str]:
    for line in textwrap.wrap(_inline(text), _WIDTH, break_long_words=False,
                              break_on_hyphens=False):
        yield _guarded(line)


def _inline(text: str) -> str:
    parts: List[str] = []
    end = 0
    for match in _INLINE.finditer(text):
        code, bold, italic, link, url = match.groups()
        parts.append(_plain(text[end:match.start()]))
        if code:
            parts.append(r"\fB%s\fR" % _literal(code))
        elif bold or italic:
            parts.append(r"\f%s%s\fR" % ("B" if bold else "I", _plain(bold or italic)))
        else:
            parts.append(_inline(link) if link else _literal(url))
        end = match.end()
    return "".join(parts + [_plain(text[end:])])


def _plain(text: str) -> str:
    return _ascii(text.replace("\\", r"\e").replace("--", r"\-\-").replace(" - ", r" \- "))


def _literal(text: str) -> str:
    """As it is typed: no hyphens for minus signs, no typographic quotes."""
    return _ascii("".join(_LITERAL.get(char, char) for char in text.replace("\\", r"\e")))


def _ascii(text: str) -> str:
    return "".join(char if char < "\x7f" else r"\[u%04X]" % ord(char) for char in text)


def _guarded(line: str) -> str:
    """A text line that begins like a macro is none."""
    return r"\&" + line if line.startswith((".", "'")) else line


def _upper(title: str) -> str:
    """In capitals, as headings are, but for what stands in brackets."""
    return re.sub(r"[^\[\]]+(?![^\[]*\])", lambda match: match.group().upper(), title)


def _quoted(title: str) -> str:
    return '"%s"' % _inline(title).replace('"', r"\(dq")
