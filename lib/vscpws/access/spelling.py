"""Keys that are not known but nearly are: whether somebody meant one that is.

A key that other programs know may be passed over. A misspelt ``remotes`` may not: the user file
would be open to all the hosts that its author has shut out.
"""

from __future__ import annotations

import re
from typing import Iterable, Optional

__all__ = ["meant"]

_LONGEST = 40                   # characters of a key that is compared
_SHORT = 6                      # letters; in a name with fewer only one slip is near
_OTHER = re.compile("[^a-z]+")


def meant(key: str, names: Iterable[str]) -> Optional[str]:
    """The one of ``names`` that ``key`` is near to; ``None`` if to none.

    Near is: the same letters but for case and separators; one slip (a letter too many, missing or
    wrong, or two of them swapped); or two slips in a longer name behind the same first letter.
    """
    written = _letters(key[:_LONGEST])
    return next((name for name in names if _near(written, _letters(name))), None)


def _near(written: str, name: str) -> bool:
    slips = _slips(written, name)
    return slips < 2 or slips == 2 and len(name) >= _SHORT and written[:1] == name[0]


def _letters(text: str) -> str:
    return _OTHER.sub("", text.lower())


def _slips(one: str, other: str) -> int:
    """How many slips lie between two words: their optimal string alignment distance."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            slips = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                slips = min(slips, rows[-2][j - 2] + 1)
            row.append(slips)
        rows.append(row)
    return rows[-1][-1]
