"""Changes that break parsers, applied to texts.

An input starts as an entry of the corpus or as something the target composed by its own grammar,
and is then damaged a few times: by tokens the target knows, numbers at the edges of their ranges,
digits without end, deep nesting, odd characters, repeated, cut, moved and spliced pieces, flipped
bits.

Texts are ``str`` in which a byte that is no UTF-8 is a lone surrogate (``surrogateescape``), so
that the same changes serve files of bytes. Everything comes from the ``random.Random`` that is
handed in: equal seeds make equal inputs.
"""

from __future__ import annotations

import random
import re
from typing import Callable, Sequence, Tuple

__all__ = ["CHARACTERS", "Mutator", "edge"]

_MOST_CHANGES = 6

_EDGES = (
    "0", "1", "7", "8", "9", "15", "16", "17", "64", "65", "127", "128", "255", "256", "511", "512",
    "1023", "1024", "32767", "65535", "65536", "2147483648", "4294967295", "4294967296",
    "9007199254740993", "18446744073709551615", "18446744073709551616", "-1", "-0", "00", "007",
    "+1", "0x0", "0xFF", "0Xff", "0xffff", "0x10000", "0x", "x", "0b1", "0o7", "1e5", "1.0", "1.5",
    "1_000", "1e999", "-1e999", "nan", "inf", "NaN", "Infinity", "\u0663", "\u00b2", "\uff11",
    "9" * 25, "0x" + "F" * 40, "0" * 300, "9" * 5000,
)
CHARACTERS = (
    "\0", "\t", "\r", "\r\n", "\x0b", "\x1b[2J", "\x1c", "\x1f", "\x7f", "\x85", "\xa0", "\xad",
    "\u0130", "\u0131", "\u017f", "\xdf", "\u212a", "\u0661", "\u200b", "\u200f", "\u2028",
    "\u202e", "\ufeff", "\ufffd", "\uffff", "e\u0301", "\U0001f600", "\U0010ffff",
)
_ODDITIES = CHARACTERS + ("\udc80", "\udcff", "\udcc3", "\udced\udca0\udc80")   # no UTF-8
_NESTS = (("[", "]"), ("{", "}"), ('{"a":', "}"), ('"', '"'), ("<a>", "</a>"), ("(", ")"),
          ("::", ""))
_DEPTHS = (2, 3, 10, 100, 1000, 3000)
_REPEATS = (2, 2, 3, 5, 20, 300)
_NUMBER = re.compile(r"(?:0[xX][0-9A-Fa-f]+|[0-9]+)")


def edge(rng: random.Random) -> str:
    """A number that is at the edge of some range, or none at all."""
    return rng.choice(_EDGES)


class Mutator:
    """Damages texts; no result has more than ``longest`` characters.

    ``tokens`` are what the target's grammar is made of, ``others`` the texts to splice with.
    """

    def __init__(self, tokens: Sequence[str], others: Sequence[str], longest: int):
        self._tokens = tokens
        self._others = others
        self._longest = longest
        self._changes: Tuple[Callable[[random.Random, str], str], ...] = (
            self._insert_token, self._insert_token, self._replace_by_token, self._delete,
            self._repeat, self._truncate, self._splice, self._swap, self._flip, self._odd,
            self._number, self._number, self._nest, self._case, self._copy)

    def damage(self, rng: random.Random, text: str) -> str:
        """``text`` after none to six changes."""
        for _ in range(int(rng.random() * rng.random() * (_MOST_CHANGES + 1))):
            text = rng.choice(self._changes)(rng, text)
            if len(text) > self._longest:
                text = text[:self._longest]
        return text

    def _insert_token(self, rng, text):
        place = rng.randrange(len(text) + 1)
        return text[:place] + rng.choice(self._tokens) + text[place:]

    def _replace_by_token(self, rng, text):
        start, end = _span(rng, text)
        return text[:start] + rng.choice(self._tokens) + text[end:]

    def _delete(self, rng, text):
        start, end = _span(rng, text)
        return text[:start] + text[end:]

    def _repeat(self, rng, text):
        start, end = _span(rng, text)
        times = min(rng.choice(_REPEATS), 1 + self._longest // (end - start + 1))
        return text[:start] + text[start:end] * times + text[end:]

    def _truncate(self, rng, text):
        place = rng.randrange(len(text) + 1)
        return text[:place] if rng.random() < 0.8 else text[place:]

    def _splice(self, rng, text):
        other = rng.choice(self._others)
        return text[:rng.randrange(len(text) + 1)] + other[rng.randrange(len(other) + 1):]

    def _swap(self, rng, text):
        start, end = _span(rng, text)
        middle = (start + end) // 2
        return text[:start] + text[middle:end] + text[start:middle] + text[end:]

    def _flip(self, rng, text):
        if not text:
            return text
        place = rng.randrange(len(text))
        code = ord(text[place]) ^ 1 << rng.randrange(8)
        return text[:place] + chr(code if code < 0xD800 else 0xFFFD) + text[place + 1:]

    def _odd(self, rng, text):
        place = rng.randrange(len(text) + 1)
        return text[:place] + rng.choice(_ODDITIES) + text[place:]

    def _number(self, rng, text):
        found = list(_NUMBER.finditer(text[:2000]))
        if not found:
            return text + edge(rng)
        start, end = rng.choice(found).span()
        return text[:start] + edge(rng) + text[end:]

    def _nest(self, rng, text):
        start, end = _span(rng, text)
        left, right = rng.choice(_NESTS)
        depth = rng.choice(_DEPTHS)
        closed = right * depth if rng.random() < 0.7 else ""
        return text[:start] + left * depth + text[start:end] + closed + text[end:]

    def _case(self, rng, text):
        start, end = _span(rng, text)
        return text[:start] + text[start:end].swapcase() + text[end:]

    def _copy(self, rng, text):
        start, end = _span(rng, text)
        place = rng.randrange(len(text) + 1)
        return text[:place] + text[start:end] + text[place:]


def _span(rng: random.Random, text: str) -> Tuple[int, int]:
    """Where a piece of the text is: mostly a short one."""
    start = rng.randrange(len(text) + 1)
    longest = len(text) - start
    size = int(longest * rng.random() ** 3) + 1 if longest else 0
    return start, start + size
